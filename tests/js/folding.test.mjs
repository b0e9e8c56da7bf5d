import assert from "node:assert/strict";
import { test } from "node:test";

import { beginning, completion, folded, offered } from "../../scanform/web/static/folding.js";

const TOWNS = ["Ängelholm", "Angers", "Dortmund", "Lünen", "Los Ángeles"];

test("case, accents and spaces around do not count", () => {
  assert.equal(folded("  ÉCOLE Straße "), "ecole straße");
});

test("what begins like the text is found without its accents", () => {
  assert.deepEqual(beginning(TOWNS, "ang"), ["Ängelholm", "Angers"]);
  assert.deepEqual(beginning(TOWNS, "LUN"), ["Lünen"]);
  assert.deepEqual(beginning(TOWNS, ""), TOWNS);
});

test("what begins like the text comes before what holds it, nothing twice", () => {
  assert.deepEqual(offered(TOWNS, "ang", beginning(TOWNS, "ang")), ["Ängelholm", "Angers", "Los Ángeles"]);
});

test("an empty text offers only what it is given, and never more than eight", () => {
  const many = Array.from({ length: 30 }, (_, number) => `value ${number}`);
  assert.deepEqual(offered(TOWNS, " ", []), []);
  assert.equal(offered(many, "value", beginning(many, "value")).length, 8);
});

test("only a single value that says more than two characters completes the text", () => {
  assert.equal(completion("do", ["Dortmund"]), "Dortmund");
  assert.equal(completion("d", ["Dortmund"]), "");
  assert.equal(completion("an", ["Ängelholm", "Angers"]), "");
  assert.equal(completion("dortmund ", ["Dortmund"]), "");
  assert.equal(completion("xy", []), "");
});
