"""Which sheets lie in a picture? Two forms on one scanner glass, an unfolded booklet, front above back, a sheet only
partly in the picture.

Each of our markers predicts where its page lies, so markers that agree belong to one sheet; codes replace lost markers.
Print elsewhere on paper is a sheet too, or a piece of one, and goes to review.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import degrees

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform import pagecode
from scanform.imaging.page_image import Floats, Gray, PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import SizeMm
from scanform.model.layout import Fiducial, Layout, PageLayout
from scanform.register.codes import Code, corners_array, read_codes, search_codes
from scanform.register.markers import Marker, all_sightings
from scanform.register.pose import fit_pose, fit_similarity, is_plausible

Bools = NDArray[np.bool_]
Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetsSettings:
    """How several sheets in one picture are told apart, and which print beside them is an item of its own."""

    one_page: float = 0.93
    """Fraction of the picture, 0..1; a page that covers this much leaves no room for a readable piece of another (15 mm
    of the width of A4 are 7 %).
    """
    same_mm: float = 45.0
    """mm; markers belong to one sheet if the page centres that they predict are within this distance (a marker of 8 mm
    seen at 4 px per mm predicts the centre to some 10 mm; sheets lie 148 mm and more apart).
    """
    turn_deg: float = 20.0
    """Degrees; maximum rotation between them."""
    ratio: float = 1.35
    """Maximum ratio of their sizes."""
    margin_mm: float = 5.0
    """mm; margin of a sheet beyond its presumed edge."""
    rough_mm: float = 12.0
    """mm; the same if only two markers or one code locate it."""
    most: int = 16
    """Maximum number of sheets in a picture."""
    px_per_mm: float = 3.0
    """Pixels per mm at which print beside the sheets is searched."""
    paper: float = 0.72
    """Fraction of the grey of the sheets, 0..1; paper is at least this light, tables are darker."""
    ink: float = 0.75
    """Fraction of the grey of the paper around it, 0..1; print is darker."""
    off_mm: float = 5.0
    """mm; minimum distance of such print from the sheets."""
    around_mm: float = 8.0
    """mm; the paper around it, which is cut out with it."""
    joined_mm: float = 12.0
    """mm; maximum distance between components of one item."""
    least_pieces: int = 6
    """Minimum number of components of an item."""
    piece_mm2: float = 0.25
    """mm2; minimum area of a component."""
    least_mm2: float = 12.0
    """mm2; minimum total area of them."""
    least_mm: float = 12.0
    """mm; minimum length of an item."""
    streak_mm: float = 40.0
    """mm; a component of this length that is thinner than a tenth of it is the edge of a sheet or a scanner streak."""
    broad_mm: float = 3.0
    """mm; a component that is wider for the most part is not print (tablecloths)."""
    paper_mm: tuple[float, float] = (212.0, 299.0)
    """mm; items between the sheets that would fit on one sheet of this size are taken for one."""


DEFAULT_SHEETS = SheetsSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A sheet in the picture: four corners in px. `ours`: located by our markers or codes; else any other print."""

    corners_px: Corners
    ours: bool

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of its bounding box, in whole pixels; it may extend beyond the picture."""
        points = np.array(self.corners_px)
        low, high = np.floor(points.min(axis=0)).astype(int), np.ceil(points.max(axis=0)).astype(int)
        return int(low[0]), int(low[1]), int(high[0]) + 1, int(high[1]) + 1

    def holds(self, point: Floats) -> bool:
        """Whether a point (2,) lies in it."""
        return _holds(np.array(self.corners_px), point)


def corners_of(page_map: PageMap, size: SizeMm, by_mm: float = 0.0) -> Floats:
    """The corners of a page (grown by `by_mm` on each side) in the picture, (4, 2): top left, top right, bottom right,
    bottom left as printed.
    """
    return page_map.to_px(_paper(size, by_mm))


def holds_more(image: PageImage, page_map: PageMap, size: SizeMm, settings: SheetsSettings = DEFAULT_SHEETS) -> bool:
    """Whether there is print in the picture beside a page that was found; free if the page fills the picture."""
    quad = corners_of(page_map, size)
    if _fraction_filled(quad, image) >= settings.one_page:
        return False
    return bool(_rest(image.gray, [quad], _px_per_mm(quad, size), settings))


def find_regions(
    image: PageImage,
    layouts: Mapping[str, Layout],
    found: Sequence[tuple[PageMap, SizeMm]] = (),
    settings: SheetsSettings = DEFAULT_SHEETS,
) -> list[Region]:
    """All sheets in a picture, in no particular order: those that were `found`, those located by markers and codes, and
    any print beside them.

    Empty if no sheet is ours: other pictures are not divided.
    """
    sheets = [
        _Sheet(quad=corners_of(page_map, size), px_per_mm=_px_per_mm(corners_of(page_map, size), size), sure=True)
        for page_map, size in found
    ]
    for sheet in _by_marks(image, layouts, settings):
        if len(sheets) < settings.most and not any(_is_same(sheet, other) for other in sheets):
            sheets.append(sheet)
    if not sheets:
        return []
    scale = float(np.median([sheet.px_per_mm for sheet in sheets]))
    ours = [Region(corners_px=_grown(sheet, settings), ours=True) for sheet in sheets]
    rest = _rest(image.gray, [sheet.quad for sheet in sheets], scale, settings)
    return ours + [Region(corners_px=_rectangle(box), ours=False) for box in rest[: settings.most - len(ours)]]


def around(regions: Sequence[Region]) -> Region:
    """The bounding rectangle of regions."""
    boxes = np.array([region.box for region in regions])
    return Region(
        corners_px=_rectangle((*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())), ours=False
    )


def in_reading_order(regions: Sequence[Region], *, turn: int) -> list[Region]:
    """From left to right, then downwards, as seen after rotating the picture by `turn` degrees clockwise."""
    boxes = [(_turned_box(region.box, turn), region) for region in regions]
    rows: list[list[tuple[tuple[int, int, int, int], Region]]] = []
    for box, region in sorted(boxes, key=lambda item: item[0][1] + item[0][3]):
        row = next((row for row in rows if _beside(row[0][0], box)), None)
        if row is None:
            rows.append([(box, region)])
        else:
            row.append((box, region))
    return [region for row in rows for _, region in sorted(row, key=lambda item: item[0][0])]


def where_cut(corners_px: Corners) -> tuple[int, int]:
    """Position in the picture of the top left pixel of what `cut_out` returns."""
    left, top, _, _ = Region(corners_px=corners_px, ours=True).box
    return max(0, left), max(0, top)


def cut_out(image: PageImage, corners_px: Corners) -> tuple[PageImage, tuple[int, int]]:
    """The bounding box of a sheet, with everything outside the sheet painted as paper, and the position of its top left
    pixel in the picture.
    """
    left, top, right, bottom = Region(corners_px=corners_px, ours=True).box
    left, top, right, bottom = max(0, left), max(0, top), min(image.width, right), min(image.height, bottom)
    gray = image.gray[top:bottom, left:right]
    inside = np.zeros(gray.shape, np.uint8)
    cv2.fillConvexPoly(inside, np.rint(np.array(corners_px) - (left, top)).astype(np.int32), 1)
    paper = int(np.percentile(gray[::8, ::8], 90)) if gray.size else 255
    return PageImage(gray=np.where(inside.astype(bool), gray, np.uint8(paper)), dpi=image.dpi), (left, top)


# --- sheets of ours --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sheet:
    """A sheet located by marks: the corners of its paper (4, 2) in px, its scale, and whether three or more marks
    support it.
    """

    quad: Floats
    px_per_mm: float
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Vote:
    """One marker's prediction for its page: centre in px, rotation (degrees) and scale."""

    marker: Marker
    middle: complex
    turn: float
    scale: float


