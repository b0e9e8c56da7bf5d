"""Photos taken with a phone: dark ones are lightened before any analysis, and a sheet is found on the table by its
outline.

Neither changes the geometry: every pixel stays in place.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray, PageImage


@dataclass(frozen=True, slots=True, kw_only=True)
class LightSettings:
    """How a dark picture is lightened."""

    dark: float = 150.0
    """Grey level, 0..255; a picture whose paper is darker is lightened. Scanners deliver 215 and more."""
    wanted: float = 225.0
    """Grey level of its paper afterwards."""
    paper: float = 97.0
    """Percentile of the pixels taken as paper: a sheet that covers a thirtieth of the picture is not overexposed."""
    every: int = 37
    """Sampling step for that, along both axes."""
    most: float = 12.0
    """Maximum gain; above it only noise is left."""
    plain: float = 2.0
    """Minimum gain for which grain is smoothed."""
    grain_px: float = 1.0
    """Pixels; sigma of that smoothing in a picture of `grain_long_px`. It loses no stroke: phones have 8 px per mm and
    more.
    """
    grain_long_px: int = 3000
    """Pixels of the longer side of such a picture."""


DEFAULT_LIGHT = LightSettings()


def lightened(image: PageImage, settings: LightSettings = DEFAULT_LIGHT) -> PageImage:
    """The picture itself, or a copy with white paper if it was taken in the dark; bilevel scans stay unchanged."""
    sample = image.gray[:: settings.every, :: settings.every]
    paper = float(np.percentile(sample, settings.paper))
    if (
        paper >= settings.dark
        or paper < settings.wanted / settings.most
        or (int(sample.max()) == 255 and int(np.median(sample)) == 0)
    ):
        return image
    gain = settings.wanted / paper
    gray = image.gray
    if gain > settings.plain and max(gray.shape) >= settings.grain_long_px:
        gray = cv2.GaussianBlur(gray, (0, 0), settings.grain_px).astype(np.uint8, copy=False)
    table = np.clip(np.rint(np.arange(256) * gain), 0, 255).astype(np.uint8)
    return replace(image, gray=np.asarray(cv2.LUT(gray, table), dtype=np.uint8))


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSettings:
    """How the outline of a sheet is found in a photo. Fractions are 0..1."""

    long_px: int = 640
    """Pixels of the longer side of the working copy."""
    print_px: int = 21
    """Pixels; size of the closing that removes print."""
    levels: int = 14
    """Number of thresholds tried between dark and bright."""
    fills: float = 0.9
    """Minimum fraction of its enclosing quadrilateral that a sheet fills."""
    least: float = 0.03
    """Minimum fraction of the picture that it covers."""
    most: float = 0.97
    """Maximum fraction."""
    aspect: tuple[float, float] = (1.05, 2.0)
    """Ratio of the longer to the shorter side, from and to."""
    beside_px: float = 4.0
    """Pixels outside the outline where the table is measured: the light falls off softly there."""
    step: float = 8.0
    """Grey levels by which the paper must be brighter than that."""
    edges: float = 0.8
    """Minimum fraction of the outline along which it must be."""


DEFAULT_SHEET = SheetSettings()


def find_sheet(gray: Gray, settings: SheetSettings = DEFAULT_SHEET) -> Floats | None:
    """The corners (4, 2) in px, clockwise, of the sheet of paper with the clearest outline; None if there is none."""
    factor = max(1.0, max(gray.shape) / settings.long_px)
    small = cv2.resize(gray, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    closed = cv2.morphologyEx(
        cv2.medianBlur(small, 3), cv2.MORPH_CLOSE, np.ones((settings.print_px, settings.print_px), np.uint8)
    ).astype(np.uint8)
    local = closed.astype(np.float32) / np.maximum(cv2.GaussianBlur(closed, (0, 0), settings.long_px / 6), 1)
    pictures = (closed, np.clip(local * 127, 0, 255).astype(np.uint8))
    quads = [
        quad
        for picture in pictures
        for level in _levels(picture, settings)
        for quad in _bright_quads(picture > level, settings)
    ]
    scored = [(_outline_share(closed, quad, settings), quad) for quad in quads]
    best = max(scored, key=lambda item: item[0], default=None)
    return None if best is None or best[0] < settings.edges else (best[1] + 0.5) * factor - 0.5


def _levels(picture: Gray, settings: SheetSettings) -> Floats:
    low, high = (float(value) for value in np.percentile(picture, (2, 98)))
    return np.linspace(low, high, settings.levels + 2)[1:-1]


def _bright_quads(bright: NDArray[np.bool_], settings: SheetSettings) -> list[Floats]:
    """The corners of bright components that are quadrilaterals of the shape of a sheet."""
    contours, _ = cv2.findContours(bright.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        hull = np.asarray(cv2.convexHull(contour), dtype=np.int32)
        if not settings.least * bright.size <= float(cv2.contourArea(hull)) <= settings.most * bright.size:
            continue
        quad = _four_corners(hull)
        if (
            quad is not None
            and float(cv2.contourArea(contour)) >= settings.fills * float(cv2.contourArea(quad.astype(np.float32)))
            and _is_sheet(quad, settings)
        ):
            found.append(quad)
    return found


def _four_corners(hull: NDArray[np.int32]) -> Floats | None:
    """The hull simplified until four corners are left, clockwise."""
    around = cv2.arcLength(hull, True)
    for fraction in (0.01, 0.02, 0.03, 0.045, 0.06):
        corners = cv2.approxPolyDP(hull, fraction * around, True).reshape(-1, 2)
        if len(corners) == 4:
            return np.asarray(
                corners if cv2.contourArea(corners.astype(np.float32), oriented=True) > 0 else corners[::-1],
                dtype=np.float64,
            )
        if len(corners) < 4:
            return None
    return None


def _is_sheet(quad: Floats, settings: SheetSettings) -> bool:
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    one, other = float(sides[[0, 2]].mean()), float(sides[[1, 3]].mean())
    low, high = settings.aspect
    return low <= max(one, other) / max(min(one, other), 1.0) <= high


def _outline_share(picture: Gray, quad: Floats, settings: SheetSettings) -> float:
    """The fraction of the outline that is brighter just inside than just outside; outside the picture counts as no
    outline.
    """
    middle = quad.mean(axis=0)
    along = np.linspace(0.05, 0.95, 40)[:, None, None]
    places = (quad[None] * (1 - along) + np.roll(quad, -1, axis=0)[None] * along).reshape(-1, 2)
    sides = np.roll(quad, -1, axis=0) - quad
    outwards = np.column_stack([sides[:, 1], -sides[:, 0]]) / np.linalg.norm(sides, axis=1)[:, None]
    outwards *= np.sign(((quad + sides / 2 - middle) * outwards).sum(axis=1))[:, None]
    step = np.tile(outwards, (len(along), 1)) * settings.beside_px
    inside, outside = (_grey_at(picture, places + sign * step) for sign in (-1, 1))
    return float(np.mean((inside - outside) > settings.step))


def _grey_at(picture: Gray, points: Floats) -> Floats:
    """Grey values at points (N, 2); outside the picture as bright as paper."""
    at = points.astype(np.float32)[None]
    return np.asarray(
        cv2.remap(
            picture, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(255,)
        )[0],
        dtype=np.float64,
    )
