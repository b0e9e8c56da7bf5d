"""Which box a stroke belongs to: the ink around all boxes of a page is assembled on one sheet, so that strokes leaving
one window are followed into the next.

The arm of a large cross that ends in the next box is explained by its own box; a tick between boxes is explained by
none, and may be the mark of either; a line through several belongs to none.
"""

import numpy as np
from cv2 import CV_32S, connectedComponents
from numpy.typing import NDArray

from scanform.imaging.page_image import Gray, Singles
from scanform.recognize.ink.sampling_plan import EDGE_MM, PX_PER_MM, MarkSheet, Mask

Ints = NDArray[np.int64]

NAMES = ("own_share", "elsewhere", "crossed", "reach", "loose", "specks")
"""The columns of `describe`. Of the component that reaches furthest into a box: the fraction of its ink in boxes that
is in this one, how much is in others (1 = one box full), the number of boxes it runs through, its length (1 = the
shorter side of the box). Then the fraction of the paper beside the box inked by components that are in no other box,
and the number of specks.
"""

STEP = 2
"""Samples of a window per sample here, along both axes: strokes are wider than that."""

INSIDE_MM = 0.25
"""Minimum depth inside the edge for ink to be in the box."""

TOUCHES = 4
"""Minimum ink samples (0.4 mm2) in a box for a component to run through it."""

LONG_MM = 1.5
"""Shorter components beside a box are dirt, not a mark that missed it."""

SPECK_MM, SPECK_DARK = 1.4, 0.1
"""Maximum length and minimum peak darkness of a speck on bare paper (lengths measured here are about 0.7 mm too
large): residue at the edges of print is paler.
"""


NEXT_MM, LEVEL_MM = 9.0, 2.0
"""The next box in a row or column: maximum distance and maximum offset, in mm."""

IN_A_ROW = 2
"""Marked boxes in a row through which a line is followed."""


def describe(bridged: Gray, smooth: Singles, windows: Ints, sheet: MarkSheet) -> Singles:
    """The columns for the M `windows` that hold ink, (M, 6); `bridged` (M, S, S) is their ink, joined where print
    hides it, 0 or 1; `smooth` its darkness.
    """
    out = np.zeros((len(windows), len(NAMES)), np.float32)
    halved = _halved(bridged)
    window, y, x = np.nonzero(halved)
    if len(window) == 0:
        return out
    per_mm, side = PX_PER_MM / STEP, halved.shape[1]
    centres = sheet.centres_mm[windows]
    corners = np.rint(centres * per_mm - side / 2).astype(np.int64)
    corners -= corners.min(axis=0)
    rows, columns = corners[window, 1] + y, corners[window, 0] + x
    row_at, column_at = (_closed_up(corners[:, axis], side) for axis in (1, 0))
    paper = np.zeros((row_at[-1] + 1, column_at[-1] + 1), np.uint8)
    paper[row_at[rows], column_at[columns]] = 1
    total, labels = connectedComponents(paper, connectivity=8, ltype=CV_32S)
    label = labels[row_at[rows], column_at[columns]].astype(np.int64)
    long_mm = np.maximum(_extent(label, rows, total), _extent(label, columns, total)) / per_mm
    inside_mm = sheet.inside_mm[windows[window], y * STEP + 1, x * STEP + 1]
    key, place = np.unique(label * len(windows) + window, return_inverse=True)
    part, owner = np.divmod(key, len(windows))
    inside, beside = (
        np.bincount(place, weights=where, minlength=len(key)) for where in (inside_mm > INSIDE_MM, inside_mm < EDGE_MM)
    )
    in_boxes = np.bincount(part, weights=inside, minlength=total)[part]
    crossed = np.bincount(part[inside >= TOUCHES], minlength=total)[part]
    dark = _halved(((smooth > SPECK_DARK) & sheet.free[windows]).view(np.uint8))[window, y, x]
    speck = (np.bincount(place, weights=dark, minlength=len(key)) > 0) & (long_mm[part] <= SPECK_MM)
    best = np.zeros(len(windows), np.int64)
    order = np.lexsort((beside, inside))
    best[owner[order]] = order  # the last one written is the largest
    size_mm = np.array([(zone.rect.w, zone.rect.h) for zone in sheet.zones])[windows]
    area = np.maximum(size_mm.prod(axis=1) * per_mm**2, 1)
    around = np.maximum(side**2 - area, 1)
    loose = (in_boxes - inside < TOUCHES) & (long_mm[part] >= LONG_MM)
    columns_ = (
        np.where(in_boxes[best] > 0, inside[best] / np.maximum(in_boxes[best], 1), 0),
        np.minimum((in_boxes - inside)[best] / area, 3),
        np.minimum(crossed[best], 8),
        np.minimum(long_mm[part[best]] / size_mm.min(axis=1), 12),
        np.bincount(owner, weights=np.where(loose, beside, 0), minlength=len(windows)) / around,
        np.minimum(np.bincount(owner[speck], minlength=len(windows)), 12),
    )
    for number, column in enumerate(columns_):
        out[:, number] = column
    return out


def beside_lines(sheet: MarkSheet, *, marked: Mask, struck: Mask) -> Mask:
    """Which of the `marked` boxes (N,) are next to a struck box (`struck`, N) in a row or column, or next to one that
    is.

    A line seldom runs through one box alone; in a box that is crossed or filled as well it does not show, and under a
    label it cannot be followed.
    """
    found = np.zeros(len(sheet.zones), bool)
    if not struck.any() or not marked.any():
        return found
    sizes = np.array([(zone.rect.w, zone.rect.h) for zone in sheet.zones])
    gap = np.abs(sheet.centres_mm[:, None] - sheet.centres_mm[None]) - (sizes[:, None] + sizes[None]) / 2
    off = np.abs(sheet.centres_mm[:, None] - sheet.centres_mm[None])
    near = ((gap <= NEXT_MM) & (off[..., ::-1] <= LEVEL_MM)).any(axis=2)
    for _ in range(IN_A_ROW):
        found |= marked & near[:, struck | found].any(axis=1)
    return found


def _closed_up(starts: Ints, side: int) -> Ints:
    """The new position of each row (or column) of the page when rows covered by no window are dropped, except one that
    keeps the windows apart.
    """
    change = np.zeros(int(starts.max()) + side + 2, np.int64)
    np.add.at(change, starts, 1)
    np.add.at(change, starts + side, -1)
    covered = np.cumsum(change) > 0
    kept = covered | np.roll(covered, 1)
    return np.cumsum(kept) - 1


def _extent(label: Ints, at: Ints, total: int) -> Ints:
    """Extent of each of `total` components along one axis; `label`, `at` of every sample."""
    low, high = np.full(total, np.iinfo(np.int64).max), np.full(total, -1)
    np.minimum.at(low, label, at)
    np.maximum.at(high, label, at)
    return np.where(high >= 0, high - low + 1, 0)


def _halved(ink: Gray) -> Gray:
    """The windows at half the sampling; a sample is ink if one of its four is."""
    rows = ink[:, ::STEP] | ink[:, 1::STEP]
    return np.asarray(rows[:, :, ::STEP] | rows[:, :, 1::STEP], dtype=np.uint8)
