"""Ingest: register files, read their pages in workers, and settle each page in one transaction of this process.

A run killed at any moment can be repeated without losing or double-counting anything: files are identified by location
and content, readings by content, and a page without a fate is read by the next run.
"""

import logging
import os
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from scanform.errors import InputError, words
from scanform.i18n.texts import text
from scanform.model.page import REFUSED_FATES, Fate, FoundBy, Identity, PageRef
from scanform.model.problem import Problem
from scanform.page_result import PageResult
from scanform.review.triage import INFERRED, TWIN
from scanform.scan.files.limits import Limits
from scanform.scan.intake import FoundFile, is_settled, search
from scanform.store import issued, ledger
from scanform.store.engine import Transaction
from scanform.store.records import NewFile, PageRecord, PassedOver
from scanform.workflow.intake.passed_over import keep_passed_over
from scanform.workflow.intake.register_file import NOT_READ, WITHIN, FileJob, Intake, register_file
from scanform.workflow.printing.printed_texts import keep_recipients
from scanform.workflow.project.moments import limits_of, now, shown
from scanform.workflow.project.progress import ShowProgress, no_progress
from scanform.workflow.project.project import Project
from scanform.workflow.reading.edition import FolderSource
from scanform.workflow.reading.executors import Died, Outcome, Workers, run_in_order
from scanform.workflow.reading.read_page import read_page
from scanform.workflow.reading.stages import PageJob
from scanform.workflow.settling.assign_fates import (
    PrintedIdentity,
    page_problems,
    record_page,
    resolve_identity,
    resolve_reading,
)
from scanform.workflow.settling.collate_pages import is_joined, join_page, join_waiting
from scanform.workflow.settling.contradicting_files import are_checked, check_sheets, sheet_remarks
from scanform.workflow.settling.infer_identity import inferred_identity
from scanform.workflow.settling.same_sheet import SameSheets
from scanform.workflow.settling.waiting_forms import collation_remarks, outdated

log = logging.getLogger(__name__)

GROWING_WAIT_S = 120.0
"""How long `ingest` waits for a file that is still being written; after that it is reported and left for the next run.
"""

LASTING = frozenset({"symlink", "special-file", "empty-file", NOT_READ})
"""Problems recorded in the ledger although nothing could be opened; others (no permission to read, vanished) may be
gone next time.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something to report: file as submitted, 1-based page (None: the whole file), fate of the page, what is wrong.

    `sheet` is the number of the sheet, from 1, where the image shows several, otherwise 0.
    """

    path: str
    page: int | None
    fate: Fate | None
    problem: Problem
    sheet: int = 0

    @property
    def place(self) -> str:
        """Page and sheet as shown to people: "3" or "3.2"; "" for the whole file."""
        if self.page is None:
            return ""
        return f"{self.page}.{self.sheet}" if self.sheet else str(self.page)


