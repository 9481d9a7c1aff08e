/* Times are rendered in the hub's zone; here they are shown in the reader's own. The original stays in the title. */
"use strict";

(function () {
  function two(number) {
    return String(number).padStart(2, "0");
  }

  function localText(date, withSeconds) {
    const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
    const clock = [two(date.getHours()), two(date.getMinutes())];
    if (withSeconds) {
      clock.push(two(date.getSeconds()));
    }
    return day + " " + clock.join(":");
  }

  function showLocalTimes(root) {
    for (const element of root.querySelectorAll("time.hub-time[datetime]")) {
      const date = new Date(element.dateTime);
      if (!Number.isNaN(date.getTime())) {
        element.textContent = localText(date, element.dataset.seconds === "1");
      }
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    showLocalTimes(document);
  });
})();
