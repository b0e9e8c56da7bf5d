"""Are two pictures of one printed page pictures of one sheet? The ink and the marks say so, for pictures of any two devices."""

from collections.abc import Mapping
from dataclasses import dataclass

from scanform.model.reading import MarkValue, PageReading
from scanform.recognize.ink import inked_zones, same_ink

SURE_MARK = 0.99
"""Confidence from which a box counts as surely marked or surely empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What two pictures are compared by: the fingerprint of the ink, and for each box that was read surely whether it is marked."""

    ink: bytes
    marks: Mapping[str, bool]


def look_of(ink: bytes, reading: PageReading | None) -> Look:
    """The look of a page that was read."""
    values = {MarkValue.MARKED.value: True, MarkValue.EMPTY.value: False}
    fields = reading.fields if reading else ()
    sure = {field.zone: values[field.value] for field in fields if field.value in values and field.confidence >= SURE_MARK and field.problem is None}
    return Look(ink=ink, marks=sure)


def has_ink(look: Look) -> bool:
    """Whether somebody wrote on the page."""
    return bool(look.ink) and bool(inked_zones(look.ink))


def same_sheet(one: Look, other: Look) -> float:
    """The probability that both are pictures of one sheet."""
    differ = sum(one.marks[zone] != other.marks[zone] for zone in one.marks.keys() & other.marks.keys())
    return 0.0 if differ else same_ink(one.ink, other.ink)
