// One field on the screen. Everything is set as text or through the DOM: no markup is ever built from data.

const CSS_PX_PER_MM = 96 / 25.4;
const LARGEST_AUTO = 3;
const GOOD = 2; // a crop is shown at twice its size on paper, or as large as fits
const LEAST = 1; // in a small window the crop scrolls rather than shrink below its size on paper
const STEPS = [0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8];

export const $ = (id) => document.getElementById(id);

// Fills in `{name}`, and `{pages:page|pages}` as a number with its word; as scanform/i18n/texts.py does.
export function fill(template, values = {}) {
  return template.replace(/\{(\w+)(?::([^{}]*\|[^{}]*))?\}/g, (all, name, forms) => {
    if (!(name in values)) return all;
    return forms === undefined ? String(values[name]) : counted(values[name], forms.split("|"));
  });
}

const CATEGORIES = ["zero", "one", "two", "few", "many", "other"];

function counted(number, forms) {
  const language = document.documentElement.lang;
  const rules = new Intl.PluralRules(language);
  const known = CATEGORIES.filter((category) => rules.resolvedOptions().pluralCategories.includes(category));
  return `${new Intl.NumberFormat(language).format(number)} ${forms[known.indexOf(rules.select(Number(number)))] ?? forms.at(-1)}`;
}

export function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

// Opens a dialog. The browser gives the focus back the moment it closes, and tells of the closing later, when the next keys
// may have been pressed: by then the focus is moved only if nobody has it.
export function openDialog(dialog, rest) {
  if (dialog.open) return;
  dialog.showModal();
  dialog.addEventListener("close", () => nowhere() && rest(), { once: true });
}

// Whether nobody has the focus, or what had it is hidden now.
export function nowhere() {
  const held = document.activeElement;
  return !held || held === document.body || !held.checkVisibility();
}

export class View {
  #zoom = null; // null: as large as fits

  constructor(texts, mine) {
    this.texts = texts;
    this.mine = mine;
    this.#zoom = mine.facts.zoom;
    new ResizeObserver(() => this.#size()).observe($("pane"));
  }

  // Shows a field; `chosen` is a set of option codes, or null when nothing is proposed.
  draw(card, chosen, { choose, suggest, type }) {
    $("panel").hidden = true;
    $("item").hidden = false;
    $("item").dataset.item = card.id;
    $("heading").textContent = card.heading;
    $("wording").textContent = card.wording;
    $("hint").textContent = card.hint;
    $("reason").textContent = card.reason_text;
    $("reading-label").textContent = this.texts[card.statements.length ? "statements" : "read-as"];
    $("reading").textContent = card.value_text;
    const sides = card.statements.length && (card.multiple || card.text); // they stand on buttons of their own
    $("reading-label").hidden = $("reading").hidden = sides;
    $("reading-label").parentElement.hidden = sides && !card.postponed;
    $("put-off").hidden = !card.postponed;
    $("source").textContent = fill(this.texts[card.page ? "form" : "form-only"], { form: card.form, page: card.page });
    $("objection").hidden = !card.objection;
    $("objection-text").textContent = card.objection ? this.texts[card.objection] : "";
    $("multiple-hint").hidden = !card.multiple;
    this.notice(card.notice || this.instead || "");
    this.instead = "";
    this.error("");
    this.hurry("");
    document.documentElement.toggleAttribute("data-text", card.text);
    this.#ways(card);
    this.#statements(card, suggest);
    this.#choices(card, choose);
    this.#typing(card, type, suggest);
    this.choose(card, chosen);
  }

  // The sides of a contradiction between whole sets of answers; of a single choice the options themselves say who chose them.
  #statements(card, suggest) {
    const shown = card.multiple ? card.statements : [];
    const entries = shown.map((statement, place) => {
      const button = this.#choice(`Alt+${place + 1}`, statement.text, this.#saidBy([statement.said_by]));
      button.addEventListener("click", () => suggest(place + 1));
      return element("li", {}, button);
    });
    $("statements").replaceChildren(...entries);
    $("statements").hidden = !entries.length;
  }

