"""Submissions, batch by batch, and what waits for whom: the numbers of the station's first screen, and the lists behind
them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from scanform.i18n.texts import problem_text, remedy_text, text
from scanform.model.page import REFUSED_FATES, Fate
from scanform.store import ledger, values
from scanform.store.acts.waived_pages import WaivedPage, waived, waived_pages
from scanform.store.decision_times import DecisionTime, decision_times, seconds_per_form
from scanform.store.records import Batch, PageRecord
from scanform.workflow.intake.upload_desk import WAITING
from scanform.workflow.pages.missing_pages import open_incomplete, waived_count
from scanform.workflow.project.moments import shown
from scanform.workflow.project.project import Project
from scanform.workflow.review.desk import Counts, Desk
from scanform.workflow.settling.assign_fates import page_problems

SEEN_BY_PEOPLE = (*sorted(REFUSED_FATES), WAITING)
"""Fates that require action by a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """One batch: its pages by the name of their fate, in the order of `Fate`, and their total."""

    batch: Batch
    pages: Mapping[str, int]

    @property
    def total(self) -> int:
        """All pages of the batch."""
        return sum(self.pages.values())

    @property
    def troubled(self) -> int:
        """Pages that need a person's attention."""
        return sum(self.pages.get(fate, 0) for fate in REFUSED_FATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The batches, newest first, and the work that waits.

    Counted are: the values that wait, pages not placed yet, incomplete forms not accepted, unread `refused` pages not
    waived, repeated pages whose scans differ, the questions of collation, decision times, and the number of forms they
    were on.
    """

    batches: tuple[BatchLine, ...]
    fields: Counts
    unplaced: int
    incomplete: int
    refused: int
    doubles: int
    joining: int
    decision_times: tuple[DecisionTime, ...]
    decided_forms: int

    @property
    def fates(self) -> tuple[str, ...]:
        """The fates that any page has, in the order of `Fate`."""
        return tuple(name for name in _NAMES if any(line.pages.get(name) for line in self.batches))

    @property
    def seconds_per_form(self) -> float:
        """Time spent on the forms reviewed, in seconds per form; 0 when nothing is known."""
        return seconds_per_form(self.decision_times, self.decided_forms)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLine:
    """One page in a list: file and page number as submitted, the form it belongs to and its page number there (0:
    none), problem and remedy in words, and who waived it.
    """

    id: int
    file: str
    page: str
    form: str
    number: int
    remarks: tuple[tuple[str, str], ...]
    waived: WaivedPage | None = None


def overview(
    project: Project,
    desk: Desk,
    *,
    unplaced: int,
    doubles: int = 0,
    joining: int = 0,
    reviewer: str = "",
    contact: bool = True,
) -> Overview:
    """Count everything; `unplaced` pages wait on the sort-out screen, `doubles` are repeated pages to check, `joining`
    are printed numbers and files that wait for collation. For a `reviewer` the waiting values are those of their own
    screen, without `contact` names and addresses apart.
    """
    with project.store.reading() as tx:
        counts, batches, found, forms = (
            ledger.batch_counts(tx),
            ledger.batches(tx),
            decision_times(tx),
            values.decided_forms(tx),
        )
        given_up = waived_count(tx)
    incomplete = open_incomplete(project, [case.effective for case in desk.settled()])
    lines = tuple(
        BatchLine(batch=batch, pages=_by_name(counts.get(batch.id, {})))
        for batch in reversed(batches)
        if batch.id in counts
    )
    return Overview(
        batches=lines,
        fields=desk.counts(reviewer, contact=contact),
        unplaced=unplaced,
        incomplete=incomplete,
        refused=sum(line.troubled for line in lines if line.batch.withdrawn_at is None) - given_up,
        doubles=doubles,
        joining=joining,
        decision_times=tuple(found),
        decided_forms=forms,
    )


def pages_of(
    project: Project, batch: int, fate: str, *, limit: int, after: int = 0, language: str = "de"
) -> list[PageLine] | None:
    """The pages behind a number, in order of arrival; None when there is no such batch or fate."""
    if fate not in _NAMES:
        return None
    with project.store.reading() as tx:
        if batch not in {known.id for known in ledger.batches(tx)}:
            return None
        found = ledger.batch_pages(tx, batch, None if fate == WAITING else Fate(fate), limit=limit, after=after)
        given_up = waived_pages(tx) if fate in REFUSED_FATES else {}
    remarks: dict[int, list[tuple[str, str]]] = {}
    for page, problem, _ in page_problems(found):
        remarks.setdefault(page.id, []).append((problem_text(problem, language), _remedy(problem.slug, language)))
    return [_line(page, tuple(remarks.get(page.id, ())), waived(page, given_up)) for page in found]


def fate_text(name: str, language: str) -> str:
    """The name of a fate in words."""
    return text(f"fate.{name}", language)


_NAMES = (*(fate.value for fate in Fate), WAITING)


def _by_name(counts: Mapping[Fate | None, int]) -> dict[str, int]:
    named = {fate.value if fate else WAITING: count for fate, count in counts.items()}
    return {name: named[name] for name in _NAMES if name in named}


def _line(page: PageRecord, remarks: tuple[tuple[str, str], ...], given_up: WaivedPage | None) -> PageLine:
    return PageLine(
        id=page.id,
        file=shown(page.ref.path),
        page=page.ref.place,
        form=page.form_id or "",
        number=page.identity.page if page.identity else 0,
        remarks=remarks,
        waived=given_up,
    )


def _remedy(slug: str, language: str) -> str:
    try:
        return remedy_text(slug, language)
    except KeyError:
        return ""
