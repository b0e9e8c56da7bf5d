// Texts with places to fill in, as scanform/i18n/texts.py fills them. Pure functions.

/** @import { Values } from "./types.js" */

const CATEGORIES = ["zero", "one", "two", "few", "many", "other"];

/**
 * Fills in `{name}`, and `{pages:page|pages}` as a number with its word in the plural form of the language.
 *
 * @param {string} template
 * @param {Values} values
 * @param {string} language
 */
export function filled(template, values, language) {
  return template.replace(/\{(\w+)(?::([^{}]*\|[^{}]*))?\}/g, (all, name, forms) => {
    if (!(name in values)) return all;
    return forms === undefined ? String(values[name]) : counted(values[name], forms.split("|"), language);
  });
}

/**
 * @param {string | number} number
 * @param {string[]} forms
 * @param {string} language
 */
function counted(number, forms, language) {
  const rules = new Intl.PluralRules(language);
  const known = CATEGORIES.filter((name) => rules.resolvedOptions().pluralCategories.some((each) => each === name));
  const word = forms[known.indexOf(rules.select(Number(number)))] ?? forms.at(-1);
  return `${new Intl.NumberFormat(language).format(Number(number))} ${word}`;
}
