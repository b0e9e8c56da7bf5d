"""Features of the ink around a box: where strokes come from and go to, what surrounds the box, where the centre of a
mark lies.

A cross half outside, a tick that ends far away, a neighbour's stroke, a line through several boxes and a circle around
a box look alike inside the box; only the ink outside tells them apart.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Singles
from scanform.recognize.ink.sampling_plan import EDGE_MM, PX_PER_MM, Mask

NAMES = ("exits", "exit_sides", "around", "around_near", "outside_share")
"""The columns of `describe`, in order."""

SECTORS = 24
"""Directions around the box in which ink is counted."""


def describe(ink: Mask, distance_mm: Singles) -> list[Singles]:
    """The columns for windows of one size: `ink` (N, S, S), `distance_mm` (S, S) inside the edge of the box."""
    side = ink.shape[1]
    beside = ink & (distance_mm < EDGE_MM)
    ring = _ring(side)
    border = ink.reshape(len(ink), -1)[:, ring]
    starts = border & ~np.roll(border, 1, axis=1) & ~np.roll(border, 2, axis=1)
    sides = border.reshape(len(ink), 4, -1).any(axis=2).sum(axis=1)
    flat = beside.reshape(len(ink), -1)
    order, first = _sectors(side)
    by_sector = np.add.reduceat(flat[:, order], first, axis=1, dtype=np.int32)
    near = (beside & (distance_mm > EDGE_MM - 1.2)).reshape(len(ink), -1)
    near_sector = np.add.reduceat(near[:, order], first, axis=1, dtype=np.int32)
    within = np.maximum(ink.reshape(len(ink), -1).sum(axis=1), 1)
    columns = (
        np.minimum(starts.sum(axis=1), 8),
        sides,
        (by_sector >= 2).mean(axis=1),
        (near_sector >= 2).mean(axis=1),
        flat.sum(axis=1) / within,
    )
    return [np.asarray(column, dtype=np.float32) for column in columns]


@lru_cache(maxsize=32)
def distance_mm(width_mm: float, height_mm: float, side: int) -> Singles:
    """Distance of each sample of a window to the edge of its box, mm, positive inside."""
    ticks = np.abs((np.arange(side) + 0.5) / PX_PER_MM - side / PX_PER_MM / 2)
    return np.asarray(np.minimum((width_mm / 2 - ticks)[None, :], (height_mm / 2 - ticks)[:, None]), dtype=np.float32)


@lru_cache(maxsize=8)
def _ring(side: int) -> NDArray[np.int64]:
    """The numbers of the samples of a square near the border of a window, in one circuit; four equal sides."""
    low, high = 2, side - 3
    steps = np.arange(low, high)
    top, right = low * side + steps, steps * side + high
    bottom, left = high * side + (high - (steps - low)), (high - (steps - low)) * side + low
    return np.concatenate([top, right, bottom, left])


@lru_cache(maxsize=8)
def _sectors(side: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Samples of a window ordered by direction from its centre, and the start of each direction."""
    ticks = np.arange(side) + 0.5 - side / 2
    angle = np.arctan2(ticks[:, None], ticks[None, :]).ravel()
    sector = np.minimum(((angle + np.pi) / (2 * np.pi) * SECTORS).astype(np.int64), SECTORS - 1)
    order = np.argsort(sector, kind="stable")
    counts = np.bincount(sector, minlength=SECTORS)
    return order, np.concatenate([[0], np.cumsum(counts)[:-1]])
