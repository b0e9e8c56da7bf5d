"""Filling in a printed page with a pen, according to the truth."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from scanform.imaging.page_image import Floats, Gray
from scanform.model.geometry import RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.simulate.draw import sheet_px_per_mm
from scanform.simulate.glyphs import glyph_strokes
from scanform.simulate.hands import Hand
from scanform.simulate.marks import mark_strokes
from scanform.simulate.pens import Coverage, Pen, Stroke, draw_strokes, smooth_path, stamp
from scanform.simulate.scripts import Crops, ink_of_crop, ink_of_text, sharpen_to
from scanform.simulate.truth import MarkStyle, PageTruth, TextTruth

LINE_CAP = 0.46
"""Height of capitals as a fraction of the height of a writing line, for a hand of size 1."""

DIRT = Pen(name="dirt", width_mm=0.2, width_spread=0.5, grey=60, opacity=0.9, opacity_spread=0.3)
"""The pen for specks on the paper, whatever the hand's pen."""

CAP_MM = (2.2, 5.0)
"""Smallest and largest capitals people write on a form (school ruling is 4 mm for class 3 and up)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sheet:
    """The ink layer that one hand is writing on."""

    layer: Gray
    hand: Hand
    rng: np.random.Generator
    px_per_mm: float

    def draw(self, strokes: Sequence[Stroke], pen: Pen | None = None) -> None:
        draw_strokes(self.layer, strokes, pen or self.hand.pen, px_per_mm=self.px_per_mm, rng=self.rng)


def fill_page(
    gray: Gray, page: PageLayout, truth: PageTruth, *, hand: Hand, rng: np.random.Generator, crops: Crops | None = None
) -> Gray:
    """The printed page `gray` (H, W), the whole sheet at 300 dpi or more, with the ink of `truth` on it. The input
    is not changed.
    """
    ink = draw_ink((int(gray.shape[0]), int(gray.shape[1])), page, truth, hand=hand, rng=rng, crops=crops)
    return np.asarray(cv2.multiply(gray, ink, scale=1 / 255), dtype=np.uint8)


def draw_ink(
    shape: tuple[int, int],
    page: PageLayout,
    truth: PageTruth,
    *,
    hand: Hand,
    rng: np.random.Generator,
    crops: Crops | None = None,
    lines: Sequence[Stroke] = (),
) -> Gray:
    """Only the ink: (H, W) uint8, 255 where the page is untouched. `shape` is that of the page's picture (whole sheet).

    `lines` are drawn with the hand's pen wherever they run: lines that belong to no single zone.
    """
    sheet = _Sheet(
        layer=np.full(shape, 255, dtype=np.uint8), hand=hand, rng=rng, px_per_mm=sheet_px_per_mm(shape, page.size)
    )
    zones = {zone.id: zone for zone in page.zones}
    for name, mark in truth.marks.items():
        sheet.draw(
            mark_strokes(mark.style, zones[name].rect, hand, rng), DIRT if mark.style is MarkStyle.SPECK else hand.pen
        )
    for name, text in truth.texts.items():
        _write(sheet, zones[name], text, crops)
    sheet.draw(lines)
    return sheet.layer


def signature_strokes(rect: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """An invented signature: a big looped initial, letters that shrink into a wave, a second part, perhaps a flourish
    under it.
    """
    h = min(rect.h * 0.85, 13.0)
    length = min(rect.w * 0.8, float(rng.uniform(26, 58)))
    start = np.array(
        [rect.x + rect.w * float(rng.uniform(0.03, 0.1)), rect.y + rect.h * float(rng.uniform(0.55, 0.68))]
    )
    split = float(rng.uniform(0.3, 0.55)) if rng.random() < 0.6 else 1.0
    parts = [_name_part(length * split, h, rng)]
    if split < 1.0:
        second = _name_part(length * (1 - split) * 1.15, h * float(rng.uniform(0.75, 1.05)), rng)
        parts.append(second + np.array([length * split * float(rng.uniform(0.85, 1.05)), 0.0]))
    strokes = []
    for part in parts:
        path = smooth_path(part)
        path[:, 0] -= np.tan(np.radians(hand.slant_deg + 8)) * path[:, 1]
        path = path + start + np.outer(path[:, 0] / length, [0, -h * float(rng.uniform(0.0, 0.12))])
        speed = np.hypot(*np.gradient(path, axis=0).T)
        pressure = np.clip(hand.pressure + 0.25 - 0.3 * speed / speed.max(), 0.1, 1)
        strokes.append(Stroke(points_mm=path, pressure=pressure))
    if rng.random() < 0.35:
        under = np.array(
            [[length * 0.9, h * 0.1], [length * 0.15, h * 0.32], [length * 0.2, h * 0.4], [length * 1.05, h * 0.22]]
        )
        strokes.append(_even(smooth_path(under + start), hand))
    return strokes


def _even(path: Floats, hand: Hand) -> Stroke:
    return Stroke(points_mm=path, pressure=np.full(len(path), hand.pressure))


def _name_part(length: float, h: float, rng: np.random.Generator) -> Floats:
    """Control points of one word of a signature on a baseline at 0, (N, 2) mm: a capital with a loop, then letters
    that degenerate.
    """
    capital = _CAPITALS[int(rng.integers(0, len(_CAPITALS)))] * [h * 0.55, h * 0.72]
    points = [capital + rng.normal(0, h * 0.025, capital.shape)]
    x = float(capital[-1, 0]) + h * 0.12
    step = h * float(rng.uniform(0.13, 0.22))
    while x < length:
        wear = 1 - 0.75 * x / max(length, 1)
        tall = float(rng.choice([0.16, 0.16, 0.2, 0.48, -0.34], p=[0.36, 0.2, 0.2, 0.16, 0.08])) * wear * h
        width = step * float(rng.uniform(0.6, 1.5))
        if abs(tall) > 0.3 * h * wear:  # an ascender or descender is a loop
            loop = np.array([[0, 0], [0.8, -0.6], [0.5, -1.0], [0.15, -0.7], [0.5, 0.03]])
            points.append(loop * [width, tall] + np.array([x, 0.0]))
        else:
            points.append(np.array([[x, -0.02 * h], [x + width * 0.45, -tall], [x + width * 0.7, -tall * 0.35]]))
        x += width
    points.append(np.array([[x, 0], [x + step * 2, -h * float(rng.uniform(-0.1, 0.15))]]))
    return np.concatenate(points)


_CAPITALS = tuple(
    np.array(points)
    for points in (
        [
            [0.1, -0.2],
            [0.35, -0.95],
            [0.6, -0.9],
            [0.3, -0.1],
            [0.05, 0.1],
            [0.0, -0.1],
            [0.5, -0.05],
            [0.8, -0.1],
        ],  # like an L or S
        [
            [0.0, -0.8],
            [0.3, -1.0],
            [0.3, -0.5],
            [0.15, 0.0],
            [0.25, -0.6],
            [0.7, -1.0],
            [0.75, -0.6],
            [0.3, -0.45],
            [0.8, 0.0],
        ],  # like an R or K
        [[0.0, 0.0], [0.2, -0.9], [0.3, -0.3], [0.55, -0.95], [0.65, -0.05], [0.85, -0.15]],  # like an M
        [
            [0.7, -0.85],
            [0.4, -1.0],
            [0.05, -0.5],
            [0.3, 0.02],
            [0.75, -0.25],
            [0.55, -0.4],
            [0.8, 0.25],
            [0.4, 0.45],
            [0.45, 0.1],
            [0.95, -0.1],
        ],  # like a G
        [
            [0.05, -0.75],
            [0.6, -0.95],
            [0.9, -0.9],
            [0.5, -0.75],
            [0.3, 0.0],
            [0.05, 0.05],
            [0.2, -0.15],
            [0.75, -0.1],
        ],  # like a T or J
        [
            [0.1, -0.95],
            [0.05, 0.0],
            [0.2, -0.9],
            [0.75, -0.8],
            [0.6, -0.5],
            [0.3, -0.45],
            [0.75, -0.2],
            [0.5, 0.02],
            [0.1, 0.0],
            [0.85, -0.08],
        ],  # like a B
    )
)


def _write(sheet: _Sheet, zone: Zone, text: TextTruth, crops: Crops | None) -> None:
    """The text of one zone: cell by cell, as a signature, from a real crop, or line by line in the hand's script."""
    if zone.kind is ZoneKind.COMB:
        for character, cell in zip(text.cells, zone.cells, strict=False):
            if character:
                sheet.draw(glyph_strokes(character, cell, sheet.hand, sheet.rng))
    elif zone.kind is ZoneKind.SIGNATURE:
        sheet.draw(signature_strokes(zone.rect, sheet.hand, sheet.rng))
    elif text.crop is not None:
        if crops is None:
            raise ValueError(f"zone {zone.id}: the truth names the crop {text.crop}, but no crops were given")
        for name, rect in zip(text.crop.split("\n"), line_rects(zone), strict=False):
            _stamp_line(sheet, ink_of_crop(crops.items[name].gray), rect, real=True)
    else:
        for line, rect in zip(text.text.split("\n"), line_rects(zone), strict=False):
            if line:
                ink = ink_of_text(
                    line, sheet.hand, sheet.rng, cap_mm=cap_height_mm(zone, sheet.hand), px_per_mm=sheet.px_per_mm
                )
                _stamp_line(sheet, ink, rect, real=False)


