// DOM functions shared by all screens. Everything is set as text or through the DOM: no markup is built from data.

import { element } from "../shared/element.js";
import { filled } from "./filling.js";

export { element };

/** @import { Elements, Values } from "./types.js" */

/**
 * An element that is always on the page.
 *
 * @template {string} I
 * @param {I} id
 * @returns {I extends keyof Elements ? Elements[I] : HTMLElement}
 */
export const $ = (id) => /** @type {any} */ (document.getElementById(id));

/**
 * An element that is not always there.
 *
 * @template {string} I
 * @param {I} id
 * @returns {(I extends keyof Elements ? Elements[I] : HTMLElement) | null}
 */
export const maybe = (id) => /** @type {any} */ (document.getElementById(id));

/**
 * The element that an event happened to.
 *
 * @param {Event} event
 */
export const targetOf = (event) => /** @type {HTMLElement} */ (event.target);

/** The element with the focus, if any. */
export const focused = () => /** @type {HTMLElement | null} */ (document.activeElement);

/**
 * Fills in a text in the language of the page.
 *
 * @param {string} template
 * @param {Values} [values]
 */
export function fill(template, values = {}) {
  return filled(template, values, document.documentElement.lang);
}

/**
 * Shows a text in an element, and hides the element when there is none.
 *
 * @param {string} id
 * @param {string} words
 */
export function showWords(id, words) {
  $(id).textContent = words;
  $(id).hidden = !words;
}

/**
 * Opens a dialog. The browser restores the focus when the dialog closes, but fires the close event later, when the next
 * keys may already have been pressed: the focus is then moved only if no element has it.
 *
 * @param {HTMLDialogElement} dialog
 * @param {() => void} rest moves the focus to where it belongs
 */
export function openDialog(dialog, rest) {
  if (dialog.open) return;
  dialog.showModal();
  dialog.addEventListener("close", () => void (nowhere() && rest()), { once: true });
}

/** Whether no element has the focus, or the one that has it is hidden now. */
export function nowhere() {
  const held = document.activeElement;
  return !held || held === document.body || !held.checkVisibility();
}

/**
 * Replaces an element's content with that of a fresh copy; the link that had the focus gets it back.
 *
 * @param {HTMLElement} node
 * @param {HTMLElement} fresh
 */
export function replaceKeepingFocus(node, fresh) {
  const held = node.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
  node.replaceChildren(...document.importNode(fresh, true).childNodes);
  if (!held) return;
  const links = [...node.querySelectorAll("a")];
  links.find((link) => link.getAttribute("href") === held)?.focus({ preventScroll: true });
}
