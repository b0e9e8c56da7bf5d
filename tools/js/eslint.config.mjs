// What is asked of the scripts of the screens and of their tests, beside what the type checker asks.

import js from "@eslint/js";
import globals from "globals";

const house = {
  curly: ["error", "multi-line"],
  eqeqeq: "error",
  "max-len": ["error", { code: 120, ignoreUrls: true }],
  "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
  "no-implied-eval": "error",
  "no-restricted-globals": ["error", "localStorage", "sessionStorage"], // answers are personal data
  "no-restricted-properties": ["error", { property: "innerHTML" }, { property: "outerHTML" }], // no markup from data
  "no-shadow": "error",
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
};

export default [
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["review_ui/static/**/*.js", "scanform/web/static/**/*.js", "scanform/webform/static/**/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    rules: house,
  },
  {
    files: ["tests/js/**/*.mjs", "tools/js/*.mjs"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.node },
    rules: house,
  },
];
