"""Decides which pages of one printed identity are one respondent's. Only proven pages are joined; the rest wait for a
person.

A form is photocopied and several people fill it in. The print does not tell their pages apart, and neither does the
ink, since habits are no proof. Proof is one of these:

- no page came in twice: then nothing points to a second respondent;
- a person collated the pages (`workflow.pages.collate`);
- the order in one file. Sheets of a stack keep their neighbours: whole forms 1, 2, ..., n one after another (or each
from its last page to its first) and nothing else of this identity in the file. Fronts scanned before backs, a stack
sorted by page, fronts and backs combined the wrong way round: wherever such a scan is cut into files, it never shows
this order when a form has three pages or more. For two pages it does: 1, 2, 1, 2 may be the front of one person and the
back of the next. Such forms wait for a person, who sees all pages and confirms with one click;
- a single page, which needs no collation.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from scanform.store.records import SheetRecord

SURE_RUNS = 3
"""Minimum run of whole forms that proves the order of a stack even if one form in it lacks pages. Two sheets each of
three forms, shuffled, lie like that in 1 of 20 orders, and sheets are seldom shuffled; a shorter run is too weak once a
page is missing.
"""

LEAST_PAGES = 3
"""Minimum number of pages in a file whose order is proof; see above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Evidence beside the pages themselves.

    `lines` are the positions of the non-blank pages of each file (file -> positions in order), `arranged` the copies to
    which people assigned pages (reading -> copy), `others` whether pages of withdrawn batches show further respondents.
    """

    lines: Mapping[int, Sequence[int]]
    arranged: Mapping[int, int]
    others: bool = False


def unproven(copies: Mapping[int, Sequence[SheetRecord]], known: Known) -> frozenset[int]:
    """The copies that may hold pages of several respondents; `copies` are the pages that count, by copy."""
    if len(copies) == 1 and not known.others:
        return frozenset()
    ordered = _in_order([sheet for pages in copies.values() for sheet in pages], known)
    left = {
        copy: pages
        for copy, pages in copies.items()
        if not _by_person(copy, pages, known) and not (_key(pages) in ordered and _is_clean(pages, copies))
    }
    alone = (
        len({sheet.page for pages in left.values() for sheet in pages}) == 1
    )  # then each is a single page and lacks none that another has
    return frozenset() if alone else frozenset(left)


def _by_person(copy: int, pages: Sequence[SheetRecord], known: Known) -> bool:
    return all(known.arranged.get(sheet.reading_id) == copy for sheet in pages)


def _is_clean(pages: Sequence[SheetRecord], copies: Mapping[int, Sequence[SheetRecord]]) -> bool:
    """Whether none of these pages has the ink of another respondent's page."""
    return len(copies) == 1 or not any(sheet.unsure_copy for sheet in pages)


def _key(pages: Sequence[SheetRecord]) -> frozenset[int]:
    return frozenset(sheet.reading_id for sheet in pages)


def _in_order(sheets: Sequence[SheetRecord], known: Known) -> set[frozenset[int]]:
    """The whole forms proven by the order of pages in their files."""
    found: set[frozenset[int]] = set()
    for file, members in groupby(
        sorted(sheets, key=lambda sheet: (sheet.file_id, sheet.position)), key=lambda sheet: sheet.file_id
    ):
        pages = list(members)
        found |= {_key(run) for run in _proven_runs(pages, known.lines.get(file, ()))}
    return found


def _proven_runs(pages: Sequence[SheetRecord], line: Sequence[int]) -> list[list[SheetRecord]]:
    """The whole forms among the pages of a file made up only of consecutive whole forms, or of several and one that
    lacks pages.
    """
    expected = _pages(pages[0])
    if expected < LEAST_PAGES:
        return []
    for step in (1, -1):
        runs = _runs(pages, line, step)
        whole = [run for run in runs if len(run) == expected]
        if whole and (len(whole) == len(runs) or (len(whole) >= SURE_RUNS and len(whole) == len(runs) - 1)):
            return whole
    return []


def _pages(sheet: SheetRecord) -> int:
    return sheet.identity.pages if sheet.identity else 0


def _adjacent(pages: Sequence[SheetRecord], line: Sequence[int]) -> bool:
    """Whether only blank paper lies between these pages."""
    places = {position: at for at, position in enumerate(line)}
    at = [places.get(sheet.position, -1) for sheet in pages]
    return -1 not in at and max(at) - min(at) == len(at) - 1


def _runs(pages: Sequence[SheetRecord], line: Sequence[int], step: int) -> list[list[SheetRecord]]:
    """Stretches in which page numbers rise (or fall) by one from page to page without a gap."""
    runs: list[list[SheetRecord]] = []
    for sheet in pages:
        last = runs[-1][-1] if runs else None
        if last is not None and (sheet.page or 0) - (last.page or 0) == step and _adjacent([last, sheet], line):
            runs[-1].append(sheet)
        else:
            runs.append([sheet])
    return runs


def proposals(pages: Sequence[SheetRecord]) -> dict[str, list[list[int]]]:
    """Ways to collate the pages (given in order of arrival), by name: respondents with the readings of their pages.

    "in-order": a new respondent wherever a page number repeats or goes back; "by-page": the first of each page, the
    second of each page, and so on, as in a stack sorted by page, or fronts followed by backs in the same order;
    "turned": backs in reverse order, as when the stack was turned over.
    """
    numbered: dict[int, list[int]] = {}
    for sheet in pages:
        numbered.setdefault(sheet.page or 0, []).append(sheet.reading_id)
    found = {
        "in-order": _dealt_in_order(pages),
        "by-page": _dealt(numbered),
        "turned": _dealt({p: ids if p % 2 else ids[::-1] for p, ids in numbered.items()}),
    }
    kept: dict[str, list[list[int]]] = {}
    for name, groups in found.items():
        if groups not in kept.values():
            kept[name] = groups
    return kept


def _dealt_in_order(pages: Sequence[SheetRecord]) -> list[list[int]]:
    falling = sum((b.page or 0) - (a.page or 0) == -1 for a, b in pairwise(pages))
    rising = sum((b.page or 0) - (a.page or 0) == 1 for a, b in pairwise(pages))
    step = -1 if falling > rising else 1
    groups: list[list[SheetRecord]] = []
    for sheet in pages:
        last = groups[-1][-1] if groups else None
        if last is not None and last.file_id == sheet.file_id and ((sheet.page or 0) - (last.page or 0)) * step > 0:
            groups[-1].append(sheet)
        else:
            groups.append([sheet])
    return [[sheet.reading_id for sheet in group] for group in groups]


def _dealt(numbered: Mapping[int, Sequence[int]]) -> list[list[int]]:
    most = max((len(ids) for ids in numbered.values()), default=0)
    return [[numbered[page][at] for page in sorted(numbered) if at < len(numbered[page])] for at in range(most)]


def without(groups: Sequence[Collection[int]], gone: Collection[int]) -> list[list[int]]:
    """Groups without certain readings; groups left empty are dropped."""
    return [kept for group in groups if (kept := [reading for reading in group if reading not in gone])]
