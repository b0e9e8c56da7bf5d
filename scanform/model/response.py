"""One filled questionnaire, whatever its channel."""

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from scanform.model.geometry import RectPx
from scanform.model.page import PageRef
from scanform.model.problem import Problem, without_repeats
from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate

PAGES_UNPROVEN = "pages-unproven"
SHEET_PATTERNS = ("next", "previous", "turned", "swapped", "sets", "other")
HELD = frozenset({PAGES_UNPROVEN, *(f"sheets-{pattern}" for pattern in SHEET_PATTERNS)})
"""Problems of responses held as a whole: pages that may be several people's, printed numbers that contradict the
sheets.
"""


class Channel(StrEnum):
    """How a response reached the city."""

    PAPER = "paper"
    ONLINE = "online"
    PDF = "pdf"
    MANUAL = "manual"
    PHONE = "phone"


class Status(StrEnum):
    """Who vouches for a value."""

    AUTO = "auto"
    REVIEW = "review"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"


class Missing(IntEnum):
    """Why there is no value; SOEP-compatible codes."""

    NO_ANSWER = -1
    FILTERED = -2
    IMPLAUSIBLE = -3
    MULTIPLE_MARKS = -4
    NOT_IN_VERSION = -5
    ILLEGIBLE = -6
    PAGE_MISSING = -7
    NOT_REVIEWED = -8
    CONTRADICTION = -9
    NOT_REACHED = -10


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a value was seen: a page and a pixel box on it; the crop is cut on request."""

    ref: PageRef
    box: RectPx


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The value of one question, or of the text beside one option (`option` set).

    Values are text in canonical form: single choice an option code; multiple choice codes in form order, space
    separated; dates ISO, times HH:MM, numbers with a decimal point; a signature "signed"; "" when there is nothing.
    `missing` says why a value is absent once that is settled. `problems` are the slugs of the reasons for review, the
    main one first, each once. `raw` is what a person read where no rule admits it: it is kept beside the missing code,
    and is never a value. `page` is the 1-based page of the form. `not_offered` are the codes of options of a multiple
    choice question missing from this person's form or survey.
    """

    question: str
    kind: QuestionKind
    value: str
    confidence: float
    status: Status
    option: str | None = None
    missing: Missing | None = None
    reader: str = ""
    page: int | None = None
    evidence: Evidence | None = None
    candidates: tuple[Candidate, ...] = ()
    problems: tuple[str, ...] = ()
    not_offered: tuple[str, ...] = ()
    raw: str | None = None

    @property
    def problem(self) -> str | None:
        """The main one of `problems`, None when there is none."""
        return self.problems[0] if self.problems else None

    def doubted(self, *slugs: str) -> "Answer":
        """The answer with further reasons for review, after its own: it waits, and is not finally missing."""
        return replace(self, problems=without_repeats(self.problems, slugs), status=Status.REVIEW, missing=None)

    @property
    def column(self) -> str:
        """The name of this value in exports: `question`, or `question__option_text` beside an option."""
        return self.question if self.option is None else f"{self.question}__{self.option}_text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """All answers of one form or one online response. `id` is unique in the project: the form id, or `online-<id>`.

    `received_at` is ISO 8601 in UTC. `pages_missing` are 1-based pages of the form that have not come in.
    """

    id: str
    questionnaire: str
    version: str
    channel: Channel
    answers: tuple[Answer, ...]
    token: str | None = None
    place_id: str | None = None
    received_at: str = ""
    complete: bool = True
    pages_missing: tuple[int, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def held(self) -> bool:
        """Whether the response is held until a person has said whose pages these are."""
        return any(problem.slug in HELD for problem in self.problems)

    def answer(self, question: str, option: str | None = None) -> Answer | None:
        """The answer to a question (or the text beside an option), if there is one."""
        return next((a for a in self.answers if a.question == question and a.option == option), None)


def why_missing(answer: Answer | None) -> Missing | None:
    """Why there is no value to export; None when there is one. A value waiting for review does not count as one."""
    if answer is None:
        return Missing.NOT_IN_VERSION
    if answer.missing in {Missing.PAGE_MISSING, Missing.CONTRADICTION}:
        return answer.missing
    if answer.status is Status.REVIEW:
        return Missing.NOT_REVIEWED
    if answer.missing is not None:
        return answer.missing
    return None if answer.value else Missing.NO_ANSWER
