"""Zones of blank forms that were printed elsewhere: boxes, bubbles, cells, places to write, and which boxes make a
question.
"""

import cv2
import numpy as np
import pytest

from bench.foreign import clinic_form, club_form, quiz_form
from bench.zones import Case, judged, scanned
from scanform.discover.find_zones import find_page, zones_of
from scanform.discover.skew import skew_deg
from scanform.model.layout import ZoneKind
from scanform.scan.load import rasterize
from scanform.workflow.foreign_forms.blank_pages import BlankPicture

PX_PER_MM = 300 / 25.4


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    """The drawn forms with their pages at 300 dpi."""
    folder = tmp_path_factory.mktemp("forms")
    drawn = [make(folder) for make in (club_form, quiz_form, clinic_form)]
    return {form.layout.questionnaire: (form, list(rasterize(form.pdf, dpi=300))) for form in drawn}


def case(forms, code, number, profile=None):
    """A page of a drawn form, as drawn or as a scan of the blank sheet."""
    form, pages = forms[code]
    page = form.layout.page(number)
    if profile:
        return Case(name=code, picture=scanned(pages[number - 1], page, profile), zones=page.zones)
    return Case(
        name=code, picture=BlankPicture(gray=pages[number - 1], size=page.size, name="", exact=True), zones=page.zones
    )


@pytest.mark.slow
@pytest.mark.parametrize(("code", "number"), [("club", 1), ("club", 2), ("quiz", 1), ("clinic", 1)])
def test_everything_on_a_drawn_form_is_found(forms, code, number):
    """Boxes, letters in boxes, bubbles with letters, boxes in table cells, combs, solid and dotted lines, frames:
    all, and nothing else.
    """
    score = judged(case(forms, code, number))
    for true, found, proposed in (score.boxes, score.cells, score.areas):
        assert found == true
        assert proposed == true
    assert score.whole[0] == score.whole[1]


@pytest.mark.slow
def test_a_scan_of_the_blank_is_good_enough(forms):
    """150 dpi, grey, noisy, a little crooked: the boxes are found, and few that are none."""
    true, found, proposed = judged(case(forms, "club", 1, "150 dpi")).boxes
    assert found == true
    assert proposed <= true + 3


def test_codes_are_valid_and_zones_do_not_overlap(forms):
    """Ids are unique over all pages, questions are numbered in reading order, no two zones share paper."""
    _, pages = forms["club"]
    found = zones_of([find_page(gray, PX_PER_MM) for gray in pages])
    zones = [zone for page in found for zone in page]
    assert len({zone.id for zone in zones}) == len(zones)
    assert zones[0].question == "q1"
    for page in found:
        for at, one in enumerate(page):
            assert not any(one.rect.overlaps(other.rect) for other in page[at + 1 :])
    assert {zone.kind for zone in zones} == {ZoneKind.MARK, ZoneKind.COMB, ZoneKind.HANDWRITING}


def test_rows_of_a_matrix_share_their_group(forms):
    """Four rows of four boxes with equal columns are a matrix of four questions."""
    _, pages = forms["club"]
    zones = zones_of([find_page(pages[0], PX_PER_MM)])[0]
    rows = {zone.question for zone in zones if zone.group}
    assert len(rows) == 4
    assert all(sum(zone.question == row for zone in zones) == 4 for row in rows)


def test_a_line_beside_an_answer_is_text_for_that_answer():
    """A box with its label and a line behind it: the line belongs to the box."""
    gray = np.full((3508, 2481), 255, np.uint8)
    for row in range(3):
        cv2.rectangle(gray, (300, 400 + 90 * row), (347, 447 + 90 * row), 0, 3)
        cv2.putText(gray, "Other place", (380, 440 + 90 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 3)
    cv2.line(gray, (700, 640), (1700, 640), 0, 3)
    zones = zones_of([find_page(gray, PX_PER_MM)])[0]
    assert [(zone.question, zone.option, zone.kind.value) for zone in zones] == [
        ("q1", "1", "mark"), ("q1", "2", "mark"), ("q1", "3", "mark"), ("q1", "3", "handwriting"),
    ]  # fmt: skip


def test_words_are_no_boxes():
    """A page of large print, many round letters: nothing to tick."""
    gray = np.full((3508, 2481), 255, np.uint8)
    for row in range(20):
        cv2.putText(
            gray,
            "Oolong goes down good, QUOTED by BOOKOO 0080",
            (150, 300 + 150 * row),
            cv2.FONT_HERSHEY_SIMPLEX,
            2.4,
            0,
            5,
            cv2.LINE_AA,
        )
    assert zones_of([find_page(gray, PX_PER_MM)])[0] == ()


@pytest.mark.parametrize("turn", [-2.4, -0.3, 0.0, 0.5, 3.1])
def test_skew_is_measured(forms, turn):
    """The turn of a scan, to a twentieth of a degree; a straight page is left alone."""
    gray = forms["club"][1][0]
    middle = (gray.shape[1] / 2, gray.shape[0] / 2)
    turned = cv2.warpAffine(
        gray, cv2.getRotationMatrix2D(middle, -turn, 1.0), (gray.shape[1], gray.shape[0]), borderValue=255
    )
    assert skew_deg(turned, PX_PER_MM) == pytest.approx(turn, abs=0.05)
