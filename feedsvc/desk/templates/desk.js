"use strict";
// Keeps the desk up to date: asks every two seconds, and changes the page only if it differs.
(() => {
  const SOON = 2000, HIDDEN = 30000;
  const away = document.querySelector(".away");
  let tag = "", timer = 0;

  async function look() {
    clearTimeout(timer);
    try {
      const headers = tag ? { "If-None-Match": tag } : {};
      const answer = await fetch(location.href, { cache: "no-store", headers });
      if (answer.status === 200) {
        show(await answer.text());
        tag = answer.headers.get("ETag") || "";
      } else if (answer.status !== 304) {
        throw new Error(String(answer.status));
      }
      away.hidden = true;
    } catch {
      away.hidden = false;
    }
    clearTimeout(timer);
    timer = setTimeout(look, document.hidden ? HIDDEN : SOON);
  }

  function show(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const now = document.querySelector("main"), next = page.querySelector("main");
    if (!next) throw new Error("this is not the desk");
    if (next.innerHTML === now.innerHTML) return;
    const focused = now.contains(document.activeElement) ? document.activeElement.href : null;
    now.replaceWith(next);
    const same = focused && [...next.querySelectorAll("a")].find((link) => link.href === focused);
    if (same) same.focus({ preventScroll: true });
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  timer = setTimeout(look, SOON);
})();
