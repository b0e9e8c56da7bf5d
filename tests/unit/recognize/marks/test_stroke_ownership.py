"""Strokes are followed from box to box, and boxes that something hides are never read without a person."""

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import BlankPage, PageImage
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Filled
from scanform.recognize.ink.extraction import measure
from scanform.recognize.marks import features, stroke_ownership
from scanform.recognize.reader import prepare_page, read_fields
from scanform.simulate.truth import MarkStyle

PX = 300 / 25.4
PLAIN = PageMap(homography=(PX, 0, -0.5, 0, PX, -0.5, 0, 0, 1), residual_mm=0.0, tier=Tier.T0)


@pytest.fixture(scope="module")
def grid():
    """Boxes of 5 mm, 8 mm apart, in three rows of five; the picture of the page and what is known of it."""
    gray = np.full((round(A4.h * PX), round(A4.w * PX)), 255, np.uint8)
    zones = []
    for row in range(3):
        for column in range(5):
            rect = RectMm(x=40 + 8 * column, y=40 + 8 * row, w=5, h=5)
            ends = [(round(p.x * PX), round(p.y * PX)) for p in (rect.corners[0], rect.corners[2])]
            cv2.rectangle(gray, ends[0], ends[1], (0,), 4)
            zones.append(
                Zone(
                    id=f"{row}{column}",
                    question=f"{row}{column}",
                    option="1",
                    kind=ZoneKind.MARK,
                    rect=rect,
                    multiple=True,
                )
            )
    page = PageLayout(number=1, size=A4, blank="", fiducials=(), codes=(), zones=tuple(zones))
    return gray, prepare_page(page, BlankPage(gray=gray, px_per_mm_x=PX, px_per_mm_y=PX), filled=Filled.WITHDRAWN)


def described(grid, *lines):
    """Zone id -> the columns of `belonging` by name, after lines (x0, y0, x1, y1 in mm) were drawn with a pen of 0.5
    mm.
    """
    gray, prepared = grid
    seen = gray.copy()
    for x0, y0, x1, y1 in lines:
        cv2.line(seen, (round(x0 * PX), round(y0 * PX)), (round(x1 * PX), round(y1 * PX)), (40,), 6, cv2.LINE_AA)
    rows = features.describe(measure(PageImage(gray=seen), PLAIN, prepared), prepared.marks)
    first = features.NAMES.index(stroke_ownership.NAMES[0])
    return {
        zone.id: dict(zip(stroke_ownership.NAMES, row[first:].tolist(), strict=False))
        for zone, row in zip(prepared.marks.zones, rows, strict=True)
    }


def test_an_arm_belongs_to_the_box_that_holds_the_mark(grid):
    """A cross whose arm ends in the box beside it: there the ink is known as that of another box."""
    found = described(grid, (40.5, 44.5, 49.5, 41.5), (40.5, 40.5, 44.5, 44.5))
    assert found["00"]["own_share"] > 0.8
    assert found["01"]["own_share"] < 0.25
    assert found["01"]["elsewhere"] > 0.1
    assert found["01"]["loose"] == 0
    assert found["02"]["elsewhere"] == 0


def test_a_mark_between_boxes_belongs_to_none(grid):
    """A tick below a box is loose there, and in the box under it; far away nothing is."""
    found = described(grid, (41.2, 45.7, 42.2, 47.2), (42.2, 47.2, 44.2, 45.6))
    assert found["00"]["loose"] > 0.02
    assert found["10"]["loose"] > 0.02
    assert found["12"]["loose"] == 0


def test_a_line_through_boxes_is_counted(grid):
    """One line through three boxes runs through three; a cross in its box through one."""
    found = described(grid, (39, 50.4, 62, 50.9), (57, 41, 60, 44))
    assert [found[name]["crossed"] for name in ("10", "11", "12", "02")] == [3, 3, 3, 1]
    assert found["11"]["own_share"] == pytest.approx(1 / 3, abs=0.08)


def test_specks_are_counted_and_short_ones_are_not_loose(grid):
    """Dots of 0.4 mm beside a box are specks, not a mark that missed it."""
    gray, prepared = grid
    seen = gray.copy()
    for x, y in ((78.4, 41), (78.4, 43.5)):
        cv2.circle(seen, (round(x * PX), round(y * PX)), 2, (40,), -1)
    rows = features.describe(measure(PageImage(gray=seen), PLAIN, prepared), prepared.marks)
    found = {"04": dict(zip(features.NAMES, rows[4].tolist(), strict=True))}
    assert found["04"]["specks"] == 2
    assert found["04"]["loose"] == 0


@pytest.mark.parametrize(("x", "y", "radius"), [(42.5, 44.5, 3.2), (40.5, 42.5, 2.5), (42.5, 42.5, 4.5)])
def test_a_hole_over_a_box_is_seen(grid, x, y, radius):
    """A filing hole that takes away a part of a crossed box or all of it: a person has to look; the boxes beside it
    are read.
    """
    gray, prepared = grid
    seen = gray.copy()
    for zone in (0, 2):
        rect = prepared.marks.zones[zone].rect.grown(-0.8)
        cv2.line(
            seen,
            (round(rect.x * PX), round(rect.y * PX)),
            (round(rect.right * PX), round(rect.bottom * PX)),
            (40,),
            6,
            cv2.LINE_AA,
        )
    cv2.circle(seen, (round(x * PX), round(y * PX)), round(radius * PX), (255,), -1, cv2.LINE_AA)
    fields = {field.zone: field for field in read_fields(PageImage(gray=seen), PLAIN, prepared)}
    assert fields["00"].problem == "box-covered"
    assert [name for name, field in fields.items() if field.problem == "box-covered"] == ["00"]
    assert fields["02"].value == "marked"


@pytest.mark.slow
def test_pale_print_and_marks_hide_no_box(sheet):
    """Low toner, fax and a page full of marks: no box is called covered."""
    styles = {
        zone.id: style
        for zone, style in zip(sheet.page.zones, [*MarkStyle] * 9, strict=False)
        if zone.kind is ZoneKind.MARK
    }
    for profile in ("low toner", "fax", "worst"):
        scan = sheet.scan(styles, profile=profile, seed=4)
        fields = read_fields(scan.image, scan.page_map, sheet.prepared)
        assert sum(field.problem == "box-covered" for field in fields) <= 1


def test_marks_next_to_a_struck_box_go_to_a_person(grid):
    """A line through the middle box of a row: marks beside it, and the one beside these, are doubted; those of the
    other rows are not, nor empty boxes.
    """
    sheet = grid[1].marks
    names = [zone.id for zone in sheet.zones]
    struck, marked = (
        np.array([name in chosen for name in names]) for chosen in (("02",), ("00", "01", "03", "20", "23"))
    )
    found = stroke_ownership.beside_lines(sheet, marked=marked, struck=struck)
    assert [name for name, one in zip(names, found, strict=True) if one] == ["00", "01", "03"]
    assert not stroke_ownership.beside_lines(sheet, marked=marked, struck=np.zeros(len(names), bool)).any()
