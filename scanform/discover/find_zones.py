"""A first proposal of the zones of a blank form: what can be ticked or written in, and which boxes belong to one
question.

Boxes in one row without words between them are a question; such rows one below the other are a matrix. Boxes with words
beside them are the answers of one question as long as they follow each other closely. People correct wrong guesses.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.discover.find_shapes import (
    DEFAULT_SHAPES,
    Mask,
    Outline,
    Rule,
    Shape,
    ShapeSettings,
    all_outlines,
    frames_among,
    ink_of,
    marks_among,
    rules,
)
from scanform.imaging.page_image import Gray
from scanform.model.geometry import RectMm, bounding_box
from scanform.model.layout import Zone, ZoneKind


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSettings:
    """Which shapes belong together."""

    cell_gap_mm: float = 2.2
    """mm; character cells are closer together."""
    cell_mm: float = 5.5
    """mm; minimum height of character cells that do not touch."""
    least_cells: int = 3
    """Minimum number of touching cells for them to be of any size."""
    group_gap: float = 1.4
    """Cells; maximum gap between groups of one answer."""
    row_share: float = 0.4
    """Relative to the height of a box; boxes of a row are that close to one line."""
    apart: float = 1.7
    """Multiple of the narrowest gap, or of the closest distance of two rows: wider ones separate two questions."""
    word_share: float = 0.02
    """Minimum inked fraction of a gap between boxes, 0..1, that counts as words."""
    pitch_mm: tuple[float, float] = (4.5, 14.0)
    """mm from one writing line to the next, from and to."""
    tails_mm: float = 1.5
    """mm by which the descenders of letters extend below the last line."""
    beside_mm: float = 75.0
    """mm; maximum distance to the right of a box at which a line for text beside it begins."""


DEFAULT_GROUPS = GroupSettings()

DIGITS = 10
"""Rows of a block in whose columns a number is marked, one digit each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A writing area: its rectangle and the number of its lines."""

    rect: RectMm
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """The content of one blank page: questions as rows of boxes (`group` numbers those of one matrix), rows of cells,
    writing areas.

    `digits` marks questions whose boxes are the digits 0 to 9.

    `beside` assigns areas to the box of a question: area number -> (question number, option number).
    """

    questions: tuple[tuple[RectMm, ...], ...]
    group: tuple[int | None, ...]
    digits: tuple[bool, ...]
    combs: tuple[tuple[RectMm, ...], ...]
    areas: tuple[Area, ...]
    beside: dict[int, tuple[int, int]]
    filled: bool


def find_page(
    gray: Gray, px_per_mm: float, *, shapes: ShapeSettings = DEFAULT_SHAPES, groups: GroupSettings = DEFAULT_GROUPS
) -> FoundPage:
    """All zones of a blank page (H, W), upright, at `px_per_mm` (best at 300 dpi); `filled`: it has more bubbles
    than boxes.
    """
    ink = ink_of(gray, px_per_mm, shapes)
    outlines = all_outlines(gray, px_per_mm, shapes)
    marks = marks_among(outlines, ink, px_per_mm, shapes)
    combs = _combs(marks, groups)
    in_cells = {id(one) for comb in combs for one in comb}
    boxes = [one for one in marks if id(one) not in in_cells]
    frames = frames_among(outlines, [one.rect for one in marks], ink, px_per_mm, shapes)
    taken = [*(one.rect for one in marks), *(one.rect for one in outlines if one.rect.w >= shapes.frame_mm[0])]
    lines = rules(ink, taken, px_per_mm, marks=[one.rect for one in marks], settings=shapes)
    areas = _areas(frames, lines, [one.rect for one in marks], groups)
    questions, group, digits = _questions(boxes, ink, px_per_mm, groups)
    ovals = sum(one.shape is Shape.OVAL for one in boxes)
    return FoundPage(
        questions=tuple(questions),
        group=tuple(group),
        digits=tuple(digits),
        combs=tuple(tuple(one.rect for one in comb) for comb in combs),
        areas=tuple(areas),
        beside=_beside(questions, areas, groups),
        filled=2 * ovals > len(boxes) > 0,
    )


def zones_of(pages: Sequence[FoundPage]) -> list[tuple[Zone, ...]]:
    """Zones page by page, with codes in reading order: questions q1, q2, ..., rows of a matrix q3r1, q3r2, ...,
    options 1, 2, ...
    """
    numbers = itertools.count(1)
    return [tuple(_named(page, numbers)) for page in pages]


# --- naming ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """An item that gets one number: the position of its first zone, and its questions, its comb or its area."""

    top: float
    left: float
    questions: tuple[int, ...] = ()
    comb: int | None = None
    area: int | None = None


def _named(page: FoundPage, numbers: "itertools.count[int]") -> Iterator[Zone]:
    for unit in sorted(_units(page), key=lambda one: (round(one.top / 4), one.left)):
        code = f"q{next(numbers)}"
        if unit.comb is not None:
            cells = page.combs[unit.comb]
            yield Zone(id=code, question=code, kind=ZoneKind.COMB, rect=bounding_box(cells), cells=cells)
        elif unit.area is not None:
            area = page.areas[unit.area]
            yield Zone(id=code, question=code, kind=ZoneKind.HANDWRITING, rect=area.rect, lines=area.lines)
        elif len(unit.questions) == 1 and page.group[unit.questions[0]] is None:
            yield from _marks(page, unit.questions[0], code, None)
        else:
            for row, question in enumerate(unit.questions, 1):
                yield from _marks(page, question, f"{code}r{row}", code)


def _units(page: FoundPage) -> Iterator[_Unit]:
    by_group: dict[int, list[int]] = {}
    for number, (boxes, group) in enumerate(zip(page.questions, page.group, strict=True)):
        if group is None:
            yield _Unit(top=min(box.y for box in boxes), left=min(box.x for box in boxes), questions=(number,))
        else:
            by_group.setdefault(group, []).append(number)
    for members in by_group.values():
        first = page.questions[members[0]]
        yield _Unit(top=first[0].y, left=first[0].x, questions=tuple(members))
    for number, cells in enumerate(page.combs):
        yield _Unit(top=cells[0].y, left=cells[0].x, comb=number)
    for number, area in enumerate(page.areas):
        if number not in page.beside:
            yield _Unit(top=area.rect.y, left=area.rect.x, area=number)


def _marks(page: FoundPage, number: int, code: str, group: str | None) -> Iterator[Zone]:
    boxes = page.questions[number]
    for place, rect in enumerate(boxes):
        option = place if page.digits[number] else place + 1
        yield Zone(
            id=f"{code}.{option}",
            question=code,
            kind=ZoneKind.MARK,
            rect=rect,
            option=str(option),
            group=group,
            multiple=len(boxes) == 1,
        )
        for area, owner in page.beside.items():
            if owner == (number, place):
                found = page.areas[area]
                yield Zone(
                    id=f"{code}.{option}.text",
                    question=code,
                    kind=ZoneKind.HANDWRITING,
                    rect=found.rect,
                    option=str(option),
                    group=group,
                    lines=found.lines,
                )


# --- cells and places to write ---------------------------------------------------------------------------------------


def _combs(marks: Sequence[Outline], settings: GroupSettings) -> list[list[Outline]]:
    """Rows of character cells: equal empty boxes close beside each other; small ones only if they touch and no row
    touches them above or below.
    """
    rows = _rows([one for one in marks if one.shape is Shape.BOX and one.white > 0.97], settings)
    found: list[list[Outline]] = []
    for row in rows:
        runs = _split(
            row, lambda one, other: other.rect.x - one.rect.right <= settings.cell_gap_mm and _same_size(one, other)
        )
        cells = [len(run) >= 2 and _are_cells(run, settings) and not _in_grid(run, rows) for run in runs]
        for number, run in enumerate(runs):
            beside = (
                number > 0
                and run[0].rect.x - runs[number - 1][-1].rect.right <= settings.group_gap * run[0].rect.w
                and _same_size(run[0], runs[number - 1][0])
            )
            if beside and found and found[-1][-1] is runs[number - 1][-1] and (cells[number] or len(run) == 1):
                found[-1] += run  # groups of one answer: day, month, year
            elif cells[number]:
                found.append(list(run))
    return found


def _are_cells(run: Sequence[Outline], settings: GroupSettings) -> bool:
    rect = run[0].rect
    gaps = [other.rect.x - one.rect.right for one, other in itertools.pairwise(run)]
    if max(gaps) <= 0.6:
        return len(run) >= settings.least_cells or rect.h >= settings.cell_mm
    return rect.h >= settings.cell_mm and (rect.h >= 1.1 * rect.w or max(gaps) <= 1.2)


def _in_grid(run: Sequence[Outline], rows: Sequence[Sequence[Outline]]) -> bool:
    """Whether another row of boxes in the same columns touches the run: a table of check boxes."""
    low, high = min(one.rect.y for one in run), max(one.rect.bottom for one in run)
    columns = {round(one.rect.x) for one in run}
    for row in rows:
        touches = min(abs(row[0].rect.y - high), abs(row[0].rect.bottom - low)) <= 0.6
        if touches and sum(round(one.rect.x) + step in columns for one in row for step in (-1, 0, 1)) >= len(run):
            return run[0].rect.h < 5.0
    return False


def _same_size(one: Outline, other: Outline) -> bool:
    return abs(one.rect.w - other.rect.w) <= 0.8 and abs(one.rect.h - other.rect.h) <= 0.8


def _areas(
    frames: Sequence[RectMm], lines: Sequence[Rule], marks: Sequence[RectMm], settings: GroupSettings
) -> list[Area]:
    """Frames, and writing lines: those of equal length and spacing are one writing area."""
    found = [Area(rect=rect, lines=max(1, round(rect.h / 9.0)) if rect.h > 12 else 1) for rect in frames]
    left = sorted(lines, key=lambda line: (round(line.x / 3), line.y))
    while left:
        block = [left.pop(0)]
        for line in list(left):
            if _continues(block, line, settings):
                block.append(line)
                left.remove(line)
        found.append(_block(block, settings))
    apart = [area for area in found if not any(area.rect.grown(-0.5).overlaps(rect) for rect in marks)]
    kept: list[Area] = []
    for area in sorted(apart, key=lambda one: -one.rect.w * one.rect.h):
        if not any(area.rect.overlaps(other.rect) for other in kept):
            kept.append(area)
    return sorted(kept, key=lambda area: (area.rect.y, area.rect.x))


def _continues(block: Sequence[Rule], line: Rule, settings: GroupSettings) -> bool:
    last = block[-1]
    step = line.y - last.y
    even = len(block) < 2 or abs(step - (last.y - block[-2].y)) <= 1.0
    alike = abs(line.x - last.x) <= 3.0 and abs(line.right - last.right) <= 3.0
    return alike and even and settings.pitch_mm[0] <= step <= settings.pitch_mm[1] and line.free >= step - 1.2


def _block(block: Sequence[Rule], settings: GroupSettings) -> Area:
    pitch = block[1].y - block[0].y if len(block) > 1 else 10.0
    top = block[0].y - min(pitch, block[0].free)
    x, right = min(line.x for line in block), max(line.right for line in block)
    return Area(rect=RectMm(x=x, y=top, w=right - x, h=block[-1].y + settings.tails_mm - top), lines=len(block))


# --- questions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Boxes side by side; `words` are between them (each has its own label), `led` by words to their left."""

    boxes: tuple[Outline, ...]
    words: bool
    led: bool

    @property
    def y(self) -> float:
        """The middle of the row."""
        return float(np.mean([one.rect.centre.y for one in self.boxes]))


