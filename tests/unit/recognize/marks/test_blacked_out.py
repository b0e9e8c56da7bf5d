"""A box or a circle that was blacked out is a mark taken back: never accepted as a mark, alone or beside a cross."""

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import BlankPage
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Filled
from scanform.recognize.reader import prepare_page, read_fields
from scanform.simulate.hands import random_hand
from scanform.simulate.marks import mark_strokes
from scanform.simulate.pens import Stroke, draw_strokes
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page
from scanform.simulate.truth import MarkStyle

PX = 300 / 25.4


def circles():
    """A page of 60 printed circles, five to a question; every third question is a multiple choice."""
    gray = np.full((round(A4.h * PX), round(A4.w * PX)), 255, np.uint8)
    zones = []
    for row in range(12):
        for column in range(5):
            rect = RectMm(x=25 + 30 * column, y=30 + 18 * row, w=5, h=5)
            zones.append(
                Zone(
                    id=f"r{row}-o{column}",
                    question=f"r{row}",
                    option=f"o{column}",
                    kind=ZoneKind.MARK,
                    rect=rect,
                    multiple=row % 3 == 0,
                )
            )
            cv2.circle(
                gray,
                (round(rect.centre.x * PX * 16), round(rect.centre.y * PX * 16)),
                round(2.4 * PX * 16),
                (0,),
                4,
                cv2.LINE_AA,
                4,
            )
    return PageLayout(number=1, size=A4, blank="page-1.png", fiducials=(), codes=(), zones=tuple(zones)), gray


def blacked_out(box, rng):
    """A pen that goes round and round until nothing of the paper is left."""
    t = np.linspace(0, 1, 200)
    radius, angle = 2.2 * np.sqrt(t), t * 2 * np.pi * rng.uniform(7, 10)
    points = np.column_stack(
        [
            box.centre.x + rng.normal(0, 0.15) + radius * np.cos(angle),
            box.centre.y + rng.normal(0, 0.15) + radius * np.sin(angle),
        ]
    )
    return [Stroke(points_mm=points, pressure=np.full(200, 0.6))]


def read(profile, seed, filled):
    """Fields of a page with a blacked-out circle and a cross beside it in every question."""
    page, gray = circles()
    rng = np.random.default_rng([seed, 31])
    hand, ink = random_hand(rng), np.full(gray.shape, 255, np.uint8)
    for zone in page.zones:
        strokes = (
            blacked_out(zone.rect, rng)
            if zone.option == "o1"
            else mark_strokes(MarkStyle.CROSS, zone.rect, hand, rng)
            if zone.option == "o3"
            else []
        )
        draw_strokes(ink, strokes, hand.pen, px_per_mm=PX, rng=rng)
    scan = scan_page(gray, PROFILES[profile], rng, ink=ink)
    prepared = prepare_page(page, BlankPage(gray=gray, px_per_mm_x=PX, px_per_mm_y=PX), filled=filled)
    return {field.zone: field for field in read_fields(scan.image, scan.page_map, prepared)}


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("profile", ["good scanner", "office copier", "150 dpi"])
def test_a_blacked_out_circle_beside_a_cross_is_never_accepted_as_a_mark(profile, seed):
    """Single and multiple choice, any pen: the blacked-out circle goes to a person, unless it was read as filled."""
    fields = read(profile, seed, Filled.WITHDRAWN)
    silent = [
        name
        for name, field in fields.items()
        if name.endswith("o1") and field.value != "filled" and field.problem is None and field.confidence >= 0.98
    ]
    assert silent == []


def test_crosses_are_not_called_dense():
    """The rule costs ordinary crosses nothing."""
    fields = read("good scanner", 4, Filled.WITHDRAWN)
    assert sum(field.problem == "maybe-filled" for name, field in fields.items() if name.endswith("o3")) == 0


def test_where_boxes_are_filled_nothing_is_taken_back():
    """On forms that are filled a blacked-out circle is a mark."""
    fields = read("good scanner", 1, Filled.MARK)
    assert {field.problem for field in fields.values()} & {"maybe-filled"} == set()
