"""The rim of a sheet is cut off, or all its markers are covered: its print says what it is, and what is left of its
codes whose it is. Never a guess.
"""

import cv2
import numpy as np
import pytest

from scanform.model.page import Fate
from scanform.model.response import Status
from scanform.store import ledger
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.reading.executors import serial

SIDES = {
    "left": (1, 0, 0, 0),
    "top": (0, 1, 0, 0),
    "right": (0, 0, 1, 0),
    "bottom": (0, 0, 0, 1),
    "all": (1, 1, 1, 1),
    "upper and right": (0, 1, 1, 0),
}


@pytest.fixture
def project(tiny_survey, tmp_path):
    with tiny_survey.project(tmp_path / "project") as found:
        yield found


def cut(gray, mm, sides):
    """The picture without so many mm of the sheet at these sides (left, top, right, bottom)."""
    px = round(mm * gray.shape[1] / 210)
    left, top, right, bottom = (px * side for side in sides)
    return np.ascontiguousarray(gray[top : gray.shape[0] - bottom, left : gray.shape[1] - right])


def covered(gray, layout, number, *, codes=True, text=True, markers=True):
    """The page with its furniture covered by grey tape."""
    gray, scale, page = gray.copy(), gray.shape[1] / 210, layout.page(number)
    areas = [area.rect for area in page.codes if (area.kind == "text" and text) or (area.kind == "qr" and codes)]
    for rect in areas + ([mark.rect for mark in page.fiducials] if markers else []):
        grown = rect.grown(1)
        gray[
            max(0, round(grown.y * scale)) : round(grown.bottom * scale),
            max(0, round(grown.x * scale)) : round(grown.right * scale),
        ] = 120
    return gray


def read(project, tmp_path, gray):
    """The one page of a scan, and its problems by slug."""
    path = tmp_path / "scan.png"
    assert cv2.imwrite(str(path), gray)
    read_batch(project, [path], serial())
    with project.store.reading() as tx:
        (page,) = ledger.pages_with_fate(tx, Fate)
    return page, {problem.slug: dict(problem.params) for problem in page.problems}


@pytest.mark.parametrize(
    ("mm", "side"),
    [(10, "all"), *(pytest.param(mm, side, marks=pytest.mark.slow) for mm in (4, 8, 12) for side in SIDES)],
)
def test_a_cut_rim_costs_no_identity(project, tiny_survey, tmp_path, mm, side):
    """Up to 12 mm at any side and all around: the right form, its answers, and nothing accepted that was cut off."""
    page, _ = read(project, tmp_path, cut(tiny_survey.sheet(2, 1, open="no", uses=["choir"]), mm, SIDES[side]))
    assert (page.fate, page.form_id, page.identity.page) == (Fate.READ, tiny_survey.form_ids[1], 1)
    (response,) = project.store.responses()
    assert (response.answer("open").value, response.answer("uses").value) == ("no", "choir")
    assert response.answer("open").status is Status.AUTO


def test_without_markers_a_code_is_enough(project, tiny_survey, tmp_path):
    """All markers covered, the codes whole: read at the place that the print proves."""
    page, _ = read(
        project, tmp_path, covered(tiny_survey.sheet(1, 1, open="no"), tiny_survey.layout, 1, codes=False, text=False)
    )
    assert (page.fate, page.form_id) == (Fate.READ, tiny_survey.form_ids[0])


def test_without_markers_and_codes_the_printed_number_is_read(project, tiny_survey, tmp_path):
    """Only the printed number is left: the form is known by it, and it is said."""
    page, problems = read(
        project, tmp_path, covered(tiny_survey.sheet(1, 1, open="no"), tiny_survey.layout, 1, text=False)
    )
    assert (page.fate, page.form_id) == (Fate.READ, tiny_survey.form_ids[0])
    assert "identity-by-text" in problems


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2])
def test_without_any_number_a_person_says_whose_it_is(project, tiny_survey, tmp_path, number):
    """Nothing says whose page it is: edition and page are proposed, the form is not guessed."""
    page, problems = read(project, tmp_path, covered(tiny_survey.sheet(1, number), tiny_survey.layout, number))
    assert (page.fate, page.form_id, page.seen_page) == (Fate.REVIEW, None, number)
    assert (problems["only-form-known"]["digest"], problems["only-form-known"]["page"]) == (
        tiny_survey.layout.digest,
        str(number),
    )
    assert project.store.responses() == []


@pytest.mark.slow
@pytest.mark.parametrize("scale", [0.93, 0.97])
@pytest.mark.parametrize("mm", [0, 8, 11])
def test_copies_on_letter_paper(project, tiny_survey, tmp_path, scale, mm):
    """A4 copied smaller onto letter paper, with and without its rim."""
    gray = tiny_survey.sheet(1, 1, open="no")
    small = cv2.resize(cut(gray, mm, SIDES["all"]), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    px = gray.shape[1] / 210
    paper = np.full((round(279.4 * px), round(215.9 * px)), 246, np.uint8)
    top, left = (paper.shape[0] - small.shape[0]) // 2, (paper.shape[1] - small.shape[1]) // 2
    top, rows = max(0, top), min(paper.shape[0], small.shape[0])
    paper[top : top + rows, left : left + small.shape[1]] = small[:rows]
    page, _ = read(project, tmp_path, paper)
    assert (page.fate, page.form_id) == (Fate.READ, tiny_survey.form_ids[0])


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["half", "other"])
def test_codes_that_are_damaged_are_read_right_or_not(project, tiny_survey, tmp_path, damage):
    """Half of each code covered, or the code of another form pasted over one: the right form or none."""
    gray, scale = tiny_survey.sheet(1, 1, open="no"), tiny_survey.pages[0].shape[1] / 210
    gray = covered(gray, tiny_survey.layout, 1, codes=False)
    other = tiny_survey.sheet(2, 1)
    for place, area in enumerate(area for area in tiny_survey.layout.page(1).codes if area.kind == "qr"):
        x, y, right, bottom = (
            round(edge * scale) for edge in (area.rect.x, area.rect.y, area.rect.right, area.rect.bottom)
        )
        if damage == "half":
            gray[y : (y + bottom) // 2, x:right] = 120
        elif place == 0:
            gray[y:bottom, x:right] = other[y:bottom, x:right]
    page, _ = read(project, tmp_path, gray)
    assert page.form_id in (None, tiny_survey.form_ids[0])
    assert (page.fate is Fate.REVIEW) == (page.form_id is None)
