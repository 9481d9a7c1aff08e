/* Marks the values that were edited on the form of an order, counts them, and undoes an edit. Without it the form works alike. */
"use strict";

(function () {
  const form = document.querySelector("[data-hub-values]");
  if (!form) {
    return;
  }
  const holders = Array.from(form.querySelectorAll("[data-hub-value]"));
  const counter = form.querySelector("[data-hub-edits]");

  function boxOf(holder) {
    return holder.querySelector("input:not([type=hidden]):not([type=checkbox]), textarea");
  }

  // What was shown at first comes with the form, also after a save that was refused.
  function shown(holder) {
    const hidden = holder.querySelector("input[type=hidden]");
    return hidden ? hidden.value : boxOf(holder).defaultValue;
  }

  function mark() {
    let edits = 0;
    for (const holder of holders) {
      const edited = boxOf(holder).value.replace(/\r\n/g, "\n") !== shown(holder).replace(/\r\n/g, "\n");
      edits += edited ? 1 : 0;
      holder.classList.toggle("hub-is-edited", edited);
      holder.querySelector("[data-hub-edited]").hidden = !edited;
      holder.querySelector("[data-hub-reset]").hidden = !edited;
    }
    const words = counter.dataset;
    counter.textContent = edits === 0 ? words.none : edits === 1 ? words.one : words.many.replace("{count}", String(edits));
  }

  for (const holder of holders) {
    holder.querySelector("[data-hub-reset]").addEventListener("click", function () {
      const box = boxOf(holder);
      box.value = shown(holder);
      box.dispatchEvent(new Event("change", { bubbles: true }));
      box.focus();
    });
  }
  form.addEventListener("input", mark);
  form.addEventListener("change", mark);
  mark();
})();
