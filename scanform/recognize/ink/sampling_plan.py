"""What is known of a page before it is scanned: where to sample, and what print to expect there.

Check boxes become a stack of square windows, all other zones one canvas of 5 mm tiles on which the zones are arranged
in shelves. Print is stored as expected darkness, 0 = paper, 1 = black.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import BlankPage, Floats, Gray, Singles
from scanform.imaging.page_map import PageMap, Tier
from scanform.imaging.sampling import sample_rect, source
from scanform.model.geometry import PointMm, RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Filled
from scanform.recognize.ink.label_margin import Strips, prepare_strips
from scanform.recognize.ink.sampling import FAR_OUTSIDE, resample, tile_maps

Mask = NDArray[np.bool_]

PX_PER_MM = 6.0
"""Sampling of check boxes: a box line of 0.35 mm is two samples wide."""

MARGIN_MM = 2.0
"""Sampled margin of paper around a box: strokes from outside show there; boxes are at least 3 mm apart."""

AREA_PX_PER_MM = 5.0
TILE_MM = 5.0
TILE_PX = 25
AREA_MARGIN_MM = 1.0
"""Sampled margin of paper around a writing zone: g and y hang below the line."""

MARK_TOLERANCE_MM = 0.2
READ_PX_PER_MM = 10.0
"""Resolution of the images for the readers of writing: handwriting of 3 mm is 30 px high."""

AREA_TOLERANCE_MM = 0.35
"""Tolerance for displaced print: boxes are aligned one by one, writing zones only by the registration (0.26 mm at
worst).
"""

GREY_GAIN = 1.5
TINT = 0.2
"""Tints print darker than drawn: up to `TINT` by the exponent `GREY_GAIN` on the remaining paper (20 % may come out as
28 %); a grey line of at least twice `TINT` may come out black. A tinted background must not hide pencil, a grey outline
must not look like ink.
"""

BAND_MM = 0.6
"""Paper on both sides of an outline used to locate it; registration errs by less."""

LEVEL_SLOPE = 0.01
"""Darkness per sample; expected print with a smaller slope does not locate it."""

DARK_LINE, DARK_OF_LINE, LEAST_LINE = 0.6, 0.7, 0.12
"""Minimum darkness of an outline for measuring its toner; if no sample is so dark (bubbles in pale grey, pictures of
low contrast), this fraction of its darkest sample. Anything paler than `LEAST_LINE` is not an outline.
"""

BARE = 0.06
"""Expected darkness, at worst as printed, below which a sample counts as bare paper."""

CORE_MM, CORE_OF_BOX = 1.0, 0.2
"""Inset of a box's core from its outer edge, or this fraction of its shorter side where that is less."""

EDGE_MM = -0.3
"""mm inside the outer edge (negative: outside); samples further out are beside the box."""

PIECES = 12
"""Pieces into which an outline is divided: whatever hides part of a box hides some of them wholly."""

LEAST_PIECE = 4.0
"""Minimum darkness on the blank page, summed over samples (0.1 mm2 of black), for a piece of a dark outline to be
checked.
"""

HIDDEN = 0.3
"""Minimum darkness of print that hides a pen."""

PRINT_NAMES = ("open_core", "print_beside")
"""The columns of `MarkSheet.print_facts`: the fraction of the core free of print, and the fraction of the paper beside
the box covered by print.
"""

COARSE = 3
"""Step, along both axes, between the samples used for the paper level."""

NEXT, NEAREST, AROUND_MM = 8, 24, 30.0
"""Boxes around one from which its expected paper level is taken: the nearest ones, then how many more within this
distance: light changes over a photo.
"""

