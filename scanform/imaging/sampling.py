"""Patches of paper, cut from the original pixels through a PageMap: the page itself is never resized or warped."""

from dataclasses import dataclass

import cv2
import numpy as np

from scanform.imaging.page_image import Floats, Floats32, Gray
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import RectMm

OUTSIDE = 255
"""Grey value outside the scan: paper."""

_MOST_ROWS = 16384
"""cv2.remap refuses more than 32767 rows."""


def sample_patches(gray: Gray, page_map: PageMap, centres_mm: Floats, *, size_mm: float, px_per_mm: float) -> Gray:
    """Square patches of `size_mm` around `centres_mm` (N, 2), by one remap; returns (N, S, S) uint8."""
    side = max(1, round(size_mm * px_per_mm))
    ticks = (np.arange(side) + 0.5) / px_per_mm - side / px_per_mm / 2
    centres = np.asarray(centres_mm, dtype=np.float64).reshape(-1, 2)
    x = centres[:, 0, None, None] + ticks[None, None, :]
    y = centres[:, 1, None, None] + ticks[None, :, None]
    return sample_points(gray, page_map, x, y)


def sample_rect(gray: Gray, page_map: PageMap, rect: RectMm, *, px_per_mm: float) -> Gray:
    """The content of `rect`, upright, at `px_per_mm`; returns (H, W) uint8."""
    columns, rows = max(1, round(rect.w * px_per_mm)), max(1, round(rect.h * px_per_mm))
    x = rect.x + (np.arange(columns) + 0.5) * rect.w / columns
    y = rect.y + (np.arange(rows) + 0.5) * rect.h / rows
    return sample_points(gray, page_map, x[None, :], y[:, None])


def sample_points(gray: Gray, page_map: PageMap, x_mm: Floats | Floats32, y_mm: Floats | Floats32) -> Gray:
    """The page at points whose x and y (mm) broadcast together, bilinear; returns uint8 of the common shape."""
    x, y = page_map.to_px_xy(np.asarray(x_mm, dtype=np.float32), np.asarray(y_mm, dtype=np.float32))
    shape = x.shape
    x, y = x.reshape(-1, shape[-1]), y.reshape(-1, shape[-1])
    out = np.empty(x.shape, dtype=np.uint8)
    for top in range(0, len(x), _MOST_ROWS):
        part = slice(top, top + _MOST_ROWS)
        out[part] = cv2.remap(
            gray, x[part], y[part], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(OUTSIDE,)
        )
    return out.reshape(shape)


REDUCE_ABOVE_PX_PER_MM = 14.0
"""Above this (360 dpi) the page is halved (area mean) before sampling at 6 px/mm. At 300 dpi bilinear samples meet
every second pixel column, strokes are three pixels wide, and halving would cost 2 ms a page.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A page ready to be sampled: `gray`, and `scale` = its pixels per pixel of the decoded page (1, 1/2, 1/4)."""

    gray: Gray
    scale: float


def source(gray: Gray, px_per_mm: float) -> Source:
    """The page itself, or its area mean if it is finer than sampling needs."""
    scale = 1.0
    while px_per_mm * scale > REDUCE_ABOVE_PX_PER_MM:
        half = cv2.resize(
            gray[: gray.shape[0] // 2 * 2, : gray.shape[1] // 2 * 2], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA
        )
        gray = np.asarray(half, dtype=np.uint8)
        scale /= 2
    return Source(gray=gray, scale=scale)
