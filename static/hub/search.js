/* The search box: "/" goes to it, results show while somebody types, the arrow keys walk through them. */
"use strict";

(function () {
  const PAUSE = 200;

  function setUp(form) {
    const input = form.querySelector("input");
    const results = form.querySelector(".hub-find-results");
    let timer = 0;
    let asked = 0;

    function show(html) {
      results.innerHTML = html;
      results.hidden = html === "";
      input.setAttribute("aria-expanded", String(html !== ""));
    }

    async function ask() {
      const text = input.value.trim();
      const mine = ++asked;
      if (text.length < 2) {
        show("");
        return;
      }
      const address = form.action + "?glance=1&q=" + encodeURIComponent(text);
      try {
        const answer = await fetch(address, { headers: { Accept: "text/html" }, redirect: "error" });
        if (answer.ok && mine === asked) {
          show(await answer.text());
        }
      } catch {
        // Signed out or no connection: pressing Enter opens the page, which says so.
      }
    }

    function move(step) {
      const links = Array.from(results.querySelectorAll("a"));
      const place = links.indexOf(document.activeElement) + step;
      (place < 0 ? input : links[Math.min(place, links.length - 1)] || input).focus();
    }

    input.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE);
    });
    form.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Escape") {
        show("");
        input.focus();
      }
    });
    document.addEventListener("click", function (event) {
      if (!form.contains(event.target)) {
        show("");
      }
    });
  }

  function isTyping(element) {
    return element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);
  }

  document.addEventListener("keydown", function (event) {
    // A list's own box takes the key on its page.
    if (event.key !== "/" || isTyping(event.target) || document.getElementById("searchbar")) {
      return;
    }
    const input = document.getElementById("hub-find-page") || document.getElementById("hub-find");
    if (input && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-hub-find]").forEach(setUp);
  });
})();
