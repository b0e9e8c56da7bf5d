"""Readings of boxes by stratum, so that each stratum has its own calibration and threshold.

A window without any ink is certainly empty on a grey scan; in a bilevel scan it may have lost a pencil mark. A single
temperature would be underconfident in the first case and overconfident in the second.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Singles
from scanform.model.reading import MarkValue
from scanform.recognize.ink.sampling_plan import Mask
from scanform.recognize.marks.features import by_name

Ints = NDArray[np.int64]

SCANS = ("grey", "dirty", "coarse", "mono")
"""Grey scans; those with more than `DIRT` specks around a box; those below `COARSE_PX_PER_MM`; bilevel scans."""

ROOM = ("free", "crowded")
"""Boxes as on our own paper; boxes with print inside, or close to other print."""

FREE_CORE, FREE_BESIDE = 0.9, 0.15
"""A box is free when print leaves at least this fraction of its core open and covers at most this fraction of the
paper beside it.
"""

KINDS = (
    "empty",
    "empty, traces",
    "empty, specks inside",
    "empty, stroke inside",
    "empty, ink close by",
    "empty, ink of another box",
    "marked",
    "marked, small",
    "marked, faint",
    "joined with another box",
    "filled",
)
"""What was read; whether the ink in an empty box is a trace at its edge, small, or part of a stroke; whether ink close
by may be a mark that missed this box, or is only the arm of a mark in another one; whether a mark is no longer than a
dash, much paler than the others on the page, or connected to ink in other boxes.
"""

BARE, TRACES, SPECKS, STROKE, CLOSE_BY, OF_ANOTHER, MARKED, SMALL, PALE, JOINT, FULL = range(len(KINDS))

TRACE_SHARE = 0.03
"""Maximum inked fraction of the core that counts as residue at the edges of print."""

CLOSE_SHARE = 0.01
"""Fraction of the paper beside the box covered by ink that is in no other box."""

OWN_SHARE, ELSEWHERE, PASSING = 0.12, 0.15, 0.07
"""Ink belongs to another box if at most this fraction of it lies in this one, at least this much lies there (1 = one
box full), and at most this fraction of the paper up to 1 mm beside this box is inked: a passing arm, not a tick beside
the box.
"""

FEW = 3
"""Maximum number of boxes that a mark and its arms reach into; a component spanning more boxes is not a single mark."""

FAINT = 0.6
"""Maximum darkness of a faint mark, relative to the page's marks."""

JOINED, MOSTLY_OWN = 2, 0.8
"""A component is joined when it runs through this many boxes and less than this fraction of it is in one."""

LOOSE = 0.055
"""Minimum fraction of the paper beside the box, covered by ink that is in no other box, for that ink to be a possible
mark that missed this one: ends of strokes that begin elsewhere cover less.
"""

DIRT = float(np.log1p(0.3))
"""Specks around a box, mean of the page, as log(1 + specks): about 250 on a page."""

SMALL_REACH = 0.8
"""A mark shorter than this, relative to the shorter side of the box, is a dash or a dot."""

SMALL_PART = 0.1
"""Ink smaller than this fraction of the box is a speck, a dot or a dash of a millimetre."""

COARSE_PX_PER_MM = 6.0
"""150 dpi."""

LEAST_OPEN, BROAD_SHARE, LEAST_OPEN_BROAD = 0.75, 0.5, 0.35
"""If print leaves less than this fraction of the core of a box open, it can hide a small mark without a trace; if the
marks of a page ink at least `BROAD_SHARE` of it (filled bubbles), only below `LEAST_OPEN_BROAD`.
"""

WEAK_PEN, LEAST_PIECE, LEAST_WEAK_PIECE = 0.55, 0.045, 0.02
"""A component of this fraction of the box (0.9 and 0.4 mm2 in a box of 5 mm, soft edges included) is as large as the
smallest marks, dashes of a millimetre: 99 in 100 of them are larger on practice pages. The smaller limit applies where
the page's marks are paler than `WEAK_PEN`.
"""

DASH, DASH_RATIO, DASH_INSIDE = 0.2, 1.7, 0.9
"""Length relative to the side of the box, ratio of length to width, and fraction inside: a component that reaches all
three is a dash, however faint. Resting pens and specks are round.
"""

ROUND, PEN_BROAD = 1.5, 1.2
"""Maximum ratio of length to width, and maximum width relative to the page's strokes, of a small mark that a resting
pen can leave as well.
"""

BRIGHTER = 1.5
"""Ratio of the darkness of a small mark to that of the page's marks above which it is not one of them: those are then
pale traces (show-through).
"""

STROKES_SHARE = 0.2
"""Fraction of the core inked by the marks of a page, below which they are dots: such a page does not tell the stroke
width of the pen, nor whether a dot is a mark or a resting pen.
"""

WHOLE_PEAK, WHOLE_SHARE = 0.9, 0.35
"""In a bilevel scan a pen that is not black enough is lost in part or wholly. The marks of a page are whole if they are
at least this dark in the middle and ink at least this fraction of the core; if they are not, or if there are none, no
empty box and no box with a trace of ink is decided without a person. If they are paler (dithered scans), no box is
decided at all.
"""

FADING_PEAK, FADING_SHARE = 0.35, 0.45
"""If the marks of a page are pale, and at least this fraction of the inked boxes hold mere traces, marks fade out
(pencil on a photocopy): some are gone.
"""

NONE = -1
"""The stratum of what only a person can interpret, of boxes that seem empty but may be marked, and of dots on pages
without strokes: never decided without a person.
"""

STRATA = tuple(f"{scan}, {room}: {kind}" for scan in SCANS for room in ROOM for kind in KINDS)


