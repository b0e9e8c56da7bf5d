"""Is a box printed where a layout expects it? Contrast is measured across the whole outline, rectangle or ellipse."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import BLANK_DPI, Gray
from scanform.model.geometry import RectMm

PX_PER_MM = BLANK_DPI / 25.4

CONTRAST = 20
"""Minimum difference in grey levels between the darkest and the lightest point across an outline: grey drop-out lines
have 25 and more.
"""

SEEN_SHARE = 0.6
"""Minimum fraction of an outline that is seen: words under a misplaced box show 0.2 to 0.5 of it."""

REACH_MM = 0.5
"""Search distance to both sides of the outline: blanks are scanned, layouts drawn by hand."""


def outlined(gray: Gray, rects: Sequence[RectMm]) -> NDArray[np.bool_]:
    """Whether each of the outlines (N) is printed on a blank page at 300 dpi, as a rectangle or as an ellipse."""
    return np.array(
        [
            max(_fraction_inked(gray, _square(rect)), _fraction_inked(gray, _round(rect))) >= SEEN_SHARE
            for rect in rects
        ],
        dtype=np.bool_,
    )


Points = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Points along an outline and the directions across it: x, y, dx, dy in mm, (N,) each."""


def _square(rect: RectMm) -> Points:
    t = (np.arange(16) + 0.5) / 16
    zero, one = np.zeros_like(t), np.ones_like(t)
    x = np.concatenate([rect.x + zero, rect.right + zero, rect.x + t * rect.w, rect.x + t * rect.w])
    y = np.concatenate([rect.y + t * rect.h, rect.y + t * rect.h, rect.y + zero, rect.bottom + zero])
    return x, y, np.concatenate([one, one, zero, zero]), np.concatenate([zero, zero, one, one])


def _round(rect: RectMm) -> Points:
    a = (np.arange(64) + 0.5) / 64 * 2 * np.pi
    c = rect.centre
    nx, ny = np.cos(a) / rect.w, np.sin(a) / rect.h
    length = np.hypot(nx, ny)
    return c.x + rect.w / 2 * np.cos(a), c.y + rect.h / 2 * np.sin(a), nx / length, ny / length


def _fraction_inked(gray: Gray, points: Points) -> float:
    x, y, dx, dy = points
    across = np.linspace(-REACH_MM, REACH_MM, 13)
    column = np.clip(np.rint((x[:, None] + dx[:, None] * across) * PX_PER_MM), 0, gray.shape[1] - 1).astype(int)
    row = np.clip(np.rint((y[:, None] + dy[:, None] * across) * PX_PER_MM), 0, gray.shape[0] - 1).astype(int)
    seen = gray[row, column].astype(int)
    return float((seen.max(axis=1) - seen.min(axis=1) >= CONTRAST).mean())
