/* Boxes that offer codes with their names: <input data-hub-choices="address" data-hub-sends="parameter:field …">.
   What people type always counts, also when no list knows it. Names of the present codes are asked for all boxes at once. */
"use strict";

(function () {
  const PAUSE = 150;
  let serial = 0;

  function sibling(input, field) {
    const cut = input.name.lastIndexOf("-");
    const prefix = /^form-\d+-/.test(input.name) ? input.name.slice(0, cut + 1) : "";
    const elements = input.form ? input.form.elements : {};
    return elements[prefix + field] || null;
  }

  function parameters(input) {
    const found = new URLSearchParams();
    for (const pair of (input.dataset.hubSends || "").split(" ")) {
      const [parameter, field] = pair.split(":");
      const fixed = field && field.startsWith("=") ? field.slice(1) : "";
      const element = field && !fixed ? sibling(input, field) : null;
      const value = element ? element.value : fixed;
      if (value) {
        found.set(parameter, value);
      }
    }
    return found;
  }

  async function ask(input, query) {
    const answer = await fetch(input.dataset.hubChoices + "?" + query, {
      credentials: "same-origin",
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    return answer.json();
  }

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    if (text) {
      made.textContent = text;
    }
    return made;
  }

  class Box {
    constructor(input) {
      this.input = input;
      this.id = "hub-choices-" + ++serial;
      this.timer = 0;
      this.asked = 0;
      this.current = -1;
      // The note stands beside the list: a listbox holds options only, and one without any is not a list at all.
      this.popup = element("div", "hub-choices");
      this.popup.hidden = true;
      this.list = element("ul", "");
      this.list.id = this.id;
      this.list.setAttribute("role", "listbox");
      this.note = element("p", "hub-choice-note");
      this.note.setAttribute("role", "status");
      this.popup.append(this.list, this.note);
      this.name = element("p", "hub-choice-name");
      this.name.setAttribute("aria-live", "polite");
      const holder = element("span", "hub-choices-holder");
      input.parentNode.insertBefore(holder, input);
      holder.append(input, this.name);
      // Outside of everything that cuts its contents off, such as the lists of the portal.
      document.body.append(this.popup);
      for (const event of ["scroll", "resize"]) {
        window.addEventListener(event, () => this.place(), { capture: true, passive: true });
      }
      input.setAttribute("role", "combobox");
      input.setAttribute("aria-autocomplete", "list");
      input.setAttribute("aria-expanded", "false");
      input.setAttribute("aria-controls", this.id);
      input.addEventListener("input", () => this.typed());
      input.addEventListener("focus", () => this.search(input.value && !this.touched ? "" : input.value));
      input.addEventListener("click", () => this.popup.hidden && this.search(this.touched ? input.value : ""));
      input.addEventListener("blur", () => this.left());
      input.addEventListener("keydown", (event) => this.key(event));
      this.popup.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (option) {
          this.choose(option);
        }
      });
    }

    typed() {
      this.touched = true;
      this.name.textContent = "";
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(this.input.value), PAUSE);
    }

    async search(text) {
      const asked = ++this.asked;
      const query = parameters(this.input);
      query.set("q", text.trim());
      try {
        const answer = await ask(this.input, query);
        if (asked === this.asked && document.activeElement === this.input) {
          this.show(answer, text.trim());
        }
      } catch (error) {
        this.close();
      }
    }

    show(answer, text) {
      this.list.replaceChildren();
      this.current = -1;
      for (const choice of answer.results) {
        const option = element("li", "hub-choice");
        option.setAttribute("role", "option");
        option.id = this.id + "-" + this.list.children.length;
        option.dataset.value = choice.value;
        option.dataset.label = choice.label;
        option.append(element("strong", "", choice.value));
        if (choice.label && choice.label !== choice.value) {
          option.append(element("span", "", choice.label));
        }
        if (choice.detail) {
          option.append(element("small", "", choice.detail));
        }
        this.list.append(option);
      }
      this.list.hidden = !this.list.children.length;
      this.note.hidden = !answer.note;
      this.popup.hidden = this.list.hidden && this.note.hidden;
      this.note.textContent = answer.note || ""; // once it is visible, so that it is read out
      this.place();
      this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    }

    /* Below its box, or above where there is more room. */
    place() {
      if (this.popup.hidden) {
        return;
      }
      const box = this.input.getBoundingClientRect();
      const width = Math.min(Math.max(box.width, 320), document.documentElement.clientWidth - 16);
      const below = window.innerHeight - box.bottom - 12;
      const above = box.top - 12;
      const upwards = below < 180 && above > below;
      this.popup.style.width = width + "px";
      this.popup.style.left = Math.min(box.left, document.documentElement.clientWidth - width - 8) + "px";
      this.popup.style.maxHeight = Math.min(304, upwards ? above : below) + "px";
      this.popup.style.top = upwards ? "auto" : box.bottom + 4 + "px";
      this.popup.style.bottom = upwards ? window.innerHeight - box.top + 4 + "px" : "auto";
    }

    options() {
      return Array.from(this.list.querySelectorAll("[role=option]"));
    }

    key(event) {
      if (event.key === "Escape" && !this.popup.hidden) {
        event.stopPropagation();
        this.close();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (this.popup.hidden) {
          this.search(this.touched ? this.input.value : "");
        } else {
          this.move(event.key === "ArrowDown" ? 1 : -1);
        }
      } else if (event.key === "Enter" && !this.popup.hidden && this.current >= 0) {
        event.preventDefault();
        this.choose(this.options()[this.current]);
      }
    }

    move(step) {
      const options = this.options();
      if (!options.length) {
        return;
      }
      this.current = (this.current + step + options.length) % options.length;
      options.forEach((option, position) => option.setAttribute("aria-selected", String(position === this.current)));
      options[this.current].scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", options[this.current].id);
    }

    choose(option) {
      this.input.value = option.dataset.value;
      this.name.textContent = option.dataset.label !== option.dataset.value ? option.dataset.label : "";
      this.touched = false;
      this.close();
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
    }

    close() {
      // Letters that were typed a moment ago would open the list again, over the next field.
      clearTimeout(this.timer);
      this.asked += 1;
      this.popup.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }

    left() {
      this.close();
      if (this.touched) {
        this.touched = false;
        nameAll([this]);
      }
    }
  }

  /* What the boxes hold, in words: one request for all boxes with the same list and the same narrowing. */
  function nameAll(boxes) {
    const groups = new Map();
    for (const box of boxes) {
      const value = box.input.value.trim();
      box.name.textContent = "";
      box.name.classList.remove("hub-choice-unknown");
      if (value) {
        const key = box.input.dataset.hubChoices + "?" + parameters(box.input);
        groups.set(key, [...(groups.get(key) || []), box]);
      }
    }
    for (const group of groups.values()) {
      const query = parameters(group[0].input);
      for (const value of new Set(group.map((box) => box.input.value.trim()))) {
        query.append("code", value);
      }
      ask(group[0].input, query)
        .then((answer) => {
          for (const box of group) {
            const found = answer.codes[box.input.value.trim()];
            if (found) {
              box.name.textContent = found.text;
              box.name.classList.toggle("hub-choice-unknown", found.stale);
            }
          }
        })
        .catch(() => {});
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    const inputs = document.querySelectorAll("input[data-hub-choices]");
    nameAll(Array.from(inputs, (input) => new Box(input)));
  });
})();
