"""Reading a page code with a missing part: cut off at the edge of the sheet, written over, under a staple.

The position of the page is known, so each module of the code is sampled in its place, without the finder patterns that
code readers need. Both codes of a page hold the same data and complete each other; the fixed patterns are known, and
the error correction covers the rest (level Q: a quarter of its words). The checksums of the code and of the identity in
it guard against wrong readings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from scanform import pagecode
from scanform.imaging.page_image import Floats, Gray
from scanform.imaging.page_map import PageMap
from scanform.imaging.sampling import sample_points
from scanform.model.geometry import RectMm
from scanform.model.layout import PageLayout
from scanform.model.page import Identity
from scanform.register.codes import read_codes

MODULES = 25
"""Modules along a side of a QR code of version 2 (ISO/IEC 18004), the only one that is printed."""

_DRAWN_PX = 6
_QUIET = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MendSettings:
    """How a code with a missing piece is found and read."""

    reach_mm: float = 1.25
    """mm; search radius: the error that a map supported by the print in the middle of the page can have at its edge."""
    step_mm: float = 0.125
    """mm; search step: a quarter of a module."""
    least: float = 0.55
    """Minimum agreement of the fixed patterns that are in the picture, -1..1. 39 codes, whole or without 4 mm, had 0.82
    and more (the shipped forms at 150 dpi with blur and noise), 39 other places of these pages 0.27 at most; the limit
    is the midpoint.
    """
    least_seen: int = 40
    """Minimum number of modules of fixed patterns in the picture."""
    contrast: float = 30.0
    """Minimum contrast between dark and light modules, grey levels."""


DEFAULT_MEND = MendSettings()


def mended_identities(
    gray: Gray, page_map: PageMap, page: PageLayout, settings: MendSettings = DEFAULT_MEND
) -> set[Identity]:
    """The identities in the codes of a page with this `page_map`, read singly and combined; empty if they are
    illegible.
    """
    seen = [
        modules
        for area in page.codes
        if area.kind == "qr"
        if (modules := _modules(gray, page_map, area.rect, settings)) is not None
    ]
    found = {
        identity
        for grid in _grids(seen)
        for code in read_codes(_drawn(grid))
        if (identity := pagecode.decode(code.text)) is not None
    }
    return {identity for identity in found if identity.page == page.number}


def _grids(seen: Sequence[Floats]) -> Iterator[Floats]:
    if len(seen) > 1:
        yield np.sum(seen, axis=0)
    yield from seen


def _modules(gray: Gray, page_map: PageMap, rect: RectMm, settings: MendSettings) -> Floats | None:
    """Darkness of each module, (25, 25), 1 dark, -1 light, 0 not in the picture; None if there is no code."""
    ticks = (np.arange(MODULES) + 0.5) / MODULES
    steps = np.arange(-settings.reach_mm, settings.reach_mm + 1e-9, settings.step_mm)
    x, y = rect.x + rect.w * ticks[None, :], rect.y + rect.h * ticks[:, None]
    grey = sample_points(gray, page_map, _shifted(x, steps, "x"), _shifted(y, steps, "y")).astype(np.float64)
    grey = grey.reshape(-1, MODULES, MODULES)
    dx, dy = np.meshgrid(steps, steps)
    places = np.stack(np.broadcast_arrays(x + dx.reshape(-1, 1, 1), y + dy.reshape(-1, 1, 1)), axis=-1)
    px = page_map.to_px(places.reshape(-1, 2)).reshape(places.shape)
    there = np.asarray(((px >= 0) & (px <= np.array([gray.shape[1], gray.shape[0]]) - 1)).all(axis=-1))
    best, agreement = None, settings.least
    for number in range(len(grey)):
        signed = _signed(grey[number], there[number], settings)
        fixed = _fixed()
        known = (fixed != 0) & (signed != 0)
        if known.sum() < settings.least_seen:
            continue
        score = float((signed * fixed)[known].mean())
        if score > agreement:
            best, agreement = signed, score
    return best


def _shifted(values: Floats, steps: Floats, axis: str) -> Floats:
    """Positions for every shift: (S * S, 25, 25) with the shift along x varying fastest."""
    dx, dy = np.meshgrid(steps, steps)
    by = (dx if axis == "x" else dy).reshape(-1, 1, 1)
    return np.asarray(np.broadcast_to(values + by, (by.shape[0], MODULES, MODULES)), dtype=np.float64)


def _signed(grey: Floats, there: NDArray[np.bool_], settings: MendSettings) -> Floats:
    """Grey values of modules as -1 (light) to 1 (dark); outer rows and columns without any dark module are cut off."""
    if there.sum() < MODULES:
        return np.zeros_like(grey)
    low, high = np.percentile(grey[there], (15, 85))
    if high - low < settings.contrast:
        return np.zeros_like(grey)
    signed = np.where(there, np.clip((low + high - 2 * grey) / (high - low), -1, 1), 0.0)
    for side in (signed, signed[::-1], signed.T, signed.T[::-1]):
        for row in side:
            if (row > 0).any():
                break
            row[:] = 0
    return signed


@cache
def _fixed() -> NDArray[np.int8]:
    """The modules common to all codes of version 2: 1 dark, -1 light, 0 for data modules."""
    grid = np.zeros((MODULES, MODULES), np.int8)
    ring = np.array(
        [[1 if max(abs(row), abs(column)) != 2 else -1 for column in range(-3, 4)] for row in range(-3, 4)],
        dtype=np.int8,
    )
    for top, left in ((0, 0), (0, MODULES - 7), (MODULES - 7, 0)):
        grid[max(0, top - 1) : top + 8, max(0, left - 1) : left + 8] = -1
        grid[top : top + 7, left : left + 7] = ring
    line = np.where(np.arange(8, MODULES - 8) % 2 == 0, 1, -1)
    grid[6, 8 : MODULES - 8] = grid[8 : MODULES - 8, 6] = line
    grid[16:21, 16:21] = [
        [1 if max(abs(row), abs(column)) != 1 else -1 for column in range(-2, 3)] for row in range(-2, 3)
    ]
    grid[MODULES - 8, 8] = 1
    return grid


def _drawn(grid: Floats) -> Gray:
    """A clean image of the code."""
    dark = np.where(_fixed() != 0, _fixed() > 0, grid > 0)
    picture = np.pad(np.where(dark, 0, 255).astype(np.uint8), _QUIET, constant_values=255)
    return np.kron(picture, np.ones((_DRAWN_PX, _DRAWN_PX), np.uint8))