def strata(described: Singles, probs: Singles, classes: tuple[str, ...]) -> Ints:
    """The stratum (N,) of boxes by their features (N, F) and probabilities (N, C)."""
    named = by_name(described)
    mono = named["mono"] > 0.5
    coarse = named["scale"] < np.log(COARSE_PX_PER_MM)
    scan = np.where(mono, 3, np.where(coarse, 2, np.where(named["dirt"] > DIRT, 1, 0)))
    free = (named["open_core"] >= FREE_CORE) & (named["print_beside"] <= FREE_BESIDE)
    group = scan * len(ROOM) + np.where(free, 0, 1)
    inside, large = named["core_share"] + named["rim_share"] > 0, named["part_whole"] >= SMALL_PART
    shared, theirs = (named["own_share"] <= OWN_SHARE) & (named["elsewhere"] > 0), is_of_another_box(named)
    within = np.where(
        inside, np.where(large, STROKE, np.where(named["core_share"] >= TRACE_SHARE, SPECKS, TRACES)), BARE
    )
    empty = np.where(
        (named["loose"] >= CLOSE_SHARE) | (shared & ~theirs), CLOSE_BY, np.where(theirs, OF_ANOTHER, within)
    )
    empty = np.where(_may_be_marked(named, theirs), NONE, empty)
    joined, faint = (named["crossed"] >= JOINED) & (named["own_share"] < MOSTLY_OWN), named["peak_of_page"] < FAINT
    small = np.where(_may_be_a_rest(named), NONE, SMALL)
    marked = np.where(joined, JOINT, np.where(faint, PALE, np.where(named["reach"] < SMALL_REACH, small, MARKED)))
    top = probs.argmax(axis=1)
    values = {
        MarkValue.EMPTY.value: empty,
        MarkValue.MARKED.value: marked,
        MarkValue.FILLED.value: np.where(joined, JOINT, FULL),
    }
    kind = np.full(len(top), NONE)
    for name, number in values.items():
        kind = np.where(top == classes.index(name), number, kind)
    undecided = (kind == NONE) | (mono & (named["usual_peak"] < WHOLE_PEAK))
    return np.asarray(np.where(undecided, NONE, group * len(KINDS) + kind), dtype=np.int64)


def _sides(named: Mapping[str, Singles]) -> tuple[Singles, Singles]:
    """The longer and the shorter side of the largest component in each box (N,)."""
    width, height = named["part_width"], named["part_height"]
    return np.maximum(width, height), np.minimum(width, height)


def _may_be_a_rest(named: Mapping[str, Singles]) -> Mask:
    """Small marks (N,) that a resting pen can leave: dots no wider than its strokes, or on pages that do not tell the
    stroke width.
    """
    longer, shorter = _sides(named)
    dot = (longer < ROUND * shorter) & (named["broad_of_page"] < PEN_BROAD)
    return np.asarray(dot | (named["usual_share"] < STROKES_SHARE) | (named["peak_of_page"] > BRIGHTER), dtype=np.bool_)


def _may_be_marked(named: Mapping[str, Singles], theirs: Mask) -> Mask:
    """Boxes (N,) that may hold a mark whatever they look like: print may hide it, the scan may have lost it, a
    component is as large as the smallest marks, or much ink is close by.
    """
    least = np.where(named["usual_peak"] >= WEAK_PEN, LEAST_PIECE, LEAST_WEAK_PIECE)
    longer, shorter = _sides(named)
    dash = (longer >= DASH) & (longer >= DASH_RATIO * shorter) & (named["part_inside"] > DASH_INSIDE)
    piece, beside = (named["part_area"] >= least) | dash, (named["near_share"] > PASSING) | (named["loose"] >= LOOSE)
    lost = (named["usual_peak"] < WHOLE_PEAK) | (named["usual_share"] < WHOLE_SHARE) | (named["core_share"] > 0)
    fading = (named["usual_peak"] > 0) & (named["usual_peak"] < FADING_PEAK) & (named["weak_boxes"] >= FADING_SHARE)
    hidden = named["open_core"] < np.where(named["usual_share"] >= BROAD_SHARE, LEAST_OPEN_BROAD, LEAST_OPEN)
    return np.asarray(((named["mono"] > 0.5) & lost) | fading | hidden | ((piece | beside) & ~theirs), dtype=np.bool_)


def is_of_another_box(named: Mapping[str, Singles]) -> Mask:
    """Boxes (N,) whose ink is the arm of a mark in another box; `named`: features by name."""
    shared = (named["own_share"] <= OWN_SHARE) & (named["elsewhere"] >= ELSEWHERE) & (named["crossed"] <= FEW)
    return np.asarray(shared & (named["near_share"] <= PASSING), dtype=np.bool_)


def rescaled(probs: Singles, stratum: Ints, coefficients: Singles) -> Singles:
    """The probabilities with the highest of each row set to sigmoid(a + b logit(p)), (a, b) by stratum (S, 2); the
    others share the remainder.

    Platt 1999, "Probabilistic outputs for support vector machines".
    """
    rows = np.flatnonzero(stratum != NONE)
    if len(rows) == 0:
        return probs
    top = probs.argmax(axis=1)[rows]
    p = np.clip(probs[rows, top].astype(np.float64), 1e-6, 1 - 1e-6)
    a, b = coefficients[stratum[rows]].T
    new = np.clip(1 / (1 + np.exp(-np.clip(a + b * np.log(p / (1 - p)), -50, 50))), 1 / probs.shape[1], 1 - 1e-6)
    out = probs.astype(np.float64)
    out[rows] *= ((1 - new) / (1 - p))[:, None]
    out[rows, top] = new
    return np.asarray(out, dtype=np.float32)
