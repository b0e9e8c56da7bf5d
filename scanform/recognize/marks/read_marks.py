"""Check boxes: empty, marked or filled, with a calibrated probability, and the reason for review if there is one."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from scanform.imaging.page_image import Singles
from scanform.model.questionnaire import Filled
from scanform.model.reading import Candidate, MarkValue
from scanform.recognize.ink import paper_level
from scanform.recognize.ink.extraction import PageInk
from scanform.recognize.ink.label_margin import HIGHLIGHTED
from scanform.recognize.ink.sampling_plan import MarkSheet, Mask
from scanform.recognize.marks import features, stroke_ownership
from scanform.recognize.marks.strata import NONE, rescaled, strata
from scanform.recognize.networks.npz_model import Network, load, probabilities

READER = "marks/1"


UNCLEAR = "unclear"
"""Class of marks that only a person can interpret: a line through several boxes, a circle around a box."""


LEAST_CLEAR = 0.98
"""Below this confidence a box carries a reason for review even if a lower threshold was learnt: it is not accepted
anyway (`assemble.AcceptSettings`).
"""

HALF = 0.5
"""Minimum probability for a mark to be called unclear."""

LEAST_FRAME, SEEN_FRAME = 0.4, 0.7
"""If a piece of the printed outline is paler than this, relative to the page's outlines, something hides the box or
part of it (a filing hole, a label, correction fluid, a tear): reading it takes the paper in hand. Does not apply to
pages whose outlines are too pale to be judged piece by piece: half of them are paler than `SEEN_FRAME` somewhere.
"""


TRACES_SHARE, LEAST_TRACES = 0.015, 2
"""Minimum fraction and number of boxes with a trace of ink inside for a page without a single mark not to count as
unanswered: its marks may be lost (pencil on a photocopy).
"""

FAR_MM = 0.6
"""mm; a box whose print was found further than this from its mapped position (curled paper out of focus) goes to
review: the map is unreliable there.
"""


MAYBE_FILLED = "maybe-filled"

DENSE, PERHAPS = 0.8, 0.01
"""Minimum fraction of the core at least half as dark as its darkest sample for a mark to be a possibly blacked-out box:
crosses reach .43 (99 in 100), marks scribbled into the box .66, boxes and circles blacked out .94 and more (simulated,
20 pens; the network takes two in three blacked-out circles for crosses). Beside another mark of the question the
network's own probability of "filled" is enough: 95 in 100 scribbles stay below .005.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearSettings:
    """What goes to review."""

    clear: float | None = None
    """Confidence, 0..1, below which a box carries a reason for review; None: the threshold learnt and tested with the
    model for each kind of reading (models/marks.md).
    """
    doubtful: float = 0.1
    """Minimum probability of ink, 0..1, for the text reader to read a zone, so that the reviewer has a candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReading:
    """One box: the probability of each value, most probable first, and the reasons for review, the main one first."""

    candidates: tuple[Candidate, ...]
    problems: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        """The most probable value."""
        return self.candidates[0].value

    @property
    def confidence(self) -> float:
        """Its probability."""
        return self.candidates[0].probability


def read_marks(
    page: PageInk, sheet: MarkSheet, settings: ClearSettings | None = None, *, filled: Filled = Filled.WITHDRAWN
) -> tuple[MarkReading, ...]:
    """All boxes of a page, in the order of the sheet; `filled` says whether a filled box is a mark or a withdrawn
    mark.
    """
    described = features.describe(page, sheet)
    network = load("marks", features.NAMES)
    if not len(described):
        return ()
    settings = settings or ClearSettings()
    raw = probabilities(network, described)
    kinds = strata(described, raw, network.classes)
    probs, unclear = without_unclear(rescaled(raw, kinds, network.scaling), network)
    clear = network.clear_inked if filled is Filled.MARK else network.clear
    learnt = np.where(kinds == NONE, 2.0, np.maximum(clear[kinds], LEAST_CLEAR))
    limits = learnt if settings.clear is None else np.full(len(probs), settings.clear)
    classes = [name for name in network.classes if name != UNCLEAR]
    order = np.argsort(-probs, axis=1, kind="stable")
    ordered, names = (
        np.take_along_axis(probs, order, axis=1).tolist(),
        [[classes[i] for i in row] for row in order.tolist()],
    )
    empty = probs[:, classes.index(MarkValue.EMPTY)]
    sure = np.maximum(empty, 1 - empty) if filled is Filled.MARK else probs.max(axis=1)
    value = probs.argmax(axis=1)
    is_empty = value == classes.index(MarkValue.EMPTY)
    struck = (unclear > HALF) & ~_is_circled(described)
    line = stroke_ownership.beside_lines(sheet, marked=~is_empty & ~struck, struck=struck)
    doubted = ((sure < limits) | line | _may_have_lost_all(described)).tolist()
    dense = (
        _may_be_filled(described, probs, classes, sheet) if filled is Filled.WITHDRAWN else np.zeros(len(probs), bool)
    ).tolist()
    is_seen = float(np.median(page.marks.frame)) >= SEEN_FRAME
    tinted = paper_level.tinted(page.marks, sheet, is_empty).tolist()
    covered, far, lines = (
        ((page.marks.frame < LEAST_FRAME) & is_seen).tolist(),
        (np.hypot(*page.marks.shift_mm.T) > FAR_MM).tolist(),
        line.tolist(),
    )
    found = []
    for number, streak in enumerate(page.marks.streak.tolist()):
        candidates = tuple(
            Candidate(value=value, probability=fraction)
            for value, fraction in zip(names[number], ordered[number], strict=True)
        )
        signs = (
            ("box-covered", covered[number]),
            ("box-moved", far[number]),
            (HIGHLIGHTED, tinted[number]),
            ("streak", streak),
            (MAYBE_FILLED, dense[number]),
        )
        problems = [slug for slug, holds in signs if holds]
        if doubted[number]:
            problems.append(
                _reason(candidates[0], described[number], unclear=float(unclear[number]), line=lines[number])
            )
        found.append(MarkReading(candidates=candidates, problems=tuple(problems)))
    return tuple(found)


def _may_be_filled(described: Singles, probs: Singles, classes: list[str], sheet: MarkSheet) -> Mask:
    """Boxes (N,) read as marked that may be blacked out: a withdrawn mark."""
    value = probs.argmax(axis=1)
    marked = value == classes.index(MarkValue.MARKED)
    dense = described[:, features.COLUMN["core_half_peak"]] >= DENSE
    marks_of = Counter(
        zone.question
        for zone, empty in zip(sheet.zones, (value == classes.index(MarkValue.EMPTY)).tolist(), strict=True)
        if not empty
    )
    beside = np.array([marks_of[zone.question] > 1 for zone in sheet.zones])
    return np.asarray(
        marked & (dense | (beside & (probs[:, classes.index(MarkValue.FILLED)] >= PERHAPS))), dtype=np.bool_
    )


def without_unclear(probs: Singles, network: Network) -> tuple[Singles, Singles]:
    """Probabilities of the values (N, 3) and of "unclear" (N,), which is divided evenly between empty and marked."""
    names = list(network.classes)
    if UNCLEAR not in names:
        return probs, np.zeros(len(probs), np.float32)
    unclear = probs[:, names.index(UNCLEAR)]
    kept = np.delete(probs, names.index(UNCLEAR), axis=1)
    names.remove(UNCLEAR)
    for value in (MarkValue.EMPTY, MarkValue.MARKED):
        kept[:, names.index(value)] += unclear / 2
    return kept, unclear


def _may_have_lost_all(described: Singles) -> bool:
    """Whether nothing on a page is dark enough for a mark although several boxes hold traces; `described` (N, F) are
    all its boxes.
    """
    core, usual = (described[:, features.COLUMN[name]] for name in ("core_share", "usual_peak"))
    return bool(usual[0] == 0 and (core > 0).sum() >= max(LEAST_TRACES, TRACES_SHARE * len(core)))


def _is_circled(facts: Singles) -> Mask:
    """Whether ink runs around boxes that are empty inside; features (F,) or (N, F)."""
    around, core = (facts[..., features.COLUMN[name]] for name in ("around", "core_share"))
    return np.asarray((around > 0.75) & (core < 0.1), dtype=np.bool_)


def _reason(best: Candidate, facts: Singles, *, unclear: float, line: bool) -> str:
    """Why an uncertain box goes to review; `line`: a line runs through the next box."""
    named = dict(zip(features.NAMES, facts.tolist(), strict=True))
    if line:
        return "line-through-box"
    if unclear > HALF:
        return "circled-box" if bool(_is_circled(facts)) else "line-through-box"
    if best.value == MarkValue.EMPTY and (
        named["usual_peak"] == 0 or not any(named[f"{band}_share"] for band in features.BANDS)
    ):
        return "lost-ink"
    from_outside = bool(named["part_leaves"]) or named["part_inside"] < 0.6
    return (
        "stray-ink" if best.value == MarkValue.EMPTY and (from_outside or named["part_area"] < 0.06) else "unclear-mark"
    )
