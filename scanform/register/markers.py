"""Finding the ArUco markers of a page: corner regions first, then the edges, then the whole page.

Markers are `DICT_4X4_250` (Garrido-Jurado et al., Pattern Recognition 47, 2014, doi:10.1016/j.patcog.2014.01.005).
Detection runs on a reduced copy, the corners are then refined on the original pixels.
"""

from cmath import phase
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import degrees
from statistics import median

import cv2
import numpy as np

from scanform.imaging.page_image import Floats, Gray, PageImage

PER_PAGE = 8
"""Marker ids of one page: id = 8 * (page - 1) + position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A marker as seen: `corners_px` are its top left, top right, bottom right and bottom left corner as printed."""

    id: int
    corners_px: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerSearch:
    """How markers are searched. Figures measured on simulated scans of 100-600 dpi.

    `reduced_px_per_mm`: a marker of 8 mm is then 32 px wide, the smallest size read without loss.
    `snug_corner_mm` is enough for a sheet in place (markers end 16 mm from its edge), `corner_mm` holds three corner
    markers or more on all scans tried, `wide_corner_mm` also on photos.
    `enough`: the corners alone fix a homography.
    `correction_rate`: a damaged bit is never repaired (the library's default of 0.6 is said to invite false markers).
    `refine_mm` is half the window in which a corner is refined: inside the marker's border of 1.3 mm and its quiet zone
    of 2 mm.
    `least_mm` and `least_share`: the smallest marker detected in a region and, as perimeter relative to the picture
    width, on a whole page (a QR code is full of smaller squares).
    `through_share`: fraction of the paper's grey; anything lighter is show-through (80 g paper: .85 and lighter), not
    print.
    """

    reduced_px_per_mm: float = 4.0
    fine_px_per_mm: float = 8.0
    snug_corner_mm: float = 28.0
    corner_mm: float = 40.0
    wide_corner_mm: float = 55.0
    edge_mm: float = 80.0
    enough: int = 4
    correction_rate: float = 0.3
    refine_mm: float = 0.5
    refine_max_px: int = 12
    least_mm: float = 4.0
    least_share: float = 0.04
    through_share: float = 0.72
    max_turn_deg: float = 35.0
    max_size_ratio: float = 1.8
    page_long_mm: float = 297.0
    marker_mm: float = 8.0


DEFAULT_SEARCH = MarkerSearch()

_Found = tuple[int, Floats]


def find_markers(image: PageImage, search: MarkerSearch = DEFAULT_SEARCH) -> tuple[Marker, ...]:
    """The markers of a page in any quarter turn, ordered by id; markers that contradict the others are left out.

    A mirrored page has none (see `is_mirrored`). Markers of several pages may come back when the picture shows several.
    """
    found = _detect_windows(image.gray, _corners(image, search.snug_corner_mm, search), search)
    if len(found) < search.enough:
        found = _distinct([*found, *_detect_windows(image.gray, _corners(image, search.corner_mm, search), search)])
    if len(found) < search.enough:
        windows = [*_corners(image, search.wide_corner_mm, search), *_edges(image, search)]
        found = _distinct([*found, *_detect_windows(image.gray, windows, search)])
    if len(found) < search.enough:
        found = _distinct([*found, *_whole_page(image.gray, search)])
    return _markers(image.gray, found, search)


def find_all_markers(image: PageImage, search: MarkerSearch = DEFAULT_SEARCH) -> tuple[Marker, ...]:
    """As `find_markers`, but always the whole page: for bent pages, where each marker counts."""
    return _markers(image.gray, _distinct(_whole_page(image.gray, search)), search)


def with_edges(
    image: PageImage, markers: Sequence[Marker], search: MarkerSearch = DEFAULT_SEARCH
) -> tuple[Marker, ...]:
    """The markers together with those at the middles of the edges: cheaper than the whole page."""
    known = [(marker.id, np.array(marker.corners_px)) for marker in markers]
    found = _detect_windows(image.gray, _edges(image, search), search)
    return _markers(image.gray, _distinct([*known, *found]), search)


