"""A person identifies a page: a code that no machine can read is often still legible."""

from pathlib import Path

from scanform import pagecode
from scanform.errors import InputError, UsageError, words
from scanform.model.layout import Layout
from scanform.model.page import Fate, FoundBy, Identity
from scanform.page_result import PageResult
from scanform.scan.intake import hash_file
from scanform.store import ledger
from scanform.store.records import PageRecord
from scanform.workflow.intake.read_batch import page_job, resolve_given
from scanform.workflow.pages.collate import put_page
from scanform.workflow.project.moments import limits_of, now, split_name
from scanform.workflow.project.project import Project
from scanform.workflow.reading.identify import own_instance
from scanform.workflow.reading.read_page import read_page
from scanform.workflow.settling.collate_pages import content_identity, move_page

COMMAND = "scanform identify"
"""The author of a move to another respondent made by a command."""

NEW = "new"
"""Given instead of a form: the page of an imported form begins a form of its own."""


def identify_page(project: Project, name: str, form: str, number: int | None) -> PageResult:
    """Read the page `FILE[#PAGE]` as page `number` of the printed form `form` (None: the number shown by its markers).

    PAGE is PAGE.SHEET where the image shows several; without a sheet it is the first that waits.

    `form` is a printed form id, or for an imported form the code of its questionnaire (its digest where there are
    several editions). A page of an imported form that was already read is moved to another form of its kind, by that
    form's id, or made one of its own ("new"). A page of a photocopied form that was already read is moved to another
    respondent: `form` is then the printed id, or that with the respondent's number (.2, .3, ...).

    Raises UsageError for an id that is mistyped or not of this project, and for a page that does not wait for help; the
    result says whether the page could be read.
    """
    page = _waiting_page(project, name, form)
    if page.outcome is Fate.READ:
        return _put(project, page, form) if _copy_of(page, form) else _moved(project, name, page, form)
    identity = _identity(
        project, page, form, number or page.seen_page or (page.identity.page if page.identity else None)
    )
    result = read_page(page_job(project, page, limits_of(project), identity))
    if not resolve_given(project, page, result, at=now()):
        raise _settled(name)
    return result


def _waiting_page(project: Project, name: str, form: str) -> PageRecord:
    path, index, part = split_name(name)
    with project.store.reading() as tx:
        if path.exists():
            found = ledger.pages_at(tx, hash_file(path), index)
        else:
            found = [
                page
                for page in ledger.pages_with_fate(tx, [Fate.REVIEW, Fate.UNKNOWN_FORM])
                if Path(page.ref.path) == path and page.ref.index == index
            ]
    found = [page for page in found if part in (0, page.ref.part)]
    if not found:
        raise InputError(words("identify.unknown_page", name=name), remedy=words("identify.unknown_page_remedy"))
    waiting = [
        page
        for page in found
        if page.outcome in (Fate.REVIEW, Fate.UNKNOWN_FORM)
        or _may_move(project, page, form)
        or _may_be_put(project, page, form)
    ]
    if not waiting:
        raise _settled(name)
    return waiting[0]


def _settled(name: str) -> UsageError:
    return UsageError(words("identify.settled", name=name), remedy=words("identify.settled_remedy"))


def _may_move(project: Project, page: PageRecord, form: str) -> bool:
    """Whether a page that was read can be moved to another form: both are of one imported form without
    printed numbers.
    """
    parsed = pagecode.parse_form_id(form)
    layout = project.layouts.get(page.identity.digest) if page.identity and page.outcome is Fate.READ else None
    return (
        layout is not None and layout.imported and (form == NEW or (parsed is not None and parsed[0] == layout.digest))
    )


def _copy_of(page: PageRecord, form: str) -> int:
    """The respondent named by `form` among those with the printed number of a page; 0 for another number."""
    base, _, number = form.partition(".")
    parsed = pagecode.parse_form_id(base)
    if (
        page.identity is None
        or parsed != (page.identity.digest, page.identity.instance)
        or not (number or "1").isdigit()
    ):
        return 0
    return int(number or "1")


def _may_be_put(project: Project, page: PageRecord, form: str) -> bool:
    """Whether a page that was read can be moved to another respondent: its number came in from several, and it is not
    there already.
    """
    copy = _copy_of(page, form)
    if not copy or page.outcome is not Fate.READ or page.identity is None or page.form_id == form:
        return False
    with project.store.reading() as tx:
        return (page.identity.digest, page.identity.instance) in ledger.identities_with_copies(tx)


def _put(project: Project, page: PageRecord, form: str) -> PageResult:
    """Move a page to another respondent."""
    with project.store.writing() as tx:
        sheet = next(found for found in ledger.sheets_of_reading(tx, page.reading_id or 0) if found.page_id == page.id)
        put_page(project, tx, sheet, _copy_of(page, form), reviewer=COMMAND)
    return PageResult(ref=page.ref, outcome=Fate.READ, identity=page.identity)


def _moved(project: Project, name: str, page: PageRecord, form: str) -> PageResult:
    """Move a page to another form, or make it the first page of a new one."""
    parsed = pagecode.parse_form_id(form)
    if page.identity is None:
        raise ValueError(f"page {page.id} was not read")
    instance = parsed[1] if parsed else own_instance(page.identity.digest, page.ref)
    with project.store.writing() as tx:
        if not _may_move(project, ledger.page_record(tx, page.id), form):
            raise _settled(name)
        move_page(project, tx, ledger.page_record(tx, page.id), instance)
        return PageResult(ref=page.ref, outcome=Fate.READ, identity=ledger.page_record(tx, page.id).identity)


def _identity(project: Project, page: PageRecord, form: str, number: int | None) -> Identity:
    parsed = pagecode.parse_form_id(form)
    layout = project.layouts.get(parsed[0]) if parsed else None
    if parsed is None:
        imported = _imported(project, form)
        return content_identity(imported, _number(imported, number), page.ref, FoundBy.PERSON)
    if layout is None:
        raise UsageError(words("identify.bad_form", form=form), remedy=words("identify.bad_form_remedy"))
    return Identity(
        digest=parsed[0],
        instance=parsed[1],
        page=_number(layout, number),
        pages=len(layout.pages),
        found_by=FoundBy.PERSON,
    )


def _imported(project: Project, form: str) -> Layout:
    """The imported form whose questionnaire has this code, or with this digest where there are several editions."""
    found = [
        layout
        for layout in project.layouts.values()
        if layout.imported and form in (layout.questionnaire, layout.digest)
    ]
    if len(found) > 1:
        known = ", ".join(f"{layout.digest} ({layout.version})" for layout in found)
        message = words("imported.several_editions", form=form, known=known)
        raise UsageError(message, remedy=words("imported.several_editions_remedy"))
    if not found:
        raise UsageError(words("identify.bad_form", form=form), remedy=words("identify.bad_form_remedy"))
    return found[0]


def _number(layout: Layout, number: int | None) -> int:
    wanted = 1 if number is None and len(layout.pages) == 1 else number
    if wanted is None or not 1 <= wanted <= len(layout.pages):
        raise UsageError(words("identify.bad_page", pages=len(layout.pages)), remedy=words("identify.bad_page_remedy"))
    return wanted
