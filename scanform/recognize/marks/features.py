"""Features of the handwritten ink in and around each check box; the input of the mark model.

Windows are described in batches, boxes of one size together; lengths are fractions of the box, so one model serves
boxes of any size. Shape features are computed only for boxes that hold ink.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Gray, Singles
from scanform.recognize.ink.extraction import PageInk
from scanform.recognize.ink.sampling_plan import EDGE_MM, HIDDEN, PRINT_NAMES, PX_PER_MM, MarkSheet, Mask, core_depth_mm
from scanform.recognize.marks import context_features, stroke_ownership

Ints = NDArray[np.int64]

BANDS = ("core", "rim", "edge", "near", "far")
"""Rings by distance to the box edge, from the middle outwards."""

_AMOUNTS = (*(f"{band}_share" for band in BANDS), *(f"{band}_mean" for band in BANDS))
_SHAPES = (
    "core_strong",
    "rim_strong",
    "core_half_peak",
    "peak",
    "peak_of_page",
    "peak_to_noise",
    "darkness",
    "part_area",
    "part_width",
    "part_height",
    "part_inside",
    "part_leaves",
    "part_core",
    "parts",
    "second_area",
    "rows",
    "columns",
    "rows_half",
    "columns_half",
    "weakest_quadrant",
    "quadrants",
    "thick",
    "thick_core",
    "off_centre",
    "line_down",
    "line_across",
    "part_whole",
    "part_middle",
    "part_reach_x",
    "part_reach_y",
    *context_features.NAMES,
    "depth",
    "corner",
    "stroke_mm",
    "broadest_mm",
)
_STATE = (
    "noise",
    "fit",
    "shift",
    "scale",
    "mono",
    "usual_peak",
    "inked_boxes",
    "usual_share",
    "weak_boxes",
    "toner",
    "frame",
    "usual_stroke_mm",
    "broad_of_page",
    "dirt",
    *PRINT_NAMES,
)

NAMES = (*_AMOUNTS, *_SHAPES, *stroke_ownership.NAMES, *_STATE)
"""The columns of `describe`, in order. The weights of the mark model hold the same names (`models/marks.npz`) and are
refused for any others.
"""

COLUMN = {name: number for number, name in enumerate(NAMES)}
"""The number of each column."""

_OWNERSHIP = slice(COLUMN[stroke_ownership.NAMES[0]], COLUMN[stroke_ownership.NAMES[-1]] + 1)

RIM_MM, NEAR_MM = 0.3, -1.0
"""Where the rings begin that do not depend on the print, in mm inside the outer edge of the box (negative: outside)."""

RIM_OF_BOX = 0.08
"""The same as a fraction of the shorter side, for boxes and bubbles too small for millimetres."""

STRONG = 0.35
"""Darkness of solid ink; pencils stay below it, so it is one feature of several and decides nothing alone."""

MIN_PART = 6
"""Samples (0.17 mm2) of the smallest component that counts."""

BRIDGE = 7
"""Samples; ink on both sides of a printed line (0.35 mm plus the tolerance beside it) is joined by dilating it by half
of this.
"""

STROKE_SHARE = 0.08
"""Fraction of the core that a dot inks; from this fraction a box counts as inked in the page's habits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rings:
    """Masks for boxes of one size, (S, S) each; `order` sorts the samples of a window by band, `starts` and `sizes`
    (5,) give the position of each band in it (size infinite for a band that a small box lacks, so that its mean is 0).

    `box` is the block of samples inside the box, `middle` its core in coordinates of `box`; `rows` and `columns` of
    `box`.
    """

    order: Ints
    starts: Ints
    core: Mask
    inside: Mask
    sizes: Singles
    box: tuple[slice, slice]
    middle: tuple[slice, slice]
    rows: int
    columns: int
    size_mm: tuple[float, float]

    @property
    def area(self) -> float:
        """Samples inside the box."""
        return float(self.rows * self.columns)


