"use strict";
// Asks anew what the rules would close when one of them changes. Without it there is a button.
(function () {
  const PAUSE = 300; // milliseconds after the last key

  function watch(place) {
    const form = place.closest("form");
    const fields = new Set(place.dataset.fields.split(" "));
    let timer = null;
    let asked = null;

    async function ask() {
      // An answer to older values must not overwrite a newer one.
      if (asked) asked.abort();
      const own = (asked = new AbortController());
      try {
        const answer = await fetch(place.dataset.url, {
          method: "POST",
          body: new FormData(form),
          headers: { "X-Fragment": "1" },
          signal: own.signal,
        });
        const text = await answer.text();
        // Who was logged out meanwhile is led to the log-in, which is no answer.
        if (answer.ok && !answer.redirected && own === asked) place.innerHTML = text;
      } catch (error) {
        // Another question took its place, or the network is gone: what is shown stays.
        if (error.name !== "AbortError" && error.name !== "TypeError") throw error;
      }
    }

    form.addEventListener("input", (event) => {
      if (!fields.has(event.target.name)) return;
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE);
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const place = document.getElementById("rules-effect");
    if (place) watch(place);
  });
})();
