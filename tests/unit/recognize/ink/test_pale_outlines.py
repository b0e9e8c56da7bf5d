"""Bubbles printed in pale grey, or not printed at all: what is expected there is known as print, only a hand's ink
remains.
"""

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import BlankPage, PageImage
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Filled
from scanform.recognize.ink.extraction import measure
from scanform.recognize.reader import prepare_page

PX = 300 / 25.4
PLAIN = PageMap(homography=(PX, 0, -0.5, 0, PX, -0.5, 0, 0, 1), residual_mm=0.0, tier=Tier.T0)
FILLED = ("1-2", "4-0")


def printed(outline: int | None, letter: int | None) -> tuple[PageLayout, np.ndarray]:
    """Bubbles of 3.6 mm in rows of four, drawn in the grey `outline`, each with a letter in the grey `letter`."""
    gray = np.full((round(A4.h * PX), round(A4.w * PX)), 255, np.uint8)
    zones = []
    for row in range(6):
        for column in range(4):
            rect = RectMm(x=40 + 7 * column, y=40 + 7 * row, w=3.6, h=3.6)
            middle = (round(rect.centre.x * PX), round(rect.centre.y * PX))
            if outline is not None:
                cv2.circle(gray, middle, round(1.7 * PX), (outline,), 3, cv2.LINE_AA)
            if letter is not None:
                cv2.putText(
                    gray,
                    "ABCD"[column],
                    (middle[0] - 9, middle[1] + 9),
                    cv2.FONT_HERSHEY_SIMPLEX,
                    0.8,
                    (letter,),
                    2,
                    cv2.LINE_AA,
                )
            zones.append(
                Zone(id=f"{row}-{column}", question=f"{row}", option=f"{column}", kind=ZoneKind.MARK, rect=rect)
            )
    return PageLayout(number=1, size=A4, blank="", fiducials=(), codes=(), zones=tuple(zones)), gray


@pytest.mark.parametrize(
    ("outline", "letter"), [(0, None), (120, 120), (165, None), (190, 190), (None, 60), (None, None)]
)
@pytest.mark.parametrize("blur", [0.6, 2.0])
@pytest.mark.fast_cases(4)
def test_print_is_no_ink_whatever_its_grey(outline, letter, blur):
    """Empty bubbles hold no ink, filled ones do; the toner is that of the blank page."""
    page, gray = printed(outline, letter)
    prepared = prepare_page(page, BlankPage(gray=gray, px_per_mm_x=PX, px_per_mm_y=PX), filled=Filled.MARK)
    seen = gray.copy()
    for zone in page.zones:
        if zone.id in FILLED:
            cv2.circle(
                seen,
                (round(zone.rect.centre.x * PX), round(zone.rect.centre.y * PX)),
                round(1.5 * PX),
                (60,),
                -1,
                cv2.LINE_AA,
            )
    ink = measure(
        PageImage(gray=np.asarray(cv2.GaussianBlur(seen, (0, 0), blur), dtype=np.uint8)), PLAIN, prepared
    ).marks
    inked = {
        page.zones[number].id
        for number, there in zip(
            ink.windows, (ink.ink & (prepared.marks.inside_mm[ink.windows] > 0)).any(axis=(1, 2)), strict=True
        )
        if there
    }
    assert inked == set(FILLED)
    assert np.all(ink.toner > 0.7)
    assert float(np.median(ink.fit)) > 0.9
    assert float(np.median(ink.frame)) > 0.7


@pytest.mark.parametrize("outline", [0, 120, 165, 190])
def test_what_hides_a_pale_bubble_is_seen(outline):
    """A label over half a bubble is known by the piece of the outline that is missing, in grey as in black."""
    page, gray = printed(outline, None)
    prepared = prepare_page(page, BlankPage(gray=gray, px_per_mm_x=PX, px_per_mm_y=PX), filled=Filled.MARK)
    seen, hidden = gray.copy(), page.zones[9].rect
    seen[
        round(hidden.y * PX) - 9 : round(hidden.bottom * PX) + 9,
        round(hidden.centre.x * PX) : round(hidden.right * PX) + 9,
    ] = 255
    ink = measure(
        PageImage(gray=np.asarray(cv2.GaussianBlur(seen, (0, 0), 1.0), dtype=np.uint8)), PLAIN, prepared
    ).marks
    assert ink.frame[9] < 0.4
    assert np.delete(ink.frame, 9).min() > 0.7
    assert ink.fit[9] < 0.75


def test_thin_black_lines_are_print():
    """In black and white the outlines came out thinner than on the blank page: still black, and no ink."""
    page, gray = printed(0, None)
    prepared = prepare_page(page, BlankPage(gray=gray, px_per_mm_x=PX, px_per_mm_y=PX), filled=Filled.MARK)
    seen = np.full_like(gray, 255)
    for zone in page.zones:
        middle = (round(zone.rect.centre.x * PX), round(zone.rect.centre.y * PX))
        cv2.circle(seen, middle, round(1.7 * PX), (0,), 1)
        if zone.id in FILLED:
            cv2.circle(seen, middle, round(1.4 * PX), (0,), -1)
    ink = measure(PageImage(gray=seen), PLAIN, prepared).marks
    assert float(np.median(ink.toner)) < 0.8
    assert {page.zones[number].id for number in ink.windows} == set(FILLED)
