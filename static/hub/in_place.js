/* Actions that ask nothing ([data-hub-in-place]): their result appears on the page they were selected on. Without this
   script the link opens a page that asks first (integrations/admin/shared/confirm.py). */
"use strict";

(function () {
  const EVERY = 1500;
  const MOST_QUESTIONS = 120;

  function place(link) {
    const near = link.closest("[data-hub-runs]");
    if (near) {
      return near.parentElement.querySelector("[data-hub-result]");
    }
    return document.querySelector("[data-hub-result]");
  }

  function show(result, tone, text) {
    result.hidden = false;
    result.className = "hub-alert hub-result hub-tone-" + tone;
    result.textContent = text;
  }

  function put(parts) {
    for (const [id, html] of Object.entries(parts || {})) {
      const old = document.getElementById(id);
      if (old) {
        const holder = document.createElement("template");
        holder.innerHTML = html;
        old.replaceWith(holder.content);
      }
    }
  }

  async function answerOf(response) {
    if (!(response.headers.get("Content-Type") || "").startsWith("application/json")) {
      throw new Error("no result");
    }
    return response.json();
  }

  async function follow(url, result) {
    for (let asked = 0; asked < MOST_QUESTIONS; asked += 1) {
      await new Promise((resolve) => window.setTimeout(resolve, EVERY));
      const state = await answerOf(await fetch(url, { headers: { Accept: "application/json" } }));
      put(state.parts);
      if (!state.busy) {
        show(result, state.tone, state.message);
        return;
      }
    }
  }

  async function run(link, token) {
    const result = place(link);
    link.setAttribute("aria-disabled", "true");
    show(result, "info", link.dataset.hubInPlace);
    try {
      const headers = { "X-CSRFToken": token, Accept: "application/json" };
      const state = await answerOf(await fetch(link.href, { method: "POST", headers: headers }));
      show(result, state.tone, state.message);
      put(state.parts);
      if (state.follow) {
        await follow(state.follow, result);
      }
    } catch {
      window.location.assign(link.href);
    } finally {
      link.removeAttribute("aria-disabled");
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    if (!document.querySelector("[data-hub-in-place]")) {
      return;
    }
    const content = document.getElementById("content");
    if (content && !document.querySelector("[data-hub-result]")) {
      const result = document.createElement("p");
      result.dataset.hubResult = "";
      result.setAttribute("role", "status");
      result.hidden = true;
      content.prepend(result);
    }
    document.addEventListener("click", function (event) {
      const link = event.target.closest("a[data-hub-in-place]");
      const token = document.querySelector("input[name=csrfmiddlewaretoken]");
      if (!link || !token || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) {
        return;
      }
      event.preventDefault();
      if (link.getAttribute("aria-disabled") !== "true") {
        run(link, token.value);
      }
    });
  });
})();
