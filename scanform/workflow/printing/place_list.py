"""A list of places for the register, from CSV or XLSX: what the list of recipients has, and place id, carrier, district
and any further column.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scanform.dataset.safe_text import unguarded
from scanform.dataset.workbook import read_sheet
from scanform.errors import InputError, Several, Words, words
from scanform.formats.responses.csv_io import read_table
from scanform.workflow.printing.recipients import (
    NAMED,
    Recipient,
    address_columns,
    meaning_of,
    recipient_of,
    unusable_tokens,
)

_PLACE_IDS = frozenset(
    {
        "place id", "place", "ort id", "orts id", "ortsnummer", "einrichtungs id", "einrichtungsnummer", "objekt id",
        "objektnummer", "standort id", "standortnummer", "kennziffer",
    }
)  # fmt: skip
_CARRIERS = frozenset({"carrier", "operator", "trager", "tragername", "name des tragers", "tragerschaft", "betreiber"})
_DISTRICTS = frozenset({"district", "city district", "quarter", "bezirk", "stadtbezirk", "stadtteil", "ortsteil"})

_ID = re.compile(r"[^\s\x00-\x1f/\\]{1,60}")
"""A place id: a word of its own, as it stands in the data set and in addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPlace:
    """A row of a list: what it says about a place. "" for what it does not name; `given` are the fields for which the
    list has a column at all, so that an empty cell can be told from a column that is not there.
    """

    row: int
    place_id: str
    token: str
    name: str | None
    address: tuple[str, ...]
    carrier: str
    district: str
    further: tuple[tuple[str, str], ...]
    given: frozenset[str]

    @property
    def label(self) -> str:
        """What the row calls its place."""
        return self.place_id or self.token or self.name or ""


def read_places(path: Path, *, known: Collection[str] = ()) -> tuple[ListedPlace, ...]:
    """The places in a CSV file or a workbook, in its order; raises InputError that names every row that cannot be used.

    Tokens that are `known` already are accepted as they are; a row without a token gets one later.
    """
    found = _rows(*_table(path))
    _check(path, found, known)
    return found


def listed_by_token(path: Path) -> dict[str, ListedPlace]:
    """What a printed list of recipients says about its places beyond name and address, by token; an id that cannot be
    one is left out. Nothing is refused: `read_list` has judged the list.
    """
    rows = _rows(*_table(path))
    counts = Counter(row.place_id for row in rows)
    return {
        row.token: row if counts[row.place_id] == 1 and _ID.fullmatch(row.place_id) else replace(row, place_id="")
        for row in rows
        if row.token
    }


def _rows(header: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[ListedPlace, ...]:
    apart = _apart(header)
    columns = address_columns(header, frozenset(apart.values()))
    used = {columns.token, *columns.names, *columns.address, *apart.values()}
    others = [at for at, heading in enumerate(header) if at not in used and heading.strip()]
    given = frozenset(apart) | {"further"}
    given |= {"name"} if columns.names else set()
    given |= {"address"} if columns.address else set()
    found = []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        recipient = recipient_of(cells, columns, number)
        own = {name: cells[at].strip() for name, at in apart.items()}
        found.append(
            ListedPlace(
                row=number,
                place_id=own.get("place_id", ""),
                token=recipient.token,
                name=recipient.name,
                address=recipient.address,
                carrier=own.get("carrier", ""),
                district=own.get("district", ""),
                further=tuple((header[at].strip(), cells[at].strip()) for at in others),
                given=given,
            )
        )
    return tuple(found)


def _apart(header: Sequence[str]) -> dict[str, int]:
    """The columns that are neither name nor address nor token: place id, carrier and district, each the first of its
    kind.
    """
    found: dict[str, int] = {}
    for at, heading in enumerate(map(meaning_of, header)):
        for field, headings in (("place_id", _PLACE_IDS), ("carrier", _CARRIERS), ("district", _DISTRICTS)):
            if heading in headings and field not in found:
                found[field] = at
    return found


def _table(path: Path) -> tuple[Sequence[str], Sequence[tuple[int, Sequence[str]]]]:
    """Header and numbered rows of a CSV file or of the only filled sheet of a workbook."""
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        rows = read_sheet(path)
        filled = [(number, cells) for number, cells in rows if any(cell.strip() for cell in cells)]
        if not filled:
            raise wrong_list(path, [words("recipients.no_rows")])
        return filled[0][1], filled[1:]
    table = read_table(path)
    refused = [problem for problem in table.problems if problem.slug != "decoded-as"]
    if refused:
        raise wrong_list(path, [Several(tuple(refused), "; ")])
    return table.header, [(number, [unguarded(cell) for cell in cells]) for number, cells in table.rows]


def _check(path: Path, found: Sequence[ListedPlace], known: Collection[str]) -> None:
    """Raises InputError that names every row whose token or place id cannot be used."""
    if not found:
        raise wrong_list(path, [words("recipients.no_rows")])
    with_token = [Recipient(token=one.token, name=None, address=(), row=one.row) for one in found if one.token]
    wrong: list[Words | Several] = [*unusable_tokens(with_token, known)]
    seen: dict[str, int] = {}
    for one in found:
        if one.place_id and not _ID.fullmatch(one.place_id):
            wrong.append(words("recipients.bad_place_id", row=one.row, place=one.place_id))
        elif one.place_id and one.place_id in seen:
            wrong.append(words("recipients.place_twice", row=one.row, place=one.place_id, first=seen[one.place_id]))
        elif not one.place_id and not one.token and not one.name:
            wrong.append(words("recipients.nobody", row=one.row))
        seen.setdefault(one.place_id, one.row)
    if wrong:
        raise wrong_list(path, wrong)


def wrong_list(path: Path, wrong: Sequence[Words | Several]) -> InputError:
    """The error that names these rows, the first of them one by one; nothing was changed."""
    more = [words("print.more_rows", count=len(wrong) - NAMED)] if len(wrong) > NAMED else []
    what = Several((*wrong[:NAMED], *more), "; ")
    return InputError(
        words("recipients.bad_list", file=path.name, what=what), remedy=words("recipients.bad_list_remedy")
    )