def all_sightings(image: PageImage, search: MarkerSearch = DEFAULT_SEARCH) -> tuple[Marker, ...]:
    """Every marker in the picture, including the same id at several positions: for pictures of several sheets, of any
    size. Corners are not refined.
    """
    scale = _px_per_mm(image.gray, search)
    found: list[_Found] = []
    for wanted in (search.fine_px_per_mm, search.reduced_px_per_mm, 2 * search.fine_px_per_mm):
        for identifier, corners in _detect(image.gray, scale, wanted, search.least_share / 2, search):
            side = float(np.linalg.norm(corners[1] - corners[0]))
            if not any(
                other == identifier and np.linalg.norm(known.mean(axis=0) - corners.mean(axis=0)) < side / 2
                for other, known in found
            ):
                found.append((identifier, corners))
    return tuple(
        Marker(id=identifier, corners_px=tuple((float(x), float(y)) for x, y in corners))
        for identifier, corners in found
    )


def is_mirrored(image: PageImage, search: MarkerSearch = DEFAULT_SEARCH) -> bool:
    """Whether the picture shows markers only when flipped: a mirrored copy, not show-through of the front on a blank
    back.
    """
    limit = search.through_share * float(np.median(image.gray[::8, ::8]))
    strong = np.where(image.gray > limit, np.uint8(255), image.gray)[:, ::-1]
    return len(find_markers(PageImage(gray=np.ascontiguousarray(strong), dpi=image.dpi), search)) >= 2


def page_number(markers: Sequence[Marker]) -> int | None:
    """The 1-based page that most markers name; None without markers or if two pages are named equally often."""
    counts = _page_counts(marker.id for marker in markers)
    if not counts or (len(counts) > 1 and counts[0][0] == counts[1][0]):
        return None
    return counts[0][1] + 1