def _questions(
    boxes: Sequence[Outline], ink: Mask, px_per_mm: float, settings: GroupSettings
) -> tuple[list[tuple[RectMm, ...]], list[int | None], list[bool]]:
    """The boxes of each question in order, the number of its matrix, whether its boxes are the digits 0 to 9."""
    shown = _without_boxes(ink, boxes, px_per_mm)
    rows = [made for row in _rows(boxes, settings) for made in _described(row, shown, px_per_mm, settings)]
    grids = [row for row in rows if len(row.boxes) > 1 and not row.words]
    lists = [row for row in rows if row.words or len(row.boxes) == 1]
    questions: list[tuple[RectMm, ...]] = []
    group: list[int | None] = []
    digits: list[bool] = []
    for number, matrix in enumerate(_matrices(grids, settings)):
        members = [tuple(one.rect for one in row.boxes) for row in matrix]
        is_number = len(matrix) == DIGITS and not any(row.led for row in matrix)
        members = list(zip(*members, strict=True)) if is_number else members
        questions += members
        group += [number if len(matrix) > 1 and not is_number else None] * len(members)
        digits += [is_number] * len(members)
    for block in _blocks(lists, shown, px_per_mm, settings):
        parts = _side_by_side(block, shown, px_per_mm)
        questions += parts
        group += [None] * len(parts)
        digits += [False] * len(parts)
    return questions, group, digits


