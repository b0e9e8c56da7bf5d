"""Ink beside the boxes of a question that seems unanswered: a circled label, "yes" written behind a box.

Checked only where no box of a question is marked. A finding decides nothing; it sends the question to review.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import BlankPage, Gray, Singles
from scanform.imaging.page_map import PageMap
from scanform.imaging.sampling import sample_points
from scanform.model.geometry import RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind

PROBLEM, HIGHLIGHTED = "ink-beside", "highlighted-box"

Mask = NDArray[np.bool_]

FREE = 15
"""Expected darkness of print, 0..255, below which a sample is bare paper."""

GREY_GAIN, TINT = 1.5, 0.2
"""Tints print darker than drawn, and a grey line of at least twice `TINT` may come out black (as for boxes, see
`sampling_plan`).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMarginSettings:
    """Where the label of a box is expected, and which ink there counts."""

    px_per_mm: float = 4.0
    """Samples per mm."""
    gap_mm: float = 1.0
    """mm between the box and its label, and before the next box."""
    reach_mm: float = 45.0
    """mm; maximum reach of a label to the right of its box."""
    least_mm: float = 6.0
    """mm; a narrower space holds no label."""
    above_mm: float = 1.2
    """mm above and below the box that belong to the label."""
    tolerance_mm: float = 0.4
    """mm; tolerance for displaced print, by which the print is dilated."""
    floor: float = 0.08
    """Minimum darkness of ink, 0..1."""
    noise_factor: float = 2.0
    """Ink is darker than this multiple of the noise of the paper."""
    long_mm: float = 5.0
    """mm; minimum length of a component (joined where print hides it): a circle around a word, a word; not the end of
    a neighbour's stroke.
    """
    ink_mm2: float = 1.5
    """mm2; minimum ink of such a component."""
    tint: float = 0.94
    """Fraction of the grey level of the paper at the box, 0..1; darker paper is tinted."""
    slope: float = 0.0015
    """Per mm; allowance for the falloff of light."""
    light: float = 0.3
    """Fraction of the free paper of a block, 0..1; if less is lighter than `tint`, the block is highlighted."""
    block_mm: float = 4.0
    """mm; length of a block."""
    swiped_mm: float = 8.0
    """mm; minimum length of consecutive highlighted blocks that make a highlighted label."""


DEFAULT_LABEL_MARGIN = LabelMarginSettings()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strips:
    """The paper beside N boxes, by id and question: its sampling positions, `x_mm` (N, 1, W) and `y_mm` (N, H, 1), and
    the darkness that print can have there, `cover` (N, H, W), 255 = black or not part of the strip.
    """

    zones: tuple[str, ...]
    questions: tuple[str, ...]
    x_mm: Singles
    y_mm: Singles
    cover: Gray


def prepare_strips(
    page: PageLayout, blank: BlankPage, plain: PageMap, settings: LabelMarginSettings = DEFAULT_LABEL_MARGIN
) -> Strips:
    """The strips beside all boxes with room for a label; `plain` maps mm to pixels of the blank page."""
    rooms = {
        zone: rect
        for zone in page.zones
        if zone.kind is ZoneKind.MARK and (rect := _room(zone, page, settings)) is not None
    }
    rects = list(rooms.values())
    wide, high = (
        round(max(sides, default=0.0) * settings.px_per_mm) for sides in ([r.w for r in rects], [r.h for r in rects])
    )
    x = (
        np.array([rect.x for rect in rects]).reshape(-1, 1, 1)
        + ((np.arange(wide) + 0.5) / settings.px_per_mm)[None, None, :]
    )
    y = (
        np.array([rect.y for rect in rects]).reshape(-1, 1, 1)
        + ((np.arange(high) + 0.5) / settings.px_per_mm)[None, :, None]
    )
    size = 2 * round(settings.tolerance_mm * blank.px_per_mm_x) + 1
    grown = np.asarray(
        cv2.erode(blank.gray, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))), dtype=np.uint8
    )
    cover = _as_printed(255 - sample_points(grown, plain, x, y)) if rects else np.zeros((0, 0, 0), np.uint8)
    ends = [np.array([getattr(rect, name) for rect in rects]).reshape(-1, 1, 1) for name in ("right", "bottom")]
    cover = np.where((x > ends[0]) | (y > ends[1]), np.uint8(255), cover)
    return Strips(
        zones=tuple(zone.id for zone in rooms),
        questions=tuple(zone.question for zone in rooms),
        x_mm=x.astype(np.float32),
        y_mm=y.astype(np.float32),
        cover=cover,
    )


def _as_printed(dark: Gray) -> Gray:
    """The greatest darkness in which print of this darkness (0..255) can come out: tints a little darker, grey lines
    black.
    """
    fraction = np.arange(256) / 255
    table = np.maximum(1 - (1 - fraction) ** GREY_GAIN, (fraction - TINT) / TINT).clip(0, 1)
    return np.asarray(np.rint(table * 255).astype(np.uint8)[dark], dtype=np.uint8)


