"use strict";
// Filters and comparison. Without this script the page shows everything.
(() => {
  const filter = document.getElementById("filter");
  const entries = [...document.querySelectorAll(".entry")];
  const words = new Map(entries.map((entry) => [entry, entry.textContent.toLowerCase()]));
  const count = document.getElementById("count");

  const shows = (entry, fields) =>
    fields.every(([name, value]) => {
      if (value === "") return true;
      if (name === "words") return value.toLowerCase().split(/\s+/).every((word) => words.get(entry).includes(word));
      return entry.dataset[name].split(name === "presence" ? " " : "\n").includes(value);
    });

  const apply = () => {
    const fields = [...new FormData(filter)].map(([name, value]) => [name, value.trim()]);
    const narrowed = fields.some(([, value]) => value !== "");
    let shown = 0;
    for (const entry of entries) {
      entry.hidden = !shows(entry, fields);
      if (!entry.hidden) shown += 1;
    }
    for (const app of document.querySelectorAll("[data-app], .vendor")) {
      app.hidden = narrowed && !app.querySelector(".entry:not([hidden])");
    }
    document.body.classList.toggle("narrowed", narrowed);
    count.textContent = `${shown} of ${entries.length} permissions shown`;
  };

  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.closest("[hidden]")) return;
    filter.reset();
    apply();
    target.scrollIntoView();
  };

  filter.hidden = false;
  filter.addEventListener("input", apply);
  filter.addEventListener("submit", (event) => event.preventDefault());
  filter.addEventListener("reset", () => setTimeout(apply));
  addEventListener("hashchange", reveal);
  apply();

  const compare = document.getElementById("compare");
  if (compare) {
    const panels = [...document.querySelectorAll("[data-comparison]")];
    const choose = () => {
      const chosen = compare.elements.comparison.value;
      let shown = 0;
      for (const panel of panels) {
        panel.hidden = chosen !== "" && panel.dataset.comparison !== chosen;
        if (!panel.hidden) shown += 1;
      }
      document.getElementById("compared").textContent = `${shown} of ${panels.length} comparisons shown`;
    };
    compare.hidden = false;
    compare.addEventListener("input", choose);
    compare.addEventListener("submit", (event) => event.preventDefault());
    choose();
  }
})();
