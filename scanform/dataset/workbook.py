"""The workbook: data, codebook, provenance and conflicts as sheets; and lists that people keep as workbooks. The only
module of the data set that uses openpyxl.

Text is written as text (leading zeros stay, nothing becomes a formula or a date); only ticks, numbers and probabilities
are numbers.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import BinaryIO, cast
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from scanform.dataset.safe_text import visible
from scanform.errors import InputError, words

_SAFE = re.compile(r"[^\W\d_][^\n]*\Z")
"""Text that no spreadsheet converts: one line that starts with a letter. It needs no style of its own and takes half
the time to write.
"""

MAX_WIDTH = 60  # characters; wider columns push the rest off the screen
MAX_ROWS = 1_048_575  # a sheet holds one more, the header

MAX_LIST_BYTES = 20_000_000
"""Largest workbook that is read; 10,000 places with ten columns are 1 MB."""

MAX_LIST_CELLS = 5_000_000
"""Most cells of a workbook that is read: a small file may unpack to far more than a list of people holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet: header, rows of text, the numeric columns, the number of frozen columns."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Collection[str] = ()
    frozen: int = 1


def write_xlsx(sheets: Iterable[Sheet], out: BinaryIO) -> None:
    """Write `sheets` as one workbook."""
    workbook = Workbook(write_only=True)
    for sheet in sheets:
        for number, start in enumerate(range(0, max(1, len(sheet.rows)), MAX_ROWS), start=1):
            part = replace(
                sheet,
                title=sheet.title if number == 1 else f"{sheet.title} {number}",
                rows=sheet.rows[start : start + MAX_ROWS],
            )
            _write_sheet(cast(Worksheet, workbook.create_sheet(part.title)), part)
    workbook.save(out)


def _write_sheet(page: Worksheet, sheet: Sheet) -> None:
    """`page` is a write-only sheet; it has the worksheet features used here, which its type information omits."""
    page.freeze_panes = f"{get_column_letter(sheet.frozen + 1)}2"
    for place, name in enumerate(sheet.header, start=1):
        page.column_dimensions[get_column_letter(place)].width = _width(
            name, [row[place - 1] for row in sheet.rows[:200]]
        )
    page.append([_header_cell(page, name) for name in sheet.header])
    are_numbers = [name in sheet.numbers for name in sheet.header]
    for row in sheet.rows:
        page.append([_cell(page, value, number) for value, number in zip(row, are_numbers, strict=True)])
    if sheet.rows:
        page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.header))}{len(sheet.rows) + 1}"


def _width(name: str, values: Sequence[str]) -> float:
    longest = max((len(line) for value in (name, *values) for line in value.split("\n")), default=8)
    return float(min(MAX_WIDTH, max(8, longest + 2)))


def _header_cell(page: Worksheet, name: str) -> Cell:
    cell = WriteOnlyCell(page, value=name)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="E3E9EF")
    return cell


def _cell(page: Worksheet, value: str, number: bool) -> Cell | str | float | None:
    if value == "":
        return None
    if number:
        try:
            return float(value) if "." in value else int(value)
        except ValueError:
            pass  # a numeric column may contain a word where a person wrote one
    shown = visible(value)
    return shown if _SAFE.match(shown) else _text_cell(page, shown)


def _text_cell(page: Worksheet, value: str) -> Cell:
    """A cell that stays text, even when somebody edits it: text starting with "=" is no formula, 01067 no number, 1-2
    no date.
    """
    cell = WriteOnlyCell(page)
    cell.value = value
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = True
    if "\n" in value:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def read_sheet(path: Path) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """The rows of the only filled sheet of a workbook as text, each with its number (from 1), filled up to equal
    length.

    Raises InputError for what is no workbook, for several filled sheets, and for formulas whose result is not in the
    file: nothing is left out silently.
    """
    try:
        if path.stat().st_size > MAX_LIST_BYTES:
            raise _no_list(path, "too_large", most=MAX_LIST_BYTES // 1_000_000)
        results, formulas = _sheets_of(path, results=True), _sheets_of(path, results=False)
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError, EOFError, SyntaxError) as error:
        raise _no_list(path, "unreadable") from error
    if len(formulas) > 1:
        raise _no_list(path, "several_sheets", sheets=", ".join(sorted(formulas)))
    cells = next(iter(results.values()), {})
    for place, value in next(iter(formulas.values()), {}).items():
        if isinstance(value, str) and value.startswith("=") and place not in cells:
            raise _no_list(path, "no_result", cell=f"{get_column_letter(place[1])}{place[0]}")
    width = max((column for _, column in cells), default=0)
    return tuple(
        (row, tuple(_listed_cell(cells.get((row, column))) for column in range(1, width + 1)))
        for row in sorted({row for row, _ in cells})
    )


def _sheets_of(path: Path, *, results: bool) -> dict[str, dict[tuple[int, int], object]]:
    """The filled cells of each filled sheet by (row, column): results of formulas, or the formulas themselves."""
    workbook = load_workbook(path, read_only=True, data_only=results, keep_links=False)
    try:
        found: dict[str, dict[tuple[int, int], object]] = {}
        count = 0
        for sheet in workbook.worksheets:
            for row in sheet.iter_rows():
                count += len(row)
                if count > MAX_LIST_CELLS:
                    raise _no_list(path, "too_large", most=MAX_LIST_BYTES // 1_000_000)
                for cell in row:
                    if cell.value is not None and str(cell.value).strip():
                        found.setdefault(sheet.title, {})[cell.row, cell.column] = cell.value
        return found
    finally:
        workbook.close()


def _listed_cell(value: object) -> str:
    """A cell as people read it: whole numbers without decimals, dates as ISO 8601, truth values as spreadsheets name
    them.
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)


def _no_list(path: Path, why: str, **params: object) -> InputError:
    return InputError(words(f"recipients.xlsx_{why}", file=path.name, **params), remedy=words("recipients.xlsx_remedy"))
