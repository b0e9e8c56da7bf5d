"""Numbers that describe the hand-made ink in and around each check box; the input of the mark model.

All windows of a page are described at once. Lengths are shares of the box, so one model serves boxes of any size.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.recognize.darkness import MarkInk, PageInk
from scanform.recognize.sample import Singles
from scanform.recognize.sheets import MarkSheet, Mask

Ints = NDArray[np.int64]

NAMES = (
    "core_mean", "rim_mean", "near_mean", "far_mean",
    "core_share", "rim_share", "edge_share", "near_share", "far_share",
    "core_strong", "rim_strong", "core_half_peak",
    "peak", "peak_of_page", "peak_to_noise", "second_darkness",
    "part_area", "part_width", "part_height", "part_inside", "part_leaves", "part_core", "parts", "second_area",
    "rows", "columns", "rows_half", "columns_half", "weakest_quadrant", "quadrants",
    "thick", "thick_core", "off_centre",
    "line_down", "line_across",
    "noise", "toner", "fit", "shift", "scale", "paper", "threshold",
)  # fmt: skip
"""The columns of `describe`, in order."""

CORE_MM = 1.0
RIM_MM = 0.3
EDGE_MM = -0.3
NEAR_MM = -1.0
STRONG = 0.35
"""Darkness of solid ink; pencils stay below, so it is one feature of several and decides nothing alone."""

MIN_PART = 6
"""Samples (0.17 mm2) of the smallest part of ink that is counted."""


def describe(page: PageInk, sheet: MarkSheet) -> Singles:
    """The features of all N windows, (N, len(NAMES))."""
    ink = page.marks
    if not len(sheet.zones):
        return np.zeros((0, len(NAMES)), np.float32)
    zones = _zones(sheet)
    columns = [*_amounts(ink, zones), *_strength(ink, zones), *_parts(ink, zones), *_coverage(ink, zones), *_thickness(ink, zones), *_lines(ink, sheet)]
    count = len(sheet.zones)
    state = (
        ink.noise, ink.toner, ink.fit, np.hypot(ink.shift_mm[:, 0], ink.shift_mm[:, 1]),
        np.full(count, min(page.px_per_mm, 16.0)), ink.paper / 255, ink.threshold,
    )  # fmt: skip
    return np.stack([np.asarray(column, dtype=np.float32) for column in (*columns, *state)], axis=1)


class _Zones:
    """Masks by distance to the box edge, and their sizes."""

    __slots__ = ("core", "edge", "far", "inside", "near", "rim", "sizes")

    def __init__(self, sheet: MarkSheet) -> None:
        d = sheet.inside_mm
        self.core, self.rim = d >= CORE_MM, (d >= RIM_MM) & (d < CORE_MM)
        self.edge, self.near, self.far = (d >= EDGE_MM) & (d < RIM_MM), (d >= NEAR_MM) & (d < EDGE_MM), d < NEAR_MM
        self.inside = d >= RIM_MM
        self.sizes = {name: np.maximum(getattr(self, name).sum(axis=(1, 2)), 1) for name in ("core", "rim", "edge", "near", "far", "inside")}


def _zones(sheet: MarkSheet) -> _Zones:
    return _Zones(sheet)


def _within(values: Singles | Mask, mask: Mask) -> Singles:
    """Sum of `values` over `mask` for each window."""
    return np.asarray(np.einsum("nij,nij->n", values.astype(np.float32), mask.astype(np.float32)), dtype=np.float32)


def _amounts(ink: MarkInk, zones: _Zones) -> list[Singles]:
    means = [_within(ink.excess, getattr(zones, name)) / zones.sizes[name] for name in ("core", "rim", "near", "far")]
    shares = [_within(ink.ink, getattr(zones, name)) / zones.sizes[name] for name in ("core", "rim", "edge", "near", "far")]
    strong = ink.smooth > STRONG
    return [*means, *shares, *(_within(strong, getattr(zones, name)) / zones.sizes[name] for name in ("core", "rim"))]


def _strength(ink: MarkInk, zones: _Zones) -> list[Singles]:
    inside = np.where(zones.inside, ink.smooth, 0)
    peak = inside.max(axis=(1, 2))
    usual = np.median(peak[peak > 0.15]) if (peak > 0.15).any() else 0.5
    half = _within(inside > 0.5 * np.maximum(peak, 0.1)[:, None, None], zones.core) / zones.sizes["core"]
    inked = np.maximum(_within(ink.ink, zones.inside), 1)
    mean_dark = _within(inside * ink.ink, zones.inside) / inked
    return [half, peak, peak / usual, np.log1p(peak / np.maximum(ink.noise, 0.005)), mean_dark]


def _parts(ink: MarkInk, zones: _Zones) -> list[Singles]:
    """The connected part of ink with most ink inside each box: size, reach, share inside, whether it leaves the window."""
    count, side = len(ink.ink), ink.ink.shape[1]
    stack = ink.ink.astype(np.uint8)
    border = np.zeros((side, side), bool)
    border[[0, 1, -2, -1]] = border[:, [0, 1, -2, -1]] = True
    stack[:, 0] = 0  # keeps the windows apart
    total, labels = cv2.connectedComponents(stack.reshape(-1, side), connectivity=8, ltype=cv2.CV_32S)
    flat = labels.ravel()
    used = np.flatnonzero(flat)
    label = flat[used].astype(np.int64)
    position = used % (side * side)
    window = np.zeros(total, np.int64)
    window[label] = used // (side * side)
    inside, core = zones.inside.ravel()[used], zones.core.ravel()[used]
    area_in = np.bincount(label, weights=inside, minlength=total)
    area = np.bincount(label, minlength=total)
    leaves = np.bincount(label, weights=border.ravel()[position], minlength=total) > 0
    in_core = np.bincount(label, weights=core, minlength=total)
    width, height = _reach(label[inside], position[inside] % side, total), _reach(label[inside], position[inside] // side, total)
    order = np.argsort(area_in, kind="stable")
    best, second = np.zeros(count, np.int64), np.zeros(count, np.int64)
    second_area = np.zeros(count)
    for part in order:  # ascending: the last one written is the largest
        if part and area_in[part] >= MIN_PART:
            home = window[part]
            second[home], second_area[home] = best[home], area_in[best[home]] if best[home] else 0
            best[home] = part
    there = best > 0
    box = np.sqrt(zones.sizes["inside"])
    number = np.bincount(window[(area_in >= MIN_PART) & (np.arange(total) > 0)], minlength=count)
    return [
        np.where(there, area_in[best], 0) / zones.sizes["inside"], np.where(there, width[best], 0) / box, np.where(there, height[best], 0) / box,
        np.where(there, area_in[best] / np.maximum(area[best], 1), 1), np.where(there, leaves[best], False),
        np.where(there, in_core[best], 0) / zones.sizes["core"], np.minimum(number, 8), second_area / zones.sizes["inside"],
    ]  # fmt: skip


def _reach(label: Ints, ticks: Ints, total: int) -> Singles:
    low, high = np.full(total, 10_000), np.full(total, -1)
    np.minimum.at(low, label, ticks)
    np.maximum.at(high, label, ticks)
    return np.where(high >= 0, high - low + 1, 0).astype(np.float32)


def _coverage(ink: MarkInk, zones: _Zones) -> list[Singles]:
    """How ink spreads over rows, columns and quarters of the box."""
    inside = ink.ink & zones.inside
    out: list[Singles] = []
    for share in (0.0, 0.5):
        for axis in (2, 1):
            wide = np.maximum(zones.inside.sum(axis=axis), 1)
            lines = np.maximum((zones.inside.sum(axis=axis) > 0).sum(axis=1), 1)
            out.append(((inside.sum(axis=axis) / wide) > share).sum(axis=1) / lines)
    side = ink.ink.shape[1] // 2
    quarters = np.stack([
        (inside[:, rows, columns].sum(axis=(1, 2))) / np.maximum(zones.inside[:, rows, columns].sum(axis=(1, 2)), 1)
        for rows in (slice(0, side), slice(side, None)) for columns in (slice(0, side), slice(side, None))
    ])  # fmt: skip
    return [*out, quarters.min(axis=0), (quarters > 0.04).sum(axis=0) / 4]


def _thickness(ink: MarkInk, zones: _Zones) -> list[Singles]:
    """Ink that survives thinning by half a millimetre (a filled box does, strokes do not), and how far the ink lies from the middle."""
    side = ink.ink.shape[1]
    solid = cv2.erode((ink.ink & zones.inside).astype(np.uint8).reshape(-1, side), np.ones((5, 5), np.uint8)).reshape(ink.ink.shape).astype(bool)
    ticks = (np.arange(side) + 0.5) / side * 2 - 1
    weight = (ink.smooth * (ink.ink & zones.inside)).astype(np.float32)
    total = np.maximum(weight.sum(axis=(1, 2)), 1e-3)
    x, y = np.einsum("nij,j->n", weight, ticks) / total, np.einsum("nij,i->n", weight, ticks) / total
    return [_within(solid, zones.inside) / zones.sizes["inside"], _within(solid, zones.core) / zones.sizes["core"], np.hypot(x, y)]


def _lines(ink: MarkInk, sheet: MarkSheet) -> list[Singles]:
    """The longest straight upright and level line through the whole window: a streak or somebody's long stroke, 0..1."""
    free = sheet.cover < 0.06
    out = []
    for axis in (1, 2):
        share = (ink.ink & free).sum(axis=axis) / np.maximum(free.sum(axis=axis), ink.ink.shape[axis] // 3)
        out.append(np.where((sheet.inside_mm.max(axis=axis) > 0), share, 0).max(axis=1))
    return out
