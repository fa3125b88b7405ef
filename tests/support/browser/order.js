// Return the text of a page, and what is wrong with the order of its parts.
() => {
  const parts = ["a.skip", "header", "main", "footer"];
  const found = parts.map((part) => document.querySelector(`body > ${part}`));
  const complaints = parts.filter((_, index) => !found[index]).map((part) => `no ${part}`);
  const present = found.filter(Boolean);
  present.slice(1).forEach((part, index) => {
    if (!(present[index].compareDocumentPosition(part) & Node.DOCUMENT_POSITION_FOLLOWING))
      complaints.push(`<${part.localName}> stands too early`);
  });
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  const titles = headings.filter((heading) => heading.localName === "h1");
  if (titles.length !== 1) complaints.push(`${titles.length} h1`);
  const main = document.querySelector("main");
  const first = main && main.querySelector("h1, h2, h3, h4, h5, h6");
  if (!first || first.localName !== "h1") complaints.push("the first heading of main is no h1");
  if (document.querySelector("[style], style")) complaints.push("there is style in the page");
  return { complaints, text: document.body.innerText };
}
