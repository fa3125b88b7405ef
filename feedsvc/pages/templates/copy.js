// Without it, the buttons stay hidden and the addresses are links that can be selected.
const status = document.getElementById("copied");
for (const button of document.querySelectorAll("button[data-copies]")) {
  const address = document.getElementById(button.dataset.copies);
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(address.textContent);
    } catch {
      // Browsers give no clipboard to pages that came without TLS.
      getSelection().selectAllChildren(address);
      isCopied = document.execCommand("copy");
    }
    const said = isCopied ? status.dataset.done : status.dataset.selected;
    // A region that already has this text would not be read again.
    status.textContent = "";
    setTimeout(() => { status.textContent = said; }, 50);
    button.textContent = said;
    clearTimeout(button.resets);
    button.resets = setTimeout(() => { button.textContent = label; }, 4000);
  });
}
