// Return what is wrong with the layout of a page, as a list of sentences. Texts, pictures and
// controls are compared by the boxes that they have on the screen.
({ printed }) => {
  const complaints = [];
  const width = printed ? innerWidth : document.documentElement.clientWidth;
  const style = new Map();
  const styleOf = (element) => {
    if (!style.has(element)) style.set(element, getComputedStyle(element));
    return style.get(element);
  };
  const name = (element) => {
    const classes = [...element.classList].map((part) => `.${part}`).join("");
    const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 30);
    return `<${element.localName}${classes}> «${text}»`;
  };
  const scrolls = (element) =>
    ["auto", "scroll"].some((way) => [styleOf(element).overflowX, styleOf(element).overflowY].includes(way)) &&
    element !== document.documentElement && element !== document.body;
  const clips = (element) =>
    ["hidden", "clip"].some((way) => [styleOf(element).overflowX, styleOf(element).overflowY].includes(way));
  // An excerpt that ends after some lines, with an ellipsis. Paper shows all of it.
  const isClamped = (element) => !printed && styleOf(element).webkitLineClamp !== "none";
  // For screen readers only, or hidden until it has the focus.
  const isAside = (element) => {
    for (let each = element; each && each !== document.body; each = each.parentElement) {
      const box = each.getBoundingClientRect();
      if (box.width <= 1 && box.height <= 1 && clips(each)) return true;
      if (each.matches("a.skip") && !each.matches(":focus")) return true;
    }
    return false;
  };

  const sideways = document.documentElement.scrollWidth - innerWidth;
  if (sideways > 0) complaints.push(`the page scrolls sideways by ${sideways}`);

  const elements = [...document.body.querySelectorAll("*")].filter(
    // The content of a closed <details> has boxes, but is not visible.
    (element) => element.getClientRects().length && element.checkVisibility() &&
      styleOf(element).visibility === "visible",
  );
  for (const element of elements) {
    if (element.closest("input, textarea, select, audio, video") || isAside(element)) continue;
    const wide = element.scrollWidth - element.clientWidth > 1 && element.clientWidth > 0;
    const high = element.scrollHeight - element.clientHeight > 1 && element.clientHeight > 0;
    if (clips(element) && (wide || high) && !isClamped(element)) complaints.push(`cut off: ${name(element)}`);
    if (scrolls(element) && (wide || high)) {
      if (printed) complaints.push(`cut off on paper: ${name(element)}`);
      const label = element.getAttribute("aria-label") || element.getAttribute("aria-labelledby");
      if (element.tabIndex < 0) complaints.push(`scrolls, but not by keyboard: ${name(element)}`);
      if (!element.getAttribute("role") || !label)
        complaints.push(`scrolls, and has no role or label: ${name(element)}`);
    }
  }

  // Return the part of a box that is not scrolled out of sight, or null.
  const seen = (box, element) => {
    let { left, top, right, bottom } = box;
    for (let each = element; each && each !== document.body; each = each.parentElement) {
      if (!scrolls(each) && !isClamped(each)) continue;
      const frame = each.getBoundingClientRect();
      left = Math.max(left, frame.left);
      right = Math.min(right, frame.right);
      top = Math.max(top, frame.top);
      bottom = Math.min(bottom, frame.bottom);
    }
    return right - left > 1 && bottom - top > 1 ? { left, top, right, bottom } : null;
  };

  const boxes = [];
  const add = (rects, element, node) => {
    for (const rect of rects) {
      if (rect.width < 1 || rect.height < 1) continue;
      const box = seen(rect, element);
      if (!box) continue;
      if (box.right > width + 1 || box.left < -1) complaints.push(`sticks out: ${name(element)}`);
      if (box.top + scrollY < -1) complaints.push(`is above the page: ${name(element)}`);
      boxes.push({ ...box, element, node });
    }
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.getClientRects().length || !element.checkVisibility())
      continue;
    if (element.closest("script, style, noscript, title, button, select")) continue;
    if (styleOf(element).visibility !== "visible" || isAside(element)) continue;
    if (Number(styleOf(element).opacity) < 0.5) complaints.push(`hardly visible: ${name(element)}`);
    const range = document.createRange();
    range.selectNodeContents(node);
    add(range.getClientRects(), element, node);
  }
  for (const element of elements)
    if (element.matches("img, input, button, select, textarea, video, audio") && !isAside(element))
      add(element.getClientRects(), element, element);

  // The boxes of close lines touch, so only the middle of each box is compared.
  for (const box of boxes) {
    const high = box.node.nodeType === Node.TEXT_NODE ? (box.bottom - box.top) / 5 : 0;
    box.top += high;
    box.bottom -= high;
  }
  boxes.sort((one, other) => one.top - other.top);
  const overlapping = new Set();
  boxes.forEach((one, index) => {
    for (let next = index + 1; next < boxes.length && boxes[next].top < one.bottom - 2; next++) {
      const other = boxes[next];
      if (one.node === other.node) continue;
      if (one.element !== other.element && one.node.contains(other.node)) continue;
      if (Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2)
        overlapping.add(`${name(one.element)} and ${name(other.element)} overlap`);
    }
  });
  return [...new Set([...complaints, ...overlapping])].slice(0, 10);
}
