"""From markers to a PageMap verified on the printed boxes, in tiers of growing effort.

T0: homography of the markers, confirmed by about thirty boxes. T1: boxes moved; all of them are measured and carry a
smooth field. T2: all markers of the whole page, tiles of the blank page, then boxes. T3: no markers; page codes or
features of the blank page, then as T2. T4: corners marked by a person, then as T2. A map that cannot be verified is not
returned: a wrong registration would be a page of wrong answers.
"""

from collections.abc import Iterator, Sequence
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
from scanform.register.markerless import Detector, blank_features, pose_from_codes, pose_from_features, scan_features
from scanform.register.markers import Marker, find_all_markers, with_edges
from scanform.register.pose import Pose, fit_homography, fit_pose, is_plausible
from scanform.register.prepare import BoxCheck
from scanform.register.tiles import TileOffsets, tile_offsets
from scanform.register.verify_registration import covered_boxes, is_in_place, page_shift


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """How a page is registered, and what proves the map. Fractions are 0..1."""

    near_mm: float = 0.6
    """mm; search radius for boxes where nothing should have moved."""
    far_mm: float = 1.5
    """mm; search radius for moved boxes: half the distance between two."""
    sure_markers: int = 3
    """Markers; pages with fewer (and all of T2 and T3) are verified by boxes and by tiles."""
    moved_mm: float = 0.1
    """mm; a box displaced by more has moved."""
    moved_share: float = 0.1
    """Maximum fraction of the sample that may have moved for a map to be confirmed at once."""
    far_off_mm: float = 0.25
    """mm; at most one box of the sample may be displaced by more (marks shift the measurement, but not that far)."""
    sure_share: float = 0.85
    """Minimum fraction of the sample that has to be found for that."""
    place_mm: float = 0.3
    """mm; tolerance within which a box is in place."""
    found_share: float = 0.6
    """Minimum fraction of all boxes in place for a map to be proved."""
    band_share: float = 0.34
    """The same in each part of the height, and among each box and its neighbours."""
    misplaced_share: float = 0.1
    """Maximum fraction of the boxes seen that may be out of place."""
    bands: int = 5
    """Parts of the height."""
    around: int = 8
    """Neighbours of a box."""
    settled_mm: float = 0.12
    """mm; a map has converged when nine in ten boxes are within this distance."""
    least_boxes: int = 6
    """Boxes; pages with fewer are verified by tiles."""
    least_tiles: int = 5
    """Minimum number of tiles found."""
    tile_place_mm: float = 0.5
    """mm; tolerance within which a tile is in place."""
    tile_search_mm: tuple[float, ...] = (4.0, 2.0)
    """mm; search radius for tiles, round by round."""
    corner_search_mm: float = 8.0
    """mm; the same in the first round if a person marked the corners: how far these may be off."""
    gap_search_mm: float = 1.0
    """mm by which a field through boxes may err between them."""
    bend_mm: float = 2.5
    """mm; above this, boxes alone do not carry a field and tiles are needed (curled photos)."""
    box_rounds: int = 3
    """Rounds of searching for boxes."""
    markers_only_mm: float = 0.3
    """mm; residual that is trusted if there is nothing to check."""


DEFAULT_FIT = FitSettings()


def fit_page(
    image: PageImage,
    markers: Sequence[Marker],
    page: PageLayout,
    check: BoxCheck | None,
    settings: FitSettings = DEFAULT_FIT,
) -> PageMap | None:
    """Where the page lies in the picture, or None if that cannot be established safely.

    `check` holds the landmarks of the blank page; without it only three or more markers that fit well are trusted.
    """
    pose = fit_pose(markers, page.fiducials, page.size) if page.fiducials else None
    if check is None:
        return (
            _page_map(pose) if pose and len(pose.used) >= 3 and pose.residual_mm <= settings.markers_only_mm else None
        )
    task = _Task(image=image, page=page, check=check, settings=settings)
    if not page.fiducials:
        return _without_markers(task)
    found = _confirmed(task, _page_map(pose)) if pose and _is_sure(pose, settings) else None
    return found or _by_boxes(task, markers) or _deep(task) or _without_markers(task)


