/* Keys on the page of addresses: J and K go from card to card, a digit presses that candidate. */
document.addEventListener("keydown", function (event) {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const cards = Array.from(document.querySelectorAll(".locate-card"));
  const typing = event.target.closest("input, textarea, select, [role=listbox], [role=combobox], .locate-town");
  if (!cards.length || typing) {
    return;
  }
  const at = cards.indexOf(document.activeElement && document.activeElement.closest(".locate-card"));
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") {
    const next = at < 0 ? 0 : Math.min(cards.length - 1, Math.max(0, at + (key === "j" ? 1 : -1)));
    cards[next].focus();
    event.preventDefault();
  } else if (/^[1-9]$/.test(key) && at >= 0) {
    const wanted = Array.from(cards[at].querySelectorAll("kbd")).find((mark) => mark.textContent === key);
    if (wanted) {
      wanted.parentElement.click();
      event.preventDefault();
    }
  }
});
