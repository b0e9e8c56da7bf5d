"""From markers to a homography, without letting a single wrong marker bend the page."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from scanform.imaging.page_image import Floats
from scanform.model.geometry import SizeMm
from scanform.model.layout import Fiducial
from scanform.register.markers import Marker


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseSettings:
    """`outlier_mm`: a marker further off than any bent page showed is not ours. `affine_mm`: a fit this good needs no perspective.

    `hull_share`: markers that span this much of the marker frame may fix a perspective. `spread_mm`: markers in a line
    (a smaller spread across it) fix only position, turn and scale. `max_stretch`: x against y, beyond it no scanner
    works. `max_zoom`: scale at one page corner against another, in photographs.
    """

    outlier_mm: float = 3.0
    affine_mm: float = 0.15
    hull_share: float = 0.6
    spread_mm: float = 20.0
    max_stretch: float = 1.5
    max_zoom: float = 3.0


DEFAULT_POSE = PoseSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """A homography mm -> px (3, 3), the ids of the markers it rests on and what it left over at their corners (rms, mm)."""

    homography: Floats
    used: tuple[int, ...]
    residual_mm: float


def fit_pose(markers: Sequence[Marker], fiducials: Sequence[Fiducial], size: SizeMm, settings: PoseSettings = DEFAULT_POSE) -> Pose | None:
    """The pose of a page from two or more of its markers; None when they are fewer or do not fit together.

    While a marker stands further off than `outlier_mm`, the one is left out whose absence helps most.
    """
    by_id = {fiducial.id: fiducial for fiducial in fiducials}
    own = [marker for marker in markers if marker.id in by_id]
    if len(own) < 2:
        return None
    mm = np.array([[(p.x, p.y) for p in by_id[marker.id].rect.corners] for marker in own])
    px = np.array([marker.corners_px for marker in own])
    frame = np.array([(f.rect.centre.x, f.rect.centre.y) for f in fiducials])
    keep = _without_outliers(mm, px, frame, settings)
    if keep is None:
        return None
    homography = _fit(mm[keep], px[keep], frame, settings)
    if not is_plausible(homography, size, settings):
        return None
    off = _offs_mm(homography, mm[keep], px[keep])
    return Pose(homography=homography, used=tuple(own[index].id for index in keep), residual_mm=float(np.sqrt(np.mean(off**2))))


def is_plausible(homography: Floats, size: SizeMm, settings: PoseSettings = DEFAULT_POSE) -> bool:
    """Whether a homography shows the page from its front, neither squeezed nor seen from an absurd angle."""
    if not np.all(np.isfinite(homography)):
        return False
    corners = np.array([(0, 0), (size.w, 0), (size.w, size.h), (0, size.h)], dtype=np.float64)
    depth = corners @ homography[2, :2] + homography[2, 2]
    if np.any(depth * np.sign(depth[0]) <= 0):
        return False
    jacobians = [jacobian(homography, corner) for corner in [*corners, corners.mean(axis=0)]]
    areas = np.array([np.linalg.det(one) for one in jacobians])
    if np.any(areas <= 0) or np.sqrt(areas.max() / areas.min()) > settings.max_zoom:
        return False
    stretch = np.linalg.svd(jacobians[-1], compute_uv=False)
    return bool(stretch[0] <= settings.max_stretch * stretch[1])


def jacobian(homography: Floats, point_mm: Floats) -> Floats:
    """The derivative (2, 2) of a homography at one point: px per mm along x and y."""
    x, y, w = homography @ np.array([point_mm[0], point_mm[1], 1.0])
    return np.asarray((homography[:2, :2] - np.outer([x / w, y / w], homography[2, :2])) / w)


def fit_similarity(mm: Floats, px: Floats) -> Floats:
    """Least-squares turn, scale and shift (3, 3) from points (N, 2): a complex linear fit."""
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
    """Least-squares homography (3, 3) from four or more points (N, 2); NaN when there is none."""
    homography, _ = cv2.findHomography(mm, px, 0)
    return np.full((3, 3), np.nan) if homography is None else np.asarray(homography, dtype=np.float64)


def _without_outliers(mm: Floats, px: Floats, frame: Floats, settings: PoseSettings) -> list[int] | None:
    """Indices of the markers (N, 4, 2) that fit together, at least two; None when two of two contradict each other."""
    keep = list(range(len(mm)))
    worst = _worst_mm(mm, px, frame, settings)
    while not worst <= settings.outlier_mm:
        if len(keep) <= 2:
            return None
        trials = [[index for index in keep if index != left_out] for left_out in keep]
        offs = [_worst_mm(mm[trial], px[trial], frame, settings) for trial in trials]
        best = int(np.nanargmin(np.nan_to_num(offs, nan=np.inf)))
        keep, worst = trials[best], offs[best]
    return keep


def _worst_mm(mm: Floats, px: Floats, frame: Floats, settings: PoseSettings) -> float:
    """How far (mm) the worst marker's centre lies from where a common fit puts it."""
    homography = _fit(mm, px, frame, settings)
    if not np.all(np.isfinite(homography)) or abs(np.linalg.det(homography)) < 1e-12:
        return float("inf")
    return float(_offs_mm(homography, mm, px).max())


def _offs_mm(homography: Floats, mm: Floats, px: Floats) -> Floats:
    """Distance in mm between markers' corners (N, 4, 2) and where the homography puts them; (N,) root mean square per marker."""
    back = cv2.perspectiveTransform(px.reshape(-1, 1, 2), np.linalg.inv(homography)).reshape(-1, 4, 2)
    return np.asarray(np.sqrt(((back - mm) ** 2).sum(axis=2).mean(axis=1)))


def _fit(mm: Floats, px: Floats, frame: Floats, settings: PoseSettings) -> Floats:
    """The richest model that the markers can carry: similarity, affine or homography."""
    flat_mm, flat_px = mm.reshape(-1, 2), px.reshape(-1, 2)
    centres = mm.mean(axis=1)
    across = np.linalg.svd(centres - centres.mean(axis=0), compute_uv=False)[-1] / np.sqrt(len(centres)) if len(centres) > 2 else 0.0
    if across < settings.spread_mm:
        return fit_similarity(flat_mm, flat_px)
    if _hull(centres) >= settings.hull_share * _hull(frame):
        return fit_homography(flat_mm, flat_px)
    affine = fit_affine(flat_mm, flat_px)
    return affine if float(_offs_mm(affine, mm, px).max()) <= settings.affine_mm else fit_homography(flat_mm, flat_px)


def _hull(points: Floats) -> float:
    return float(cv2.contourArea(cv2.convexHull(points.astype(np.float32))))
