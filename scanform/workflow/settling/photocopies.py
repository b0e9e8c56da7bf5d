"""Assigns pages to forms and gives each page its fate: pure functions over the pages of one printed identity.

Offices photocopy a form and several places fill it in, so one printed identity can stand on several forms. The ink
tells them apart; where there is no ink to compare, pages adjacent in a file belong together.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from scanform.model.page import Fate
from scanform.store.records import SheetRecord

SAME_SHEET, OTHER_SHEET = 0.85, 0.0005
"""Minimum probability at which two pages are one sheet scanned twice, and maximum at which they are two sheets; between
them a person decides (`scanform/recognize/models/same-sheet.md`).
"""

SameSheet = Callable[[SheetRecord, SheetRecord], float]
"""The probability that two pages with the same printed identity and number are scans of one sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The copy a page belongs to (1 = the form itself). `unsure`: it could be another copy, or no re-scan after all.

    `moved` are readings, treated as re-scans so far, that belong to this new copy as well.
    """

    copy: int
    unsure: bool = False
    moved: tuple[int, ...] = ()


def choose_copy(
    new: SheetRecord,
    known: Sequence[SheetRecord],
    same_sheet: SameSheet,
    has_ink: Callable[[SheetRecord], bool] = lambda sheet: bool(sheet.ink),
) -> Choice:
    """The copy of `new`; `known` are the read pages of its printed identity that have one, in order of submission. Only
    a proposal: `collation` says which part of it is proven.
    """
    placed = [sheet for sheet in known if sheet.copy is not None and sheet.reading_id != new.reading_id]
    copies = sorted({_copy(sheet) for sheet in placed})
    if not copies:
        return Choice(copy=1)
    has_page = {_copy(sheet) for sheet in placed if sheet.page == new.page}
    lacking = [copy for copy in copies if copy not in has_page]
    neighbour = neighbour_copy(new, placed)
    same, probability = _likest(new, placed, same_sheet)
    if neighbour is not None and neighbour in lacking and neighbour > 1:
        again = has_ink(new) and probability >= SAME_SHEET  # then the preceding pages may be re-scans, too
        return Choice(
            copy=neighbour, unsure=again
        )  # a later page of a photocopy: an empty page looks like the empty page of any other
    if same is not None:
        return Choice(copy=same, unsure=probability < SAME_SHEET)
    if neighbour is not None and neighbour in lacking:
        return Choice(copy=neighbour)
    if lacking:
        return Choice(copy=lacking[0], unsure=len(copies) > 1)
    number = copies[-1] + 1
    return Choice(copy=number, moved=_moved(new, placed))


def _copy(sheet: SheetRecord) -> int:
    return sheet.copy or 0


def _likest(new: SheetRecord, placed: Sequence[SheetRecord], same_sheet: SameSheet) -> tuple[int | None, float]:
    """The copy with the page most likely to be the same sheet (None where all are surely other sheets), and the
    probability.
    """
    scores = [(same_sheet(new, sheet), -_copy(sheet)) for sheet in placed if sheet.page == new.page]
    best = max(scores, default=(0.0, 0))
    return (-best[1] if best[0] > OTHER_SHEET else None), best[0]


def neighbour_copy(new: SheetRecord, placed: Sequence[SheetRecord]) -> int | None:
    """The copy of the nearest page of this identity in the same file; the preceding one in a tie."""
    beside = [sheet for sheet in placed if sheet.file_id == new.file_id and sheet.page != new.page]
    if not beside:
        return None
    return _copy(min(beside, key=lambda sheet: (abs(sheet.position - new.position), sheet.position > new.position)))


def _moved(new: SheetRecord, placed: Sequence[SheetRecord]) -> tuple[int, ...]:
    """Re-scans directly before `new` whose ink matched another copy (often there was none) but whose position says
    otherwise.
    """
    by_position = {sheet.position: sheet for sheet in placed if sheet.file_id == new.file_id}
    seen, moved, position = {new.page}, [], new.position - 1
    while (sheet := by_position.get(position)) is not None and sheet.page not in seen and sheet.fate is Fate.RESCAN:
        seen.add(sheet.page)
        moved.append(sheet.reading_id)
        position -= 1
    return tuple(moved)


def fates(sheets: Iterable[SheetRecord], preferred: Collection[int] = ()) -> dict[int, Fate]:
    """The fate of each page that counts, by page id: a pure function of the pages in order of submission.

    The same content a second time is a duplicate; of the scans of one sheet the first counts, the others are re-scans.
    Readings that people `preferred` take precedence.
    """
    sheets = sorted(sheets, key=lambda sheet: sheet.reading_id not in preferred)  # stable
    found: dict[int, Fate] = {}
    contents: set[int] = set()
    places: set[tuple[int | None, int | None]] = set()
    for sheet in sheets:
        if not sheet.active:
            continue
        if sheet.reading_id in contents:
            found[sheet.page_id] = Fate.DUPLICATE
        elif sheet.outcome is not Fate.READ:
            found[sheet.page_id] = sheet.outcome
        elif (sheet.copy, sheet.page) in places:
            found[sheet.page_id] = Fate.RESCAN
        else:
            found[sheet.page_id] = Fate.READ if sheet.copy == 1 else Fate.COPY
            places.add((sheet.copy, sheet.page))
        contents.add(sheet.reading_id)
    return found


def counting(sheets: Iterable[SheetRecord], given: Mapping[int, Fate]) -> dict[int, list[SheetRecord]]:
    """The pages that make up each copy, by copy, in order of submission."""
    found: dict[int, list[SheetRecord]] = {}
    for sheet in sheets:
        if given.get(sheet.page_id) in (Fate.READ, Fate.COPY):
            found.setdefault(_copy(sheet), []).append(sheet)
    return found
