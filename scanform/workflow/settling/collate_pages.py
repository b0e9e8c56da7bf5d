"""Collates the pages of imported forms. Nothing printed tells which pages belong together; their order in the stack
does.

Forms of one page stand alone. For others, the pages of a stretch (a file, or neighbouring files of one page each) are
collated together once all of them are read, because only the whole stretch shows the direction of the stack. Pages
already collated stay where they are; a page read later joins the form beside it or begins one of its own.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from scanform.model.layout import Layout
from scanform.model.page import Fate, FoundBy, Identity, PageRef
from scanform.model.problem import Problem
from scanform.review.triage import JOINED, TWIN
from scanform.store import ledger
from scanform.store.engine import Transaction
from scanform.store.records import PageRecord
from scanform.workflow.project.project import Project
from scanform.workflow.reading.identify import own_instance
from scanform.workflow.settling.assign_fates import PrintedIdentity, resolve_identity, resolve_reading

SURE_FORMS = 3
"""Minimum run of whole forms, and nothing else, that shows a stack lying in reverse order."""

_HOLES = frozenset({Fate.REVIEW, Fate.UNKNOWN_FORM, Fate.DAMAGED, Fate.ERROR})
"""Pages not identified yet; each may be a page of the form around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page of an imported form in a stretch: `number` of `pages`, counted from 1; `instance` once it is collated,
    `own` the instance it would have if it began a form.

    `holes` pages directly before it could not be read.
    """

    key: int
    number: int
    pages: int
    own: str
    instance: str | None = None
    holes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The form assigned to a page; `unsure` when a person should check the assignment."""

    instance: str
    unsure: bool


def is_joined(layouts: Mapping[str, Layout], identity: Identity | None) -> bool:
    """Whether the form of a page follows from the pages around it."""
    layout = layouts.get(identity.digest) if identity else None
    return layout is not None and layout.imported and len(layout.pages) > 1


def group(stretch: Sequence[Sheet]) -> list[tuple[Sheet, ...]]:
    """The forms in a stretch: page numbers rise within a form, or fall if that yields more whole forms."""
    rising, falling = _parsed(stretch, 1), _parsed(stretch, -1)
    return falling if _whole(falling) > _whole(rising) else rising


def places(stretch: Sequence[Sheet]) -> dict[int, Place]:
    """The form of each page of a stretch that has none yet, by key."""
    found: dict[int, Place] = {}
    groups = group(stretch)
    doubtful = _is_doubtful(stretch, groups)
    for members in groups:
        fresh = [sheet for sheet in members if sheet.instance is None]
        begun = fresh[0].own if fresh else ""
        unsure = doubtful or not _is_whole(members)
        for sheet in fresh:
            joined = _settled_beside(sheet, members, stretch)
            found[sheet.key] = Place(instance=joined or begun, unsure=unsure)
    return found


def _parsed(stretch: Sequence[Sheet], step: int) -> list[tuple[Sheet, ...]]:
    groups: list[list[Sheet]] = []
    for sheet in stretch:
        if groups and (sheet.number - groups[-1][-1].number) * step > sheet.holes:
            groups[-1].append(sheet)
        else:
            groups.append([sheet])
    return [tuple(members) for members in groups]


def _is_whole(members: Sequence[Sheet]) -> bool:
    return len(members) == members[0].pages and not any(sheet.holes for sheet in members[1:])


def _whole(groups: Iterable[Sequence[Sheet]]) -> int:
    return sum(_is_whole(members) for members in groups)


def _is_doubtful(stretch: Sequence[Sheet], groups: Sequence[Sequence[Sheet]]) -> bool:
    """Whether the pages could equally well be collated in another way."""
    if _whole(groups) == len(groups):
        return len(groups) < SURE_FORMS and groups == _parsed(stretch, -1)
    return _whole(groups) > 0 and _whole(_parsed(stretch, 1)) == _whole(_parsed(stretch, -1))


def _settled_beside(sheet: Sheet, members: Sequence[Sheet], stretch: Sequence[Sheet]) -> str | None:
    """The nearest collated form among the members that lacks this page."""
    taken = {(other.instance, other.number) for other in stretch}
    at = members.index(sheet)
    near = sorted(
        (other for other in members if other.instance is not None), key=lambda other: abs(members.index(other) - at)
    )
    return next((other.instance for other in near if (other.instance, sheet.number) not in taken), None)


def join_waiting(project: Project, tx: Transaction, batch_id: int) -> int:
    """Collate the waiting pages of a batch wherever all pages around them are read. Returns the number of readings."""
    pages = ledger.pages_of_batch(tx, batch_id)
    waiting = {page.id for page in pages if page.fate is None and page.reading_id is not None}
    settled: set[int] = set()
    for stretch in list(_stretches(project, pages, waiting)):
        fresh = {page.id for page, _ in stretch if page.id in waiting and page.reading_id not in settled}
        _name(project, tx, stretch, fresh)
        for number in dict.fromkeys(page.reading_id for page, _ in stretch if page.id in fresh):
            if number is not None:
                resolve_reading(project, tx, number)
                settled.add(number)
    return len(settled)


