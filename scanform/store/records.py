"""Records returned by the store: plain frozen records of the ledger (the other nouns are those of `model`)."""

from dataclasses import dataclass
from enum import StrEnum

from scanform.model.page import Corners, Fate, Identity, PageRef
from scanform.model.problem import Problem
from scanform.model.response import Response
from scanform.model.source import Lacking, SourceFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One submission. `kind` is "paper", "digital" or "keyed"; `withdrawn_at` is None while it counts."""

    id: int
    kind: str
    label: str
    created_at: str
    withdrawn_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file about to be recorded. `pages` is 0 when the file is refused; it then counts as one page."""

    path: str
    location: str
    sha256: str
    size: int
    kind: str
    pages: int
    archived: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A file, or a folder with this many files, not opened because of its name; `reason` is the slug of its problem,
    `at` when it was first seen.
    """

    location: str
    path: str
    reason: str
    files: int
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """A recorded file; `archived` is the path of its copy relative to the archive, "" when there is none."""

    id: int
    batch_id: int
    path: str
    sha256: str
    pages: int
    archived: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRecord:
    """A submitted page, with its reading result (`outcome`) and its fate; both None while it waits.

    `region` are the corners of its sheet in pixels of the decoded page, () where the image shows nothing else.
    """

    id: int
    file_id: int
    batch_id: int
    ref: PageRef
    archived: str
    fate: Fate | None
    reading_id: int | None
    outcome: Fate | None
    identity: Identity | None
    form_id: str | None
    problems: tuple[Problem, ...]
    file_problems: tuple[Problem, ...]
    milliseconds: float
    seen_page: int | None = None
    file_pages: int = 1
    region: Corners = ()


class ManualRegistrationKind(StrEnum):
    """What a person did with a page: placed it by its corners or left it alone; or, where a page of a form came in
    twice, said that both are scans of one sheet, that they are two sheets, that this one counts, or that everything is
    right as it is.
    """

    PLACED = "placed"
    LEFT = "left"
    SAME_SHEET = "same-sheet"
    OTHER_SHEET = "other-sheet"
    PREFERRED = "preferred"
    SEEN = "seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualRegistration:
    """One act of a person on the page of this content: marked its corners and identified it, or left it alone.

    `corners_px` are the top left, top right, bottom right and bottom left corner as printed, in pixels of the decoded
    page; empty, and `identity` None, for a page that was left alone. `at` is ISO 8601 in UTC.
    """

    uuid: str
    sha256: str
    index: int
    kind: ManualRegistrationKind
    reviewer: str
    at: str
    identity: Identity | None = None
    corners_px: Corners = ()
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRecord:
    """A page with a reading, as the ledger compares it with others of the same printed identity.

    `active` is False for a page of a withdrawn batch, `copy` the number of the form it belongs to (1 = the printed
    one). `index` and `part` locate its pixels; `further` is the number of pages before it in its file in excess of one
    per image.
    """

    page_id: int
    reading_id: int
    file_id: int
    index: int
    batch_id: int
    active: bool
    fate: Fate | None
    outcome: Fate
    page: int | None
    copy: int | None
    ink: bytes
    unsure_copy: bool = False
    path: str = ""
    sha256: str = ""
    handed_in_at: str = ""
    identity: Identity | None = None
    part: int = 0
    further: int = 0

    @property
    def position(self) -> int:
        """Its position among all pages of its file, from 0: sheets in one image follow one another."""
        return self.index + self.further

    @property
    def ref(self) -> PageRef:
        """The page that was read."""
        return PageRef(sha256=self.sha256, path=self.path, index=self.index, part=self.part)

    @property
    def name(self) -> str:
        """Its name in acts of people: by content, whatever file it came in."""
        return f"{self.sha256}#{self.ref.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRecord:
    """A submitted form."""

    id: int
    form_id: str
    digest: str
    instance: str
    copy: int
    pages: int
    token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A printed form; name and address are contact data."""

    instance: str
    digest: str
    form_id: str
    token: str | None
    printed_at: str
    name: str | None = None
    address: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two responses that belong together: ids, the named rule that says so, and its certainty (0..1)."""

    first: str
    second: str
    rule: str
    probability: float = 1.0
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSurvey:
    """A survey of the survey tool in which a questionnaire is answered; `prefix` precedes its numbers in
    response ids.
    """

    id: int
    questionnaire: str
    name: str
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSource:
    """A response of a source survey: its number there, its id here, and the features that identify it."""

    id: str
    response_id: str
    facts: SourceFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What one import said about one response: the response as read, facts beside the answers, and the columns the file
    lacked.

    `same_as` is the number of the earlier revision with the same content, None where there is none.
    """

    batch_id: int
    survey_id: int
    source_id: str
    response: Response
    facts: SourceFacts
    lacking: Lacking
    id: int = 0
    same_as: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The responses (numbers of the source survey) in the file of an import; `older` when the file was surely older
    than what was known.
    """

    batch_id: int
    survey_id: int
    older: bool
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseWithdrawal:
    """Somebody withdrew one response, or (`withdrawn` False) restored it, with a reason."""

    uuid: str
    response_id: str
    withdrawn: bool
    reason: str
    reviewer: str
    at: str
