"""Strict reading of CSV files of unknown origin: encoding, separator and quotes are detected; damage is never glossed
over.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from scanform.errors import InputError, words
from scanform.model.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLimits:
    """Limits of a CSV file; far above any survey, far below what strains a small machine."""

    max_bytes: int = 200_000_000  # 10,000 responses with 250 columns are 5 MB
    max_field: int = 4_000_000  # characters in one cell; the csv module's own limit of 131,072 is below one long essay


SEPARATORS = (",", ";", "\t")
_SAMPLE = 50  # records by which separators are compared
_AGREE = 0.9  # fraction of records as wide as the first under the right separator; the others are damaged
_SEP_LINE = re.compile(r'"?sep=(?P<sign>[^"\r\n])"?[,;\t]*(?:\r\n|\r|\n)', re.IGNORECASE)
NULL = "NULL"  # NULL in databases; only without quotation marks


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """A decoded file: `rows` are (1-based row number in a spreadsheet, cells, composed: NFC); rows of wrong length are
    left out and reported.

    `nulls` are, by row number, the NULL columns, where the file distinguishes NULL from an empty text: LimeSurvey
    quotes all cells except those without a value. It is empty for files without that distinction. `decomposed` says
    that umlauts were stored as two characters.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    encoding: str
    delimiter: str
    problems: tuple[Problem, ...]
    nulls: Mapping[int, frozenset[int]] = field(default_factory=dict)
    tells_null: bool = False
    decomposed: bool = False


def read_table(path: Path, *, limits: CsvLimits | None = None) -> CsvTable:
    """The table in `path`; raises InputError for an incomplete or invalid CSV file."""
    limits = limits or CsvLimits()
    content = _content(path, limits)
    decoded, encoding = decode(content, path.name)
    composed = unicodedata.normalize("NFC", decoded)
    hint = _SEP_LINE.match(composed)
    body = composed[hint.end() :] if hint else composed
    delimiter = _delimiter(body, hint["sign"] if hint else "")
    records = list(_records(body, delimiter, path.name, limits))
    if not records or not any(cell.strip() for cell in records[0]):
        raise _refused("csv-empty", path.name)
    names = tuple(cell.strip().removeprefix("\ufeff") for cell in records[0])
    notes = () if encoding in {"utf-8", "utf-16"} else (Problem(slug="decoded-as", params=(("encoding", encoding),)),)
    first = 3 if hint else 2
    rows, problems = _sound_rows(iter(records[1:]), len(names), first)
    nulls = _nulls(body, delimiter, records, first, {number for number, _ in rows})
    if nulls:
        rows = tuple(
            (number, tuple("" if place in nulls.get(number, ()) else cell for place, cell in enumerate(cells)))
            for number, cells in rows
        )
    return CsvTable(
        header=names,
        rows=rows,
        encoding=encoding,
        delimiter=delimiter,
        problems=notes + problems,
        nulls=nulls,
        tells_null=bool(nulls),
        decomposed=composed != decoded,
    )


