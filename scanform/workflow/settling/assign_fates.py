"""The ledger: every submitted page gets exactly one fate, every form one response; each page is one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from scanform import pagecode
from scanform.assemble import NOTHING_BEFORE, AcceptSettings, Before, FormPages, assemble, shown_once
from scanform.model.page import Fate, Identity
from scanform.model.problem import Problem
from scanform.model.reading import PageReading
from scanform.model.response import Channel, Response
from scanform.page_result import PageResult
from scanform.recognize.ink.same_sheet import SheetEvidence, has_ink, same_sheet, sheet_evidence
from scanform.review.apply import split_item_id, standings
from scanform.review.triage import SHOWN_ONCE
from scanform.store import issued, ledger, revisions, values
from scanform.store.acts import manual_registrations
from scanform.store.engine import Transaction
from scanform.store.records import FormRecord, ManualRegistrationKind, PageRecord, SheetRecord
from scanform.workflow.printing.printed_texts import printed_answers
from scanform.workflow.project.project import Project
from scanform.workflow.settling.photocopies import choose_copy, counting, fates
from scanform.workflow.settling.revisions import settle as settle_revisions
from scanform.workflow.settling.waiting_forms import CollationState, collation_of, held

SUSPECT = "page-suspect"
"""The problem of a page whose file is damaged: an empty box on it may be a gap in the image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedIdentity:
    """Everything the pages of a form and of its photocopies share."""

    digest: str
    instance: str


def record_page(project: Project, tx: Transaction, page: PageRecord, result: PageResult | None, *, at: str) -> Fate:
    """Store what a worker found on `page` (None: its content was read before), assign fates and save the response.

    A page that another run has settled in the meantime stays as it is. Returns its fate.
    """
    settled = ledger.page_fate(tx, page.id)
    if settled is not None:
        return settled
    number = ledger.reading_id(tx, page.ref) if result is None else ledger.save_reading(tx, result, at=at)
    if number is None:
        raise LookupError(f"no reading of page {page.id}")
    ledger.link_page(tx, page.id, number)
    return resolve_reading(project, tx, number)[page.id]


def resolve_reading(project: Project, tx: Transaction, number: int) -> dict[int, Fate]:
    """Resolve everything that depends on a reading: its form, the fates of its pages, the responses of its identity.
    Returns the fates.
    """
    own = ledger.sheets_of_reading(tx, number)
    identity = own[0].identity
    if identity is None or own[0].outcome is not Fate.READ:
        given = fates(own)
        ledger.set_fates(tx, given)
        return given
    if own[0].copy is None:
        _place(tx, own[0], identity)
    return resolve_identity(project, tx, PrintedIdentity(digest=identity.digest, instance=identity.instance))


def resolve_identity(project: Project, tx: Transaction, printed: PrintedIdentity) -> dict[int, Fate]:
    """Recompute fates and responses of all pages of one printed identity from the pages that count. Returns
    the fates.
    """
    sheets = ledger.sheets(tx, digest=printed.digest, instance=printed.instance)
    given = fates(sheets, _preferred(tx, sheets))
    ledger.set_fates(
        tx,
        {
            sheet.page_id: given[sheet.page_id]
            for sheet in sheets
            if sheet.page_id in given and given[sheet.page_id] != sheet.fate
        },
    )
    copies = counting(sheets, given)
    joining = collation_of(tx, sheets, copies) if copies else None
    for form in ledger.forms(tx, digest=printed.digest, instance=printed.instance):
        if joining is not None and form.copy in copies:
            _save_form(project, tx, form, copies[form.copy], joining)
        else:
            values.set_response_withdrawn(tx, form.form_id, withdrawn=True)
    return given


def _preferred(tx: Transaction, sheets: Sequence[SheetRecord]) -> set[int]:
    """The readings people chose to count: for each page of each form, the latest choice."""
    if len(sheets) < 2:
        return set()
    found: dict[tuple[int | None, int | None], int] = {}
    by_content = {(sheet.sha256, sheet.index, sheet.part): sheet for sheet in sheets}
    for act in manual_registrations.acts_on(tx, sorted({sheet.sha256 for sheet in sheets})):
        sheet = by_content.get((act.sha256, act.index, act.part))
        if act.kind is ManualRegistrationKind.PREFERRED and sheet is not None:
            found[sheet.copy, sheet.page] = sheet.reading_id
    return set(found.values())


def _place(tx: Transaction, sheet: SheetRecord, identity: Identity) -> None:
    """Assign a newly read page to its form: the printed one, or another photocopy of it."""
    known = [
        other
        for other in ledger.sheets(tx, digest=identity.digest, instance=identity.instance)
        if other.outcome is Fate.READ
    ]
    readings = ledger.contents(tx, [other.reading_id for other in (*known, sheet) if other.page == sheet.page])
    looks: dict[int, SheetEvidence] = {}

    def look(one: SheetRecord) -> SheetEvidence:
        return looks.setdefault(one.reading_id, sheet_evidence(one.ink, readings.get(one.reading_id)))

    def inked(one: SheetRecord) -> bool:
        return has_ink(look(one))

    choice = choose_copy(sheet, known, lambda one, other: same_sheet(look(one), look(other)), inked)
    form_id = pagecode.form_id(identity.digest, identity.instance)
    printed = issued.issued_form(tx, identity.instance)
    number = ledger.add_form(
        tx,
        form_id=form_id if choice.copy == 1 else f"{form_id}.{choice.copy}",
        digest=identity.digest,
        instance=identity.instance,
        copy=choice.copy,
        pages=identity.pages,
        token=printed.token if printed and choice.copy == 1 else None,
    )
    ledger.set_form(tx, sheet.reading_id, number, unsure=choice.unsure)
    for moved in choice.moved:
        ledger.set_form(tx, moved, number)


