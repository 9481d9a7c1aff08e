/* Times are rendered in the zone that the browser named; the first page, which did not know it yet, is corrected here. The
   title says UTC. */
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

  // The hub renders the next pages in this zone (automationhub/lib/time_zone.py).
  function tellZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone) {
      const safe = window.location.protocol === "https:" ? "; Secure" : "";
      document.cookie = "hub_zone=" + zone + "; Path=/; Max-Age=31536000; SameSite=Lax" + safe;
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
    tellZone();
    letTablesScroll();
    showLocalTimes(document);
  });
})();
