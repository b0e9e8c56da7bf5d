"""Does the print prove a map without markers? Repeating rows of boxes also fit one row off; the page as a whole does
not.

The whole page, unwarped by the map, is correlated with the blank page over shifts of up to some centimetres: the map
has to beat all of them by a margin. Around each box enough pieces of print (boxes and tiles) have to be in place.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray
from scanform.imaging.page_map import PageMap
from scanform.imaging.sampling import sample_points
from scanform.model.geometry import SizeMm
from scanform.register.boxes import BoxOffsets
from scanform.register.prepare import TILE_PX_PER_MM, BoxCheck
from scanform.register.tiles import TileOffsets
from scanform.register.unwarp import unwarped

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofSettings:
    """How a map is compared with the print of the whole page."""

    px_per_mm: float = 2.0
    """Pixels per mm of the correlation."""
    local_mm: float = 6.5
    """mm; window of the local contrast normalisation."""
    reach_mm: float = 25.0
    """mm; maximum shift tried."""
    same_mm: float = 1.6
    """mm; a smaller shift counts as none."""
    least: float = 0.25
    """Minimum correlation of a page that is there, -1..1 (other pages: up to .2, photographs of dense forms: .35)."""
    lead: float = 1.07
    """Minimum ratio to the best other shift; correct maps had 1.15 and more, maps off by a row or a column .96 and
    less.
    """
    covered: float = 0.25
    """Darkness, 0..1; a box whose inside is darker than on the blank page by this much is marked over and cannot show
    its outline.
    """
    floor: float = 12.0
    """Grey levels added to the local contrast, so that bare paper is not amplified."""


DEFAULT_PROOF = ProofSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageShift:
    """Correlation of the page in place (`here`), the best elsewhere (`other`), its offset (mm, x and y), and the best
    upside down (`turned`).
    """

    here: float
    other: float
    turned: float
    by_mm: tuple[float, float]

    def is_right(self, settings: ProofSettings = DEFAULT_PROOF) -> bool:
        """Whether the page is there, upright, and nowhere else."""
        return self.here >= settings.least and self.here >= settings.lead * max(self.other, self.turned)


def page_shift(
    gray: Gray, page_map: PageMap, check: BoxCheck, size: SizeMm, settings: ProofSettings = DEFAULT_PROOF
) -> PageShift:
    """Compares the page unwarped by the map with the blank page, over all shifts within `reach_mm`."""
    flat = unwarped(gray, page_map, size, px_per_mm=settings.px_per_mm)
    blank = cv2.resize(check.small, (flat.shape[1], flat.shape[0]), interpolation=cv2.INTER_AREA).astype(
        np.uint8, copy=False
    )
    reach, same = round(settings.reach_mm * settings.px_per_mm), round(settings.same_mm * settings.px_per_mm)
    wide, even = np.pad(_even(flat, settings), reach), _even(blank, settings)
    scores = cv2.matchTemplate(wide, even, cv2.TM_CCORR_NORMED)
    turned = float(cv2.matchTemplate(wide, np.ascontiguousarray(even[::-1, ::-1]), cv2.TM_CCORR_NORMED).max())
    middle = np.s_[reach - same : reach + same + 1, reach - same : reach + same + 1]
    here = float(scores[middle].max())
    scores[middle] = -1
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    by = (float(column - reach) / settings.px_per_mm, float(row - reach) / settings.px_per_mm)
    return PageShift(here=here, other=float(scores[row, column]), turned=turned, by_mm=by)


def _even(gray: Gray, settings: ProofSettings) -> NDArray[np.float32]:
    """The picture with its local mean removed and its local contrast normalised."""
    side = int(settings.local_mm * settings.px_per_mm)
    dark = 255 - gray.astype(np.float32)
    mean = cv2.blur(dark, (side, side))
    spread = np.sqrt(np.maximum(cv2.blur(dark * dark, (side, side)) - mean * mean, 0))
    return np.asarray((dark - mean) / (spread + settings.floor), dtype=np.float32)


def covered_boxes(gray: Gray, page_map: PageMap, check: BoxCheck, settings: ProofSettings = DEFAULT_PROOF) -> Bools:
    """Which boxes (N,) are marked over so that their outline cannot be seen."""
    if len(check.rects_mm) == 0:
        return np.zeros(0, dtype=bool)
    scale = TILE_PX_PER_MM
    plain = PageMap(homography=(scale, 0, -0.5, 0, scale, -0.5, 0, 0, 1), residual_mm=0, tier=page_map.tier)
    more = _inside_dark(gray, page_map, check.rects_mm) - _inside_dark(check.small, plain, check.rects_mm)
    return np.asarray(more > settings.covered, dtype=bool)


def _inside_dark(gray: Gray, page_map: PageMap, rects_mm: Floats) -> Floats:
    """Mean darkness (0..1, relative to the paper around) inside boxes (N, 4)."""
    ticks = np.linspace(-0.25, 1.25, 13)
    x = rects_mm[:, 0, None, None] + rects_mm[:, 2, None, None] * ticks[None, None, :]
    y = rects_mm[:, 1, None, None] + rects_mm[:, 3, None, None] * ticks[None, :, None]
    seen = sample_points(gray, page_map, x, y).astype(np.float64)
    paper = np.maximum(np.percentile(seen.reshape(len(seen), -1), 90, axis=1), 40)
    return np.asarray(1 - seen[:, 4:9, 4:9].mean(axis=(1, 2)) / paper)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSettings:
    """What supports a map, and how much support it needs. Fractions are 0..1."""

    place_mm: float = 0.3
    """mm; tolerance within which a box is in place."""
    tile_mm: float = 0.5
    """mm; tolerance within which a tile is in place."""
    misplaced: float = 0.12
    """Maximum fraction of the boxes seen that may be out of place."""
    tiles_off: float = 0.35
    """The same for the tiles seen."""
    fraction: float = 0.5
    """Minimum fraction of all pieces of evidence, and of the tiles, in place."""
    around_share: float = 0.34
    """The same among the pieces nearest to each box."""
    around: int = 10
    """Pieces of evidence counted as nearest to a box."""
    least: int = 5
    """Minimum number of tiles in place."""


DEFAULT_EVIDENCE = EvidenceSettings()


def is_in_place(
    check: BoxCheck,
    boxes: BoxOffsets,
    covered: Bools,
    tiles: TileOffsets,
    settings: EvidenceSettings = DEFAULT_EVIDENCE,
) -> bool:
    """Whether the print is where the map says, on the whole page and around each box; boxes that are marked over do not
    count.
    """
    off = np.linalg.norm(boxes.offsets_mm, axis=1)
    placed = boxes.found & (off <= settings.place_mm)
    tiles_off = np.linalg.norm(tiles.offsets_mm, axis=1)
    tiles_placed = tiles.found & (tiles_off <= settings.tile_mm)
    judged = ~covered | placed
    if tiles_placed.sum() < settings.least or tiles_placed.sum() < (1 - settings.tiles_off) * tiles.found.sum():
        return False
    seen = boxes.found & judged
    if seen.any() and np.mean(off[seen] > settings.place_mm) > settings.misplaced:
        return False
    middles = check.rects_mm[:, :2] + check.rects_mm[:, 2:] / 2
    points, good = np.vstack([middles[judged], tiles.centres_mm]), np.concatenate([placed[judged], tiles_placed])
    if good.mean() < settings.fraction:
        return False
    return _is_everywhere(middles, points, good, settings)


def _is_everywhere(middles: Floats, points: Floats, good: Bools, settings: EvidenceSettings) -> bool:
    """Whether enough of the evidence nearest to each box is good."""
    if len(middles) == 0:
        return True
    apart = np.linalg.norm(middles[:, None] - points[None], axis=2)
    around = np.argsort(apart, axis=1)[:, : settings.around]
    return bool((good[around].mean(axis=1) >= settings.around_share).all())
