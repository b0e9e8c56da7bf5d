"""Patches of paper, cut from the original pixels through a PageMap: the page itself is never resized or warped."""

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import RectMm

OUTSIDE = 255
"""Grey value of what lies beyond the edge of the scan: paper."""


def sample_patches(gray: Gray, page_map: PageMap, centres_mm: Floats, *, size_mm: float, px_per_mm: float) -> Gray:
    """Square patches of `size_mm` around `centres_mm` (N, 2), by one remap; returns (N, S, S) uint8."""
    side = max(1, round(size_mm * px_per_mm))
    ticks = (np.arange(side) + 0.5) / px_per_mm - side / px_per_mm / 2
    offsets = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(1, -1, 2)
    points = np.asarray(centres_mm, dtype=np.float64).reshape(-1, 1, 2) + offsets
    return _remap(gray, page_map.to_px(points.reshape(-1, 2)), len(points) * side, side).reshape(-1, side, side)


def sample_rect(gray: Gray, page_map: PageMap, rect: RectMm, *, px_per_mm: float) -> Gray:
    """The content of `rect`, upright, at `px_per_mm`; returns (H, W) uint8."""
    columns, rows = max(1, round(rect.w * px_per_mm)), max(1, round(rect.h * px_per_mm))
    x = rect.x + (np.arange(columns) + 0.5) * rect.w / columns
    y = rect.y + (np.arange(rows) + 0.5) * rect.h / rows
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return _remap(gray, page_map.to_px(points), rows, columns)


def _remap(gray: Gray, points_px: NDArray[np.float64], rows: int, columns: int) -> Gray:
    x, y = (np.ascontiguousarray(points_px[:, axis], dtype=np.float32).reshape(rows, columns) for axis in (0, 1))
    out = np.empty((rows, columns), dtype=np.uint8)
    step = 16384  # cv2.remap refuses more than 32767 rows
    for top in range(0, rows, step):
        part = slice(top, top + step)
        out[part] = cv2.remap(gray, x[part], y[part], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(OUTSIDE,))
    return out
