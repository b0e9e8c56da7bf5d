"""Dates and times as survey tools and spreadsheets write them; whether day or month comes first is decided for a
column, never for a cell.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from scanform.model.column_format import Reading

ANONYMOUS_YEAR = 1980
"""LimeSurvey writes 1980-01-01 as the date of anonymised responses."""

FIRST_SERIAL, LAST_SERIAL = 20_000, 73_050
"""Spreadsheet day numbers, counted from 1899-12-30: 1954-10-03 and 2099-12-31. Smaller numbers are years, clock times
or anything else.
"""

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 (a spreadsheet's dates have no zone)
_CLOCK = (
    r"(?:[ "
    r"T,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?)?"
)
_OFFSET = r"\s*(?P<offset>[Zz]|[+-]\d{2}(?::?\d{2})?)?"
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})(?P<mark>[-/.])(?P<one>\d{{1,2}})(?P=mark)(?P<two>\d{{1,2}}){_CLOCK}{_OFFSET}"
)
_YEAR_LAST = re.compile(
    rf"(?P<one>\d{{1,2}})(?P<mark>[-/.])\s?(?P<two>\d{{1,2}})(?P=mark)\s?(?P<year>\d{{4}}|\d{{2}}){_CLOCK}{_OFFSET}"
)
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A date with the time shown by a clock (midnight where the cell has none); `offset` is that of the clock from UTC
    where the cell gives one.

    `short` years have two digits: of this century in a survey tool's own dates; in an answer possibly of the last one.
    """

    clock: datetime
    offset: timedelta | None = None
    short: bool = False

    def on_clock_in(self, zone: tzinfo) -> datetime:
        """The time shown by a clock in `zone`."""
        if self.offset is None:
            return self.clock
        return self.clock.replace(tzinfo=timezone(self.offset)).astimezone(zone).replace(tzinfo=None)

    def in_utc(self, zone: tzinfo) -> datetime:
        """The moment in UTC; for an hour repeated when clocks go back, the first."""
        aware = self.clock.replace(tzinfo=zone if self.offset is None else timezone(self.offset))
        return aware.astimezone(UTC)


def readings(cell: str) -> Mapping[Reading, Moment]:
    """The possible meanings of a cell by the order of its parts; nothing for anything but a date."""
    found = _YEAR_FIRST.fullmatch(cell)
    if found is not None:
        return _kept({Reading.YEAR_FIRST: _moment(found, found["year"], found["one"], found["two"])})
    found = _YEAR_LAST.fullmatch(cell)
    if found is not None:
        year = found["year"] if len(found["year"]) == 4 else f"20{found['year']}"
        return _kept(
            {
                Reading.DAY_MONTH: _moment(found, year, found["two"], found["one"]),
                Reading.MONTH_DAY: _moment(found, year, found["one"], found["two"]),
            }
        )
    if _SERIAL.fullmatch(cell) and FIRST_SERIAL <= (days := float(cell.replace(",", "."))) <= LAST_SERIAL:
        return {Reading.YEAR_FIRST: Moment(clock=_EPOCH + timedelta(seconds=round(days * 86_400)))}
    return {}


def _kept(found: Mapping[Reading, Moment | None]) -> dict[Reading, Moment]:
    return {reading: moment for reading, moment in found.items() if moment is not None}


def _moment(found: re.Match[str], year: str, month: str, day: str) -> Moment | None:
    hour = int(found["hour"] or 0)
    if found["half"]:
        hour = hour % 12 + 12 * (found["half"] in "Pp")
    try:
        # (see Moment)
        clock = datetime(int(year), int(month), int(day), hour, int(found["minute"] or 0), int(found["second"] or 0))  # noqa: DTZ001
    except ValueError:
        return None
    return Moment(clock=clock, offset=_offset(found["offset"]), short=len(found["year"]) == 2)


def _offset(written: str | None) -> timedelta | None:
    if not written:
        return None
    if written in "Zz":
        return timedelta(0)
    digits = written[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if written.startswith("-") else size


def read(cell: str, order: Reading | None) -> Moment | None:
    """The moment in a cell of a column in which `order` comes first; None where it is no date, or not in that order."""
    found = readings(cell)
    if Reading.YEAR_FIRST in found:
        return found[Reading.YEAR_FIRST]
    if order is None:  # the order makes no difference: day and month are equal, or nothing can be read
        return next(iter(found.values())) if len(set(found.values())) == 1 else None
    return found.get(order)


def is_anonymous(moment: Moment) -> bool:
    """Whether this is the date that LimeSurvey writes for everybody in anonymised surveys."""
    return moment.clock.year <= ANONYMOUS_YEAR


def orders(cells: Iterable[str]) -> tuple[frozenset[Reading], dict[Reading, str], str]:
    """(orders possible for all cells, a cell that only one order can read, for each order, a cell whose meaning depends
    on the order).

    No orders where it makes no difference. Dates with full stops have the day first, unless a cell shows otherwise: no
    country writes them the other way round.
    """
    proofs: dict[Reading, str] = {}
    doubtful, dotted = "", True
    for cell in cells:
        found = readings(cell)
        if Reading.YEAR_FIRST in found or not found:
            continue
        if len(found) == 1:
            proofs.setdefault(next(iter(found)), cell)
        elif found[Reading.DAY_MONTH] != found[Reading.MONTH_DAY]:
            doubtful = doubtful or cell
            dotted = dotted and "." in cell[:3]
    if proofs:
        return frozenset(proofs), proofs, doubtful
    if not doubtful:
        return frozenset(), {}, ""
    if dotted:
        return frozenset({Reading.DAY_MONTH}), {Reading.DAY_MONTH: doubtful}, doubtful
    return frozenset({Reading.DAY_MONTH, Reading.MONTH_DAY}), {}, doubtful


def is_twofold(moment: Moment, zone: tzinfo) -> bool:
    """Whether that hour was repeated or skipped on the day of a clock change."""
    if moment.offset is not None:
        return False
    first, second = (moment.clock.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return first.utcoffset() != second.utcoffset()