def fit_from_corners(
    image: PageImage,
    corners_px: Sequence[tuple[float, float]],
    page: PageLayout,
    check: BoxCheck,
    settings: FitSettings = DEFAULT_FIT,
) -> PageMap | None:
    """T4: where the page lies after a person has marked its four corners, or None if the print does not prove it.

    `corners_px` are the top left, top right, bottom right and bottom left corner of the page as printed.
    """
    w, h = page.size.w, page.size.h
    start = fit_homography(
        np.array([(0, 0), (w, 0), (w, h), (0, h)], dtype=np.float64), np.array(corners_px, dtype=np.float64)
    )
    if not is_plausible(start, page.size):
        return None
    task = _Task(
        image=image,
        page=page,
        check=check,
        settings=replace(settings, tile_search_mm=(settings.corner_search_mm, *settings.tile_search_mm)),
    )
    return _by_print(task, PageMap(homography=flat(start), residual_mm=0.0, tier=Tier.T4))


def fit_from_homography(
    image: PageImage, homography: Floats, page: PageLayout, check: BoxCheck, settings: FitSettings = DEFAULT_FIT
) -> PageMap | None:
    """T3: the map refined from a rough homography mm -> px (3, 3), or None if the print does not prove it."""
    task = _Task(image=image, page=page, check=check, settings=settings)
    return _by_print(task, PageMap(homography=flat(homography), residual_mm=0.0, tier=Tier.T3))


def _is_sure(pose: Pose, settings: FitSettings) -> bool:
    """Whether the markers alone rule out a shift by a whole row of boxes; otherwise tiles have to."""
    return len(pose.used) >= settings.sure_markers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """The common input of all tiers."""

    image: PageImage
    page: PageLayout
    check: BoxCheck
    settings: FitSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """A pose with the centres of its markers, on paper and in the picture (N, 2)."""

    pose: Pose
    mm: Floats
    px: Floats


def _page_map(pose: Pose) -> PageMap:
    return PageMap(homography=flat(pose.homography), residual_mm=pose.residual_mm, tier=Tier.T0)


def _confirmed(task: _Task, start: PageMap) -> PageMap | None:
    """T0: the map as it is, if a sample of the boxes is in place."""
    if len(task.check.sample) < task.settings.least_boxes:
        return _proved(task, start, within_mm=task.settings.place_mm)
    seen = _measured(task, start, np.array(task.check.sample, dtype=int), task.settings.near_mm)
    off = np.linalg.norm(seen.offsets_mm[seen.found], axis=1)
    if seen.found.mean() < task.settings.sure_share:
        return _proved(task, start, within_mm=task.settings.moved_mm)
    rests = (
        np.mean(off > task.settings.moved_mm) <= task.settings.moved_share
        and np.sum(off > task.settings.far_off_mm) <= 1
    )
    return replace(start, residual_mm=_rms(off)) if rests else None


def _by_boxes(task: _Task, markers: Sequence[Marker]) -> PageMap | None:
    """T1: the map with a field through all boxes and markers, if that puts them in place."""
    if len(task.check.rects_mm) < task.settings.least_boxes:
        return None
    sight = _sight(with_edges(task.image, markers), task.page)
    if sight is None or not _is_sure(sight.pose, task.settings):
        return None
    refined = _box_rounds(task, replace(_page_map(sight.pose), tier=Tier.T1), _Fixed(mm=sight.mm, px=sight.px))
    if refined is None or _bend_mm(refined) > task.settings.bend_mm:
        return None
    return _proved(task, _gaps_filled(task, refined), within_mm=task.settings.settled_mm)


