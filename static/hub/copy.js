/* Buttons that copy: [data-hub-copy] holds the text. Addresses, keys and tokens (code.hub-copy) get one each. Without this
   script the buttons stay hidden, and the texts can be selected. */
"use strict";

(function () {
  async function copy(button) {
    const text = button.dataset.hubCopy;
    const before = button.textContent;
    let copied = false;
    try {
      await navigator.clipboard.writeText(text);
      copied = true;
    } catch (error) {
      // Without https there is no clipboard: a selected box does it.
      const box = document.createElement("textarea");
      box.value = text;
      button.after(box);
      box.select();
      copied = document.execCommand("copy");
      box.remove();
    }
    button.textContent = copied ? "Copied" : "Could not be copied";
    window.setTimeout(function () {
      button.textContent = before;
    }, 2000);
  }

  function addButtons() {
    for (const code of document.querySelectorAll("code.hub-copy")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "hub-text-button hub-tiny";
      button.dataset.hubCopy = code.textContent.trim();
      button.textContent = "Copy";
      code.after(" ", button);
    }
    for (const button of document.querySelectorAll("[data-hub-copy]")) {
      button.hidden = false;
    }
  }

  document.addEventListener("DOMContentLoaded", addButtons);
  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-hub-copy]");
    if (button !== null) {
      copy(button);
    }
  });
})();