def _by_marks(image: PageImage, layouts: Mapping[str, Layout], settings: SheetsSettings) -> Iterator[_Sheet]:
    """Sheets by their markers, those with the most first, then sheets of which only codes are left."""
    markers = all_sightings(image)
    groups = [found for fiducials, size in _furniture(layouts) for found in _groups(markers, fiducials, size, settings)]
    used: set[int] = set()
    sheets: list[_Sheet] = []
    for members, sheet in sorted(groups, key=lambda item: -len(item[0])):
        ids = {id(member) for member in members}
        if not ids & used and not any(_is_same(sheet, other) for other in sheets):
            used |= ids
            sheets.append(sheet)
    yield from sheets
    codes = [
        code
        for code in _all_codes(image.gray)
        if not any(_holds(sheet.quad, corners_array(code).mean(axis=0)) for sheet in sheets)
    ]
    yield from _by_codes(image, codes, layouts)


def _furniture(layouts: Mapping[str, Layout]) -> list[tuple[tuple[Fiducial, ...], SizeMm]]:
    """Each distinct set of markers that a page can have."""
    return list(
        dict.fromkeys(
            (page.fiducials, page.size) for layout in layouts.values() for page in layout.pages if page.fiducials
        )
    )


def _groups(
    markers: Sequence[Marker], fiducials: tuple[Fiducial, ...], size: SizeMm, settings: SheetsSettings
) -> Iterator[tuple[list[Marker], _Sheet]]:
    """Groups of two or more markers, of one kind of page, that agree on where it lies."""
    votes = [vote for marker in markers if (vote := _vote(marker, fiducials, size)) is not None]
    while votes:
        members = max((_alike(one, votes, settings) for one in votes), key=len)
        if len(members) < 2:
            return
        pose = fit_pose([member.marker for member in members], fiducials, size)
        if pose is not None:
            quad = _project(pose.homography, _paper(size, 0.0))
            yield (
                [member.marker for member in members],
                _Sheet(quad=quad, px_per_mm=_px_per_mm(quad, size), sure=len(pose.used) >= 3),
            )
        votes = [vote for vote in votes if all(vote is not member for member in members)]