def join_page(project: Project, tx: Transaction, page_id: int) -> None:
    """Collate a page whose reading has just received the identity of an imported form, from the pages around it; fates
    are left to the caller.
    """
    page = ledger.page_record(tx, page_id)
    pages = ledger.pages_of_batch(tx, page.batch_id)
    for stretch in _stretches(project, pages, {page.id}):
        if any(found.id == page.id for found, _ in stretch):
            _name(project, tx, stretch, {page.id})


def move_page(project: Project, tx: Transaction, page: PageRecord, instance: str) -> dict[int, Fate]:
    """A person assigns a page of an imported form, already read, to a form. Returns the fates of that form's pages."""
    if page.identity is None or page.reading_id is None:
        raise ValueError(f"page {page.id} was not read")
    before = PrintedIdentity(digest=page.identity.digest, instance=page.identity.instance)
    kept = tuple(problem for problem in page.problems if problem.slug not in (JOINED, TWIN))
    ledger.set_form(tx, page.reading_id, None)
    ledger.set_identity(tx, page.reading_id, replace(page.identity, instance=instance, found_by=FoundBy.PERSON), kept)
    given = resolve_reading(project, tx, page.reading_id)
    resolve_identity(project, tx, before)
    return given


def _name(project: Project, tx: Transaction, stretch: Sequence[tuple[PageRecord, Sheet]], fresh: set[int]) -> None:
    """Write the form of each fresh page of the stretch into its reading; an unsure form is flagged on one of
    its pages.
    """
    found, said = places([sheet for _, sheet in stretch]), set[str]()
    for page, _ in stretch:
        place = found.get(page.id)
        if page.id not in fresh or place is None or page.identity is None or page.reading_id is None:
            continue
        shows = bool(project.layouts[page.identity.digest].page(page.identity.page).zones)
        tell = place.unsure and shows and place.instance not in said
        said |= {place.instance} if tell else set()
        problems = (*page.problems, Problem(slug=JOINED)) if tell else page.problems
        ledger.set_identity(tx, page.reading_id, replace(page.identity, instance=place.instance), problems)


def _stretches(
    project: Project, pages: Sequence[PageRecord], fresh: set[int]
) -> Iterator[list[tuple[PageRecord, Sheet]]]:
    """Runs of neighbouring pages of one imported form with several pages, leaving out runs with an unread page."""
    for line in _lines(pages):
        if any(page.fate is None and page.reading_id is None for page in line):
            continue
        stretch: list[tuple[PageRecord, Sheet]] = []
        holes, seen = 0, set[int | None]()
        for page in line:
            outcome = page.outcome
            if outcome is Fate.BLANK or page.reading_id in seen:
                continue
            seen.add(page.reading_id)
            if outcome in _HOLES and page.id not in fresh:
                holes += 1
                continue
            if stretch and _digest(stretch[0][0]) != _digest(page):
                yield stretch
                stretch = []
            if is_joined(project.layouts, page.identity) and page.identity is not None:
                stretch.append((page, _sheet(page, page.identity, fresh, holes)))
            holes = 0
        if stretch:
            yield stretch


def _digest(page: PageRecord) -> str:
    return page.identity.digest if page.identity else ""


def _sheet(page: PageRecord, identity: Identity, fresh: set[int], holes: int) -> Sheet:
    settled = None if page.id in fresh else identity.instance
    return Sheet(
        key=page.id,
        number=identity.page,
        pages=identity.pages,
        own=own_instance(identity.digest, page.ref),
        instance=settled,
        holes=holes,
    )


def _lines(pages: Sequence[PageRecord]) -> Iterator[list[PageRecord]]:
    """The pages in stack order: each file of several pages by itself, the single-page files of a folder in sequence."""
    by_file: dict[int, list[PageRecord]] = {}
    for page in pages:
        by_file.setdefault(page.file_id, []).append(page)
    files = sorted(by_file.values(), key=lambda found: _stack_order(found[0].ref.path))
    for (_, single), members in itertools.groupby(
        files, key=lambda found: (PurePath(found[0].ref.path).parent, len(found) == 1)
    ):
        if single:
            yield [page for file in members for page in file]
        else:
            yield from members


def _stack_order(path: str) -> tuple[str, list[tuple[int, str]]]:
    """Numbers in file names count as numbers: page9 comes before page10."""
    place = PurePath(path)
    return str(place.parent), [
        (int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", place.name)
    ]


def content_identity(layout: Layout, number: int, ref: PageRef, found_by: FoundBy = FoundBy.CONTENT) -> Identity:
    """The identity of a page of an imported form before the pages around it are known."""
    return Identity(
        digest=layout.digest,
        instance=own_instance(layout.digest, ref),
        page=number,
        pages=len(layout.pages),
        found_by=found_by,
    )