@lru_cache(maxsize=64)
def rings(width_mm: float, height_mm: float, side: int) -> Rings:
    """The rings of a box of `width_mm` x `height_mm` in a window of `side` samples."""
    ticks = np.abs((np.arange(side) + 0.5) / PX_PER_MM - side / PX_PER_MM / 2)
    d = np.minimum((width_mm / 2 - ticks)[None, :], (height_mm / 2 - ticks)[:, None])
    least = min(width_mm, height_mm)
    core_mm, rim_mm = core_depth_mm(least), min(RIM_MM, RIM_OF_BOX * least)
    limits = (np.inf, core_mm, rim_mm, EDGE_MM, NEAR_MM, -np.inf)
    masks = np.stack([(d < outer) & (d >= inner) for outer, inner in pairwise(limits)])
    sizes = masks.sum(axis=(1, 2))
    order = np.argsort(np.argmax(masks, axis=0).ravel(), kind="stable")
    divisors = np.where(sizes > 0, sizes, np.inf).astype(np.float32)
    (down, across), (core_down, core_across) = _block(d >= rim_mm), _block(masks[0])
    return Rings(
        order=order,
        starts=np.cumsum([0, *sizes[:-1]]),
        core=masks[0],
        inside=d >= rim_mm,
        sizes=divisors,
        box=(down, across),
        middle=(_moved(core_down, down.start), _moved(core_across, across.start)),
        rows=down.stop - down.start,
        columns=across.stop - across.start,
        size_mm=(width_mm, height_mm),
    )


def _block(mask: Mask) -> tuple[slice, slice]:
    """The rows and columns of a rectangle of samples."""
    lines = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    rows, columns = (slice(int(line[0]), int(line[-1]) + 1) if len(line) else slice(0, 0) for line in lines)
    return rows, columns


def _moved(block: slice, by: int) -> slice:
    return slice(max(block.start - by, 0), max(block.stop - by, 0))


def by_name(rows: Singles) -> dict[str, Singles]:
    """The columns (N,) of rows (N, F) returned by `describe`; for one row (F,) its values."""
    return {name: rows[..., number] for name, number in COLUMN.items()}


def describe(page: PageInk, sheet: MarkSheet) -> Singles:
    """The features of all N windows, (N, len(NAMES)); ink features are zero for windows without ink."""
    out = np.zeros((len(sheet.zones), len(NAMES)), np.float32)
    ink = page.marks
    bridged = _bridged(ink.ink, sheet.cover[ink.windows])
    every = _Inked(
        windows=ink.windows,
        smooth=ink.smooth,
        excess=ink.excess,
        ink=ink.ink,
        noise=ink.noise[ink.windows],
        bridged=bridged,
    )
    for size, members in sheet.sizes.items():
        chosen = np.arange(len(ink.windows)) if len(sheet.sizes) == 1 else np.flatnonzero(np.isin(ink.windows, members))
        if len(chosen):
            out[ink.windows[chosen]] = _describe_size(every.of(chosen), sheet, rings(*size, sheet.side))
    if len(ink.windows):
        out[ink.windows, _OWNERSHIP] = stroke_ownership.describe(bridged, ink.smooth, ink.windows, sheet)
    if len(out):
        _page_state(out, page, sheet.print_facts)
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inked:
    """The ink of some windows: their numbers (M,), `smooth` and `ink` (M, S, S) as in MarkInk, `noise` (M,); `bridged`
    (M, S, S) is the ink joined where print hides it.
    """

    windows: Ints
    excess: Singles
    smooth: Singles
    ink: Mask
    noise: Singles
    bridged: Gray

    def of(self, chosen: Ints) -> "_Inked":
        """The entries at the positions `chosen`."""
        if len(chosen) == len(self.windows):
            return self
        return _Inked(**{name: getattr(self, name)[chosen] for name in self.__dataclass_fields__})


