"""The data set in other shapes: one row per value (long.csv), and with labels instead of codes (labelled.csv)."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import BinaryIO

from scanform.dataset.safe_text import clean, guarded, guarded_unless_number
from scanform.dataset.statistics.coded import BESIDE, Kind, Variable
from scanform.dataset.table import MISSING_CODES, Holds, Table
from scanform.i18n.texts import number_text

LONG = ("response_id", "column", "value", "label", "missing")


def long_rows(table: Table, variables: Sequence[Variable]) -> Iterator[tuple[str, ...]]:
    """One row per record and column of a question: the cell of responses.csv, its label, 1 where it is a missing code;
    cells as in `LONG`. Words beside texts (`__status`) have rows of their own.
    """
    labels = _labels(variables)
    questions = [(place, column) for place, column in enumerate(table.columns) if column.holds is not Holds.FIXED]
    for row in table.rows:
        for place, column in questions:
            cell = row[place]
            label, is_missing = labels[column.name].get(cell, ("", False))
            yield (row[0], column.name, cell, label, str(int(is_missing)))


def _labels(variables: Sequence[Variable]) -> Mapping[str, Mapping[str, tuple[str, bool]]]:
    """Label and whether it is missing, by variable and cell; those of a field without room for codes stand beside it."""
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for variable in variables:
        name = variable.name.removesuffix(BESIDE)
        own = {
            label.code: (label.text, label.is_missing)
            for label in variable.labels
            if label.is_missing or not variable.name.endswith(BESIDE)
        }
        found.setdefault(name, {}).update(own)
    return found


def write_labelled_csv(table: Table, variables: Sequence[Variable], out: BinaryIO, *, language: str) -> None:
    """labelled.csv: labels instead of codes and of missing codes, the wording of the question as a second heading.
    Numbers as the `language` writes them; semicolons where a comma separates decimals, as Excel expects it.
    """
    labels = _labels(variables)
    wording = {variable.name: variable.text for variable in variables}
    numbers = {variable.name for variable in variables if variable.kind is Kind.NUMBER}
    buffer = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    delimiter = ";" if "," in number_text(Decimal("0.5"), language) else ","
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerow([guarded(clean(wording[column.name])) for column in table.columns])
    for row in table.rows:
        shown = []
        for column, cell in zip(table.columns, row, strict=True):
            label = labels[column.name].get(cell)
            if label is not None:
                shown.append(guarded_unless_number(clean(label[0])))
            elif column.name in numbers and cell not in MISSING_CODES:
                shown.append(number_text(Decimal(cell), language, grouped=False))
            else:
                shown.append(guarded_unless_number(clean(cell)))
        writer.writerow(shown)
    buffer.flush()
    buffer.detach()