def _vote(marker: Marker, fiducials: tuple[Fiducial, ...], size: SizeMm) -> _Vote | None:
    rect = next((fiducial.rect for fiducial in fiducials if fiducial.id == marker.id), None)
    if rect is None:
        return None
    flat = fit_similarity(np.array([(point.x, point.y) for point in rect.corners]), np.array(marker.corners_px))
    across = complex(flat[0, 0], flat[1, 0])
    middle = _project(flat, np.array([(size.w / 2, size.h / 2)]))[0]
    return _Vote(marker=marker, middle=complex(*middle), turn=degrees(np.angle(across)), scale=abs(across))


def _alike(one: _Vote, votes: Sequence[_Vote], settings: SheetsSettings) -> list[_Vote]:
    """The votes that agree with `one`: of markers with the same id the one that agrees best."""
    best: dict[int, _Vote] = {}
    for vote in sorted(votes, key=lambda vote: abs(vote.middle - one.middle)):
        near = (
            abs(vote.middle - one.middle) <= settings.same_mm * one.scale
            and abs((vote.turn - one.turn + 180) % 360 - 180) <= settings.turn_deg
        )
        if near and 1 / settings.ratio <= vote.scale / one.scale <= settings.ratio:
            best.setdefault(vote.marker.id, vote)
    return list(best.values())


def _all_codes(gray: Gray) -> list[Code]:
    """All codes of a picture of any size, each once."""
    found: list[Code] = []
    for code in [*read_codes(gray), *search_codes(gray, 16.0)]:
        middle = corners_array(code).mean(axis=0)
        side = float(np.linalg.norm(corners_array(code)[1] - corners_array(code)[0]))
        if not any(
            other.text == code.text and np.linalg.norm(corners_array(other).mean(axis=0) - middle) < side / 2
            for other in found
        ):
            found.append(code)
    return found


def _by_codes(image: PageImage, codes: Sequence[Code], layouts: Mapping[str, Layout]) -> Iterator[_Sheet]:
    """Sheets without two markers left: if one code fits at two positions, the one with more of the sheet in the
    picture.
    """
    sheets: list[_Sheet] = []
    for code in codes:
        page = _page_of(code, layouts)
        if page is None or any(_holds(sheet.quad, corners_array(code).mean(axis=0)) for sheet in sheets):
            continue
        placed = [_placed(page, rect_corners, corners_array(code)) for rect_corners in _code_rects(page)]
        likely = [sheet for sheet in placed if sheet is not None]
        if likely:
            same = [other for other in codes if other is not code and other.text == code.text]
            sheets.append(max(likely, key=lambda sheet: (_agreeing(sheet, page, same), _inside(sheet.quad, image))))
            yield sheets[-1]


def _agreeing(sheet: _Sheet, page: PageLayout, others: Sequence[Code]) -> int:
    """The number of other codes with the same text that are where this position of the sheet puts the page's codes."""
    homography = _from_corners(page.size, sheet.quad)
    rects = [_project(homography, np.array(corners)).mean(axis=0) for corners in _code_rects(page)]
    middles = [corners_array(other).mean(axis=0) for other in others]
    return sum(any(np.linalg.norm(place - middle) < 15 * sheet.px_per_mm for place in rects) for middle in middles)


def _page_of(code: Code, layouts: Mapping[str, Layout]) -> PageLayout | None:
    identity = pagecode.decode(code.text)
    layout = layouts.get(identity.digest) if identity else None
    return layout.page(identity.page) if identity and layout and 1 <= identity.page <= len(layout.pages) else None


def _code_rects(page: PageLayout) -> list[list[tuple[float, float]]]:
    return [[(point.x, point.y) for point in area.rect.corners] for area in page.codes if area.kind == "qr"]