def _save_form(
    project: Project, tx: Transaction, form: FormRecord, sheets: Sequence[SheetRecord], joining: CollationState
) -> None:
    layout = project.layouts.get(form.digest)
    if layout is None:
        return
    readings = ledger.contents(tx, [sheet.reading_id for sheet in sheets])
    first = min(sheets, key=lambda sheet: (sheet.file_id, sheet.position))
    pages = {
        sheet.page: _with_path(readings[sheet.reading_id], sheet)
        for sheet in sheets
        if sheet.page is not None and sheet.reading_id in readings
    }
    questionnaire = project.questionnaire_of(layout)
    printed, token = issued.issued_form(tx, form.instance), joining.token(form)
    form_pages = FormPages(
        form_id=form.form_id,
        token=token,
        received_at=first.handed_in_at,
        pages=pages,
        copy=form.copy > 1,
        expected_pages=len(layout.pages),
        printed=printed_answers(questionnaire, printed) if joining.is_addressee(form.copy) else {},
        before=_before(tx, form.form_id),
    )
    response = assemble(form_pages, questionnaire, layout, accept_settings(project))
    read = with_page_problems(response, pages, form_pages.before)
    values.save_response(tx, held(read, joining.problems(form)), batch_id=first.batch_id)


def accept_settings(project: Project) -> AcceptSettings:
    """Minimum confidence at which this project accepts values without review."""
    return AcceptSettings.at(project.config.reading.accept)


def with_page_problems(
    response: Response, pages: Mapping[int, PageReading], before: Before = NOTHING_BEFORE
) -> Response:
    """The response with the problems of its pages; no value on a page that may be damaged is accepted without
    review.
    """
    problems = [
        replace(problem, where=f"page {number}") for number in sorted(pages) for problem in pages[number].problems
    ]
    suspect = {number for number, page in pages.items() if any(problem.slug == SUSPECT for problem in page.problems)}
    answers = [answer.doubted(SUSPECT) if answer.page in suspect else answer for answer in response.answers]
    for number, slug in sorted(
        {
            (number, problem.slug)
            for number, page in pages.items()
            for problem in page.problems
            if problem.slug in SHOWN_ONCE
        }
    ):
        answers = shown_once(answers, slug, page=number, before=before)
    return replace(response, answers=tuple(answers), problems=response.problems + tuple(problems))


def _before(tx: Transaction, form_id: str) -> Before:
    """The form as stored so far: photocopies already shown keep their place, and nothing is moved where decisions
    exist.
    """
    standing = standings(values.decisions(tx, form_id))
    decided = frozenset(split_item_id(item)[1] for item, found in standing.items() if found.decision is not None)
    return Before(decided=decided, reasons=values.reasons(tx, form_id))


def _with_path(reading: PageReading, sheet: SheetRecord) -> PageReading:
    """The reading under the file name used for this submission (the bytes may have come under another name before)."""
    return replace(reading, ref=sheet.ref)


def resolve_batch(project: Project, tx: Transaction, batch_id: int) -> None:
    """Resolve everything the pages of a batch affect, after it was withdrawn or restored."""
    pages = ledger.pages_of_batch(tx, batch_id)
    identities = {
        PrintedIdentity(digest=page.identity.digest, instance=page.identity.instance)
        for page in pages
        if page.identity is not None
    }
    for printed in sorted(identities, key=lambda found: (found.digest, found.instance)):
        resolve_identity(project, tx, printed)
    for number in sorted({page.reading_id for page in pages if page.reading_id is not None}):
        ledger.set_fates(tx, fates(ledger.sheets_of_reading(tx, number)) if _stands_alone(tx, number) else {})
    withdrawn = next(batch.withdrawn_at for batch in ledger.batches(tx) if batch.id == batch_id) is not None
    values.set_batch_responses_withdrawn(tx, batch_id, withdrawn, but_channel=Channel.PAPER)
    settle_revisions(project, tx, revisions.responses_of_batch(tx, batch_id))


def _stands_alone(tx: Transaction, number: int) -> bool:
    """Whether a reading belongs to no form, so that its pages depend on nothing else."""
    return all(sheet.copy is None for sheet in ledger.sheets_of_reading(tx, number))


def page_problems(pages: Iterable[PageRecord]) -> list[tuple[PageRecord, Problem, bool]]:
    """The problems of each page; True marks those of the whole file, which are reported once per file."""
    found: list[tuple[PageRecord, Problem, bool]] = []
    files: set[int] = set()
    for page in pages:
        if page.file_id not in files:
            files.add(page.file_id)
            found += [(page, problem, True) for problem in page.file_problems]
        if page.fate is not Fate.DUPLICATE:
            said = {problem.slug for problem in page.file_problems}
            found += [(page, problem, False) for problem in page.problems if problem.slug not in said]
    return found