def remarks_on(pages: Iterable[PageRecord]) -> tuple[Remark, ...]:
    """The problems of pages as remarks to report."""
    return tuple(
        Remark(
            path=page.ref.path,
            page=None if whole else page.ref.index + 1,
            sheet=0 if whole else page.ref.part,
            fate=page.fate,
            problem=problem,
        )
        for page, problem, whole in page_problems(pages)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """The outcome of the submitted files: all their pages by fate, and the work of this run.

    `read` pages were read by this run in `seconds`; `page_ms` is the mean time of one page in its worker. `not_taken`
    counts files without a page in the ledger: vanished, unreadable, still growing. `pictures` are fewer than the pages
    where images show several sheets. `passed_over` was never opened because of its name.
    """

    batch: int | None
    files: int
    new_files: int
    pages: Mapping[Fate, int]
    waiting: int
    read: int
    seconds: float
    page_ms: float
    not_taken: int
    remarks: tuple[Remark, ...]
    pictures: int = 0
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def refused(self) -> int:
        """Pages and files that need a person's attention."""
        return sum(self.pages.get(fate, 0) for fate in REFUSED_FATES) + self.not_taken


@dataclass(slots=True, kw_only=True)
class _Run:
    """The state of one run: its batch once there is one, keys of the submitted files, remarks on files not taken.

    `divided` are the sheets found in images that show several. `names` maps file locations to the names people know,
    where the two differ.
    """

    label: str
    at: str
    retry: bool
    names: Mapping[str, str] = field(default_factory=dict)
    batch: int | None = None
    new_files: int = 0
    keys: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    passed_over: tuple[PassedOver, ...] = ()
    files: set[int] = field(default_factory=set)
    twins: SameSheets = field(default_factory=SameSheets)
    divided: set[PageRef] = field(default_factory=set)


def read_batch(
    project: Project,
    paths: Sequence[Path],
    workers: Workers,
    *,
    progress: ShowProgress = no_progress,
    retry: bool = False,
    label: str = "",
    names: Mapping[str, str] | None = None,
) -> BatchSummary:
    """Register all files under `paths` and read their pages and those left by an earlier run; raises InputError for
    paths that do not exist.

    `label` names the batch ("": by its paths), `names` the files at some locations (real path -> name as submitted).
    """
    started = time.monotonic()
    missing = [path for path in paths if not os.path.lexists(path)]
    if missing:
        listed = ", ".join(shown(path) for path in missing)
        raise InputError(words("ingest.no_such_path", paths=listed), remedy=words("ingest.no_such_path_remedy"))
    run = _Run(label=label or " ".join(shown(path) for path in paths), at=now(), retry=retry, names=names or {})
    limits = limits_of(project)
    try:
        found = search(paths)
        run.passed_over = keep_passed_over(project, paths, found.passed_over, at=run.at)
        _register_all(
            project, run, workers, _settled_files(project, run, found.files), limits=limits, progress=progress
        )
        _wait_again(project, run)
        keep_recipients(project)
        _read_all(project, run, workers, limits=limits, progress=progress)
        _read_sheets_again(project, run, workers, limits)
        _join_pages(project)
        _read_by_neighbours(project, run, workers, limits)
        _check_sheets(project, run)
    finally:
        workers.close()
    return _summary(project, run, time.monotonic() - started)


def _settled_files(project: Project, run: _Run, found: Iterable[FoundFile]) -> Iterator[FoundFile]:
    """The files that can be opened and are complete; waits for those still growing."""
    deadline = time.monotonic() + GROWING_WAIT_S
    for file in found:
        if file.problem is not None:
            _refuse(project, run, file)
            continue
        while not is_settled(file.path, project.config.reading.settle_seconds):
            if not os.path.lexists(file.path) or time.monotonic() > deadline:
                slug = "still-growing" if os.path.lexists(file.path) else "vanished"
                run.remarks.append(Remark(path=shown(file.path), page=None, fate=None, problem=Problem(slug=slug)))
                break
            time.sleep(min(0.2, project.config.reading.settle_seconds))
        else:
            yield file


def _refuse(project: Project, run: _Run, file: FoundFile) -> None:
    """Something that is never opened: a link, a FIFO, or a file that vanished."""
    if file.problem is not None:
        _without_content(project, run, _new_file(file.path, sha256="", problems=()), file.problem)


def _without_content(project: Project, run: _Run, file: NewFile, problem: Problem) -> None:
    """A file without content to hash: recorded in the ledger if that is permanent, otherwise only reported."""
    if problem.slug in LASTING:
        _record_file(project, run, replace(file, sha256=f"-{problem.slug}", problems=(problem,)))
    else:
        run.remarks.append(Remark(path=file.path, page=None, fate=None, problem=problem))


def _register_all(
    project: Project, run: _Run, workers: Workers, files: Iterator[FoundFile], *, limits: Limits, progress: ShowProgress
) -> None:
    """Inspect all files in workers, copy them into the archive, and record new ones in order."""
    jobs = [FileJob(path=file.path, archive=str(project.archive), limits=limits) for file in files]
    with progress(text("ingest.files", project.language), len(jobs)) as advance:
        for outcome in run_in_order(workers, register_file, jobs):
            _register(project, run, outcome, limits)
            advance(1)


def _register(project: Project, run: _Run, outcome: Outcome[FileJob, Intake], limits: Limits) -> None:
    path, intake = outcome.job.path, outcome.result
    if isinstance(intake, Died):
        slug = "too-slow" if intake.seconds >= limits.file_seconds else "crashed"
        sha256, archived = _archive_here(project, path)
        _record_file(
            project, run, replace(_new_file(path, sha256=sha256, problems=(Problem(slug=slug),)), archived=archived)
        )
        return
    _register_file(project, run, intake, _new_file(path, sha256=intake.info.sha256, problems=intake.info.problems))


def _register_file(project: Project, run: _Run, intake: Intake, file: NewFile) -> None:
    """Record an inspected file, `file` as it is named and located, and then its embedded files."""
    info = intake.info
    if not info.sha256:
        for problem in info.problems:
            _without_content(project, run, file, problem)
        return
    _record_file(
        project, run, replace(file, size=info.size, kind=info.kind, pages=info.pages, archived=intake.archived)
    )
    name = run.names.get(file.location, file.path)
    for inner in intake.attached:
        path, location = f"{name}{WITHIN}{inner.info.path}", f"{file.location}{WITHIN}{inner.info.path}"
        _register_file(
            project,
            run,
            inner,
            replace(file, path=path, location=location, sha256=inner.info.sha256, problems=inner.info.problems),
        )


def _archive_here(project: Project, path: str) -> tuple[str, str]:
    """Hash and archive a file that kills every process inspecting it; copying does not parse it."""
    from scanform.archive.content_store import archive_file
    from scanform.scan.intake import hash_file

    sha256 = hash_file(path)
    return sha256, archive_file(Path(path), sha256, project.archive)


def _new_file(path: str, *, sha256: str, problems: tuple[Problem, ...]) -> NewFile:
    location = shown(os.path.realpath(path))
    return NewFile(
        path=shown(path),
        location=location,
        sha256=sha256,
        size=0,
        kind="unknown",
        pages=0,
        archived="",
        problems=problems,
    )


def _record_file(project: Project, run: _Run, file: NewFile) -> None:
    """Record a file and its pages, unless the same content from the same location is known; refused files are settled
    at once.
    """
    run.keys.append(ledger.known_key(file.location, file.sha256))
    file = replace(file, path=run.names.get(file.location, file.path))
    with project.store.reading() as tx:
        if ledger.is_known(tx, file.location, file.sha256) and not run.retry:
            return
    with project.store.writing() as tx:
        if ledger.is_known(tx, file.location, file.sha256):  # another run was faster, or this one retries
            run.new_files += file.pages > 0 and ledger.reopen_refused(tx, file)
            return
        if run.batch is None:
            interrupted = ledger.unfinished_batch(tx, kind="paper", label=run.label)
            run.batch = interrupted or ledger.add_batch(tx, kind="paper", label=run.label, at=run.at)
        ledger.add_file(tx, run.batch, file)
        run.new_files += 1
        if file.pages == 0:
            for page in ledger.pages_of(tx, run.keys[-1:]):
                outcome = (
                    Fate.ERROR
                    if any(problem.slug in ("crashed", "too-slow") for problem in file.problems)
                    else Fate.DAMAGED
                )
                record_page(
                    project, tx, page, PageResult(ref=page.ref, outcome=outcome, problems=file.problems), at=run.at
                )


def _wait_again(project: Project, run: _Run) -> None:
    """On request, queue unreadable pages among the submitted files to be read again.

    An image none of whose sheets could be read is analysed again as a whole and may yield another number of sheets;
    where some sheets were read, the others are read again in place (`_read_sheets_again`).
    """
    if not run.retry:
        return
    with project.store.writing() as tx:
        for page in ledger.pages_of(tx, run.keys):
            if page.fate not in REFUSED_FATES or page.reading_id is None or page.file_pages == 0:
                continue
            if not page.ref.part:
                ledger.forget_reading(tx, page.reading_id)
            elif all(other.outcome is not Fate.READ for other in ledger.pages_at(tx, page.ref.sha256, page.ref.index)):
                ledger.forget_sheets(tx, page.ref)


def _read_sheets_again(project: Project, run: _Run, workers: Workers, limits: Limits) -> None:
    """On request, reread unreadable sheets in images of which other sheets were read."""
    if not run.retry:
        return
    with project.store.reading() as tx:
        refused = [
            page
            for page in ledger.pages_of(tx, run.keys)
            if page.fate in REFUSED_FATES and page.ref.part and page.ref not in run.divided
        ]
    jobs = {page_job(project, page, limits): page for page in refused}
    for outcome in run_in_order(workers, read_page, jobs):
        result = page_result(outcome, limits)
        if result.reading is not None:
            resolve_given(project, jobs[outcome.job], result, at=run.at, outcomes=REFUSED_FATES)


def _read_all(project: Project, run: _Run, workers: Workers, *, limits: Limits, progress: ShowProgress) -> None:
    """Read all waiting pages and settle them in order; content already read is only settled."""
    with project.store.reading() as tx:
        waiting = ledger.waiting_pages(tx)
    run.files |= {page.file_id for page in waiting}
    submitted: dict[PageRef, PageRecord] = {}
    known: list[PageRecord] = []
    with progress(text("ingest.pages", project.language), len(waiting)) as advance:
        for outcome in run_in_order(workers, read_page, _jobs(project, waiting, limits, submitted, known)):
            result = page_result(outcome, limits)
            run.milliseconds.append(result.milliseconds)
            _settle(project, run, submitted.pop(outcome.job.ref), result)
            advance(1)
        for page in known:
            _settle(project, run, page, None)
            advance(1)


def _join_pages(project: Project) -> None:
    """Collate pages of imported forms that are read and wait only for the pages around them."""
    with project.store.reading() as tx:
        batches = sorted({page.batch_id for page in ledger.waiting_pages(tx) if page.reading_id is not None})
    for batch in batches:
        with project.store.writing() as tx:
            join_waiting(project, tx, batch)


def _check_sheets(project: Project, run: _Run) -> None:
    """Check whether the printed numbers of the files of this run fit their sheets."""
    with project.store.reading() as tx:
        behind = outdated(tx)
    if behind:
        with project.store.writing() as tx:
            for digest, instance in outdated(tx):
                resolve_identity(project, tx, PrintedIdentity(digest=digest, instance=instance))
    with project.store.reading() as tx:
        files = sorted({page.file_id for page in ledger.pages_of(tx, run.keys)} | run.files)
        files = [file for file in files if not are_checked(project, tx, file)]
    for file in files:
        with project.store.writing() as tx:
            check_sheets(project, tx, file)


def _read_by_neighbours(project: Project, run: _Run, workers: Workers, limits: Limits) -> None:
    """Read pages whose page code is destroyed but whose identity follows from their neighbours in the file."""
    with project.store.reading() as tx:
        unknown = [
            page
            for page in ledger.pages_with_fate(tx, [Fate.REVIEW])
            if page.identity is None and page.seen_page is not None
        ]
        files = ledger.pages_of_files(tx, {page.file_id for page in unknown})
        inferred = [
            (page, identity)
            for page in unknown
            if (identity := inferred_identity(page, files)) and not _is_taken(tx, identity)
        ]
        found = [
            (page, identity) for page, identity in inferred if not _is_imported(project, identity)
        ]  # markers were found, so it is a printed form
    jobs = {page_job(project, page, limits, identity): page for page, identity in found}
    for outcome in run_in_order(workers, read_page, jobs):
        result = page_result(outcome, limits)
        if result.reading is not None:
            resolve_given(project, jobs[outcome.job], with_problem(result, Problem(slug=INFERRED)), at=run.at)


def _is_taken(tx: Transaction, identity: Identity) -> bool:
    """Whether this page of this form was already submitted; then the unknown page may be anything."""
    return any(
        sheet.page == identity.page for sheet in ledger.sheets(tx, digest=identity.digest, instance=identity.instance)
    )


def resolve_given(
    project: Project,
    page: PageRecord,
    result: PageResult,
    *,
    at: str,
    outcomes: Collection[Fate] = (Fate.REVIEW, Fate.UNKNOWN_FORM),
) -> bool:
    """Replace the reading of a page, which has to be one of `outcomes`, by one with an identity from elsewhere, and
    resolve what follows.

    False when the page no longer waits.
    """
    with project.store.writing() as tx:
        now_stored = ledger.page_record(tx, page.id)
        if now_stored.reading_id is None or now_stored.outcome not in outcomes:
            return False
        divide(project, tx, now_stored, result, at=at)
        ledger.replace_reading(tx, now_stored.reading_id, result, at=at)
        if result.outcome is Fate.READ and is_joined(project.layouts, result.identity):
            join_page(project, tx, page.id)
        resolve_reading(project, tx, now_stored.reading_id)
        check_sheets(project, tx, page.file_id)
        return True


def divide(project: Project, tx: Transaction, page: PageRecord, result: PageResult, *, at: str) -> None:
    """Where the image of a page turns out to show other sheets as well, give these pages of their own and
    settle them.
    """
    if not result.sheets or page.reading_id is None or page.ref.part:
        return
    found = {sheet.ref.part: _with_unknown_instance(project, tx, sheet) for sheet in result.sheets}
    for other in ledger.divide_reading(tx, page.reading_id, page.ref, result.ref.part, sorted(found)):
        sheet = found[other.ref.part]
        number = ledger.save_reading(tx, sheet, at=at) if sheet else 0
        ledger.link_page(tx, other.id, number)
        if sheet and sheet.outcome is Fate.READ and is_joined(project.layouts, sheet.identity):
            join_page(project, tx, other.id)
        resolve_reading(project, tx, number)


def with_problem(result: PageResult, problem: Problem) -> PageResult:
    """The result with one more problem of the page."""
    problems = (*result.problems, problem)
    return replace(
        result, problems=problems, reading=replace(result.reading, problems=problems) if result.reading else None
    )


def _jobs(
    project: Project,
    waiting: Sequence[PageRecord],
    limits: Limits,
    submitted: dict[PageRef, PageRecord],
    known: list[PageRecord],
) -> Iterator[PageJob]:
    """A job for each content without a reading, yielded when a worker can take it; the other pages are put in
    `known`.
    """
    seen: set[tuple[str, int]] = set()
    for page in waiting:
        content = (page.ref.sha256, page.ref.index)
        with project.store.reading() as tx:
            is_read = content in seen or bool(ledger.parts_read(tx, page.ref))
        if is_read:
            known.append(page)
            continue
        seen.add(content)
        submitted[page.ref] = page
        yield page_job(project, page, limits)


def page_job(project: Project, page: PageRecord, limits: Limits, given: Identity | None = None) -> PageJob:
    """The job to read a page."""
    return PageJob(
        ref=page.ref,
        file=str(project.archive / page.archived),
        editions=FolderSource(folder=str(project.folder)),
        digests=tuple(sorted(project.layouts)),
        limits=limits,
        given=given,
        region=page.region,
    )


def page_result(outcome: Outcome[PageJob, PageResult], limits: Limits) -> PageResult:
    """The result of a job; a page that killed its worker twice is an error of its own."""
    if not isinstance(outcome.result, Died):
        return outcome.result
    slow = outcome.result.seconds >= limits.page_seconds
    problem = Problem(
        slug="too-slow" if slow else "crashed",
        where=f"page {outcome.job.ref.place}",
        params=(("seconds", f"{limits.page_seconds:.0f}"),),
    )
    return PageResult(
        ref=outcome.job.ref, outcome=Fate.ERROR, problems=(problem,), milliseconds=outcome.result.seconds * 1000
    )


def _settle(project: Project, run: _Run, page: PageRecord, result: PageResult | None) -> None:
    """Store what was found on a page (None: its content was read before) and settle it; all sheets of an image that
    shows several in one transaction.
    """
    with project.store.writing() as tx:
        for sheet, found in _sheets(tx, page, result):
            run.divided |= {sheet.ref} if sheet.ref.part else set()
            _settle_sheet(project, run, tx, sheet, found)


def _sheets(tx: Transaction, page: PageRecord, result: PageResult | None) -> list[tuple[PageRecord, PageResult | None]]:
    """The pages of an image, each with what was found on it; a result another run stored first for this
    content stays.
    """
    known = ledger.parts_read(tx, page.ref)
    if not known and result is not None and not result.sheets:
        return [(page, result)]
    found = {} if known or result is None else {sheet.ref.part: sheet for sheet in result.sheets}
    parts = known or tuple(sorted(found))
    if parts == (0,) or page.ref.part or ledger.page_record(tx, page.id).ref.part:
        return [(page, None)]
    return [(one, found.get(one.ref.part)) for one in ledger.divide_page(tx, page, parts)]


def _settle_sheet(project: Project, run: _Run, tx: Transaction, page: PageRecord, result: PageResult | None) -> None:
    result = _with_twin(project, run, tx, result)
    if not _waits_for_others(project, tx, page, result, at=run.at):
        fate = record_page(project, tx, page, _with_unknown_instance(project, tx, result), at=run.at)
        log.info("page %s of %s: %s", page.ref.place, page.ref.sha256[:12], fate.value)


def _with_twin(project: Project, run: _Run, tx: Transaction, result: PageResult | None) -> PageResult | None:
    """Flags a page of an imported form whose ink matches that of another page."""
    if (
        result is None
        or result.identity is None
        or result.outcome is not Fate.READ
        or not _is_imported(project, result.identity)
    ):
        return result
    other = run.twins.find(tx, result)
    if other is None:
        return result
    return with_problem(result, Problem(slug=TWIN, params=(("page", f"{other.path}#{other.place}"),)))


def _waits_for_others(
    project: Project, tx: Transaction, page: PageRecord, result: PageResult | None, *, at: str
) -> bool:
    """Whether a page gets its form only after the pages around it are read; its reading is stored all the same."""
    if ledger.page_fate(tx, page.id) is not None:
        return False
    if result is not None and (result.outcome is not Fate.READ or not is_joined(project.layouts, result.identity)):
        return False
    number = ledger.reading_id(tx, page.ref) if result is None else ledger.save_reading(tx, result, at=at)
    sheets = ledger.sheets_of_reading(tx, number) if number is not None else []
    if number is None or any(
        sheet.fate is not None for sheet in sheets
    ):  # another page with this content has its form, so this one does too
        return False
    ledger.link_page(tx, page.id, number)
    own = ledger.page_record(tx, page.id)
    return own.outcome is Fate.READ and is_joined(project.layouts, own.identity)


def _is_imported(project: Project, identity: Identity) -> bool:
    return identity.digest in project.layouts and project.layouts[identity.digest].imported


def _with_unknown_instance(project: Project, tx: Transaction, result: PageResult | None) -> PageResult | None:
    """A valid identity that this project never printed is read and flagged; one that was only read as text is
    rejected.
    """
    if result is None or result.identity is None or result.reading is None or _is_imported(project, result.identity):
        return result
    if issued.issued_form(tx, result.identity.instance) is not None:
        return result
    marked = with_problem(result, Problem(slug="unknown-instance", params=(("instance", result.identity.instance),)))
    if result.identity.found_by is FoundBy.TEXT:
        return replace(marked, outcome=Fate.REVIEW, identity=None, reading=None, seen_page=result.identity.page)
    return marked


def _summary(project: Project, run: _Run, seconds: float) -> BatchSummary:
    with project.store.reading() as tx:
        pages = ledger.pages_of(tx, run.keys)
    counts = Counter(page.fate for page in pages)
    remarks = remarks_on(pages)
    lost = sum(remark.problem.slug == "missing-pages" for remark in remarks)
    doubts = [
        Remark(path=path, page=None, fate=None, problem=problem)
        for path, problem in (*sheet_remarks(project, pages), *collation_remarks(project, pages))
    ]
    return BatchSummary(
        batch=run.batch,
        files=len(run.keys),
        new_files=run.new_files,
        pages={fate: counts[fate] for fate in Fate if counts[fate]},
        waiting=counts[None],
        read=len(run.milliseconds),
        seconds=round(seconds, 2),
        page_ms=round(sum(run.milliseconds) / len(run.milliseconds), 1) if run.milliseconds else 0.0,
        not_taken=len(run.remarks) + lost,
        pictures=sum(page.ref.part <= 1 for page in pages),
        remarks=(*run.remarks, *remarks, *doubts),
        passed_over=run.passed_over,
    )
