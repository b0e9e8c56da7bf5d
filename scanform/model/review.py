"""People's decisions about doubtful values, append-only."""

from dataclasses import dataclass
from enum import StrEnum

from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate
from scanform.model.response import Evidence

PERSON_CONFIDENCE = 0.99963
"""Probability that a value keyed or confirmed once by a person is right: 0.370 errors per 1,000 fields keyed once
(Paulsen et al. 2012, doi:10.1371/journal.pone.0035087). It is the confidence of confirmed, corrected and keyed values.
"""


class DecisionKind(StrEnum):
    """The act of a reviewer. INADMISSIBLE: incompatible marks; IMPLAUSIBLE: legible, but it cannot be true, with the
    entry as `to_value` if a person typed it.
    """

    CONFIRM = "confirm"
    CORRECT = "correct"
    NO_ANSWER = "no-answer"
    ILLEGIBLE = "illegible"
    INADMISSIBLE = "inadmissible"
    IMPLAUSIBLE = "implausible"
    POSTPONE = "postpone"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """One doubtful value. `id` is its permanent name ("<response id>/<column>"), `version` grows when the machine
    rereads it.

    `reasons` are problem slugs, the main one first; `confidence` is that of `value`, 0..1; `postponed` counts how often
    it was postponed.
    """

    id: str
    version: int
    response_id: str
    questionnaire: str
    question: str
    option: str | None
    kind: QuestionKind
    value: str
    candidates: tuple[Candidate, ...]
    reasons: tuple[str, ...]
    evidence: Evidence | None
    page: int | None = None
    confidence: float = 0.0
    postponed: int = 0

    @property
    def reason(self) -> str:
        """The main one of `reasons`."""
        return self.reasons[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One act of a reviewer. `uuid` makes repeated sending harmless; `item` and `version` identify what was reviewed.

    `from_value` is what the screen showed, `to_value` what the reviewer wants; an UNDO carries in `undoes` the uuid of
    the decision it undoes. `at` is ISO 8601 in UTC.
    """

    uuid: str
    item: str
    version: int
    reviewer: str
    kind: DecisionKind
    from_value: str
    to_value: str
    at: str
    undoes: str | None = None
