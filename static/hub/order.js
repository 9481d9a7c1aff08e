/* The page of an order: follows what workers do while something is going on, copies calls, opens the whole timeline. */
"use strict";

(function () {
  const EVERY = 1500;
  const LONGEST = 10 * 60 * 1000;

  function follow(box) {
    const sentence = box.querySelector("[data-hub-sentence]");
    const began = Date.now();

    function isReading() {
      const selected = String(window.getSelection() || "");
      const typing = document.activeElement && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
      return selected !== "" || typing || document.querySelector(".hub-line details[open]") !== null;
    }

    function finish() {
      if (!isReading()) {
        window.location.reload();
        return;
      }
      // Somebody is reading: do not pull the page away.
      box.querySelector(".hub-spinner").hidden = true;
      const link = document.createElement("a");
      link.className = "hub-link";
      link.href = window.location.href;
      link.textContent = "It is done: show what happened";
      sentence.replaceChildren(link);
    }

    async function look() {
      let now;
      try {
        const answer = await fetch(box.dataset.hubProgress, { headers: { Accept: "application/json" } });
        if (!answer.ok || answer.redirected) {
          return;
        }
        now = await answer.json();
      } catch (error) {
        now = null; // the network is gone for a moment
      }
      if (now !== null) {
        if (now.sentence) {
          sentence.textContent = now.sentence;
        }
        if (!now.busy) {
          finish();
          return;
        }
      }
      if (Date.now() - began < LONGEST) {
        window.setTimeout(look, document.hidden ? 5 * EVERY : EVERY);
      }
    }

    window.setTimeout(look, EVERY);
  }

  function unfold(button) {
    const details = document.querySelectorAll(button.dataset.hubUnfold + " > details");
    const open = button.getAttribute("aria-pressed") !== "true";
    for (const one of details) {
      one.open = open;
    }
    button.setAttribute("aria-pressed", String(open));
    button.textContent = open ? button.dataset.close : button.dataset.open;
  }

  /* Calls are hidden until they are asked for; this browser remembers the choice. */
  function toggleCalls(box) {
    const timeline = document.getElementById("hub-timeline");
    box.checked = localStorage.getItem("hub-calls") === "1";
    timeline.classList.toggle("hub-without-calls", !box.checked);
    box.addEventListener("change", function () {
      localStorage.setItem("hub-calls", box.checked ? "1" : "0");
      timeline.classList.toggle("hub-without-calls", !box.checked);
    });
    box.closest("[data-hub-only-script]").hidden = false;
  }

  document.addEventListener("DOMContentLoaded", function () {
    const calls = document.querySelector("[data-hub-calls]");
    if (calls) {
      toggleCalls(calls);
    }
    for (const button of document.querySelectorAll("[data-hub-unfold]")) {
      button.hidden = false;
    }
    const box = document.querySelector("[data-hub-progress]");
    if (box && box.dataset.busy === "yes") {
      follow(box);
    }
  });

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-hub-unfold]");
    if (button === null) {
      return;
    }
    unfold(button);
  });
})();
