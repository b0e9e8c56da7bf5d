"""Readings of boxes by kind, so that each kind has a calibration and a threshold of its own.

A window in which there is no ink at all, on a scan with grey levels, is empty beyond doubt; the same in black and white may have lost a pencil.
One temperature for all would be too modest about the first and too sure of the second.
"""

import numpy as np
from numpy.typing import NDArray

from scanform.model.reading import MarkValue
from scanform.recognize.features import NAMES
from scanform.recognize.sample import Singles

Ints = NDArray[np.int64]

SCANS = ("grey", "coarse", "mono")
"""Scans with grey levels; those below `COARSE_PX_PER_MM`; those in black and white."""

ROOM = ("free", "crowded")
"""Boxes as on our own paper; boxes with print inside, or close to other print."""

FREE_CORE, FREE_BESIDE = 0.9, 0.15
"""Boxes are free when print leaves so much of their core open, and covers at most so much of the paper beside them."""

KINDS = ("empty", "empty, specks inside", "empty, stroke inside", "empty, ink close by", "marked", "marked, small", "filled")
"""What was read; whether the ink inside an empty box is small or part of a stroke, or there is so much close by that a mark may have missed the box; whether a
mark is no larger than a resting pen leaves.
"""

CLOSE_SHARE = 0.02
"""Share of the paper up to 1 mm beside a box that is inked by a mark that may belong to it."""

SMALL_PART = 0.1
"""Ink smaller than this part of the box is a speck, a dot or a dash of a millimetre."""

COARSE_PX_PER_MM = 6.0
"""150 dpi."""

NONE = -1
"""The stratum of what only a person can interpret."""

STRATA = tuple(f"{scan}, {room}: {kind}" for scan in SCANS for room in ROOM for kind in KINDS)


def strata(described: Singles, odds: Singles, classes: tuple[str, ...]) -> Ints:
    """The stratum (N,) of boxes by their features (N, F) and probabilities (N, C)."""
    mono = described[:, NAMES.index("mono")] > 0.5
    coarse = ~mono & (described[:, NAMES.index("scale")] < np.log(COARSE_PX_PER_MM))
    scan = np.where(mono, 2, np.where(coarse, 1, 0))
    free = (described[:, NAMES.index("open_core")] >= FREE_CORE) & (described[:, NAMES.index("print_beside")] <= FREE_BESIDE)
    group = scan * len(ROOM) + np.where(free, 0, 1)
    named = {name: described[:, NAMES.index(name)] for name in ("core_share", "rim_share", "near_share", "part_whole")}
    inside, large = named["core_share"] + named["rim_share"] > 0, named["part_whole"] >= SMALL_PART
    empty = np.where(inside, np.where(large, 2, 1), np.where(named["near_share"] >= CLOSE_SHARE, 3, 0))
    marked = np.where(large, 4, 5)
    top = odds.argmax(axis=1)
    values = {MarkValue.EMPTY.value: empty, MarkValue.MARKED.value: marked, MarkValue.FILLED.value: np.full(len(top), 6)}
    kind = np.full(len(top), NONE)
    for name, number in values.items():
        kind = np.where(top == classes.index(name), number, kind)
    return np.asarray(np.where(kind == NONE, NONE, group * len(KINDS) + kind), dtype=np.int64)


def rescaled(odds: Singles, stratum: Ints, coefficients: Singles) -> Singles:
    """The probabilities with the highest one of each row put at sigmoid(a + b logit(p)), (a, b) by stratum (S, 2); the others share what is left.

    Platt 1999, "Probabilistic outputs for support vector machines".
    """
    rows = np.flatnonzero(stratum != NONE)
    if len(rows) == 0:
        return odds
    top = odds.argmax(axis=1)[rows]
    p = np.clip(odds[rows, top].astype(np.float64), 1e-6, 1 - 1e-6)
    a, b = coefficients[stratum[rows]].T
    new = np.clip(1 / (1 + np.exp(-np.clip(a + b * np.log(p / (1 - p)), -50, 50))), 1 / odds.shape[1], 1 - 1e-6)
    out = odds.astype(np.float64)
    out[rows] *= ((1 - new) / (1 - p))[:, None]
    out[rows, top] = new
    return np.asarray(out, dtype=np.float32)