def _bridged(ink: Mask, cover: Singles) -> Gray:
    """Ink (M, S, S) bridged under printed lines (`cover`) between two pieces of it; the first row of each window stays
    empty.
    """
    stack = ink.astype(np.uint8)
    side = ink.shape[1]
    stack[:, 0] = 0  # keeps the windows apart
    plane = stack.reshape(-1, side)
    if len(ink) == 0:
        return stack
    grown = np.asarray(cv2.dilate(plane, np.ones((BRIDGE, BRIDGE), np.uint8)), dtype=np.uint8)
    bridged = plane | (grown & (cover > HIDDEN).reshape(-1, side).view(np.uint8))
    bridged[::side] = 0
    return np.asarray(bridged, dtype=np.uint8).reshape(ink.shape)


def _describe_size(ink: _Inked, sheet: MarkSheet, ring: Rings) -> Singles:
    """The features of boxes of one size, without the state of the page."""
    count = len(ink.ink)
    dark = np.where(ink.ink, ink.excess, 0)
    fractions, means = _by_band(ink.ink, ring), _by_band(dark, ring)
    out = np.zeros((count, len(NAMES)), np.float32)
    out[:, : len(_AMOUNTS)] = np.concatenate([fractions, means], axis=1)
    touched = np.flatnonzero(fractions.sum(axis=1) > 0)
    if len(touched):
        some = ink.of(touched)
        within, smooth = some.ink[:, *ring.box], np.where(some.ink[:, *ring.box], some.smooth[:, *ring.box], 0)
        around = context_features.describe(some.ink, context_features.distance_mm(*ring.size_mm, sheet.side))
        shapes = (
            _strength(within, smooth, some.noise, ring)
            | _parts(some, ring)
            | _coverage(within, ring)
            | _thickness(within, smooth, ring)
            | _lines(some, sheet)
            | dict(zip(context_features.NAMES, around, strict=True))
            | _penetration(within, ring)
            | _breadth(within, ring)
        )
        assert shapes.keys() == set(_SHAPES) - {"peak_of_page"}  # which needs all boxes of the page
        shapes["peak_of_page"] = shapes["peak"]
        out[touched, len(_AMOUNTS) : len(_AMOUNTS) + len(_SHAPES)] = np.stack(
            [shapes[name] for name in _SHAPES], axis=1
        )
    return out


def _by_band(values: Singles | Mask, ring: Rings) -> Singles:
    """Means of each window over the five bands, (N, 5); no matrix product, which would start BLAS threads in every
    worker.
    """
    ordered = np.take(values.reshape(len(values), -1), ring.order, axis=1)
    return np.asarray(np.add.reduceat(ordered, ring.starts, axis=1, dtype=np.float32) / ring.sizes, dtype=np.float32)


def _page_state(out: Singles, page: PageInk, print_facts: Singles) -> None:
    """Fills in the features of the whole page: its scan, its print, and the darkness, breadth and number of its marks.

    A bilevel scan may have lost a pencil mark; what is left of the other marks on the page is then thin and broken.
    """
    ink = page.marks
    named = by_name(out)  # views into `out`
    peaks, fractions = named["peak"], named["core_share"]
    stroke = fractions > STROKE_SHARE
    broad = float(np.median(fractions[stroke])) if stroke.any() else 0.0
    weak = float(((fractions > 0) & ~stroke).sum() / max(int((fractions > 0).sum()), 1))
    usual = float(np.median(peaks[stroke])) if stroke.any() else 0.0
    named["peak_of_page"][:] = np.minimum(peaks / usual, 4) if usual else 0
    shift = np.hypot(ink.shift_mm[:, 0], ink.shift_mm[:, 1])
    scale = np.log(np.clip(page.px_per_mm, 4, 24))
    breadths, broadest = named["stroke_mm"], named["broadest_mm"]
    pen = float(np.median(breadths[stroke])) if stroke.any() else 0.0
    of_page = np.minimum(broadest / pen, 6) if pen else np.zeros(len(out), np.float32)
    state = {
        "noise": ink.noise,
        "fit": np.minimum(ink.fit, 1.5),
        "shift": np.minimum(shift, 0.6),
        "scale": scale,
        "mono": page.mono,
        "usual_peak": usual,
        "inked_boxes": stroke.mean(),
        "usual_share": broad,
        "weak_boxes": weak,
        "toner": page.toner,
        "frame": ink.frame,
        "usual_stroke_mm": pen,
        "broad_of_page": of_page,
        "dirt": np.log1p(named["specks"].mean()),
    } | dict(zip(PRINT_NAMES, print_facts.T, strict=True))
    for name in _STATE:
        named[name][:] = state[name]


