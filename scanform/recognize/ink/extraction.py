"""Extraction of handwritten ink: scan minus print, in place.

For each window the paper level, the toner and a small shift of the print are estimated; the darkness beyond the
expected print (with tolerance) remains as `excess`. This module only measures and decides nothing. Most boxes are
empty: an integer pre-check excludes the windows that cannot hold ink, and only the others are measured in full.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray, PageImage, Singles
from scanform.imaging.page_map import PageMap
from scanform.imaging.sampling import Source, source
from scanform.model.geometry import RectMm
from scanform.recognize.ink.sampling import Tiles, cut, resample, tiles
from scanform.recognize.ink.sampling_plan import (
    COARSE,
    PX_PER_MM,
    TILE_PX,
    AreaSheet,
    MarkSheet,
    Mask,
    Outlines,
    PaperSamples,
    PreparedPage,
    by_piece,
    canvas_maps,
)
from scanform.recognize.ink.streaks import StreakSettings, streak_samples, suspects

Ints = NDArray[np.int64]

LEVELS_AT_ONCE = 6.0
"""Grey levels; maximum spread of the paper levels in a group of windows checked together: less than half the contrast
of ink to paper.
"""

AT_ONCE = 128_000
"""Samples per batch: their sums, two bytes each, then stay in the processor cache."""

AT_REST = 0.15
"""Samples (0.025 mm); if the first step of a shift is smaller, a second step would not change it noticeably."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSettings:
    """How the print is compared with the blank page, and what counts as ink beside it."""

    moved_mm: float = 0.06
    """mm; a window whose print is displaced by more is sampled again: a third of the tolerance of `cover`."""
    rounds: int = 4
    """Maximum number of times it is sampled again."""
    lost_fit: float = 0.6
    """Fraction of the median of the page's outlines, 0..1; a paler outline is searched for."""
    pale_fit: float = 0.65
    """Fraction of the darkness on the blank page, 0..1; a paler outline is searched for."""
    search_mm: float = 0.7
    """mm; search radius."""
    in_place: float = 0.85
    """Minimum correlation with the print, -1..1, for a pale outline to count as in place (pale toner)."""
    noise_factor: float = 4.0
    """Ink is darker than this multiple of the noise of the 3 x 3 mean, measured on the paper of the window."""
    noise_of_page: float = 1.5
    """Upper limit of that noise, as a multiple of the page's noise."""
    floor: float = 0.035
    """Minimum darkness of ink, 0..1: half the contrast of the lightest simulated pencil."""
    few: int = 7
    """Samples (7: 0.2 mm2); fewer samples, all on print outside the core of the box and none darker than `faint`
    allows, are the edge of the print.
    """
    faint: float = 1.6
    """Multiple of the ink threshold; samples of such an edge are paler."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkInk:
    """The ink in N windows.

    Per window: paper level 0..255, ink `threshold`, noise, toner (1 = as black as the blank page), `fit` = fraction of
    the outline found, `frame` = the same for its palest piece, `shift_mm` (N, 2), `streak` = a scanner streak through
    the box was removed. For the M windows with ink, numbered in ascending order by `windows` (M,): `excess` (M, S, S),
    its 3 x 3 mean `smooth`, `ink` = smooth above the threshold.
    """

    windows: Ints
    excess: Singles
    smooth: Singles
    ink: Mask
    threshold: Singles
    paper: Singles
    noise: Singles
    toner: Singles
    fit: Singles
    frame: Singles
    shift_mm: Floats
    streak: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaInk:
    """The canvas (H, W): `excess`, its 3 x 3 mean `smooth`, `ink` = smooth above `threshold`; `dark` = darkness
    including the print; `streaks` per spot.
    """

    dark: Singles
    excess: Singles
    smooth: Singles
    ink: Mask
    threshold: float
    noise: float
    streaks: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageInk:
    """All handwritten ink in the zones of a page; `px_per_mm` is the scale of the scan, `toner` that of the page,
    `mono` marks a bilevel scan.
    """

    marks: MarkInk
    areas: AreaInk
    px_per_mm: float
    toner: float
    noise: float
    mono: bool


def measure(
    image: PageImage, page_map: PageMap, prepared: PreparedPage, settings: MeasureSettings | None = None
) -> PageInk:
    """Samples all zones with one remap and subtracts the print; windows whose print has moved are sampled again."""
    settings = settings or MeasureSettings()
    size = prepared.page.size
    px_per_mm = page_map.px_per_mm(RectMm(x=size.w / 4, y=size.h / 4, w=size.w / 2, h=size.h / 2))
    src = source(image.gray, px_per_mm)
    sheet, areas = prepared.marks, prepared.areas
    where = tiles(page_map, sheet.centres_mm, side=sheet.side, px_per_mm=PX_PER_MM, scale=src.scale)
    mono = _is_mono(image.gray)
    marks, toner, noise = _measure_marks(cut(src.gray, where), where, src, sheet, settings, mono=mono)
    marks = _without_streaks(marks, where, src, sheet)
    if areas.spots:
        maps = canvas_maps(page_map, areas.tiles_mm, scale=src.scale)
        ink = _areas_without_streaks(
            _measure_areas(resample(src.gray, *maps), areas, toner, settings), maps, src, areas
        )
    else:
        ink = _measure_areas(np.full(areas.cover.shape, 255, np.uint8), areas, toner, settings)
    return PageInk(marks=marks, areas=ink, px_per_mm=px_per_mm, toner=toner, noise=noise, mono=mono)


def _measure_marks(
    patches: Gray, where: Tiles, src: Source, sheet: MarkSheet, settings: MeasureSettings, *, mono: bool
) -> tuple[MarkInk, float, float]:
    """The ink of the boxes, and the toner and noise of the page. Bilevel print (`mono`) counts as black however thin
    its lines have become.
    """
    count = len(sheet.zones)
    if count == 0:
        return _no_marks(sheet), 1.0, 0.0
    level = _level(patches, sheet.paper, sheet.outlines)
    shift, level = _aligned(patches, level, lambda chosen, by: cut(src.gray, where.of(chosen, by)), sheet, settings)
    toner = _line_darkness(level.rest, sheet.outlines)
    page_toner, page_noise = float(np.median(toner)), float(np.median(level.noise))
    noise = np.minimum(
        level.noise, settings.noise_of_page * page_noise + 0.005
    )  # paper under scribbles does not measure noise
    threshold = np.maximum(settings.floor, settings.noise_factor * noise / 3).astype(np.float32)
    black = np.maximum(toner, max(page_toner, 1.0) if mono else page_toner)
    windows = _perhaps_inked(patches, sheet.cover_steps, level.paper, threshold, float(black.min()))
    excess = _excess(patches[windows], level.paper[windows], sheet.cover[windows], black[windows])
    smooth = _smooth(excess)
    inked = smooth > threshold[windows][:, None, None]
    there = _holds_ink(inked, smooth, sheet.telling[windows], threshold[windows], settings)
    if not there.all():
        windows, excess, smooth, inked = windows[there], excess[there], smooth[there], inked[there]
    ink = MarkInk(
        windows=windows,
        excess=excess,
        smooth=smooth,
        ink=inked,
        threshold=threshold,
        paper=level.paper,
        noise=noise,
        toner=toner,
        fit=(toner / max(page_toner, 0.05)).astype(np.float32),
        frame=_palest_piece(level.rest, sheet.outlines, page_toner),
        shift_mm=shift / PX_PER_MM,
        streak=np.zeros(count, bool),
    )
    return ink, page_toner, page_noise


def _holds_ink(inked: Mask, smooth: Singles, telling: Mask, threshold: Singles, settings: MeasureSettings) -> Mask:
    """Which of M windows hold ink, that is, more than a few faint samples at the edges of print; `inked`, `smooth` and
    `telling` (M, S, S), `threshold` (M,).
    """
    count = np.count_nonzero(inked, axis=(1, 2))
    few = np.flatnonzero((count > 0) & (count < settings.few))
    faint = smooth[few].max(axis=(1, 2), initial=0) < settings.faint * threshold[few]
    there = count > 0
    there[few] = ~faint | (inked[few] & telling[few]).any(axis=(1, 2))
    return np.asarray(there, dtype=np.bool_)


def _perhaps_inked(patches: Gray, cover_steps: Gray, paper: Singles, threshold: Singles, toner: float) -> Ints:
    """The windows that may hold ink, by sums of grey levels; the windows left out certainly hold none.

    The expected print is rendered for groups of windows with similar paper, never darker than `_excess` assumes.
    """
    found, side, step = [], patches.shape[2], max(1, AT_ONCE // patches[0].size)
    groups = np.floor((float(paper.max()) - paper) / LEVELS_AT_ONCE)
    for group in np.unique(groups):
        members, lightest = np.flatnonzero(groups == group), float(paper.max()) - float(group) * LEVELS_AT_ONCE
        for first in range(0, len(members), step):
            some = members[first : first + step]
            together = some[-1] - some[0] == len(some) - 1
            part = slice(int(some[0]), int(some[-1]) + 1) if together else some
            printed = cv2.convertScaleAbs(
                cover_steps[part].reshape(-1, side), alpha=-lightest * min(toner, 1.0) / 255, beta=lightest + 0.5
            )
            darker = np.asarray(cv2.subtract(printed, patches[part].reshape(-1, side)), dtype=np.uint8)
            found.append(some[_largest_sum(darker.reshape(len(some), side, side)) >= 9 * threshold[some] * paper[some]])
    return np.sort(np.concatenate(found))


def _largest_sum(darker: Gray) -> NDArray[np.uint16]:
    """The largest sum of 3 x 3 samples in each window (N, S, S), mirrored at its edges; sums across the ends of rows
    are included and do no harm.
    """
    wide, side = darker.astype(np.uint16), darker.shape[2]
    flat = wide.reshape(len(wide), -1)
    upright = flat[:, : -2 * side] + flat[:, side:-side]
    upright += flat[:, 2 * side :]
    square = upright[:, :-2] + upright[:, 1:-1]
    square += upright[:, 2:]
    edges = [
        wide[:, 0] + 2 * wide[:, 1],
        wide[:, -1] + 2 * wide[:, -2],
        wide[:, :, 0] + 2 * wide[:, :, 1],
        wide[:, :, -1] + 2 * wide[:, :, -2],
    ]
    line = np.concatenate(edges).reshape(4, *edges[0].shape)
    along = line[:, :, :-2] + line[:, :, 1:-1] + line[:, :, 2:]
    corners = np.maximum(line[:, :, 0] + 2 * line[:, :, 1], line[:, :, -1] + 2 * line[:, :, -2])
    return np.asarray(
        np.maximum(square.max(axis=1), np.maximum(along.max(axis=2), corners).max(axis=0)), dtype=np.uint16
    )


def _is_mono(gray: Gray) -> bool:
    """Whether a page is bilevel, judged on one row in 97."""
    rows = gray[48::97]
    return bool(np.mean((rows > 4) & (rows < 251)) < 0.0005)


def _no_marks(sheet: MarkSheet) -> MarkInk:
    none = np.zeros(0, np.float32)
    windows = np.zeros((0, sheet.side, sheet.side), np.float32)
    return MarkInk(
        windows=np.zeros(0, np.int64),
        excess=windows,
        smooth=windows,
        ink=windows > 0,
        threshold=none,
        paper=none,
        noise=none,
        toner=none,
        fit=none,
        frame=none,
        shift_mm=np.zeros((0, 2)),
        streak=np.zeros(0, bool),
    )


def _excess(patches: Gray, paper: Singles, cover: Singles, toner: Singles) -> Singles:
    """Darkness (M, S, S) beyond the expected print of M windows."""
    beyond = cover * -toner[:, None, None]
    beyond += 1
    beyond -= patches * (1 / paper)[:, None, None]
    return np.asarray(np.maximum(beyond, 0, out=beyond), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """Paper and noise of each window (N,), and the darkness around its outline beyond the expected print (N, K)."""

    paper: Singles
    noise: Singles
    rest: Singles

    def put(self, chosen: Ints, other: "_Level") -> None:
        """Take over the new measurements of some windows."""
        self.paper[chosen], self.noise[chosen], self.rest[chosen] = other.paper, other.noise, other.rest


def _level(patches: Gray, samples: PaperSamples, outlines: Outlines) -> _Level:
    paper, noise = _paper_level(patches, samples)
    return _Level(paper=paper, noise=noise, rest=_rest(patches, paper, outlines))


def _paper_level(patches: Gray, samples: PaperSamples) -> tuple[Singles, Singles]:
    """Grey level of the bare paper and its noise (darkness, one sigma) in each window."""
    values = patches[:, ::COARSE, ::COARSE].reshape(len(patches), -1) & samples.bare
    ordered, rows = np.sort(values, axis=1, kind="stable"), np.arange(len(patches))  # a radix sort, for bytes
    upper, lower = ordered[rows, samples.upper], ordered[rows, samples.lower]
    level = np.maximum(upper.astype(np.float32), 40)
    return level, ((upper.astype(np.float32) - lower) / (1.06 * level)).astype(np.float32)


def _rest(patches: Gray, paper: Singles, outlines: Outlines) -> Singles:
    """Darkness around the outlines minus that of the expected print, (N, K)."""
    every = patches.shape[1] * patches.shape[2]
    values = np.take(patches.ravel(), outlines.at + np.arange(0, len(patches) * every, every)[:, None])
    return np.asarray(outlines.light - values * (1 / paper)[:, None], dtype=np.float32)


def _small_shift(rest: Singles, outlines: Outlines) -> Floats:
    """Shift of the print in samples (N, 2), by two robust Gauss-Newton steps on the slopes of the expected print (Lucas
    and Kanade 1981).

    `rest` (N, K) as in `_Level`. Windows below `AT_REST` after the first step get no second one.
    """
    shift = _step(rest, outlines.squares, outlines.slopes)
    more = np.flatnonzero(np.hypot(shift[:, 0], shift[:, 1]) > AT_REST)
    if len(more):
        slopes = outlines.slopes[more]
        error = rest[more] + np.einsum("nik,ni->nk", slopes, shift[more].astype(np.float32))
        shift[more] += _step(error, outlines.squares[more], slopes)
    return np.clip(shift, -2, 2)


def _step(error: Singles, squares: Singles, slopes: Singles) -> Floats:
    """One Gauss-Newton step (N, 2) from errors (N, K); large ones count less."""
    weight = error * np.float32(4)
    weight *= weight
    weight += 1
    np.reciprocal(weight, out=weight)
    a, b, c = np.einsum("nik,nk->in", squares, weight)
    weight *= error
    p, q = np.einsum("nik,nk->in", slopes, weight)
    a, c = a + 0.05, c + 0.05  # without print there is nothing to fit: stay
    det = a * c - b * b
    return np.stack([-(c * p - b * q) / det, -(a * q - b * p) / det], axis=1).astype(np.float64)


def _aligned(
    patches: Gray, level: _Level, sample: Callable[[Ints, Floats], Gray], sheet: MarkSheet, settings: MeasureSettings
) -> tuple[Floats, _Level]:
    """Aligns the print of `patches`, in place; returns the shift (N, 2) in samples and the level after alignment.

    Small shifts are followed in a few steps; outlines still not in place are searched for, then followed again. Windows
    at rest are skipped.
    """
    limit = settings.moved_mm * PX_PER_MM
    total, step = np.zeros((len(patches), 2)), _small_shift(level.rest, sheet.outlines)
    for round_ in range(settings.rounds):
        if round_ == 1 or not (round_ or (np.hypot(step[:, 0], step[:, 1]) > limit).any()):
            for number in np.flatnonzero(_lost(level.rest, sheet.outlines, settings)):
                step[number] = _search(patches[number], sheet.expected[number], settings)
        moved = np.flatnonzero(np.hypot(step[:, 0], step[:, 1]) > limit)
        if len(moved) == 0:
            break
        total[moved] += step[moved]
        patches[moved] = sample(moved, total[moved])
        outlines = sheet.outlines.of(moved)
        level.put(moved, _level(patches[moved], sheet.paper.of(moved), outlines))
        step[moved] = _small_shift(level.rest[moved], outlines)
    return total, level


def _lost(rest: Singles, outlines: Outlines, settings: MeasureSettings) -> Mask:
    """Windows whose outline is not where it should be: too pale for print, or much paler than the others; `rest` (N, K)
    as in `_Level`.

    A pale outline that has exactly the form of the print counts as in place.
    """
    found = _line_darkness(rest, outlines)
    pale = np.flatnonzero(
        (found < max(settings.pale_fit, settings.lost_fit * float(np.median(found)))) & (outlines.wanted > 0)
    )
    lost = np.zeros(len(rest), bool)
    if len(pale):
        lost[pale] = _likeness(rest[pale], outlines.light[pale]) < settings.in_place
    return lost


def _likeness(rest: Singles, light: Singles) -> Singles:
    """Correlation of the darkness around outlines with the expected print."""
    wanted = 1 - light
    seen = rest + wanted
    wanted = wanted - wanted.mean(axis=1, keepdims=True)
    seen = seen - seen.mean(axis=1, keepdims=True)
    return np.asarray(
        (seen * wanted).sum(axis=1) / np.sqrt((seen**2).sum(axis=1) * (wanted**2).sum(axis=1) + 1e-6), dtype=np.float32
    )


def _search(patch: Gray, expected: Singles, settings: MeasureSettings) -> Floats:
    """The shift, in samples, at which the print of one window correlates best with the expected print."""
    reach = round(settings.search_mm * PX_PER_MM)
    template = ((1 - expected[reach:-reach, reach:-reach]) * 255).astype(np.uint8)
    scores = cv2.matchTemplate(patch, template, cv2.TM_CCOEFF_NORMED)
    row, column = np.unravel_index(int(np.argmax(scores)), scores.shape)
    return np.array([float(column) - reach, float(row) - reach])


def _line_darkness(rest: Singles, outlines: Outlines) -> Singles:
    """Mean darkness of each outline relative to the blank page, 0..1.2; `rest` (N, K) as in `_Level`. Boxes without
    an outline get the value of the others.
    """
    found, seen = np.einsum("nk,nk->n", rest, outlines.line) + outlines.wanted, outlines.wanted > 0
    fraction = np.clip(found / np.maximum(outlines.wanted, 1e-3), 0, 1.2)
    if not seen.all():
        fraction[~seen] = np.median(fraction[seen]) if seen.any() else 1.0
    return np.asarray(fraction, dtype=np.float32)


def _palest_piece(rest: Singles, outlines: Outlines, page_toner: float) -> Singles:
    """Darkness (N,) of the palest piece of each outline, relative to the outlines of the page: 0 under a filing hole, a
    label, correction fluid.
    """
    wanted = outlines.piece_ink
    found = by_piece(rest * outlines.line, outlines.piece) + wanted
    least = outlines.least_piece[:, None]
    fraction = np.where(wanted >= least, found / np.maximum(wanted, least), 1.2 * page_toner).min(axis=1)
    return np.asarray(np.clip(fraction / max(page_toner, 0.05), 0, 1.2), dtype=np.float32)


def _smooth(excess: Singles) -> Singles:
    """3 x 3 mean of each window (N, S, S), mirrored at the window's own edges."""
    count, side, _ = excess.shape
    if count == 0:
        return excess
    framed = np.concatenate([excess[:, 1:2], excess, excess[:, -2:-1]], axis=1)
    return _blurred(framed.reshape(count * (side + 2), side)).reshape(count, side + 2, side)[:, 1:-1]


