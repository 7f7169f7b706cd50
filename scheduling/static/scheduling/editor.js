"use strict";
// The form of a schedule: shows the fields of the chosen cadence, and asks anew when it would run and
// what it would do while one types. Without it all fields are there, and a button asks.
(function () {
  const PAUSE = 300; // milliseconds after the last key
  const AGAIN = 2000; // milliseconds until a question that was turned away is asked once more

  const rowOf = (form, name) => form.querySelector(`.form-row.field-${name}`);

  // Which cadence -------------------------------------------------------------------------------
  function showFields(form, radios) {
    const chosen = radios.find((one) => one.checked);
    const used = new Set(chosen ? chosen.dataset.fields.split(" ") : []);
    const all = new Set(radios.flatMap((one) => one.dataset.fields.split(" ")));
    for (const name of all) {
      const row = rowOf(form, name);
      if (row) row.hidden = Boolean(chosen) && !used.has(name);
    }
  }

  // What the choice comes to as five fields; null while a field it needs is empty.
  function compiled(form, radio) {
    const data = new FormData(form);
    const [hour, minute] = String(data.get("at_time") || "").split(":");
    const hourly = radio.dataset.fields === "at_minute";
    const parts = {
      every: data.get("every_minutes"),
      minute: hourly ? data.get("at_minute") : minute,
      hour,
      day: data.get("on_day"),
      weekdays: data.getAll("on_weekdays").sort().join(","),
    };
    let whole = true;
    const number = (text) => (/^[0-9]+$/.test(text) ? String(Number(text)) : text);
    const text = radio.dataset.crontab.replace(/\{(\w+)\}/g, (_place, name) => {
      if (!parts[name]) whole = false;
      return number(parts[name]);
    });
    return whole && text ? text : null;
  }

  function watchPreset(form) {
    const radios = [...form.querySelectorAll("input[name=preset]")];
    if (!radios.length) return;
    let before = radios.find((one) => one.checked);
    showFields(form, radios);
    form.addEventListener("change", (event) => {
      if (event.target.name !== "preset") return;
      const crontab = before && compiled(form, before);
      if (event.target.value === "custom" && crontab) form.elements.crontab.value = crontab;
      before = event.target;
      showFields(form, radios);
    });
  }

  // Asking --------------------------------------------------------------------------------------
  // What the fields of a part hold, to be compared.
  function stateOf(form, place) {
    const data = new FormData(form);
    const names = place.dataset.fields.split(" ");
    return JSON.stringify(names.map((name) => [name, data.getAll(name)]));
  }

  function watch(form, url, places) {
    const answered = new Map(places.map((place) => [place, stateOf(form, place)]));
    let timer = null;
    let asked = null;

    const stale = () => places.filter((place) => answered.get(place) !== stateOf(form, place));

    async function ask(mayRepeat) {
      const wanted = stale();
      // An answer to older values must not overwrite a newer one.
      if (asked) asked.abort();
      if (!wanted.length) return;
      const own = (asked = new AbortController());
      const states = wanted.map((place) => stateOf(form, place));
      try {
        const answer = await fetch(url, {
          method: "POST",
          body: new FormData(form),
          headers: { "X-Fragment": wanted.map((place) => place.dataset.part).join(" ") },
          signal: own.signal,
        });
        if (answer.ok && !answer.redirected) {
          const text = await answer.text();
          if (own !== asked) return;
          wanted.forEach((place, number) => answered.set(place, states[number]));
          put(form, wanted, text);
        } else if (mayRepeat && (answer.status === 429 || answer.status >= 500)) {
          clearTimeout(timer);
          timer = setTimeout(ask, AGAIN, false);
        }
      } catch (error) {
        // Another question took its place, or the network is gone: what is shown stays.
        if (error.name !== "AbortError" && error.name !== "TypeError") throw error;
      }
    }

    function askSoon() {
      clearTimeout(timer);
      if (stale().length || asked) timer = setTimeout(ask, PAUSE, true);
    }
    form.addEventListener("input", askSoon);
    form.addEventListener("change", askSoon);
  }

  function put(form, places, text) {
    const answer = new DOMParser().parseFromString(text, "text/html");
    for (const place of places) {
      const part = answer.querySelector(`[data-part="${place.dataset.part}"]`);
      if (!part) continue;
      const open = [...place.querySelectorAll("details")].map((one) => one.open);
      place.replaceChildren(...part.childNodes);
      place.querySelectorAll("details").forEach((one, at) => (one.open = Boolean(open[at])));
      if (place.id === "cadence") tieErrors(form, place);
    }
  }

  // Errors --------------------------------------------------------------------------------------
  // The fields are told wrong or right by the newest answer, also where the page came with errors.
  function tieErrors(form, place) {
    const wrong = new Map(
      [...place.querySelectorAll("[data-error-at]")].map((one) => [one.dataset.errorAt, one.id]),
    );
    for (const name of place.dataset.fields.split(" ")) {
      const row = rowOf(form, name);
      const field = row && row.querySelector(`#id_${name}`);
      if (!field) continue;
      row.querySelectorAll(":scope > .errorlist").forEach((list) => list.remove());
      row.classList.toggle("errors", wrong.has(field.id));
      const help = row.querySelector(".help");
      const tied = [help && help.id, wrong.get(field.id)].filter(Boolean).join(" ");
      if (tied) field.setAttribute("aria-describedby", tied);
      else field.removeAttribute("aria-describedby");
      if (wrong.has(field.id)) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }

  // Suggestions ---------------------------------------------------------------------------------
  // A link to this page with other values fills them in instead, and loses nothing that was typed.
  function watchSuggestions(form) {
    form.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-fill]");
      if (!link) return;
      event.preventDefault();
      for (const [name, value] of Object.entries(JSON.parse(link.dataset.fill))) {
        const field = form.elements[name];
        if (!field) continue;
        field.value = value;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const place = document.getElementById("cadence");
    const form = place && place.closest("form");
    if (!form) return;
    watchPreset(form);
    watchSuggestions(form);
    watch(form, place.dataset.url, [...form.querySelectorAll("[data-part]")]);
  });
})();
