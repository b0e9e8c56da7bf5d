"""Numbers with decimal and thousands separators; which sign is which is decided for a column, never for a cell."""

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
    """The possible meanings of a cell, as a number with a decimal point and without redundant zeros; nothing for
    anything but a number.
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
    """The same; where the question asks for whole numbers, only whole readings if there is one."""
    found = readings(cell)
    wholes = {reading: number for reading, number in found.items() if "." not in number}
    return wholes if whole and wholes else found


def signs(cells: Iterable[str], *, whole: bool) -> tuple[frozenset[Reading], dict[Reading, str], str]:
    """(possible readings, a cell that only one of them can read, for each, a cell whose meaning depends on the
    reading); no readings where it makes no difference.
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
    """The number in a cell of a column; None for anything else or another format."""
    found = readings(cell)
    if reading is not None:
        return found.get(reading)
    return next(iter(found.values())) if len(set(found.values())) == 1 else None
