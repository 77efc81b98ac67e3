// Passkeys: puts the question that stands on the page to the browser, and sends its answer with the form around it.
// Without this script, or in a browser that knows no passkeys, the buttons stay hidden and the other ways remain.
"use strict";

// A little less than the server waits for an answer (mfa/ceremonies.py).
const QUESTION_LIVES = 9 * 60 * 1000;

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function understood(question) {
  const credentials = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));
  const options = { ...question, challenge: toBytes(question.challenge) };
  if (question.user) options.user = { ...question.user, id: toBytes(question.user.id) };
  if (question.excludeCredentials) options.excludeCredentials = credentials(question.excludeCredentials);
  if (question.allowCredentials) options.allowCredentials = credentials(question.allowCredentials);
  return options;
}

function written(credential) {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const present = parts.filter((part) => response[part]);
  const answer = Object.fromEntries(present.map((part) => [part, toText(response[part])]));
  if (response.getTransports) answer.transports = response.getTransports();
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response: answer,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

class Passkey {
  constructor(form) {
    this.form = form;
    this.kind = form.dataset.passkey;
    this.button = form.querySelector("[data-start]");
    this.words = form.querySelector("[data-words]");
    this.waiting = null;
  }

  show() {
    this.form.hidden = this.button.hidden = false;
    this.form.querySelectorAll("[data-without]").forEach((note) => (note.hidden = true));
    this.button.addEventListener("click", () => this.start());
  }

  say(which) {
    this.words.textContent = which ? this.words.dataset[which] : "";
    this.words.hidden = !which;
  }

  async question() {
    if (!this.form.dataset.question) return JSON.parse(this.form.querySelector("script").textContent);
    const token = this.form.querySelector("[name=csrfmiddlewaretoken]").value;
    const headers = { "X-CSRFToken": token, Accept: "application/json" };
    const response = await fetch(this.form.dataset.question, { method: "POST", headers });
    if (!response.ok) throw new Error(`no question: ${response.status}`);
    return response.json();
  }

  async ask(more = {}) {
    if (this.waiting) this.waiting.abort();
    const here = (this.waiting = new AbortController());
    const options = { publicKey: understood(await this.question()), signal: here.signal, ...more };
    const credential = await navigator.credentials[this.kind](options);
    // Another question has taken the place of this one meanwhile.
    if (here !== this.waiting) return;
    this.form.querySelector("[name=code]").value = written(credential);
    this.form.submit();
  }

  async start() {
    this.button.disabled = true;
    this.say("waiting");
    try {
      await this.ask();
    } catch (error) {
      const known = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" };
      this.say(known[error.name] || (["SecurityError", "NotSupportedError"].includes(error.name) ? "refused" : "failed"));
      this.button.disabled = false;
      this.fillIn();
    }
  }

  // Browsers then offer passkeys where the address is typed. Whatever goes wrong there, nobody asked for it.
  async fillIn() {
    if (!this.form.dataset.question || !PublicKeyCredential.isConditionalMediationAvailable) return;
    clearTimeout(this.again);
    try {
      if (!(await PublicKeyCredential.isConditionalMediationAvailable()) || this.button.disabled) return;
      this.again = setTimeout(() => this.button.disabled || this.fillIn(), QUESTION_LIVES);
      await this.ask({ mediation: "conditional" });
    } catch {
      // The button is there all the same.
    }
  }
}

for (const form of window.PublicKeyCredential ? document.querySelectorAll("form[data-passkey]") : []) {
  const passkey = new Passkey(form);
  passkey.show();
  passkey.fillIn();
  // A question that stands on the page is asked anew with the page.
  if (!form.dataset.question) {
    setTimeout(() => passkey.button.disabled || location.replace(location.href), QUESTION_LIVES);
  }
}

// Pages that come back from the browser's memory hold an answer that was sent already.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
