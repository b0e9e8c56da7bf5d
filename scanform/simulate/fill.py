"""Filling in a printed page with a pen, as the truth says."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from scanform.imaging.page_image import Gray
from scanform.model.geometry import RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.simulate.glyphs import glyph_strokes
from scanform.simulate.hands import Hand
from scanform.simulate.marks import mark_strokes
from scanform.simulate.pens import Coverage, Stroke, draw_strokes, smooth_path, stamp
from scanform.simulate.scripts import Crops, ink_of_crop, ink_of_text, sharpen_to
from scanform.simulate.truth import PageTruth, TextTruth

LINE_CAP = 0.46
"""Height of capitals as part of the height of a writing line, for a hand of size 1."""

CAP_MM = (2.2, 5.0)
"""Smallest and largest capitals people write on a form (school ruling is 4 mm for class 3 and up)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sheet:
    """The ink layer that one hand is writing on."""

    layer: Gray
    hand: Hand
    rng: np.random.Generator
    px_per_mm: float

    def draw(self, strokes: Sequence[Stroke]) -> None:
        draw_strokes(self.layer, strokes, self.hand.pen, px_per_mm=self.px_per_mm, rng=self.rng)


def fill_page(gray: Gray, page: PageLayout, truth: PageTruth, *, hand: Hand, rng: np.random.Generator, crops: Crops | None = None) -> Gray:
    """The printed page `gray` (H, W), the whole sheet at 300 dpi or more, with the ink of `truth` on it. The input is not changed."""
    ink = draw_ink((int(gray.shape[0]), int(gray.shape[1])), page, truth, hand=hand, rng=rng, crops=crops)
    return np.asarray(cv2.multiply(gray, ink, scale=1 / 255), dtype=np.uint8)


def draw_ink(shape: tuple[int, int], page: PageLayout, truth: PageTruth, *, hand: Hand, rng: np.random.Generator, crops: Crops | None = None) -> Gray:
    """Only the ink: (H, W) uint8, 255 where the page is untouched. `shape` is that of the page's picture (whole sheet)."""
    sheet = _Sheet(layer=np.full(shape, 255, dtype=np.uint8), hand=hand, rng=rng, px_per_mm=shape[1] / page.size.w)
    zones = {zone.id: zone for zone in page.zones}
    for name, mark in truth.marks.items():
        sheet.draw(mark_strokes(mark.style, zones[name].rect, hand, rng))
    for name, text in truth.texts.items():
        _write(sheet, zones[name], text, crops)
    return sheet.layer


def signature_strokes(rect: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """A signature nobody has: a big initial, a run of loops that flattens out, perhaps a line under it."""
    h = min(rect.h * 0.8, 12.0)
    length = min(rect.w * 0.75, float(rng.uniform(28, 55)))
    x0, y0 = rect.x + rect.w * rng.uniform(0.04, 0.12), rect.y + rect.h * rng.uniform(0.5, 0.62)
    count = int(rng.integers(9, 16))
    t = np.linspace(0.12, 1, count)
    swing = np.where(np.arange(count) % 2 == 0, -1, 1) * h * (0.26 * (1 - 0.75 * t) * rng.uniform(0.5, 1.4, count))
    run = np.column_stack([x0 + length * t + rng.normal(0, 0.5, count), y0 + swing])
    initial = np.array([[0.02, -0.1], [0.06, -0.5], [0.13, -0.45], [0.08, 0.15], [0.03, 0.4], [0.09, 0.3]]) * [length, h] + [x0, y0]
    tail = np.array([[x0 + length * 1.06, y0 - h * 0.05], [x0 + length * 1.16, y0 + h * rng.uniform(-0.15, 0.2)]])
    path = smooth_path(np.vstack([initial + rng.normal(0, h * 0.03, initial.shape), run, tail]))
    path[:, 0] -= np.tan(np.radians(hand.slant_deg)) * (path[:, 1] - y0)
    strokes = [Stroke(points_mm=path, pressure=np.clip(hand.pressure + 0.15 * np.sin(np.linspace(0, 20, len(path))), 0.1, 1))]
    if rng.random() < 0.35:
        under = smooth_path(np.array([[x0 + length * 0.2, y0 + h * 0.36], [x0 + length * 0.6, y0 + h * 0.3], [x0 + length, y0 + h * 0.34]]))
        strokes.append(Stroke(points_mm=under, pressure=np.full(len(under), hand.pressure)))
    return strokes


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
        _stamp_line(sheet, ink_of_crop(crops.items[text.crop].gray), line_rects(zone)[0], real=True)
    else:
        for line, rect in zip(text.text.split("\n"), line_rects(zone), strict=False):
            if line:
                ink = ink_of_text(line, sheet.hand, sheet.rng, cap_mm=cap_height_mm(zone, sheet.hand), px_per_mm=sheet.px_per_mm)
                _stamp_line(sheet, ink, rect, real=False)


def line_rects(zone: Zone) -> list[RectMm]:
    """The writing lines of a zone, top to bottom."""
    lines = max(1, zone.lines or 1)
    h = zone.rect.h / lines
    return [RectMm(x=zone.rect.x, y=zone.rect.y + i * h, w=zone.rect.w, h=h) for i in range(lines)]


def cap_height_mm(zone: Zone, hand: Hand) -> float:
    """How high this hand writes capitals in `zone`."""
    line = zone.rect.h / max(1, zone.lines or 1)
    return float(np.clip(LINE_CAP * line * hand.size, *CAP_MM))


def _stamp_line(sheet: _Sheet, ink: Coverage, rect: RectMm, *, real: bool) -> None:
    """One line of writing in `rect`: real crops are enlarged to the line, others only squeezed when they do not fit."""
    per_mm, rng = sheet.px_per_mm, sheet.rng
    room_w, room_h = rect.w * 0.97 * per_mm, rect.h * 0.98 * per_mm
    tall = ink.shape[0]
    if real:
        tall = round(min(room_h, rect.h * per_mm * float(np.clip(0.72 * sheet.hand.size, 0.5, 0.92)), 8.0 * per_mm))
    scale = min(tall / ink.shape[0], room_w / ink.shape[1])
    height = round(min(ink.shape[0] * (scale if real else max(scale, 0.8)), room_h))
    sized = sharpen_to(ink, max(2, height), max(2, round(ink.shape[1] * scale)))
    left = rect.x * per_mm + min(max(0.0, rect.w * per_mm - sized.shape[1]), per_mm * float(rng.uniform(0.4, 3.0)))
    top = (rect.bottom - 0.02 * rect.h) * per_mm - sized.shape[0] - max(0.0, room_h - sized.shape[0]) * float(rng.uniform(0.1, 0.4))
    stamp(sheet.layer, sized, sheet.hand.pen, left_px=round(left), top_px=round(top), rng=rng, px_per_mm=per_mm)
