"""The ink in character cells: frames are aligned with their print and removed, strokes that cross them stay whole, each
cell gets its own ink.

The page's map is exact to a quarter of a millimetre, which is the thickness of a frame: each cell is moved to the true
position of its frame. Ink hidden under the lines is filled in where there is ink on both sides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Gray, Singles
from scanform.imaging.page_map import PageMap
from scanform.recognize.ink.sampling_plan import READ_PX_PER_MM, AreaSheet, Mask, Spot
from scanform.recognize.ink.writing_areas import PART_MM, Parts
from scanform.recognize.writing.crops import CleanZone, clean_zone
from scanform.recognize.writing.readers import Cell

MOVE_PX = 4
"""Search radius (0.4 mm) for a frame around its mapped position."""

AROUND_PX = 8
"""Margin of paper around a cell that is moved with it."""

PRINT, MORE = 0.15, 0.3
"""Minimum darkness of a print sample on the blank page; ink on pale print shows when it is darker by this much."""

LINE_PX = 11
"""Strokes are joined across print up to this gap (1.1 mm: a line of 0.25 mm with its soft edges, crossed at an
angle).
"""

INK_SHARE, LEAST_INK, MOST_INK = 0.45, 0.1, 0.5
"""Minimum darkness of ink relative to the coarsely detected ink, and its bounds."""

INSIDE = 0.5
"""If less of the ink of a cell lies inside it, a person decides which cell is meant."""

WHOLE = 0.8
"""A component belongs wholly to the cell that holds at least this fraction of it."""

Frame = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """The ink of each cell, None for an empty one; `doubtful`: there is ink that may be no character, or may belong in
    another cell.
    """

    cells: tuple[Cell | None, ...]
    doubtful: bool


def cell_row(gray: Gray, page_map: PageMap, sheet: AreaSheet, parts: Parts, number: int) -> CellRow:
    """The cells of the spot `number`. Ink that runs over several cells is cut between them; ink outside all cells is
    left out.
    """
    spot, printed = sheet.spots[number], sheet.printed[number]
    assert printed is not None  # spots with cells have it
    zone = clean_zone(gray, page_map, sheet, parts, number)
    frames = [_on_picture(spot, index) for index in range(len(spot.zone.cells))]
    dark = np.asarray(1 - zone.gray.astype(np.float32) / 255, dtype=np.float32)
    expected = _moved_print(dark, np.asarray(1 - printed.astype(np.float32) / 255, dtype=np.float32), frames)
    ink, level = _ink(dark, expected, _seeds(spot, parts, number, zone))
    total, found_parts = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    labels = np.asarray(found_parts, dtype=np.int32)
    nearest = _nearest(labels.shape, frames)
    fractions = [np.bincount(nearest[labels == part], minlength=len(frames)) for part in range(1, total)]
    clean = np.where(expected > PRINT, np.float32(255 * (1 - level)), zone.gray)
    doubtful = zone.strays
    found: list[Cell | None] = []
    for index, frame in enumerate(frames):
        mine = np.zeros(labels.shape, bool)
        for part, fraction in enumerate(fractions, start=1):
            if fraction[index] >= WHOLE * fraction.sum():
                mine |= labels == part
            elif fraction.max() < WHOLE * fraction.sum():
                mine |= (labels == part) & (nearest == index)
        x0, y0, x1, y1 = frame
        inside, reach = int(mine[y0:y1, x0:x1].sum()), _longest_mm(labels, mine)
        doubtful = doubtful or bool(mine.any() and (reach < PART_MM or inside < INSIDE * mine.sum()))
        found.append(_cell(clean, mine, frame) if inside and reach >= PART_MM else None)
    return CellRow(cells=tuple(found), doubtful=doubtful)


def _on_picture(spot: Spot, index: int) -> Frame:
    """Left, top, right, bottom of a cell in the spot's picture."""
    rect = spot.zone.cells[index]
    x, y = (rect.x - spot.origin.x) * READ_PX_PER_MM, (rect.y - spot.origin.y) * READ_PX_PER_MM
    return round(x), round(y), round(x + rect.w * READ_PX_PER_MM), round(y + rect.h * READ_PX_PER_MM)


