"""Views of a page that could not be placed: its image, and its presumed corners. Made in a worker, like every
decoding.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from scanform.imaging import crops
from scanform.imaging.page_image import Floats, PageImage
from scanform.model.layout import PageLayout
from scanform.model.page import PageRef
from scanform.model.problem import Problem
from scanform.register.markerless import blank_features, pose_from_codes, pose_from_features, scan_features
from scanform.register.markers import Marker, find_markers
from scanform.register.photo import find_sheet
from scanform.register.pose import fit_pose
from scanform.register.sheets import cut_out
from scanform.scan.files.limits import Limits, deadline
from scanform.scan.load import LoadedPage, load_page
from scanform.workflow.reading.edition import editions_of
from scanform.workflow.reading.stages import PageJob

LONG_SIDE_PX = 1800
"""Longer side of the image on the screen: 6 px/mm of A4; the magnifier enlarges 4 times."""

THUMB_PX = 320
"""The same in the list."""

Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewJob:
    """What to show: the page of `job`; `turn` in degrees clockwise; its longer side in px. `number` (with `digest`):
    its presumed page number.
    """

    job: PageJob
    turn: int = 0
    long_side_px: int = LONG_SIDE_PX
    digest: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """A page for display: its size in pixels as decoded, its presumed corners (in these pixels, as printed) and their
    source, and its turn. Of an image that shows several sheets one is shown; `left` and `top` say where that part lies,
    and pixels count from there.

    `found` is "markers", "print", "paper" (the outline of the sheet; which of its corners is which is not known) or
    "picture" (nothing was found: the corners of the image). `turn` makes it upright, in degrees clockwise, as far as
    that is known.
    """

    width: int
    height: int
    corners_px: Corners
    found: str
    turn: int
    problems: tuple[Problem, ...] = ()
    left: int = 0
    top: int = 0


def page_view(order: ViewJob) -> PageView:
    """Size, turn and presumed corners of the page; size 0 with problems when it cannot be decoded."""
    with deadline(order.job.limits.page_seconds):
        loaded = _loaded(replace(order.job.ref, path=order.job.file), order.job.limits)
        if loaded.image is None:
            return PageView(width=0, height=0, corners_px=(), found="picture", turn=0, problems=loaded.problems)
        image, (left, top) = _sheet(order, loaded.image)
        guess = _guess(order, image)
        if guess is None:
            corners, found = _outline(image, loaded.turn)
            return PageView(
                width=image.width,
                height=image.height,
                corners_px=corners,
                found=found,
                turn=loaded.turn,
                left=left,
                top=top,
            )
        corners, found = guess
        return PageView(
            width=image.width,
            height=image.height,
            corners_px=corners,
            found=found,
            turn=_turn(corners),
            left=left,
            top=top,
        )


def page_picture(order: ViewJob) -> bytes | None:
    """The page as JPEG, turned by `turn`; None when it cannot be decoded."""
    with deadline(order.job.limits.page_seconds):
        whole = _loaded(replace(order.job.ref, path=order.job.file), order.job.limits).image
        if whole is None:
            return None
        image, _ = _sheet(order, whole)
        factor = min(1.0, order.long_side_px / max(image.width, image.height))
        return crops.encode_jpeg(crops.turned(crops.scaled(image.gray, factor), order.turn))


def _sheet(order: ViewJob, image: PageImage) -> tuple[PageImage, tuple[int, int]]:
    """The part of the image that is shown (one sheet where it shows several), and where its top left pixel lies."""
    return cut_out(image, order.job.region) if order.job.region else (image, (0, 0))


@lru_cache(maxsize=2)
def _loaded(ref: PageRef, limits: Limits) -> LoadedPage:
    """Cached briefly: the view, the image and the rotated image are requested in sequence."""
    return load_page(ref, limits)


def _guess(order: ViewJob, image: PageImage) -> tuple[Corners, str] | None:
    """The presumed corners of the page, from its markers, otherwise from its print."""
    if order.digest is None or order.number is None:
        return None
    editions = editions_of(order.job.editions)
    page, check = editions.layout(order.digest).page(order.number), editions.check(order.digest, order.number)
    markers = find_markers(image)
    by_markers = fit_pose(markers, page.fiducials, page.size)
    if by_markers is not None:
        return _corners(by_markers.homography, page), "markers"
    homography = pose_from_codes(image.gray, page)
    if homography is None:
        pose = pose_from_features(scan_features(image.gray), blank_features(check), page)
        homography = pose.homography if pose is not None else _from_one_marker(markers, page)
    return None if homography is None else (_corners(homography, page), "print")


def _from_one_marker(markers: Sequence[Marker], page: PageLayout) -> Floats | None:
    """A homography mm -> px (3, 3) that maps the one detected marker to its place: rough at the far corners, right
    about the turn.
    """
    by_id = {fiducial.id: fiducial.rect for fiducial in page.fiducials}
    own = [marker for marker in markers if marker.id in by_id]
    if len(own) != 1:
        return None
    mm = np.array([(point.x, point.y) for point in by_id[own[0].id].corners], dtype=np.float32)
    affine, _ = cv2.estimateAffinePartial2D(mm, np.array(own[0].corners_px, dtype=np.float32))
    return None if affine is None else np.vstack([affine, [0.0, 0.0, 1.0]])


def _corners(homography: Floats, page: PageLayout) -> Corners:
    """The corners of the paper in the image."""
    w, h = page.size.w, page.size.h
    mapped = cv2.perspectiveTransform(np.array([[(0, 0), (w, 0), (w, h), (0, h)]], dtype=np.float64), homography)[0]
    return tuple((float(x), float(y)) for x, y in mapped)


def _outline(image: PageImage, turn: int) -> tuple[Corners, str]:
    """The corners of the sheet by its outline, otherwise those of the image, beginning at the one that is top left when
    the image is turned.
    """
    w, h = float(image.width), float(image.height)
    frame = np.array([(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)])
    sheet = find_sheet(image.gray)
    corners = frame if sheet is None else sheet
    nearest = np.linalg.norm(corners - frame[-(turn // 90) % 4], axis=1).argmin()
    ordered = np.roll(corners, -int(nearest), axis=0)
    return tuple((float(x), float(y)) for x, y in ordered), "picture" if sheet is None else "paper"


def _turn(corners: Corners) -> int:
    """The quarter turns, in degrees clockwise, that make a page with these corners upright."""
    (x0, y0), (x1, y1) = corners[0], corners[1]
    return round(-float(np.degrees(np.arctan2(y1 - y0, x1 - x0))) / 90) % 4 * 90
