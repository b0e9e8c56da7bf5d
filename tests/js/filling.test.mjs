import assert from "node:assert/strict";
import { test } from "node:test";

import { filled } from "../../review_ui/static/lib/filling.js";

test("a name is filled in, and one that nobody gives stays", () => {
  assert.equal(filled("{who} on {page}, {other}", { who: "Ada", page: 3 }, "en"), "Ada on 3, {other}");
});

test("a value of nought or no text is filled in like any other", () => {
  assert.equal(filled("{n}|{text}|", { n: 0, text: "" }, "en"), "0||");
});

test("a number takes the word of its plural form, and is grouped as the language does", () => {
  const pages = (n, language) => filled("{n:page|pages}", { n }, language);
  assert.equal(pages(1, "en"), "1 page");
  assert.equal(pages(0, "en"), "0 pages");
  assert.equal(pages(12345, "en"), "12,345 pages");
  assert.equal(filled("{n:Seite|Seiten}", { n: 12345 }, "de"), "12.345 Seiten");
});

test("a language of more forms takes the right one, and the last where one is missing", () => {
  const forms = "{n:strona|strony|stron|strony}";
  assert.deepEqual([1, 3, 7].map((n) => filled(forms, { n }, "pl")), ["1 strona", "3 strony", "7 stron"]);
  assert.equal(filled("{n:strona|strony}", { n: 7 }, "pl"), "7 strony");
});

test("what is filled in is not filled in once more", () => {
  assert.equal(filled("{one} {two}", { one: "{two}", two: "{one}" }, "en"), "{two} {one}");
});
