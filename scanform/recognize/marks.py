"""Check boxes: empty, marked or filled, with a calibrated probability, and the reason when a person should look."""

from dataclasses import dataclass

import numpy as np

from scanform.model.reading import Candidate, MarkValue
from scanform.recognize import features
from scanform.recognize.darkness import PageInk
from scanform.recognize.model import load, probabilities
from scanform.recognize.sample import Singles
from scanform.recognize.sheets import MarkSheet

READER = "marks/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearSettings:
    """`clear`: below this confidence a box or a blank carries a reason for review (chosen on the calibration pages, see models/marks.md).

    `doubtful`: from this probability of ink on, the text reader looks at a zone, so that the reviewer has a candidate.
    """

    clear: float = 0.99
    doubtful: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReading:
    """One box: the probability of each value, most probable first, and the reason to look, if any."""

    candidates: tuple[Candidate, ...]
    problem: str | None

    @property
    def value(self) -> str:
        """The most probable value."""
        return self.candidates[0].value

    @property
    def confidence(self) -> float:
        """Its probability."""
        return self.candidates[0].probability


def read_marks(page: PageInk, sheet: MarkSheet, settings: ClearSettings | None = None) -> tuple[MarkReading, ...]:
    """All boxes of a page, in the order of the sheet."""
    settings = settings or ClearSettings()
    described = features.describe(page, sheet)
    network = load("marks")
    if not len(described):
        return ()
    odds = probabilities(network, described)
    order = np.argsort(-odds, axis=1, kind="stable")
    ordered, names = np.take_along_axis(odds, order, axis=1).tolist(), [[network.classes[i] for i in row] for row in order.tolist()]
    found = []
    for number, streak in enumerate(page.marks.streak.tolist()):
        candidates = tuple(Candidate(value=value, probability=share) for value, share in zip(names[number], ordered[number], strict=True))
        found.append(MarkReading(candidates=candidates, problem=_problem(candidates[0], described[number], streak=streak, settings=settings)))
    return tuple(found)


def _problem(best: Candidate, facts: Singles, *, streak: bool, settings: ClearSettings) -> str | None:
    if streak:
        return "streak"
    if best.probability >= settings.clear:
        return None
    named = dict(zip(features.NAMES, facts.tolist(), strict=True))
    from_outside = bool(named["part_leaves"]) or named["part_inside"] < 0.6
    return "stray-ink" if best.value == MarkValue.EMPTY and (from_outside or named["part_area"] < 0.06) else "unclear-mark"
