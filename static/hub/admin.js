/* Times are rendered in the hub's zone; here they are shown in the reader's own. The original stays in the title. */
"use strict";

(function () {
  function two(number) {
    return String(number).padStart(2, "0");
  }

  function localText(date, form) {
    const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
    const minutes = [two(date.getHours()), two(date.getMinutes())].join(":");
    const clock = form === "minutes" ? minutes : minutes + ":" + two(date.getSeconds());
    return form === "clock" ? clock : day + " " + clock;
  }

  function showLocalTimes(root) {
    for (const element of root.querySelectorAll("time.hub-time[datetime]")) {
      const date = new Date(element.dateTime);
      if (!Number.isNaN(date.getTime())) {
        element.textContent = localText(date, element.dataset.form);
      }
    }
  }

  // A table that scrolls sideways must be reachable with the keyboard.
  function letTablesScroll() {
    for (const box of document.querySelectorAll(".hub-scroll")) {
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
      } else {
        box.removeAttribute("tabindex");
      }
    }
  }

  window.addEventListener("resize", letTablesScroll);
  document.addEventListener("toggle", letTablesScroll, true);

  document.addEventListener("DOMContentLoaded", function () {
    letTablesScroll();
    showLocalTimes(document);
  });
})();
