// Note every element that Tab should reach and its appearance without focus; return how many there
// are. Define checkFocus(), which returns the number of the focused element and what is wrong
// with how the focus is shown.
() => {
  const controls =
    "a[href], button, input:not([type=hidden]), select, textarea, summary, audio[controls]," +
    " video[controls], [tabindex]:not([tabindex='-1'])";
  const appearance = (element) => {
    const style = getComputedStyle(element);
    const lined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return `${lined ? style.outlineWidth + style.outlineColor : ""} ${style.boxShadow}`;
  };
  const name = (element) => element.outerHTML.slice(0, 90);
  const stops = [...document.querySelectorAll(controls)].filter(
    (element) => getComputedStyle(element).visibility === "visible" && element.checkVisibility(),
  );
  const unfocused = stops.map(appearance);

  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (colour) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  // WCAG 2.2, relative luminance and contrast ratio.
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };

  window.checkFocus = () => {
    const element = document.activeElement;
    if (!element || element === document.body) return { index: -1 };
    const complaints = [];
    const index = stops.indexOf(element);
    if (index < 0) return { index, complaints: [`not expected: ${name(element)}`] };
    if (appearance(element) === unfocused[index])
      complaints.push(`looks as before: ${name(element)}`);

    const style = getComputedStyle(element);
    if (style.outlineStyle !== "none" && style.outlineStyle !== "auto") {
      let behind = element.parentElement;
      while (behind.parentElement && channels(getComputedStyle(behind).backgroundColor)[3] < 255)
        behind = behind.parentElement;
      const both = [style.outlineColor, getComputedStyle(behind).backgroundColor].map(luminance);
      const contrast = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
      if (contrast < 3) complaints.push(`contrast ${contrast.toFixed(1)}: ${name(element)}`);
      if (parseFloat(style.outlineWidth) < 2) complaints.push(`thin: ${name(element)}`);
    }
    // An inline link that is broken has several boxes; one must be completely visible.
    const boxes = [...element.getClientRects()];
    const within = (box) => box.left >= -1 && box.right <= innerWidth + 1 && box.top >= -1;
    const inSight = boxes.some((box) => within(box) && box.bottom <= innerHeight + 1);
    const larger = boxes.some((box) => box.height > innerHeight && box.bottom > 0);
    if (!inSight && !larger) complaints.push(`out of sight: ${name(element)}`);
    if (inSight) {
      const box = boxes.find((each) => within(each));
      const on = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      if (on && !element.contains(on) && !on.contains(element))
        complaints.push(`covered by ${name(on)}: ${name(element)}`);
    }
    return { index, complaints };
  };
  return stops.length;
}
