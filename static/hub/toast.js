/* The toast: follows a retry to its jobs, also on the pages that are opened meanwhile. The inbox names the retry
   ([data-hub-follow]); this tab remembers it until it has ended or is dismissed. */
"use strict";

document.addEventListener("DOMContentLoaded", function () {
  const KEPT = "hub-follow";
  const MOST = 5;
  const named = document.querySelector("[data-hub-follow]");
  if (named) {
    sessionStorage.setItem(KEPT, JSON.stringify({ ...named.dataset }));
  }
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  if (kept === null || document.querySelector("[data-hub-run]")) {
    return;
  }

  const toast = document.createElement("section");
  toast.className = "hub-toast";
  toast.setAttribute("aria-label", kept.label);
  const sentence = document.createElement("a");
  sentence.href = kept.page;
  sentence.className = "hub-toast-sentence";
  sentence.textContent = kept.sentence;
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  status.append(sentence);
  const list = document.createElement("ul");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "hub-text-button";
  close.textContent = kept.dismiss;
  close.addEventListener("click", function () {
    sessionStorage.removeItem(KEPT);
    toast.remove();
  });
  toast.append(status, list, close);
  document.body.append(toast);

  window.hubRun.follow(kept.hubFollow, function (state) {
    if (sentence.textContent !== state.sentence) {
      sentence.textContent = state.sentence;
    }
    list.replaceChildren(...state.orders.slice(0, MOST).map((order) => window.hubRun.line(order, kept.job)));
    if (!state.busy) {
      sessionStorage.removeItem(KEPT);
      document.dispatchEvent(new CustomEvent("hub:changed"));
    }
  });
});
