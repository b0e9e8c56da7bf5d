"""The sort-out service: pages the machine could not place, their problems in words, their images, and a person's acts
on them.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeVar

import cv2
import numpy as np

from scanform import pagecode
from scanform.errors import UsageError
from scanform.i18n.texts import in_words, problem_text, remedy_text, text
from scanform.imaging.page_image import BLANK_DPI
from scanform.model.page import Fate, FoundBy
from scanform.model.problem import Problem
from scanform.page_result import PageResult
from scanform.register.sheets import where_cut
from scanform.store import ledger
from scanform.store.acts import manual_registrations
from scanform.store.acts.waived_pages import waived, waived_pages
from scanform.store.records import ManualRegistrationKind, PageRecord
from scanform.workflow.intake.read_batch import page_job, page_result
from scanform.workflow.pages.place_page import HELPABLE, Corners, Placed, identity_given, leave_page, place_page
from scanform.workflow.project.moments import limits_of
from scanform.workflow.project.project import Project
from scanform.workflow.reading.edition import FolderSource
from scanform.workflow.reading.executors import Died, Outcome, Standby
from scanform.workflow.reading.identify import ONLY_FORM
from scanform.workflow.reading.page_views import LONG_SIDE_PX, THUMB_PX, PageView, ViewJob, page_picture, page_view
from scanform.workflow.reading.read_page import read_page
from scanform.workflow.reading.stages import PageJob

log = logging.getLogger(__name__)

KEPT_PICTURES = 60
"""Number of cached images (20 to 500 kB each)."""

BLANK_PX_PER_MM = 4.0
"""Resolution of the blank page overlaid on the scan."""

PRINT_BGR = (150, 30, 200)
"""Colour of the blank page's print over the scan: distinct from ink, stamps and toner."""

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class SortCard:
    """A page that waits for a person: `name` as submitted with the place of its page ("3", or "3.2" for the second
    sheet in the third image), that place in words, problem and remedy.

    `left_by` is the last person who left it alone, "" for nobody.
    """

    id: int
    name: str
    page: str
    pages: int
    where: str
    fate: str
    why: tuple[str, ...]
    remedies: tuple[str, ...]
    left_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormChoice:
    """A form without ids that a page may belong to: `form` names it, `title` in words."""

    form: str
    title: str
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SortView:
    """A page to place: its card, its image size in pixels, the presumed form and page, its presumed corners and their
    source.

    `form` and `number` are empty and 0 when nothing is known. `known` tells that the page's own code names its form.
    """

    card: SortCard
    view: PageView
    form: str
    number: int
    known: bool
    digest: str
    pages: int
    choices: tuple[FormChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SortOutcome:
    """The outcome for a page: "read", or "refused" with the reason in words and the remedy; then nothing was stored."""

    result: str
    message: str
    remedies: tuple[str, ...] = ()
    form_id: str = ""


class SortDesk:
    """The pages of one project that wait for a person. Thread-safe; files are decoded in a separate process."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._limits = limits_of(project)
        self._worker = Standby(self._limits)
        self._lock = threading.Lock()
        self._pictures: OrderedDict[tuple[int, int, int], bytes] = OrderedDict()

    def close(self) -> None:
        """End the decoding process; the desk can be used again afterwards."""
        self._worker.close()

    # --- viewing -----------------------------------------------------------------------------------------------------

    def waiting(self) -> int:
        """Number of waiting pages, except those left alone."""
        return sum(not left for _, left in self._records())

    def cards(self, *, language: str) -> list[SortCard]:
        """All waiting pages in order of submission, those left alone last."""
        found = [_card(page, left, language) for page, left in self._records()]
        return sorted(found, key=lambda card: bool(card.left_by))

    def view(self, number: int, *, language: str, form: str = "", page: int = 0) -> SortView | None:
        """Everything a person needs to place a page; `form` and `page` if already chosen. None when it does not wait.

        Raises UsageError when it cannot be a page of that form.
        """
        record = self._record(number)
        if record is None:
            return None
        if form:
            identity_given(self._project, record, form, page or 1)
        left = {found.id: left for found, left in self._records()}.get(number, "")
        presumed = (form, page) if form else self._presumed(record)
        digest, pages = self._layout_of(*presumed)
        if not presumed[0] and (known := _known_by_print(record)) in self._project.layouts:
            digest, pages = known, len(self._project.layouts[known].pages)
        job = ViewJob(job=self._job(record), digest=digest or None, number=presumed[1] or None)
        seen = self._run(page_view, job, PageView(width=0, height=0, corners_px=(), found="picture", turn=0))
        return SortView(
            card=_card(record, left, language),
            view=seen,
            form=presumed[0],
            number=presumed[1],
            known=record.identity is not None and record.identity.found_by in (FoundBy.CODE, FoundBy.CODE_SEARCH),
            digest=digest,
            pages=pages,
            choices=self._choices(language),
        )

    def picture(self, number: int, *, turn: int, small: bool = False) -> bytes | None:
        """JPEG of a page, turned clockwise by a multiple of 90 degrees; None when there is none."""
        key = (number, turn % 360, THUMB_PX if small else LONG_SIDE_PX)
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
        record = self._record(number)
        if record is None:
            return None
        done = self._run(page_picture, ViewJob(job=self._job(record), turn=key[1], long_side_px=key[2]), None)
        if done is not None:
            with self._lock:
                self._pictures[key] = done
                if len(self._pictures) > KEPT_PICTURES:
                    self._pictures.popitem(last=False)
        return done

    def blank(self, digest: str, number: int) -> bytes | None:
        """PNG of the blank page's print with transparent paper; None when there is no such page."""
        layout = self._project.layouts.get(digest)
        page = next((page for page in layout.pages if page.number == number), None) if layout else None
        if page is None:
            return None
        blank = FolderSource(folder=str(self._project.folder)).blank(digest, page)
        factor = BLANK_PX_PER_MM / (BLANK_DPI / 25.4)
        size = (round(page.size.w * BLANK_PX_PER_MM), round(page.size.h * BLANK_PX_PER_MM))
        held = np.full((round(page.size.h / 25.4 * BLANK_DPI), round(page.size.w / 25.4 * BLANK_DPI)), 255, np.uint8)
        rows, columns = min(held.shape[0], blank.gray.shape[0]), min(held.shape[1], blank.gray.shape[1])
        held[:rows, :columns] = blank.gray[:rows, :columns]
        small = cv2.resize(held, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
        picture = np.empty((*small.shape, 4), np.uint8)
        picture[..., :3] = PRINT_BGR
        picture[..., 3] = 255 - small
        done, png = cv2.imencode(".png", picture)
        return png.tobytes() if done else None

    # --- deciding ----------------------------------------------------------------------------------------------------

    def place(
        self, number: int, *, form: str, page: int, corners_px: Corners, reviewer: str, uuid: str, language: str
    ) -> SortOutcome:
        """Read a page at the corners a person marked, in pixels of the image of `view`. Sending again changes
        nothing.
        """
        record = self._record(number, settled=True)
        if record is None:
            return SortOutcome(
                result="refused", message=text("sort.gone", language), remedies=(text("sort.gone_remedy", language),)
            )
        left, top = where_cut(record.region) if record.region else (0, 0)
        corners_px = tuple((x + left, y + top) for x, y in corners_px)
        try:
            placed = place_page(
                self._project, record, form, page, corners_px, reviewer=reviewer, uuid=uuid, read=self._read
            )
        except UsageError as error:
            return SortOutcome(
                result="refused",
                message=in_words(error.message, language),
                remedies=(in_words(error.remedy, language),),
            )
        return _outcome(placed, language)

    def leave(self, number: int, *, reviewer: str, uuid: str) -> bool:
        """Record that a person left a page alone; False when it does not wait."""
        record = self._record(number)
        return record is not None and leave_page(self._project, record, reviewer=reviewer, uuid=uuid)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _records(self) -> list[tuple[PageRecord, str]]:
        """The pages that wait, each with the name of the person who last left it alone ("" for none)."""
        with self._project.store.reading() as tx:
            given_up = waived_pages(tx)
            helpable = [page for page in ledger.pages_with_fate(tx, HELPABLE) if waived(page, given_up) is None]
            pages = [page for page in helpable if page.reading_id is not None and page.archived]
            left = {
                (act.sha256, act.index, act.part): act.reviewer
                for act in manual_registrations.manual_registrations(tx)
                if act.kind is ManualRegistrationKind.LEFT
            }
        return [(page, left.get((page.ref.sha256, page.ref.index, page.ref.part), "")) for page in pages]

    def _record(self, number: int, *, settled: bool = False) -> PageRecord | None:
        """A page that waits; with `settled` also one that was read meanwhile."""
        with self._project.store.reading() as tx:
            page = ledger.find_page(tx, number)
        shown = (
            page is not None
            and page.reading_id is not None
            and bool(page.archived)
            and (settled or page.fate in HELPABLE)
        )
        return page if shown else None

    def _presumed(self, page: PageRecord) -> tuple[str, int]:
        """The presumed form and page: as its code says, or the only form there is."""
        identity = page.identity
        if identity is not None and identity.digest in self._project.layouts:
            layout = self._project.layouts[identity.digest]
            return identity.digest if layout.imported else pagecode.form_id(
                identity.digest, identity.instance
            ), identity.page
        imported = [digest for digest, layout in self._project.layouts.items() if layout.imported]
        only = len(self._project.layouts) == 1 and len(imported) == 1
        return (
            (imported[0], 1 if len(self._project.layouts[imported[0]].pages) == 1 else 0)
            if only
            else ("", page.seen_page or 0)
        )

    def _layout_of(self, form: str, number: int) -> tuple[str, int]:
        """(digest, pages) of a form id or a digest; the only printed layout while the form is unknown; ("", 0)
        otherwise.
        """
        parsed = pagecode.parse_form_id(form)
        digest = parsed[0] if parsed else form
        layouts = self._project.layouts
        if not digest and number and len(layouts) == 1:
            digest = next(iter(layouts))
        layout = layouts.get(digest)
        return (digest, len(layout.pages)) if layout and number <= len(layout.pages) else ("", 0)

    def _choices(self, language: str) -> tuple[FormChoice, ...]:
        layouts = [layout for _, layout in sorted(self._project.layouts.items()) if layout.imported]
        found = []
        for layout in layouts:
            title = self._project.questionnaire_of(layout).title.get(language)
            found.append(
                FormChoice(
                    form=layout.digest,
                    title=f"{title} ({layout.questionnaire}, {layout.version})",
                    pages=len(layout.pages),
                )
            )
        return tuple(found)

    def _job(self, page: PageRecord) -> PageJob:
        return page_job(self._project, page, self._limits)

    def _read(self, job: PageJob) -> PageResult:
        return page_result(Outcome(job=job, result=self._worker.run(read_page, job)), self._limits)

    def _run(self, function: Callable[[ViewJob], Done], job: ViewJob, otherwise: Done) -> Done:
        """The result of the worker; `otherwise` when the page killed it."""
        done = self._worker.run(function, job)
        if isinstance(done, Died):
            log.warning("page %s of %s ended the process that shows it", job.job.ref.place, job.job.ref.sha256[:12])
            return otherwise
        return done


def _known_by_print(page: PageRecord) -> str:
    """The edition of a page of which nothing else is known; "" for others."""
    params = next((dict(problem.params) for problem in page.problems if problem.slug == ONLY_FORM), {})
    return params.get("digest", "")


def _card(page: PageRecord, left: str, language: str) -> SortCard:
    problems = page.problems or (Problem(slug="nothing-known"),)
    return SortCard(
        id=page.id,
        name=PurePath(page.ref.path).name,
        page=page.ref.place,
        pages=page.file_pages,
        where=text(
            "sort.ui.page-of-part" if page.ref.part else "sort.ui.page-of",
            language,
            page=page.ref.index + 1,
            pages=page.file_pages,
            part=page.ref.part,
        ),
        fate=text(f"fate.{page.fate.value}", language) if page.fate else "",
        why=tuple(problem_text(problem, language) for problem in problems),
        remedies=tuple(dict.fromkeys(remedy_text(problem.slug, language) for problem in problems)),
        left_by=left,
    )


def _outcome(placed: Placed, language: str) -> SortOutcome:
    if placed.by_other:
        return SortOutcome(
            result="refused", message=text("sort.gone", language), remedies=(text("sort.gone_remedy", language),)
        )
    if placed.outcome is Fate.READ:
        return SortOutcome(
            result="read", message=text("sort.read", language, form=placed.form_id or ""), form_id=placed.form_id or ""
        )
    weak = [problem for problem in placed.problems if problem.slug == "weak-registration"]
    if weak or not placed.problems:
        others = [problem for problem in placed.problems if problem not in weak]
        words = " ".join(
            dict.fromkeys([text("sort.not_proved", language), *(problem_text(problem, language) for problem in others)])
        )
        return SortOutcome(result="refused", message=words, remedies=_steps(language))
    words = " ".join(problem_text(problem, language) for problem in placed.problems)
    return SortOutcome(
        result="refused",
        message=words,
        remedies=tuple(dict.fromkeys(remedy_text(problem.slug, language) for problem in placed.problems)),
    )


def _steps(language: str) -> tuple[str, ...]:
    """Remedies when the print does not confirm the corners, in this order."""
    return tuple(text(f"sort.not_proved_{step}", language) for step in ("look", "rescan", "enter"))
