"""Highlighter pens: broad, transparent swipes over print, and how much of them each kind of scanner sees.

A swipe leaves the print under it visible and absorbs part of the paper's light, a different part of each colour. A
colour scan is read by its luma (ITU-R BT.601); a grey scanner sees either the same or only green light, in which yellow
almost vanishes.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from scanform.imaging.page_image import Gray
from scanform.model.geometry import PointMm
from scanform.simulate.pens import SUPERSAMPLE, wobble

LUMA = (0.299, 0.587, 0.114)
"""Luma weights of red, green and blue (ITU-R BT.601)."""

GREEN = (0.0, 1.0, 0.0)
"""A grey scanner with one green lamp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlighter:
    """`rgb`: the fraction of red, green and blue light reflected by white paper under a fresh swipe, 0..1.
    `width_mm`: chisel tips write 1 to 5 mm.
    """

    name: str
    rgb: tuple[float, float, float]
    width_mm: float = 4.5

    def light(self, weights: tuple[float, float, float] = LUMA, *, strength: float = 1.0) -> float:
        """The fraction of the paper's brightness left under the swipe, by the weights of a device; `strength` 0..1: a
        dry pen absorbs less.
        """
        return 1 - strength * (1 - sum(weight * fraction for weight, fraction in zip(weights, self.rgb, strict=True)))


HIGHLIGHTERS: dict[str, Highlighter] = {
    pen.name: pen
    for pen in (
        Highlighter(name="yellow", rgb=(0.98, 0.97, 0.40)),
        Highlighter(name="green", rgb=(0.62, 0.98, 0.50)),
        Highlighter(name="pink", rgb=(1.00, 0.55, 0.75)),
        Highlighter(name="orange", rgb=(1.00, 0.68, 0.35)),
        Highlighter(name="blue", rgb=(0.50, 0.82, 1.00)),
    )
}
"""The five colours of every desk set, in round figures (not measured; bracket). Brightness under them: 0.91, 0.82,
0.71, 0.74 and 0.74 of the paper's.
"""


def draw_swipe(
    layer: Gray,
    start: PointMm,
    end: PointMm,
    *,
    width_mm: float,
    light: float,
    px_per_mm: float,
    rng: np.random.Generator,
    passes: int = 1,
) -> None:
    """Multiplies a swipe from `start` to `end` into `layer` (H, W), 255 = no ink, in place. `light`: fraction of the
    light that one pass leaves.

    The band is a little uneven along and across: more ink at its ends and edges, where it dries.
    """
    length = float(np.hypot(end.x - start.x, end.y - start.y))
    for _ in range(passes):
        shift = rng.normal(0, 0.25, 4)
        ends = np.array([[start.x + shift[0], start.y + shift[1]], [end.x + shift[2], end.y + shift[3]]])
        low = np.floor((ends.min(axis=0) - width_mm) * px_per_mm).astype(int).clip(0)
        high = np.minimum(
            np.ceil((ends.max(axis=0) + width_mm) * px_per_mm).astype(int), [layer.shape[1], layer.shape[0]]
        )
        columns, rows = (int(v) for v in high - low)
        if columns <= 0 or rows <= 0:
            continue
        canvas = np.zeros((rows * SUPERSAMPLE // 2, columns * SUPERSAMPLE // 2), np.uint8)
        band = _band(ends, width_mm) * px_per_mm - low
        cv2.fillPoly(canvas, [np.rint(band * SUPERSAMPLE / 2).astype(np.int32).reshape(-1, 1, 2)], (255,), cv2.LINE_AA)
        cover = cv2.resize(canvas, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        edge = cover - cv2.GaussianBlur(cover, (0, 0), max(0.25 * px_per_mm, 0.5))
        along = 1 + 0.06 * wobble(max(columns, 2), scale=max(2, round(px_per_mm * min(6.0, max(length, 1.0)))), rng=rng)
        taken = (1 - light) * (cover + 0.3 * np.clip(edge, 0, 1)) * along[None, :columns]
        block = layer[low[1] : high[1], low[0] : high[0]]
        block[:] = np.rint(block * np.clip(1 - taken, 0, 1)).astype(np.uint8)


def _band(
    ends: "np.ndarray[tuple[int, int], np.dtype[np.float64]]", width_mm: float
) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """The four corners of a band with the slanted ends of a chisel tip."""
    along = ends[1] - ends[0]
    along = along / max(float(np.hypot(*along)), 1e-6)
    across = np.array([-along[1], along[0]]) * width_mm / 2
    slant = along * width_mm * 0.15
    return np.array(
        [ends[0] - across + slant, ends[1] - across + slant, ends[1] + across - slant, ends[0] + across - slant]
    )
