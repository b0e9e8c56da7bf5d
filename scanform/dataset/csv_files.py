"""The exported files: CSV (UTF-8 with BOM, comma, CRLF) and a workbook.

All functions write to an open binary file; the caller makes that atomic.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

from scanform.dataset import codebook, modes, provenance
from scanform.dataset.safe_text import clean, guarded, guarded_unless_number
from scanform.dataset.table import Column, Table

_Cell = Callable[[str], str]


def write_table_csv(table: Table, out: BinaryIO) -> None:
    """responses.csv or contact.csv: the data set, with the formula guard in free text only."""
    guards = tuple(map(_guard, table.columns))
    write_rows([column.name for column in table.columns], table.rows, out, guards)


def write_readings_csv(rows: Iterable[Sequence[str]], out: BinaryIO) -> None:
    """readings.csv; `rows` as `provenance.reading_rows` gives them."""
    guards = tuple(
        {"value": guarded_unless_number, "source_file": guarded}.get(name, _plain) for name in provenance.READINGS
    )
    write_rows(provenance.READINGS, rows, out, guards)


def write_provenance_csv(rows: Iterable[Sequence[str]], out: BinaryIO) -> None:
    """provenance.csv; `rows` as `provenance.provenance_rows` gives them."""
    write_rows(provenance.PROVENANCE, rows, out)


def write_conflicts_csv(rows: Iterable[Sequence[str]], out: BinaryIO) -> None:
    """conflicts.csv; `rows` as `provenance.conflict_rows` gives them."""
    write_rows(provenance.CONFLICTS, rows, out)


def write_codebook_csv(rows: Iterable[Sequence[str]], out: BinaryIO) -> None:
    """codebook.csv; `rows` as `codebook.rows` gives them."""
    write_rows(codebook.HEADER, rows, out)


def write_modes_csv(rows: Iterable[Sequence[str]], out: BinaryIO) -> None:
    """modes.csv; `rows` as `modes.mode_rows` gives them."""
    write_rows(modes.HEADER, rows, out)


def write_rows(
    header: Sequence[str], rows: Iterable[Sequence[str]], out: BinaryIO, guards: Sequence[_Cell] = ()
) -> None:
    """A CSV file; without `guards` each cell that is not a plain number is guarded against formulas."""
    buffer = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        functions = guards or [guarded_unless_number] * len(row)
        writer.writerow([guard(clean(cell)) for guard, cell in zip(functions, row, strict=True)])
    buffer.flush()
    buffer.detach()


def _guard(column: Column) -> _Cell:
    """Text is guarded; in rows of character cells the missing codes beside it are none."""
    if not column.is_free_text:
        return _plain
    return guarded_unless_number if column.is_row_of_cells else guarded


def _plain(cell: str) -> str:
    return cell
