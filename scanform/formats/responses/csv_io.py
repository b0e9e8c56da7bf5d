"""Strict reading of CSV files of unknown origin: encoding, separator and quotes are detected; damage is never glossed
over.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from scanform.errors import InputError, words
from scanform.model.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLimits:
    """Limits of a CSV file; far above any survey, far below what strains a small machine."""

    max_bytes: int = 1_000_000_000  # it is read in pieces; 200,000 responses with 250 columns are 100 to 400 MB
    max_field: int = 4_000_000  # characters in one cell; the csv module's own limit of 131,072 is below one long essay


SEPARATORS = (",", ";", "\t")
_SAMPLE = 50  # records by which separators are compared
_SAMPLE_CHARACTERS = 4_000_000  # at most, so that a file without line ends is not held as a whole
_AGREE = 0.9  # fraction of records as wide as the first under the right separator; the others are damaged
_PIECE = 1 << 20  # bytes read at a time
_TOGETHER = 200  # records parsed at a time
_SEP_LINE = re.compile(r'"?sep=(?P<sign>[^"\r\n])"?[,;\t]*(?:\r\n|\r|\n)', re.IGNORECASE)
NULL = "NULL"  # NULL in databases; only without quotation marks


class _Unset(str):
    """An empty cell that has no value at all."""

    __slots__ = ()


UNSET: Final[str] = _Unset("")
"""The cell of a column that was NULL, where the file distinguishes that from an empty text; compare with `is`."""

Row = tuple[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """A decoded file: `rows` are (1-based row number in a spreadsheet, cells, composed: NFC), read anew each time they
    are gone through; rows of wrong length are left out and reported.

    `tells_null`: the file distinguishes NULL (the cell is `UNSET`) from an empty text: LimeSurvey quotes all cells
    except those without a value. `decomposed` says that umlauts were stored as two characters.
    """

    header: tuple[str, ...]
    rows: Iterable[Row]
    encoding: str
    delimiter: str
    problems: tuple[Problem, ...]
    tells_null: bool = False
    decomposed: bool = False

    def shaped(self, header: tuple[str, ...], cells: Callable[[tuple[str, ...]], tuple[str, ...]]) -> "CsvTable":
        """The same rows with other cells."""
        return replace(self, header=header, rows=Again(lambda: ((n, cells(row)) for n, row in self.rows)))


@dataclass(frozen=True, slots=True)
class Again:
    """Rows that are made anew each time somebody goes through them."""

    make: Callable[[], Iterator[Row]]

    def __iter__(self) -> Iterator[Row]:
        return self.make()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How a file is read."""

    path: Path
    encoding: str
    delimiter: str
    hinted: bool
    limits: CsvLimits


def read_table(path: Path, *, limits: CsvLimits | None = None) -> CsvTable:
    """The table in `path`; raises InputError for an incomplete or invalid CSV file, before any row is read."""
    limits = limits or CsvLimits()
    _check_file(path, limits)
    encoding = _encoding(path)
    sample = _sample(path, encoding)
    hint = _SEP_LINE.match(sample)
    body = sample[hint.end() :] if hint else sample
    layout = _Layout(
        path=path,
        encoding=encoding,
        delimiter=_delimiter(body, hint["sign"] if hint else ""),
        hinted=hint is not None,
        limits=limits,
    )
    return _table(layout)


def _table(layout: _Layout) -> CsvTable:
    """The file gone through once, so that damage anywhere is known before its rows are used."""
    records = _records(layout, quotes=True)
    first = next(records, None)
    if first is None or not any(cell.strip() for cell in first.cells):
        raise _refused("csv-empty", layout.path.name)
    names = tuple(cell.strip().removeprefix("\ufeff") for cell in first.cells)
    notes = [] if layout.encoding in {"utf-8", "utf-16"} else [_decoded_as(layout.encoding)]
    marks = _Marks()
    problems: list[Problem] = []
    decomposed = first.decomposed
    for record in records:
        decomposed = decomposed or record.decomposed
        sound = _sound(record, len(names))
        if isinstance(sound, Problem):
            problems.append(sound)
        elif sound:
            marks.see(record)
    tells = marks.tell_null
    return CsvTable(
        header=names,
        rows=Again(lambda: _sound_rows(layout, len(names), tells=tells)),
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        problems=(*notes, *problems),
        tells_null=tells,
        decomposed=decomposed,
    )


