// Return what in a page could run, load or lead away, as this browser has parsed it.
() => {
  const traces = [];
  const schemes = ["javascript:", "vbscript:", "data:", "blob:", "filesystem:", "file:"];
  const addresses = "href src action formaction data poster srcdoc cite xlink:href".split(" ");
  const parts =
    "script:not([type='application/ld+json'], main .text > #copied + script), style, iframe, frame, frameset, object, embed, base," +
    " applet, portal, fencedframe, template, noscript, math, marquee, dialog, textarea," +
    " select:not(main > .column > .h-feed > .ask #category)," +
    " meta[http-equiv], body svg, body link, body meta, body title, [style], [srcdoc], [popover]," +
    " [contenteditable], [autofocus], [ping], [target], form:not(body > header [role=search], main > .column > .h-feed > .ask)";
  for (const element of document.querySelectorAll(parts)) traces.push(element.outerHTML);
  // Forms can hide their own properties behind fields with the same names.
  const { get } = Object.getOwnPropertyDescriptor(Element.prototype, "attributes");
  for (const element of document.querySelectorAll("*"))
    for (const { name, value } of get.call(element)) {
      if (name.startsWith("on")) traces.push(element.outerHTML);
      if (!addresses.includes(name)) continue;
      const isOurs = element.matches("head > link[rel=icon], main .qr > img");
      const isIcon = isOurs && value.startsWith("data:image/");
      let address = value;
      try {
        address = new URL(value, document.baseURI).href;
      } catch {}
      if (!isIcon && schemes.some((scheme) => address.startsWith(scheme)))
        traces.push(element.outerHTML);
    }
  for (const element of document.querySelectorAll("head > link")) {
    const address = new URL(element.href);
    if (address.origin !== location.origin && !element.matches("[rel=icon], [rel=canonical]"))
      traces.push(element.outerHTML);
  }
  const title = document.querySelector("main h1");
  for (const element of document.querySelectorAll("script[type='application/ld+json']"))
    try {
      const data = JSON.parse(element.textContent);
      const all = Array.isArray(data) ? data : data["@graph"] || [data];
      const article = all.find((each) => each["@type"] === "NewsArticle");
      const same = (text) => text.split(/\s+/).join(" ").trim();
      if (article && same(article.headline) !== same(title.textContent))
        traces.push(`headline: ${article.headline}`);
    } catch (error) {
      traces.push(`JSON-LD: ${error}`);
    }
  if (!document.querySelector("body > footer") || document.querySelectorAll("h1").length !== 1)
    traces.push("the page is torn");
  return traces.map((trace) => trace.slice(0, 200));
}
