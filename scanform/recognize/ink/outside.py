"""Zones outside the picture: a page cut off by the edge of a photo or scan must not be read as unanswered there."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scanform.imaging.page_image import Floats, PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.layout import Zone, ZoneKind
from scanform.model.problem import without_repeats
from scanform.model.reading import Candidate, FieldReading, MarkValue

OUTSIDE = "outside-picture"
"""The problem of a zone that lies partly or wholly outside the picture."""

SLACK_MM = 0.3
"""Part of a zone that may be missing: less than the line of a box."""

_INWARDS = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])


def outside_zones(image: PageImage, page_map: PageMap, zones: Sequence[Zone], corners_mm: Floats) -> frozenset[str]:
    """The ids of the zones that extend beyond the edge of the picture; `corners_mm` (Z, 4, 2) from the top left
    clockwise.
    """
    if not zones:
        return frozenset()
    inner = corners_mm + SLACK_MM * _INWARDS
    px = page_map.to_px(inner.reshape(-1, 2)).reshape(inner.shape)
    beyond = ((px < -0.5) | (px > np.array([image.width, image.height]) - 0.5)).any(axis=(1, 2))
    return frozenset(zones[int(number)].id for number in np.flatnonzero(beyond))


def without_outside(
    fields: tuple[FieldReading, ...], missing: frozenset[str], zones: Sequence[Zone]
) -> tuple[FieldReading, ...]:
    """The readings, without values for the zones that are `missing`."""
    if not missing:
        return fields
    kinds = {zone.id: zone.kind for zone in zones}
    return tuple(_unknown(field, kinds[field.zone]) if field.zone in missing else field for field in fields)


def _unknown(field: FieldReading, kind: ZoneKind) -> FieldReading:
    problems = without_repeats((OUTSIDE,), field.problems)
    if kind is ZoneKind.MARK:
        even = tuple(Candidate(value=value.value, probability=1 / len(MarkValue)) for value in MarkValue)
        return replace(
            field, value=MarkValue.EMPTY.value, confidence=1 / len(MarkValue), candidates=even, problems=problems
        )
    return replace(field, value="", confidence=0.0, candidates=(), problems=problems)
