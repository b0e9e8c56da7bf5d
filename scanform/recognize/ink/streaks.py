"""Lines drawn by the scanner: dust on the glass leaves a straight line along the whole page, in exactly one pixel
column (or row).

A block of paper (a window, a zone) is suspect when one of its lines is dark from edge to edge where there is no print;
the suspicion is confirmed on the page itself, far beyond the zone. A pen does not stay on one pixel column for 10 cm.
"""

from dataclasses import dataclass

import numpy as np

from scanform.imaging.page_image import Gray, Singles
from scanform.recognize.ink.sampling_plan import Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class StreakSettings:
    """Which dark lines were drawn by the scanner."""

    along: float = 0.8
    """Fraction of a block's free samples on one line that must be dark, 0..1."""
    beyond: float = 0.6
    """The same on the page, above and below the block."""
    reach_px: int = 350
    """Pixels checked above and below."""
    every_px: int = 3
    """Row step; every n-th of these rows is checked."""
    beside_px: int = 7
    """Pixels beside the line at which the paper is measured."""
    contrast: float = 8.0
    """Minimum contrast of line to paper, grey levels."""
    slack_px: float = 2.0
    """Pixels cleared on each side of the line."""


def suspects(ink: Mask, free: Mask, axis: int, settings: StreakSettings) -> Mask:
    """Which of N blocks (N, H, W) may hold a streak along `axis` (1 = down the page); a cheap test that tolerates 3
    degrees.
    """
    wide = ink.copy()
    if axis == 1:
        for step in (1, 2):
            wide[:, :, step:] |= ink[:, :, :-step]
            wide[:, :, :-step] |= ink[:, :, step:]
    else:
        for step in (1, 2):
            wide[:, step:] |= ink[:, :-step]
            wide[:, :-step] |= ink[:, step:]
    fraction = (wide & free).sum(axis=axis, dtype=np.int32) / np.maximum(
        free.sum(axis=axis, dtype=np.int32), ink.shape[axis] // 3
    )
    return np.asarray(fraction.max(axis=1) > settings.along, dtype=np.bool_) if ink.size else np.zeros(len(ink), bool)


def streak_samples(ink: Mask, free: Mask, along: tuple[Singles, Singles], page: Gray, settings: StreakSettings) -> Mask:
    """The samples of one block (H, W) that lie on a streak. `along` = pixel coordinates (x, y) of the samples on
    `page`.
    """
    cleared = np.zeros(ink.shape, bool)
    for line, other, picture in ((along[0], along[1], page), (along[1], along[0], page.T)):
        for position in _dark_lines(ink, free, line, settings):
            if _goes_on(picture, position, float(other.mean()), settings):
                cleared |= np.abs(line - position) <= settings.slack_px
    return cleared


def _dark_lines(ink: Mask, free: Mask, line: Singles, settings: StreakSettings) -> list[int]:
    """Pixel columns on which nearly all free samples of the block are inked."""
    first = int(np.floor(line.min()))
    index = (np.rint(line) - first).astype(np.int64).ravel()
    total = np.bincount(index, weights=free.ravel())
    dark = np.bincount(index, weights=(ink & free).ravel())
    full = max(float(np.median(total)), 4.0)
    return [first + int(i) for i in np.flatnonzero((total > full * 0.5) & (dark > settings.along * total))]


def _goes_on(picture: Gray, column: int, row: float, settings: StreakSettings) -> bool:
    """Whether the page is darker on `column` than beside it far above and below `row`."""
    beside = settings.beside_px
    if not beside + 2 <= column < picture.shape[1] - beside - 2:
        return False
    top, bottom = max(0, int(row) - settings.reach_px), min(picture.shape[0], int(row) + settings.reach_px)
    strip = picture[top : bottom : settings.every_px, column - beside - 1 : column + beside + 2].astype(np.float32)
    here = strip[:, beside : beside + 3].min(axis=1)
    sides = np.minimum(strip[:, :2].mean(axis=1), strip[:, -2:].mean(axis=1))
    return bool(np.mean(sides - here > settings.contrast) > settings.beyond)