def _bend_mm(page_map: PageMap) -> float:
    """The greatest offset of the map's field."""
    return 0.0 if page_map.grid is None else float(np.hypot(page_map.grid.dx_mm, page_map.grid.dy_mm).max())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fixed:
    """Points with a known position in the picture: mm and px, both (N, 2)."""

    mm: Floats
    px: Floats

    def and_also(self, mm: Floats, px: Floats) -> "_Fixed":
        return _Fixed(mm=np.vstack([self.mm, mm]), px=np.vstack([self.px, px]))


def _sight(markers: Sequence[Marker], page: PageLayout) -> _Sight | None:
    pose = fit_pose(markers, page.fiducials, page.size)
    if pose is None:
        return None
    centres = {fiducial.id: fiducial.rect.centre for fiducial in page.fiducials}
    used = [marker for marker in markers if marker.id in pose.used]
    mm = np.array([(centres[marker.id].x, centres[marker.id].y) for marker in used])
    return _Sight(pose=pose, mm=mm, px=np.array([np.mean(marker.corners_px, axis=0) for marker in used]))


def _box_rounds(task: _Task, page_map: PageMap, fixed: _Fixed, far_mm: float | None = None) -> PageMap | None:
    """Measures boxes and refits the field until it converges: each round brings more boxes into reach."""
    centres = _centres(task.check)
    far_mm = far_mm or task.settings.far_mm
    search_mm = far_mm
    for _ in range(task.settings.box_rounds):
        seen = _measured(task, page_map, np.arange(len(centres)), search_mm)
        if seen.found.sum() < max(task.settings.least_boxes, task.settings.band_share * len(centres)):
            return None
        if np.percentile(np.linalg.norm(seen.offsets_mm[seen.found], axis=1), 95) <= task.settings.moved_mm / 2:
            break
        search_mm = task.settings.near_mm if seen.found.mean() >= task.settings.sure_share else far_mm
        page_map = _bent(
            page_map,
            fixed.and_also(centres[seen.found], page_map.to_px(centres[seen.found] + seen.offsets_mm[seen.found])),
            task.page.size,
        )
    return page_map


def _gaps_filled(task: _Task, page_map: PageMap) -> PageMap:
    """The map with tiles measured where there are no boxes, so that writing areas are aligned too; elsewhere the boxes
    hold it.
    """
    gaps = task.check.tiles_mm[task.check.gaps]
    if page_map.grid is None or len(gaps) == 0:
        return page_map
    tiles = tile_offsets(task.image.gray, page_map, task.check.small, gaps, search_mm=task.settings.gap_search_mm)
    off = np.linalg.norm(tiles.offsets_mm, axis=1)
    if not np.any(tiles.found & (off > task.settings.moved_mm)):
        return page_map
    centres = _centres(task.check)
    seen = _measured(task, page_map, np.arange(len(centres)), task.settings.near_mm)
    points = np.vstack([centres[seen.found], gaps[tiles.found]])
    offsets = np.vstack([seen.offsets_mm[seen.found], tiles.offsets_mm[tiles.found]])
    return _bent(page_map, _Fixed(mm=points, px=page_map.to_px(points + offsets)), task.page.size)


def _deep(task: _Task) -> PageMap | None:
    """T2: all markers of the whole page, tiles of the blank page, then boxes; accepted if proved."""
    sight = _sight(find_all_markers(task.image), task.page)
    if sight is None:
        return None
    return _agreed(
        task, _by_tiles(task, _bent_to_markers(replace(_page_map(sight.pose), tier=Tier.T2), sight, task.page.size))
    )


def _by_tiles(task: _Task, page_map: PageMap) -> PageMap | None:
    """The map bent to the tiles, coarse then fine, and to the boxes; accepted if proved."""
    bent = _bent_to_print(task, page_map, task.settings.far_mm)
    return _proved(task, bent, within_mm=task.settings.place_mm) if bent else None


