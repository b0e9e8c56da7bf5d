// The fields of the layout editor: the selection, and the form itself.

import { kept } from "../lib/geometry.js";
import { $, fill } from "../lib/view.js";
import { called, divide, place, setKind } from "../lib/zones.js";
import { LEAST_MM } from "./edit_stage.js";

/** @import { Rect, Zone } from "../lib/types.js" */
/** @import { EditScreen } from "./edit.js" */
/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

const PLACE = /** @type {const} */ (["place-x", "place-y", "place-w", "place-h"]);
const FORM = /** @type {const} */ (["questionnaire", "version", "filled"]);
const SHARED = /** @type {const} */ (["question", "option", "group", "kind", "alphabet", "lines"]);
const MOST_CELLS = 60;

/** @type {Record<string, (zone: Zone, value: string) => void>} */
const TYPED = {
  question: (zone, value) => {
    zone.question = value;
  },
  option: (zone, value) => set(zone, "option", value),
  group: (zone, value) => set(zone, "group", value),
  alphabet: (zone, value) => set(zone, "alphabet", value),
  lines: (zone, value) => set(zone, "lines", Math.round(Number(value))),
  cells: (zone, value) => {
    if (Number(value) >= 1) divide(zone, Math.min(MOST_CELLS, Math.round(Number(value))));
  },
};

/** @param {EditScreen} screen */
export function bindFields(screen) {
  const { doc } = screen;
  const form = $("fields");
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const [id, act] of Object.entries(TYPED)) {
    const field = fieldOf(id);
    field.addEventListener("input", () => {
      screen.change(`field ${id}`, () => doc.chosen.forEach((zone) => act(zone, field.value.trim())));
    });
  }
  $("kind").addEventListener("change", () => {
    const kind = $("kind").value.trim();
    screen.change("field kind", () => doc.chosen.forEach((zone) => kind && setKind(zone, kind)));
  });
  $("multiple").addEventListener("change", () => screen.change("", () => doc.setMultiple($("multiple").checked)));
  $("number-options").addEventListener("click", () => screen.change("", () => doc.numberOptions()));
  for (const [side, id] of PLACE.entries()) $(id).addEventListener("change", () => putSide(screen, side, $(id)));
  for (const name of FORM) {
    $(name).addEventListener("input", () => {
      screen.change(`form ${name}`, () => {
        doc.layout[name] = $(name).value.trim();
      });
    });
  }
  form.addEventListener("focusout", () => {
    doc.settle();
    queueMicrotask(() => drawFields(screen));
  });
}

/**
 * @param {EditScreen} screen
 * @param {number} side its place in x, y, width, height
 * @param {HTMLInputElement} field
 */
function putSide(screen, side, field) {
  const [zone] = screen.doc.chosen;
  const value = Number(field.value);
  if (!zone || !Number.isFinite(value)) return;
  const rect = /** @type {Rect} */ (zone.rect_mm.map((old, number) => (number === side ? value : old)));
  screen.change("", () => place(zone, kept(rect, screen.sheet.size_mm, LEAST_MM)));
}

/**
 * @template {"option" | "group" | "alphabet" | "lines"} N
 * @param {Zone} zone
 * @param {N} name
 * @param {Zone[N]} value an empty one removes the property
 */
function set(zone, name, value) {
  if (value) zone[name] = value;
  else delete zone[name];
}

/** @param {EditScreen} screen */
export function drawFields(screen) {
  const { doc, texts } = screen;
  const { chosen } = doc;
  const [first] = chosen;
  $("of-zone").hidden = !first;
  $("selected").textContent = titleOf(screen);
  for (const id of /** @type {const} */ (["delete", "duplicate"])) $(id).disabled = !first;
  for (const name of FORM) show(name, doc.layout[name], texts.mixed);
  if (!first) return;
  hideOthers(chosen);
  /** @type {<T>(get: (zone: Zone) => T) => T | null} */
  const shared = (get) => (chosen.every((zone) => get(zone) === get(first)) ? get(first) : null);
  for (const name of SHARED) show(name, shared((zone) => zone[name]), texts.mixed);
  show("cells", shared((zone) => zone.cells_mm?.length), texts.mixed);
  const multiple = shared((zone) => Boolean(zone.multiple));
  $("multiple").checked = Boolean(multiple);
  $("multiple").indeterminate = multiple === null;
  for (const [side, id] of PLACE.entries()) show(id, first.rect_mm[side], texts.mixed);
  $("question").setAttribute("aria-invalid", String(chosen.some((zone) => screen.wrong.has(zone.id))));
}

/** @param {EditScreen} screen */
function titleOf({ doc, texts }) {
  const { chosen } = doc;
  if (!chosen.length) return texts["selected-none"];
  if (chosen.length > 1) return fill(texts["selected-many"], { n: chosen.length });
  return fill(texts["selected-one"], { name: called(chosen[0]) });
}

/**
 * Hides the fields that do not apply to zones of these kinds.
 *
 * @param {Zone[]} chosen
 */
function hideOthers(chosen) {
  const kinds = new Set(chosen.map((zone) => zone.kind));
  const only = (/** @type {string} */ kind) => kinds.size === 1 && kinds.has(kind);
  $("option-field").hidden = chosen.length > 1 || !(only("mark") || only("handwriting"));
  $("number-field").hidden = !(chosen.length > 1 && only("mark"));
  $("multiple-field").hidden = !only("mark");
  $("cells-field").hidden = $("alphabet-field").hidden = !only("comb");
  $("lines-field").hidden = !only("handwriting");
  $("place-field").hidden = chosen.length > 1;
}

/**
 * Shows a value in its field, unless the person is typing there.
 *
 * @param {string} id
 * @param {string | number | null | undefined} value null where the selected zones differ
 * @param {string} mixed
 */
function show(id, value, mixed) {
  const field = fieldOf(id);
  if (field instanceof HTMLInputElement) field.placeholder = value === null ? mixed : "";
  if (document.activeElement === field && field instanceof HTMLInputElement) return;
  field.value = value === null || value === undefined ? "" : String(value);
}

/** @param {string} id */
function fieldOf(id) {
  return /** @type {Field} */ (document.getElementById(id));
}
