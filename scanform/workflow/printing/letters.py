"""The register as files: whole, as a list that `recipients add` reads again, and as the source of a mail merge."""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from scanform.dataset.csv_files import write_rows
from scanform.dataset.workbook import Sheet, write_xlsx
from scanform.errors import StoreError, UsageError, words
from scanform.model.place import Place
from scanform.whole_files import atomic_file
from scanform.workflow.printing.dispositions import Standing
from scanform.workflow.printing.online import online_address
from scanform.workflow.printing.place_register import register
from scanform.workflow.project.project import Project


def export_register(project: Project, path: Path) -> int:
    """Write the register as CSV or XLSX; returns the number of places. Read again, the file changes nothing."""
    found = register(project)
    lines = max((len(place.address) for place in found), default=0)
    headings = _further(found)
    header = ("place_id", "token", "name", *_numbered("address", lines), "carrier", "district", *headings)
    rows = [
        (
            place.place_id,
            place.token,
            place.name or "",
            *_padded(place.address, lines),
            place.carrier,
            place.district,
            *_said(place, headings),
        )
        for place in found
    ]
    _write(path, "register", header, rows)
    return len(rows)


def write_letters(project: Project, path: Path, found: Sequence[Standing]) -> int:
    """Write the source of a mail merge as CSV or XLSX: a row per place with token, name, address and, where the project
    has a web form, the address at which the place answers; returns the number of rows.
    """
    header, rows = _letters(project, found)
    _write(path, "letters", header, rows)
    return len(rows)


def letters_csv(project: Project, found: Sequence[Standing]) -> bytes:
    """The same as the content of a CSV file."""
    out = io.BytesIO()
    write_rows(*_letters(project, found), out)
    return out.getvalue()


def _letters(project: Project, found: Sequence[Standing]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    places = [one.place for one in found]
    lines = max((len(place.address) for place in places), default=0)
    headings = _further(places)
    web = [online_address(project, place.token) for place in places]
    header = ("token", "name", *_numbered("line", lines), "place_id", "carrier", "district")
    header = (*header, *(("web_address",) if any(web) else ()), *headings)
    rows = [
        (
            place.token,
            place.name or "",
            *_padded(place.address, lines),
            place.place_id,
            place.carrier,
            place.district,
            *((address,) if any(web) else ()),
            *_said(place, headings),
        )
        for place, address in zip(places, web, strict=True)
    ]
    return header, rows


def _further(found: Iterable[Place]) -> tuple[str, ...]:
    """All further columns, in the order in which they came."""
    return tuple(dict.fromkeys(heading for place in found for heading, _ in place.further))


def _said(place: Place, headings: Sequence[str]) -> tuple[str, ...]:
    known = dict(place.further)
    return tuple(known.get(heading, "") for heading in headings)


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name} {number}" for number in range(1, count + 1))


def _padded(lines: Sequence[str], count: int) -> tuple[str, ...]:
    return (*lines, *[""] * (count - len(lines)))


def _write(path: Path, title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table atomically, readable by its owner only: it is contact data."""
    if path.suffix.lower() not in {".csv", ".xlsx"}:
        raise UsageError(words("recipients.bad_suffix", file=path.name), remedy=words("recipients.bad_suffix_remedy"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path, private=True) as out:
            if path.suffix.lower() == ".xlsx":
                write_xlsx([Sheet(title=title, header=header, rows=rows)], out)
            else:
                write_rows(header, rows, out)
    except OSError as error:
        message = words("merge.cannot-write", file=str(path), reason=error)
        raise StoreError(message, remedy=words("merge.cannot-write-remedy"), slug="cannot-write") from error