def _room(zone: Zone, page: PageLayout, settings: LabelMarginSettings) -> RectMm | None:
    """The space from the box to the next item to its right at the same height."""
    left, top, bottom = (
        zone.rect.right + settings.gap_mm,
        zone.rect.y - settings.above_mm,
        zone.rect.bottom + settings.above_mm,
    )
    things = (
        [other.rect for other in page.zones if other is not zone]
        + [mark.rect for mark in page.fiducials]
        + [code.rect for code in page.codes]
    )
    beside = [
        rect.x - settings.gap_mm for rect in things if rect.x > zone.rect.x and rect.y < bottom and rect.bottom > top
    ]
    right = min([left + settings.reach_mm, page.size.w - 8.0, *beside])
    return RectMm(x=left, y=top, w=right - left, h=bottom - top) if right - left >= settings.least_mm else None


def found_in_margins(
    gray: Gray,
    page_map: PageMap,
    strips: Strips,
    chosen: Sequence[int],
    *,
    paper: Mapping[str, float],
    toner: float,
    settings: LabelMarginSettings = DEFAULT_LABEL_MARGIN,
) -> dict[str, str]:
    """The boxes with handwriting or a highlighted label beside them, and the problem of each, among the strips numbered
    `chosen`; `paper` is the grey level of the paper at each box.
    """
    if not chosen:
        return {}
    numbers = np.array(chosen)
    seen = sample_points(gray, page_map, strips.x_mm[numbers], strips.y_mm[numbers])
    levels = np.array([paper[strips.zones[number]] for number in chosen], np.float32)
    inked = _inked(seen, strips.cover[numbers], levels, toner, settings)
    swiped = _highlighted(seen, strips.cover[numbers], levels, settings)
    return {
        strips.zones[number]: HIGHLIGHTED if swiped[place] else PROBLEM
        for place, number in enumerate(chosen)
        if inked[place] or swiped[place]
    }


def _inked(seen: Gray, cover: Gray, levels: Singles, toner: float, settings: LabelMarginSettings) -> list[bool]:
    """Which of K strips (K, H, W) hold handwriting; an integer pre-check excludes strips that cannot."""
    few, found = settings.ink_mm2 * settings.px_per_mm**2, []
    for strip, printed, level in zip(seen, cover, levels.tolist(), strict=True):
        expected = cv2.convertScaleAbs(printed, alpha=max(toner, 0.7) * level / 255)
        light = np.full(1, level * (1 - settings.floor), np.uint8)
        darker = cv2.subtract(cv2.subtract(np.broadcast_to(light, strip.shape).copy(), strip), expected)
        found.append(bool(np.count_nonzero(darker) >= few and _is_inked(strip, printed, toner, settings)))
    return found


def _highlighted(seen: Gray, cover: Gray, levels: Singles, settings: LabelMarginSettings) -> Mask:
    """Which of K strips (K, H, W) are tinted in the middle over the length of a highlighter swipe, (K,)."""
    high, wide, block = seen.shape[1], seen.shape[2], round(settings.block_mm * settings.px_per_mm)
    middle = np.s_[:, high // 4 : high - high // 4, : wide // block * block]
    free = cover[middle] < FREE
    expected = 1 - settings.slope * (settings.gap_mm + np.arange(free.shape[2]) / settings.px_per_mm)
    lighter = free & (seen[middle] > (settings.tint * levels[:, None] * expected)[:, None])
    count, light = (what.sum(axis=1).reshape(len(seen), -1, block).sum(axis=2) for what in (free, lighter))
    dark = (count >= block) & (light < settings.light * count)
    run = dark
    for step in range(1, max(2, round(settings.swiped_mm / settings.block_mm))):
        run = run[:, :-1] & dark[:, step:]
    return np.asarray(run.any(axis=1), dtype=np.bool_)


def _is_inked(seen: Gray, cover: Gray, toner: float, settings: LabelMarginSettings) -> bool:
    """Whether a strip (H, W) holds a sufficiently long and large component of ink."""
    free = cover < FREE
    if free.sum() < 50:
        return False
    paper = max(float(np.percentile(seen[free], 65)), 40.0)
    noise = (paper - float(np.percentile(seen[free], 25))) / (1.06 * paper)
    excess = np.maximum(1 - seen / np.float32(paper) - cover * np.float32(max(toner, 0.7) / 255), 0)
    ink = cv2.blur(excess, (3, 3)) > max(settings.floor, settings.noise_factor * noise)
    plane = ink.astype(np.uint8)
    grown = np.asarray(cv2.dilate(plane, np.ones((7, 7), np.uint8)), dtype=np.uint8)
    bridged = plane | (grown & (cover > 76).view(np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(bridged, connectivity=8)
    area = np.bincount(labels[ink], minlength=len(stats)) / settings.px_per_mm**2
    longest = stats[:, (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT)].max(axis=1) / settings.px_per_mm
    return bool(((longest >= settings.long_mm) & (area >= settings.ink_mm2))[1:].any())
