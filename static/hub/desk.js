/* Small helpers of the desk: a menu that closes, mentions that are inserted, Undo that ends after its seconds. */
"use strict";

(function () {
  function closeMenus(except) {
    for (const menu of document.querySelectorAll("[data-hub-menu][open]")) {
      if (menu !== except) {
        menu.open = false;
      }
    }
  }

  function insert(button) {
    const box = document.getElementById(button.dataset.hubInto);
    const before = box.value.slice(0, box.selectionStart);
    const gap = before === "" || /\s$/.test(before) ? "" : " ";
    box.setRangeText(gap + button.dataset.hubInsert, box.selectionStart, box.selectionEnd, "end");
    box.focus();
  }

  document.addEventListener("click", function (event) {
    closeMenus(event.target.closest("[data-hub-menu]"));
    const mention = event.target.closest("[data-hub-insert]");
    if (mention) {
      insert(mention);
    }
  });

  document.addEventListener("keydown", function (event) {
    const menu = event.target.closest ? event.target.closest("[data-hub-menu][open]") : null;
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  document.addEventListener("DOMContentLoaded", function () {
    for (const form of document.querySelectorAll("[data-hub-undo]")) {
      window.setTimeout(() => form.remove(), Number(form.dataset.hubUndo) * 1000);
    }
  });
})();
