"""The result of reading the zones of one page."""

from dataclasses import dataclass, replace
from enum import StrEnum

from scanform.model.geometry import RectPx
from scanform.model.page import Identity, PageRef
from scanform.model.problem import Problem, without_repeats


class MarkValue(StrEnum):
    """The three states of a check box: value of a mark zone's `FieldReading`."""

    EMPTY = "empty"
    MARKED = "marked"
    FILLED = "filled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A possible value and its probability, 0..1."""

    value: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReading:
    """The reading of one zone.

    `confidence` is the calibrated probability that `value` is right. Mark zones hold a `MarkValue`, and `candidates`
    the probabilities of all three; text zones hold the text, "" for a blank zone. `box` is the zone in pixels of the
    decoded page. `problems` are slugs, the main one first: reasons for review even at high confidence.
    """

    zone: str
    value: str
    confidence: float
    box: RectPx
    reader: str
    candidates: tuple[Candidate, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def problem(self) -> str | None:
        """The main one of `problems`, None when there is none."""
        return self.problems[0] if self.problems else None

    def doubted(self, *slugs: str) -> "FieldReading":
        """The reading with further reasons for review, after its own."""
        return replace(self, problems=without_repeats(self.problems, slugs))


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """All that was read from one page."""

    ref: PageRef
    identity: Identity
    fields: tuple[FieldReading, ...]
    problems: tuple[Problem, ...] = ()
