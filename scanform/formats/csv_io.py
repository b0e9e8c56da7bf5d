"""Reading CSV files of unknown origin strictly: encoding, separator and quotes are found out, never guessed past damage."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scanform.errors import InputError
from scanform.i18n.texts import text
from scanform.model.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLimits:
    """What a CSV file may be at most; far above any survey, far below what hurts a small machine."""

    max_bytes: int = 200_000_000  # 10,000 responses with 250 columns are 5 MB
    max_field: int = 4_000_000  # characters in one cell; the csv module's own limit of 131,072 is below one long essay


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """A decoded file: `rows` are (1-based row number in a spreadsheet, cells); rows of wrong length are left out and reported."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    encoding: str
    delimiter: str
    problems: tuple[Problem, ...]


def read_table(path: Path, *, limits: CsvLimits | None = None, language: str = "de") -> CsvTable:
    """The table in `path`; raises InputError for what is not a complete CSV file."""
    limits = limits or CsvLimits()
    content = _content(path, limits, language)
    decoded, encoding = decode(content, path.name, language)
    delimiter = _delimiter(decoded)
    records = _records(decoded, delimiter, path.name, limits, language)
    header = next(records, None)
    if header is None or not any(cell.strip() for cell in header):
        raise _refused("csv-empty", path.name, language)
    names = tuple(cell.strip().removeprefix("\ufeff") for cell in header)
    notes = () if encoding in {"utf-8", "utf-16"} else (Problem(slug="decoded-as", params=(("encoding", encoding),)),)
    rows, problems = _sound_rows(records, len(names))
    return CsvTable(header=names, rows=rows, encoding=encoding, delimiter=delimiter, problems=notes + problems)


def decode(content: bytes, name: str, language: str = "de") -> tuple[str, str]:
    """(text, encoding): UTF-8 or UTF-16, else Windows-1252, the encoding of Excel on German Windows; raises InputError."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded(content, "utf-16", name, language), "utf-16"
    for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        head = content[:2000]
        if len(head) >= 8 and head[first::2].count(0) > 0.8 * len(head) / 2:
            return _decoded(content, encoding, name, language), encoding
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return _decoded(content, "cp1252", name, language), "cp1252"


def _decoded(content: bytes, encoding: str, name: str, language: str) -> str:
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _refused("csv-encoding", name, language) from error


def _content(path: Path, limits: CsvLimits, language: str) -> bytes:
    try:
        if path.stat().st_size > limits.max_bytes:
            raise _refused("csv-too-large", path.name, language, limit=str(limits.max_bytes // 1_000_000))
        content = path.read_bytes()
    except OSError as error:
        raise _refused("csv-unreadable", path.name, language, reason=error.strerror or "") from error
    if not content.strip():
        raise _refused("csv-empty", path.name, language)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise _refused("csv-not-csv", path.name, language)
    return content


def _delimiter(decoded: str) -> str:
    """`;` or `,`: whichever cuts the first record into more cells."""
    best, most = ",", 0
    for delimiter in (",", ";"):
        try:
            cells = len(next(csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter, strict=True), []))
        except csv.Error:
            continue
        if cells > most:
            best, most = delimiter, cells
    return best


def _records(decoded: str, delimiter: str, name: str, limits: CsvLimits, language: str) -> Iterator[list[str]]:
    """The records of the file; raises InputError where a quote is never closed, so that no row is swallowed."""
    previous = csv.field_size_limit(limits.max_field)  # this limit of the csv module holds for the process: put back below
    try:
        reader = csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter, strict=True)
        try:
            yield from list(reader)
        except csv.Error as error:
            raise _refused("csv-quotes", name, language, line=str(reader.line_num), reason=str(error)) from error
    finally:
        csv.field_size_limit(previous)


def _sound_rows(records: Iterator[list[str]], width: int) -> tuple[tuple[tuple[int, tuple[str, ...]], ...], tuple[Problem, ...]]:
    rows: list[tuple[int, tuple[str, ...]]] = []
    problems: list[Problem] = []
    for number, record in enumerate(records, start=2):
        if not any(cell.strip() for cell in record):
            continue
        if len(record) != width:
            counts = (("row", str(number)), ("found", str(len(record))), ("expected", str(width)))
            problems.append(Problem(slug="bad-row", params=counts))
        elif any("\0" in cell for cell in record):
            problems.append(Problem(slug="nul-in-row", params=(("row", str(number)),)))
        else:
            rows.append((number, tuple(record)))
    return tuple(rows), tuple(problems)


def _refused(slug: str, name: str, language: str, **params: str) -> InputError:
    return InputError(text(f"digital.{slug}", language, file=name, **params), remedy=text(f"digital.{slug}-remedy", language), slug=slug)
