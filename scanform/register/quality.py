"""Is there anything on this paper? Blank backs of single-sided forms have a fate of their own; damage and answers are
not blank. This module checks for ink; `blank_paper` proves that there is nothing else, and that it is paper.

And is the picture good enough? Sharpness, light, contrast, resolution and completeness are measured at the printed
markers or, if none was found, on the page's own print; the verdict on a poor picture says what to do about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray, PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import RectMm
from scanform.model.problem import Problem
from scanform.register import blank_paper
from scanform.register.blank_paper import Doubt
from scanform.register.markers import DEFAULT_SEARCH, Marker


@dataclass(frozen=True, slots=True, kw_only=True)
class BlankSettings:
    """Which pages hold hardly any ink."""

    px_per_mm: float = 3.0
    """Working resolution, pixels per mm."""
    contrast: float = 0.2
    """Fraction of the paper's grey, 0..1; ink is darker than the paper around it by more (show-through: up to .15)."""
    noise_sigmas: float = 6.0
    """Minimum contrast of ink, as a multiple of the picture's noise."""
    speck_mm2: float = 0.6
    """mm2; smaller components are dust."""
    hole_mm: tuple[float, float] = (3.5, 8.5)
    """mm; width of punch holes, from and to: round, 4-8 mm wide."""
    hole_edge_mm: float = 25.0
    """mm; maximum distance of punch holes from the edge."""
    edge_mm: float = 3.0
    """mm; width of the border touched by shadows of the lid."""
    streak_mm: float = 1.5
    """mm; a thinner, sufficiently long component is a scanner streak or a fold."""
    streak_share: float = 0.5
    """Minimum fraction of the page, 0..1, that it spans."""
    ink_mm2: float = 6.0
    """mm2; paper with more ink is not blank: the initials of a name measure 8."""
    dark: float = 70.0
    """Grey level, 0..255; below, a page is black, not paper."""
    page_long_mm: float = 297.0
    """mm; the longer side of the page."""


DEFAULT_BLANK = BlankSettings()


def doubt_of_blank(image: PageImage, settings: BlankSettings = DEFAULT_BLANK) -> Doubt | None:
    """Why a page is not proven to be paper without print or writing; None if it is. Takes the original picture, before
    it is lightened.
    """
    if _carries_ink(image, settings):
        return Doubt.CONTENT
    return blank_paper.doubt_of_blank(image)


def is_blank_paper(image: PageImage, settings: BlankSettings = DEFAULT_BLANK) -> bool:
    """Whether the page is proven to be paper without print or writing; a black page is not, nor is an unanswered or a
    pale form.
    """
    return doubt_of_blank(image, settings) is None


