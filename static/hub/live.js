/* Keeps open pages up to date with one small request: the badge, the tab's title, home and lists, and new stops as a
   toast or, for those who chose it, as a notification of the browser. */
"use strict";

(function () {
  const EVERY = 20 * 1000;
  const HIDDEN_EVERY = 60 * 1000;
  const SEEN = "hub-seen-stop";
  const CHOSEN = "hub-notify";

  function showCount(inbox, count) {
    for (const link of document.querySelectorAll('nav a[href="' + inbox + '"], #nav-sidebar a[href="' + inbox + '"]')) {
      const spans = Array.from(link.parentElement.querySelectorAll("span"));
      let badge = spans.find((span) => span.childElementCount === 0 && /^\d+$/.test(span.textContent.trim()));
      if (!badge && count > 0) {
        badge = document.createElement("span");
        badge.className = "hub-count hub-tone-bad";
        link.append(badge);
      }
      if (badge) {
        badge.textContent = String(count);
        badge.hidden = count === 0;
      }
    }
  }

  function toast(box, parts) {
    const old = document.querySelector(".hub-toast-live");
    if (old) {
      old.remove();
    }
    const section = document.createElement("section");
    section.className = "hub-toast hub-toast-live";
    section.setAttribute("aria-label", box.dataset.label);
    const status = document.createElement("div");
    status.setAttribute("role", "status");
    status.append(...parts);
    const close = document.createElement("button");
    close.type = "button";
    close.className = "hub-text-button";
    close.textContent = box.dataset.dismiss;
    close.addEventListener("click", () => section.remove());
    section.append(status, close);
    document.body.append(section);
  }

  function link(url, text) {
    const line = document.createElement("p");
    const anchor = document.createElement("a");
    anchor.href = url;
    anchor.className = "hub-toast-sentence";
    anchor.textContent = text;
    line.append(anchor);
    return line;
  }

  function tellOfStops(box, stops) {
    toast(box, stops.map((stop) => link(stop.url, stop.text)));
    const chosen = localStorage.getItem(CHOSEN) === "1";
    if (chosen && document.hidden && "Notification" in window && Notification.permission === "granted") {
      new Notification(box.dataset.label, { body: stops[0].text, tag: "hub-stop" });
    }
  }

  function isInUse() {
    const typing = document.activeElement && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    const open = document.querySelector("#content details[open], input.action-select:checked, dialog[open]");
    const onLine = document.activeElement && document.activeElement.closest("#result_list, article.hub-cause");
    return Boolean(typing || open || onLine || String(window.getSelection() || ""));
  }

  /* A list's own scripts are bound to its rows: it is opened again as a whole. Other pages exchange their content. */
  async function showAgain() {
    if (document.getElementById("changelist-form")) {
      window.location.reload();
      return;
    }
    const answer = await fetch(window.location.href, { redirect: "error" });
    // The theme's colors stand in a style element that the policy allows only on the page it was made for.
    const text = (await answer.text()).replace(/<style[\s\S]*?<\/style>/g, "");
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("content");
    if (answer.ok && fresh) {
      document.getElementById("content").replaceChildren(...fresh.childNodes);
    }
  }

  async function refresh(box) {
    const isList = document.getElementById("changelist-form") !== null;
    const toasted = document.querySelector(".hub-toast") !== null;
    if (!isInUse() && !(isList && toasted)) {
      await showAgain();
    } else if (!toasted) {
      const line = document.createElement("p");
      line.textContent = box.dataset.changed;
      toast(box, [line, link(window.location.href, box.dataset.refresh)]);
    }
  }

  function follow(box) {
    const title = document.title.trim().replace(/^\(\d+\) /, "");
    const isList = box.dataset.pages.split(" ").includes(window.location.pathname);
    let version = null;
    let timer = 0;

    async function ask() {
      window.clearTimeout(timer);
      const seen = sessionStorage.getItem(SEEN);
      try {
        const address = box.dataset.hubLive + (seen === null ? "" : "?after=" + seen);
        const answer = await fetch(address, { headers: { Accept: "application/json" }, redirect: "error" });
        if (!answer.ok) {
          return; // signed out, or without the right any more
        }
        const now = await answer.json();
        sessionStorage.setItem(SEEN, String(now.latest));
        showCount(box.dataset.inbox, now.attention);
        document.title = (now.attention ? "(" + now.attention + ") " : "") + title;
        if (now.stops.length) {
          tellOfStops(box, now.stops);
        }
        if (isList && version !== null && version !== now.version) {
          await refresh(box);
        }
        version = now.version;
      } catch (error) {
        // The network is gone for a moment, or somebody signed out: the next page says so.
      }
      timer = window.setTimeout(ask, document.hidden ? HIDDEN_EVERY : EVERY);
    }

    document.addEventListener("hub:changed", ask);
    timer = window.setTimeout(ask, 1000);
  }

  function offerNotifications(button) {
    if (!("Notification" in window)) {
      return;
    }
    function show() {
      const on = localStorage.getItem(CHOSEN) === "1" && Notification.permission === "granted";
      button.setAttribute("aria-pressed", String(on));
      button.textContent = on ? button.dataset.on : button.dataset.off;
    }
    button.hidden = false;
    button.addEventListener("click", async function () {
      const on = button.getAttribute("aria-pressed") === "true";
      const granted = on || (await Notification.requestPermission()) === "granted";
      localStorage.setItem(CHOSEN, !on && granted ? "1" : "0");
      show();
    });
    show();
  }

  document.addEventListener("DOMContentLoaded", function () {
    const box = document.querySelector("[data-hub-live]");
    if (box) {
      follow(box);
    }
    document.querySelectorAll("[data-hub-notify]").forEach(offerNotifications);
  });
})();
