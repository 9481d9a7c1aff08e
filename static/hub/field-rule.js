/* The helper of a field rule's page: placeholders with the values of a real order, and what the rule makes of it while
   somebody types. The server answers from stored orders; nothing is written. */
"use strict";

(function () {
  const PAUSE = 300;
  const COUNT_PAUSE = 1200;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  }

  class Helper {
    constructor(panel, form) {
      this.panel = panel;
      this.form = form;
      this.serial = 0;
      this.timers = {};
      this.when = form.elements.when;
      this.value = form.elements.value;
      this.last = this.value;
      this.orders = this.part("order");
      this.errors = {};
      panel.hidden = false;
      for (const box of [this.when, this.value]) {
        box.setAttribute("spellcheck", "false");
        box.addEventListener("focus", () => (this.last = box));
      }
      form.addEventListener("input", (event) => this.panel.contains(event.target) || this.changed());
      form.addEventListener("change", (event) => {
        if (event.target.name === "storefront") {
          this.example();
        } else if (!this.panel.contains(event.target)) {
          this.changed();
        }
      });
      // A drop-down of the theme tells jQuery only.
      if (window.django && window.django.jQuery) {
        window.django.jQuery(form.elements.storefront).on("change", () => this.example());
      }
      this.orders.addEventListener("change", () => this.example());
      this.part("filter").addEventListener("input", () => this.filter());
      this.part("filter").addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
      this.example();
    }

    part(name) {
      return this.panel.querySelector(".hub-rule-" + name);
    }

    async ask(what) {
      const body = new FormData();
      body.set("ask", what);
      for (const name of ["storefront", "object", "pace_field", "when", "value", "mode"]) {
        body.set(name, this.form.elements[name] ? this.form.elements[name].value : "");
      }
      if (this.form.elements.required.checked) {
        body.set("required", "on");
      }
      body.set("order", this.orders.value);
      const answer = await fetch(this.panel.dataset.hubRule, {
        method: "POST",
        body,
        credentials: "same-origin",
        headers: { Accept: "application/json", "X-CSRFToken": this.form.elements.csrfmiddlewaretoken.value },
      });
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      return answer.json();
    }

    later(name, pause, run) {
      clearTimeout(this.timers[name]);
      this.timers[name] = setTimeout(() => run().catch(() => {}), pause);
    }

    changed() {
      this.later("try", PAUSE, () => this.try());
      this.later("count", COUNT_PAUSE, () => this.count());
    }

    async example() {
      try {
        const answer = await this.ask("example");
        this.orders.replaceChildren(
          ...answer.orders.map((order) => {
            const option = element("option", "", order.label);
            option.value = order.id;
            option.selected = order.id === answer.order;
            return option;
          })
        );
        this.places(answer.placeholders, answer.note);
        await this.try();
        await this.count();
      } catch (error) {
        // Without an answer the form works as any other.
      }
    }

    places(found, note) {
      const groups = new Map();
      for (const one of found) {
        groups.set(one.group, [...(groups.get(one.group) || []), one]);
      }
      const made = [...groups].map(([name, entries]) => {
        const group = element("details", "hub-rule-group", "");
        group.open = entries.some((one) => one.value && one.name.includes("["));
        group.append(element("summary", "", name));
        for (const one of entries) {
          group.append(this.place(one));
        }
        return group;
      });
      this.part("places").replaceChildren(...made, element("p", "hub-small", note || ""));
      this.filter();
    }

    place(one) {
      const button = element("button", "hub-rule-place", "");
      button.type = "button";
      button.dataset.name = one.name;
      button.append(
        element("code", "", one.name),
        element("span", "hub-rule-text", one.text),
        element("span", "hub-value", one.value.length > 80 ? one.value.slice(0, 79) + "…" : one.value)
      );
      button.addEventListener("click", () => this.insert(one.name));
      return button;
    }

    insert(name) {
      const box = this.last;
      const text = box === this.value ? "{{ " + name + " }}" : name;
      box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
      box.focus();
      this.changed();
    }

    filter() {
      const words = this.part("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const group of this.panel.querySelectorAll(".hub-rule-group")) {
        let shown = 0;
        for (const place of group.querySelectorAll(".hub-rule-place")) {
          const text = place.textContent.toLowerCase();
          place.hidden = !words.every((word) => text.includes(word));
          shown += place.hidden ? 0 : 1;
        }
        group.hidden = !shown;
        if (words.length && shown) {
          group.open = true;
        }
      }
    }

    async try() {
      const mine = ++this.serial;
      const answer = await this.ask("try");
      if (mine !== this.serial) {
        return;
      }
      const errors = Object.entries(answer.errors || {});
      this.part("sentence").textContent = errors.length ? "" : answer.sentence || "";
      this.part("value").textContent = errors.length ? "" : answer.value || "";
      const before = this.part("before");
      before.textContent = answer.before
        ? before.dataset.text.replace("{value}", answer.before).replace("{source}", answer.source)
        : "";
      const typed = errors.filter(([name]) => this.form.elements[name] && this.form.elements[name].value);
      this.part("errors").replaceChildren(
        ...typed.map(([, text]) => element("li", "hub-rule-error", text)),
        ...(answer.remarks || []).map((text) => element("li", "hub-rule-remark", text))
      );
      for (const box of [this.when, this.value]) {
        box.toggleAttribute("aria-invalid", Boolean((answer.errors || {})[box.name]));
      }
    }

    async count() {
      const answer = await this.ask("matches");
      this.part("count").textContent = answer.sentence;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const panel = document.querySelector("[data-hub-rule]");
    const form = panel && panel.closest("form");
    if (form && form.elements.when && form.elements.value) {
      new Helper(panel, form);
    }
  });
})();
