// Buttons that copy an error as text. They are hidden in the page, and shown where that works.
const offerCopies = (page, clipboard) => {
  const buttons = [...page.querySelectorAll("button[data-copy]")];
  if (!clipboard?.writeText) return;
  for (const button of buttons) {
    const name = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      for (const other of buttons) other.textContent = name;
      try {
        await clipboard.writeText(button.dataset.copy);
        button.textContent = "Copied";
      } catch {
        button.textContent = "The browser does not allow copying here";
      }
    });
  }
};
