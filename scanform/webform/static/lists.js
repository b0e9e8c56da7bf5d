// Questions with a list: instead of the browser's own list, which differs from browser to browser and cannot be
// styled, values are offered while somebody types. Whatever else is typed stays as it is. Without scripts the
// <datalist> remains.

import { Combobox } from "./shared/combobox.js";
import { element } from "./shared/element.js";

/**
 * @param {HTMLFormElement} form
 * @param {string} words how many are offered; # stands for the number
 */
export function offerLists(form, words) {
  for (const field of form.querySelectorAll("input[list]")) offer(/** @type {HTMLInputElement} */ (field), words);
}

/**
 * @param {HTMLInputElement} field
 * @param {string} words
 */
function offer(field, words) {
  const values = [...(field.list?.options ?? [])].map((option) => option.value);
  const told = element("p", { className: "visually-hidden" });
  told.setAttribute("role", "status");
  field.removeAttribute("list");
  const say = (/** @type {number} */ count) => {
    told.textContent = words.replace("#", String(count));
  };
  const label = field.labels?.[0]?.textContent?.trim() ?? "";
  const box = new Combobox(field, { id: `${field.id}-offered`, label, say, completes: false });
  box.values = values;
  field.after(told);
}