def _page_counts(ids: Iterable[int]) -> list[tuple[int, int]]:
    """(number of markers, 0-based page), most markers first."""
    pages = [identifier // PER_PAGE for identifier in ids]
    return sorted(((pages.count(page), page) for page in set(pages)), key=lambda item: (-item[0], item[1]))


def _px_per_mm(gray: Gray, search: MarkerSearch) -> float:
    return float(max(gray.shape) / search.page_long_mm)


def _corners(image: PageImage, size_mm: float, search: MarkerSearch) -> list[tuple[slice, slice]]:
    side = round(size_mm * _px_per_mm(image.gray, search))
    ends_y = (slice(0, side), slice(max(0, image.height - side), image.height))
    ends_x = (slice(0, side), slice(max(0, image.width - side), image.width))
    return [(y, x) for y in ends_y for x in ends_x]


def _edges(image: PageImage, search: MarkerSearch) -> list[tuple[slice, slice]]:
    """The middles of the four edges."""
    scale = _px_per_mm(image.gray, search)
    deep, long = round(search.wide_corner_mm * scale), round(search.edge_mm * scale)
    middle_y = slice(max(0, (image.height - long) // 2), (image.height + long) // 2)
    middle_x = slice(max(0, (image.width - long) // 2), (image.width + long) // 2)
    return [
        (slice(0, deep), middle_x),
        (slice(max(0, image.height - deep), image.height), middle_x),
        (middle_y, slice(0, deep)),
        (middle_y, slice(max(0, image.width - deep), image.width)),
    ]


def _detect_windows(gray: Gray, windows: Iterable[tuple[slice, slice]], search: MarkerSearch) -> list[_Found]:
    scale = _px_per_mm(gray, search)
    found: list[_Found] = []
    for rows, columns in windows:
        origin = np.array([columns.start, rows.start], dtype=np.float64)
        window = gray[rows, columns]
        least = 4 * search.least_mm * scale / max(1, *window.shape)
        found += [
            (identifier, corners + origin)
            for identifier, corners in _detect(window, scale, search.reduced_px_per_mm, least, search)
        ]
    return _distinct(found)


def _whole_page(gray: Gray, search: MarkerSearch) -> list[_Found]:
    """Searches the whole page on the reduced copy and, if that shows too few, on a finer one."""
    scale = _px_per_mm(gray, search)
    found = _detect(gray, scale, search.reduced_px_per_mm, search.least_share, search)
    if len(found) < search.enough:
        found = [*found, *_detect(gray, scale, search.fine_px_per_mm, search.least_share, search)]
    return found


def _detect(gray: Gray, scale: float, wanted: float, least: float, search: MarkerSearch) -> list[_Found]:
    """Markers in one picture, found on a copy reduced by a whole factor; corners in pixels of `gray`."""
    factor = max(1, round(scale / wanted))
    small = gray[: gray.shape[0] // factor * factor, : gray.shape[1] // factor * factor]
    if min(small.shape) < 3 * PER_PAGE:
        return []
    if factor > 1:
        small = cv2.resize(small, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA).astype(
            np.uint8, copy=False
        )
    corners, ids, _ = _detector(search.correction_rate, round(least, 2)).detectMarkers(small)
    if ids is None:
        return []
    return [
        (int(identifier), (np.asarray(quad, dtype=np.float64).reshape(4, 2) + 0.5) * factor - 0.5)
        for identifier, quad in zip(np.ravel(ids), corners, strict=True)
    ]


@cache
def _detector(correction_rate: float, least: float) -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.adaptiveThreshWinSizeMin = parameters.adaptiveThreshWinSizeMax = 13
    parameters.errorCorrectionRate = correction_rate
    parameters.polygonalApproxAccuracyRate = 0.05
    parameters.minMarkerPerimeterRate = least
    parameters.minDistanceToBorder = 1
    return cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_250), parameters)


def _distinct(found: Sequence[_Found]) -> list[_Found]:
    """One entry per id; an id seen at two places (two forms in one picture) is ambiguous and dropped."""
    kept: list[_Found] = []
    for identifier in sorted({identifier for identifier, _ in found}):
        quads = [corners for other, corners in found if other == identifier]
        side = np.linalg.norm(quads[0][1] - quads[0][0])
        if all(np.linalg.norm(quad.mean(axis=0) - quads[0].mean(axis=0)) < side / 2 for quad in quads):
            kept.append((identifier, quads[0]))
    return kept


def _markers(gray: Gray, found: Sequence[_Found], search: MarkerSearch) -> tuple[Marker, ...]:
    if not found:
        return ()
    agreeing = _agreeing(found, search)
    refined = _refined(gray, np.stack([corners for _, corners in agreeing]), search)
    return tuple(
        Marker(id=identifier, corners_px=tuple((float(x), float(y)) for x, y in corners))
        for (identifier, _), corners in zip(agreeing, refined, strict=True)
    )


def _agreeing(found: Sequence[_Found], search: MarkerSearch) -> list[_Found]:
    """Markers whose rotation and size match the page seen most: those of a false marker rarely do."""
    main = _page_counts(identifier for identifier, _ in found)[0][1]
    tops = [
        complex(*(corners[1] - corners[0])) for _, corners in found
    ]  # plain numbers: for four markers arrays are slower
    group = [top for (identifier, _), top in zip(found, tops, strict=True) if identifier // PER_PAGE == main]
    size = median(abs(top) for top in group)
    return [item for item, top in zip(found, tops, strict=True) if _is_like(top, group, size, search)]


def _is_like(top: complex, group: Sequence[complex], size: float, search: MarkerSearch) -> bool:
    """Whether a marker's upper side has the rotation and length of those of the `group`."""
    turn = median(abs(phase(top * other.conjugate())) for other in group)
    return (
        degrees(turn) <= search.max_turn_deg
        and size / search.max_size_ratio <= abs(top) <= size * search.max_size_ratio
    )


def _refined(gray: Gray, quads: Floats, search: MarkerSearch) -> Floats:
    """Subpixel corners (N, 4, 2) on the original pixels; a corner that diverges keeps its first position."""
    side = float(np.median(np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)))
    half = int(np.clip(round(side / search.marker_mm * search.refine_mm), 2, search.refine_max_px))
    limit = np.array([gray.shape[1] - 1, gray.shape[0] - 1])
    corners = np.clip(quads, 0, limit).reshape(-1, 1, 2).astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.01)
    fine = cv2.cornerSubPix(gray, corners.copy(), (half, half), (-1, -1), criteria)
    ran_away = np.linalg.norm(fine - corners, axis=2) > half
    return np.where(ran_away[..., None], corners, fine).astype(np.float64).reshape(-1, 4, 2)
