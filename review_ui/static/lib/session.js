// Says in good time that the login is about to end because nothing was done; one key prolongs it. When it is over, the
// person logs in again on the page.

import { logInAgain, whosePage } from "./relogin.js";
import { fill } from "./view.js";

const LONGEST_S = 600; // look again at least this often
const language = document.documentElement.lang;
const query = new URLSearchParams({ lang: language });
let csrf = "";
let texts = null;
let dialog = null;
let endsAt = 0;
let told = false; // that the longest time is nearly over, which nobody can prolong

async function look() {
  const response = await fetch(`/api/time-left?${query}`, { headers: whosePage() });
  if (response.status === 401) {
    hide();
    told = false;
    csrf = await logInAgain(language);
    return 0;
  }
  if (!response.ok) return LONGEST_S;
  const { left_s: left, final_s: final, warn_s: warn } = await response.json();
  endsAt = performance.now() + left * 1000;
  if (left > warn) {
    hide();
    return Math.min(left - warn, LONGEST_S);
  }
  await warnOf(final <= left);
  return Math.min(1, Math.max(left, 0.1));
}

async function warnOf(final) {
  if (!texts) ({ csrf, texts } = await (await fetch(`/api/login?${query}`, { headers: whosePage() })).json());
  if (final && told) return;
  if (!dialog) show(final);
  const seconds = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
  dialog.querySelector("#time-left").textContent = fill(texts["time-left"], { n: seconds });
}

function show(final) {
  dialog = Object.assign(document.createElement("dialog"), { id: "time", className: "again" });
  dialog.setAttribute("role", "alertdialog");
  dialog.setAttribute("aria-labelledby", "time-title");
  dialog.setAttribute("aria-describedby", "time-text");
  const title = Object.assign(document.createElement("h2"), { id: "time-title", textContent: texts["time-title"] });
  const text = Object.assign(document.createElement("p"), { id: "time-text", textContent: texts[final ? "time-final" : "time-text"] });
  const left = Object.assign(document.createElement("p"), { id: "time-left" });
  const button = Object.assign(document.createElement("button"), { id: "stay", className: "primary", textContent: texts[final ? "time-close" : "stay"] });
  button.addEventListener("click", () => {
    told = final;
    if (final) hide();
    else stay();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    button.click();
  });
  dialog.addEventListener("keydown", (event) => event.stopPropagation()); // keys of the page rest
  dialog.append(title, text, left, button);
  document.body.append(dialog);
  dialog.showModal();
  button.focus();
}

function hide() {
  dialog?.close();
  dialog?.remove();
  dialog = null;
}

async function stay() {
  const send = () => fetch(`/api/stay?${query}`, { method: "POST", headers: { "X-CSRFToken": csrf, ...whosePage() } });
  let response = await send();
  if (response.status === 403) {
    ({ csrf } = await (await fetch(`/api/login?${query}`, { headers: whosePage() })).json());
    response = await send();
  }
  if (response.ok) hide();
}

(async () => {
  for (;;) {
    let rest = LONGEST_S;
    try {
      rest = await look();
    } catch {
      rest = 5; // the program does not answer just now
    }
    await new Promise((resolve) => setTimeout(resolve, rest * 1000));
  }
})();
