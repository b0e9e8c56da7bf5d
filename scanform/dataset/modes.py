"""Answers by channel: whether people answer otherwise on paper than online. The one place for pandas.

All cells stay text in the frame, so that no type is guessed: a postcode keeps its zeros, a missing code stays a code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanform.dataset.table import Column, Holds, Table
from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Channel

if TYPE_CHECKING:
    import pandas as pd  # takes longer to import than all of the rest: only where modes are counted

HEADER = ("column", "value", *(channel.value for channel in Channel), "total")


def frame(table: Table) -> pd.DataFrame:
    """The data set as a data frame of text, one row per record, columns as in responses.csv."""
    import pandas as pd

    return pd.DataFrame(table.rows, columns=[column.name for column in table.columns], dtype=object)


def mode_rows(table: Table) -> tuple[tuple[str, ...], ...]:
    """One row per column of a choice question and value, missing codes included, with the counts per channel and in all; cells as in `HEADER`."""
    import pandas as pd

    data = frame(table)
    rows: list[tuple[str, ...]] = []
    for column in table.columns:
        if _is_choice(column) and len(data):
            counts = pd.crosstab(data[column.name], data["channel"]).reindex(columns=[channel.value for channel in Channel], fill_value=0)
            for value, row in sorted(counts.iterrows(), key=lambda item: _place(column, str(item[0]))):
                rows.append((column.name, str(value), *(str(int(count)) for count in row), str(int(row.sum()))))
    return tuple(rows)


def _is_choice(column: Column) -> bool:
    single = column.question is not None and column.question.kind is QuestionKind.SINGLE
    return column.holds is Holds.TICK or (column.holds is Holds.CODE and single)


def _place(column: Column, value: str) -> tuple[int, str]:
    """Options in the order of the questionnaire, then ticks, then missing codes."""
    options = [option.code for option in column.question.options] if column.question is not None and column.holds is Holds.CODE else ["1", "0"]
    return (options.index(value), "") if value in options else (len(options), value)
