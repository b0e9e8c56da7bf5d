"""Any history of exports, withdrawals and decisions comes to what a few lines of plain rules say, and nothing that
was known is lost on the way.
"""

import csv
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from scanform.model.review import Decision, DecisionKind
from scanform.workflow.dataset.import_digital import import_digital
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.review.cases import effective_responses
from scanform.workflow.settling.withdraw import restore, restore_response, withdraw, withdraw_response

YAML = """
code: tiny
version: "1"
languages: en
title: Tiny
sections:
  - title: All
    questions:
      - question: a
        type: single
        text: A
        options: {x: X, y: Y, z: Z}
      - question: b
        type: multiple
        text: B
        options: {p: P, q: Q}
"""
SURVEYS, IDS, TIMES = ("first", "second"), ("1", "2"), 4
ALL = frozenset({"a", "p", "q"})
TICKS = ("", "Y")
ANSWERS = st.fixed_dictionaries(
    {"a": st.sampled_from(["", "x", "y", "z"]), "p": st.sampled_from(TICKS), "q": st.sampled_from(TICKS)}
)


class Histories(RuleBasedStateMachine):
    """What each survey held at each of a few moments is drawn first; exports are of any moment, with any columns and
    rows.
    """

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="histories-"))
        source = self.folder / "tiny.yaml"
        source.write_text(YAML, encoding="utf-8")
        init_project(self.folder / "project", questionnaire=source, language="en").close()
        self.project = open_project(self.folder / "project")
        self.imports, self.decided, self.out = [], [], set()

    def teardown(self):
        self.project.close()
        shutil.rmtree(self.folder)

    @initialize(truth=st.lists(ANSWERS, min_size=16, max_size=16))
    def hold(self, truth):
        """The answers of each response at each moment."""
        keys = [(survey, number, time) for survey in SURVEYS for number in IDS for time in range(TIMES)]
        self.truth = dict(zip(keys, truth, strict=True))

    @rule(
        survey=st.sampled_from(SURVEYS),
        time=st.integers(0, TIMES - 1),
        columns=st.sets(st.sampled_from(sorted(ALL)), min_size=1),
        ids=st.sets(st.sampled_from(IDS), min_size=1),
        odd=st.booleans(),
    )
    def register_file(self, survey, time, columns, ids, odd):
        """Import an export; a second time it changes nothing."""
        path = self.folder / "export.csv"
        headings = {"a": "a", "p": "b[p]", "q": "b[q]"}
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, quoting=csv.QUOTE_ALL)
            out.writerow(
                [
                    "id",
                    "token",
                    "startdate",
                    "datestamp",
                    "submitdate",
                    *(headings[column] for column in sorted(columns)),
                ]
            )
            for number in sorted(ids):
                moment = f"2026-01-1{time} 10:00:00"
                row = self.truth[survey, number, time]
                out.writerow(
                    [
                        number + ".0" * odd,
                        f"{survey}{number}",
                        "2026-01-01 09:00:00",
                        moment,
                        moment,
                        *(row[column] for column in sorted(columns)),
                    ]
                )
        known = any(one["survey"] == survey and one["ids"] & ids for one in self.imports)  # else nothing says which
        found = import_digital(self.project, path, survey=None if known else survey)
        assert (found.survey, found.refused) == (survey, ())
        if found.batch is not None:
            assert found.batch == len(self.imports) + 1
            self.imports.append({"survey": survey, "time": time, "columns": columns, "ids": ids, "counts": True})
        again = import_digital(self.project, path)
        assert (again.batch, again.new, again.changed) == (None, (), ())

    @precondition(lambda self: self.imports)
    @rule(data=st.data())
    def turn_batch(self, data):
        """Withdraw an import, or bring it back."""
        number = data.draw(st.integers(1, len(self.imports)))
        one = self.imports[number - 1]
        (withdraw if one["counts"] else restore)(self.project, number)
        one["counts"] = not one["counts"]

    @precondition(lambda self: self.imports)
    @rule(data=st.data())
    def turn_response(self, data):
        """Take one response out, or bring it back."""
        one = data.draw(st.sampled_from(self.imports))
        name = self.name(one["survey"], data.draw(st.sampled_from(sorted(one["ids"]))))
        if name in self.out:
            restore_response(self.project, name, reason="", reviewer="sue")
        else:
            withdraw_response(self.project, name, reason="asked for", reviewer="sue")
        self.out ^= {name}

    @precondition(lambda self: self.expected())
    @rule(data=st.data(), value=st.sampled_from(["x", "y", "z"]))
    def decide(self, data, value):
        """Somebody decides about the first question of a response as it stands."""
        name = data.draw(st.sampled_from(sorted(self.expected())))
        seen = self.expected()[name]["a"]
        made = Decision(
            uuid=f"u{len(self.decided)}",
            item=f"{name}/a",
            version=self.project.store.versions(name)["a"],
            reviewer="sue",
            kind=DecisionKind.CORRECT,
            from_value="",
            to_value=value,
            at="2026-02-01T10:00:00+00:00",
        )
        self.project.store.add_decision(made)
        self.decided.append((name, seen, value))

    def name(self, survey, number):
        """The id of a response: the survey that came first has no name in it."""
        first = self.imports[0]["survey"] == survey
        return f"online-{number}" if first else f"online-{survey}-{number}"

    def expected(self):
        """Response -> column -> value as said at the latest moment by the imports that count; None where none of
        them had the column.
        """
        found = {}
        for one in sorted((one for one in self.imports if one["counts"]), key=lambda one: one["time"]):
            for number in one["ids"]:
                row = self.truth[one["survey"], number, one["time"]]
                found.setdefault(self.name(one["survey"], number), dict.fromkeys(ALL)).update(
                    {column: row[column] for column in one["columns"]}
                )
        return {name: values for name, values in found.items() if name not in self.out}

    @invariant()
    def values_are_those_of_the_rules(self):
        """Values, ticks and decisions of every response."""
        expected = self.expected()
        stored = {response.id: response for response in effective_responses(self.project)}
        assert set(stored) == set(expected)
        for name, values in expected.items():
            made = [(seen, value) for one, seen, value in self.decided if one == name]
            holding = [value for seen, value in made if seen == values["a"]]
            answer = stored[name].answer("a")
            assert answer.value == (holding[-1] if holding else values["a"] or "")
            waits = bool(made) and not holding and made[-1][1] != answer.value
            assert (answer.status.value == "review") is waits
            assert set(stored[name].answer("b").value.split()) == {option for option in ("p", "q") if values[option]}


@pytest.mark.slow
def test_any_history_comes_to_what_the_rules_say():
    """Two surveys with the same numbers, exports of any moment with any columns and rows, withdrawals and decisions
    in any order.
    """
    Histories.TestCase.settings = settings(
        max_examples=15,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    Histories.TestCase("runTest").runTest()