SHELF_TILES = 40
"""Width of the canvas: 200 mm hold the widest zone of an A4 page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlines:
    """What is expected around the outlines of N boxes, at the K samples of each window that locate the print.

    `at` (N, K) numbers of the samples in the window; `light` (N, K) transmittance of the print there (1 = paper);
    `slopes` (N, 2, K) of the darkness per sample along x and y, `squares` (N, 3, K) their products xx, xy, yy; `line`
    (N, K) is 1 where the print is dark, `ink` (N, K) the darkness of the blank page there, `wanted` (N,) its sum, 0 for
    boxes without an outline; `piece` (N, K) the number of the piece of the outline, clockwise, `piece_ink` (N, P) the
    darkness of each piece, `least_piece` (N,) the minimum for a piece to be checked. Shorter rows are padded with
    samples of zero weight.
    """

    at: NDArray[np.int32]
    light: Singles
    slopes: Singles
    squares: Singles
    line: Singles
    ink: Singles
    wanted: Singles
    piece: NDArray[np.int32]
    piece_ink: Singles
    least_piece: Singles

    def of(self, chosen: NDArray[np.int64]) -> "Outlines":
        """The outlines of some boxes."""
        return Outlines(**{name: getattr(self, name)[chosen] for name in self.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSamples:
    """A ninth of the samples of each window, J = (S / 3)^2: `bare` (N, J) is 255 where there is no print, 0 elsewhere;
    `upper`, `lower` (N,) are the ranks, among all J in order of brightness, of the samples that give the level of the
    bare paper and its noise.
    """

    bare: Gray
    upper: NDArray[np.int64]
    lower: NDArray[np.int64]

    def of(self, chosen: NDArray[np.int64]) -> "PaperSamples":
        """The samples of some boxes."""
        return PaperSamples(bare=self.bare[chosen], upper=self.upper[chosen], lower=self.lower[chosen])


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The rows or the columns of N windows: the number of samples of each that are `free` of print (N, S), and which
    run through the box, `within` (N, S).
    """

    free: Singles
    within: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkSheet:
    """The windows of all check boxes of a page; N windows of S x S samples.

    `expected` darkness, `cover` = expected darkness with tolerance for shifts, `cover_steps` the same in 255 steps,
    rounded down; `free` = samples without print, counted by `rows` and `columns`; `telling` = those and the cores of
    the boxes, where even a little ink is significant; `inside_mm` = distance to the box edge (positive inside).
    `sizes`: width and height in mm -> numbers of the boxes of that size. `print_facts` (N, 2) see `PRINT_NAMES`.
    `nearest` (N, K) are the numbers of the nearest boxes to each, nearest first.
    """

    zones: tuple[Zone, ...]
    centres_mm: Floats
    side: int
    expected: Singles
    cover: Singles
    cover_steps: Gray
    free: Mask
    telling: Mask
    rows: Lines
    columns: Lines
    outlines: Outlines
    paper: PaperSamples
    inside_mm: Singles
    sizes: dict[tuple[float, float], NDArray[np.int64]]
    print_facts: Singles
    nearest: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Position of a zone on the canvas (samples) and on the paper (mm, margin included); `values` are the texts that
    its question lists.
    """

    zone: Zone
    x: int
    y: int
    w: int
    h: int
    origin: PointMm
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaSheet:
    """The canvas of all writing zones: H x W samples, tiles of 25 x 25.

    `tiles_mm` (rows, columns, 2) are the tile centres, NaN for empty tiles. `owner` is the number of the spot of a
    sample, -1 for none; `core` the samples that belong to a zone proper (cells, writing area), not to its margin;
    `open` all but the rim of each spot (keeps spots apart). `printed`: for spots with cells, the blank page there at
    `READ_PX_PER_MM`.
    """

    spots: tuple[Spot, ...]
    tiles_mm: Floats
    cover: Singles
    owner: NDArray[np.int16]
    core: Mask
    open: Mask
    printed: tuple[Gray | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPage:
    """Everything that reading needs to know of a page in advance; made once per page of a layout, used for all its
    scans.

    `corners_mm` (Z, 4, 2) are the corners of its zones, `strips` the paper beside its boxes.
    """

    page: PageLayout
    corners_mm: Floats
    filled: Filled
    marks: MarkSheet
    areas: AreaSheet
    strips: Strips


def prepare(
    page: PageLayout, blank: BlankPage, *, filled: Filled, lists: Mapping[str, tuple[str, ...]] | None = None
) -> PreparedPage:
    """Samples the blank page where answers are expected; `lists`: question -> the texts that it lists."""
    plain = _blank_map(blank)
    corners = np.array([[(p.x, p.y) for p in zone.rect.corners] for zone in page.zones]).reshape(-1, 4, 2)
    return PreparedPage(
        page=page,
        corners_mm=corners,
        filled=filled,
        marks=_mark_sheet(page, plain, blank),
        areas=_area_sheet(page, plain, blank, lists or {}),
        strips=prepare_strips(page, blank, plain),
    )


def _sampled(blank: BlankPage, maps: Callable[[float], tuple[Singles, Singles]]) -> Singles:
    """Darkness of the blank page, sampled like a scan of it."""
    src = source(blank.gray, min(blank.px_per_mm_x, blank.px_per_mm_y))
    return _darkness(resample(src.gray, *maps(src.scale)))


def _cover(blank: BlankPage, maps: Callable[[float], tuple[Singles, Singles]], tolerance_mm: float) -> Singles:
    """The darkest print within `tolerance_mm` of each sample, with grey tones a little darker than drawn (dot gain) and
    soft edges.
    """
    size = 2 * round(tolerance_mm * min(blank.px_per_mm_x, blank.px_per_mm_y)) + 1
    spread = cv2.erode(blank.gray, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    dark = _sampled(replace(blank, gray=np.asarray(cv2.GaussianBlur(spread, (0, 0), 1.2), dtype=np.uint8)), maps)
    return np.asarray(np.maximum(1 - (1 - dark) ** GREY_GAIN, (dark - TINT) / TINT), dtype=np.float32).clip(0, 1)


def _blank_map(blank: BlankPage) -> PageMap:
    sx, sy = blank.px_per_mm_x, blank.px_per_mm_y
    return PageMap(homography=(sx, 0.0, -0.5, 0.0, sy, -0.5, 0.0, 0.0, 1.0), residual_mm=0.0, tier=Tier.T0)


def _mark_sheet(page: PageLayout, plain: PageMap, blank: BlankPage) -> MarkSheet:
    zones = tuple(zone for zone in page.zones if zone.kind is ZoneKind.MARK)
    centres = np.array([[zone.rect.centre.x, zone.rect.centre.y] for zone in zones]).reshape(-1, 2)
    largest = max((max(zone.rect.w, zone.rect.h) for zone in zones), default=5.0)
    side = 2 * round((largest / 2 + MARGIN_MM) * PX_PER_MM)

    def maps(scale: float) -> tuple[Singles, Singles]:
        return tile_maps(plain, centres, side=side, px_per_mm=PX_PER_MM, scale=scale)

    expected, cover = _sampled(blank, maps), _cover(blank, maps, MARK_TOLERANCE_MM)
    inside = _inside_mm(zones, side)
    free = cover < BARE
    columns, rows = (
        Lines(
            free=free.sum(axis=axis, dtype=np.float32), within=np.asarray((inside > 0).any(axis=axis), dtype=np.bool_)
        )
        for axis in (1, 2)
    )
    return MarkSheet(
        zones=zones,
        centres_mm=centres,
        side=side,
        expected=expected,
        cover=cover,
        cover_steps=(cover * np.float32(255)).astype(np.uint8),
        free=free,
        telling=free | (inside >= _core_depths(zones)),
        rows=rows,
        columns=columns,
        outlines=_outlines(expected, inside, zones),
        paper=_paper_samples(_cover(blank, maps, 2 * MARK_TOLERANCE_MM) < BARE),
        inside_mm=inside,
        sizes=_sizes(zones),
        print_facts=_print_facts(cover, inside, zones),
        nearest=_nearest(centres),
    )


def _nearest(centres_mm: Floats) -> NDArray[np.int64]:
    """The numbers (N, K) of the boxes nearest to each of N, nearest first: `NEXT` of them, then those within
    `AROUND_MM`; if there are fewer, the nearest ones are repeated.
    """
    gaps = ((centres_mm[:, None] - centres_mm[None]) ** 2).sum(axis=-1)
    np.fill_diagonal(gaps, np.inf)
    order = np.argsort(gaps, axis=1, kind="stable")[:, : min(NEAREST, max(len(gaps) - 1, 0))]
    again = order[:, np.arange(order.shape[1]) % NEXT]
    near = np.take_along_axis(gaps, order, axis=1) <= AROUND_MM**2
    near[:, :NEXT] = True
    return np.where(near, order, again)


def core_depth_mm(least_mm: float) -> float:
    """Depth below its edge, in mm, at which the core of a box begins whose shorter side is `least_mm`."""
    return min(CORE_MM, CORE_OF_BOX * least_mm)


def _print_facts(cover: Singles, inside: Singles, zones: tuple[Zone, ...]) -> Singles:
    """How much of the middle of each box is free of print and how much print is beside it, (N, 2); `cover` and `inside`
    (N, S, S).

    If print fills a box (a letter in a small bubble), it can hide ink without a trace.
    """
    hidden, core, beside = cover >= HIDDEN, inside >= _core_depths(zones), inside < EDGE_MM
    columns = [(hidden & where).sum(axis=(1, 2)) / np.maximum(where.sum(axis=(1, 2)), 1) for where in (core, beside)]
    return np.stack([1 - columns[0], columns[1]], axis=1).astype(np.float32)


def _core_depths(zones: tuple[Zone, ...]) -> Floats:
    """Depth below its edge at which the core of each box begins, mm (N, 1, 1)."""
    return np.array([core_depth_mm(min(zone.rect.w, zone.rect.h)) for zone in zones]).reshape(-1, 1, 1)


def _sizes(zones: tuple[Zone, ...]) -> dict[tuple[float, float], NDArray[np.int64]]:
    sizes = [(zone.rect.w, zone.rect.h) for zone in zones]
    return {
        size: np.array([number for number, other in enumerate(sizes) if other == size]) for size in dict.fromkeys(sizes)
    }


def _paper_samples(bare: Mask) -> PaperSamples:
    """From the samples without print, (N, S, S)."""
    few = bare[:, ::COARSE, ::COARSE]
    coarse = few.reshape(len(few), few.shape[1] * few.shape[2])
    free, last = np.maximum(coarse.sum(axis=1), 1), coarse.shape[1] - 1
    upper, lower = (last - (free * fraction).astype(np.int64) for fraction in (0.35, 0.75))
    return PaperSamples(bare=coarse.astype(np.uint8) * np.uint8(255), upper=upper, lower=lower)


def _outlines(expected: Singles, inside: Singles, zones: tuple[Zone, ...]) -> Outlines:
    """From the expected darkness and the distance to the edge of the box, both (N, S, S)."""
    count, every = len(expected), expected.shape[1] * expected.shape[2]
    slope_x, slope_y = (np.gradient(expected, axis=axis) if count else expected for axis in (2, 1))
    band = np.abs(inside) < BAND_MM
    darkest = np.where(band, expected, 0).max(axis=(1, 2), initial=0)
    limit = np.where(darkest < LEAST_LINE, 1, np.minimum(DARK_LINE, DARK_OF_LINE * darkest)).astype(np.float32)
    telling = (np.abs(slope_x) + np.abs(slope_y) > LEVEL_SLOPE) | (expected > limit[:, None, None])
    at, used = _padded((band & telling).reshape(count, every))
    dark, x, y = (
        np.take_along_axis(what.reshape(count, every), at, axis=1).astype(np.float32) * used
        for what in (expected, slope_x, slope_y)
    )
    line = (dark > limit[:, None]).astype(np.float32)
    piece = _pieces(at, expected.shape[1], zones)
    return Outlines(
        at=at.astype(np.int32),
        light=(1 - dark).astype(np.float32),
        slopes=np.stack([x, y], axis=1),
        squares=np.stack([x * x, x * y, y * y], axis=1),
        line=line,
        ink=dark * line,
        wanted=(dark * line).sum(axis=1, dtype=np.float32),
        piece=piece,
        piece_ink=by_piece(dark * line, piece),
        least_piece=(LEAST_PIECE * limit / DARK_LINE).astype(np.float32),
    )


def by_piece(values: Singles, piece: NDArray[np.int32]) -> Singles:
    """Sums over the pieces of outlines, (N, PIECES), of values per sample (N, K)."""
    place = piece + np.arange(len(piece))[:, None] * PIECES
    return (
        np.bincount(place.ravel(), weights=values.ravel(), minlength=len(piece) * PIECES)
        .reshape(-1, PIECES)
        .astype(np.float32)
    )


def _pieces(at: NDArray[np.int64], side: int, zones: tuple[Zone, ...]) -> NDArray[np.int32]:
    """The pieces (N, K) in which samples of windows lie: equal angles of the box stretched to a square."""
    sizes = np.array([(zone.rect.w, zone.rect.h) for zone in zones]).reshape(-1, 2)
    x, y = (ticks - (side - 1) / 2 for ticks in (at % side, at // side))
    turn = np.arctan2(y / sizes[:, 1:], x / sizes[:, :1]) / (2 * np.pi) + 0.5
    return np.asarray(np.minimum((turn * PIECES).astype(np.int64), PIECES - 1), dtype=np.int32)


def _padded(chosen: Mask) -> tuple[NDArray[np.int64], Singles]:
    """The numbers of the chosen samples of each window, (N, K), and their weights: 1, or 0 for the padding of shorter
    rows.
    """
    count, width = len(chosen), int(chosen.sum(axis=1).max(initial=0))
    index, used = np.zeros((count, width), np.int64), np.zeros((count, width), np.float32)
    for number, row in enumerate(chosen):
        here = np.flatnonzero(row)
        index[number, : len(here)], used[number, : len(here)] = here, 1
    return index, used


def _inside_mm(zones: tuple[Zone, ...], side: int) -> Singles:
    """Distance of each sample to the nearest edge of its box, positive inside (Chebyshev outside)."""
    ticks = np.abs((np.arange(side) + 0.5) / PX_PER_MM - side / PX_PER_MM / 2)
    half_w = np.array([zone.rect.w / 2 for zone in zones]).reshape(-1, 1)
    half_h = np.array([zone.rect.h / 2 for zone in zones]).reshape(-1, 1)
    return np.asarray(np.minimum((half_w - ticks)[:, None, :], (half_h - ticks)[:, :, None]), dtype=np.float32)


def _area_sheet(page: PageLayout, plain: PageMap, blank: BlankPage, lists: Mapping[str, tuple[str, ...]]) -> AreaSheet:
    spots, rows = _shelves([zone for zone in page.zones if zone.kind is not ZoneKind.MARK], lists)
    columns = SHELF_TILES if spots else 1
    tiles = np.full((rows, columns, 2), np.nan)
    owner = np.full((rows * TILE_PX, columns * TILE_PX), -1, np.int16)
    core, free = np.zeros(owner.shape, bool), np.zeros(owner.shape, bool)
    for number, spot in enumerate(spots):
        down, right = np.mgrid[0 : -(-spot.h // TILE_PX), 0 : -(-spot.w // TILE_PX)]
        tiles[spot.y // TILE_PX + down, spot.x // TILE_PX + right, 0] = spot.origin.x + (right + 0.5) * TILE_MM
        tiles[spot.y // TILE_PX + down, spot.x // TILE_PX + right, 1] = spot.origin.y + (down + 0.5) * TILE_MM
        owner[spot.y : spot.y + spot.h, spot.x : spot.x + spot.w] = number
        free[spot.y + 1 : spot.y + spot.h - 1, spot.x + 1 : spot.x + spot.w - 1] = True
        for rect in spot.zone.cells or (spot.zone.rect,):
            x0, y0, x1, y1 = on_canvas(spot, rect)
            core[y0:y1, x0:x1] = True

    def maps(scale: float) -> tuple[Singles, Singles]:
        return canvas_maps(plain, tiles, scale=scale)

    printed = tuple(
        sample_rect(blank.gray, plain, area_of(spot), px_per_mm=READ_PX_PER_MM) if spot.zone.cells else None
        for spot in spots
    )
    return AreaSheet(
        spots=spots,
        tiles_mm=tiles,
        cover=_cover(blank, maps, AREA_TOLERANCE_MM),
        owner=owner,
        core=core,
        open=free,
        printed=printed,
    )


def area_of(spot: Spot) -> RectMm:
    """The paper area that a spot shows."""
    return RectMm(x=spot.origin.x, y=spot.origin.y, w=spot.w / AREA_PX_PER_MM, h=spot.h / AREA_PX_PER_MM)


def canvas_maps(page_map: PageMap, tiles_mm: Floats, *, scale: float) -> tuple[Singles, Singles]:
    """Pixel coordinates of every sample of the canvas, (H, W) each; empty tiles lie far outside the page."""
    rows, columns = tiles_mm.shape[:2]
    centres = tiles_mm.reshape(-1, 2)
    used = ~np.isnan(centres[:, 0])
    out = []
    for axis in tile_maps(page_map, centres[used], side=TILE_PX, px_per_mm=AREA_PX_PER_MM, scale=scale):
        every = np.full((rows * columns, TILE_PX, TILE_PX), FAR_OUTSIDE, np.float32)
        every[used] = axis
        out.append(
            every.reshape(rows, columns, TILE_PX, TILE_PX).swapaxes(1, 2).reshape(rows * TILE_PX, columns * TILE_PX)
        )
    return out[0], out[1]


def on_canvas(spot: Spot, rect: RectMm) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a rectangle of the spot's zone in samples of the canvas, clipped to the spot."""
    x0, y0 = (
        spot.x + round((rect.x - spot.origin.x) * AREA_PX_PER_MM),
        spot.y + round((rect.y - spot.origin.y) * AREA_PX_PER_MM),
    )
    x1, y1 = x0 + round(rect.w * AREA_PX_PER_MM), y0 + round(rect.h * AREA_PX_PER_MM)
    return max(x0, spot.x), max(y0, spot.y), min(x1, spot.x + spot.w), min(y1, spot.y + spot.h)