def _decoded_as(encoding: str) -> Problem:
    return Problem(slug="decoded-as", params=(("encoding", encoding),))


def _check_file(path: Path, limits: CsvLimits) -> None:
    try:
        if path.stat().st_size > limits.max_bytes:
            raise _refused("csv-too-large", path.name, limit=str(limits.max_bytes // 1_000_000))
        with path.open("rb") as file:
            head = file.read(_PIECE)
    except OSError as error:
        raise _refused("csv-unreadable", path.name, reason=error) from error
    if not head.strip():
        raise _refused("csv-empty", path.name)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise _refused("csv-not-csv", path.name)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _encoding(path: Path) -> str:
    """The encoding of the file, decided from all of it."""
    with path.open("rb") as file:
        head = file.read(2000)
    marked = _marked(head)
    if marked is None and _decodes(path, "utf-8-sig"):
        return "utf-8"
    found = marked or _old_encoding(
        bytes(sorted({byte for piece in _pieces(path) for byte in set(piece) if byte > 0x7F}))
    )
    if not _decodes(path, found):
        raise _refused("csv-encoding", path.name)
    return found


def _marked(head: bytes) -> str | None:
    """UTF-16, by its mark or by the zeros that it has."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(head) >= 8 and head[first::2].count(0) > 0.8 * len(head) / 2:
            return encoding
    return None


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in _pieces(path):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def decode(content: bytes, name: str) -> tuple[str, str]:
    """(text, encoding): UTF-8 or UTF-16, otherwise that of Excel on German Windows, of an old Mac or of the console;
    raises InputError.
    """
    marked = _marked(content[:2000])
    if marked is not None:
        return _decoded(content, marked, name), marked
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        encoding = _old_encoding(bytes(sorted({byte for byte in content if byte > 0x7F})))
        return _decoded(content, encoding, name), encoding


_OLD = ("cp1252", "mac_roman", "cp850")
_WRITTEN = frozenset("äöüÄÖÜßéèêàâáçñíóúôëïæøåÉ–—„“”‚‘’…€°²³½§»«·•\N{NO-BREAK SPACE}")
_SURE = 2  # different characters, all of them letters or signs of European languages: a single one may be chance


def _old_encoding(foreign: bytes) -> str:
    """Windows-1252, unless it yields no words and the encoding of a Mac or of the console does; `foreign` are the bytes
    of the whole file that are not ASCII, each once.
    """

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


def _lines(path: Path, encoding: str) -> Iterator[str]:
    """The lines of the file with their ends, as they are written."""
    with path.open("r", encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
        first = True
        for line in file:
            yield line.removeprefix("\ufeff") if first else line
            first = False


def _sample(path: Path, encoding: str) -> str:
    """The beginning of the file, composed."""
    found, size = list[str](), 0
    for line in islice(_lines(path, encoding), 40 * _SAMPLE):
        found.append(line)
        size += len(line)
        if size > _SAMPLE_CHARACTERS:
            break
    return unicodedata.normalize("NFC", "".join(found))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """A record with its number in a spreadsheet, and its text where somebody wants to know what is quoted."""

    number: int
    cells: list[str]
    text: str
    decomposed: bool
    delimiter: str

    def quoted(self) -> list[bool] | None:
        """Whether each cell is quoted; None where the text does not tell."""
        mark = re.escape(self.delimiter)
        found, end = list[bool](), 0
        text = self.text.rstrip("\r\n")
        for match in _cell(mark).finditer(text):
            if match.start() != end:
                return None
            end = match.end()
            found.append(match[1] is not None)
            if match[2] != self.delimiter:
                break
        return found if end == len(text) and len(found) == max(1, len(self.cells)) else None


_CELLS: dict[str, re.Pattern[str]] = {}


def _cell(mark: str) -> re.Pattern[str]:
    """A cell and what ends it."""
    return _CELLS.setdefault(mark, re.compile(rf'(?:(")[^"]*(?:""[^"]*)*"|[^{mark}\r\n]*)({mark}|$)'))


@dataclass(slots=True)
class _Marks:
    """What the quotation marks of a file tell: every value is quoted, and some of the empty cells are not."""

    possible: bool = True
    empty_text: bool = False
    null: bool = False

    @property
    def tell_null(self) -> bool:
        """Whether the file distinguishes NULL from an empty text."""
        return self.possible and self.empty_text and self.null

    def see(self, record: _Record) -> None:
        """Take one more record into account."""
        quoted = record.quoted() if self.possible else None
        if quoted is None:
            self.possible = False
            return
        for cell, mark in zip(record.cells, quoted, strict=True):
            if mark:
                self.empty_text = self.empty_text or not cell or cell == NULL
            elif cell and cell != NULL:
                self.possible = False
                return
            else:
                self.null = True
                self.empty_text = self.empty_text or cell == NULL


def _records(layout: _Layout, *, quotes: bool) -> Iterator[_Record]:
    """The records of the file; raises InputError for an unclosed quote, so that no row is swallowed."""
    consumed: list[str] = []
    odd = False

    def lines() -> Iterator[str]:
        nonlocal odd
        source = _lines(layout.path, layout.encoding)
        if layout.hinted:
            next(source, None)
        for line in source:
            composed = line if line.isascii() else unicodedata.normalize("NFC", line)
            odd = odd or composed != line
            if quotes:
                consumed.append(composed)
            yield composed

    reader = csv.reader(lines(), delimiter=layout.delimiter, strict=True)
    number = 2 if layout.hinted else 1
    while True:
        found: list[_Record] = []
        previous = csv.field_size_limit(layout.limits.max_field)  # process-wide: restored before anybody else runs
        try:
            for cells in islice(reader, _TOGETHER):
                found.append(
                    _Record(
                        number=number, cells=cells, text="".join(consumed), decomposed=odd, delimiter=layout.delimiter
                    )
                )
                consumed.clear()
                number += 1
        except csv.Error as error:
            raise _refused("csv-quotes", layout.path.name, line=str(reader.line_num)) from error
        finally:
            csv.field_size_limit(previous)
        if not found:
            return
        yield from found


def _sound(record: _Record, width: int) -> Problem | bool:
    """Whether a record is a row; the problem of a damaged one."""
    if not any(cell.strip() for cell in record.cells):
        return False
    if len(record.cells) != width:
        counts = (("row", str(record.number)), ("found", str(len(record.cells))), ("expected", str(width)))
        return Problem(slug="bad-row", params=counts)
    if any("\0" in cell for cell in record.cells):
        return Problem(slug="nul-in-row", params=(("row", str(record.number)),))
    return True


def _sound_rows(layout: _Layout, width: int, *, tells: bool) -> Iterator[Row]:
    """The rows, NULL as `UNSET` where the file tells it."""
    records = _records(layout, quotes=tells)
    next(records, None)
    for record in records:
        if _sound(record, width) is not True:
            continue
        quoted = record.quoted() if tells else None
        cells = record.cells
        if quoted is not None:
            cells = [cell if mark else UNSET for cell, mark in zip(cells, quoted, strict=True)]
        yield record.number, tuple(cells)


def _refused(slug: str, name: str, **params: object) -> InputError:
    return InputError(words(f"digital.{slug}", file=name, **params), remedy=words(f"digital.{slug}-remedy"), slug=slug)
