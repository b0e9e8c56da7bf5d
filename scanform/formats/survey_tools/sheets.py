"""XLSX files of an XLSForm as rows of text. The only module that reads and writes them with openpyxl here; the data
set's workbook is another matter (`dataset.workbook`).
"""

import io
import zipfile
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from scanform.formats.survey_tools.remarks import no_survey

MAX_UNPACKED = 64 * 1024 * 1024
"""Bytes of all parts of a workbook together; the largest form seen has 2 MB."""
MAX_ROWS, MAX_COLUMNS = 20_000, 200
"""Of one sheet; what lies beyond is no questionnaire."""

Rows = list[list[str]]


def read_sheets(content: bytes, name: str, wanted: Collection[str]) -> dict[str, Rows]:
    """The `wanted` sheets of a workbook that it has; raises InputError for what is no workbook or too large."""
    _check_size(content, name)
    try:
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            return {
                title.strip().lower(): _rows(workbook[title].iter_rows(values_only=True), name)
                for title in workbook.sheetnames
                if title.strip().lower() in wanted
            }
        finally:
            workbook.close()
    except (BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, AttributeError, SyntaxError) as error:
        raise no_survey(
            "not_xlsx", name
        ) from error  # what openpyxl raises for damaged parts; a ParseError is a SyntaxError


def _check_size(content: bytes, name: str) -> None:
    """The parts say how large they will be; zipfile holds them to it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except BadZipFile as error:
        raise no_survey("not_xlsx", name) from error
    if size > MAX_UNPACKED:
        raise no_survey("too_big", name, limit=f"{MAX_UNPACKED // 1024 // 1024} MB")


def _rows(found: object, name: str) -> Rows:
    rows: Rows = []
    for number, cells in enumerate(found, start=1):  # type: ignore[arg-type, var-annotated]  # openpyxl's own generator
        if number > MAX_ROWS:
            raise no_survey("too_big", name, limit=f"{MAX_ROWS} x {MAX_COLUMNS}")
        rows.append([_text(cell) for cell in cells[:MAX_COLUMNS]])
    return rows


def _text(value: object) -> str:
    """A cell as its author typed it, as far as that can be told."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value).strip()


def write_sheets(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """A workbook of text cells; nothing in it is a formula."""
    workbook = Workbook(write_only=True)
    for title, rows in sheets.items():
        page = workbook.create_sheet(title)
        for row in rows:
            page.append([_cell(page, value) for value in row])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _cell(page: object, value: str) -> object:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell

    if not value:
        return None
    cell = WriteOnlyCell(page)  # type: ignore[arg-type]  # a write-only sheet, which its type information omits
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.data_type = "s"
    return cell
