"""Handwriting without the print around it: images of lines and of single cells for the text reader."""

from dataclasses import dataclass

import cv2
import numpy as np

from scanform.imaging.page_image import Gray, Singles
from scanform.imaging.page_map import PageMap
from scanform.imaging.sampling import sample_rect
from scanform.recognize.ink.sampling_plan import AREA_PX_PER_MM, READ_PX_PER_MM, AreaSheet, Mask, Spot, area_of
from scanform.recognize.ink.writing_areas import PART_MM, Parts
from scanform.recognize.writing.split_lines import line_of_ink
from scanform.recognize.writing.type_rows import typed_cuts, without_dust


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanZone:
    """A zone (margin included) at `READ_PX_PER_MM`, grey with white paper, and which ink components are its own;
    `strays`: strokes from outside reach into it.
    """

    gray: Gray
    own: tuple[int, ...]
    strays: bool


def clean_zone(gray: Gray, page_map: PageMap, sheet: AreaSheet, parts: Parts, number: int) -> CleanZone:
    """Samples a zone finely and whitens its paper; ink that comes from outside is not its own."""
    spot = sheet.spots[number]
    fine = sample_rect(gray, page_map, area_of(spot), px_per_mm=READ_PX_PER_MM)
    paper = max(float(np.percentile(fine, 75)), 40.0)
    white = np.clip(fine.astype(np.float32) * (255 / paper), 0, 255).astype(np.uint8)
    here = parts.spot == number
    own = here & (parts.in_core > 0.4 * parts.size)
    strays = here & ~own & (parts.in_core > 0) & (parts.reach_mm >= PART_MM)
    return CleanZone(gray=white, own=tuple(int(part) for part in np.flatnonzero(own)), strays=bool(strays.any()))


def lines(zone: CleanZone, spot: Spot, parts: Parts) -> list[Gray]:
    """One image for each line of a zone, top to bottom, cropped to its ink: typed lines at their own spacing,
    handwriting where the ink gathers.
    """
    if not any(parts.reach_mm[part] >= PART_MM for part in zone.own):
        return []
    labels = parts.labels[spot.y : spot.y + spot.h, spot.x : spot.x + spot.w]
    own = np.array(without_dust(zone.own, parts), dtype=np.int32) + 1
    ink: Mask = np.isin(labels, own)
    cuts = typed_cuts(zone.own, parts)
    if cuts is None:
        pitch = spot.zone.rect.h / max(1, spot.zone.lines or 1)
        line = line_of_ink(np.where(ink, labels, 0), pitch * AREA_PX_PER_MM)
    else:
        line = np.where(
            ink, 1 + np.searchsorted([cut - spot.y for cut in cuts], np.arange(spot.h), side="right")[:, None], 0
        )
    return [_cropped(zone.gray, line == number) for number in range(1, int(line.max()) + 1)]


def _cropped(gray: Gray, mask: Mask) -> Gray:
    """The ink under `mask` (coarser), white elsewhere, cropped with a little paper around it."""
    wide = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    fine = cv2.resize(wide.astype(np.float32), (gray.shape[1], gray.shape[0]), interpolation=cv2.INTER_LINEAR)
    rows, columns = np.flatnonzero(fine.max(axis=1) > 0.5), np.flatnonzero(fine.max(axis=0) > 0.5)
    if not len(rows):
        return np.full((8, 8), 255, np.uint8)
    out = np.where(fine > 0.5, gray, 255).astype(np.uint8)
    return _framed(out[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _framed(gray: Gray) -> Gray:
    return np.asarray(cv2.copyMakeBorder(gray, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=(255,)), dtype=np.uint8)


def strongest(values: Singles) -> float:
    """The largest value, 0 if there is none."""
    return float(values.max()) if len(values) else 0.0
