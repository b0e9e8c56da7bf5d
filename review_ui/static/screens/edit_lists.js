// The lists of the layout editor: all zones, and the problems in words.

import { $, element, fill, focused } from "../lib/view.js";
import { called, readingOrder } from "../lib/zones.js";

/** @import { LayoutPage, Remark, Zone } from "../lib/types.js" */
/** @import { EditScreen } from "./edit.js" */

/** @param {EditScreen} screen */
export function drawList(screen) {
  const { doc, texts } = screen;
  const zones = doc.pages.flatMap((page) => readingOrder(page.zones).map((zone) => ({ page, zone })));
  const questions = new Set(zones.map(({ zone }) => zone.question)).size;
  $("list-count").textContent = fill(texts["list-count"], { n: zones.length, q: questions });
  const held = focused()?.dataset.entry;
  $("entries").replaceChildren(...zones.map(({ page, zone }) => element("li", {}, entryOf(screen, page, zone))));
  if (!held) return;
  const entry = $("entries").querySelector(`[data-entry="${CSS.escape(held)}"]`);
  if (entry instanceof HTMLElement) entry.focus({ preventScroll: true });
}

/**
 * @param {EditScreen} screen
 * @param {LayoutPage} page
 * @param {Zone} zone
 */
function entryOf({ doc, texts, wrong }, page, zone) {
  const quiet = (/** @type {string} */ textContent) => element("span", { className: "quiet", textContent });
  const button = element("button", { type: "button", className: "zone-entry" });
  button.dataset.entry = zone.id;
  button.setAttribute("aria-pressed", String(doc.selected.has(zone.id)));
  button.append(element("strong", { textContent: called(zone) }), quiet(texts[`kind-${zone.kind}`]));
  if (doc.pages.length > 1) button.append(quiet(fill(texts["page-n"], { n: page.number })));
  if (wrong.has(zone.id)) button.append(element("span", { className: "tag bad", textContent: texts["has-error"] }));
  return button;
}

/** @param {EditScreen} screen */
export function drawRemarks(screen) {
  const { remarks, texts } = screen;
  const graves = remarks.filter((remark) => remark.grave).length;
  const list = $("remarks");
  $("remarks-count").textContent = remarks.length ? `(${remarks.length})` : "";
  list.dataset.grave = String(graves);
  if (!remarks.length) {
    return list.replaceChildren(element("li", { className: "good", textContent: texts["remarks-none"] }));
  }
  const held = [...list.querySelectorAll("button")].findIndex((button) => button === document.activeElement);
  list.replaceChildren(...remarks.map((remark) => lineOf(screen, remark)));
  return list.querySelectorAll("button")[held]?.focus();
}

/**
 * @param {EditScreen} screen
 * @param {Remark} remark
 */
function lineOf(screen, remark) {
  const words = screen.texts[remark.grave ? "remark-grave" : "remark-light"];
  const tag = element("span", { className: `tag ${remark.grave ? "bad" : ""}`, textContent: words });
  const text = element("span", {}, element("strong", { textContent: remark.message }), " ", remark.remedy);
  if (!screen.doc.find(remark.zone)) return element("li", { className: "remark" }, tag, text);
  const button = element("button", { type: "button", className: "remark" }, tag, text);
  button.addEventListener("click", () => screen.show(remark.zone));
  return element("li", {}, button);
}
