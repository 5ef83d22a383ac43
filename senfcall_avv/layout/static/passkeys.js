// Passkeys: <form data-passkey="/where/the/challenge/comes/from"> with <button hidden> and fields challenge, answer.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function readable(options) {
  const lists = ["excludeCredentials", "allowCredentials"];
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const name of lists) for (const one of options[name] || []) one.id = bytes(one.id);
  return options;
}

function sendable(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[name]) response[name] = text(credential.response[name]);
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button[hidden]");
  if (!window.PublicKeyCredential || !button) continue;
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    try {
      const asked = await fetch(form.dataset.passkey, { method: "POST", body: new FormData(form) });
      // Redirected: the password is asked for first. Otherwise refused: the form itself gets a page that says why.
      if (asked.redirected) return void location.assign(asked.url);
      if (!asked.ok) return form.submit();
      const { challenge, options } = await asked.json();
      const publicKey = readable(JSON.parse(options));
      const credential = publicKey.user
        ? await navigator.credentials.create({ publicKey })
        : await navigator.credentials.get({ publicKey });
      form.elements.challenge.value = challenge;
      form.elements.answer.value = sendable(credential);
      form.submit();
    } catch (error) {
      // Cancelled by the person, or no device at hand: the page stays, and the button can be pressed again.
      form.querySelector("[role=status]").textContent = form.dataset.failed;
    }
  });
}
