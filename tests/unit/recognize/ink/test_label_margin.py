"""Writing beside the boxes of a question without a mark."""

import numpy as np
import pytest

from bench.marks.deck import sheets
from scanform.model.reading import MarkValue
from scanform.recognize.ink.label_margin import PROBLEM
from scanform.recognize.reader import read_fields
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import random_hand
from scanform.simulate.pens import Stroke
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page
from scanform.simulate.truth import MarkStyle, MarkTruth, PageTruth


def read(marks: dict[str, MarkStyle], *, circled: str | None, seed: int = 3) -> dict[str, str | None]:
    """Problems by box on page 2 of the questionnaire, with a circle around the label of one option."""
    sheet = next(sheet for sheet in sheets() if sheet.name == "page 2")
    rng = np.random.default_rng(seed)
    hand = random_hand(rng, pen="ballpoint blue")
    lines = []
    if circled:
        rect = next(zone.rect for zone in sheet.page.zones if zone.id == circled)
        angle = np.linspace(0, 6.5, 40)
        path = np.column_stack([rect.right + 12 + 9 * np.cos(angle), rect.centre.y + 3 * np.sin(angle)])
        lines = [Stroke(points_mm=path, pressure=np.full(40, 0.5))]
    truth = PageTruth(
        number=2, marks={name: MarkTruth(value=MarkValue.MARKED, style=style) for name, style in marks.items()}
    )
    ink = draw_ink(sheet.printed.shape[:2], sheet.page, truth, hand=hand, rng=rng, lines=lines)
    scan = scan_page(sheet.printed, PROFILES["good scanner"], rng, ink=ink)
    return {field.zone: field.problem for field in read_fields(scan.image, scan.page_map, sheet.prepared)}


def first_question() -> tuple[str, str]:
    """The first two boxes of the first question on the page whose labels have room."""
    sheet = next(sheet for sheet in sheets() if sheet.name == "page 2")
    zones, questions = sheet.prepared.strips.zones, sheet.prepared.strips.questions
    for number in range(len(zones) - 1):
        if questions[number] == questions[number + 1]:
            return zones[number], zones[number + 1]
    raise AssertionError("no question with two labelled boxes")


@pytest.mark.slow
def test_a_circled_label_of_an_unanswered_question_is_seen() -> None:
    circled, _ = first_question()
    assert read({}, circled=circled)[circled] == PROBLEM


@pytest.mark.slow
def test_nothing_is_seen_beside_boxes_of_an_untouched_page() -> None:
    assert PROBLEM not in read({}, circled=None).values()


def test_answered_questions_are_not_looked_at() -> None:
    circled, ticked = first_question()
    assert read({ticked: MarkStyle.CROSS}, circled=circled)[circled] != PROBLEM
