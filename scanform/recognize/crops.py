"""Handwriting without the print around it: pictures of lines and of single cells for the text reader."""

from dataclasses import dataclass

import cv2
import numpy as np

from scanform.imaging.page_image import Gray
from scanform.imaging.page_map import PageMap
from scanform.imaging.sampling import sample_rect
from scanform.recognize.areas import PART_MM, Parts
from scanform.recognize.sample import Singles
from scanform.recognize.sheets import AREA_PX_PER_MM, READ_PX_PER_MM, AreaSheet, Mask, Spot, area_of

DUST_MM, ALONE_MM = 1.3, 1.5
"""Ink that reaches less far than `DUST_MM` and lies further than `ALONE_MM` from anything larger is dust (a speck of 0.4 mm reaches 0.8 mm in the smoothed
ink). The x of 8 pt type is larger; dots, full stops and dashes lie nearer to their letters.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanZone:
    """A zone (margin included) at `READ_PX_PER_MM`, grey with white paper, and which of the parts of ink are its own; `strays`: strokes reach into it that
    are not.
    """

    gray: Gray
    own: tuple[int, ...]
    strays: bool


def clean_zone(gray: Gray, page_map: PageMap, sheet: AreaSheet, parts: Parts, number: int) -> CleanZone:
    """Samples a zone finely, whitens its paper; the ink that comes from outside is not its own."""
    spot = sheet.spots[number]
    fine = sample_rect(gray, page_map, area_of(spot), px_per_mm=READ_PX_PER_MM)
    paper = max(float(np.percentile(fine, 75)), 40.0)
    white = np.clip(fine.astype(np.float32) * (255 / paper), 0, 255).astype(np.uint8)
    here = parts.spot == number
    own = here & (parts.in_core > 0.4 * parts.size)
    strays = here & ~own & (parts.in_core > 0) & (parts.reach_mm >= PART_MM)
    return CleanZone(gray=white, own=tuple(int(part) for part in np.flatnonzero(own)), strays=bool(strays.any()))


def lines(zone: CleanZone, spot: Spot, parts: Parts) -> list[Gray]:
    """One picture for each line of a zone that holds ink, cropped to it."""
    count = max(1, spot.zone.lines or 1)
    top, height = (spot.zone.rect.y - spot.origin.y) * AREA_PX_PER_MM, spot.zone.rect.h * AREA_PX_PER_MM / count
    middles = {part: parts.top[part] - spot.y + parts.height[part] / 2 for part in zone.own}
    band = {part: int(np.clip((middle - top) // height, 0, count - 1)) for part, middle in middles.items()}
    out = []
    for line in range(count):
        mine = [part for part in zone.own if band[part] == line]
        if any(parts.reach_mm[part] >= PART_MM for part in mine):
            out.append(_cropped(zone.gray, _mask(spot, parts, _without_dust(mine, parts))))
    return out


def _without_dust(chosen: list[int], parts: Parts) -> list[int]:
    """The strokes among some parts, and what is smaller but lies by one: what lies alone is dust, and would be read as a full stop."""
    ids = np.array(chosen, dtype=np.int64)
    stroke = parts.reach_mm[ids] >= min(DUST_MM, parts.reach_mm[ids].max())
    first = np.stack([parts.left[ids], parts.top[ids]])
    last = first + np.stack([parts.width[ids], parts.height[ids]])
    gaps = np.maximum(first[:, :, None] - last[:, None, stroke], first[:, None, stroke] - last[:, :, None])
    near = gaps.max(axis=0).min(axis=1) <= ALONE_MM * AREA_PX_PER_MM
    return [int(part) for part in ids[near]]


def _mask(spot: Spot, parts: Parts, chosen: list[int]) -> Mask:
    labels = parts.labels[spot.y : spot.y + spot.h, spot.x : spot.x + spot.w]
    return np.asarray(np.isin(labels, np.array(chosen, dtype=np.int32) + 1), dtype=np.bool_)


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
    """The largest value, 0 when there is none."""
    return float(values.max()) if len(values) else 0.0
