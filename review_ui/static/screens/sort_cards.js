// A page that waits for a person, as an entry of the list.

import { element, fill } from "../lib/view.js";

/** @import { PageCard, Texts } from "../lib/types.js" */

/**
 * @param {Texts} texts
 * @param {PageCard} card
 */
export function cardEntry(texts, { id, name, where, page, pages, why, left_by: leftBy }) {
  const alt = fill(texts["thumb-alt"], { name, where, page, pages });
  const picture = element("img", { src: `/pages/${id}?small=1`, loading: "lazy", alt, className: "thumb" });
  const title = element(leftBy ? "h3" : "h2", { textContent: name, className: "card-name" });
  const place = element("p", { className: "quiet", textContent: where });
  const words = element("div", { className: "card-words" }, title, place);
  words.append(...why.map((reason) => element("p", { textContent: reason })));
  if (leftBy) words.append(element("p", { className: "tag", textContent: fill(texts["left-by"], { name: leftBy }) }));
  const open = element("a", { className: "open", href: `#page=${id}`, textContent: texts.open });
  open.setAttribute("aria-label", `${texts.open}: ${name}, ${where}`);
  words.append(open);
  return element("li", { className: "card" }, picture, words);
}