def _shelves(zones: list[Zone], lists: Mapping[str, tuple[str, ...]]) -> tuple[tuple[Spot, ...], int]:
    """Arranges zones side by side on shelves, tallest first; returns their spots in the order of the zones, and the
    number of rows of tiles.
    """
    sized = {zone.id: zone.rect.grown(AREA_MARGIN_MM) for zone in zones}
    tiles = {zone.id: (int(-(-sized[zone.id].w // TILE_MM)), int(-(-sized[zone.id].h // TILE_MM))) for zone in zones}
    x = top = height = 0
    found: dict[str, Spot] = {}
    for zone in sorted(zones, key=lambda zone: -tiles[zone.id][1]):
        wide, high = min(tiles[zone.id][0], SHELF_TILES), tiles[zone.id][1]
        if x + wide > SHELF_TILES:
            x, top, height = 0, top + height, 0
        height = max(height, high)
        area = sized[zone.id]
        w, h = min(round(area.w * AREA_PX_PER_MM), wide * TILE_PX), min(round(area.h * AREA_PX_PER_MM), high * TILE_PX)
        values = lists.get(zone.question, ()) if zone.option is None else ()
        found[zone.id] = Spot(
            zone=zone, x=x * TILE_PX, y=top * TILE_PX, w=w, h=h, origin=PointMm(x=area.x, y=area.y), values=values
        )
        x += wide
    return tuple(found[zone.id] for zone in zones), max(1, top + height)


def _darkness(gray: Gray) -> Singles:
    return np.asarray((255 - gray.astype(np.float32)) / np.float32(255), dtype=np.float32)
