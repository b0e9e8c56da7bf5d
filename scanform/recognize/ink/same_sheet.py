"""Are two pictures of one printed page pictures of one sheet? The marks and the ink say so, also for pictures of
different devices.

Marks that differ in both directions (each picture has one that the other surely lacks) are two sheets: of 560 pairs of
pictures of one sheet by any two devices none had them (models/same-sheet.md). Marks that only one of them has prove it
only where there are many of them and both pages were read well: a bad scan loses strokes. Where no mark differs a
logistic on the likeness of the ink says how probable one sheet is; handwriting of two people is seldom surely told
apart there, so that such pairs wait for a person.
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
"""Confidence from which a box counts as surely marked or surely empty."""

READ_WELL = 0.5
"""Share of the boxes that is read surely on a page whose marks are believed where only two or three differ; on half
of all bad scans it is less.
"""

READ_VERY_WELL = 0.8
"""The same where all the marks that differ are on one of the two."""

MANY = 4
"""So many marks that differ, in both directions, say that there are two sheets however badly the pages were read;
all on one page, if both were read well.
"""

DOUBT = 0.3
"""What is left of the probability of one sheet where one picture has marks that the other surely lacks: it is
neither believed nor ruled out.
"""

MOST_AGREEING = 8
"""More marks that agree do not make two pictures more alike: people answer alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEvidence:
    """What two pictures are compared by: the fingerprint of the ink, for each box that was read surely whether it is
    marked, and the share of such boxes.
    """

    ink: bytes
    marks: Mapping[str, bool]
    read_well: float = 1.0


def sheet_evidence(ink: bytes, reading: PageReading | None) -> SheetEvidence:
    """The look of a page that was read."""
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
    """The probability of one sheet by the likeness of the ink, and the number of marks that agree; no mark differs."""
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
