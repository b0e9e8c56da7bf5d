"""Workbooks (XLSX) of online responses as tables of text, within limits; a workbook that fetches from elsewhere is
refused.
"""

import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import cast

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from scanform.errors import InputError, words
from scanform.formats.responses.csv_io import CsvTable, Row
from scanform.formats.responses.spool import Spool
from scanform.model.problem import Problem

MAX_UNPACKED = 2_000_000_000
"""Bytes of all parts together; 200,000 responses with 250 columns have about 1.5 GB of XML."""
MAX_SHARED = 200_000_000
"""Bytes of the texts that cells share: they are held in memory."""
MAX_PACKING = 400
"""Times that a part of more than `_SMALL` bytes may grow when it is unpacked: repetitive answers reach 100."""
_SMALL = 20_000_000
MAX_COLUMNS = 16_384
"""What a spreadsheet can hold."""

_OUTSIDE = ("xl/externallinks/", "xl/connections.xml", "xl/querytables/", "xl/model/", "customxml/item")
_HEAD = 4096  # bytes in which a document type would stand
_DAMAGED = (
    zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, AttributeError, SyntaxError, IndexError, EOFError, OSError,
)  # fmt: skip


def read_workbook(path: Path) -> Mapping[str, CsvTable]:
    """The filled sheets of a workbook by name; raises InputError for what is none, is too large or links elsewhere."""
    _check(path)
    try:
        workbook = load_workbook(path, read_only=True, keep_links=False)  # a formula is shown as it is
        try:
            found = {}
            for sheet in workbook.worksheets:
                table = _table(sheet.iter_rows(values_only=True))
                if table is not None:
                    found[str(sheet.title)] = table
        finally:
            workbook.close()
    except _DAMAGED as error:  # what openpyxl raises for damaged parts; a ParseError is a SyntaxError
        raise _refused("xlsx-damaged", path.name) from error
    if not found:
        raise _refused("csv-empty", path.name)
    return found


def _check(path: Path) -> None:
    """Refuse bombs, links and document types before anything is unpacked as a whole."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            for part in parts:
                _check_part(part, path)
            if sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise _refused("xlsx-too-large", path.name, limit=str(MAX_UNPACKED // 1_000_000))
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(part) as content:
                        _check_head(content.read(_HEAD), path)
    # zipfile: an unknown compression is NotImplementedError, a part with a password RuntimeError
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise _refused("xlsx-damaged", path.name) from error


def _check_part(part: zipfile.ZipInfo, path: Path) -> None:
    name = part.filename.lower()
    if name.startswith(_OUTSIDE):
        raise _refused("xlsx-links", path.name, part=part.filename)
    grown = part.file_size > _SMALL and part.file_size > MAX_PACKING * max(1, part.compress_size)
    if grown or (name.endswith("sharedstrings.xml") and part.file_size > MAX_SHARED):
        raise _refused("xlsx-too-large", path.name, limit=str(MAX_UNPACKED // 1_000_000))


def _check_head(head: bytes, path: Path) -> None:
    if b"<!DOCTYPE" in head.replace(b"\0", b"") or b"<!ENTITY" in head.replace(b"\0", b""):
        raise _refused("xlsx-damaged", path.name)


def _table(rows: Iterator[tuple[object, ...]]) -> CsvTable | None:
    """The table of a sheet: its first filled row is the header."""
    numbered = enumerate(rows, start=1)
    header: tuple[str, ...] = ()
    for _, cells in numbered:
        header = tuple(_text(cell).strip() for cell in cells[:MAX_COLUMNS])
        if any(header):
            break
    else:
        return None
    while not header[-1]:
        header = header[:-1]
    problems: list[Problem] = []
    spool = Spool(_rows(numbered, len(header), problems))
    return CsvTable(header=header, rows=spool, encoding="xlsx", delimiter="", problems=tuple(problems))


def _rows(numbered: Iterator[tuple[int, tuple[object, ...]]], width: int, problems: list[Problem]) -> Iterator[Row]:
    for number, cells in numbered:
        shown = [_text(cell) for cell in cells[:MAX_COLUMNS]]
        if not any(shown):
            continue
        beyond = max((place for place, cell in enumerate(shown, start=1) if cell), default=0)
        if beyond > width:
            counts = (("row", str(number)), ("found", str(beyond)), ("expected", str(width)))
            problems.append(Problem(slug="bad-row", params=counts))
            continue
        yield number, tuple((shown + [""] * width)[:width])


def _text(value: object) -> str:
    """A cell as text: numbers without needless places, moments as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat(" ")
    if isinstance(value, date | time):
        return cast(date, value).isoformat()
    return unicodedata.normalize("NFC", str(value))


def _refused(slug: str, name: str, **params: object) -> InputError:
    return InputError(words(f"digital.{slug}", file=name, **params), remedy=words(f"digital.{slug}-remedy"), slug=slug)
