/* The button Rehearse: posts the form it belongs to and shows the result in place (integrations/admin/setup/rehearsals.py).
   Without this script the form goes to a page of its own. */
"use strict";

document.addEventListener("click", function (event) {
  const button = event.target.closest("[data-hub-rehearse]");
  const panel = button === null ? null : button.closest("[data-hub-rehearsal]");
  if (panel === null || button.form === null) {
    return;
  }
  event.preventDefault();
  const box = panel.querySelector("[data-hub-result]");
  const data = new FormData(button.form);
  if (button.name) {
    data.set(button.name, button.value);
  }
  button.disabled = true;
  box.textContent = box.dataset.busy;
  fetch(button.formAction, {
    method: "POST",
    body: data,
    headers: { "X-Requested-With": "fetch" },
    credentials: "same-origin",
  })
    .then(function (answer) {
      if (!answer.ok || answer.redirected) {
        throw new Error(String(answer.status));
      }
      return answer.text();
    })
    .then(function (html) {
      box.innerHTML = html;
      box.scrollIntoView({ block: "center" });
    })
    .catch(function () {
      box.textContent = box.dataset.failed;
    })
    .finally(function () {
      button.disabled = false;
    });
});
