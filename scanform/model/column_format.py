"""How the columns of an export are read: decided once per column from all rows, shown, confirmed, and kept for the next
export of the survey.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FormatKind(StrEnum):
    """The subject of a decision about a column, or about a whole file."""

    DATES = "dates"
    NUMBERS = "numbers"
    ANSWERS = "answers"
    TEXT = "text"
    ZONE = "zone"
    TOOL = "tool"


class Reading(StrEnum):
    """The ways to read a column; a time zone is a name of its own."""

    YEAR_FIRST = "year-first"
    DAY_MONTH = "day-month"
    MONTH_DAY = "month-day"
    DECIMAL_COMMA = "decimal-comma"
    DECIMAL_POINT = "decimal-point"
    CODES = "codes"
    LABELS = "labels"
    REPAIRED = "repaired"
    AS_WRITTEN = "as-written"


READINGS: Mapping[FormatKind, tuple[Reading, ...]] = {
    FormatKind.DATES: (Reading.DAY_MONTH, Reading.MONTH_DAY),
    FormatKind.NUMBERS: (Reading.DECIMAL_COMMA, Reading.DECIMAL_POINT),
    FormatKind.ANSWERS: (Reading.CODES, Reading.LABELS),
    FormatKind.TEXT: (Reading.REPAIRED, Reading.AS_WRITTEN),
}
"""The readings a person can choose for a column."""


class Basis(StrEnum):
    """Why a column is read as it is."""

    PROVEN = "proven"
    FILE = "file"
    KEPT = "kept"
    SAID = "said"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatDecision:
    """How one column is read: `column` is the code of its question or the name of its system column, "" for the whole
    file.

    `example` is a cell, `read_as` its interpretation; both are empty where they would show personal data or nothing.
    """

    column: str
    kind: FormatKind
    reading: str
    basis: Basis
    example: str = ""
    read_as: str = ""

    @property
    def key(self) -> tuple[str, FormatKind]:
        """The subject of the decision."""
        return (self.column, self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFormat:
    """A column that can be read in several ways: a cell in row `row`, and its interpretation in each reading.

    `contradictory`: no reading fits all cells.
    """

    column: str
    kind: FormatKind
    row: int
    example: str
    readings: tuple[tuple[str, str], ...]
    contradictory: bool = False

    @property
    def key(self) -> tuple[str, FormatKind]:
        """The subject to be decided."""
        return (self.column, self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatChoices:
    """The choices given beforehand: `said` by a person now (column "" for all unclear ones), `kept` from earlier
    exports of the survey.
    """

    said: Mapping[tuple[str, FormatKind], str] = field(default_factory=dict)
    kept: Mapping[tuple[str, FormatKind], str] = field(default_factory=dict)

    def spoken(self, column: str, kind: FormatKind) -> str | None:
        """A person's choice for a column, by its name or for all columns."""
        return self.said.get((column, kind), self.said.get(("", kind)))
