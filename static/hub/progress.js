/* Pages of long work: shows how far workers are, and stops asking when it is done (static/hub/run.js). */
"use strict";

document.addEventListener("DOMContentLoaded", function () {
  const box = document.querySelector("[data-hub-run]");
  if (box === null || box.dataset.busy !== "yes") {
    return;
  }

  function showBar(state) {
    const bar = box.querySelector("progress");
    if (bar) {
      bar.max = state.total || bar.max;
      bar.value = state.through;
    }
    for (const part of box.querySelectorAll("[data-hub-bar]")) {
      part.setAttribute("width", String(state[part.dataset.hubBar + "_share"]));
      part.setAttribute("x", part.dataset.hubBar === "bad" ? String(state.good_share) : "0");
    }
  }

  function showLists(state) {
    const refusals = box.querySelector("[data-hub-refusals]");
    refusals.replaceChildren(
      ...state.refusals.map(function (text) {
        const line = document.createElement("li");
        line.textContent = text;
        return line;
      })
    );
    const orders = box.querySelector("[data-hub-orders]");
    if (orders) {
      orders.replaceChildren(...state.orders.map((order) => window.hubRun.line(order, orders.dataset.hubOrders)));
    }
  }

  window.hubRun.follow(box.dataset.hubRun, function (state) {
    for (const element of box.querySelectorAll("[data-hub-count]")) {
      element.textContent = String(state[element.dataset.hubCount]);
    }
    const sentence = box.querySelector("[data-hub-sentence]");
    if (sentence && sentence.textContent !== state.sentence) {
      sentence.textContent = state.sentence;
    }
    const end = box.querySelector("[data-hub-end]");
    if (end) {
      end.hidden = state.busy;
    }
    showBar(state);
    showLists(state);
  });
});
