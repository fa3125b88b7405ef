// Return the elements that move by themselves, or may.
() =>
  [...document.querySelectorAll("*")]
    .filter((element) => {
      const style = getComputedStyle(element);
      const lasts = (times) => times.split(", ").some((time) => parseFloat(time) > 0);
      return (
        style.animationName !== "none" ||
        lasts(style.transitionDuration) ||
        style.scrollBehavior === "smooth" ||
        element.matches("marquee, blink, [autoplay]")
      );
    })
    .map((element) => element.outerHTML.slice(0, 100))
