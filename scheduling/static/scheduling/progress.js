"use strict";
// Asks every two seconds how far a run has come, while it is going and somebody can see the page.
(function () {
  const EVERY = 2000; // milliseconds
  const LONGEST = 30000;

  function follow(place) {
    const news = document.getElementById("run-news");
    let pause = EVERY;
    let timer = null;

    function later() {
      clearTimeout(timer);
      timer = document.hidden ? null : setTimeout(ask, pause);
    }

    function show(text) {
      const found = new DOMParser().parseFromString(text, "text/html").querySelector("[data-news]");
      if (!found) return true; // no answer of ours, such as the page of a log-in
      place.replaceChildren(found);
      // A region that is read out changes only when there is something to say.
      if (news.textContent !== found.dataset.news) news.textContent = found.dataset.news;
      return "over" in found.dataset;
    }

    async function ask() {
      try {
        const answer = await fetch(place.dataset.url, { headers: { "X-Fragment": "1" } });
        if (answer.status === 429 || answer.status >= 500) {
          pause = Math.min(pause * 2, LONGEST);
        } else {
          pause = EVERY;
          if (!answer.ok || show(await answer.text())) return;
        }
      } catch (error) {
        if (error.name !== "TypeError") throw error; // the network is gone: it may come back
        pause = Math.min(pause * 2, LONGEST);
      }
      later();
    }

    document.addEventListener("visibilitychange", later);
    later();
  }

  document.addEventListener("DOMContentLoaded", () => {
    const place = document.getElementById("run-progress");
    if (place) follow(place);
  });
})();
