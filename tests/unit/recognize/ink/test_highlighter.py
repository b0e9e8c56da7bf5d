"""Highlighter swipes: whatever is under one goes to a person, and ordinary scans pay little for it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from bench.marks.deck import sheets
from scanform.imaging.page_image import BlankPage, PageImage
from scanform.model.geometry import PointMm
from scanform.recognize.ink.extraction import measure
from scanform.recognize.ink.label_margin import HIGHLIGHTED
from scanform.recognize.ink.paper_level import level_around
from scanform.recognize.marks.reasons import page_reasons, reason_text
from scanform.recognize.reader import prepare_page, read_fields
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import random_hand
from scanform.simulate.highlighter import HIGHLIGHTERS, draw_swipe
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page
from scanform.simulate.truth import MarkStyle, MarkTruth, PageTruth

SURE = 0.98
SWIPES = {
    "row": (-2.0, 0.0, 35.0, 0.0, 4.5),
    "box": (-1.5, 0.0, 1.5, 0.0, 5.0),
    "column": (2.5, -5.0, -2.5, 12.0, 5.0),
    "broad": (-8.0, 0.0, 40.0, 0.0, 11.0),
    "upper half": (-2.0, -2.2, 20.0, -2.2, 4.5),
}
"""Where a swipe begins and ends, mm from the middle of the left and of the right edge of the box, and how broad it
is.
"""


def swipe(ink, zone, shape, light, rng, scale):
    left, down, right, down_end, width = SWIPES[shape]
    start = PointMm(x=zone.rect.x + left, y=zone.rect.centre.y + down)
    end = PointMm(x=zone.rect.right + right, y=zone.rect.centre.y + down_end)
    draw_swipe(ink, start, end, width_mm=width, light=light, px_per_mm=scale, rng=rng)


def scanned(page, swipes, marks=None, *, profile="office copier", seed=1, strength=1.0):
    """A page of the questionnaire with {zone: (shape, colour)} and {zone: style}; the sheet and the scan."""
    sheet = next(one for one in sheets() if one.name == page)
    rng = np.random.default_rng([seed, 12])
    truth = PageTruth(
        number=sheet.page.number,
        marks={name: MarkTruth(value="marked", style=style) for name, style in (marks or {}).items()},
    )
    ink = draw_ink(sheet.printed.shape, sheet.page, truth, hand=random_hand(rng, pen="ballpoint blue"), rng=rng)
    zones = {zone.id: zone for zone in sheet.page.zones}
    for name, (shape, colour) in swipes.items():
        swipe(
            ink,
            zones[name],
            shape,
            HIGHLIGHTERS[colour].light(strength=strength),
            rng,
            sheet.printed.shape[1] / sheet.page.size.w,
        )
    return sheet, scan_page(sheet.printed, PROFILES[profile], rng, ink=ink)


def read(sheet, scan):
    return {field.zone: field for field in read_fields(scan.image, scan.page_map, sheet.prepared)}


def spread(sheet, every=9):
    """Boxes far enough from each other for the swipes not to meet."""
    return [zone.id for zone in sheet.page.zones[4::every]]


def accepted(fields, names):
    return [
        (name, fields[name].value) for name in names if fields[name].problem is None and fields[name].confidence >= SURE
    ]


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("shape", SWIPES)
@pytest.mark.parametrize("profile", ["good scanner", "150 dpi"])
def test_nothing_under_a_highlighter_is_accepted(shape, profile):
    """Boxes without a cross under a swipe of any colour go to a person, wherever the swipe lies on them."""
    sheet = next(one for one in sheets() if one.name == "page 2")
    names = spread(sheet)
    colours = list(HIGHLIGHTERS)
    swipes = {name: (shape, colours[number % len(colours)]) for number, name in enumerate(names)}
    sheet, scan = scanned("page 2", swipes, profile=profile, seed=len(shape))
    assert accepted(read(sheet, scan), names) == []


def test_a_cross_under_a_highlighter_goes_to_a_person():
    """Highlighted and crossed: is it the answer, or the question that somebody stressed? The values are not guessed."""
    sheet = next(one for one in sheets() if one.name == "page 2")
    names = spread(sheet, 12)
    sheet, scan = scanned(
        "page 2", dict.fromkeys(names, ("row", "yellow")), dict.fromkeys(names, MarkStyle.CROSS), seed=6
    )
    fields = read(sheet, scan)
    assert {fields[name].problem for name in names} == {HIGHLIGHTED}
    assert all(fields[name].value == "marked" for name in names)


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize("colour", HIGHLIGHTERS)
def test_a_matrix_row_under_a_broad_swipe_goes_to_a_person(colour):
    """All boxes of two rows that lie next to each other are highlighted: the rows around them tell."""
    sheet = next(one for one in sheets() if one.name == "deck 1")
    names = [zone.id for zone in sheet.page.zones if zone.id.startswith(("r12c", "r13c"))]
    sheet, scan = scanned("deck 1", dict.fromkeys(names[::4], ("broad", colour)), seed=4)
    assert accepted(read(sheet, scan), names) == []


def test_a_highlighted_label_of_an_unanswered_question_is_seen():
    """The text is highlighted and no box of the question is crossed: that may be the answer; labels that are not
    highlighted say nothing.
    """
    sheet = next(one for one in sheets() if one.name == "page 2")
    zones = {zone.id: zone for zone in sheet.page.zones}
    names = list(sheet.prepared.strips.zones)[:9:4]
    names, answered = names[:2], sheet.page.zones[-1].id
    rng = np.random.default_rng(2)
    truth = PageTruth(number=2, marks={answered: MarkTruth(value="marked", style=MarkStyle.CROSS)})
    ink = draw_ink(sheet.printed.shape, sheet.page, truth, hand=random_hand(rng, pen="gel"), rng=rng)
    for name in names:
        rect = zones[name].rect
        start, end = PointMm(x=rect.right + 4, y=rect.centre.y), PointMm(x=rect.right + 24, y=rect.centre.y)
        draw_swipe(
            ink,
            start,
            end,
            width_mm=5,
            light=HIGHLIGHTERS["green"].light(),
            px_per_mm=sheet.printed.shape[1] / 210,
            rng=rng,
        )
    fields = read(sheet, scan_page(sheet.printed, PROFILES["good scanner"], rng, ink=ink))
    assert {fields[name].problem for name in names} == {HIGHLIGHTED}
    assert sum(field.problem == HIGHLIGHTED for field in fields.values()) == len(names)


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("profile", ["good scanner", "office copier", "stained", "folded", "photo", "worst", "fax"])
def test_ordinary_scans_pay_little(profile):
    """At most 2 in 100 boxes of unmarked pages are called highlighted: recycled paper, folds, stains, light that
    falls off, dots instead of grey.
    """
    called = []
    for seed in (1, 2):
        sheet, scan = scanned("page 2", {}, profile=profile, seed=seed)
        called += [field.problem == HIGHLIGHTED for field in read(sheet, scan).values()]
    assert np.mean(called) <= 0.02


def test_a_shadow_at_the_gutter_is_said():
    """A soft shadow over one edge of a page does no harm; one with an edge, as dark as a highlighter, is said to be
    one.
    """
    sheet, scan = scanned("page 2", {}, profile="good scanner", seed=3)
    across = np.arange(scan.gray.shape[1]) / scan.gray.shape[1]
    soft = PageImage(gray=np.rint(scan.gray * (1 - 0.15 * np.exp(-across / 0.12))[None, :]).astype(np.uint8))
    fields = read_fields(soft, scan.page_map, sheet.prepared)
    assert np.mean([field.problem == HIGHLIGHTED for field in fields]) <= 0.05
    hard = scan.gray.copy()
    zone = sheet.page.zones[10]
    x, y = scan.page_map.to_px(np.array([[zone.rect.centre.x, zone.rect.centre.y]]))[0].astype(int)
    reach = round(9 * 300 / 25.4)
    hard[y - reach : y + reach, x - reach : x + reach] = (
        hard[y - reach : y + reach, x - reach : x + reach] * 0.85
    ).astype(np.uint8)
    fields = {field.zone: field for field in read_fields(PageImage(gray=hard), scan.page_map, sheet.prepared)}
    assert fields[zone.id].problem == HIGHLIGHTED


def test_the_reason_is_said_in_words():
    """What is highlighted says so in the explain picture, in both languages."""
    sheet = next(one for one in sheets() if one.name == "page 2")
    name = spread(sheet)[2]
    sheet, scan = scanned("page 2", {name: ("broad", "pink")}, seed=5)
    slugs = {reason.slug: reason for reason in page_reasons(scan.image, scan.page_map, sheet.prepared)[name]}
    assert "dark-paper" in slugs
    assert "Textmarker" in reason_text(slugs["dark-paper"], "de")
    assert "highlighted" in reason_text(slugs["dark-paper"], "en")


def test_the_level_around_is_not_that_of_the_swipe():
    """The lighter boxes tell, even where most of the nearest are highlighted too; a single bright one does not."""
    nearest = np.array([[1, 2, 3, 4, 5, 6, 7, 8, *range(9, 25)]] * 25)
    places = np.zeros((25, 2))
    paper = np.full(25, 240, np.float32)
    paper[:7] = 200
    assert level_around(paper, places, nearest)[0] == 240
    bright = np.full(25, 200, np.float32)
    bright[3] = 255
    assert level_around(bright, places, nearest)[0] == 200
    assert level_around(paper[:1], places[:1], nearest[:, :0])[0] == 200


def test_a_single_box_has_nothing_to_be_compared_with(sheet):
    """A page with one box is read as before."""
    one = replace(sheet.prepared.page, zones=sheet.page.zones[:1])
    blank = BlankPage(gray=sheet.gray, px_per_mm_x=sheet.gray.shape[1] / 210, px_per_mm_y=sheet.gray.shape[0] / 297)
    prepared = prepare_page(one, blank, filled=sheet.prepared.filled)
    scan = sheet.scan()
    assert measure(scan.image, scan.page_map, prepared).marks.paper.shape == (1,)
    assert read_fields(scan.image, scan.page_map, prepared)[0].problem is None


def test_colours_are_as_dark_as_they_are_said_to_be():
    """Yellow is the palest by brightness, and a dry pen takes less light."""
    lights = {name: pen.light() for name, pen in HIGHLIGHTERS.items()}
    assert max(lights, key=lights.get) == "yellow"
    assert all(0.65 < light < 0.95 for light in lights.values())
    layer = np.full((200, 400), 255, np.uint8)
    draw_swipe(
        layer,
        PointMm(x=5, y=10),
        PointMm(x=35, y=10),
        width_mm=5,
        light=0.8,
        px_per_mm=10,
        rng=np.random.default_rng(1),
    )
    assert abs(float(np.median(layer[90:110, 100:300])) / 255 - 0.8) < 0.05
    assert int(cv2.minMaxLoc(layer[:40])[0]) == 255
