"use strict";
// Gives a select of time zones a search and the browser's own zone. Without it there is the select.
(function () {
  // How many of the zones found are seen at once.
  const ROWS = 8;

  function prepare(select) {
    const options = [...select.options];
    suggestBrowsers(select, options);
    addSearch(select);
  }

  function browsersZone() {
    try {
      return Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    } catch {
      return "";
    }
  }

  // Browsers still say Asia/Calcutta: `data-also` knows what that is called today.
  function suggestBrowsers(select, options) {
    const zone = browsersZone();
    const found = options.find((one) => one.value === zone || namesOf(one).includes(zone));
    const near = select.querySelector("optgroup");
    if (!zone || !found || !near) return;
    const label = `${found.value} (${select.dataset.browsers})`;
    if (![...near.children].some((one) => one.value === found.value)) {
      near.children[0].after(new Option(label, found.value));
    }
  }

  function namesOf(option) {
    return (option.dataset.also || "").split(" ");
  }

  function addSearch(select) {
    const search = document.createElement("input");
    search.type = "search";
    search.id = `${select.id}_search`;
    search.autocomplete = "off";
    search.setAttribute("aria-label", select.dataset.search);
    search.placeholder = select.dataset.search;
    search.setAttribute("aria-controls", select.id);
    const told = document.createElement("span");
    told.className = "zones-found";
    told.setAttribute("role", "status");
    const place = document.createElement("div");
    place.className = "zones";
    select.before(place);
    place.append(search, told, select);
    const groups = [...select.children].map((group) => group.cloneNode(true));
    search.addEventListener("input", () => show(select, groups, search.value, told));
    // Enter chooses among what was found; it must not send a form that is half filled in.
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      select.focus();
    });
  }

  function show(select, groups, text, told) {
    const words = text.trim().toLowerCase().replace(/[\s_]+/g, "_");
    const chosen = select.value;
    const shown = groups.map((group) => narrowed(group, words, chosen)).filter(Boolean);
    select.replaceChildren(...shown);
    select.value = chosen;
    const found = new Set([...select.options].map((one) => one.value));
    const others = [...select.options].some((one) => one.value === chosen && !fits(one, words));
    const number = found.size - (others ? 1 : 0);
    told.textContent = words ? `${select.dataset.found} ${number}` : "";
    if (words) select.size = ROWS;
    else select.removeAttribute("size");
  }

  function fits(option, words) {
    return `${option.value} ${option.dataset.also || ""}`.toLowerCase().includes(words);
  }

  // What is chosen stays, or the select would choose another.
  function narrowed(group, words, chosen) {
    const copy = group.cloneNode(true);
    const options = copy.tagName === "OPTGROUP" ? [...copy.children] : [copy];
    const kept = options.filter((one) => fits(one, words) || one.value === chosen);
    if (!kept.length) return null;
    options.filter((one) => !kept.includes(one)).forEach((one) => one.remove());
    return copy;
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("select[data-zones]").forEach(prepare);
  });
})();
