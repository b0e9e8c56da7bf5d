"""Blank paper has to be proven: paper, evenly lit, in a picture that would show a pale pencil, and without any
structure on it.

What is not proven is a doubt with a name, and goes to review. After the slow change of light is removed, the check is
for strokes (a third of a millimetre), soft structure (millimetres) and shapes (a centimetre). Dust, holes, folds,
streaks, shadows of the lid and the edges of the sheet do not count as content; nor does show-through of the front of
one of our own sheets, if it shows its markers mirrored and nothing on the page is darker than they are.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Gray, PageImage
from scanform.register.markers import Marker, find_markers

Singles = NDArray[np.float32]


class Doubt(StrEnum):
    """Why a page is not called blank paper."""

    CONTENT = "content"
    FAINT = "faint-content"
    COARSE = "too-coarse-to-say"
    DARK = "too-dark-to-say"
    NOISY = "too-noisy-to-say"
    UNEVEN = "not-like-paper"
    FLAT = "no-paper-seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofSettings:
    """What proves blank paper. Lengths are for a sheet of 297 mm; contrasts are fractions of the paper's grey, 0..1.

    Chosen on simulated sheets; docs/blank-paper.md has the sets and the measurements.
    """

    px_per_mm: float = 3.0
    """Approximate working resolution, pixels per mm."""
    least_px_per_mm: float = 2.4
    """Pixels per mm; coarser pictures prove nothing."""
    inner_mm: float = 20.0
    """mm; width of the rim of the sheet that may be the scanner's backing."""
    lighter: float = 0.005
    """Fraction of the sheet's grey by which paper in that rim may be lighter than the sheet beside it."""
    dark: float = 150.0
    """Grey level, 0..255; paper is lighter."""
    noisy: float = 0.08
    """Contrast; pixel noise, one sigma, above which a pencil mark would drown."""
    white: float = 250.0
    """Grey level; a picture of a single grey counts as paper only from this level."""
    uneven: float = 0.25
    """Contrast; maximum slow change of light over the whole sheet."""
    lumpy: float = 0.045
    """Contrast; maximum deviation from that slow change."""
    sigmas: float = 5.0
    """Minimum contrast of a stroke, as a multiple of the noise."""
    least: float = 0.008
    """Minimum contrast of a stroke."""
    soft: float = 0.012
    """The same at millimetres."""
    shape: float = 0.018
    """The same at a centimetre."""
    drowned: float = 0.05
    """Contrast; if the noise requires a stroke to be darker than this, the sheet is too noisy to judge."""
    cloudy: float = 0.03
    """The same at millimetres and at a centimetre: the sheet is too uneven to judge."""
    speck_mm: float = 1.5
    """mm; maximum length of a speck of dust."""
    speck_dark: float = 0.05
    """Minimum contrast of a component that is clearly darker than paper."""
    specks: int = 200
    """Maximum number of specks that count as dust; more could be print."""
    long_mm: float = 4.0
    """mm; a component of this length is not dust."""
    total_mm: float = 9.0
    """mm; maximum total length of such components."""
    soft_mm: float = 8.0
    """mm; the same as `long_mm` at millimetres and at a centimetre."""
    rim_mm: float = 3.0
    """mm from the edge; anything within is the shadow of the lid."""
    hole_mm: tuple[float, float] = (3.5, 9.5)
    """mm; width of punch holes, from and to."""
    hole_edge_mm: float = 25.0
    """mm; maximum distance of punch holes from the edge."""
    streak_share: float = 0.2
    """Minimum dark fraction of a column or row that is a streak of the glass."""
    streak_parts: int = 12
    """Parts of the sheet; a streak is dark in all but one of them, unlike a line of text within its margins."""
    line_mm: float = 2.0
    """mm; maximum thickness of a fold or edge of the paper."""
    line_long_mm: float = 40.0
    """mm; minimum length of a fold, edge or streak."""
    line_deg: float = 6.5
    """Degrees; maximum skew of such a line."""
    line_share: float = 0.65
    """Minimum fraction of the sheet that it spans."""
    streak_mm: float = 1.4
    """mm; maximum width of a vertical streak."""
    through: float = 2.6
    """Maximum darkness of show-through, as a multiple of the darkness of the markers showing through."""
    page_long_mm: float = 297.0
    """mm; the longer side of the sheet."""


