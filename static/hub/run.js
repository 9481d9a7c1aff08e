/* A retry of many orders: asks how far it is until it ends, and lists its orders with their jobs. The page of the retry
   (progress.js) and the toast (toast.js) share it. */
"use strict";

window.hubRun = (function () {
  const EVERY = 1000;

  function link(url, text, outside) {
    const element = document.createElement(url ? "a" : "span");
    element.textContent = text;
    if (url) {
      element.className = "hub-link";
      element.href = url;
      if (outside) {
        element.target = "_blank";
        element.rel = "noopener";
      }
    }
    return element;
  }

  function line(order, jobText) {
    const item = document.createElement("li");
    const badge = document.createElement("span");
    badge.className = "hub-badge hub-tone-" + order.tone;
    badge.textContent = order.state;
    item.append(link(order.url, String(order.number), false), " ", badge);
    for (const job of order.jobs) {
      item.append(" ", link(job.url, jobText.replace("{number}", job.number), true));
    }
    return item;
  }

  /* Calls `show` with each answer; ends with the run, or when the user is signed out. */
  function follow(url, show) {
    async function ask() {
      let busy = true;
      try {
        const answer = await fetch(url, { headers: { Accept: "application/json" } });
        if (!answer.ok || answer.redirected) {
          return;
        }
        const state = await answer.json();
        show(state);
        busy = state.busy;
      } catch (error) {
        busy = true; // the network is gone for a moment
      }
      if (busy) {
        window.setTimeout(ask, document.hidden ? 5 * EVERY : EVERY);
      }
    }
    window.setTimeout(ask, EVERY / 2);
  }

  return { follow, line };
})();