def _placed(page: PageLayout, corners_mm: Sequence[tuple[float, float]], corners_px: Floats) -> _Sheet | None:
    homography = fit_similarity(np.array(corners_mm), corners_px)
    if not is_plausible(homography, page.size):
        return None
    quad = _project(homography, _paper(page.size, 0.0))
    return _Sheet(quad=quad, px_per_mm=_px_per_mm(quad, page.size), sure=False)


def _grown(sheet: _Sheet, settings: SheetsSettings) -> Corners:
    """The corners of a sheet, pushed outwards."""
    middle = sheet.quad.mean(axis=0)
    by = (settings.margin_mm if sheet.sure else settings.rough_mm) * sheet.px_per_mm
    sides = np.abs(sheet.quad - middle).max()
    return tuple((float(x), float(y)) for x, y in middle + (sheet.quad - middle) * (1 + by / sides))


def _is_same(one: _Sheet, other: _Sheet) -> bool:
    """Whether two sheets are the same: the centre of either lies in the other."""
    return _holds(one.quad, other.quad.mean(axis=0)) or _holds(other.quad, one.quad.mean(axis=0))


# --- what else is printed --------------------------------------------------------------------------------------------


def _rest(
    gray: Gray, quads: Sequence[Floats], scale: float, settings: SheetsSettings
) -> list[tuple[int, int, int, int]]:
    """Bounding boxes (left, top, right, bottom) of print on paper beside all sheets."""
    factor = max(1.0, scale / settings.px_per_mm)
    per_mm = scale / factor
    small = np.asarray(
        cv2.resize(gray, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )
    inside, beyond = _masks(small.shape, [(quad + 0.5) / factor - 0.5 for quad in quads], settings.off_mm * per_mm)
    if not inside.any() or beyond.all():
        return []
    side = 2 * round(settings.around_mm * per_mm / 2) + 1
    around = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)).astype(np.float32)
    paper = float(np.percentile(small[inside], 80))
    ink = (small < settings.ink * around) & (around >= settings.paper * paper) & ~beyond
    reduced = [(quad + 0.5) / factor for quad in quads]
    boxes = _joined(_things(_pieces(ink, per_mm, settings), per_mm, settings), reduced, per_mm, settings)
    edge = settings.around_mm * per_mm
    grown = [_aside((x - edge, y - edge, right + edge, bottom + edge), reduced) for x, y, right, bottom in boxes]
    limit = (gray.shape[1], gray.shape[0])
    return [
        _clipped(box, factor, limit)
        for box in grown
        if min(box[2] - box[0], box[3] - box[1]) >= settings.least_mm * per_mm
    ]


def _masks(shape: tuple[int, ...], quads: Sequence[Floats], off_px: float) -> tuple[Bools, Bools]:
    """Which pixels lie in a sheet, and which lie in or close to one."""
    inside = np.zeros(shape, np.uint8)
    for quad in quads:
        cv2.fillConvexPoly(inside, np.rint(quad).astype(np.int32), 1)
    size = 2 * round(off_px) + 1
    near = cv2.dilate(inside, np.ones((size, size), np.uint8))
    return inside.astype(bool), near.astype(bool)


