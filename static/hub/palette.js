/* The palette: Ctrl+K, "/" or its line in the sidebar open it. One small request answers what was typed; the arrow keys
   choose, Enter opens, Escape closes. A combobox as ARIA describes it: the focus stays in the input. */
"use strict";

document.addEventListener("DOMContentLoaded", function () {
  const PAUSE = 150;
  const dialog = document.getElementById("hub-palette");
  if (dialog === null) {
    return;
  }
  const input = document.getElementById("hub-palette-input");
  const list = document.getElementById("hub-palette-list");
  const nothing = dialog.querySelector(".hub-palette-nothing");
  const status = dialog.querySelector("[role=status]");
  let timer = 0;
  let asked = 0;
  let options = [];
  let active = -1;

  function begins(text, name) {
    const words = name.toLowerCase().split(/\s+/);
    return text.toLowerCase().split(/\s+/).filter(Boolean).every((typed) => words.some((word) => word.startsWith(typed)));
  }

  /* What can be done on this page: its own menu, which the hub has drawn for this person. */
  function here(text) {
    const links = document.querySelectorAll("[data-hub-menu] a[href]");
    const items = Array.from(links, (link) => ({ title: link.textContent.trim(), url: link.href, icon: "bolt" }));
    const keys = { title: dialog.dataset.keys, url: "", icon: "keyboard" };
    const found = [...items, ...(text ? [keys] : [])].filter((item) => begins(text, item.title)).slice(0, 8);
    return found.length ? [{ title: dialog.dataset.here, items: found }] : [];
  }

  function drawn(item) {
    const line = document.createElement(item.url ? "a" : "div");
    line.id = "hub-option-" + options.length;
    line.className = "hub-option";
    line.setAttribute("role", "option");
    line.setAttribute("aria-selected", "false");
    line.tabIndex = -1;
    if (item.url) {
      line.href = item.url;
    }
    const icon = document.createElement("span");
    icon.className = "material-symbols-outlined";
    icon.setAttribute("aria-hidden", "true");
    icon.textContent = item.icon;
    const title = document.createElement("strong");
    title.textContent = item.title;
    line.append(icon, title);
    if (item.badge) {
      const badge = document.createElement("span");
      badge.className = "hub-badge hub-tone-" + item.tone;
      badge.textContent = item.badge;
      line.append(" ", badge);
    }
    if (item.detail) {
      const detail = document.createElement("span");
      detail.className = "hub-option-detail";
      detail.textContent = item.detail;
      line.append(" ", detail);
    }
    options.push(line);
    return line;
  }

  function show(sections, text) {
    options = [];
    list.replaceChildren(...sections.map(function (section, number) {
      const group = document.createElement("div");
      group.setAttribute("role", "group");
      const title = document.createElement("div");
      title.id = "hub-section-" + number;
      title.className = "hub-palette-title";
      title.setAttribute("role", "presentation");
      title.textContent = section.title;
      group.setAttribute("aria-labelledby", title.id);
      group.append(title, ...section.items.map(drawn));
      return group;
    }));
    const count = options.length;
    nothing.hidden = count > 0;
    nothing.textContent = count > 0 ? "" : dialog.dataset.nothing.replace("{text}", text);
    status.textContent = count === 1 ? dialog.dataset.one : dialog.dataset.many.replace("{count}", String(count));
    input.setAttribute("aria-expanded", String(count > 0));
    choose(count > 0 ? 0 : -1);
  }

  function choose(place) {
    if (options[active]) {
      options[active].setAttribute("aria-selected", "false");
    }
    active = place;
    if (options[active]) {
      options[active].setAttribute("aria-selected", "true");
      options[active].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[active].id);
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  async function ask() {
    const text = input.value.trim();
    const mine = ++asked;
    try {
      const address = dialog.dataset.url + "?q=" + encodeURIComponent(text);
      const answer = await fetch(address, { headers: { Accept: "application/json" }, redirect: "error" });
      if (answer.ok && mine === asked) {
        const found = (await answer.json()).sections;
        if (mine === asked) {
          show([...here(text), ...found], text);
          input.dataset.answered = text;
        }
      }
    } catch {
      // Signed out or no connection: Enter opens the page of the search, which says so.
    }
  }

  function open() {
    if (dialog.open) {
      return;
    }
    closeOthers();
    dialog.showModal();
    input.value = "";
    delete input.dataset.answered;
    show(here(""), "");
    nothing.hidden = true;
    ask();
  }

  function closeOthers() {
    for (const other of document.querySelectorAll("dialog[open]")) {
      other.close();
    }
  }

  function showKeys() {
    dialog.close();
    document.dispatchEvent(new CustomEvent("hub:keys"));
  }

  function go(line, elsewhere) {
    if (!line.href) {
      showKeys();
    } else if (elsewhere) {
      window.open(line.href, "_blank", "noopener");
    } else {
      window.location.assign(line.href);
    }
  }

  async function enter(elsewhere) {
    const text = input.value.trim();
    if (input.dataset.answered !== text) {
      window.clearTimeout(timer); // Enter came before the answer to what was typed last
      await ask();
    }
    if (options[active] && input.dataset.answered === text) {
      go(options[active], elsewhere);
    } else if (text) {
      window.location.assign(dialog.dataset.find + "?q=" + encodeURIComponent(text));
    }
  }

  input.addEventListener("input", function () {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE);
  });
  input.addEventListener("keydown", function (event) {
    const last = options.length - 1;
    if (event.isComposing || last < 0 && event.key !== "Enter") {
      return;
    }
    if (event.key === "ArrowDown") {
      choose(active >= last ? 0 : active + 1);
    } else if (event.key === "ArrowUp") {
      choose(active <= 0 ? last : active - 1);
    } else if (event.key === "Enter") {
      enter(event.ctrlKey || event.metaKey);
    } else {
      return;
    }
    event.preventDefault();
  });
  list.addEventListener("click", function (event) {
    const line = event.target.closest(".hub-option");
    if (line && !line.href) {
      showKeys();
    }
  });
  dialog.querySelector("[data-hub-show-keys]").addEventListener("click", showKeys);

  document.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("hub:palette", open);
  document.addEventListener("click", function (event) {
    const opener = event.target.closest("[data-hub-open-palette]");
    if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open();
    } else if (event.target.closest("dialog [data-hub-close]") || event.target.matches("dialog.hub-palette")) {
      event.target.closest("dialog").close(); // the button, or beside the box
    }
  });
  for (const opener of document.querySelectorAll("[data-hub-open-palette]")) {
    opener.setAttribute("role", "button");
    opener.setAttribute("aria-haspopup", "dialog");
    opener.setAttribute("aria-keyshortcuts", "Control+K");
    opener.addEventListener("keydown", function (event) {
      if (event.key === " ") {
        event.preventDefault();
        open();
      }
    });
  }
});