def _blurred(plane: Singles) -> Singles:
    return np.asarray(cv2.blur(plane, (3, 3)), dtype=np.float32)


def _measure_areas(canvas: Gray, sheet: AreaSheet, toner: float, settings: MeasureSettings) -> AreaInk:
    level, noise = _tile_paper(canvas, sheet)
    dark = (1 - canvas / level).astype(np.float32)
    excess = np.maximum(dark - sheet.cover * np.float32(max(toner, 0.7)), 0)
    excess[sheet.owner < 0] = 0
    threshold = max(settings.floor, settings.noise_factor * noise / 3)
    smooth = _blurred(excess)
    return AreaInk(dark=dark, excess=excess, smooth=smooth, ink=smooth > threshold, threshold=threshold, noise=noise)


def _tile_paper(canvas: Gray, sheet: AreaSheet) -> tuple[Singles, float]:
    """Paper level of every sample (H, W), smooth between tiles, and the noise of the paper as darkness."""
    rows, columns = sheet.tiles_mm.shape[:2]
    usable = (sheet.cover < 0.06) & (sheet.owner >= 0)
    tiles = (
        np.where(usable, canvas, 0)
        .reshape(rows, TILE_PX, columns, TILE_PX)
        .swapaxes(1, 2)[:, :, ::3, ::3]
        .reshape(rows * columns, -1)
    )
    free = (
        usable.reshape(rows, TILE_PX, columns, TILE_PX)
        .swapaxes(1, 2)[:, :, ::3, ::3]
        .reshape(rows * columns, -1)
        .sum(axis=1)
    )
    ordered = np.sort(tiles, axis=1)
    last, index = tiles.shape[1] - 1, np.arange(rows * columns)
    upper = ordered[index, last - (free * 0.35).astype(int)].astype(np.float32)
    lower = ordered[index, last - (free * 0.75).astype(int)].astype(np.float32)
    known = free > 8
    page = float(np.median(upper[known])) if known.any() else 255.0
    level = np.where(known, np.maximum(upper, 0.6 * page), page).astype(np.float32)
    noise = float(np.median((upper - lower)[known] / (1.06 * level[known]))) if known.any() else 0.0
    return _between_tiles(level.reshape(rows, columns)), noise


