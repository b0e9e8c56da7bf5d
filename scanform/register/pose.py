"""From markers to a homography, robust against a wrong marker."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from scanform.imaging.page_image import Floats
from scanform.model.geometry import RectMm, SizeMm
from scanform.model.layout import Fiducial
from scanform.register.markers import Marker


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseSettings:
    """How markers fix the pose of a page."""

    outlier_mm: float = 3.0
    """mm; a marker further off than on any bent page is not ours."""
    affine_mm: float = 0.15
    """mm; a fit with at most this residual needs no perspective."""
    hull_share: float = 0.6
    """Minimum fraction of the marker frame, 0..1, spanned by markers that may fix a perspective."""
    spread_mm: float = 20.0
    """mm; collinear markers (with a smaller spread across their line) fix only position, rotation and scale."""
    max_stretch: float = 1.5
    """Maximum ratio of the scales in x and y; no scanner exceeds it."""
    max_zoom: float = 3.0
    """Maximum ratio of the scales at two page corners, in photos."""


DEFAULT_POSE = PoseSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """A homography mm -> px (3, 3), the ids of its markers and the residual at their corners (rms, mm)."""

    homography: Floats
    used: tuple[int, ...]
    residual_mm: float


def fit_pose(
    markers: Sequence[Marker], fiducials: Sequence[Fiducial], size: SizeMm, settings: PoseSettings = DEFAULT_POSE
) -> Pose | None:
    """The pose of a page from two or more of its markers; None if there are fewer or they do not fit together.

    While a marker is further off than `outlier_mm`, the one whose removal helps most is left out.
    """
    return _pose(tuple(markers), tuple(fiducials), size, settings)


@lru_cache(maxsize=16)
def _pose(
    markers: tuple[Marker, ...], fiducials: tuple[Fiducial, ...], size: SizeMm, settings: PoseSettings
) -> Pose | None:
    """Cached briefly: identifying and fitting a page ask for the same pose."""
    by_id = {fiducial.id: fiducial.rect for fiducial in fiducials}
    own = [marker for marker in markers if marker.id in by_id]
    if len(own) < 2:
        return None
    mm = np.array([_corners(by_id[marker.id]) for marker in own])
    px = np.array([marker.corners_px for marker in own])
    frame = _hull(np.array([(rect.x, rect.y) for rect in by_id.values()]))
    keep = list(range(len(own)))
    fit = _fit(mm, px, frame, settings)
    while not fit.off_mm.max() <= settings.outlier_mm:
        if len(keep) <= 2:
            return None
        trials = [[index for index in keep if index != left_out] for left_out in keep]
        keep, fit = min(
            ((trial, _fit(mm[trial], px[trial], frame, settings)) for trial in trials),
            key=lambda item: float(item[1].off_mm.max()),
        )
    if not is_plausible(fit.homography, size, settings):
        return None
    return Pose(
        homography=fit.homography,
        used=tuple(own[index].id for index in keep),
        residual_mm=float(np.sqrt(np.mean(fit.off_mm**2))),
    )


def _corners(rect: RectMm) -> list[tuple[float, float]]:
    return [(rect.x, rect.y), (rect.right, rect.y), (rect.right, rect.bottom), (rect.x, rect.bottom)]


def is_plausible(homography: Floats, size: SizeMm, settings: PoseSettings = DEFAULT_POSE) -> bool:
    """Whether a homography shows the page from its front, neither squeezed nor at an extreme angle."""
    if not np.all(np.isfinite(homography)):
        return False
    corners = np.array([(0, 0), (size.w, 0), (size.w, size.h), (0, size.h)], dtype=np.float64)
    depth = corners @ homography[2, :2] + homography[2, 2]
    if np.any(depth * np.sign(depth[0]) <= 0):
        return False
    places = np.vstack([corners, corners.mean(axis=0)])
    jacobians = jacobian(homography, places)
    areas = jacobians[:, 0, 0] * jacobians[:, 1, 1] - jacobians[:, 0, 1] * jacobians[:, 1, 0]
    if np.any(areas <= 0) or np.sqrt(areas.max() / areas.min()) > settings.max_zoom:
        return False
    stretch = np.linalg.svd(jacobians[-1], compute_uv=False)
    return bool(stretch[0] <= settings.max_stretch * stretch[1])


def jacobian(homography: Floats, points_mm: Floats) -> Floats:
    """The derivatives (N, 2, 2) of a homography at points (N, 2): px per mm along x and y."""
    mapped = points_mm @ homography[:, :2].T + homography[:, 2]
    px, w = mapped[:, :2] / mapped[:, 2:], mapped[:, 2, None, None]
    return np.asarray((homography[None, :2, :2] - px[:, :, None] * homography[None, None, 2, :2]) / w)


def fit_similarity(mm: Floats, px: Floats) -> Floats:
    """Least-squares rotation, scale and shift (3, 3) from points (N, 2): a complex linear fit."""
    source, target = mm[:, 0] + 1j * mm[:, 1], px[:, 0] + 1j * px[:, 1]
    middle = source.mean()
    factor = np.vdot(source - middle, target) / np.vdot(source - middle, source - middle)
    shift = target.mean() - factor * middle
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag], [0, 0, 1]])


def fit_affine(mm: Floats, px: Floats) -> Floats:
    """Least-squares affine map (3, 3) from points (N, 2)."""
    solution, *_ = np.linalg.lstsq(np.column_stack([mm, np.ones(len(mm))]), px, rcond=None)
    return np.vstack([solution.T, [0, 0, 1]])


def fit_homography(mm: Floats, px: Floats) -> Floats:
    """Least-squares homography (3, 3) from four or more points (N, 2); NaN if none exists."""
    homography, _ = cv2.findHomography(mm, px, 0)
    return np.full((3, 3), np.nan) if homography is None else np.asarray(homography, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """A homography and the residual (mm) of each marker."""

    homography: Floats
    off_mm: Floats


def _fit(mm: Floats, px: Floats, frame: float, settings: PoseSettings) -> _Fit:
    """The richest model that the markers (N, 4, 2) can support: similarity, affine or homography; `frame` is the area
    of the whole marker frame.
    """
    flat_mm, flat_px = mm.reshape(-1, 2), px.reshape(-1, 2)
    centres = mm.mean(axis=1)
    if _spread(centres) < settings.spread_mm:
        return _judged(fit_similarity(flat_mm, flat_px), mm, px)
    if _hull(centres) >= settings.hull_share * frame:
        return _judged(fit_homography(flat_mm, flat_px), mm, px)
    affine = _judged(fit_affine(flat_mm, flat_px), mm, px)
    return (
        affine
        if float(affine.off_mm.max()) <= settings.affine_mm
        else _judged(fit_homography(flat_mm, flat_px), mm, px)
    )


def _judged(homography: Floats, mm: Floats, px: Floats) -> _Fit:
    """A homography with the rms distance of each marker's corners (N, 4, 2); infinite if the homography is invalid."""
    if not np.all(np.isfinite(homography)) or abs(np.linalg.det(homography)) < 1e-12:
        return _Fit(homography=homography, off_mm=np.full(len(mm), np.inf))
    back = cv2.perspectiveTransform(px.reshape(-1, 1, 2), np.linalg.inv(homography)).reshape(-1, 4, 2)
    return _Fit(homography=homography, off_mm=np.asarray(np.sqrt(((back - mm) ** 2).sum(axis=2).mean(axis=1))))


def _spread(points: Floats) -> float:
    """Standard deviation (mm) of points (N, 2) across their main direction."""
    if len(points) < 3:
        return 0.0
    return float(np.linalg.svd(points - points.mean(axis=0), compute_uv=False)[-1] / np.sqrt(len(points)))


def _hull(points: Floats) -> float:
    return float(cv2.contourArea(cv2.convexHull(points.astype(np.float32))))