def _pieces(ink: Bools, per_mm: float, settings: SheetsSettings) -> Bools:
    """The ink without dust and without streaks and edges of paper."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    size = round(settings.broad_mm * per_mm)
    broad = cv2.morphologyEx(
        ink.astype(np.uint8), cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    )
    broad_px = np.bincount(labels[broad.astype(bool)], minlength=count)
    kept = np.zeros(count, bool)
    for number in range(1, count):
        area, sides = (
            stats[number, cv2.CC_STAT_AREA],
            sorted((stats[number, cv2.CC_STAT_WIDTH], stats[number, cv2.CC_STAT_HEIGHT])),
        )
        streak = sides[1] >= settings.streak_mm * per_mm and sides[0] <= sides[1] / 10
        kept[number] = area >= settings.piece_mm2 * per_mm**2 and not streak and broad_px[number] <= area / 2
    return np.asarray(kept[labels])


def _things(ink: Bools, per_mm: float, settings: SheetsSettings) -> list[tuple[int, int, int, int]]:
    """Bounding boxes of components that lie together and are enough to be print or writing."""
    size = 2 * round(settings.joined_mm * per_mm / 2) + 1
    _, labels = cv2.connectedComponents(cv2.dilate(ink.astype(np.uint8), np.ones((size, size), np.uint8)))
    of_pieces, pieces = cv2.connectedComponents(ink.astype(np.uint8))
    firsts = np.array([labels[pieces == number][0] for number in range(1, of_pieces)])
    found = []
    for number in np.unique(labels[ink]):
        rows, columns = np.nonzero((labels == number) & ink)
        box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
        enough = len(rows) >= settings.least_mm2 * per_mm**2 and np.sum(firsts == number) >= settings.least_pieces
        if enough and max(box[2] - box[0], box[3] - box[1]) >= settings.least_mm * per_mm:
            found.append(box)
    return found


_Box = tuple[float, float, float, float]


def _joined(boxes: Sequence[_Box], quads: Sequence[Floats], per_mm: float, settings: SheetsSettings) -> list[_Box]:
    """The boxes, merged if they would fit on one sheet of paper and no sheet that was found lies between them."""
    joined = list(boxes)
    short, long = (side * per_mm for side in settings.paper_mm)
    pairs = True
    while pairs:
        pairs = False
        for one, other in itertools.combinations(joined, 2):
            both = (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))
            sides = sorted((both[2] - both[0], both[3] - both[1]))
            if sides[0] <= short and sides[1] <= long and _aside(both, quads) == both:
                joined = [box for box in joined if box not in (one, other)] + [both]
                pairs = True
                break
    return joined


def _aside(box: _Box, quads: Iterable[Floats]) -> _Box:
    """The box without its overlap with sheets: trimmed on the side where that costs least."""
    for quad in quads:
        left, top = quad.min(axis=0)
        right, bottom = quad.max(axis=0)
        if not (box[0] < right and left < box[2] and box[1] < bottom and top < box[3]):
            continue
        cuts = [
            (right, box[1], box[2], box[3]),
            (box[0], bottom, box[2], box[3]),
            (box[0], box[1], left, box[3]),
            (box[0], box[1], box[2], top),
        ]
        box = max(cuts, key=lambda cut: max(0.0, cut[2] - cut[0]) * max(0.0, cut[3] - cut[1]))
    return box


def _clipped(box: _Box, factor: float, limit: tuple[int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = (round(edge * factor) for edge in box)
    return max(0, left), max(0, top), min(limit[0], right), min(limit[1], bottom)


# --- geometry --------------------------------------------------------------------------------------------------------


def _paper(size: SizeMm, by_mm: float) -> Floats:
    return np.array(
        [(-by_mm, -by_mm), (size.w + by_mm, -by_mm), (size.w + by_mm, size.h + by_mm), (-by_mm, size.h + by_mm)]
    )


def _project(homography: Floats, points: Floats) -> Floats:
    return np.asarray(cv2.perspectiveTransform(points[:, None], homography)[:, 0], dtype=np.float64)


def _from_corners(size: SizeMm, quad: Floats) -> Floats:
    homography, _ = cv2.findHomography(_paper(size, 0.0), quad, 0)
    return np.asarray(homography, dtype=np.float64)


def _px_per_mm(quad: Floats, size: SizeMm) -> float:
    return float(np.sqrt(cv2.contourArea(quad.astype(np.float32)) / (size.w * size.h)))


def _holds(quad: Floats, point: Floats) -> bool:
    return cv2.pointPolygonTest(quad.astype(np.float32), (float(point[0]), float(point[1])), False) >= 0


def _fraction_filled(quad: Floats, image: PageImage) -> float:
    """The fraction of the picture that a sheet covers."""
    frame = _frame(image)
    area, _ = cv2.intersectConvexConvex(quad.astype(np.float32), frame)
    return float(area) / (image.width * image.height)


def _inside(quad: Floats, image: PageImage) -> float:
    """The fraction of a sheet that lies in the picture."""
    area, _ = cv2.intersectConvexConvex(quad.astype(np.float32), _frame(image))
    return float(area) / max(1.0, float(cv2.contourArea(quad.astype(np.float32))))


def _frame(image: PageImage) -> NDArray[np.float32]:
    return np.array([(0, 0), (image.width, 0), (image.width, image.height), (0, image.height)], dtype=np.float32)


def _rectangle(box: tuple[int, int, int, int]) -> Corners:
    left, top, right, bottom = (float(edge) for edge in box)
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _turned_box(box: tuple[int, int, int, int], turn: int) -> tuple[int, int, int, int]:
    """The box after rotating the picture clockwise, up to a shift that does not affect the order."""
    for _ in range(turn // 90 % 4):
        left, top, right, bottom = box
        box = (-bottom, left, -top, right)
    return box


def _beside(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    """Whether two boxes lie in one row: they overlap vertically by at least half the smaller height."""
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared >= 0.5 * min(one[3] - one[1], other[3] - other[1])