def _between_tiles(level: Singles) -> Singles:
    rows, columns = level.shape
    return np.asarray(
        cv2.resize(level, (columns * TILE_PX, rows * TILE_PX), interpolation=cv2.INTER_LINEAR), dtype=np.float32
    )


def _without_streaks(ink: MarkInk, where: Tiles, src: Source, sheet: MarkSheet) -> MarkInk:
    """The same windows without the ink of scanner streaks; `streak` where one went through the box itself."""
    settings = StreakSettings()
    suspected = np.flatnonzero(_crossed(ink.ink))
    if len(suspected) == 0:
        return ink
    inked, free = ink.ink[suspected], sheet.free[ink.windows[suspected]]
    suspected = suspected[suspects(inked, free, 1, settings) | suspects(inked, free, 2, settings)]
    if len(suspected) == 0:
        return ink
    cleared, streak = np.zeros(ink.ink.shape, bool), ink.streak.copy()
    for place, number in zip(suspected, ink.windows[suspected], strict=True):
        x, y = where.maps(slice(number, number + 1))
        cleared[place] = streak_samples(ink.ink[place], sheet.free[number], (x[0], y[0]), src.gray, settings)
        streak[number] = (cleared[place] & (sheet.inside_mm[number] > 0)).any()
    excess = np.where(cleared, 0, ink.excess)
    smooth = _smooth(excess)
    return replace(
        ink, excess=excess, smooth=smooth, ink=smooth > ink.threshold[ink.windows][:, None, None], streak=streak
    )


