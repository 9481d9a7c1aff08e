/* Times are rendered in the zone that the browser named; the first page, which did not know it yet, is corrected here. The
   title says UTC. */
"use strict";

(function () {
  // As automationhub/lib/shown_times.py: Dec 5, 2026, 4:54 PM. Browsers put a narrow space before AM and PM.
  function localText(date, form) {
    const clock = { hour: "numeric", minute: "2-digit", ...(form === "minutes" ? {} : { second: "2-digit" }) };
    const day = form === "clock" ? {} : { year: "numeric", month: "short", day: "numeric" };
    return date.toLocaleString("en-US", { ...day, ...clock }).replace(/\u202f/g, " ");
  }

  function showLocalTimes(root) {
    for (const element of root.querySelectorAll("time.hub-time[datetime]")) {
      const date = new Date(element.dateTime);
      if (element.dataset.form === "ago") {
        continue; // the hub says how long ago it was
      }
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
      for (const name of document.querySelectorAll("[data-hub-zone]")) {
        name.textContent = zone;
      }
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

  // The theme draws icons by their names, which a screen reader would read aloud.
  function hideIconNames(root) {
    for (const icon of root.querySelectorAll(".material-symbols-outlined:not([aria-hidden])")) {
      icon.setAttribute("aria-hidden", "true");
    }
    // The button of a list's search box is only such an icon: it is called what the box is called.
    const submit = root.querySelector("#searchbar-submit:not([aria-label])");
    const box = root.querySelector("#searchbar");
    if (submit && box) {
      submit.setAttribute("aria-label", box.placeholder || submit.textContent.trim());
    }
  }

  // The theme has buttons that are links without an address, such as the one that opens the filters, or plain boxes with an
  // icon: the Tab key and the keys of a button reach them too.
  function letButtonsBeReached(root) {
    for (const button of root.querySelectorAll("a:not([href]):not([tabindex]), div.cursor-pointer[x-on\\:click]:not([tabindex])")) {
      button.tabIndex = 0;
      if (button.matches("div") && !button.hasAttribute("aria-label")) {
        button.setAttribute("aria-label", "More");
      }
      button.setAttribute("role", "button");
      button.addEventListener("keydown", function (event) {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          button.click();
        }
      });
    }
  }

  // Inputs that the theme describes by a placeholder only, or by the heading of their filter.
  function labelInputs(root) {
    const inputs = root.querySelectorAll("input:not([type=hidden]):not([type=submit]), select, textarea");
    for (const input of inputs) {
      if (input.labels === null || input.labels.length > 0 || input.hasAttribute("aria-label") || input.hasAttribute("aria-labelledby")) {
        continue;
      }
      const heading = input.closest("fieldset, [data-filter-title], .flex-col")?.querySelector("h2, h3, legend, label");
      const words = [heading && heading.textContent.trim(), input.placeholder || input.title];
      const label = words.filter(Boolean).join(": ") || input.name.replaceAll("_", " ").trim();
      if (label) {
        input.setAttribute("aria-label", label);
      }
    }
  }

  // Boxes that scroll by themselves are all called "scrollable content" by the theme's script, which reads their names here.
  function nameScrollers() {
    let number = 0;
    for (const box of document.querySelectorAll("[data-simplebar]")) {
      number += 1;
      const words = box.closest("nav") ? "Menu" : box.querySelector("#result_list") ? "List" : box.closest("#changelist-filter") ? "Filters" : "Part " + number;
      box.setAttribute("data-simplebar-aria-label", words + ", scrolls");
    }
  }

  // Boxes that look rows up are drawn by a script of their own, which names them by their value instead of their label.
  function nameLookups() {
    for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
      const name = (select.labels && select.labels[0] ? select.labels[0].textContent : select.name).trim();
      const box = select.parentElement.querySelector(".select2-selection");
      for (const part of box ? [box, ...box.querySelectorAll("[role=textbox]")] : []) {
        part.removeAttribute("aria-labelledby");
        part.setAttribute("aria-label", name);
      }
    }
    // Django's two boxes to choose from explain themselves in an icon.
    for (const tip of document.querySelectorAll(".help-tooltip[aria-label]")) {
      tip.setAttribute("role", "img");
    }
  }

  // Both are drawn after the page has loaded, each by a script of its own at a time of its own.
  function nameWhatIsDrawnLater() {
    nameLookups();
    const content = document.getElementById("content");
    if (content && content.querySelector("select")) {
      new MutationObserver(nameLookups).observe(content, { childList: true, subtree: true });
    }
  }

  function beReadable() {
    nameScrollers();
    nameWhatIsDrawnLater();
    const content = document.getElementById("content");
    if (content && !document.querySelector("main, [role=main]")) {
      content.setAttribute("role", "main");
    }
    const buttons = document.getElementById("submit-row");
    if (buttons) {
      buttons.setAttribute("role", "region");
      buttons.setAttribute("aria-label", "Buttons of the form");
    }
    hideIconNames(document);
    letButtonsBeReached(document);
    labelInputs(document);
  }

  window.addEventListener("resize", letTablesScroll);
  document.addEventListener("toggle", letTablesScroll, true);

  document.addEventListener("DOMContentLoaded", function () {
    beReadable();
    tellZone();
    letTablesScroll();
    showLocalTimes(document);
  });
})();
