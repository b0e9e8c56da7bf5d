"""How the columns of an export are to be read: decided once per column from all rows, shown, confirmed, and kept for
the next export of the survey.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FormatKind(StrEnum):
    """What is decided about a column, or about a whole file."""

    DATES = "dates"
    NUMBERS = "numbers"
    ANSWERS = "answers"
    TEXT = "text"
    ZONE = "zone"


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
"""What a person can say about a column."""


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

    `example` is a cell, `read_as` what it is taken for; both are empty where they would show personal data or nothing.
    """

    column: str
    kind: FormatKind
    reading: str
    basis: Basis
    example: str = ""
    read_as: str = ""

    @property
    def key(self) -> tuple[str, FormatKind]:
        """What the decision is about."""
        return (self.column, self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFormat:
    """A column that can be read in several ways: a cell in row `row`, and each reading with what the cell would be.

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
        """What is to be decided."""
        return (self.column, self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatChoices:
    """What is known beforehand: `said` by a person now (column "" for all that are not clear), `kept` from earlier
    exports of the survey.
    """

    said: Mapping[tuple[str, FormatKind], str] = field(default_factory=dict)
    kept: Mapping[tuple[str, FormatKind], str] = field(default_factory=dict)

    def spoken(self, column: str, kind: FormatKind) -> str | None:
        """What a person said about a column, by its name or about all of them."""
        return self.said.get((column, kind), self.said.get(("", kind)))
