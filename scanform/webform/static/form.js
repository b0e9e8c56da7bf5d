// What a script adds to a page that works without one: it keeps what is typed, shows at once which questions an answer
// makes appear, and ticks "other" when its line is written in. Nothing is decided here: the server decides.

import { offerLists } from "./lists.js";

const SAVE_AFTER_MS = 1500; // of rest since the last key
const RETRY_AFTER_MS = 5000;

const form = /** @type {HTMLFormElement} */ (document.getElementById("answers"));
const told = /** @type {HTMLElement} */ (document.getElementById("saving"));
const version = /** @type {HTMLInputElement} */ (form.elements.namedItem("version"));
const turn = /** @type {HTMLInputElement} */ (form.elements.namedItem("turn")); // tells a late saving

let timer = 0;
let changed = 0; // counts changes
let kept = 0; // the change up to which all is kept
let stopped = false; // another window has changed the same fields, or the session is over
let leaving = false;

/** The boxes of a question. @param {string} code */
const boxesOf = (code) =>
  [...form.elements].flatMap((box) => (box instanceof HTMLInputElement && box.name === `a.${code}` ? [box] : []));

/** @param {string} code */
const chosen = (code) => boxesOf(code).flatMap((box) => (box.checked ? [box.value] : []));

/** The questions that a button clears. @param {Element} button */
const cleared = (button) =>
  (/** @type {HTMLButtonElement} */ (button).value.split(":")[1] ?? "").split(" ").filter(Boolean);

/** Whether the question that a filter names is on the screen itself. @param {string} code */
const isOpen = (code) => {
  const parent = form.querySelector(`[data-question="${CSS.escape(code)}"]`);
  return !(parent instanceof HTMLElement) || !parent.hidden;
};

/** Shows and hides what depends on answers of this page, in its order: one filter may hang on another. */
function follow() {
  for (const node of form.querySelectorAll("[data-when]")) {
    if (!(node instanceof HTMLElement)) continue;
    const code = node.dataset.when ?? "";
    const options = (node.dataset.options ?? "").split(" ");
    node.hidden = !(isOpen(code) && chosen(code).some((option) => options.includes(option)));
  }
  for (const grid of form.querySelectorAll("[data-grid]")) {
    const rows = [...grid.querySelectorAll("[data-question]")].map((row) => /** @type {HTMLElement} */ (row));
    if (grid instanceof HTMLElement) grid.hidden = rows.every((row) => row.hidden);
  }
  for (const button of form.querySelectorAll("button.clear")) {
    /** @type {HTMLButtonElement} */ (button).hidden = !cleared(button).some((code) => chosen(code).length);
  }
}

/** "None of these" and the others exclude each other. @param {HTMLInputElement} box */
function exclude(box) {
  if (box.type !== "checkbox" || !box.checked) return;
  const alone = "alone" in box.dataset;
  for (const other of boxesOf(box.name.slice(2))) {
    if (other !== box && (alone || "alone" in other.dataset)) other.checked = false;
  }
}

/** A line that is written in ticks its option. @param {HTMLElement} field */
function tickBeside(field) {
  const box = field.closest(".beside")?.previousElementSibling?.querySelector("input");
  if (box && field instanceof HTMLInputElement && field.value.trim() && !box.checked) {
    box.checked = true;
    exclude(box);
  }
}

/** @param {string} words */
const say = (words) => {
  if (told.textContent !== words) told.textContent = words;
};

async function save() {
  if (stopped || leaving || kept === changed) return;
  const upTo = changed;
  try {
    const answer = await fetch(form.dataset.save ?? "", { method: "POST", body: new FormData(form) });
    if (answer.status === 409 || answer.status === 401) {
      stopped = true;
      say((answer.status === 409 ? form.dataset.changed : form.dataset.over) ?? "");
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const { version: now } = /** @type {{ version: number }} */ (await answer.json());
    version.value = String(now);
    kept = upTo;
    say(form.dataset.saved ?? "");
    if (kept !== changed) later(SAVE_AFTER_MS);
  } catch {
    say(form.dataset.failed ?? "");
    later(RETRY_AFTER_MS);
  }
}

/** @param {number} ms */
function later(ms) {
  clearTimeout(timer);
  timer = setTimeout(() => void save(), ms);
}

/** Something was typed or chosen: it is kept soon. */
function keep() {
  changed += 1;
  turn.value = String(changed);
  later(SAVE_AFTER_MS);
}

form.addEventListener("input", (event) => {
  const field = /** @type {HTMLElement} */ (event.target);
  if (field instanceof HTMLInputElement) exclude(field);
  tickBeside(field);
  follow();
  keep();
});

for (const button of form.querySelectorAll("button.clear")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const boxes = cleared(button).flatMap((code) => boxesOf(code));
    for (const box of boxes) box.checked = false;
    boxes[0]?.focus();
    follow();
    keep();
  });
}

form.addEventListener("submit", () => {
  leaving = true;
  clearTimeout(timer);
});

addEventListener("pagehide", () => {
  if (!leaving && !stopped && kept !== changed) navigator.sendBeacon(form.dataset.save ?? "", new FormData(form));
});

addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // a page out of the browser's memory is older than what is kept
});

const script = document.createElement("input");
script.type = "hidden";
script.name = "script";
script.value = "1";
const typed = [...form.elements].some((field) => {
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (!(field instanceof HTMLInputElement) || field.type === "hidden") return false;
  return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
});
form.append(script);
follow();
offerLists(form, form.dataset.offered ?? "");
if (typed) keep(); // somebody was faster than this script
