// The list of groups that wait on the screen of many fields.

import { $, element } from "../lib/view.js";

/** @import { Session } from "../lib/session.js" */
/** @import { Group } from "../lib/types.js" */

/**
 * @param {Session} session
 * @param {Group[]} groups
 * @param {boolean} undo whether a screen can be undone
 */
export function drawGroups(session, groups, undo) {
  const shown = JSON.stringify(groups);
  $("groups-undo").hidden = !undo;
  $("groups-text").textContent = session.texts[groups.length ? "groups-intro" : "groups-none"];
  if ($("group-list").dataset.shown === shown) return;
  $("group-list").dataset.shown = shown;
  $("group-list").replaceChildren(...groups.map((group) => element("li", {}, linkTo(session, group))));
}

/**
 * @param {Session} session
 * @param {Group} group
 */
function linkTo(session, group) {
  const said = group.said ? session.words("group-said", { said: group.said }) : session.texts["group-own"];
  return element(
    "a",
    { className: "group", href: `#${encodeURIComponent(group.key)}` },
    element("span", { className: "heading", textContent: group.heading }),
    element("strong", { textContent: group.wording }),
    element("span", { textContent: said }),
    element("span", { className: "tag", textContent: session.words("group-count", { n: group.count }) }),
  );
}