def _side_by_side(block: Sequence[RectMm], shown: Mask, px_per_mm: float) -> list[tuple[RectMm, ...]]:
    """The columns of a block, split where a new question text begins above one: two questions side by side."""
    top = min(rect.y for rect in block)
    lefts = sorted({round(rect.x, 1) for rect in block if rect.y < top + rect.h})
    above = shown[max(0, round((top - 9.0) * px_per_mm)) : max(0, round((top - 0.8) * px_per_mm))]
    if len(lefts) < 2 or above.size == 0:
        return [tuple(block)]
    inked = np.asarray(above.any(axis=0), dtype=np.bool_)
    quiet = round(6.0 * px_per_mm)
    cuts = [left for left in lefts[1:] if _begins_near(inked, left, quiet, px_per_mm)]
    parts = [
        tuple(rect for rect in block if low - 2 <= rect.x < high - 2)
        for low, high in itertools.pairwise([0.0, *cuts, 10_000.0])
    ]
    return [part for part in parts if part]


def _begins_near(inked: NDArray[np.bool_], left: float, quiet: int, px_per_mm: float) -> bool:
    """Whether words of 10 mm or more begin within 3 mm of `left`, after a gap as wide as `quiet`."""
    low, high = round((left - 3.0) * px_per_mm), round((left + 3.0) * px_per_mm)
    starts = np.flatnonzero(inked[low:high])
    if len(starts) == 0:
        return False
    start = low + int(starts[0])
    words = inked[start : start + round(12.0 * px_per_mm)]
    return not inked[max(0, start - quiet) : start].any() and bool(words.mean() > 0.4)


