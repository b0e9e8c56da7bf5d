"""Shapes on a blank form that can hold answers: outlines of boxes and bubbles, character cells, frames, writing lines.

Boxes and bubbles are found by their insides: white enclosed by ink, whatever is printed in it (border following, Suzuki
and Abe 1985, doi:10.1016/0734-189X(85)90016-7). That finds thin, thick, grey and touching outlines alike, at any
resolution.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Gray
from scanform.model.geometry import RectMm

Mask = NDArray[np.uint8]
"""A binary image: (H, W) uint8, 1 = ink."""


class Shape(StrEnum):
    """The form of an outline."""

    BOX = "box"
    OVAL = "oval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A closed outline: its outer edge in mm, its shape, the fraction of its inside that is white (1 = nothing printed
    in it).
    """

    rect: RectMm
    shape: Shape
    white: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A writing line: from `x` to `right` at height `y`, with `free` mm of white above it; all in mm."""

    x: float
    right: float
    y: float
    free: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeSettings:
    """Which shapes of a blank page are boxes, frames and writing lines."""

    contrast: float = 0.12
    """Fraction of the grey of the paper around it, 0..1; ink is darker."""
    contrasts: tuple[float, ...] = (0.12, 0.06, 0.25)
    """The same, for outlines: thin grey ones need a low threshold, letters in a box a high one. Each is tried."""
    noise_sigmas: float = 5.0
    """Minimum contrast of ink, as a multiple of the noise of the paper."""
    seal_mm: float = 0.1
    """mm; maximum gap in an outline that is closed."""
    least_mm: float = 1.5
    """mm; minimum inside of a mark (bubbles of answer sheets: 2 mm)."""
    most_mm: float = 10.0
    """mm; maximum inside of a mark (boxes of large print: 9 mm)."""
    box_fill: float = 0.88
    """Minimum fraction of its bounding box, 0..1, that the inside of a box fills."""
    oval_fill: tuple[float, float] = (0.7, 0.87)
    """The same for an ellipse, from and to (pi / 4 if drawn exactly)."""
    line_mm: float = 1.2
    """mm; maximum thickness of an outline."""
    letter_gap: float = 0.3
    """Relative to its height; a letter has nearer neighbours, check boxes stand apart."""
    letters_share: tuple[float, float] = (0.25, 0.5)
    """Fractions of letters among outlines of one size, 0..1: below the first none is a letter, above the second all
    are.
    """
    lonely_mm: float = 2.6
    """mm; minimum size of a mark that is the only outline of its size."""
    frame_mm: tuple[float, float] = (14.0, 5.0)
    """mm; minimum width and height of a frame."""
    frame_ink: float = 0.004
    """Maximum inked fraction of the inside of a frame, 0..1."""
    rule_mm: float = 15.0
    """mm; minimum length of a writing line."""
    room_mm: float = 4.2
    """mm; minimum white space above it."""
    most_room_mm: float = 12.0
    """mm; maximum white space above it that belongs to it."""
    rim_mm: float = 4.0
    """mm; lines in the outer rim of the page are ignored."""


DEFAULT_SHAPES = ShapeSettings()


def ink_of(gray: Gray, px_per_mm: float, settings: ShapeSettings = DEFAULT_SHAPES) -> Mask:
    """The printed pixels of a page (H, W): 1 = ink."""
    return _darker(*_drop(gray, px_per_mm), settings.contrast, settings)


def all_outlines(gray: Gray, px_per_mm: float, settings: ShapeSettings = DEFAULT_SHAPES) -> list[Outline]:
    """The closed outlines of a page at all contrasts, one per position, from small to large."""
    drop, paper = _drop(gray, px_per_mm)
    found: list[Outline] = []
    for contrast in settings.contrasts:
        more = outlines(_darker(drop, paper, contrast, settings), px_per_mm, settings)
        places = np.array([(one.rect.x, one.rect.y, one.rect.right, one.rect.bottom) for one in found]).reshape(-1, 4)
        found += [one for one in more if not _is_there(one.rect, places)]
    return sorted(found, key=lambda one: one.rect.w * one.rect.h)


def _is_there(rect: RectMm, places: NDArray[np.float64]) -> bool:
    """Whether one of `places` (N, 4: left, top, right, bottom) is about the same rectangle: intersection over union of
    at least one half.
    """
    if len(places) == 0:
        return False
    w = np.minimum(places[:, 2], rect.right) - np.maximum(places[:, 0], rect.x)
    h = np.minimum(places[:, 3], rect.bottom) - np.maximum(places[:, 1], rect.y)
    both = np.maximum(w, 0) * np.maximum(h, 0)
    either = (places[:, 2] - places[:, 0]) * (places[:, 3] - places[:, 1]) + rect.w * rect.h - both
    return bool((both > 0.5 * either).any())


def _drop(gray: Gray, px_per_mm: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How much darker each pixel is than the paper around it, and that paper; both (H, W)."""
    small = cv2.resize(gray, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    side = round(6 * px_per_mm / 4) | 1
    paper = cv2.GaussianBlur(
        cv2.morphologyEx(cv2.medianBlur(small, 3), cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)), (0, 0), side / 3
    )
    paper = cv2.resize(paper, (gray.shape[1], gray.shape[0]), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    return np.asarray(paper - gray, dtype=np.float32), np.asarray(paper, dtype=np.float32)


def _darker(drop: NDArray[np.float32], paper: NDArray[np.float32], contrast: float, settings: ShapeSettings) -> Mask:
    noise = 1.4826 * float(np.median(np.abs(drop[::7, ::7] - np.median(drop[::7, ::7]))))
    limit = np.maximum(contrast * paper, float(np.median(drop[::7, ::7])) + settings.noise_sigmas * noise)
    return np.asarray(drop > limit, dtype=np.uint8)


def outlines(ink: Mask, px_per_mm: float, settings: ShapeSettings = DEFAULT_SHAPES) -> list[Outline]:
    """All closed outlines that could be boxes, bubbles, cells or frames, from small to large, without letters."""
    seal = max(1, round(settings.seal_mm * px_per_mm))
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((2 * seal + 1, 2 * seal + 1), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - closed, connectivity=4)
    low = settings.least_mm * px_per_mm
    height, width = ink.shape
    found: list[Outline] = []
    for number, (x, y, w, h, area) in enumerate(stats.tolist()):
        if (
            number == 0
            or min(w, h) < low
            or area < 0.3 * w * h
            or x == 0
            or y == 0
            or x + w == width
            or y + h == height
        ):
            continue
        inside = np.asarray(labels[y : y + h, x : x + w] == number, dtype=np.uint8)
        outline = _outline(ink, inside, (x, y, w, h), px_per_mm, settings)
        if outline is not None:
            found.append(outline)
    return sorted(found, key=lambda one: one.rect.w * one.rect.h)


def _outline(
    ink: Mask, inside: Mask, box: tuple[int, int, int, int], px_per_mm: float, settings: ShapeSettings
) -> Outline | None:
    x, y, w, h = box
    contours, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    filled = np.asarray(cv2.drawContours(np.zeros_like(inside), contours, -1, (1,), cv2.FILLED), dtype=np.uint8)
    area = float(filled.sum())
    shape = _shape(filled, area / (w * h), settings)
    if shape is None:
        return None
    grow = _line_px(ink, box, settings.line_mm * px_per_mm)
    left, top, right, bottom = x - grow[0], y - grow[1], x + w + grow[2], y + h + grow[3]
    rect = RectMm(x=left / px_per_mm, y=top / px_per_mm, w=(right - left) / px_per_mm, h=(bottom - top) / px_per_mm)
    return Outline(rect=rect, shape=shape, white=float(inside.sum()) / area)


def _shape(filled: Mask, fill: float, settings: ShapeSettings) -> Shape | None:
    if fill >= settings.box_fill:
        return Shape.BOX
    if not settings.oval_fill[0] <= fill <= settings.oval_fill[1]:
        return None
    h, w = filled.shape
    y, x = np.ogrid[:h, :w]
    a, b = max(w / 2, 0.5), max(h / 2, 0.5)
    ellipse = ((x + 0.5 - a) / a) ** 2 + ((y + 0.5 - b) / b) ** 2 <= 1
    stadium = _stadium(h, w)
    alike = max(_overlap(filled, ellipse), _overlap(filled, stadium))
    return Shape.OVAL if alike >= 0.88 else None


def _stadium(h: int, w: int) -> NDArray[np.bool_]:
    """A rectangle with semicircular ends: another usual shape of bubbles."""
    r = min(h, w) / 2
    y, x = np.ogrid[:h, :w]
    dx = np.maximum(np.abs(x + 0.5 - w / 2) - (w / 2 - r), 0)
    dy = np.maximum(np.abs(y + 0.5 - h / 2) - (h / 2 - r), 0)
    return np.asarray(dx * dx + dy * dy <= r * r)


def _overlap(one: Mask, other: NDArray[np.bool_]) -> float:
    both, either = (one & other).sum(), (one | other).sum()
    return float(both) / max(float(either), 1.0)


def _line_px(ink: Mask, box: tuple[int, int, int, int], most: float) -> tuple[int, int, int, int]:
    """Thickness of the line on the left, top, right and bottom of an inside: the median length of ink outwards, 0 if it
    does not end within `most`.
    """
    x, y, w, h = box
    reach = int(most) + 2
    rows, columns = slice(y + h // 3, y + h - h // 3), slice(x + w // 3, x + w - w // 3)
    sides = (
        ink[rows, max(0, x - reach) : x][:, ::-1],
        ink[max(0, y - reach) : y, columns][::-1].T,
        ink[rows, x + w : x + w + reach],
        ink[y + h : y + h + reach, columns].T,
    )
    return tuple(_run(side, most) for side in sides)  # type: ignore[return-value]  # four sides


def _run(side: Mask, most: float) -> int:
    """Median length of the first run of ink in each row of a strip that starts at the inside, including the gap before
    it.
    """
    if side.size == 0:
        return 0
    first = np.where(side.any(axis=1), side.argmax(axis=1), 0)
    after = np.arange(side.shape[1])[None, :] >= first[:, None]
    ends = (side == 0) & after
    length = np.where(ends.any(axis=1), ends.argmax(axis=1), side.shape[1])
    middle = int(np.median(length))
    return middle if middle <= most else 0


def marks_among(
    found: Sequence[Outline], ink: Mask, px_per_mm: float, settings: ShapeSettings = DEFAULT_SHAPES
) -> list[Outline]:
    """The outlines that look like check boxes, bubbles or cells: of a fitting size, no letters, one per position."""
    sized = [
        one
        for one in found
        if max(one.rect.w, one.rect.h) <= settings.most_mm
        and max(one.rect.w, one.rect.h) <= 3.2 * min(one.rect.w, one.rect.h)
    ]
    kinds = _size_classes(sized)
    kept = _without_letters(_one_per_place(sized, kinds), kinds, ink, px_per_mm, settings)
    usual = {kinds[id(one)]: 0 for one in kept}
    for one in kept:
        usual[kinds[id(one)]] += 1
    return [one for one in kept if usual[kinds[id(one)]] > 1 or _stands_alone(one, settings)]


def _stands_alone(one: Outline, settings: ShapeSettings) -> bool:
    square = 0.8 <= one.rect.w / one.rect.h <= 1.25
    return one.shape is Shape.BOX and square and one.white > 0.9 and settings.lonely_mm <= one.rect.w


def _size_classes(found: Sequence[Outline]) -> dict[int, int]:
    """Outlines of one shape and similar size share a number; keys are ids of the outlines."""
    classes: list[Outline] = []
    numbers: dict[int, int] = {}
    for one in found:
        match = next((n for n, other in enumerate(classes) if _alike(one, other)), None)
        if match is None:
            classes.append(one)
            match = len(classes) - 1
        numbers[id(one)] = match
    return numbers


def _alike(one: Outline, other: Outline) -> bool:
    tolerance = 0.25 + 0.05 * max(one.rect.w, one.rect.h)
    return (
        one.shape is other.shape
        and abs(one.rect.w - other.rect.w) <= tolerance
        and abs(one.rect.h - other.rect.h) <= tolerance
    )


def _one_per_place(found: Sequence[Outline], kinds: dict[int, int]) -> list[Outline]:
    """Keeps one of several nested outlines: the inner one if most outlines of the outer one's size hold one (boxes in
    the cells of a table), else the outer.
    """
    inner: dict[int, list[Outline]] = {id(one): [] for one in found}
    for small in found:
        for large in found:
            if small is not large and _holds(large.rect, small.rect):
                inner[id(large)].append(small)
    holding: dict[int, list[bool]] = {}
    for one in found:
        holding.setdefault(kinds[id(one)], []).append(bool(inner[id(one)]))
    dropped: set[int] = set()
    for one in found:
        if inner[id(one)]:
            frames = sum(holding[kinds[id(one)]]) >= 0.6 * len(holding[kinds[id(one)]])
            dropped |= {id(one)} if frames else {id(small) for small in inner[id(one)]}
    return [one for one in found if id(one) not in dropped]


def _holds(large: RectMm, small: RectMm) -> bool:
    return large.x <= small.x and large.y <= small.y and small.right <= large.right and small.bottom <= large.bottom


def _without_letters(
    found: Sequence[Outline], kinds: dict[int, int], ink: Mask, px_per_mm: float, settings: ShapeSettings
) -> list[Outline]:
    """The outlines that are not letters; those of one size are judged together if they mostly agree."""
    letters = {id(one): _is_letter(one, ink, px_per_mm, settings) for one in found}
    votes: dict[int, list[bool]] = {}
    for one in found:
        votes.setdefault(kinds[id(one)], []).append(letters[id(one)])
    few, many = settings.letters_share
    fraction = {kind: sum(said) / len(said) for kind, said in votes.items()}
    kept = []
    for one in found:
        kind = kinds[id(one)]
        agreed = len(votes[kind]) >= 4 and fraction[kind] <= few
        if agreed or (fraction[kind] < many and not letters[id(one)]):
            kept.append(one)
    return kept


def _is_letter(one: Outline, ink: Mask, px_per_mm: float, settings: ShapeSettings) -> bool:
    """Whether ink of other characters is close beside the outline at its height, as in a word; shared walls do not
    count.
    """
    rect = one.rect
    if min(rect.w, rect.h) > 6.0:
        return False
    gap = max(2, round(settings.letter_gap * rect.h * px_per_mm))
    inset = min(0.15 * rect.h + 0.3, 0.4 * rect.h)
    top, bottom = round((rect.y + inset) * px_per_mm), round((rect.bottom - inset) * px_per_mm)
    left, right = round(rect.x * px_per_mm), round(rect.right * px_per_mm)
    skip = max(1, round(0.1 * px_per_mm))
    before, after = (
        ink[top:bottom, max(0, left - gap) : max(0, left - skip)],
        ink[top:bottom, right + skip : right + gap],
    )
    return any(_is_sign(side) for side in (before, after))


def _is_sign(strip: Mask) -> bool:
    """Whether the ink in a strip is anything but a straight wall from its top to its bottom."""
    if strip.size == 0 or not strip.any():
        return False
    full = strip.mean(axis=0) > 0.97
    return bool(strip[:, ~full].mean() > 0.03) if (~full).any() else False


def frames_among(
    found: Sequence[Outline],
    marks: Sequence[RectMm],
    ink: Mask,
    px_per_mm: float,
    settings: ShapeSettings = DEFAULT_SHAPES,
) -> list[RectMm]:
    """Frames to write in: large outlines that are empty, or their empty part below a caption; insides in mm, the
    innermost of nested ones.
    """
    wide, tall = settings.frame_mm
    large = [one for one in found if one.shape is Shape.BOX and one.rect.w >= wide and one.rect.h >= tall]
    kept: list[RectMm] = []
    for one in large:  # from small to large: one that holds another, or a mark, is not a writing area
        if any(_holds(one.rect, other) for other in (*kept, *marks)):
            continue
        free = _free_part(one.rect, ink, px_per_mm, settings)
        if free is not None:
            kept.append(free)
    return kept


def _free_part(rect: RectMm, ink: Mask, px_per_mm: float, settings: ShapeSettings) -> RectMm | None:
    """The inside of a frame, or its tallest empty band if something is printed at its top."""
    inset = rect.grown(-0.8)
    part = ink[
        round(inset.y * px_per_mm) : round(inset.bottom * px_per_mm),
        round(inset.x * px_per_mm) : round(inset.right * px_per_mm),
    ]
    if part.size == 0:
        return None
    if part.mean() <= settings.frame_ink:
        return rect.grown(-0.4)
    top, length = _tallest_run(part.mean(axis=1) <= settings.frame_ink)
    if length / px_per_mm < max(settings.frame_mm[1], 0.5 * inset.h):
        return None
    return RectMm(x=inset.x, y=inset.y + top / px_per_mm, w=inset.w, h=length / px_per_mm)


def _tallest_run(free: NDArray[np.bool_]) -> tuple[int, int]:
    """Start and length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], free.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    if len(starts) == 0:
        return 0, 0
    best = int(np.argmax(ends - starts))
    return int(starts[best]), int(ends[best] - starts[best])


def rules(
    ink: Mask,
    taken: Sequence[RectMm],
    px_per_mm: float,
    *,
    marks: Sequence[RectMm] = (),
    settings: ShapeSettings = DEFAULT_SHAPES,
) -> list[Rule]:
    """Writing lines, solid, dashed or dotted, with space above them; none along an outline in `taken`, none that
    separate rows of `marks`.
    """
    lines = sorted(_level_lines(ink, px_per_mm, settings), key=lambda line: line.y)
    printed = np.flatnonzero(ink.any(axis=0))
    width = (printed[-1] - printed[0]) / px_per_mm if len(printed) else 0.0
    found: list[Rule] = []
    for line in lines:
        if (
            any(_runs_along(rect, line) for rect in taken)
            or any(_parts_row(rect, line) for rect in marks)
            or _is_ornament(line, lines, width)
            or _is_corner(line, ink, px_per_mm)
        ):
            continue
        rule = _with_room(ink, line, px_per_mm, settings)
        if rule is not None:
            found.append(rule)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """A horizontal line on the page, in mm."""

    x: float
    right: float
    y: float
    thick: float


def _is_ornament(line: _Level, lines: Sequence[_Level], width: float) -> bool:
    """A line that divides the page: doubled, or across all of its print without a second writing line beside it."""
    others = [other for other in lines if other is not line and other.x < line.right and line.x < other.right]
    if any(abs(other.y - line.y) < 3.0 for other in others):
        return True
    alike = any(
        abs(other.y - line.y) <= 15.0 and abs(other.x - line.x) < 3.0 and abs(other.right - line.right) < 3.0
        for other in others
    )
    return line.right - line.x >= 0.8 * width and not alike


def _parts_row(mark: RectMm, line: _Level) -> bool:
    """Whether a line runs above or below a box between its ends: the line of a table."""
    return line.x - 1 <= mark.x and mark.right <= line.right + 1 and mark.y - 4.0 <= line.y <= mark.bottom + 4.0


def _is_corner(line: _Level, ink: Mask, px_per_mm: float) -> bool:
    """Whether a vertical line descends from an end: a corner of a frame or of the page, not a writing line."""
    top, bottom = round((line.y + line.thick / 2 + 0.2) * px_per_mm), round((line.y + line.thick / 2 + 2.2) * px_per_mm)
    ends = (
        ink[top:bottom, max(0, round((x - 0.7) * px_per_mm)) : round((x + 0.7) * px_per_mm)]
        for x in (line.x, line.right)
    )
    return any(end.size > 0 and bool(end.mean(axis=0).max() > 0.95) for end in ends)


def _runs_along(rect: RectMm, line: _Level) -> bool:
    return rect.y - 0.8 <= line.y <= rect.bottom + 0.8 and line.x < rect.right and rect.x < line.right


def _level_lines(ink: Mask, px_per_mm: float, settings: ShapeSettings) -> Iterator[_Level]:
    """Horizontal lines: solid ones, then dashed and dotted ones."""
    length = np.ones((1, round(settings.rule_mm * px_per_mm)), np.uint8)
    bridged = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    solid = cv2.morphologyEx(bridged, cv2.MORPH_OPEN, length)
    dots = cv2.morphologyEx(_dots(ink, px_per_mm), cv2.MORPH_CLOSE, np.ones((1, round(2.0 * px_per_mm)), np.uint8))
    dotted = cv2.morphologyEx(dots, cv2.MORPH_OPEN, length)
    beside = cv2.dilate(solid, np.ones((9, 9), np.uint8))
    for mask in (solid, np.where(beside > 0, 0, dotted).astype(np.uint8)):
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        for x, y, w, h, _ in (stats[1:] / px_per_mm).tolist():
            if h <= 0.9 and w >= settings.rule_mm:
                yield _Level(x=x, right=x + w, y=y + h / 2, thick=h)


def _dots(ink: Mask, px_per_mm: float) -> Mask:
    """Only the components that are dots or dashes."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    small = (stats[:, cv2.CC_STAT_HEIGHT] <= 0.6 * px_per_mm) & (stats[:, cv2.CC_STAT_WIDTH] <= 3.0 * px_per_mm)
    small[0] = False
    return np.asarray(small[labels], dtype=np.uint8)


def _with_room(ink: Mask, line: _Level, px_per_mm: float, settings: ShapeSettings) -> Rule | None:
    """The longest part of a line with space to write above it."""
    x, right, y = line.x, line.right, line.y
    bottom = round((y - line.thick / 2 - 0.35) * px_per_mm)
    top = max(0, bottom - round(settings.most_room_mm * px_per_mm))
    left_px, right_px = round(x * px_per_mm), round(right * px_per_mm)
    above = ink[top:bottom, left_px:right_px][::-1]
    if above.size == 0:
        return None
    free = np.where(above.any(axis=0), above.argmax(axis=0), above.shape[0])
    start, length = _tallest_run(free >= settings.room_mm * px_per_mm)
    height, width = (side / px_per_mm for side in ink.shape)
    rim = settings.rim_mm
    if length < settings.rule_mm * px_per_mm or y < rim or y > height - rim or x < 0.5 or right > width - 0.5:
        return None
    room = float(np.percentile(free[start : start + length], 2)) / px_per_mm
    begin = x + start / px_per_mm
    return Rule(x=begin, right=begin + length / px_per_mm, y=y, free=room + 0.35)


def without(found: Sequence[Outline], used: Sequence[RectMm]) -> list[Outline]:
    """The outlines that do not overlap `used`."""
    return [one for one in found if not any(one.rect.overlaps(rect) for rect in used)]
