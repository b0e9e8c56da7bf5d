"""Numbers with decimal and thousands signs; which sign is which is decided for a column, never for a cell."""

import re
from collections.abc import Iterable, Mapping

from scanform.model.column_format import Reading

_GAPS = re.compile(
    "[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}'\N{RIGHT SINGLE QUOTATION MARK}](?=\\d{3}(?!\\d))"
)
_SIGNS = str.maketrans({"\N{MINUS SIGN}": "-"})
_SHAPES = {
    Reading.DECIMAL_COMMA: (re.compile(r"-?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?"), "."),
    Reading.DECIMAL_POINT: (re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?"), ","),
}


def readings(cell: str) -> Mapping[Reading, str]:
    """What a cell can mean, as a number with a decimal point and without zeros that say nothing; nothing for what is
    no number.
    """
    written = _GAPS.sub("", cell.translate(_SIGNS).strip())
    return {
        reading: _plain(written.replace(thousands, ""))
        for reading, (shape, thousands) in _SHAPES.items()
        if shape.fullmatch(written)
    }


def _plain(written: str) -> str:
    number = written.replace(",", ".")
    return number.rstrip("0").rstrip(".") if "." in number else number


def admissible(cell: str, *, whole: bool) -> Mapping[Reading, str]:
    """The same; where the question asks for whole numbers, only readings that are whole, as long as there is one."""
    found = readings(cell)
    wholes = {reading: number for reading, number in found.items() if "." not in number}
    return wholes if whole and wholes else found


def signs(cells: Iterable[str], *, whole: bool) -> tuple[frozenset[Reading], dict[Reading, str], str]:
    """(readings that can be meant, a cell that each alone can read, a cell whose meaning hangs on it); no readings
    where nothing hangs on them.
    """
    proofs: dict[Reading, str] = {}
    doubtful = ""
    for cell in cells:
        found = admissible(cell, whole=whole)
        if len(found) == 1:
            proofs.setdefault(next(iter(found)), cell)
        elif len(set(found.values())) > 1:
            doubtful = doubtful or cell
    if proofs:
        return frozenset(proofs), proofs, doubtful
    return (frozenset(_SHAPES), {}, doubtful) if doubtful else (frozenset(), {}, "")


def read(cell: str, reading: Reading | None) -> str | None:
    """The number in a cell of a column; None where it is none, or not written that way."""
    found = readings(cell)
    if reading is not None:
        return found.get(reading)
    return next(iter(found.values())) if len(set(found.values())) == 1 else None