def _crossed(ink: Mask) -> Mask:
    """Windows with ink at two opposite sides: only those can hold a line from edge to edge."""
    upright = ink[:, 1:4].any(axis=(1, 2)) & ink[:, -4:-1].any(axis=(1, 2))
    return np.asarray(upright | (ink[:, :, 1:4].any(axis=(1, 2)) & ink[:, :, -4:-1].any(axis=(1, 2))), dtype=np.bool_)


def _areas_without_streaks(ink: AreaInk, maps: tuple[Singles, Singles], src: Source, sheet: AreaSheet) -> AreaInk:
    settings = StreakSettings()
    free = sheet.cover < 0.06
    excess, streaks = ink.excess, []
    for spot in sheet.spots:
        block = np.s_[spot.y : spot.y + spot.h, spot.x : spot.x + spot.w]
        inked, open_ = ink.ink[block][None], free[block][None]
        found = suspects(inked, open_, 1, settings).any() or suspects(inked, open_, 2, settings).any()
        cleared = (
            streak_samples(inked[0], open_[0], (maps[0][block], maps[1][block]), src.gray, settings) if found else None
        )
        streaks.append(cleared is not None and bool(cleared.any()))
        if cleared is not None:
            excess[block] = np.where(cleared, 0, excess[block])
    if any(streaks):
        smooth = _blurred(excess)
        ink = replace(ink, excess=excess, smooth=smooth, ink=smooth > ink.threshold)
    return replace(ink, streaks=tuple(streaks))