def _bent_to_print(task: _Task, page_map: PageMap, reach_mm: float) -> PageMap | None:
    """The map bent to the tiles, coarse then fine, and to the boxes, which are searched within `reach_mm`."""
    centres, fixed = task.check.tiles_mm, None
    for search_mm in task.settings.tile_search_mm:
        tiles = tile_offsets(task.image.gray, page_map, task.check.small, centres, search_mm=search_mm)
        if tiles.found.sum() < task.settings.least_tiles:
            return None
        fixed = _Fixed(mm=centres[tiles.found], px=page_map.to_px(centres[tiles.found] + tiles.offsets_mm[tiles.found]))
        page_map = _bent(page_map, fixed, task.page.size)
    if fixed is not None and len(task.check.rects_mm) >= task.settings.least_boxes:
        page_map = _box_rounds(task, page_map, fixed, reach_mm) or page_map
    return page_map


def _by_print(task: _Task, start: PageMap) -> PageMap | None:
    """T3 and T4: from a rough map to one that the print proves; row or column shifts are corrected first."""
    if not is_plausible(np.reshape(start.homography, (3, 3)), task.page.size):
        return None
    shift = page_shift(task.image.gray, start, task.check, task.page.size)
    if shift.other > shift.here:
        start = _moved(start, shift.by_mm)
    reach_mm = _reach_mm(task)
    bent = _bent_to_print(task, start, reach_mm)
    if bent is None or not page_shift(task.image.gray, bent, task.check, task.page.size).is_right():
        return None
    seen = _measured(task, bent, np.arange(len(task.check.rects_mm)), reach_mm)
    tiles = _all_tiles(task, bent)
    if not is_in_place(task.check, seen, covered_boxes(task.image.gray, bent, task.check), tiles):
        return None
    off = np.linalg.norm(seen.offsets_mm[seen.found] if seen.found.any() else tiles.offsets_mm[tiles.found], axis=1)
    return replace(bent, residual_mm=_rms(off[off <= task.settings.tile_place_mm]))


def _moved(page_map: PageMap, by_mm: tuple[float, float]) -> PageMap:
    """The map with every point of the paper displaced by `by_mm`."""
    step = np.array([[1, 0, by_mm[0]], [0, 1, by_mm[1]], [0, 0, 1]])
    return replace(page_map, homography=flat(np.reshape(page_map.homography, (3, 3)) @ step))


def _reach_mm(task: _Task) -> float:
    """Maximum search radius for a box that cannot meet the outline of its neighbour."""
    rects = task.check.rects_mm
    if len(rects) < 2:
        return task.settings.far_mm
    middles = rects[:, :2] + rects[:, 2:] / 2
    gaps = np.abs(middles[:, None] - middles[None]) - (rects[:, None, 2:] + rects[None, :, 2:]) / 2
    apart = gaps.max(axis=2)
    np.fill_diagonal(apart, np.inf)
    gap = max(0.0, float(np.percentile(apart.min(axis=1), 10)))
    return float(np.clip(0.3 + gap / 2, task.settings.near_mm, task.settings.far_mm))


def _without_markers(task: _Task) -> PageMap | None:
    """T3: from the page codes, else from features."""
    for homography in _starts(task):
        found = _by_print(task, PageMap(homography=flat(homography), residual_mm=0.0, tier=Tier.T3))
        if found is not None:
            return found
    return None


def _agreed(task: _Task, page_map: PageMap | None) -> PageMap | None:
    """The map if tiles of print agree too: boxes repeat, print does not."""
    return page_map if page_map and _tiles_agree(_all_tiles(task, page_map), task.settings) else None


def _starts(task: _Task) -> Iterator[Floats]:
    by_codes = pose_from_codes(task.image.gray, task.page) if task.page.codes else None
    if by_codes is not None:
        yield by_codes
    for detector in Detector:
        by_features = pose_from_features(
            scan_features(task.image.gray, detector), blank_features(task.check, detector), task.page
        )
        if by_features is not None:
            yield by_features.homography


