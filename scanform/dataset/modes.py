"""Answers by channel: whether answers on paper differ from those online (mode effects)."""

from collections import Counter

from scanform.dataset.table import Column, Holds, Table
from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Channel

HEADER = ("column", "value", *(channel.value for channel in Channel), "total")


def mode_rows(table: Table) -> tuple[tuple[str, ...], ...]:
    """One row per column of a choice question and value, including missing codes, with the counts per channel and in
    total.

    Cells as in `HEADER`.
    """
    channel = [column.name for column in table.columns].index("channel")
    return tuple(
        row
        for at, column in enumerate(table.columns)
        if _is_choice(column)
        for row in _counted(column, Counter((cells[at], cells[channel]) for cells in table.rows))
    )


def _counted(column: Column, counts: Counter[tuple[str, str]]) -> list[tuple[str, ...]]:
    """The rows of one column; `counts` are by value and channel."""
    found = []
    for value in sorted({value for value, _ in counts}, key=lambda value: _place(column, value)):
        by_channel = [counts[value, channel.value] for channel in Channel]
        found.append((column.name, value, *map(str, by_channel), str(sum(by_channel))))
    return found


def _is_choice(column: Column) -> bool:
    single = column.question is not None and column.question.kind is QuestionKind.SINGLE
    return column.holds is Holds.TICK or (column.holds is Holds.CODE and single)


def _place(column: Column, value: str) -> tuple[int, str]:
    """Options in the order of the questionnaire, then ticks, then missing codes."""
    options = ["1", "0"]
    if column.question is not None and column.holds is Holds.CODE:
        options = [option.code for option in column.question.options]
    return (options.index(value), "") if value in options else (len(options), value)
