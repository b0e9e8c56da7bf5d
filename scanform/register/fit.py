"""From markers to a PageMap that has proved itself on the printed boxes, in tiers of growing effort.

T0: homography of the markers, confirmed by about thirty boxes. T1: boxes moved, all of them are measured and carry a
smooth field. T2: all markers of the whole page, tiles of the blank page, then boxes. T3: no markers, page codes or
features of the blank page, then as T2. A map that cannot prove itself is not returned: a wrong registration would be a
page of wrong answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, PageImage
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import SizeMm
from scanform.model.layout import PageLayout
from scanform.register.boxes import DEFAULT_BOXES, BoxOffsets, box_offsets, box_profiles
from scanform.register.field import fit_field
from scanform.register.identify import flat
from scanform.register.markers import Marker, find_all_markers
from scanform.register.nomarker import pose_from_codes, pose_from_features
from scanform.register.pose import Pose, fit_pose
from scanform.register.prepare import BoxCheck
from scanform.register.tiles import TileOffsets, tile_offsets


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """`near_mm`: search where nothing should have moved; `far_mm`: for moved boxes, half the distance between two.

    A map is confirmed at once when `sure_share` of the sample was found and at most `moved_share` stands more than
    `moved_mm` off. A map is proved when of all boxes `found_share`, and `band_share` in each part of the height, stand
    within `place_mm`, and of those seen at most `misplaced_share` stand elsewhere. It is settled when nine in ten stand
    within `settled_mm`. Pages with fewer than `least_boxes` are proved by tiles, pages without markers by both.
    `markers_only_mm`: residual that is trusted where there is nothing to check.
    """

    near_mm: float = 0.6
    far_mm: float = 1.5
    moved_mm: float = 0.1
    moved_share: float = 0.1
    sure_share: float = 0.85
    place_mm: float = 0.3
    found_share: float = 0.6
    band_share: float = 0.34
    misplaced_share: float = 0.1
    bands: int = 5
    settled_mm: float = 0.12
    least_boxes: int = 6
    least_tiles: int = 5
    tile_place_mm: float = 0.5
    tile_search_mm: tuple[float, ...] = (4.0, 2.0)
    box_rounds: int = 3
    markers_only_mm: float = 0.3


DEFAULT_FIT = FitSettings()


def fit_page(
    image: PageImage, markers: Sequence[Marker], page: PageLayout, check: BoxCheck | None, settings: FitSettings = DEFAULT_FIT
) -> PageMap | None:
    """Where the page lies in the picture, or None when that cannot be said safely.

    `check` holds the landmarks of the blank page; without it only three or more markers that fit well are trusted.
    """
    pose = fit_pose(markers, page.fiducials, page.size)
    if check is None:
        return _page_map(pose) if pose and len(pose.used) >= 3 and pose.residual_mm <= settings.markers_only_mm else None
    if pose is not None:
        start = _page_map(pose)
        found = _confirmed(image, start, check, settings) or _by_boxes(image, start, page, check, settings) or _deep(image, page, check, settings, start)
        if found is not None:
            return found
    return _without_markers(image, page, check, settings)


def _page_map(pose: Pose) -> PageMap:
    return PageMap(homography=flat(pose.homography), residual_mm=pose.residual_mm, tier=Tier.T0)


def _confirmed(image: PageImage, start: PageMap, check: BoxCheck, settings: FitSettings) -> PageMap | None:
    """T0: the map as it is, when a sample of the boxes stands where it says."""
    if len(check.sample) < settings.least_boxes:
        return proved(image, start, check, settings, within_mm=settings.place_mm)
    seen = measure(image, start, check, np.array(check.sample, dtype=int), settings.near_mm)
    off = np.linalg.norm(seen.offsets_mm[seen.found], axis=1)
    if seen.found.mean() < settings.sure_share:
        return proved(image, start, check, settings, within_mm=settings.moved_mm)
    return replace(start, residual_mm=_rms(off)) if np.mean(off > settings.moved_mm) <= settings.moved_share else None


def _by_boxes(image: PageImage, start: PageMap, page: PageLayout, check: BoxCheck, settings: FitSettings) -> PageMap | None:
    """T1: the map with a field through all boxes, when that puts them where they are."""
    if len(check.rects_mm) < settings.least_boxes:
        return None
    refined = _box_rounds(image, replace(start, tier=Tier.T1), page.size, check, settings)
    return proved(image, refined, check, settings, within_mm=settings.settled_mm) if refined else None


def _box_rounds(image: PageImage, page_map: PageMap, size: SizeMm, check: BoxCheck, settings: FitSettings) -> PageMap | None:
    """Boxes measured and the field fitted again until it rests: each round brings more boxes into reach."""
    centres = check.rects_mm[:, :2] + check.rects_mm[:, 2:] / 2
    for _ in range(settings.box_rounds):
        seen = measure(image, page_map, check, np.arange(len(centres)), settings.far_mm)
        if seen.found.sum() < max(settings.least_boxes, settings.band_share * len(centres)):
            return None
        if np.percentile(np.linalg.norm(seen.offsets_mm[seen.found], axis=1), 95) <= settings.moved_mm / 2:
            break
        page_map = _with_offsets(page_map, centres[seen.found], seen.offsets_mm[seen.found], size)
    return page_map


def _deep(image: PageImage, page: PageLayout, check: BoxCheck, settings: FitSettings, start: PageMap) -> PageMap | None:
    """T2: all markers of the whole page, tiles of the blank page, then boxes; accepted when proved."""
    markers = find_all_markers(image)
    pose = fit_pose(markers, page.fiducials, page.size)
    page_map = replace(_page_map(pose) if pose else start, tier=Tier.T2)
    return _by_tiles(image, _bent_to_markers(page_map, markers, page), page, check, settings)


def _by_tiles(image: PageImage, page_map: PageMap, page: PageLayout, check: BoxCheck, settings: FitSettings) -> PageMap | None:
    for search_mm in settings.tile_search_mm:
        tiles = tile_offsets(image.gray, page_map, check.small, search_mm=search_mm)
        if tiles.found.sum() < settings.least_tiles:
            return None
        page_map = _with_offsets(page_map, tiles.centres_mm[tiles.found], tiles.offsets_mm[tiles.found], page.size)
    if len(check.rects_mm) >= settings.least_boxes:
        page_map = _box_rounds(image, page_map, page.size, check, settings) or page_map
    return proved(image, page_map, check, settings, within_mm=settings.place_mm)


def _without_markers(image: PageImage, page: PageLayout, check: BoxCheck, settings: FitSettings) -> PageMap | None:
    """T3: from the page codes, else from features; has to be proved by tiles as well as by boxes."""
    for find in (lambda: pose_from_codes(image.gray, page), lambda: pose_from_features(image.gray, page, check.small)):
        homography = find()
        if homography is None:
            continue
        found = _by_tiles(image, PageMap(homography=flat(homography), residual_mm=0.0, tier=Tier.T3), page, check, settings)
        if found is not None and _tiles_agree(tile_offsets(image.gray, found, check.small, search_mm=settings.far_mm), settings):
            return found
    return None


def _bent_to_markers(page_map: PageMap, markers: Sequence[Marker], page: PageLayout) -> PageMap:
    """The map bent by a quadratic (per axis) through the markers, when there are six or more: brings curled pages within reach."""
    by_id = {fiducial.id: fiducial.rect for fiducial in page.fiducials}
    own = [marker for marker in markers if marker.id in by_id]
    if len(own) < 6:
        return page_map
    mm = np.array([(by_id[marker.id].centre.x, by_id[marker.id].centre.y) for marker in own])
    off = page_map.to_mm(np.array([np.mean(marker.corners_px, axis=0) for marker in own])) - mm
    scale = np.array([page.size.w, page.size.h])
    ticks = [np.linspace(0, 1, 8), np.linspace(0, 1, 11)]
    nodes = np.stack(np.meshgrid(*ticks), axis=-1).reshape(-1, 2)
    solution, *_ = np.linalg.lstsq(_quadratic(mm / scale), off, rcond=1e-3)
    return _with_offsets(page_map, nodes * scale, _quadratic(nodes) @ solution, page.size)


def _quadratic(unit: Floats) -> Floats:
    x, y = unit.T
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def _with_offsets(page_map: PageMap, points_mm: Floats, offsets_mm: Floats, size: SizeMm) -> PageMap:
    """The map with a new field, so that `points_mm` come to lie `offsets_mm` from where the map put them."""
    total = offsets_mm + page_map.offsets_mm(points_mm + offsets_mm)
    field = fit_field(points_mm, total, size)
    return replace(page_map, grid=field.grid, residual_mm=field.residual_mm)


def proved(image: PageImage, page_map: PageMap, check: BoxCheck, settings: FitSettings = DEFAULT_FIT, *, within_mm: float) -> PageMap | None:
    """The map with its residual at the boxes, when these prove it and nine in ten stand `within_mm`; pages without boxes go by tiles."""
    if len(check.rects_mm) < settings.least_boxes:
        tiles = tile_offsets(image.gray, page_map, check.small, search_mm=settings.far_mm)
        off = np.linalg.norm(tiles.offsets_mm[tiles.found], axis=1)
        return replace(page_map, residual_mm=_rms(off)) if _tiles_agree(tiles, settings) else None
    seen = measure(image, page_map, check, np.arange(len(check.rects_mm)), settings.far_mm)
    off = np.linalg.norm(seen.offsets_mm, axis=1)
    placed = seen.found & (off <= settings.place_mm)
    if not is_placed(check.rects_mm, placed, settings) or np.mean(off[seen.found] > settings.place_mm) > settings.misplaced_share:
        return None
    return replace(page_map, residual_mm=_rms(off[placed])) if np.percentile(off[placed], 90) <= within_mm else None


def measure(image: PageImage, page_map: PageMap, check: BoxCheck, chosen: NDArray[np.int_], search_mm: float) -> BoxOffsets:
    """How far the chosen boxes stand from where the map puts them, searched within `search_mm`."""
    profiles = box_profiles(image.gray, page_map, check.rects_mm[chosen], reach_mm=DEFAULT_BOXES.half_mm + search_mm)
    return box_offsets(profiles, check.profiles[chosen])


def is_placed(rects_mm: Floats, placed: NDArray[np.bool_], settings: FitSettings = DEFAULT_FIT) -> bool:
    """Whether enough boxes (N, 4) stand at their place, on the page as a whole and in each part of its height."""
    if placed.mean() < settings.found_share:
        return False
    bands = np.array_split(np.argsort(rects_mm[:, 1]), min(settings.bands, len(placed) // 3))
    return all(placed[band].mean() >= settings.band_share for band in bands)


def _tiles_agree(tiles: TileOffsets, settings: FitSettings) -> bool:
    """Whether enough pieces of the blank page stand at their place."""
    placed = tiles.found & (np.linalg.norm(tiles.offsets_mm, axis=1) <= settings.tile_place_mm)
    return bool(placed.sum() >= settings.least_tiles and placed.mean() >= settings.found_share)


def _rms(off: Floats) -> float:
    return float(np.sqrt(np.mean(off**2)))
