"""Filling in a printed page with a pen, as the truth says."""

from collections.abc import Sequence

import cv2
import numpy as np

from scanform.imaging.page_image import Floats, Gray
from scanform.model.geometry import RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.simulate.glyphs import glyph_strokes
from scanform.simulate.hands import Hand
from scanform.simulate.marks import mark_strokes
from scanform.simulate.pens import Stroke, draw_strokes, smooth_path, stamp
from scanform.simulate.scripts import Crops, ink_of_crop, ink_of_text, sharpen_to
from scanform.simulate.truth import PageTruth, TextTruth

LINE_CAP = 0.46
"""Height of capitals as part of the height of a writing line, for a hand of size 1."""

CAP_MM = (2.2, 5.0)
"""Smallest and largest capitals people write on a form (school ruling is 4 mm for class 3 and up)."""


def fill_page(gray: Gray, page: PageLayout, truth: PageTruth, *, hand: Hand, rng: np.random.Generator, crops: Crops | None = None) -> Gray:
    """The printed page `gray` (H, W), the whole sheet at 300 dpi or more, with the ink of `truth` on it. The input is not changed."""
    ink = draw_ink((int(gray.shape[0]), int(gray.shape[1])), page, truth, hand=hand, rng=rng, crops=crops)
    return np.asarray(cv2.multiply(gray, ink, scale=1 / 255), dtype=np.uint8)


def draw_ink(shape: tuple[int, int], page: PageLayout, truth: PageTruth, *, hand: Hand, rng: np.random.Generator, crops: Crops | None = None) -> Gray:
    """Only the ink: (H, W) uint8, 255 where the page is untouched. `shape` is that of the page's picture (whole sheet)."""
    layer = np.full(shape, 255, dtype=np.uint8)
    px_per_mm = shape[1] / page.size.w
    zones = {zone.id: zone for zone in page.zones}
    for name, mark in truth.marks.items():
        draw_strokes(layer, mark_strokes(mark.style, zones[name].rect, hand, rng), hand.pen, px_per_mm=px_per_mm, rng=rng)
    for name, text in truth.texts.items():
        _write(layer, zones[name], text, hand, rng, px_per_mm, crops)
    return layer


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


def _write(layer: Gray, zone: Zone, text: TextTruth, hand: Hand, rng: np.random.Generator, px_per_mm: float, crops: Crops | None) -> None:
    """The text of one zone: cell by cell, as a signature, from a real crop, or line by line in the hand's script."""
    if zone.kind is ZoneKind.COMB:
        for character, cell in zip(text.cells, zone.cells, strict=False):
            if character:
                draw_strokes(layer, glyph_strokes(character, cell, hand, rng), hand.pen, px_per_mm=px_per_mm, rng=rng)
    elif zone.kind is ZoneKind.SIGNATURE:
        draw_strokes(layer, signature_strokes(zone.rect, hand, rng), hand.pen, px_per_mm=px_per_mm, rng=rng)
    elif text.crop is not None:
        if crops is None:
            raise ValueError(f"zone {zone.id}: the truth names the crop {text.crop}, but no crops were given")
        _stamp_line(layer, ink_of_crop(crops.items[text.crop].gray), line_rects(zone)[0], hand, rng, px_per_mm, real=True)
    else:
        _write_lines(layer, text.text.split("\n"), line_rects(zone), hand, rng, px_per_mm)


def line_rects(zone: Zone) -> list[RectMm]:
    """The writing lines of a zone, top to bottom."""
    lines = max(1, zone.lines or 1)
    h = zone.rect.h / lines
    return [RectMm(x=zone.rect.x, y=zone.rect.y + i * h, w=zone.rect.w, h=h) for i in range(lines)]


def cap_height_mm(zone: Zone, hand: Hand) -> float:
    """How high this hand writes capitals in `zone`."""
    line = zone.rect.h / max(1, zone.lines or 1)
    return float(np.clip(LINE_CAP * line * hand.size, *CAP_MM))


def _write_lines(layer: Gray, lines: Sequence[str], rects: Sequence[RectMm], hand: Hand, rng: np.random.Generator, px_per_mm: float) -> None:
    for line, rect in zip(lines, rects, strict=False):
        if line:
            cap = float(np.clip(LINE_CAP * rect.h * hand.size, *CAP_MM))
            _stamp_line(layer, ink_of_text(line, hand, rng, cap_mm=cap, px_per_mm=px_per_mm), rect, hand, rng, px_per_mm, real=False)


def _stamp_line(layer: Gray, ink: Floats, rect: RectMm, hand: Hand, rng: np.random.Generator, px_per_mm: float, *, real: bool) -> None:
    """One line of writing in `rect`: real crops are enlarged to the line, others only squeezed when they do not fit."""
    room_w, room_h = rect.w * 0.97 * px_per_mm, rect.h * 0.98 * px_per_mm
    wish_h = min(room_h, rect.h * px_per_mm * float(np.clip(0.72 * hand.size, 0.5, 0.92)), 8.0 * px_per_mm) if real else float(ink.shape[0])
    scale = min(wish_h / ink.shape[0], room_w / ink.shape[1]) if real else min(1.0, room_w / ink.shape[1])
    height = max(2, round(min(ink.shape[0] * (scale if real else max(scale, 0.8)), room_h)))
    sized = sharpen_to(ink, height, max(2, round(ink.shape[1] * scale)))
    free = max(0.0, rect.w * px_per_mm - sized.shape[1])
    left = rect.x * px_per_mm + min(free, px_per_mm * float(rng.uniform(0.4, 3.0)))
    top = (rect.bottom - 0.02 * rect.h) * px_per_mm - sized.shape[0] - max(0.0, room_h - sized.shape[0]) * float(rng.uniform(0.1, 0.4))
    stamp(layer, sized, hand.pen, left_px=round(left), top_px=round(top), rng=rng, px_per_mm=px_per_mm)