def _rows(boxes: Sequence[Outline], settings: GroupSettings) -> list[list[Outline]]:
    """Boxes of similar size whose centres are at one height, from left to right; rows from top to bottom."""
    rows: list[list[Outline]] = []
    for one in sorted(boxes, key=lambda box: (box.rect.centre.y, box.rect.x)):
        fits = (
            row
            for row in rows[-12:]
            if _same_size(row[0], one)
            and abs(row[0].rect.centre.y - one.rect.centre.y) <= settings.row_share * one.rect.h
        )
        row = next(fits, None)
        if row is None:
            rows.append([one])
        else:
            row.append(one)
    return [sorted(row, key=lambda one: one.rect.x) for row in rows]


def _split(row: Sequence[Outline], together: Callable[[Outline, Outline], bool]) -> list[list[Outline]]:
    runs = [[row[0]]]
    for one, other in itertools.pairwise(row):
        if together(one, other):
            runs[-1].append(other)
        else:
            runs.append([other])
    return runs


def _without_boxes(ink: Mask, boxes: Sequence[Outline], px_per_mm: float) -> Mask:
    """The ink of a page without the boxes: words and lines."""
    left = ink.copy()
    for one in boxes:
        rect = one.rect.grown(0.4)
        left[
            max(0, round(rect.y * px_per_mm)) : round(rect.bottom * px_per_mm),
            max(0, round(rect.x * px_per_mm)) : round(rect.right * px_per_mm),
        ] = 0
    tall = max(3, round(8 * px_per_mm))  # walls of tables are not words
    walls = cv2.morphologyEx(left, cv2.MORPH_OPEN, np.ones((tall, 1), np.uint8))
    return np.where(walls > 0, 0, left).astype(np.uint8)