def _moved_print(dark: Singles, printed: Singles, frames: Sequence[Frame]) -> Singles:
    """The maximum darkness due to print: the blank page, cell by cell at its best fit to the scan, one sample wider on
    each side.
    """
    high, wide = min(dark.shape[0], printed.shape[0]), min(dark.shape[1], printed.shape[1])
    out = np.zeros(dark.shape, np.float32)
    out[:high, :wide] = printed[:high, :wide]
    for x0, y0, x1, y1 in frames:
        left, top = max(x0 - AROUND_PX, MOVE_PX), max(y0 - AROUND_PX, MOVE_PX)
        right, bottom = min(x1 + AROUND_PX, wide - MOVE_PX), min(y1 + AROUND_PX, high - MOVE_PX)
        if right - left < MOVE_PX or bottom - top < MOVE_PX:
            continue
        part = printed[top:bottom, left:right]
        if float(part.std()) < 1e-3:
            continue
        fits = cv2.matchTemplate(
            dark[top - MOVE_PX : bottom + MOVE_PX, left - MOVE_PX : right + MOVE_PX], part, cv2.TM_CCOEFF
        )
        down, across = np.unravel_index(int(np.argmax(fits)), fits.shape)
        out[top:bottom, left:right] = 0
        to_y, to_x = top + int(down) - MOVE_PX, left + int(across) - MOVE_PX
        there = out[to_y : to_y + bottom - top, to_x : to_x + right - left]
        np.maximum(there, part, out=there)
    return np.asarray(cv2.dilate(out, np.ones((3, 3), np.uint8)), dtype=np.float32)


def _seeds(spot: Spot, parts: Parts, number: int, zone: CleanZone) -> Mask:
    """The coarsely detected ink in the spot's picture: that of the zone, and that between and around its cells; not ink
    that only enters from outside.
    """
    around = (parts.spot == number) & ~(parts.enters & (parts.in_core == 0))
    chosen = np.union1d(np.flatnonzero(around), np.array(zone.own, dtype=np.int64))
    labels = parts.labels[spot.y : spot.y + spot.h, spot.x : spot.x + spot.w]
    here = np.isin(labels, chosen + 1).astype(np.uint8)
    return np.asarray(
        cv2.resize(here, (zone.gray.shape[1], zone.gray.shape[0]), interpolation=cv2.INTER_NEAREST) > 0, dtype=np.bool_
    )


def _ink(dark: Singles, expected: Singles, seeds: Mask) -> tuple[Mask, float]:
    """The strokes that hold a seed, joined under print, and their darkness."""
    seen = seeds & (expected <= PRINT)
    level = float(np.percentile(dark[seen], 75)) if seen.any() else 0.5
    smooth = cv2.GaussianBlur(dark, (0, 0), 0.6)
    open_ = (expected <= PRINT) | (smooth > expected + MORE)
    strokes = ((smooth > np.clip(INK_SHARE * level, LEAST_INK, MOST_INK)) & open_).astype(np.uint8)
    joined = cv2.morphologyEx(
        strokes, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (LINE_PX, LINE_PX))
    )
    strokes |= joined & (expected > PRINT).astype(np.uint8)
    _, labels = cv2.connectedComponents(strokes, connectivity=8, ltype=cv2.CV_32S)
    held = np.unique(labels[seeds & (strokes > 0)])
    return np.asarray(np.isin(labels, held[held > 0]), dtype=np.bool_), level


def _cell(clean: Singles, mine: Mask, frame: Frame) -> Cell:
    """Crops the ink `mine`, with its size and position in the frame."""
    x0, y0, x1, y1 = frame
    rows, columns = np.flatnonzero(mine.any(axis=1)), np.flatnonzero(mine.any(axis=0))
    tall, wide = max(y1 - y0, 1), max(x1 - x0, 1)
    near = cv2.dilate(mine.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    shown = np.where(near, clean, np.float32(255))[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Cell(
        gray=np.asarray(cv2.copyMakeBorder(shown, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=(255.0,)), dtype=np.uint8),
        height=float(rows[-1] + 1 - rows[0]) / tall, width=float(columns[-1] + 1 - columns[0]) / tall,
        x=float((columns[0] + columns[-1] + 1) / 2 - x0) / wide, y=float((rows[0] + rows[-1] + 1) / 2 - y0) / tall,
    )  # fmt: skip


def _nearest(shape: tuple[int, ...], frames: Sequence[Frame]) -> NDArray[np.int64]:
    """The number of the cell nearest to each sample (H, W): by column for cells in a row, also in several rows."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    away = [
        np.maximum(np.maximum(x0 - x, x - x1 + 1), 0) + np.maximum(np.maximum(y0 - y, y - y1 + 1), 0)
        for x0, y0, x1, y1 in frames
    ]
    return np.asarray(np.argmin(np.stack(away), axis=0), dtype=np.int64)


def _longest_mm(labels: NDArray[np.int32], mine: Mask) -> float:
    """The longer side of the longest stroke of a cell, mm."""
    longest = 0
    for part in np.unique(labels[mine]):
        rows, columns = np.nonzero(mine & (labels == part))
        longest = max(longest, int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1)
    return longest / READ_PX_PER_MM
