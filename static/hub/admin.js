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

  document.addEventListener("DOMContentLoaded", function () {
    showLocalTimes(document);
  });
})();
