"""Ink really is where the truth says, in every style, and nowhere else; the same seed writes the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scanform.imaging.page_image import Gray
from scanform.model.geometry import RectMm
from scanform.model.layout import PageLayout, ZoneKind
from scanform.model.reading import MarkValue
from scanform.simulate.fill import DIRT, draw_ink, fill_page
from scanform.simulate.glyphs import WRITABLE, glyph_strokes
from scanform.simulate.hands import SCRIPTS, Hand, random_hand
from scanform.simulate.marks import mark_strokes
from scanform.simulate.pens import PENS, draw_strokes
from scanform.simulate.scripts import FONTS, ink_of_crop, ink_of_text, load_crops
from scanform.simulate.truth import (
    FILLED_STYLES,
    MARKED_STYLES,
    NEAR_MISS_STYLES,
    MarkStyle,
    MarkTruth,
    PageTruth,
    TextTruth,
)

PX_PER_MM = 300 / 25.4
CROPS = Path(__file__).parents[3] / "samples" / "handwriting"


def covered(layer: Gray, rect: RectMm) -> float:
    """The share of `rect` that carries ink."""
    rows = slice(round(rect.y * PX_PER_MM), round(rect.bottom * PX_PER_MM))
    columns = slice(round(rect.x * PX_PER_MM), round(rect.right * PX_PER_MM))
    return float((layer[rows, columns] < 225).mean())


def marked(style: MarkStyle, seed: int, pen: str = "ballpoint blue") -> tuple[Gray, RectMm]:
    """One mark in a 5 mm box in the middle of a 30 mm square."""
    rng = np.random.default_rng(seed)
    layer = np.full((354, 354), 255, np.uint8)
    box = RectMm(x=12.5, y=12.5, w=5, h=5)
    hand = random_hand(rng, pen=pen)
    draw_strokes(
        layer,
        mark_strokes(style, box, hand, rng),
        DIRT if style is MarkStyle.SPECK else hand.pen,
        px_per_mm=PX_PER_MM,
        rng=rng,
    )
    return layer, box


@pytest.mark.parametrize("style", MARKED_STYLES)
@pytest.mark.parametrize("pen", ["ballpoint blue", "pencil light", "felt tip"])
def test_every_mark_leaves_ink_in_its_box(style: MarkStyle, pen: str) -> None:
    """All styles that count put ink into the box, and none covers it like a filled box."""
    for seed in range(12):
        layer, box = marked(style, seed, pen)
        assert covered(layer, box.grown(-0.4)) > 0.004
        if pen != "felt tip":
            assert covered(layer, box) < 0.78


@pytest.mark.parametrize("style", FILLED_STYLES)
@pytest.mark.parametrize("pen", ["ballpoint blue", "pencil soft", "fineliner"])
def test_filled_boxes_are_full(style: MarkStyle, pen: str) -> None:
    """A box filled as a correction shows hardly any paper."""
    fractions = [covered(*marked(style, seed, pen)) for seed in range(12)]
    assert min(fractions) > 0.72
    assert np.mean(fractions) > 0.88


@pytest.mark.parametrize("style", NEAR_MISS_STYLES)
def test_near_misses_stay_small(style: MarkStyle) -> None:
    """Specks, pen rests and a neighbour's stroke touch a small part of the box."""
    for seed in range(12):
        layer, box = marked(style, seed)
        assert covered(layer, box.grown(-0.5)) < 0.06


def test_an_untouched_box_is_white(form) -> None:  # type: ignore[no-untyped-def]
    """Where the truth says nothing there is no ink."""
    truth = PageTruth(number=1, marks={"one.a": MarkTruth(value=MarkValue.MARKED, style=MarkStyle.CROSS)})
    layer = draw_ink((3508, 2480), form.page, truth, hand=Hand(pen=PENS["gel"]), rng=np.random.default_rng(0))
    boxes = {zone.id: covered(layer, zone.rect) for zone in form.page.zones if zone.kind is ZoneKind.MARK}
    assert boxes.pop("one.a") > 0.05
    assert set(boxes.values()) == {0.0}


