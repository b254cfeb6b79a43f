{
  const cover = document.getElementById("greenlight");
  const scrollIntoView = Element.prototype.scrollIntoView;
  // Allure scrolls to the first scenario of its tree as soon as it is there, past its own summary.
  Element.prototype.scrollIntoView = () => {};
  const show = (what) => {
    cover.classList.toggle("open", what === "decision");
    for (const button of cover.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(button.dataset.show === what));
    if (what === "scenarios") Element.prototype.scrollIntoView = scrollIntoView;
  };
  cover.addEventListener("click", (event) => {
    if (event.target.dataset.show) show(event.target.dataset.show);
  });
  // A link of the decision to a scenario leads to all that Allure shows of it.
  const pages = JSON.parse(cover.dataset.pages);
  const frame = cover.querySelector("iframe");
  frame.addEventListener("load", () => {
    const decision = frame.contentDocument;
    if (!decision) return;
    offerCopies(decision, navigator.clipboard);
    decision.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#s-']");
      const page = link && pages[link.getAttribute("href").slice(3)];
      if (!page) return;
      event.preventDefault();
      location.hash = page;
      show("scenarios");
    });
  });
  show(location.hash.length > 1 ? "scenarios" : "decision");
}