def _strength(within: Mask, smooth: Singles, noise: Singles, ring: Rings) -> dict[str, Singles]:
    """Darkness of the ink inside each box; `within` (M, rows, columns) is the ink there, `smooth` its darkness."""
    peak = smooth.max(axis=(1, 2))
    strong = smooth > STRONG
    half = _count(smooth[:, *ring.middle] > 0.5 * peak[:, None, None]) / ring.sizes[0]
    mean = smooth.sum(axis=(1, 2)) / np.maximum(_count(within), 1)
    in_core = _count(strong[:, *ring.middle])
    to_noise = np.log1p(peak / np.maximum(noise, 0.005))
    return {
        "core_strong": in_core / ring.sizes[0],
        "rim_strong": (_count(strong) - in_core) / ring.sizes[1],
        "core_half_peak": half,
        "peak": peak,
        "peak_to_noise": to_noise,
        "darkness": mean,
    }


def _count(chosen: Mask) -> Singles:
    """The number of chosen samples in each window."""
    return np.asarray(np.count_nonzero(chosen.reshape(len(chosen), -1), axis=1), dtype=np.float32)


def _parts(ink: _Inked, ring: Rings) -> dict[str, Singles]:
    """The connected component with most ink inside each box: size, reach, fraction inside, whether it leaves the
    window; then all of it, see `_whole`.

    A stroke that crosses printed lines is one component: print hides it but does not end it.
    """
    count, side = len(ink.ink), ink.ink.shape[1]
    bridged = ink.bridged.reshape(-1, side)
    total, labels = cv2.connectedComponents(bridged, connectivity=8, ltype=cv2.CV_32S)
    flat = labels.ravel()
    seen = ink.ink.copy()
    seen[:, 0] = False
    used = np.flatnonzero(seen)
    label, position = flat[used].astype(np.int64), used % (side * side)
    window = np.zeros(total, np.int64)
    window[label] = used // (side * side)
    inside = ring.inside.ravel()[position]
    area, area_in = np.bincount(label, minlength=total), np.bincount(label[inside], minlength=total)
    leaves = np.bincount(label[_border(side).ravel()[position]], minlength=total) > 0
    in_core = np.bincount(label[ring.core.ravel()[position]], minlength=total)
    width, height = (
        _reach(label[inside], position[inside] % side, total),
        _reach(label[inside], position[inside] // side, total),
    )
    best, second = _two_largest(area_in, window, count)
    there, box = best > 0, np.sqrt(ring.area)
    number = np.bincount(window[1:][area_in[1:] >= MIN_PART], minlength=count)
    columns = {
        "part_area": np.where(there, area_in[best], 0) / ring.area,
        "part_width": np.where(there, width[best], 0) / box,
        "part_height": np.where(there, height[best], 0) / box,
        "part_inside": np.where(there, area_in[best] / np.maximum(area[best], 1), 0),
        "part_leaves": np.where(there, leaves[best], False),
        "part_core": np.where(there, in_core[best], 0) / ring.sizes[0],
        "parts": np.minimum(number, 8),
        "second_area": np.where(second > 0, area_in[second], 0) / ring.area,
    }
    return {name: np.asarray(column, dtype=np.float32) for name, column in columns.items()} | _whole(
        (label, position % side, position // side), area, best, ring
    )


def _whole(samples: tuple[Ints, Ints, Ints], area: Ints, best: Ints, ring: Rings) -> dict[str, Singles]:
    """The best component including everything outside the box: its size, the distance of its centre from the centre of
    the box, its reach; in units of the box.

    `samples`: component, column and row of each sample of ink.
    """
    label, x, y = samples
    total, side = len(area), len(ring.core)
    middles = [
        np.bincount(label, weights=ticks, minlength=total) / np.maximum(area, 1) - (side - 1) / 2 for ticks in (x, y)
    ]
    half = [size / 2 * PX_PER_MM for size in ring.size_mm]
    middle = np.maximum(np.abs(middles[0]) / half[0], np.abs(middles[1]) / half[1])
    box = np.sqrt(ring.area)
    found = {
        "part_whole": area / ring.area,
        "part_middle": middle,
        "part_reach_x": _reach(label, x, total) / box,
        "part_reach_y": _reach(label, y, total) / box,
    }
    return {name: np.asarray(np.where(best > 0, column[best], 0), dtype=np.float32) for name, column in found.items()}


def _two_largest(area_in: Ints, window: Ints, count: int) -> tuple[Ints, Ints]:
    """For each window the numbers of the two components with most ink inside the box, 0 for none."""
    best, second = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for part in np.argsort(area_in, kind="stable"):  # ascending: the last one written is the largest
        if part and area_in[part] >= MIN_PART:
            second[window[part]], best[window[part]] = best[window[part]], part
    return best, second


@lru_cache(maxsize=8)
def _border(side: int) -> Mask:
    border = np.zeros((side, side), bool)
    border[[1, 2, -2, -1]] = border[:, [0, 1, -2, -1]] = True
    return border


def _reach(label: Ints, ticks: Ints, total: int) -> Singles:
    """Extent of each component along one axis, in samples."""
    low, high = np.full(total, 10_000), np.full(total, -1)
    np.minimum.at(low, label, ticks)
    np.maximum.at(high, label, ticks)
    return np.where(high >= 0, high - low + 1, 0).astype(np.float32)


def _coverage(within: Mask, ring: Rings) -> dict[str, Singles]:
    """How ink (M, rows, columns) spreads over rows, columns and quarters of the box."""
    share_across, share_down = (
        _along(within, axis) / np.float32(max(wide, 1)) for axis, wide in ((2, ring.columns), (1, ring.rows))
    )
    lines = {
        "rows": (share_across, 0.0),
        "columns": (share_down, 0.0),
        "rows_half": (share_across, 0.5),
        "columns_half": (share_down, 0.5),
    }
    out = {name: _count(fraction > least) / max(fraction.shape[1], 1) for name, (fraction, least) in lines.items()}
    upper, left = within[:, : ring.rows // 2], np.s_[: ring.columns // 2]
    lower, right = within[:, ring.rows // 2 :], np.s_[ring.columns // 2 :]
    quarters = np.stack([_count(part[:, :, side]) for part in (upper, lower) for side in (left, right)], axis=1) / (
        ring.area / 4
    )
    return out | {"weakest_quadrant": quarters.min(axis=1), "quadrants": _count(quarters > 0.04) / 4}


def _along(chosen: Mask, axis: int) -> Singles:
    """Counts along rows (2) or columns (1)."""
    return np.asarray(chosen.view(np.uint8).sum(axis=axis, dtype=np.uint16), dtype=np.float32)


def _thickness(within: Mask, smooth: Singles, ring: Rings) -> dict[str, Singles]:
    """Ink that survives erosion by 0.4 mm (a filled box does, strokes do not), and the distance of the ink from the
    centre.
    """
    framed = np.zeros((len(within), ring.rows + 4, ring.columns + 4), np.uint8)
    framed[:, 2:-2, 2:-2] = within
    thinned = cv2.erode(framed.reshape(-1, ring.columns + 4), np.ones((5, 5), np.uint8))
    solid = np.asarray(thinned, dtype=np.bool_).reshape(framed.shape)[:, 2:-2, 2:-2]
    total = np.maximum(smooth.sum(axis=(1, 2)), 1e-3)
    x, y = (
        np.einsum("nk,k->n", smooth.sum(axis=axis), ticks) / total
        for axis, ticks in zip((1, 2), _ticks(ring), strict=True)
    )
    return {
        "thick": _count(solid) / ring.area,
        "thick_core": _count(solid[:, *ring.middle]) / ring.sizes[0],
        "off_centre": np.hypot(x, y),
    }


def _penetration(within: Mask, ring: Rings) -> dict[str, Singles]:
    """How deep ink reaches into the box (1 = to its centre), and whether it lies in a corner (1) or at the middle of
    an edge (0).
    """
    down, across = (
        np.abs((np.arange(size) + 0.5) / size * 2 - 1).astype(np.float32) for size in (ring.rows, ring.columns)
    )
    deep = 1 - np.maximum(down[:, None], across[None, :])
    total = np.maximum(_count(within), 1)
    depth = np.where(within, deep, 0).max(axis=(1, 2), initial=0)
    middles = [
        np.abs((_along(within, axis) * ticks).sum(axis=1)) / total
        for axis, ticks in zip((1, 2), _sides(ring), strict=True)
    ]
    corner = np.minimum(*middles) / np.maximum(np.maximum(*middles), 0.05)
    return {"depth": np.asarray(depth, dtype=np.float32), "corner": np.asarray(corner, dtype=np.float32)}


def _sides(ring: Rings) -> list[Singles]:
    """Positions of the columns and rows of a box, -1 .. 1 over the box."""
    return [((np.arange(size) + 0.5) / size * 2 - 1).astype(np.float32) for size in (ring.columns, ring.rows)]


def _breadth(within: Mask, ring: Rings) -> dict[str, Singles]:
    """Stroke width inside the box and greatest width of the ink, mm: a resting pen's dot is as wide as its strokes."""
    framed = np.zeros((len(within), ring.rows + 2, ring.columns + 2), np.uint8)
    framed[:, 1:-1, 1:-1] = within
    depth = cv2.distanceTransform(framed.reshape(-1, ring.columns + 2), cv2.DIST_L2, cv2.DIST_MASK_3)
    depth = np.asarray(depth, dtype=np.float32).reshape(len(within), -1)
    mean = depth.sum(axis=1) / np.maximum(_count(within), 1)
    stroke, broadest = 4 * mean / PX_PER_MM, 2 * depth.max(axis=1) / PX_PER_MM
    return {"stroke_mm": np.asarray(stroke, dtype=np.float32), "broadest_mm": np.asarray(broadest, dtype=np.float32)}


def _ticks(ring: Rings) -> list[Singles]:
    """Positions of the columns and rows of a box, -1 .. 1 over the window."""
    side = len(ring.core)
    every = ((np.arange(side) + 0.5) / side * 2 - 1).astype(np.float32)
    return [every[ring.box[1]], every[ring.box[0]]]


def _lines(ink: _Inked, sheet: MarkSheet) -> dict[str, Singles]:
    """The longest straight vertical and horizontal line of ink through the window within the box: a fold, a streak, a
    long stroke; 0..1.
    """
    open_ink = ink.ink & sheet.free[ink.windows]
    out = {}
    for name, axis, lines in (("line_down", 1, sheet.columns), ("line_across", 2, sheet.rows)):
        fraction = _along(open_ink, axis) / np.maximum(lines.free[ink.windows], ink.ink.shape[axis] // 3)
        out[name] = np.where(lines.within[ink.windows], fraction, 0).max(axis=1).astype(np.float32)
    return out
