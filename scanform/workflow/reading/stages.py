"""The stages of reading a page: loaded, identified, registered, read. A page that cannot go on is refused, with its
fate.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from scanform.imaging.page_image import PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import RectPx
from scanform.model.layout import Layout, PageLayout
from scanform.model.page import Corners, Fate, Identity, PageRef
from scanform.model.problem import Problem
from scanform.model.reading import FieldReading, PageReading
from scanform.page_result import PageResult
from scanform.recognize.ink.sampling_plan import PreparedPage
from scanform.register.preprocess import Attempt
from scanform.scan.files.limits import Limits
from scanform.workflow.reading.edition import Edition, Editions, EditionSource

WEAK_BLANK = "weak-blank"
"""The problem of a reading from a zone with uncertain print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageJob:
    """What a worker needs to read a page: references, no arrays. `ref.path` is the name under which it was submitted.

    `file` is the archived copy that is opened. `editions` is the source of the editions `digests`. `given` is an
    identity known from elsewhere (neighbours, a person). `corners_px` are the corners of the page as marked by a person
    (top left, top right, bottom right, bottom left as printed). `region` are the corners of the one sheet to read in an
    image that shows several, () for the image as a whole.
    """

    ref: PageRef
    file: str
    editions: EditionSource
    digests: tuple[str, ...]
    limits: Limits
    given: Identity | None = None
    corners_px: Corners = ()
    region: Corners = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A decoded image treated as that of one page.

    `original` is the image as it came, `image` the same lightened, `problems` those of its file; `turn` in clockwise
    degrees for a viewer.
    """

    job: PageJob
    editions: Editions
    image: PageImage
    original: PageImage
    problems: tuple[Problem, ...]
    turn: int

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """The layouts that the page may have, by digest."""
        return self.editions.layouts(self.job.digests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A page of known identity. `scan` is the image examined; `fitted` is its map if the page was identified by its
    print.
    """

    loaded: Loaded
    scan: Attempt
    identity: Identity
    edition: Edition
    problems: tuple[Problem, ...]
    fitted: PageMap | None = None

    @property
    def page(self) -> PageLayout:
        """Its layout."""
        return self.edition.page(self.identity.page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A page of known registration, in the image to read answers from (`identified.scan.read`)."""

    identified: Identified
    page_map: PageMap
    prepared: PreparedPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A page that was read: its fields in the image they were read from, its ink fingerprint, and all its problems."""

    registered: Registered
    fields: tuple[FieldReading, ...]
    ink: bytes
    problems: tuple[Problem, ...]

    def result(self) -> PageResult:
        """The result of the worker, in pixels of the decoded page."""
        identified = self.registered.identified
        ref, weak, factor = identified.loaded.job.ref, identified.edition.weak, identified.scan.factor
        fields = tuple(one.doubted(WEAK_BLANK) if one.zone in weak else one for one in self.fields)
        page_map = self.registered.page_map
        if factor != 1:
            fields = tuple(replace(one, box=_rows_scaled(one.box, 1 / factor)) for one in fields)
            page_map = page_map.rows_scaled(1 / factor)
        reading = PageReading(ref=ref, identity=identified.identity, fields=fields, problems=self.problems)
        return PageResult(
            ref=ref,
            outcome=Fate.READ,
            identity=identified.identity,
            page_map=page_map,
            ink=self.ink,
            reading=reading,
            problems=self.problems,
        )


def _rows_scaled(box: RectPx, factor: float) -> RectPx:
    """The box in an image with `factor` times as many rows."""
    top, bottom = round(box.y * factor), round((box.y + box.h) * factor)
    return RectPx(x=box.x, y=top, w=box.w, h=max(0, bottom - top))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The fate of a page that cannot be read, and why. `seen_page` is the page number shown by its markers when there
    is no identity.
    """

    outcome: Fate
    problems: tuple[Problem, ...] = ()
    identity: Identity | None = None
    seen_page: int | None = None

    def result(self, ref: PageRef) -> PageResult:
        """The result of the worker."""
        return PageResult(
            ref=ref, outcome=self.outcome, identity=self.identity, problems=self.problems, seen_page=self.seen_page
        )


class RefusedError(Exception):
    """A page does not reach the next stage. Raised and caught between the stages of one page, never beyond."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.outcome)
        self.refusal = refusal
