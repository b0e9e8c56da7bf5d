// Moves pages between respondents by mouse; the menu under each page does the same by keyboard, and its value is sent.

import { $ } from "../lib/view.js";

const people = $("people");

/** @param {string} selector */
function all(selector, parent = document.documentElement) {
  return /** @type {NodeListOf<HTMLElement>} */ (parent.querySelectorAll(selector));
}

/**
 * @param {string} page
 * @returns {HTMLElement | null}
 */
function leafOf(page) {
  return people.querySelector(`.leaf[data-page="${CSS.escape(page)}"]`);
}

/**
 * The menu under a page.
 *
 * @param {HTMLElement} leaf
 */
function choiceOf(leaf) {
  return /** @type {HTMLSelectElement} */ (leaf.querySelector("select"));
}

/**
 * @param {HTMLElement} leaf
 * @param {string} copy
 */
function settle(leaf, copy) {
  const [leaves] = all(`[data-copy="${copy}"] .leaves`, people);
  if (!leaves) return;
  const others = [...all(":scope > *", leaves)].filter((other) => other !== leaf);
  const after = others.find((other) => Number(other.dataset.number) > Number(leaf.dataset.number));
  leaves.insertBefore(leaf, after ?? null);
  leaf.classList.toggle("moved", leaf.dataset.first !== copy);
}

/**
 * @param {HTMLElement} leaf
 * @param {string} copy
 */
function move(leaf, copy) {
  const choice = choiceOf(leaf);
  const had = document.activeElement === choice;
  choice.value = copy;
  settle(leaf, choice.value);
  if (had) choice.focus();
  $("said").textContent = `${leaf.querySelector("label")?.textContent}: ${choice.selectedOptions[0].textContent}`;
}

for (const leaf of all(".leaf", people)) {
  const choice = choiceOf(leaf);
  leaf.dataset.first = choice.value;
  leaf.draggable = true;
  for (const picture of leaf.querySelectorAll("img")) picture.draggable = false; // else it is dragged, not its page
  choice.addEventListener("change", () => move(leaf, choice.value));
  leaf.addEventListener("dragstart", (event) => {
    if (!event.dataTransfer) return;
    event.dataTransfer.setData("text/plain", leaf.dataset.page ?? "");
    event.dataTransfer.effectAllowed = "move";
  });
}

for (const place of all(".respondent", people)) {
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "move";
    place.classList.add("over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    const leaf = leafOf(event.dataTransfer?.getData("text/plain") ?? "");
    if (leaf) move(leaf, place.dataset.copy ?? "");
  });
}

for (const button of all("button.preview")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const [page, copy] of Object.entries(JSON.parse(button.dataset.way ?? "{}"))) {
      const leaf = leafOf(page);
      if (leaf) move(leaf, String(copy));
    }
  });
}
