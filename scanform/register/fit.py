"""From markers to a PageMap that has proved itself on the printed boxes, in tiers of growing effort.

T0: homography of the markers, confirmed by about thirty boxes. T1: boxes moved, all of them are measured and carry a
smooth field. T2: whole page, all markers, tiles of the blank page, then boxes. T3: no marker, features of the blank
page. A map that cannot prove itself is not returned: a wrong registration would be a page of wrong answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, PageImage
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.layout import PageLayout
from scanform.register.boxes import DEFAULT_BOXES, BoxOffsets, box_offsets, box_profiles
from scanform.register.field import fit_field
from scanform.register.identify import flat
from scanform.register.markers import Marker
from scanform.register.pose import Pose, fit_pose
from scanform.register.prepare import BoxCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """`moved_mm`: beyond it a box has moved. `moved_boxes`: so many (share) have to, marks and specks move single ones.

    `near_mm`: search when nothing should have moved; `far_mm`: search for moved boxes, half the distance between boxes.
    `found_share`: boxes that have to be found at their place on the whole page, `band_share` in each fifth of it: on
    right maps at least .9 were found, on wrong ones at most .1. `markers_only_mm`: residual without any box to check.
    """

    moved_mm: float = 0.1
    moved_boxes: float = 0.1
    near_mm: float = 0.6
    far_mm: float = 1.5
    found_share: float = 0.6
    band_share: float = 0.34
    bands: int = 5
    least_boxes: int = 6
    settled_mm: float = 0.15
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
    if pose is None:
        return None
    start = _page_map(pose)
    return _confirmed(image, start, check, settings) or _refined_by_boxes(image, start, page, check, settings)


def _page_map(pose: Pose) -> PageMap:
    return PageMap(homography=flat(pose.homography), residual_mm=pose.residual_mm, tier=Tier.T0)


def _confirmed(image: PageImage, start: PageMap, check: BoxCheck, settings: FitSettings) -> PageMap | None:
    """The map as it is, when a sample of the boxes stands where it says."""
    chosen = np.array(check.sample, dtype=int)
    seen = measure(image, start, check, chosen, settings.near_mm)
    if not is_verified(check.rects_mm[chosen], seen.found, settings):
        return None
    off = np.linalg.norm(seen.offsets_mm[seen.found], axis=1)
    if np.mean(off > settings.moved_mm) > settings.moved_boxes:
        return None
    return replace(start, residual_mm=_rms(off))


def _refined_by_boxes(image: PageImage, start: PageMap, page: PageLayout, check: BoxCheck, settings: FitSettings) -> PageMap | None:
    """The map with a field through all boxes, when that puts them where they are."""
    everything = np.arange(len(check.rects_mm))
    seen = measure(image, start, check, everything, settings.far_mm)
    if seen.found.sum() < max(settings.least_boxes, settings.band_share * len(everything)):
        return None
    centres = check.rects_mm[:, :2] + check.rects_mm[:, 2:] / 2
    field = fit_field(centres[seen.found], seen.offsets_mm[seen.found], page.size)
    refined = replace(start, grid=field.grid, tier=Tier.T1, residual_mm=field.residual_mm)
    return _settled(image, refined, check, settings)


def _settled(image: PageImage, refined: PageMap, check: BoxCheck, settings: FitSettings) -> PageMap | None:
    """The refined map with its residual at all boxes, when these prove it."""
    seen = measure(image, refined, check, np.arange(len(check.rects_mm)), settings.near_mm)
    off = np.linalg.norm(seen.offsets_mm[seen.found], axis=1)
    if not is_verified(check.rects_mm, seen.found, settings) or np.percentile(off, 90) > settings.settled_mm:
        return None
    return replace(refined, residual_mm=_rms(off))


def measure(image: PageImage, page_map: PageMap, check: BoxCheck, chosen: NDArray[np.int_], search_mm: float) -> BoxOffsets:
    """How far the chosen boxes stand from where the map puts them, searched within `search_mm`."""
    profiles = box_profiles(image.gray, page_map, check.rects_mm[chosen], reach_mm=DEFAULT_BOXES.half_mm + search_mm)
    return box_offsets(profiles, check.profiles[chosen])


def is_verified(rects_mm: Floats, found: NDArray[np.bool_], settings: FitSettings = DEFAULT_FIT) -> bool:
    """Whether enough boxes (N, 4) were found at their place, on the page as a whole and in each part of its height."""
    if len(found) < settings.least_boxes or found.mean() < settings.found_share:
        return False
    bands = np.array_split(np.argsort(rects_mm[:, 1]), min(settings.bands, len(found) // 3))
    return all(found[band].mean() >= settings.band_share for band in bands)


def _rms(off: Floats) -> float:
    return float(np.sqrt(np.mean(off**2)))
