"""Square tiles of paper, all cut by one remap from the original pixels.

Over a tile of a few millimetres a `PageMap` is affine to within 0.01 mm, so three mapped points per tile replace the
mapping of every pixel; that is what keeps 100 boxes at a few milliseconds.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray
from scanform.imaging.page_map import PageMap

Singles = NDArray[np.float32]
"""Measurements per pixel: float32, shape stated where used."""

REDUCE_ABOVE_PX_PER_MM = 14.0
"""From here on (360 dpi) the page is halved (area mean) before sampling at 6 px/mm. At 300 dpi every second pixel column is met by the
bilinear samples, strokes are three pixels wide, and halving would cost 2 ms a page."""

FAR_OUTSIDE = -10_000.0
"""A pixel coordinate that is certainly off the page: reads as paper."""

_ROW = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A page ready to be sampled: `gray`, and `scale` = its pixels per pixel of the decoded page (1, 1/2, 1/4)."""

    gray: Gray
    scale: float


def source(gray: Gray, px_per_mm: float) -> Source:
    """The page itself, or its area mean when it is finer than sampling needs."""
    scale = 1.0
    while px_per_mm * scale > REDUCE_ABOVE_PX_PER_MM:
        half = cv2.resize(gray[: gray.shape[0] // 2 * 2, : gray.shape[1] // 2 * 2], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        gray = np.asarray(half, dtype=np.uint8)
        scale /= 2
    return Source(gray=gray, scale=scale)


def tile_maps(page_map: PageMap, centres_mm: Floats, *, side: int, px_per_mm: float, scale: float) -> tuple[Singles, Singles]:
    """Pixel coordinates (x, y) of the samples of square tiles; both (N, side, side), in pixels of the `Source`."""
    centres = np.asarray(centres_mm, dtype=np.float64).reshape(-1, 2)
    reach = side / px_per_mm / 2
    star = reach * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    probes = (centres[None] + star[:, None]).reshape(-1, 2)
    middle, right, left, below, above = page_map.to_px(probes).reshape(5, len(centres), 2)
    ticks = np.asarray(((np.arange(side) + 0.5) / px_per_mm - reach) / (2 * reach), dtype=np.float64)
    shift = (scale - 1) / 2  # pixel centres: the middle of the first two pixels is the middle of the first halved one
    across, down = (right - left) * scale, (below - above) * scale
    origin = middle * scale + shift
    x = _affine(origin[:, 0], across[:, 0], down[:, 0], ticks)
    y = _affine(origin[:, 1], across[:, 1], down[:, 1], ticks)
    return x, y


def remap_together(gray: Gray, maps: list[tuple[Singles, Singles]]) -> list[Gray]:
    """Samples of `gray` for several maps of any shape by one bilinear remap; beyond the page is paper (255)."""
    total = sum(x.size for x, _ in maps)
    rows = max(1, -(-total // _ROW))
    x_all, y_all = np.full(rows * _ROW, FAR_OUTSIDE, np.float32), np.full(rows * _ROW, FAR_OUTSIDE, np.float32)
    start = 0
    for x, y in maps:
        x_all[start : start + x.size], y_all[start : start + y.size] = x.ravel(), y.ravel()
        start += x.size
    shape = (rows, _ROW)
    sampled = cv2.remap(gray, x_all.reshape(shape), y_all.reshape(shape), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(255,))
    flat = np.asarray(sampled, dtype=np.uint8).ravel()
    ends = np.cumsum([x.size for x, _ in maps])
    return [flat[end - x.size : end].reshape(x.shape) for (x, _), end in zip(maps, ends, strict=True)]


def _affine(origin: Floats, across: Floats, down: Floats, ticks: Floats) -> Singles:
    columns = across[:, None] * ticks
    rows = origin[:, None] + down[:, None] * ticks
    return rows.astype(np.float32)[:, :, None] + columns.astype(np.float32)[:, None, :]