def _bent_to_markers(page_map: PageMap, sight: _Sight, size: SizeMm) -> PageMap:
    """The map bent by a quadratic (per axis) through six or more markers: brings curled pages within reach."""
    if len(sight.mm) < 6:
        return page_map
    scale = np.array([size.w, size.h])
    nodes = np.stack(np.meshgrid(np.linspace(0, 1, 8), np.linspace(0, 1, 11)), axis=-1).reshape(-1, 2)
    solution, *_ = np.linalg.lstsq(_quadratic(sight.mm / scale), page_map.to_mm(sight.px) - sight.mm, rcond=1e-3)
    return _bent(
        page_map, _Fixed(mm=nodes * scale, px=page_map.to_px(nodes * scale + _quadratic(nodes) @ solution)), size
    )


def _quadratic(unit: Floats) -> Floats:
    x, y = unit.T
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def _bent(page_map: PageMap, fixed: _Fixed, size: SizeMm) -> PageMap:
    """The map with a field that carries the fixed points to their pixels."""
    flat_map = replace(page_map, grid=None)
    field = fit_field(fixed.mm, flat_map.to_mm(fixed.px) - fixed.mm, size)
    return replace(page_map, grid=field.grid, residual_mm=field.residual_mm)


def _centres(check: BoxCheck) -> Floats:
    return check.rects_mm[:, :2] + check.rects_mm[:, 2:] / 2


def _all_tiles(task: _Task, page_map: PageMap) -> TileOffsets:
    return tile_offsets(
        task.image.gray, page_map, task.check.small, task.check.tiles_mm, search_mm=task.settings.far_mm
    )


def _proved(task: _Task, page_map: PageMap, *, within_mm: float) -> PageMap | None:
    """The map with its residual at the boxes, if they prove it and nine in ten are `within_mm`; pages without boxes are
    verified by tiles.
    """
    if len(task.check.rects_mm) < task.settings.least_boxes:
        tiles = _all_tiles(task, page_map)
        off = np.linalg.norm(tiles.offsets_mm[tiles.found], axis=1)
        return replace(page_map, residual_mm=_rms(off)) if _tiles_agree(tiles, task.settings) else None
    seen = _measured(task, page_map, np.arange(len(task.check.rects_mm)), task.settings.far_mm)
    off = np.linalg.norm(seen.offsets_mm, axis=1)
    placed = seen.found & (off <= task.settings.place_mm)
    if (
        not is_placed(task.check.rects_mm, placed, task.settings)
        or np.mean(off[seen.found] > task.settings.place_mm) > task.settings.misplaced_share
    ):
        return None
    return replace(page_map, residual_mm=_rms(off[placed])) if np.percentile(off[placed], 90) <= within_mm else None


def _measured(task: _Task, page_map: PageMap, chosen: NDArray[np.int_], search_mm: float) -> BoxOffsets:
    """Offsets of the chosen boxes from their mapped positions, searched within `search_mm`."""
    profiles = box_profiles(
        task.image.gray, page_map, task.check.rects_mm[chosen], reach_mm=DEFAULT_BOXES.half_mm + search_mm
    )
    return box_offsets(profiles, task.check.profiles[chosen])


def is_placed(rects_mm: Floats, placed: NDArray[np.bool_], settings: FitSettings = DEFAULT_FIT) -> bool:
    """Whether enough boxes (N, 4) are in place: on the whole page, in each part of its height and around each box."""
    if placed.mean() < settings.found_share:
        return False
    bands = np.array_split(np.argsort(rects_mm[:, 1]), min(settings.bands, len(placed) // 3))
    if any(placed[band].mean() < settings.band_share for band in bands):
        return False
    middles = rects_mm[:, :2] + rects_mm[:, 2:] / 2
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=2)
    around = np.argsort(apart, axis=1)[:, : settings.around]
    return bool((placed[around].mean(axis=1) >= settings.band_share).all())


def _tiles_agree(tiles: TileOffsets, settings: FitSettings) -> bool:
    """Whether enough pieces of the blank page are in place."""
    placed = tiles.found & (np.linalg.norm(tiles.offsets_mm, axis=1) <= settings.tile_place_mm)
    return bool(placed.sum() >= settings.least_tiles and placed.mean() >= settings.found_share)


def _rms(off: Floats) -> float:
    return float(np.sqrt(np.mean(off**2)))
