/* Pages of long work: shows how far workers are, and stops asking when they are through. */
"use strict";

document.addEventListener("DOMContentLoaded", function () {
  const EVERY = 1000;
  const box = document.querySelector("[data-hub-run]");
  if (box === null || box.dataset.busy !== "yes") {
    return;
  }

  function show(state) {
    for (const element of box.querySelectorAll("[data-hub-count]")) {
      element.textContent = String(state[element.dataset.hubCount]);
    }
    const bar = box.querySelector("progress");
    bar.max = state.total || bar.max;
    bar.value = state.through;
    box.querySelector("[data-hub-end]").hidden = state.busy;
    const refusals = box.querySelector("[data-hub-refusals]");
    refusals.replaceChildren(
      ...state.refusals.map(function (text) {
        const line = document.createElement("li");
        line.textContent = text;
        return line;
      })
    );
  }

  async function look() {
    let busy = true;
    try {
      const answer = await fetch(box.dataset.hubRun, { headers: { Accept: "application/json" } });
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
      window.setTimeout(look, document.hidden ? 5 * EVERY : EVERY);
    }
  }

  window.setTimeout(look, EVERY / 2);
});
