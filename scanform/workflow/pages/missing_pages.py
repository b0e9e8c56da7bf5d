"""Incomplete forms and unreadable pages: where to look in the stack, and what people accepted as it is."""

import io
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from scanform.dataset.csv_files import write_rows
from scanform.i18n.texts import problems_text, text
from scanform.model.page import REFUSED_FATES, Fate
from scanform.model.problem import Problem
from scanform.model.response import Channel, Response
from scanform.store import ledger, values
from scanform.store.acts.incomplete_accepted import IncompleteAccepted, add_incomplete_accepted, incomplete_accepted
from scanform.store.acts.waived_pages import WaivedPage, add_waived, place_of, waived, waived_pages
from scanform.store.engine import Transaction
from scanform.store.records import PageRecord
from scanform.workflow.project.moments import shown
from scanform.workflow.project.project import Project
from scanform.workflow.settling.assign_fates import page_problems

LONGEST_REASON = 1000

COLUMNS = ("form", "token", "page", "reason", "batch", "file", "position")
"""Columns of the list of pages to scan again; the place is that of the nearest page of the same form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CamePage:
    """A page of a form that came in: its page number on the form, and where it lies (batch, file as submitted, position
    in the file from 1).
    """

    number: int
    batch: int
    file: str
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncompleteForm:
    """A form that lacks pages (counted from 1), those that came in, and who accepted it."""

    form: str
    token: str
    missing: tuple[int, ...]
    came: tuple[CamePage, ...]
    accepted: IncompleteAccepted | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LostPage:
    """A page without a reading: where it lies, its fate, the reason, and who waived it."""

    id: int
    batch: int
    file: str
    position: str
    fate: Fate
    reason: str
    waived: WaivedPage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Incomplete forms and pages without a reading, those not accepted first."""

    forms: tuple[IncompleteForm, ...]
    pages: tuple[LostPage, ...]

    @property
    def open_forms(self) -> int:
        """Incomplete forms not accepted yet."""
        return sum(form.accepted is None for form in self.forms)

    @property
    def open_pages(self) -> int:
        """Pages without a reading, not waived yet."""
        return sum(page.waived is None for page in self.pages)


def missing_pages(project: Project, *, language: str = "de") -> Missing:
    """What to look for in the stacks, by form and by file."""
    responses = [response for response in project.store.responses() if _lacks(response)]
    with project.store.reading() as tx:
        accepted = incomplete_accepted(tx)
        lost, given_up = ledger.pages_with_fate(tx, REFUSED_FATES), waived_pages(tx)
        came: dict[str, list[PageRecord]] = defaultdict(list)
        if responses:
            for page in ledger.pages_with_fate(tx, (Fate.READ, Fate.COPY)):
                came[page.form_id or ""].append(page)
    forms = [_form(response, came[response.id], _holds(accepted.get(response.id), response)) for response in responses]
    why: dict[int, list[Problem]] = defaultdict(list)
    for page, problem, _ in page_problems(lost):
        why[page.id].append(problem)
    pages = [
        LostPage(
            id=page.id,
            batch=page.batch_id,
            file=shown(page.ref.path),
            position=page.ref.place,
            fate=page.fate or Fate.ERROR,
            reason=problems_text(why[page.id], language),
            waived=waived(page, given_up),
        )
        for page in lost
    ]
    return Missing(
        forms=tuple(sorted(forms, key=lambda form: (form.accepted is not None, form.form))),
        pages=tuple(sorted(pages, key=lambda page: page.waived is not None)),
    )


def open_incomplete(project: Project, responses: Sequence[Response]) -> int:
    """Number of `responses` that lack pages and were not accepted."""
    lacking = [response for response in responses if _lacks(response)]
    if not lacking:
        return 0
    with project.store.reading() as tx:
        accepted = incomplete_accepted(tx)
    return sum(_holds(accepted.get(response.id), response) is None for response in lacking)


def accept(project: Project, form: str, *, reviewer: str, reason: str, uuid: str = "") -> bool:
    """Accept a form although pages are missing; False when it lacks none or was accepted before."""
    with project.store.writing() as tx:
        known = incomplete_accepted(tx).get(form)
        if known is not None and known.uuid == uuid:
            return True  # sent again
        response = next((found for found in values.load_responses(tx, response_id=form) if _lacks(found)), None)
        if response is None or _holds(known, response) is not None:
            return False
        made = IncompleteAccepted(
            uuid=uuid or str(uuid4()),
            form_id=form,
            pages=response.pages_missing,
            reviewer=reviewer,
            reason=reason.strip()[:LONGEST_REASON],
            at=_now(),
        )
        return add_incomplete_accepted(tx, made)


def take_back(project: Project, form: str, *, reviewer: str, uuid: str = "") -> bool:
    """Undo an acceptance; False when there is none."""
    with project.store.writing() as tx:
        known = incomplete_accepted(tx).get(form)
        if known is None:
            return False
        undoing = IncompleteAccepted(
            uuid=uuid or str(uuid4()),
            form_id=form,
            pages=known.pages,
            reviewer=reviewer,
            reason="",
            at=_now(),
            undoes=known.uuid,
        )
        return add_incomplete_accepted(tx, undoing)


