"""Is the paper of a box darker than that of the boxes around it? Then it is highlighted, or in a shadow, and goes to
review.

Ink is measured against the paper of its own window. A swipe that covers the whole window vanishes into that level, so
the level is compared with those of the boxes around it; a swipe that covers part of the window looks like broad, even
ink, so the lightest samples of the box and of the paper at its sides are compared as well.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Singles
from scanform.recognize.ink.extraction import MarkInk
from scanform.recognize.ink.sampling_plan import NEXT, PX_PER_MM, MarkSheet, Mask, core_depth_mm

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSettings:
    """Which paper counts as highlighted or shaded."""

    least: float = 0.95
    """Fraction of the paper level around the box, 0..1; darker paper is tinted. The palest swipes in use (yellow) leave
    0.91.
    """
    upper: float = 0.75
    """Quantile of the levels of boxes within 30 mm; it replaces the median of the eight nearest boxes where it is
    lighter: a swipe may run over several boxes.
    """
    slope: float = 0.0015
    """Per mm; allowance for the falloff of light (photos: up to .0017)."""
    light: float = 0.3
    """Quantile of the darkness in a piece of paper that represents its tint, unaffected by a stroke through it."""
    dark: float = 0.9
    """Quantile of the darkness of ink that represents its darker samples."""
    beside_mm: tuple[float, float] = (0.4, 1.6)
    """mm from the outer edge of a box, from and to: the measured strips along its sides."""
    pale: float = 0.45
    """Maximum mean darkness, 0..1, of highlighter ink."""
    even: float = 1.6
    """Maximum ratio of the darker to the lighter samples of highlighter ink: pens and pencils leave paper between their
    strokes.
    """


DEFAULT_PAPER = PaperSettings()


def level_around(paper: Singles, centres_mm: Floats, nearest: Ints, settings: PaperSettings = DEFAULT_PAPER) -> Singles:
    """The paper to expect at each of N boxes (N,), from the paper (N,) of the boxes around it."""
    if nearest.shape[1] == 0:
        return paper
    around = paper[nearest]
    gaps_mm = np.hypot(*(centres_mm[nearest] - centres_mm[:, None]).T).T
    upper = np.sort(around * (1 - settings.slope * gaps_mm), axis=1)[:, int(settings.upper * (nearest.shape[1] - 1))]
    return np.asarray(np.maximum(np.median(around[:, :NEXT], axis=1), upper), dtype=np.float32)


def tinted(ink: MarkInk, sheet: MarkSheet, is_empty: Mask, settings: PaperSettings = DEFAULT_PAPER) -> Mask:
    """Boxes (N,) whose paper is darker than around them; `is_empty` (N,): which of them were read as empty."""
    around = level_around(ink.paper, sheet.centres_mm, sheet.nearest, settings)
    dark = ink.paper < settings.least * around
    if len(ink.windows):
        limit = 1 - settings.least * around[ink.windows] / ink.paper[ink.windows]  # darkness by the window's own paper
        dark[ink.windows] |= _in_part(ink, sheet, limit, is_empty[ink.windows], settings)
    return dark


def _in_part(ink: MarkInk, sheet: MarkSheet, limit: Singles, is_empty: Mask, settings: PaperSettings) -> Mask:
    """Which of the M windows with ink are tinted in part: the core of the box, or paper at two sides of it. `limit`
    (M,) is the minimum darkness of tinted paper.

    A piece is tinted when less than the fraction `light` of its free samples is lighter than the limit.
    """
    found = np.zeros(len(ink.windows), bool)
    free = sheet.free[ink.windows].reshape(len(found), -1)
    lighter = (ink.excess.reshape(len(found), -1) <= limit[:, None]) & free
    for (width, height), members in sheet.sizes.items():
        chosen = np.flatnonzero(np.isin(ink.windows, members))
        if len(chosen) == 0:
            continue
        pieces = _pieces(width, height, sheet.side, settings)
        count, light = (
            np.asarray(cv2.gemm(what[chosen].astype(np.float32), pieces, 1, _NOTHING, 0)) for what in (free, lighter)
        )
        dark = (count >= FEW) & (light < settings.light * count)
        found[chosen] = (dark[:, 1:].sum(axis=1) >= SIDES) | (dark[:, 0] & is_empty[chosen])
        for place in chosen[dark[:, 0] & ~found[chosen]]:
            found[place] = _is_even(ink.excess[place].ravel()[(pieces[:, 0] > 0) & free[place]], settings)
    return found


FEW, SIDES = 12, 2
"""Samples (0.3 mm2) of a piece needed to judge its tint, and sides of a box at which a swipe must show: a swipe runs
along a row or a column, a shadow has an edge.
"""

_NOTHING = np.zeros((0, 0), np.float32)


def _is_even(core: Singles, settings: PaperSettings) -> bool:
    """Whether the ink in the middle of a box is as pale and even as highlighter ink."""
    light, dark = np.quantile(core, (settings.light, settings.dark))
    return bool(core.mean() <= settings.pale and dark <= settings.even * light)


@lru_cache(maxsize=64)
def _pieces(width_mm: float, height_mm: float, side: int, settings: PaperSettings) -> Singles:
    """The samples of a window (S * S, 5) that belong to the core of a box and to the paper left, right, above and
    below it, 1 if they do.
    """
    ticks = (np.arange(side) + 0.5) / PX_PER_MM - side / PX_PER_MM / 2
    across, down = np.abs(ticks)[None, :] - width_mm / 2, np.abs(ticks)[:, None] - height_mm / 2
    core = (across < -core_depth_mm(width_mm)) & (down < -core_depth_mm(height_mm))
    low, high = settings.beside_mm
    level, upright = (across > low) & (across < high) & (down < 0), (down > low) & (down < high) & (across < 0)
    masks = [
        core,
        level & (ticks < 0)[None, :],
        level & (ticks > 0)[None, :],
        upright & (ticks < 0)[:, None],
        upright & (ticks > 0)[:, None],
    ]
    return np.stack([mask.ravel() for mask in masks], axis=1).astype(np.float32)
