/* Keys of a single character: "/" and "?", "g i" and "g o", "j" and "k", "e" and "r". They do nothing while somebody types,
   with a modifier, or in an open dialog, and can be switched off (WCAG 2.1.4); this browser remembers it. */
"use strict";

document.addEventListener("DOMContentLoaded", function () {
  const CHOSEN = "hub-keys";
  const PAUSE = 1500;
  const dialog = document.getElementById("hub-keys");
  if (dialog === null) {
    return;
  }
  const box = document.getElementById("hub-keys-on");
  const goto = document.getElementById("hub-goto").dataset;
  let began = 0;

  box.checked = localStorage.getItem(CHOSEN) !== "0";
  box.addEventListener("change", () => localStorage.setItem(CHOSEN, box.checked ? "1" : "0"));

  function isTyping(element) {
    const typed = element.closest && element.closest("input, textarea, select, [contenteditable]:not([contenteditable=false])");
    // The browser moves the focus out of a dialog that was closed with the next frame only: nobody types in it any more.
    return Boolean(typed && !typed.closest("dialog:not([open])") && !["checkbox", "radio", "button", "submit"].includes(typed.type));
  }

  function showKeys() {
    for (const other of document.querySelectorAll("dialog[open]")) {
      other.close();
    }
    dialog.showModal();
  }
  document.addEventListener("hub:keys", showKeys);

  /* The lines of what the page lists; in the inbox a cause is one line. */
  function lines() {
    const rows = document.querySelectorAll("#result_list .data-row, article.hub-cause, .hub-found li, .hub-causes > li");
    return Array.from(rows).filter((row) => row.offsetParent !== null);
  }

  function opener(row) {
    return row.querySelector("[data-hub-open]") || row.querySelector("th a[href], td a[href]") || row.querySelector("a[href]");
  }

  function current() {
    return lines().find((row) => row.contains(document.activeElement)) || null;
  }

  function move(step) {
    const rows = lines();
    const place = rows.indexOf(current());
    const next = rows[place < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(place + step, 0), rows.length - 1)];
    const target = next && opener(next);
    if (target) {
      target.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  }

  function edit() {
    const row = current();
    const link = row ? opener(row) : document.querySelector("[data-hub-menu] a[data-hub-action=change_value]");
    if (link) {
      link.click();
    } else if (row === null && !document.getElementById("changelist-form")) {
      const field = document.querySelector("#content form[id$=_form] :is(input:not([type=hidden]):not([type=submit]), select, textarea):not(:disabled)");
      if (field) {
        field.focus();
      }
    }
  }

  /* As the button does it: an order's page of the question. A cause's button has no question: it is only gone to. */
  function retry() {
    const row = current();
    const link = row && opener(row);
    const own = document.querySelector("[data-hub-menu] a[data-hub-action=retry]");
    if (row && row.matches("article.hub-cause")) {
      const button = row.querySelector("button[name=do][value=retry]");
      if (button) {
        button.focus();
      }
    } else if (link && document.querySelector("[data-hub-retry-rows]") && /\/order\/\d+\/change\/$/.test(link.pathname)) {
      window.location.assign(link.pathname.replace(/change\/$/, "retry/"));
    } else if (own) {
      own.click();
    }
  }

  const plain = {
    "/": () => document.dispatchEvent(new CustomEvent("hub:palette")),
    "?": showKeys,
    j: () => move(1),
    k: () => move(-1),
    e: edit,
    r: retry,
  };

  document.addEventListener("keydown", function (event) {
    const off = localStorage.getItem(CHOSEN) === "0";
    const busy = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat && event.key === "g";
    if (off || busy || isTyping(event.target) || document.querySelector("dialog[open]")) {
      return;
    }
    const second = Date.now() - began < PAUSE ? goto[event.key] : "";
    began = event.key === "g" ? Date.now() : 0;
    if (second) {
      event.preventDefault();
      window.location.assign(second);
    } else if (Object.hasOwn(plain, event.key)) {
      event.preventDefault();
      plain[event.key]();
    }
  });
});
