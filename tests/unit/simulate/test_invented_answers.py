"""Answers are plausible, complete where they should be, and the expected values follow from what is drawn."""

import re
from dataclasses import replace

import numpy as np
import pytest

from scanform import rules
from scanform.model.questionnaire import Section, TextForm
from scanform.model.reading import MarkValue
from scanform.simulate.answers import Behaviour, random_truth
from scanform.simulate.hands import random_hand
from scanform.simulate.truth import FormTruth


def _truths(form, count: int = 40, **settings: float) -> list[FormTruth]:  # type: ignore[no-untyped-def]
    found = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        hand = random_hand(rng)
        found.append(random_truth(form.questionnaire, form.layout, rng, hand=hand, behaviour=Behaviour(**settings)))
    return found


def test_every_column_has_an_expected_value(form) -> None:  # type: ignore[no-untyped-def]
    """All questions and texts beside options stand in `expected`, blank ones too."""
    columns = {
        "one",
        "one__c_text",
        "many",
        "many__c_text",
        "sub",
        "sub__c_text",
        "count",
        "hours",
        "day",
        "at",
        "street",
        "remarks",
        "sign",
    }
    assert all(set(truth.expected) == columns for truth in _truths(form, 5))


def test_expected_choices_are_the_boxes_that_are_marked(form) -> None:  # type: ignore[no-untyped-def]
    """Option codes in form order, withdrawn boxes left out; only unclear questions may differ."""
    for truth in _truths(form, correct=0.3, double=0.1):
        marks = truth.pages[0].marks
        for question in ("one", "many", "sub"):
            boxes = [
                name.split(".")[1]
                for name in sorted(marks)
                if name.startswith(f"{question}.") and marks[name].value is MarkValue.MARKED
            ]
            if question not in truth.unclear:
                assert truth.expected[question] == " ".join(boxes)


def test_values_are_canonical(form) -> None:  # type: ignore[no-untyped-def]
    """Numbers within bounds, decimals with a point, ISO dates, times HH:MM; the cells hold the same."""
    for truth in _truths(form):
        expected, texts = truth.expected, truth.pages[0].texts
        assert re.fullmatch(r"|[0-9]{1,3}", expected["count"])
        assert re.fullmatch(r"|\d{1,3}(\.[1-9])?", expected["hours"])
        assert re.fullmatch(r"|20\d\d-\d\d-\d\d", expected["day"])
        assert re.fullmatch(r"|\d\d:\d\d", expected["at"])
        if expected["day"]:
            cells = "".join(texts["day"].cells)
            assert f"{cells[4:]}-{cells[2:4]}-{cells[:2]}" == expected["day"]
        if expected["count"]:
            assert "".join(texts["count"].cells) == expected["count"]


@pytest.mark.parametrize("wanted", list(TextForm))
def test_phone_numbers_and_addresses_are_some(form, wanted):
    """A question for a number gets numbers, whatever it is called, and they are canonical."""
    asked = tuple(
        replace(question, form=wanted) if question.code == "street" else question
        for question in form.questionnaire.questions()
    )
    survey = replace(form.questionnaire, sections=(Section(title=form.questionnaire.title, items=asked),))
    found = {
        random_truth(survey, form.layout, np.random.default_rng(seed), completeness=1.0).expected["street"]
        for seed in range(10)
    }
    question = survey.question("street")
    assert len(found) > 1
    assert all(rules.check(question, value) == rules.Checked(value=value) for value in found)


def test_filtered_questions_stay_blank(form) -> None:  # type: ignore[no-untyped-def]
    """A question whose condition is not met is not answered."""
    truths = _truths(form, 60, completeness=1.0)
    assert all((truth.expected["sub"] != "") == (truth.expected["one"] == "a") for truth in truths)


def test_completeness_decides_how_much_is_blank(form) -> None:  # type: ignore[no-untyped-def]
    """Nothing is blank at 1, everything at 0."""
    full, empty = (
        _truths(form, 3, completeness=1.0, writein=1.0)[0],
        _truths(form, 3, completeness=0.0, sign=0.0, near_miss=0.0)[0],
    )
    assert all(full.expected[name] for name in ("one", "many", "count", "hours", "day", "at", "street", "remarks"))
    assert not any(empty.expected.values())
    assert not empty.pages[0].marks
    assert not empty.pages[0].texts


def test_near_misses_are_empty_boxes_with_a_style(form) -> None:  # type: ignore[no-untyped-def]
    """Traces that must not count are in the truth as empty boxes."""
    styles = {
        mark.style
        for truth in _truths(form, near_miss=0.5)
        for mark in truth.pages[0].marks.values()
        if mark.value is MarkValue.EMPTY
    }
    assert len(styles) == 3


def test_equal_seeds_give_equal_truths(form) -> None:  # type: ignore[no-untyped-def]
    """The same generator state gives the same answers."""
    assert _truths(form, 3) == _truths(form, 3)
