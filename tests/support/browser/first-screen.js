// Return which of an entry's title and the first line of its text is not visible without
// scrolling.
() => {
  const complaints = [];
  const title = document.querySelector("main article.h-entry h1.p-name");
  const text = document.querySelector("main article.h-entry .e-content");
  if (!title || !text) return ["there is no h1.p-name or .e-content in main article.h-entry"];
  const box = title.getBoundingClientRect();
  if (box.top < 0 || box.bottom > innerHeight)
    complaints.push(`the title reaches from ${box.top} to ${box.bottom} of ${innerHeight}`);
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let node = walker.nextNode();
  while (node && !node.data.trim()) node = walker.nextNode();
  const range = document.createRange();
  range.selectNodeContents(node);
  const line = range.getClientRects()[0];
  if (line.top < 0 || line.bottom > innerHeight)
    complaints.push(`the first line of the text ends at ${line.bottom} of ${innerHeight}`);
  return complaints;
}
