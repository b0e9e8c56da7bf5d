// The keys and buttons of the screen of many fields; what a key means is in lib/key_meaning.js.

import { mosaicMeaning } from "../lib/key_meaning.js";
import { $, targetOf } from "../lib/view.js";

/** @import { MosaicScreen } from "./mosaic.js" */

/** @param {MosaicScreen} screen */
export function bindKeys(screen) {
  const { tiles } = screen;
  /** @type {Record<string, () => void>} */
  const buttons = {
    confirm: () => screen.confirm(),
    undo: () => screen.undo(),
    "groups-undo": () => screen.undo(),
    back: () => screen.back(),
    "help-open": () => screen.help(),
    look: () => screen.nextLook(),
  };
  for (const [id, act] of Object.entries(buttons)) $(id).addEventListener("click", act);
  /** @type {Record<string, () => void>} */
  const commands = {
    not: () => tiles.toggle(tiles.place),
    blank: () => tiles.setBlank(),
    type: () => tiles.write(),
    undo: buttons.undo,
    context: () => screen.context(),
    look: buttons.look,
    help: buttons["help-open"],
  };
  /** @type {Record<string, (argument: string) => void>} */
  const acts = {
    ...commands,
    confirm: buttons.confirm,
    back: buttons.back,
    move: (key) => tiles.move(key),
    write: (character) => tiles.write(character),
    set: (key) => tiles.set(key),
    nothing: () => {},
  };
  const names = new Set(Object.keys(commands));

  document.addEventListener("keydown", (event) => {
    const target = targetOf(event);
    if ($("help").open || screen.pageDialog.open || event.isComposing || target.matches("select, input")) return;
    const meaning = mosaicMeaning(event, {
      keymap: screen.preferences.keymap,
      commands: names,
      letters: $("keys-on").checked,
      onScreen: screen.group !== null,
      onTile: target.matches(".tile"),
      onButton: target.matches("button, a"),
      written: Boolean(tiles.current?.card.text),
    });
    if (!meaning) return;
    event.preventDefault();
    if (!event.repeat || meaning.repeats) acts[meaning.act](meaning.argument ?? "");
  });
}
