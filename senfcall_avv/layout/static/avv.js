"use strict";
// Comfort only: every page works without this file. Buttons that need it are hidden until it runs.

// Copying: <button hidden data-copy="id of the value" data-done="Copied"> and a status line "<id>-said".
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const words = button.querySelector("span") || button;
  const before = words.textContent;
  button.addEventListener("click", async () => {
    const value = document.getElementById(button.dataset.copy);
    const said = document.getElementById(`${button.dataset.copy}-said`);
    try {
      await navigator.clipboard.writeText(value.textContent.trim());
    } catch {
      getSelection().selectAllChildren(value);
      return;
    }
    words.textContent = button.dataset.done;
    if (said) said.textContent = button.dataset.done;
    setTimeout(() => {
      words.textContent = before;
      if (said) said.textContent = "";
    }, 4000);
  });
}

// Passwords: <button hidden data-shows="id of the field" data-hide="Hide">.
for (const button of document.querySelectorAll("[data-shows]")) {
  button.hidden = false;
  const show = button.textContent;
  button.addEventListener("click", () => {
    const field = document.getElementById(button.dataset.shows);
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.textContent = shown ? button.dataset.hide : show;
  });
}

// Uploads: <form data-progress> with <progress hidden> and a status line inside; files too large are said before sending.
for (const form of document.querySelectorAll("form[data-progress]")) {
  const bar = form.querySelector("progress");
  const said = form.querySelector("[role=status]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const sending = new XMLHttpRequest();
    const data = new FormData(form, event.submitter);
    bar.hidden = false;
    sending.upload.addEventListener("progress", (step) => {
      if (!step.lengthComputable) return;
      bar.max = step.total;
      bar.value = step.loaded;
      if (said) said.textContent = `${Math.round((100 * step.loaded) / step.total)} %`;
    });
    sending.addEventListener("load", () => {
      // The answer is a page: after a redirect the new one, else the same form with what does not fit.
      history.pushState(null, "", sending.responseURL);
      document.open();
      document.write(sending.responseText);
      document.close();
    });
    sending.addEventListener("error", () => form.submit());
    sending.open("POST", form.action);
    sending.send(data);
  });
}

// The error summary takes the focus on browsers that know autofocus on fields alone.
if (!("autofocus" in HTMLElement.prototype)) document.querySelector(".problems")?.focus();

// A double click sends once.
for (const form of document.querySelectorAll("form[method=post]:not([data-progress])")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 3000);
  });
}