DEFAULT_PROOF = ProofSettings()

LEAST_INNER = 2.5
"""Least width of a sheet, as a multiple of `inner_mm`: of a narrower strip nothing is left between its two edges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Small:
    """The page at a few pixels per mm: `paper` (H, W) is its low-frequency illumination, `drop` (H, W) how much darker
    it is, as a fraction of that.
    """

    gray: Singles
    paper: Singles
    drop: Singles
    per_mm: float


def doubt_of_blank(image: PageImage, settings: ProofSettings = DEFAULT_PROOF) -> Doubt | None:
    """Why a page is not proven blank paper; None if it is. Takes the original picture, before it is lightened."""
    gray = image.gray
    scale = max(gray.shape) / settings.page_long_mm
    if (unfit := _unfit(gray, scale, settings)) is not None:
        return unfit
    usual = float(np.median(gray[::7, ::7]))
    if usual < settings.dark:
        return Doubt.DARK
    if int(gray.min()) == int(gray.max()):
        return None if usual >= settings.white else Doubt.FLAT
    if _pixel_noise(gray) > settings.noisy * usual:
        return Doubt.NOISY
    small = _small(gray, scale, settings)
    if not _is_even(small, settings):
        return Doubt.UNEVEN
    return _structure(image, small, settings)


def _unfit(gray: Gray, scale: float, settings: ProofSettings) -> Doubt | None:
    """Why a picture of this size and shape proves nothing; None if it may."""
    if scale < settings.least_px_per_mm or min(gray.shape) < settings.least_px_per_mm * 50:
        return Doubt.COARSE
    return Doubt.UNEVEN if min(gray.shape) / scale < settings.inner_mm * LEAST_INNER else None


def is_one_white(image: PageImage, settings: ProofSettings = DEFAULT_PROOF) -> bool:
    """Whether every pixel has the same white: a scanner's bilevel output for blank paper, and a decoder's output for
    lost data.
    """
    return int(image.gray.min()) == int(image.gray.max()) and int(image.gray.max()) >= settings.white


def _pixel_noise(gray: Gray) -> float:
    """One sigma of the pixel-to-pixel noise, grey levels; bilevel pictures have next to none."""
    rows = gray[16::41].astype(np.int16)
    steps = np.abs(rows[:, 2:] - 2 * rows[:, 1:-1] + rows[:, :-2])
    return float(np.median(steps)) / (0.6745 * float(np.sqrt(6)))


def _small(gray: Gray, scale: float, settings: ProofSettings) -> _Small:
    """The page at a few pixels per mm; anything lighter than the sheet (the backing at its edges) counts as sheet."""
    factor = max(1, round(scale / settings.px_per_mm))
    height, width = (length // factor * factor for length in gray.shape)
    small = np.asarray(
        cv2.resize(
            gray[:height, :width].astype(np.float32), None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA
        ),
        dtype=np.float32,
    )
    per_mm = scale / factor
    inner = round(settings.inner_mm * per_mm)
    light = _closed(small, per_mm)
    sheet = cv2.copyMakeBorder(light[inner:-inner, inner:-inner], inner, inner, inner, inner, cv2.BORDER_REPLICATE)
    rim = np.minimum(light, sheet * np.float32(1 + settings.lighter))
    paper = np.asarray(cv2.GaussianBlur(rim, (0, 0), 5 * per_mm), dtype=np.float32)
    drop = np.asarray(1 - small / np.maximum(paper, 1), dtype=np.float32)
    return _Small(gray=small, paper=paper, drop=_without_dust(drop, per_mm, settings), per_mm=per_mm)


def _closed(small: Singles, per_mm: float) -> Singles:
    """The paper without strokes: a median and a closing of 6 mm, in steps of a sixteenth of a grey level."""
    fine = np.rint(cv2.GaussianBlur(small, (0, 0), 0.3 * per_mm) * 16).astype(np.uint16)
    return np.asarray(
        np.asarray(
            cv2.morphologyEx(fine, cv2.MORPH_CLOSE, np.ones((round(6 * per_mm),) * 2, np.uint8)), dtype=np.float32
        )
        / 16,
        dtype=np.float32,
    )


def _without_dust(drop: Singles, per_mm: float, settings: ProofSettings) -> Singles:
    """The darkness without what is clearly darker than paper but not content: isolated specks, unless they are numerous
    enough to be print, and holes, shadows and edges of the sheet.
    """
    dark = cv2.dilate((np.abs(drop) > settings.speck_dark).astype(np.uint8), np.ones((3, 3), np.uint8))
    outlines, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    page = (drop.shape[1] / per_mm, drop.shape[0] / per_mm)
    boxes = [tuple(value / per_mm for value in cv2.boundingRect(outline)) for outline in outlines]
    dust = [number for number, box in enumerate(boxes) if max(box[2:]) - 2 / per_mm <= settings.speck_mm]
    large = [number for number in range(len(boxes)) if max(boxes[number][2:]) - 2 / per_mm > settings.speck_mm]
    gone = [number for number in large if _is_of_the_sheet(outlines[number], boxes[number], page, per_mm, settings)]
    gone += dust if len(dust) <= settings.specks else []
    mask = np.zeros(drop.shape, np.uint8)
    cv2.drawContours(mask, [outlines[number] for number in gone], -1, (1,), cv2.FILLED)
    return np.asarray(np.where(cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0, 0, drop), dtype=np.float32)


def _is_even(small: _Small, settings: ProofSettings) -> bool:
    """Whether the light of the sheet changes slowly and little, except for a rim of 10 mm: a quadratic fits it."""
    rim = round(10 * small.per_mm)
    inner = small.paper[rim:-rim:4, rim:-rim:4]
    usual = float(np.median(inner))
    low, high = np.percentile(inner, (2, 98))
    if high - low > settings.uneven * usual:
        return False
    y, x = (
        axis.ravel() for axis in np.meshgrid(*(np.linspace(-1, 1, length) for length in inner.shape), indexing="ij")
    )
    terms = np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])
    rest = inner.ravel() - terms @ np.linalg.lstsq(terms, inner.ravel().astype(np.float64), rcond=None)[0]
    return bool(np.percentile(np.abs(rest), 98) <= settings.lumpy * usual)


def _structure(image: PageImage, small: _Small, settings: ProofSettings) -> Doubt | None:
    """The doubt raised by connected structure on the page, None if there is none."""
    strokes, limit = _band(small, 0.3, 2.5, settings.least, settings)
    soft, soft_limit = _band(small, 1.0, 4.0, settings.soft, settings)
    shapes, shape_limit = _band(small, 2.5, 12.0, settings.shape, settings)
    if limit > settings.drowned:
        return Doubt.NOISY
    if max(soft_limit, shape_limit) > settings.cloudy:
        return Doubt.UNEVEN
    found = [
        _length_mm(strokes > limit, small.per_mm, settings.long_mm, settings) > settings.total_mm,
        _length_mm(soft > 1, small.per_mm, settings.soft_mm, settings) > settings.total_mm,
        _length_mm(shapes > 1, small.per_mm, settings.soft_mm, settings) > settings.total_mm,
    ]
    if not any(found):
        return None
    dark = through_darkness(image, small, strokes)
    if (
        dark is not None
        and _length_mm(strokes > max(settings.through * dark, limit), small.per_mm, settings.long_mm, settings)
        <= settings.total_mm
    ):
        return None
    return Doubt.FAINT


def _band(
    small: _Small, fine_mm: float, broad_mm: float, least: float, settings: ProofSettings
) -> tuple[Singles, float]:
    """Darkness at the scale `fine_mm` relative to the scale `broad_mm`, and the limit of ink: for strokes in darkness,
    for the other bands in units of itself.
    """
    dark = cv2.GaussianBlur(small.drop, (0, 0), fine_mm * small.per_mm) - cv2.GaussianBlur(
        small.drop, (0, 0), broad_mm * small.per_mm
    )
    sample = dark[::3, ::3]
    noise = 1.4826 * float(np.median(np.abs(sample - np.median(sample))))
    limit = max(settings.sigmas * noise, least)
    return (
        (np.asarray(dark, dtype=np.float32), limit)
        if fine_mm < 1
        else (np.asarray(dark / limit, dtype=np.float32), limit)
    )


def _length_mm(mask: NDArray[np.bool_], per_mm: float, least_mm: float, settings: ProofSettings) -> float:
    """Total length of all components that are content: longer than dust, and neither hole, shadow, streak, fold nor the
    edge of the sheet.
    """
    joined = cv2.morphologyEx(
        _without_streaks(mask, settings).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)
    )
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    height, width = (length / per_mm for length in mask.shape)
    total = 0.0
    for outline in outlines:
        x, y, w, h = (value / per_mm for value in cv2.boundingRect(outline))
        if hypot(w, h) >= least_mm and not _is_of_the_sheet(outline, (x, y, w, h), (width, height), per_mm, settings):
            total += hypot(w, h)
    return total


def _without_streaks(mask: NDArray[np.bool_], settings: ProofSettings) -> NDArray[np.bool_]:
    """The mask without the columns and rows that are dark for much of their length: streaks of the glass, also broken
    ones.
    """
    kept = mask.copy()
    for axis in (0, 1):
        parts = np.array([part.any(axis=axis) for part in np.array_split(mask, settings.streak_parts, axis=axis)])
        lines = (
            (mask.mean(axis=axis) > settings.streak_share) & (parts.sum(axis=0) >= settings.streak_parts - 1)
        ).astype(np.uint8)
        wide = cv2.dilate(lines.reshape(-1, 1), np.ones((5, 1), np.uint8)).ravel().astype(bool)
        if axis == 0:
            kept[:, wide] = False
        else:
            kept[wide] = False
    return kept


def _is_of_the_sheet(
    outline: "cv2.typing.MatLike",
    box: tuple[float, ...],
    page: tuple[float, float],
    per_mm: float,
    settings: ProofSettings,
) -> bool:
    """Whether a component is a hole, a shadow at the rim, a cut corner, a streak, a fold or the edge of the paper, by
    its box in mm.
    """
    x, y, w, h = box
    gaps = (x, page[0] - x - w, y, page[1] - y - h)
    depth = (x + w, page[0] - x, y + h, page[1] - y)
    if min(depth) <= settings.rim_mm or (min(gaps) < 1 and max(w, h) >= settings.line_long_mm and min(w, h) <= 15):
        return True
    if min(gaps[:2]) < 2 and min(gaps[2:]) < 2 and max(w, h) < 16:
        return True
    low, high = settings.hole_mm
    area = cv2.contourArea(outline) / per_mm**2
    if (
        low <= min(w, h)
        and max(w, h) <= high
        and max(w, h) < 1.4 * min(w, h)
        and min(gaps) < settings.hole_edge_mm
        and 0.6 * w * h < area < 0.88 * w * h
    ):
        return True
    long, thin = max(w, h), min(w, h)
    if long < settings.line_long_mm:
        return False
    (_, (a, b), _) = cv2.minAreaRect(outline)
    slope = float(np.degrees(np.arctan2(thin, long)))
    upright = h > w
    across = long >= settings.line_share * page[1 if upright else 0] or (upright and thin <= settings.streak_mm)
    return across and min(a, b) / per_mm <= settings.line_mm and slope <= settings.line_deg


def through_darkness(image: PageImage, small: _Small, strokes: Singles) -> float | None:
    """The darkness of the markers of our own forms where the front shows through; None if the contrast-stretched
    picture does not show them mirrored.
    """
    right, wrong, markers = 0, 0, list[Marker]()
    for soft_mm, quantile in ((0.15, 99.0), (0.15, 99.8), (0.4, 99.5)):
        soft = cv2.GaussianBlur(small.drop, (0, 0), soft_mm * small.per_mm)
        top = max(float(np.percentile(soft, quantile)), 1e-3)
        stretched = np.rint(255 * (1 - np.clip(soft / top, 0, 1))).astype(np.uint8)
        grown = cv2.resize(stretched, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
        right += len(find_markers(PageImage(gray=np.ascontiguousarray(grown))))
        found = find_markers(PageImage(gray=np.ascontiguousarray(grown[:, ::-1])))
        wrong += len(found)
        markers += found
        if wrong >= 4 and wrong > 2 * right:
            break
    if wrong < 2 or wrong <= 2 * right:
        return None
    levels = []
    for marker in markers:
        corners = np.asarray(marker.corners_px) / 2
        (left, up), (right, down) = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int)
        here = strokes[:, ::-1][max(up, 0) : down, max(left, 0) : right]
        levels.append(float(np.percentile(here, 95)) if here.size else 0.0)
    return float(np.median(levels))