def decode(content: bytes, name: str) -> tuple[str, str]:
    """(text, encoding): UTF-8 or UTF-16, otherwise that of Excel on German Windows, of an old Mac or of the console;
    raises InputError.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded(content, "utf-16", name), "utf-16"
    for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        head = content[:2000]
        if len(head) >= 8 and head[first::2].count(0) > 0.8 * len(head) / 2:
            return _decoded(content, encoding, name), encoding
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        encoding = _old_encoding(content)
        return _decoded(content, encoding, name), encoding


_OLD = ("cp1252", "mac_roman", "cp850")
_WRITTEN = frozenset("äöüÄÖÜßéèêàâáçñíóúôëïæøåÉ–—„“”‚‘’…€°²³½§»«·•\N{NO-BREAK SPACE}")
_SURE = 2  # different characters, all of them letters or signs of European languages: a single one may be chance


def _old_encoding(content: bytes) -> str:
    """Windows-1252, unless it yields no words and the encoding of a Mac or of the console does; decided from the whole
    file.
    """
    foreign = bytes(sorted({byte for byte in content if byte > 0x7F}))

    def fit(encoding: str) -> float:
        meant = [bytes([byte]).decode(encoding, errors="replace") for byte in foreign]
        return sum(character in _WRITTEN for character in meant) / len(meant)

    better = next((encoding for encoding in _OLD[1:] if len(foreign) >= _SURE and fit(encoding) == 1.0), None)
    return better if better is not None and fit(_OLD[0]) < 1.0 else _OLD[0]


def _decoded(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _refused("csv-encoding", name) from error


def _content(path: Path, limits: CsvLimits) -> bytes:
    try:
        if path.stat().st_size > limits.max_bytes:
            raise _refused("csv-too-large", path.name, limit=str(limits.max_bytes // 1_000_000))
        content = path.read_bytes()
    except OSError as error:
        raise _refused("csv-unreadable", path.name, reason=error) from error
    if not content.strip():
        raise _refused("csv-empty", path.name)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise _refused("csv-not-csv", path.name)
    return content


def _delimiter(decoded: str, hint: str) -> str:
    """Comma, semicolon or tab, or as given by the line `sep=`: the one that cuts the records into equally many cells,
    and the most.
    """
    best, most = hint or ",", (False, 0)
    for delimiter in dict.fromkeys((hint, *SEPARATORS) if hint else SEPARATORS):
        widths = _widths(decoded, delimiter)
        agreeing = sum(width == widths[0] for width in widths)
        if widths and (found := (widths[0] > 1 and agreeing >= _AGREE * len(widths), widths[0])) > most:
            best, most = delimiter, found
            if delimiter == hint and found[0]:
                break
    return best


def _widths(decoded: str, delimiter: str) -> list[int]:
    """Number of cells of the first records, without blank lines; none where they cannot be read that way."""
    found: list[int] = []
    with suppress(csv.Error):  # an unclosed quotation mark: the records before it suffice
        for record in csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter, strict=True):
            if record:
                found.append(len(record))
            if len(found) == _SAMPLE:
                break
    return found


def _nulls(
    decoded: str, delimiter: str, records: Sequence[Sequence[str]], first: int, sound: set[int]
) -> dict[int, frozenset[int]]:
    """The NULL cells by row, where the file distinguishes them from empty texts: every value is quoted, and some of the
    empty cells are.
    """
    kinds = _quoted(decoded, delimiter)
    if [len(kind) for kind in kinds] != [max(1, len(record)) for record in records]:
        return {}
    nulls: dict[int, frozenset[int]] = {}
    some_quoted = False
    for number, (record, quoted) in enumerate(zip(records[1:], kinds[1:], strict=True), start=first):
        if number not in sound:
            continue
        bare = frozenset(place for place, mark in enumerate(quoted) if not mark)
        if any(record[place] and record[place] != NULL for place in bare):
            return {}
        some_quoted = some_quoted or any(mark and not cell for mark, cell in zip(quoted, record, strict=True))
        if bare:
            nulls[number] = bare
    return (
        nulls
        if some_quoted or any(record[place] == NULL for record in records[1:] for place in range(len(record)))
        else {}
    )


def _quoted(decoded: str, delimiter: str) -> list[list[bool]]:
    """For each record, whether its cells are quoted."""
    mark = re.escape(delimiter)
    cell = re.compile(rf'(?:(")[^"]*(?:""[^"]*)*"|[^{mark}\r\n]*)({mark}|\r\n|\r|\n|$)')
    found: list[list[bool]] = [[]]
    end = 0
    for match in cell.finditer(decoded):
        if match.start() != end:
            return []
        end = match.end()
        found[-1].append(match[1] is not None)
        if match[2] != delimiter:
            if end >= len(decoded):
                break
            found.append([])
    return found if found[-1] else found[:-1]


def _records(decoded: str, delimiter: str, name: str, limits: CsvLimits) -> Iterator[list[str]]:
    """The records of the file; raises InputError for an unclosed quote, so that no row is swallowed."""
    previous = csv.field_size_limit(limits.max_field)  # this limit of the csv module is process-wide: restored below
    try:
        reader = csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter, strict=True)
        try:
            yield from list(reader)
        except csv.Error as error:
            raise _refused("csv-quotes", name, line=str(reader.line_num)) from error
    finally:
        csv.field_size_limit(previous)


def _sound_rows(
    records: Iterator[list[str]], width: int, first: int
) -> tuple[tuple[tuple[int, tuple[str, ...]], ...], tuple[Problem, ...]]:
    rows: list[tuple[int, tuple[str, ...]]] = []
    problems: list[Problem] = []
    for number, record in enumerate(records, start=first):
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


def _refused(slug: str, name: str, **params: object) -> InputError:
    return InputError(words(f"digital.{slug}", file=name, **params), remedy=words(f"digital.{slug}-remedy"), slug=slug)