def test_text_is_written_into_its_zones(form) -> None:  # type: ignore[no-untyped-def]
    """Cells, lines and the signature carry ink exactly where they should; blank cells stay white."""
    page: PageLayout = form.page
    texts = {
        "count": TextTruth(text="42", cells=("", "", "4", "2")),
        "street": TextTruth(text="Große Heide 12 b"),
        "remarks": TextTruth(text="Mehr Räume\nund Bänke"),
        "sign": TextTruth(text="signed"),
    }
    layer = draw_ink(
        (3508, 2480),
        page,
        PageTruth(number=1, texts=texts),
        hand=Hand(pen=PENS["fineliner"]),
        rng=np.random.default_rng(3),
    )
    zones = {zone.id: zone for zone in page.zones}
    cells = [covered(layer, cell) > 0 for cell in zones["count"].cells]
    assert cells == [False, False, True, True]
    assert all(covered(layer, zones[name].rect) > 0.01 for name in texts)
    third = RectMm(x=20, y=zones["remarks"].rect.bottom - 6, w=100, h=6)
    assert covered(layer, third) < 0.002


def test_ink_multiplies_and_the_page_is_not_changed(form) -> None:  # type: ignore[no-untyped-def]
    """Print stays visible under ink; the given page keeps its values; equal seeds give equal pages."""
    truth = PageTruth(number=1, marks={"one.b": MarkTruth(value=MarkValue.FILLED, style=MarkStyle.FILL)})
    before = form.gray.copy()
    pages = [
        fill_page(form.gray, form.page, truth, hand=Hand(pen=PENS["ballpoint blue"]), rng=np.random.default_rng(1))
        for _ in range(2)
    ]
    assert np.array_equal(form.gray, before)
    assert np.array_equal(*pages)
    assert (pages[0] <= before).all()
    assert (pages[0] < before).sum() > 2000


@pytest.mark.parametrize("character", sorted(WRITABLE))
def test_every_character_fits_its_cell(character: str) -> None:
    """Digits and capitals stay in or near their cell, whatever the hand."""
    cell = RectMm(x=10, y=10, w=6, h=8)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        strokes = glyph_strokes(character, cell, random_hand(rng), rng)
        points = np.vstack([stroke.points_mm for stroke in strokes])
        assert (points > [7.5, 7.5]).all()
        assert (points < [18.5, 21.5]).all()


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_have_all_german_letters(script: str) -> None:
    """Umlauts and ß are drawn, not replaced by an empty box: each looks different from the sign for a missing
    character.
    """
    hand = replace(random_hand(np.random.default_rng(0), pen="gel"), script=script, sloppiness=0.0)
    missing = ink_of_text("\U0001f600", hand, np.random.default_rng(1), cap_mm=4, px_per_mm=PX_PER_MM)
    for letter in "äöüÄÖÜßé":
        drawn = ink_of_text(letter, hand, np.random.default_rng(1), cap_mm=4, px_per_mm=PX_PER_MM)
        assert drawn.shape != missing.shape
        assert drawn.max() > 0.8


def test_fonts_travel_with_their_licence() -> None:
    """Each font file is named in the licence file beside it."""
    licence = (FONTS / "OFL.txt").read_text(encoding="utf-8")
    names = {file.stem for file in FONTS.glob("*.woff2")}
    assert names == set(SCRIPTS)
    assert all(f"{name} (" in licence for name in names)


@pytest.mark.skipif(not CROPS.is_dir(), reason="the excerpt of real handwriting is not here")
def test_real_crops_become_ink(form) -> None:  # type: ignore[no-untyped-def]
    """A crop is cut to its writing and fills its line."""
    crops = load_crops(CROPS)
    name, crop = next(iter(crops.items.items()))
    alpha = ink_of_crop(crop.gray)
    assert alpha.max() > 0.9
    truth = PageTruth(number=1, texts={"street": TextTruth(text=crop.text, crop=name)})
    layer = draw_ink(
        (3508, 2480), form.page, truth, hand=Hand(pen=PENS["gel"]), rng=np.random.default_rng(0), crops=crops
    )
    line = next(zone.rect for zone in form.page.zones if zone.id == "street")
    assert 0.02 < covered(layer, line) < 0.5
    outside = layer.copy()
    outside[round(line.y * PX_PER_MM) - 2 : round(line.bottom * PX_PER_MM) + 2] = 255
    assert outside.min() == 255