def _carries_ink(image: PageImage, settings: BlankSettings) -> bool:
    """Whether anything on the page is clearly darker than its paper."""
    scale = max(image.gray.shape) / settings.page_long_mm
    factor = max(1, round(scale / settings.px_per_mm))
    height, width = (length // factor * factor for length in image.gray.shape)
    if min(height, width) // factor < 8:
        return False  # too small to judge; the proof reports it
    small = cv2.resize(
        image.gray[:height, :width], None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA
    ).astype(np.uint8, copy=False)
    if np.median(small) < settings.dark:
        return False
    return _ink_mm2(_ink(small, settings), scale / factor, settings) > settings.ink_mm2


def _ink(small: Gray, settings: BlankSettings) -> NDArray[np.uint8]:
    """Pixels (H, W) darker than the paper around them, 1 = ink."""
    closed = cv2.morphologyEx(cv2.medianBlur(small, 5), cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    paper = cv2.GaussianBlur(closed, (0, 0), 12).astype(np.float32)
    drop = paper - small
    noise = 1.4826 * float(np.median(np.abs(drop - np.median(drop))))
    limit = np.maximum(settings.contrast * paper, float(np.median(drop)) + settings.noise_sigmas * noise)
    return np.asarray(drop > limit, dtype=np.uint8)


def _ink_mm2(ink: NDArray[np.uint8], scale: float, settings: BlankSettings) -> float:
    """The total area of ink components that are neither dust, hole, edge shadow nor streak."""
    joined = cv2.dilate(ink, np.ones((3, 3), np.uint8))
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    areas = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=len(boxes)) / scale**2
    height, width = (length / scale for length in ink.shape)
    total = 0.0
    for (x, y, w, h, _), area in zip(boxes[1:] / scale, areas[1:], strict=True):
        gaps = (x, y, width - x - w, height - y - h)
        if (
            area < settings.speck_mm2
            or _is_shadow(gaps, settings)
            or _is_hole(w, h, area, gaps, settings)
            or _is_streak(w, h, width, height, settings)
        ):
            continue
        total += area
    return total


def _is_shadow(gaps: tuple[float, ...], settings: BlankSettings) -> bool:
    return min(gaps) < settings.edge_mm


def _is_hole(w: float, h: float, area: float, gaps: tuple[float, ...], settings: BlankSettings) -> bool:
    low, high = settings.hole_mm
    round_and_full = low <= min(w, h) and max(w, h) <= high and max(w, h) < 1.4 * min(w, h) and area > 0.5 * w * h
    return round_and_full and min(gaps) < settings.hole_edge_mm


def _is_streak(w: float, h: float, width: float, height: float, settings: BlankSettings) -> bool:
    return (w <= settings.streak_mm and h >= settings.streak_share * height) or (
        h <= settings.streak_mm and w >= settings.streak_share * width
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSettings:
    """When a picture is called poor.

    Chosen on photos of odd seeds and checked on even ones and on all scanner profiles (docs/photos.md).
    """

    blur_mm: float = 0.2
    """mm; sigma of the edges of print. Scans have .16 at most, codes are lost from .25-.3."""
    blur_px: float = 1.5
    """Pixels; less is the picture's own resolution."""
    dark: float = 70.0
    """Grey level of the paper, 0..255."""
    pale: float = 0.2
    """Contrast of print relative to the grey of the paper, 0..1."""
    noisy: float = 0.07
    """Noise relative to contrast."""
    px_per_mm: float = 5.5
    """Pixels per mm; below, boxes differ from all that the mark model was fitted on."""
    cut_mm: float = 0.3
    """mm; maximum part of the page's content that may lie beyond the picture's edge."""


DEFAULT_PICTURE = PictureSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The measurements of a picture; None where nothing could be measured.

    `blur_mm` sigma of edges of print in the worse direction, at the second-worst marker. `paper` grey of the paper,
    `contrast` grey levels between paper and print, `noise` of the paper (one sigma, grey levels). `px_per_mm`,
    `cut_mm`: how far the page's content extends beyond the picture.
    """

    blur_mm: float | None = None
    paper: float | None = None
    contrast: float | None = None
    noise: float | None = None
    px_per_mm: float | None = None
    cut_mm: float | None = None


def verdicts(picture: Picture, settings: PictureSettings = DEFAULT_PICTURE) -> tuple[Problem, ...]:
    """The problems of a picture, the most likely cause of errors first."""
    found: list[Problem] = []
    if picture.px_per_mm is not None and picture.px_per_mm < settings.px_per_mm:
        found.append(Problem(slug="too-small", params=(("dpi", str(round(picture.px_per_mm * 25.4))),)))
    if picture.cut_mm is not None and picture.cut_mm > settings.cut_mm:
        found.append(Problem(slug="cut-off", params=(("mm", str(ceil(picture.cut_mm))),)))
    if (
        picture.blur_mm is not None
        and picture.blur_mm > settings.blur_mm
        and picture.blur_mm * (picture.px_per_mm or np.inf) > settings.blur_px
    ):
        found.append(Problem(slug="too-blurred"))
    if _is_dark(picture, settings):
        found.append(Problem(slug="too-dark"))
    elif (
        picture.paper is not None and picture.contrast is not None and picture.contrast < settings.pale * picture.paper
    ):
        found.append(Problem(slug="too-pale"))
    return tuple(found)


def _is_dark(picture: Picture, settings: PictureSettings) -> bool:
    """Dark paper, or paper so noisy for its print that a pencil mark drowns in it."""
    if picture.paper is None or picture.contrast is None:
        return False
    return picture.paper < settings.dark or (
        picture.paper < 2 * settings.dark and (picture.noise or 0.0) > settings.noisy * picture.contrast
    )


SIDE_MM = (-1.6, 1.2)
"""Extent of a profile across a side of a marker: outwards into its quiet zone (2 mm), inwards into its border
(1.33 mm).
"""

_STEP_MM = 0.08
_ALONG = 7
_MARKERS = 4
"""Markers tried: enough for the corners of a page, and cheap."""


def measure_markers(
    image: PageImage, markers: Sequence[Marker], *, content_mm: Floats | None = None, page_map: PageMap | None = None
) -> Picture:
    """The quality of the picture at its markers (8 mm, black on white); with a map also how much of the page's content,
    points (N, 2) in mm, is missing.
    """
    chosen = _spread_out(markers)
    scale, cut_mm = (
        (None, None) if content_mm is None or page_map is None else _scale_and_cut(image, content_mm, page_map)
    )
    if not chosen:
        return Picture(px_per_mm=scale, cut_mm=cut_mm)
    quads = np.array([marker.corners_px for marker in chosen])
    profiles, sides_px = _side_profiles(image.gray, quads)
    outside = round(-SIDE_MM[0] / _STEP_MM)
    light = profiles[..., : outside // 2].mean(axis=-1)
    dark = profiles[..., outside + round(0.3 / _STEP_MM) :].min(axis=-1)
    contrast = light - dark
    sigma_mm = _edge_sigma(profiles, light, contrast)
    worse = np.maximum(sigma_mm[:, [0, 2]].mean(axis=1), sigma_mm[:, [1, 3]].mean(axis=1))
    ordered = np.sort(worse)
    noise = profiles[..., : outside // 2].std(axis=-1)
    return Picture(
        blur_mm=float(ordered[-2] if len(ordered) > 2 else ordered[-1]),
        paper=float(np.median(light)),
        contrast=float(np.median(contrast)),
        noise=float(np.median(noise) * np.sqrt(_ALONG)),
        px_per_mm=scale or float(np.median(sides_px) / DEFAULT_SEARCH.marker_mm),
        cut_mm=cut_mm,
    )


def _spread_out(markers: Sequence[Marker]) -> list[Marker]:
    """Up to four markers, far from each other."""
    left = list(markers)
    if len(left) <= _MARKERS:
        return left
    places = np.array([np.mean(marker.corners_px, axis=0) for marker in left])
    directions = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    return [left[number] for number in sorted({int(np.argmax(places @ direction)) for direction in directions})]


def _side_profiles(gray: Gray, quads: Floats) -> tuple[Floats, Floats]:
    """Grey profiles from outside to inside across the sides (top, right, bottom, left) of markers (N, 4, 2): (N, 4,
    L), and the sides' lengths in px (N, 4).
    """
    following = np.roll(quads, -1, axis=1)
    before, after = np.roll(quads, 1, axis=1), np.roll(quads, -2, axis=1)
    depth = np.arange(SIDE_MM[0], SIDE_MM[1], _STEP_MM) / DEFAULT_SEARCH.marker_mm
    along = np.linspace(0.12, 0.88, _ALONG)
    place = quads[:, :, None] + (following - quads)[:, :, None] * along[:, None]
    inwards = (before - quads)[:, :, None] * (1 - along[:, None]) + (after - following)[:, :, None] * along[:, None]
    points = (place[:, :, :, None] + inwards[:, :, :, None] * depth[:, None]).astype(np.float32)
    flat = points.reshape(-1, _ALONG * len(depth), 2)
    seen = cv2.remap(gray, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).reshape(
        points.shape[:-1]
    )
    return seen.mean(axis=2, dtype=np.float64), np.linalg.norm(following - quads, axis=2)


def _edge_sigma(profiles: Floats, light: Floats, contrast: Floats) -> Floats:
    """Sigma in mm of the edge in each profile (N, 4, L) that falls from `light` by `contrast` (N, 4).

    A Gaussian edge rises from a quarter to three quarters within 1.349 sigma.
    """
    fraction = (light[..., None] - profiles) / np.maximum(contrast, 1.0)[..., None]
    middle = np.argmax(fraction > 0.5, axis=-1)
    ticks = np.arange(profiles.shape[-1])
    before = np.where((fraction < 0.25) & (ticks < middle[..., None]), ticks, -1).max(axis=-1)
    after = np.where((fraction > 0.75) & (ticks > middle[..., None]), ticks, profiles.shape[-1]).min(axis=-1)
    start, end = _crossing(fraction, before, 0.25), _crossing(fraction, after - 1, 0.75)
    return np.asarray(np.maximum(end - start, 0) * _STEP_MM / 1.349)


def _crossing(fraction: Floats, before: NDArray[np.int_], level: float) -> Floats:
    """Where each row of `fraction` (N, 4, L) passes `level` between tick `before` (N, 4) and the next."""
    first = np.clip(before, 0, fraction.shape[-1] - 2)
    low, high = (np.take_along_axis(fraction, (first + step)[..., None], axis=-1)[..., 0] for step in (0, 1))
    return np.asarray(first + np.clip((level - low) / np.maximum(high - low, 1e-3), 0, 1))


def _scale_and_cut(image: PageImage, content_mm: Floats, page_map: PageMap) -> tuple[float, float]:
    """Pixels per mm, and how far (mm) the points lie beyond the picture's edges."""
    px = page_map.to_px(content_mm)
    low_mm, high_mm, low, high = content_mm.min(axis=0), content_mm.max(axis=0), px.min(axis=0), px.max(axis=0)
    rect = RectMm(
        x=float(low_mm[0]),
        y=float(low_mm[1]),
        w=max(float(high_mm[0] - low_mm[0]), 1.0),
        h=max(float(high_mm[1] - low_mm[1]), 1.0),
    )
    scale = replace(page_map, grid=None).px_per_mm(rect)
    beyond = max(float(-low.min()), float(high[0]) - image.width + 1, float(high[1]) - image.height + 1, 0.0)
    return scale, beyond / scale


TILE_PX = 96
"""Side of the tiles for measuring sharpness without markers; at 12 px per mm one line of text."""


def measure_print(image: PageImage, *, px_per_mm: float, where: Floats | None = None) -> Picture:
    """The quality of the picture on any print: for pages on which no marker was found.

    `where` (4, 2) are the corners of the paper in px, None for the whole picture. Only the sharpest fifth of the tiles
    with print counts: text is never softer than the picture, shadows and table tops are.
    """
    left, top, right, bottom = _bounds(image, where)
    tiles = _tiles(image.gray[top:bottom, left:right])
    if not len(tiles):
        return Picture(px_per_mm=px_per_mm)
    light, dark = np.percentile(tiles, 90, axis=(1, 2)), np.percentile(tiles, 1, axis=(1, 2))
    contrast = light - dark
    shown = contrast > 0.25 * np.maximum(light, 40)
    paper = float(np.median(light))
    if shown.sum() < _LEAST_TILES:
        return Picture(px_per_mm=px_per_mm, paper=paper)
    soft = np.stack([_slope(tiles[shown], axis) for axis in (1, 2)])
    sigma_px = (contrast[shown] / np.maximum(soft, 1e-3) / np.sqrt(2 * np.pi)).max(axis=0)
    return Picture(
        blur_mm=float(np.percentile(sigma_px, 20) / px_per_mm),
        paper=paper,
        contrast=float(np.median(contrast[shown])),
        px_per_mm=px_per_mm,
    )


_LEAST_TILES = 6


def _bounds(image: PageImage, where: Floats | None) -> tuple[int, int, int, int]:
    if where is None:
        return 0, 0, image.width, image.height
    low, high = np.clip(where.min(axis=0), 0, None).astype(int), where.max(axis=0).astype(int)
    return int(low[0]), int(low[1]), min(image.width, int(high[0])), min(image.height, int(high[1]))


def _tiles(gray: Gray) -> NDArray[np.float32]:
    """Every second tile of a picture in both directions, (N, TILE_PX, TILE_PX)."""
    rows, columns = gray.shape[0] // TILE_PX, gray.shape[1] // TILE_PX
    blocks = (
        gray[: rows * TILE_PX, : columns * TILE_PX].reshape(rows, TILE_PX, columns, TILE_PX).swapaxes(1, 2)[::2, ::2]
    )
    return blocks.reshape(-1, TILE_PX, TILE_PX).astype(np.float32)


def _slope(tiles: NDArray[np.float32], axis: int) -> Floats:
    """The steepest slopes (grey levels per px, 99.5th percentile) of tiles (N, S, S) along an axis."""
    other = 3 - axis
    even = (
        np.take(tiles, range(1, TILE_PX - 1), axis=other) * 2
        + np.take(tiles, range(TILE_PX - 2), axis=other)
        + np.take(tiles, range(2, TILE_PX), axis=other)
    ) / 4
    return np.asarray(np.percentile(np.abs(np.diff(even, axis=axis)), 99.5, axis=(1, 2)), dtype=np.float64)
