// Cards for tests, as the program sends them.

/** A card of a single choice whose answer was read as "yes"; `facts` change it. */
export function card(facts = {}) {
  return {
    id: "T1/open",
    version: 1,
    basis: "",
    questionnaire: "house",
    column: "open",
    text: false,
    multiple: false,
    handwriting: false,
    choices: [choice("yes"), choice("no"), choice("now")],
    suggestions: [],
    value: "yes",
    typed: facts.value ?? "yes",
    proposal: "value",
    draft: null,
    objection: "",
    statements: [],
    filled: "",
    crop_url: "/crops/1",
    context_url: "/crops/1?context=1",
    ...facts,
  };
}

export function choice(code, facts = {}) {
  return { code, text: code.toUpperCase(), tag: "", exclusive: false, said_by: [], ...facts };
}