  #saidBy(names) {
    return element("span", { className: "tags" }, ...names.map((name) => element("span", { className: "tag said", textContent: name })));
  }

  #choices(card, choose) {
    const entries = card.choices.map((choice, place) => {
      const tags = element("span", { className: "tags" }, element("span", { className: "tag chosen", textContent: this.texts["chosen-tag"] }));
      if (choice.tag) tags.append(element("span", { className: `tag ${choice.tag}`, textContent: this.texts[`${choice.tag}-tag`] }));
      tags.append(...this.#saidBy(choice.said_by).children);
      const key = this.mine.choiceKey(place);
      const button = this.#choice(key && this.mine.cap(key), choice.text, tags);
      button.firstChild.dataset.choice = place;
      button.dataset.code = choice.code;
      button.addEventListener("click", () => choose(choice.code));
      return element("li", {}, button);
    });
    $("choices").replaceChildren(...entries);
    $("choices").hidden = card.text;
  }

  #choice(key, text, tags) {
    const label = element("span", { className: "choice-text", textContent: text });
    return element("button", { type: "button", className: "choice" }, element("kbd", { textContent: key, hidden: !key }), label, tags);
  }

  #typing(card, type, suggest) {
    $("typing").hidden = !card.text;
    $("typing").replaceChildren();
    if (!card.text) return;
    const lines = card.list_id ? 1 : card.lines;
    const field = element(lines > 1 ? "textarea" : "input", { id: "text", autocomplete: "off", spellcheck: false, value: card.filled || (card.draft ?? card.typed) });
    if (lines > 1) field.rows = Math.min(lines, 6);
    field.inputMode = card.keyboard; // not field.type: browsers rewrite what stands in a field for addresses
    this.untouched = (card.draft ?? null) === null && !card.filled ? field.value.trim() : null;
    field.setAttribute("aria-describedby", "ask error text-help");
    field.addEventListener("input", type);
    const offered = card.statements.length ? card.statements : card.suggestions.map((value) => ({ text: value }));
    const suggestions = offered.slice(0, 3).map((one, place) => {
      const button = this.#choice(`Alt+${place + 1}`, one.text, this.#tagsOf(card, one));
      button.addEventListener("click", () => suggest(place + 1));
      return element("li", {}, button);
    });
    $("typing").append(
      element("label", { htmlFor: "text", textContent: this.texts[card.statements.length ? "valid-label" : "text-label"] }),
      field,
      element("p", { className: "quiet", textContent: card.filled ? this.texts.filled : "", hidden: !card.filled }),
      element("p", { id: "ask", className: "ask", hidden: true }),
      ...(suggestions.length ? [element("p", { className: "quiet", textContent: this.texts[card.statements.length ? "statements" : "suggestions"] }), element("ol", { className: "choices" }, ...suggestions)] : []),
      element("p", { id: "text-help", className: "quiet", textContent: this.texts["leave-text"] }),
    );
  }

  // Who says it, or that the form bears it in print.
  #tagsOf(card, one) {
    if (one.said_by) return this.#saidBy([one.said_by]);
    return one.text && one.text === card.printed ? this.#saidBy([this.texts["printed-tag"]]) : "";
  }

  // Puts a suggestion into the text field.
  take(value) {
    $("text").value = value;
    $("text").dispatchEvent(new Event("input"));
    $("text").focus();
  }

  choose(card, chosen) {
    for (const button of $("choices").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(Boolean(chosen?.has(button.dataset.code))));
    }
    const blank = !card.text && chosen !== null && chosen.size === 0;
    $("no-answer").setAttribute("aria-pressed", String(blank));
    $("confirm").setAttribute("aria-disabled", String(!card.text && chosen === null));
  }

  // Moves the focus to where the next key is expected; it is never left on something that is gone.
  focus(card) {
    const field = card.text ? $("text") : $("item");
    field.focus({ preventScroll: true });
    if (card.text) field.select();
    scrollTo(0, 0);
  }

  // Shows the picture of the card, or says why there is none; returns whether it is there to be looked at.
  picture(card, picture, context) {
    const pane = $("pane");
    $("context").setAttribute("aria-pressed", String(context));
    $("context-label").textContent = this.texts[context ? "crop" : "context"];
    $("context").disabled = !card.context_url;
    if (picture?.ready) {
      if (pane.firstChild !== picture.image) {
        picture.image.alt = context ? card.context_alt : card.alt;
        pane.replaceChildren(picture.image);
        this.#shown = { card, context, image: picture.image };
        if (!context) $("item").dataset.shape = picture.image.naturalHeight > 0.55 * picture.image.naturalWidth ? "tall" : "wide";
        this.#size();
        pane.scrollTop = context ? card.context_focus * pane.scrollHeight - pane.clientHeight / 2 : 0;
        pane.scrollLeft = 0;
      }
      return true;
    }
    this.#shown = null;
    const text = this.texts[picture === null ? "no-crop" : picture.failed ? "crop-failed" : "loading"];
    if (pane.textContent !== text) pane.replaceChildren(element("p", { className: "quiet", textContent: text }));
    return picture === null || picture.failed;
  }

  #shown = null;

  #size() {
    if (!this.#shown) return;
    const { card, context, image } = this.#shown;
    const scale = CSS_PX_PER_MM / (context ? card.context_px_per_mm : card.crop_px_per_mm);
    const zoom = this.#zoom ?? this.#fitting(image, scale, context);
    image.style.width = `${Math.round(image.naturalWidth * scale * zoom)}px`;
    $("zoom-state").textContent = `${Math.round(zoom * 100)} %`;
    $("pane").dataset.zoom = zoom.toFixed(3);
  }

  #fitting(image, scale, context) {
    const style = getComputedStyle($("pane"));
    const wide = ($("pane").clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)) / (image.naturalWidth * scale);
    if (context) return Math.max(0.5, wide);
    const high = (innerHeight * 0.6) / (image.naturalHeight * scale);
    return Math.max(LEAST, Math.min(wide, Math.max(GOOD, high), LARGEST_AUTO));
  }

  // Larger (1) or smaller (-1); stays for the next fields, screens and visits.
  zoom(direction) {
    const now = Number($("pane").dataset.zoom) || GOOD;
    const steps = direction > 0 ? STEPS.filter((step) => step > now + 0.01) : STEPS.filter((step) => step < now - 0.01).reverse();
    if (steps.length) this.#keep(steps[0]);
  }

  // As large as fits, field by field.
  fit() {
    this.#keep(null);
  }

  #keep(zoom) {
    this.#zoom = zoom;
    this.mine.save({ zoom });
    this.#size();
  }

  notice(text) {
    $("notice").textContent = text;
    $("notice").hidden = !text;
  }

  // What was typed is refused, "" when it is not: it can be kept as it stands there.
  refused(text) {
    this.error(text);
    $("as-written").hidden = !text;
  }

  error(text) {
    $("as-written").hidden = true;
    $("error").textContent = text;
    $("error").hidden = !text;
    $("text")?.setAttribute("aria-invalid", String(Boolean(text)));
    if (text) this.announce(text);
  }

  // A question about what was typed, at the text field.
  ask(text) {
    if (!$("ask")) return this.error(text);
    $("ask").textContent = text;
    $("ask").hidden = !text;
    if (text) this.announce(text);
  }

  hurry(text) {
    $("hurry").textContent = text;
  }

  progress({ done, total, postponed, elsewhere = 0, contact = 0 }) {
    $("progress-text").textContent = fill(this.texts.progress, { done, total });
    $("progress").max = Math.max(total, 1);
    $("progress").value = done;
    const parts = { "postponed-count": postponed, "elsewhere-count": elsewhere, "contact-count": contact };
    const said = Object.entries(parts).map(([name, n]) => (n ? fill(this.texts[name], { n }) : ""));
    $("postponed").textContent = said.filter(Boolean).join(" · ");
  }

  // What a link asked for is not to be had: said with the first field that is.
  elsewhere(text) {
    this.instead = text;
  }

  // Where the value's page and its history are, for those who may see them.
  #ways(card) {
    if ($("to-page")) $("to-page").href = `/page/${encodeURIComponent(card.form)}/${card.page}?lang=${$("to-page").dataset.lang}`;
    if ($("to-page")) $("to-page").hidden = !card.page;
    if ($("to-history")) $("to-history").href = `/history/${card.id.split("/").map(encodeURIComponent).join("/")}?lang=${$("to-history").dataset.lang}`;
    if ($("ways")) $("ways").hidden = false;
  }

  // How many pages wait for somebody to say what they are.
  pages(waiting) {
    if ($("sort-count")) $("sort-count").textContent = waiting ? `(${waiting})` : "";
  }

  saved(unsaved, pending, failing) {
    $("saved").dataset.pending = pending;
    const state = unsaved === 0 ? "saved" : failing ? "failing" : "waiting";
    $("saved").dataset.state = state;
    $("saved").textContent = unsaved === 0 ? this.texts["all-saved"] : fill(this.texts[failing ? "unsaved-offline" : "unsaved"], { n: unsaved });
  }

  panel(name, values, { undo, left = "" }) {
    const had = !$("item").hidden || $("panel").dataset.name !== name;
    $("item").hidden = true;
    $("panel").hidden = false;
    $("panel").dataset.name = name;
    $("panel-title").textContent = this.texts[left ? "left-title" : `${name}-title`] ?? this.texts[name];
    $("panel-text").textContent = [left, fill(this.texts[`${name}-text`] ?? "", values)].filter(Boolean).join(" ");
    $("panel-undo").hidden = !undo;
    if (had) $("panel").focus({ preventScroll: true });
    return had;
  }

  announce(text) {
    $("live").textContent = text;
  }
}