def waive_pages(project: Project, pages: Collection[int], *, reviewer: str, reason: str, uuid: str = "") -> bool:
    """Waive all these pages; they keep their fate. False when one of them was read or waived meanwhile."""
    name, why = uuid or str(uuid4()), reason.strip()[:LONGEST_REASON]
    with project.store.writing() as tx:
        known = waived_pages(tx)
        found = {page.id: page for page in ledger.pages_with_fate(tx, REFUSED_FATES) if page.id in pages}
        places = {place_of(page): page for page in found.values()}  # the same bytes may have come in under two names
        acts = {f"{name}-{page.id}": page for page in places.values()}
        standing = {act.uuid for page in acts.values() if (act := waived(page, known)) is not None}
        if uuid and acts and standing == acts.keys():
            return True  # sent again
        if not why or found.keys() != set(pages) or not pages or any(waived(page, known) for page in found.values()):
            return False
        for key, page in acts.items():
            add_waived(
                tx,
                WaivedPage(
                    uuid=key,
                    place=place_of(page),
                    fate=page.fate or Fate.ERROR,
                    reviewer=reviewer,
                    reason=why,
                    at=_now(),
                ),
            )
    return True


def take_waiver_back(project: Project, page: int, *, reviewer: str, uuid: str = "") -> bool:
    """Undo the waiver of a page, which waits again; False when it was not waived."""
    with project.store.writing() as tx:
        found = ledger.find_page(tx, page)
        known = waived(found, waived_pages(tx)) if found is not None else None
        if found is None or known is None:
            return False
        undoing = WaivedPage(
            uuid=uuid or str(uuid4()),
            place=known.place,
            fate=known.fate,
            reviewer=reviewer,
            reason="",
            at=_now(),
            undoes=known.uuid,
        )
        return add_waived(tx, undoing)


def waived_count(tx: Transaction) -> int:
    """Number of pages without a reading that people waived."""
    known = waived_pages(tx)
    return sum(waived(page, known) is not None for page in ledger.pages_with_fate(tx, REFUSED_FATES)) if known else 0


def waived_rows(project: Project) -> list[tuple[str, ...]]:
    """Everything people accepted although something is missing, for an export: cells in the order of `WAIVED`."""
    found = missing_pages(project, language=project.language)
    rows: list[tuple[str, ...]] = []
    for form in found.forms:
        if form.accepted is not None:
            lacks, act = " ".join(str(number) for number in form.missing), form.accepted
            rows.append(("form", form.form, "", lacks, "page-missing", act.reason, act.reviewer, act.at))
    for page in found.pages:
        if page.waived is not None:
            given_up = page.waived
            rows.append(
                ("page", "", page.file, page.position, page.fate.value, given_up.reason, given_up.reviewer, given_up.at)
            )
    return rows


WAIVED = ("kind", "form_id", "source_file", "pages", "problem", "reason", "accepted_by", "accepted_at")
"""The columns of waived.csv."""


def scan_again_csv(project: Project, *, language: str) -> bytes:
    """The list of pages to fetch from the stacks: a row for each missing page and for each unreadable page; UTF-8 with
    a byte order mark, for spreadsheets.
    """
    found, out = missing_pages(project, language=language), io.BytesIO()
    rows: list[tuple[str, ...]] = []
    for form in found.forms:
        for number in form.missing if form.accepted is None else ():
            near = min(form.came, key=lambda page: abs(page.number - number), default=None)
            place = (str(near.batch), near.file, near.position) if near else ("", "", "")
            rows.append((form.form, form.token, str(number), text("missing.ui.reason-missing", language), *place))
    rows += [
        ("", "", "", page.reason, str(page.batch), page.file, page.position)
        for page in found.pages
        if page.waived is None
    ]
    write_rows([text(f"missing.ui.column-{name}", language) for name in COLUMNS], rows, out)
    return out.getvalue()


def _lacks(response: Response) -> bool:
    return response.channel is Channel.PAPER and bool(response.pages_missing)


def _holds(acceptance: IncompleteAccepted | None, response: Response) -> IncompleteAccepted | None:
    """An acceptance holds as long as no page is missing beyond those it covered."""
    return acceptance if acceptance is not None and set(response.pages_missing) <= set(acceptance.pages) else None


def _form(response: Response, came: Sequence[PageRecord], accepted: IncompleteAccepted | None) -> IncompleteForm:
    pages = [
        CamePage(
            number=page.identity.page if page.identity else 0,
            batch=page.batch_id,
            file=shown(page.ref.path),
            position=page.ref.place,
        )
        for page in came
    ]
    return IncompleteForm(
        form=response.id,
        token=response.token or "",
        missing=response.pages_missing,
        came=tuple(sorted(pages, key=lambda page: page.number)),
        accepted=accepted,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
