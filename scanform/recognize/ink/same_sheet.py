"""Do two pictures of one printed page show the same sheet? Marks and ink tell, also across devices.

Marks that differ in both directions (each picture has one that the other certainly lacks) mean two sheets: of 560 pairs
of pictures of one sheet by any two devices none had them (models/same-sheet.md). Marks on only one of the two prove it
only if they are many and both pages were read well: a bad scan loses strokes. If no mark differs, a logistic regression
on the likeness of the ink gives the probability of one sheet; it seldom separates two people's handwriting with
certainty, so such pairs wait for a person.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from scanform.model.reading import MarkValue, PageReading
from scanform.recognize.ink.fingerprint import SameInkSettings, inked_zones, likeness

SURE_MARK = 0.99
"""Minimum confidence for a box to count as certainly marked or certainly empty."""

READ_WELL = 0.5
"""Minimum fraction of the boxes read with certainty for the marks of a page to be trusted if only two or three differ;
half of all bad scans stay below it.
"""

READ_VERY_WELL = 0.8
"""The same if all differing marks are on one of the two."""

MANY = 4
"""This many differing marks, in both directions, mean two sheets however badly the pages were read; all on one page, if
both were read well.
"""

DOUBT = 0.3
"""Factor on the probability of one sheet if one picture has marks that the other certainly lacks: one sheet is then
neither assumed nor ruled out.
"""

MOST_AGREEING = 8
"""Maximum number of agreeing marks that count as evidence: people answer alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEvidence:
    """What two pictures are compared by: the fingerprint of the ink, for each box read with certainty whether it is
    marked, and the fraction of such boxes.
    """

    ink: bytes
    marks: Mapping[str, bool]
    read_well: float = 1.0


def sheet_evidence(ink: bytes, reading: PageReading | None) -> SheetEvidence:
    """The evidence of a page that was read."""
    values, states = {MarkValue.MARKED.value: True, MarkValue.EMPTY.value: False}, {value.value for value in MarkValue}
    boxes = [field for field in reading.fields if field.value in states] if reading else []
    sure = {
        field.zone: values[field.value]
        for field in boxes
        if field.value in values and field.confidence >= SURE_MARK and not field.problems
    }
    return SheetEvidence(ink=ink, marks=sure, read_well=len(sure) / len(boxes) if boxes else 1.0)


def has_ink(look: SheetEvidence) -> bool:
    """Whether somebody wrote on the page."""
    return bool(look.ink) and bool(inked_zones(look.ink))


def same_sheet(one: SheetEvidence, other: SheetEvidence) -> float:
    """The probability that both are pictures of one sheet."""
    shared = one.marks.keys() & other.marks.keys()
    only_one = sum(one.marks[zone] and not other.marks[zone] for zone in shared)
    only_other = sum(other.marks[zone] and not one.marks[zone] for zone in shared)
    differ = only_one + only_other
    read_well = min(one.read_well, other.read_well)
    if read_well >= READ_VERY_WELL and differ >= MANY:
        return 0.0
    if min(only_one, only_other) > 0 and (differ >= MANY or read_well >= READ_WELL):
        return 0.0
    agree = sum(one.marks[zone] and other.marks[zone] for zone in shared)
    return ink_alone(one.ink, other.ink, agree) * (DOUBT if differ else 1.0)


def ink_alone(one: bytes, other: bytes, agree: int) -> float:
    """The probability of one sheet from the likeness of the ink and the number of agreeing marks; no mark differs."""
    bias, *weights = _weights()
    score = bias + float(
        np.dot(weights, [*likeness(one, other, SameInkSettings()), min(agree, MOST_AGREEING) / MOST_AGREEING])
    )
    return float(1 / (1 + np.exp(-score)))


@cache
def _weights() -> tuple[float, ...]:
    """Fitted by `python -m bench.same_sheet --fit`."""
    raw = json.loads(resources.files("scanform.recognize").joinpath("models", "same-sheet.json").read_text("utf-8"))
    return tuple(float(number) for number in raw["logistic"])