def line_rects(zone: Zone) -> list[RectMm]:
    """The writing lines of a zone, top to bottom."""
    lines = max(1, zone.lines or 1)
    h = zone.rect.h / lines
    return [RectMm(x=zone.rect.x, y=zone.rect.y + i * h, w=zone.rect.w, h=h) for i in range(lines)]


def cap_height_mm(zone: Zone, hand: Hand) -> float:
    """The height of this hand's capitals in `zone`."""
    line = zone.rect.h / max(1, zone.lines or 1)
    return float(np.clip(LINE_CAP * line * hand.size, *CAP_MM))


def _stamp_line(sheet: _Sheet, ink: Coverage, rect: RectMm, *, real: bool) -> None:
    """One line of writing in `rect`: real crops are enlarged to the line, others are written smaller if they do not
    fit.
    """
    per_mm, rng = sheet.px_per_mm, sheet.rng
    room_w, room_h = rect.w * 0.97 * per_mm, rect.h * 0.98 * per_mm
    tall = ink.shape[0]
    if real:
        tall = round(min(room_h, rect.h * per_mm * float(np.clip(0.72 * sheet.hand.size, 0.5, 0.92)), 8.0 * per_mm))
    scale = min(tall / ink.shape[0], room_w / ink.shape[1])
    height = round(min(ink.shape[0] * scale, room_h))
    sized = sharpen_to(ink, max(2, height), max(2, round(ink.shape[1] * scale)))
    left = rect.x * per_mm + min(max(0.0, rect.w * per_mm - sized.shape[1]), per_mm * float(rng.uniform(0.4, 3.0)))
    top = (
        (rect.bottom - 0.02 * rect.h) * per_mm
        - sized.shape[0]
        - max(0.0, room_h - sized.shape[0]) * float(rng.uniform(0.1, 0.4))
    )
    stamp(sheet.layer, sized, sheet.hand.pen, left_px=round(left), top_px=round(top), rng=rng, px_per_mm=per_mm)