def _described(row: Sequence[Outline], shown: Mask, px_per_mm: float, settings: GroupSettings) -> Iterator[_Row]:
    """The questions side by side in a row of boxes."""
    steps = [other.rect.x - one.rect.x for one, other in itertools.pairwise(row)]
    closest = min(steps, default=0.0)
    free = [
        not _has_words(shown, one.rect, (one.rect.right, other.rect.x), px_per_mm, settings)
        for one, other in itertools.pairwise(row)
    ]
    if any(free):  # boxes with nothing between belong together, words divide
        closest = min(step for step, is_free in zip(steps, free, strict=True) if is_free)
        ends = [
            at
            for at, (step, is_free) in enumerate(zip(steps, free, strict=True))
            if not is_free or step > settings.apart * closest
        ]
        starts = [0, *(end + 1 for end in ends), len(row)]
        parts = [tuple(row[start:end]) for start, end in itertools.pairwise(starts)]
    else:
        parts = [tuple(row)]
    for part in parts:
        words = len(part) > 1 and not any(free)
        before = max(
            (one.rect.right for one in row if one.rect.right < part[0].rect.x), default=max(0.0, part[0].rect.x - 60)
        )
        yield _Row(
            boxes=part, words=words, led=_has_words(shown, part[0].rect, (before, part[0].rect.x), px_per_mm, settings)
        )


def _has_words(shown: Mask, rect: RectMm, span: tuple[float, float], px_per_mm: float, settings: GroupSettings) -> bool:
    """Whether there are words at the height of `rect` between two positions."""
    left, right = span
    top, bottom = rect.y + 0.1 * rect.h, rect.bottom - 0.1 * rect.h
    part = shown[
        round(top * px_per_mm) : round(bottom * px_per_mm),
        round((left + 0.4) * px_per_mm) : round((right - 0.4) * px_per_mm),
    ]
    return (
        part.size > 0
        and bool(part.any(axis=0).mean() > settings.word_share)
        and bool(part.any(axis=0).sum() >= 0.5 * px_per_mm)
    )


def _matrices(rows: Sequence[_Row], settings: GroupSettings) -> list[list[_Row]]:
    """Rows with equal columns one below the other."""
    found: list[list[_Row]] = []
    for row in sorted(rows, key=lambda one: one.y):
        fits = [matrix for matrix in found if _next_row(matrix, row, settings)]
        if fits:
            fits[-1].append(row)
        else:
            found.append([row])
    return found


def _next_row(matrix: Sequence[_Row], row: _Row, settings: GroupSettings) -> bool:
    last = matrix[-1]
    if len(last.boxes) != len(row.boxes) or any(
        abs(one.rect.x - other.rect.x) > 1.0 for one, other in zip(last.boxes, row.boxes, strict=True)
    ):
        return False
    step = row.y - last.y
    usual = matrix[1].y - matrix[0].y if len(matrix) > 1 else 4.0 * row.boxes[0].rect.h
    return 0 < step <= settings.apart * usual


