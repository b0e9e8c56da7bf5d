"""Parquet, for DuckDB, Polars, Arrow and R. The only module that uses pyarrow.

Columns have types. A value that is missing is null, and a column `<name>__missing` holds its missing code, so that no
sum takes a code for a number. Choices are texts, as in responses.csv. Labels are in the metadata of each column, as
JSON under `scanform`.
"""

import json
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow
from pyarrow import parquet

from scanform.dataset.statistics.coded import BESIDE, Kind, Value, Variable

_TYPES = {
    Kind.TEXT: pyarrow.string(),
    Kind.DATE: pyarrow.date32(),
    Kind.TIME: pyarrow.time32("s"),
    Kind.MOMENT: pyarrow.timestamp("s", tz="UTC"),
}


def write_parquet(variables: Sequence[Variable], out: BinaryIO) -> None:
    """One Parquet file with all variables."""
    columns = [column for variable in variables for column in _columns(variable)]
    schema = pyarrow.schema([field for field, _ in columns])
    table = pyarrow.Table.from_arrays([values for _, values in columns], schema=schema)
    parquet.write_table(table, out, compression="zstd")


def write_rows_parquet(
    header: Sequence[str], numbers: Sequence[str], rows: Iterator[Sequence[str]], out: BinaryIO
) -> None:
    """Rows of text as a Parquet file, in pieces, so that no more than one piece is in memory; the columns `numbers`
    become numbers, an empty cell null.
    """
    types = [pyarrow.float64() if name in numbers else pyarrow.string() for name in header]
    schema = pyarrow.schema(list(zip(header, types, strict=True)))
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for piece in _pieces(rows):
            arrays = [
                pyarrow.array([_cell(row[place], kind) for row in piece], kind) for place, kind in enumerate(types)
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


PIECE = 20_000
"""Rows in memory at once."""


def _pieces(rows: Iterator[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    piece: list[Sequence[str]] = []
    for row in rows:
        piece.append(row)
        if len(piece) == PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def _cell(cell: str, kind: object) -> str | float | None:
    if not cell:
        return None
    return float(cell) if kind == pyarrow.float64() else cell


def _columns(variable: Variable) -> Iterator[tuple[pyarrow.Field, pyarrow.Array]]:
    """The column of a variable, and that of its missing codes where it holds some."""
    if variable.name.endswith(BESIDE):
        codes = [value or None for value in variable.values]
        yield _column(variable, variable.name, pyarrow.int8(), codes)
        return
    gone = [_is_missing(variable, value) for value in variable.values]
    own = [None if lost else value for value, lost in zip(variable.values, gone, strict=True)]
    if variable.kind is Kind.CODE and any(label.code != str(label.value) for label in variable.labels):
        codes_of = {label.value: label.code for label in variable.labels}
        yield _column(
            variable,
            variable.name,
            pyarrow.string(),
            [codes_of[value] if isinstance(value, int) else None for value in own],
        )
    else:
        yield _column(variable, variable.name, _type(variable, own), own)
    if variable.holds_missing_codes:
        codes = [value if lost else None for value, lost in zip(variable.values, gone, strict=True)]
        yield _column(variable, f"{variable.name}{BESIDE}", pyarrow.int8(), codes)


def _type(variable: Variable, values: Sequence[Value]) -> pyarrow.DataType:
    if variable.kind is Kind.CODE:
        return pyarrow.int8()
    if variable.kind is Kind.NUMBER:
        return pyarrow.float64() if any(isinstance(value, float) for value in values) else pyarrow.int64()
    return _TYPES[variable.kind]


def _is_missing(variable: Variable, value: Value) -> bool:
    return variable.holds_missing_codes and isinstance(value, int | float) and value < 0


def _column(
    variable: Variable, name: str, kind: pyarrow.DataType, values: Sequence[Value]
) -> tuple[pyarrow.Field, pyarrow.Array]:
    labels = {label.code if kind == pyarrow.string() else str(label.value): label.text for label in variable.labels}
    said = json.dumps({"label": variable.text, "values": labels}, ensure_ascii=False)
    return pyarrow.field(name, kind, metadata={"scanform": said}), pyarrow.array(values, kind)
