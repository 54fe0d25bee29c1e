/* A button with data-passkey asks the device for a key ("create") or an answer of one ("get"), and sends its form.
   What to ask stands in data-options, else at the form's address. */
"use strict";

async function optionsOf(button) {
  if (button.dataset.options) return JSON.parse(button.dataset.options);
  const answer = await fetch(button.form.action, { headers: { Accept: "application/json" } });
  return (await answer.json()).request_options;
}

async function ask(button) {
  const options = await optionsOf(button);
  const alone = button.form.elements.passwordless;
  if (alone && alone.checked) {
    const wanted = { residentKey: "required", requireResidentKey: true, userVerification: "required" };
    Object.assign(options.publicKey.authenticatorSelection, wanted);
  }
  return window.webauthnJSON[button.dataset.passkey](options);
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  const failed = button.form.querySelector("[data-passkey-failed]");
  button.hidden = !window.PublicKeyCredential;
  button.addEventListener("click", async () => {
    failed.hidden = true;
    try {
      button.form.elements.credential.value = JSON.stringify(await ask(button));
      button.form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}