def _blocks(rows: Sequence[_Row], shown: Mask, px_per_mm: float, settings: GroupSettings) -> Iterator[list[RectMm]]:
    """Answers with their own labels: rows that follow each other closely are one question, unless each row is preceded
    by words of its own.
    """
    blocks: list[list[_Row]] = []
    for row in sorted(rows, key=lambda one: (one.y, one.boxes[0].rect.x)):
        home = next((block for block in reversed(blocks) if _next_answer(block, row, shown, px_per_mm, settings)), None)
        if home is None:
            blocks.append([row])
        else:
            home.append(row)
    for block in blocks:
        if all(row.led and len(row.boxes) > 1 for row in block):
            yield from ([one.rect for one in row.boxes] for row in block)
        else:
            yield _downwards([one.rect for row in block for one in row.boxes])


def _next_answer(block: Sequence[_Row], row: _Row, shown: Mask, px_per_mm: float, settings: GroupSettings) -> bool:
    last = block[-1]
    if not _same_size(last.boxes[0], row.boxes[0]):
        return False
    step, height = row.y - last.y, row.boxes[0].rect.h
    steps = [other.y - one.y for one, other in itertools.pairwise(block) if other.y - one.y > 0.5 * height]
    columns = {round(one.rect.x) for member in block for one in member.boxes}
    aligned = any(round(one.rect.x) + shift in columns for one in row.boxes for shift in (-1, 0, 1))
    if not aligned or step > settings.apart * min(steps, default=3.2 * height):
        return False
    left = min(one.rect.x for one in (*last.boxes, *row.boxes))
    return not _line_between(shown, last, row, left, px_per_mm)


def _line_between(shown: Mask, last: _Row, row: _Row, left: float, px_per_mm: float) -> bool:
    """Whether a line of words that begins at the boxes or left of them lies between two rows: the text of the next
    question.
    """
    top, bottom = max(one.rect.bottom for one in last.boxes) + 0.6, min(one.rect.y for one in row.boxes) - 0.6
    if bottom - top < 2.0:
        return False
    width = row.boxes[0].rect.w
    part = shown[
        round(top * px_per_mm) : round(bottom * px_per_mm),
        max(0, round((left - 4.0) * px_per_mm)) : round((left + width) * px_per_mm),
    ]
    return part.size > 0 and bool(part.any(axis=1).sum() >= 1.2 * px_per_mm)


def _downwards(rects: Sequence[RectMm]) -> list[RectMm]:
    """Column by column, each from top to bottom."""
    columns: list[list[RectMm]] = []
    for rect in sorted(rects, key=lambda one: one.x):
        if columns and abs(columns[-1][0].x - rect.x) <= 1.5:
            columns[-1].append(rect)
        else:
            columns.append([rect])
    return [rect for column in columns for rect in sorted(column, key=lambda one: one.y)]


def _beside(
    questions: Sequence[tuple[RectMm, ...]], areas: Sequence[Area], settings: GroupSettings
) -> dict[int, tuple[int, int]]:
    """Writing areas directly to the right of a box, for text beside that answer."""
    found: dict[int, tuple[int, int]] = {}
    for number, area in enumerate(areas):
        if area.lines > 1 or area.rect.h > 14:
            continue
        written = area.rect.bottom - min(area.rect.h / 2, 3.5)  # the middle of letters on the line
        left = [
            (area.rect.x - box.right, question, option)
            for question, boxes in enumerate(questions)
            for option, box in enumerate(boxes)
            if box.right < area.rect.x and abs(box.centre.y - written) <= 0.8 * box.h
        ]
        if left and min(left)[0] <= settings.beside_mm and (min(left)[1:] not in found.values()):
            found[number] = min(left)[1:]
    return found
