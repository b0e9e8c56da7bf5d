"""The ink that a hand added: scan minus print, in place.

For each window: paper level, toner and a small shift of the print are estimated, then darkness beyond the expected print (with
tolerance) remains as `excess`. Nothing here decides; it only measures.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from scanform.imaging.page_image import Floats, Gray, PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import RectMm
from scanform.recognize.sample import Singles, Source, remap_together, source, tile_maps
from scanform.recognize.sheets import PX_PER_MM, TILE_PX, AreaSheet, MarkSheet, Mask, PreparedPage, canvas_maps
from scanform.recognize.streaks import StreakSettings, streak_samples, suspects


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSettings:
    """How the print is compared.

    A window whose print lies further off than `moved_mm` (a third of the tolerance of `cover`) is sampled anew, in at most `rounds`
    rounds. Outlines paler than `pale_fit` of the blank page's, or than `lost_fit` of the page's median, are searched for,
    `search_mm` far (pale toner costs a search that finds them in place). Ink is darker than `floor` (half the contrast of the
    lightest pencil that was simulated) and than `noise_factor` times the noise of the 3 x 3 mean; the noise is measured on the
    paper of the window and is at most `noise_of_page` times that of the page.
    """

    moved_mm: float = 0.06
    rounds: int = 4
    lost_fit: float = 0.6
    pale_fit: float = 0.65
    search_mm: float = 0.7
    noise_factor: float = 4.0
    noise_of_page: float = 1.5
    floor: float = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkInk:
    """Per window (N): `excess` (N, S, S), its 3 x 3 mean `smooth`, `ink` = smooth above `threshold` (N,); paper level 0..255, noise, toner (1 = as black as
    the blank page), `fit` = share of the outline that was found, `shift_mm` (N, 2), `streak` = a scanner streak through the box was removed.
    """

    excess: Singles
    smooth: Singles
    ink: Mask
    threshold: Singles
    paper: Singles
    noise: Singles
    toner: Singles
    fit: Singles
    shift_mm: Floats
    streak: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaInk:
    """The canvas (H, W): `excess`, its 3 x 3 mean `smooth`, `ink` = smooth above `threshold`; `dark` = darkness with the print; `streaks` per spot."""

    dark: Singles
    excess: Singles
    smooth: Singles
    ink: Mask
    threshold: float
    noise: float
    streaks: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageInk:
    """All hand-made ink in the zones of a page; `px_per_mm` is the scale of the scan, `toner` that of the page, `mono` a scan without grey levels."""

    marks: MarkInk
    areas: AreaInk
    px_per_mm: float
    toner: float
    noise: float
    mono: bool


def measure(image: PageImage, page_map: PageMap, prepared: PreparedPage, settings: MeasureSettings | None = None) -> PageInk:
    """Samples all zones by one remap and subtracts the print; windows whose print has moved are sampled once more."""
    settings = settings or MeasureSettings()
    size = prepared.page.size
    px_per_mm = page_map.px_per_mm(RectMm(x=size.w / 4, y=size.h / 4, w=size.w / 2, h=size.h / 2))
    src = source(image.gray, px_per_mm)
    sheet, areas = prepared.marks, prepared.areas
    mark_maps = tile_maps(page_map, sheet.centres_mm, side=sheet.side, px_per_mm=PX_PER_MM, scale=src.scale)
    maps = [mark_maps, canvas_maps(page_map, areas.tiles_mm, scale=src.scale)] if areas.spots else [mark_maps]
    patches = remap_together(src.gray, maps)
    marks, toner, noise = _measure_marks(patches[0], mark_maps, src, sheet, settings)
    marks = _without_streaks(marks, mark_maps, src, sheet)
    canvas = patches[1] if areas.spots else np.full(areas.cover.shape, 255, np.uint8)
    ink = _measure_areas(canvas, areas, toner, settings)
    if areas.spots:
        ink = _areas_without_streaks(ink, maps[1], src, areas)
    return PageInk(marks=marks, areas=ink, px_per_mm=px_per_mm, toner=toner, noise=noise, mono=_is_mono(image.gray))


def _measure_marks(patches: Gray, maps: tuple[Singles, Singles], src: Source, sheet: MarkSheet, settings: MeasureSettings) -> tuple[MarkInk, float, float]:
    count = len(sheet.zones)
    if count == 0:
        return _no_marks(sheet), 1.0, 0.0
    level = _level(patches, sheet)
    shift, level = _aligned(patches, level, lambda chosen, by: _resampled(maps, src, by, chosen), sheet, settings)
    paper, noise = level.paper, level.noise
    dark = _dark(patches, paper)
    toner = _line_darkness(level.band, sheet)
    page_toner, page_noise = float(np.median(toner)), float(np.median(noise))
    excess = np.maximum(dark - sheet.cover * np.maximum(toner, page_toner)[:, None, None], 0)
    noise = np.minimum(noise, settings.noise_of_page * page_noise + 0.005)  # paper under scribbles is no measure of noise
    threshold = np.maximum(settings.floor, settings.noise_factor * noise / 3).astype(np.float32)
    smooth = _smooth(excess)
    ink = MarkInk(
        excess=excess,
        smooth=smooth,
        ink=smooth > threshold[:, None, None],
        threshold=threshold,
        paper=paper,
        noise=noise,
        toner=toner,
        fit=(toner / max(page_toner, 0.05)).astype(np.float32),
        shift_mm=shift / PX_PER_MM,
        streak=np.zeros(count, bool),
    )
    return ink, page_toner, page_noise


def _is_mono(gray: Gray) -> bool:
    """Whether a page has only black and white; looked at on one row in 97."""
    rows = gray[48::97]
    return bool(np.mean((rows > 4) & (rows < 251)) < 0.0005)


def _no_marks(sheet: MarkSheet) -> MarkInk:
    none = np.zeros(0, np.float32)
    windows = np.zeros((0, sheet.side, sheet.side), np.float32)
    return MarkInk(
        excess=windows,
        smooth=windows,
        ink=windows > 0,
        threshold=none,
        paper=none,
        noise=none,
        toner=none,
        fit=none,
        shift_mm=np.zeros((0, 2)),
        streak=np.zeros(0, bool),
    )


def _paper_level(patches: Gray, paper: Mask) -> tuple[Singles, Singles]:
    """Grey of the bare paper and its noise (darkness, one sigma) of each window, from a ninth of the samples that hold no print."""
    values = np.where(paper[:, ::3, ::3], patches[:, ::3, ::3], 0).reshape(len(patches), -1)
    ordered = np.sort(values, axis=1)
    free = np.maximum(paper[:, ::3, ::3].reshape(len(patches), -1).sum(axis=1), 1)
    last, rows = values.shape[1] - 1, np.arange(len(patches))
    upper, lower = ordered[rows, last - (free * 0.35).astype(int)], ordered[rows, last - (free * 0.75).astype(int)]
    level = np.maximum(upper.astype(np.float32), 40)
    return level, ((upper.astype(np.float32) - lower) / (1.06 * level)).astype(np.float32)


def _dark(patches: Gray, paper: Singles) -> Singles:
    return np.asarray(1 - patches * (1 / paper)[:, None, None], dtype=np.float32)


def _band_dark(patches: Gray, paper: Singles, sheet: MarkSheet) -> Singles:
    """Darkness around the outlines, (N, K)."""
    values = np.take_along_axis(patches.reshape(len(patches), -1), sheet.band, axis=1)
    return np.asarray(1 - values * (1 / paper)[:, None], dtype=np.float32)


def _small_shift(dark: Singles, sheet: MarkSheet) -> Floats:
    """Shift of the print in samples (N, 2), by two robust Gauss-Newton steps on the slopes of the expected print (Lucas and Kanade 1981).

    `dark` (N, K) is the darkness of the scan around the outline.
    """
    shift = np.zeros((len(dark), 2))
    rest = dark - sheet.band_print
    gx, gy = sheet.slope_x, sheet.slope_y
    for _ in range(2):
        error = rest + shift[:, :1].astype(np.float32) * gx + shift[:, 1:].astype(np.float32) * gy
        weight = 1 / (1 + (error * np.float32(4)) ** 2)
        wx, wy = weight * gx, weight * gy
        a, b, c = np.einsum("nk,nk->n", wx, gx), np.einsum("nk,nk->n", wx, gy), np.einsum("nk,nk->n", wy, gy)
        p, q = np.einsum("nk,nk->n", wx, error), np.einsum("nk,nk->n", wy, error)
        a, c = a + 0.05, c + 0.05  # without print there is nothing to fit: stay
        det = a * c - b * b
        shift += np.stack([-(c * p - b * q) / det, -(a * q - b * p) / det], axis=1)
    return np.clip(shift, -2, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """Paper and noise of each window (N,), and the darkness around its outline (N, K)."""

    paper: Singles
    noise: Singles
    band: Singles


def _level(patches: Gray, sheet: MarkSheet) -> _Level:
    paper, noise = _paper_level(patches, sheet.paper)
    return _Level(paper=paper, noise=noise, band=_band_dark(patches, paper, sheet))


def _aligned(patches: Gray, level: _Level, sample: Callable[[Mask, Floats], Gray], sheet: MarkSheet, settings: MeasureSettings) -> tuple[Floats, _Level]:
    """Brings the print of `patches` into place, in place; the shift (N, 2) in samples and the level of what is there now.

    Small shifts are followed in a few steps; outlines that are still not there are searched for, then followed again.
    """
    limit = settings.moved_mm * PX_PER_MM
    total = np.zeros((len(patches), 2))
    for round_ in range(settings.rounds):
        step = _small_shift(level.band, sheet)
        if round_ == 1 or not (round_ or (np.hypot(step[:, 0], step[:, 1]) > limit).any()):
            for number in np.flatnonzero(_lost(level.band, sheet, settings)):
                step[number] = _search(patches[number], sheet.expected[number], settings)
        moved = np.hypot(step[:, 0], step[:, 1]) > limit
        if not moved.any():
            break
        total[moved] += step[moved]
        patches[moved] = sample(moved, total)
        level = _level(patches, sheet)
    return total, level


def _lost(dark: Singles, sheet: MarkSheet, settings: MeasureSettings) -> Mask:
    """Windows whose outline is not where it should be: too pale for print, or much paler than the others; `dark` (N, K)."""
    found = _line_darkness(dark, sheet)
    return np.asarray(found < max(settings.pale_fit, settings.lost_fit * float(np.median(found))), dtype=np.bool_)


def _resampled(maps: tuple[Singles, Singles], src: Source, shift: Floats, chosen: Mask) -> Gray:
    """The chosen windows again, `shift` samples further."""
    moved = []
    for axis in maps:
        across, down = axis[:, :1, 1:2] - axis[:, :1, :1], axis[:, 1:2, :1] - axis[:, :1, :1]
        step = shift[:, 0, None, None] * across + shift[:, 1, None, None] * down
        moved.append((axis[chosen] + step[chosen]).astype(np.float32))
    return remap_together(src.gray, [(moved[0], moved[1])])[0]


def _search(patch: Gray, expected: Singles, settings: MeasureSettings) -> Floats:
    """The shift, in samples, at which the print of one window correlates best."""
    reach = round(settings.search_mm * PX_PER_MM)
    template = ((1 - expected[reach:-reach, reach:-reach]) * 255).astype(np.uint8)
    scores = cv2.matchTemplate(patch, template, cv2.TM_CCOEFF_NORMED)
    row, column = np.unravel_index(int(np.argmax(scores)), scores.shape)
    return np.array([float(column) - reach, float(row) - reach])


def _line_darkness(dark: Singles, sheet: MarkSheet) -> Singles:
    """Mean darkness of each outline relative to the blank page, 0..1.2; `dark` (N, K) as in `_small_shift`."""
    found, wanted = np.einsum("nk,nk->n", dark, sheet.line), np.einsum("nk,nk->n", sheet.band_print, sheet.line)
    return np.asarray(np.clip(found / np.maximum(wanted, 1e-3), 0, 1.2), dtype=np.float32)


def _smooth(excess: Singles) -> Singles:
    return _blurred(excess.reshape(-1, excess.shape[-1])).reshape(excess.shape)


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
    tiles = np.where(usable, canvas, 0).reshape(rows, TILE_PX, columns, TILE_PX).swapaxes(1, 2)[:, :, ::3, ::3].reshape(rows * columns, -1)
    free = usable.reshape(rows, TILE_PX, columns, TILE_PX).swapaxes(1, 2)[:, :, ::3, ::3].reshape(rows * columns, -1).sum(axis=1)
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
    return np.asarray(cv2.resize(level, (columns * TILE_PX, rows * TILE_PX), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _without_streaks(ink: MarkInk, maps: tuple[Singles, Singles], src: Source, sheet: MarkSheet) -> MarkInk:
    """The same windows with the ink of scanner streaks taken away; `streak` where one went through the box itself."""
    settings = StreakSettings()
    through = _crossed(ink.ink)
    if not through.any():
        return ink
    free = sheet.cover < 0.06
    suspected = np.zeros(len(through), bool)
    suspected[through] = suspects(ink.ink[through], free[through], 1, settings) | suspects(ink.ink[through], free[through], 2, settings)
    if not suspected.any():
        return ink
    cleared, streak = np.zeros(ink.ink.shape, bool), np.zeros(len(suspected), bool)
    for number in np.flatnonzero(suspected):
        cleared[number] = streak_samples(ink.ink[number], free[number], (maps[0][number], maps[1][number]), src.gray, settings)
        streak[number] = (cleared[number] & (sheet.inside_mm[number] > 0)).any()
    excess = np.where(cleared, 0, ink.excess)
    smooth = _smooth(excess)
    return replace(ink, excess=excess, smooth=smooth, ink=smooth > ink.threshold[:, None, None], streak=streak)


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
        cleared = streak_samples(inked[0], open_[0], (maps[0][block], maps[1][block]), src.gray, settings) if found else None
        streaks.append(cleared is not None and bool(cleared.any()))
        if cleared is not None:
            excess[block] = np.where(cleared, 0, excess[block])
    if any(streaks):
        smooth = _blurred(excess)
        ink = replace(ink, excess=excess, smooth=smooth, ink=smooth > ink.threshold)
    return replace(ink, streaks=tuple(streaks))
