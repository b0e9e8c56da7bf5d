"""An annotated page image for people: zones with notes in the margins, or what was detected on a page that was not
read.

States differ in line and sign, not in colour alone: a solid line is sure, a thick dashed one waits for a person, a
dotted one was not in the image. Text is set in the font that the forms are printed with.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scanform.imaging.page_image import Gray
from scanform.model.geometry import RectMm

Point = tuple[float, float]
Colour = tuple[int, int, int]

PX_PER_MM = 8.0
"""Scale of the page in the image: small print stays readable and the file below 3 MB."""


class Look(StrEnum):
    """How a zone is drawn."""

    EMPTY = "empty"
    SURE = "sure"
    REVIEW = "review"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnZone:
    """A zone on the page: `number` is drawn in it, `note` (a headline and lines below it) in the margin, `brief`
    instead where there are too many notes.

    Without a note it is only outlined.
    """

    rect: RectMm
    look: Look
    number: str
    note: tuple[str, ...] = ()
    brief: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnShape:
    """Something detected in an image that was not read: a closed line through points in px, with a label."""

    points: tuple[Point, ...]
    label: str
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The surroundings of the page: `title`, `head` lines below it, `legend` texts by look."""

    title: str
    head: tuple[str, ...]
    legend: tuple[tuple[Look, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureStyle:
    """Measures of the image, in px."""

    margin: int = 560
    """Width of a margin for notes."""
    gutter: int = 46
    """Distance between the page and the notes, for the leader lines."""
    title_size: int = 34
    """Font size of the title."""
    head_size: int = 24
    """Font size of the lines below the title."""
    note_sizes: tuple[int, ...] = (24, 21, 18)
    """Font sizes of notes: they shrink to the last one before they continue below the page."""
    number_size: int = 17
    """Font size of the number in a zone."""
    gap: int = 12
    """Vertical distance between notes."""
    page_width: int = 1680
    """Width of an image that was not read."""


STYLE = PictureStyle()

_PACKAGE = "fontpkg_atkinson_hyperlegible"
_INK: Colour = (25, 30, 36)
_SOFT: Colour = (95, 104, 114)
_COLOURS: dict[Look, Colour] = {
    Look.EMPTY: (120, 130, 140),
    Look.SURE: (0, 92, 168),
    Look.REVIEW: (196, 62, 0),
    Look.OUTSIDE: (140, 0, 110),
}
"""Blue and vermilion are distinguishable with every kind of colour vision; the line style repeats the information."""

_WIDTHS = {Look.EMPTY: 1, Look.SURE: 3, Look.REVIEW: 5, Look.OUTSIDE: 4}
_DASHES: dict[Look, tuple[int, int] | None] = {
    Look.EMPTY: None,
    Look.SURE: None,
    Look.REVIEW: (14, 8),
    Look.OUTSIDE: (3, 7),
}
_SIGNS = {Look.EMPTY: "", Look.SURE: "", Look.REVIEW: "? ", Look.OUTSIDE: "× "}


@cache
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Atkinson Hyperlegible at `size` px."""
    name = f"AtkinsonHyperlegible-{'Bold' if bold else 'Regular'}.ttf"
    return ImageFont.truetype(BytesIO(resources.files(_PACKAGE).joinpath("files", name).read_bytes()), size)


def draw_page(page: Gray, zones: Sequence[DrawnZone], frame: Frame, style: PictureStyle = STYLE) -> bytes:
    """PNG: the flattened page (H, W at `PX_PER_MM`, 0 = black) with its zones, their notes to both sides, head and
    legend.
    """
    sides = _sides(zones, page.shape[1] / PX_PER_MM)
    sides = (
        sides
        if _note_size(sides, page.shape[0], style)
        else _sides([replace(zone, note=zone.brief or zone.note) for zone in zones], page.shape[1] / PX_PER_MM)
    )
    size = _note_size(sides, page.shape[0], style) or style.note_sizes[-1]
    notes = [
        note
        for side, zones_there in enumerate(sides)
        for note in _set_column(zones_there, _column(side, page.shape[1], style), page.shape[0], size, style)
    ]
    height = max([page.shape[0], *(note.bottom for note in notes)])
    head = _head(frame, 2 * style.margin + page.shape[1], style)
    canvas = Image.new("RGB", (2 * style.margin + page.shape[1], head.height + height + _LEGEND_PX), "white")
    canvas.paste(head, (0, 0))
    canvas.paste(Image.fromarray(_pale(page)), (style.margin, head.height))
    pen = ImageDraw.Draw(canvas, "RGBA")
    origin = (float(style.margin), float(head.height))
    pen.rectangle(
        [style.margin - 1, head.height - 1, style.margin + page.shape[1], head.height + page.shape[0]], outline=_SOFT
    )
    for note in notes:
        _lead(pen, note, origin, size)
    for zone in zones:
        _outline_zone(pen, zone, origin, style)
    for note in notes:
        _write_note(pen, note, origin, size)
    _legend(pen, frame, (style.margin, head.height + height), style)
    return _png(canvas)


def draw_picture(picture: Gray, shapes: Sequence[DrawnShape], frame: Frame, style: PictureStyle = STYLE) -> bytes:
    """PNG: the image (H, W, upright) with what was detected in it, head and legend; shapes are in px of `picture`."""
    factor = style.page_width / picture.shape[1]
    shown = Image.fromarray(_pale(picture)).resize(
        (style.page_width, round(picture.shape[0] * factor)), Image.Resampling.LANCZOS
    )
    head = _head(frame, style.page_width, style)
    canvas = Image.new("RGB", (style.page_width, head.height + shown.height + _LEGEND_PX), "white")
    canvas.paste(head, (0, 0))
    canvas.paste(shown, (0, head.height))
    pen = ImageDraw.Draw(canvas, "RGBA")
    for shape in shapes:
        points = [(x * factor, y * factor + head.height) for x, y in shape.points]
        _closed(pen, points, shape.look)
        _tag(
            pen,
            shape.label,
            (min(x for x, _ in points), min(y for _, y in points) - style.head_size - 8),
            shape.look,
            style.head_size,
        )
    _legend(pen, frame, (20, head.height + shown.height), style)
    return _png(canvas)


_LEGEND_PX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """The position of the notes of one margin, in px from the page's left edge: the near end of their text, the start
    of their leader lines, the page's edge.
    """

    text_x: float
    start_x: float
    edge_x: float
    is_left: bool


def _column(side: int, page_width: int, style: PictureStyle) -> _Column:
    if side == 0:
        return _Column(text_x=-style.gutter - 6.0, start_x=-style.gutter, edge_x=-6.0, is_left=True)
    return _Column(
        text_x=page_width + style.gutter + 6.0,
        start_x=page_width + style.gutter,
        edge_x=page_width + 6.0,
        is_left=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A note at its place in a column: top and bottom in px of the page, its wrapped lines, the first `bold` of them
    its headline.
    """

    zone: DrawnZone
    column: _Column
    lines: tuple[str, ...]
    bold: int
    top: int
    bottom: int


def _sides(zones: Sequence[DrawnZone], width_mm: float) -> tuple[list[DrawnZone], list[DrawnZone]]:
    """Zones with notes for the left and the right margin: by position, then balanced, from top to bottom."""
    noted = sorted((zone for zone in zones if zone.note), key=lambda zone: zone.rect.centre.x)
    middle = sum(zone.rect.centre.x < width_mm / 2 for zone in noted)
    middle = min(max(middle, round(len(noted) * 0.4)), round(len(noted) * 0.6))
    left, right = noted[:middle], noted[middle:]
    return sorted(left, key=_height), sorted(right, key=_height)


def _height(zone: DrawnZone) -> tuple[float, float]:
    return zone.rect.centre.y, zone.rect.x


def _note_size(sides: tuple[list[DrawnZone], list[DrawnZone]], page_height: int, style: PictureStyle) -> int | None:
    """The largest font size at which the notes of both margins fit beside the page; None when they do not fit."""
    for size in style.note_sizes:
        if all(
            sum(len(_broken(zone, size, style)[0]) * _line(size) + style.gap for zone in side) <= page_height
            for side in sides
        ):
            return size
    return None


def _line(size: int) -> int:
    return round(size * 1.22)


def _broken(zone: DrawnZone, size: int, style: PictureStyle) -> tuple[tuple[str, ...], int]:
    """The note's lines, wrapped to the width of the margin, and how many of them are its headline."""
    room = style.margin - style.gutter - 20
    first = wrapped(f"{_SIGNS[zone.look]}{zone.note[0]}", room, font(size, bold=True))
    return tuple(first) + tuple(line for text in zone.note[1:] for line in wrapped(text, room, font(size))), len(first)


def wrapped(words: str, room: float, face: ImageFont.FreeTypeFont) -> list[str]:
    """`words` in lines no wider than `room` px; a word that is wider itself is broken."""
    lines = [""]
    for word in (piece for long in words.split() for piece in _cut(long, room, face)):
        trial = f"{lines[-1]} {word}".strip()
        if face.getlength(trial) <= room:
            lines[-1] = trial
        else:
            lines.append(word)
    return [line for line in lines if line] or [""]


def _cut(word: str, room: float, face: ImageFont.FreeTypeFont) -> list[str]:
    """A word in pieces no wider than `room` px."""
    if face.getlength(word) <= room or len(word) == 1:
        return [word]
    return _cut(word[: len(word) // 2], room, face) + _cut(word[len(word) // 2 :], room, face)


def _set_column(
    side: Sequence[DrawnZone], column: _Column, page_height: int, size: int, style: PictureStyle
) -> list[_Placed]:
    """Each note as near to its zone as those above it allow; a column that is too long starts higher, then continues
    below the page.
    """
    broken = [_broken(zone, size, style) for zone in side]
    heights = [len(lines) * _line(size) for lines, _ in broken]
    placed: list[_Placed] = []
    free = 0
    for number, (zone, (lines, bold), height) in enumerate(zip(side, broken, heights, strict=True)):
        after = sum(heights[number:]) + style.gap * (len(side) - number)
        wanted = round(zone.rect.centre.y * PX_PER_MM - _line(size) / 2)
        top = max(free, min(wanted, page_height - after))
        placed.append(_Placed(zone=zone, column=column, lines=lines, bold=bold, top=top, bottom=top + height))
        free = top + height + style.gap
    return placed


def _lead(pen: ImageDraw.ImageDraw, note: _Placed, origin: Point, size: int) -> None:
    """A thin line from the note's headline to the near upper corner of its zone, level on the page: above the printed
    words beside the box.
    """
    rect, column = note.zone.rect, note.column
    zone_y = origin[1] + (rect.y - 0.45) * PX_PER_MM
    zone_x = (rect.x - 0.5) * PX_PER_MM if column.is_left else (rect.right + 0.5) * PX_PER_MM
    start = (origin[0] + column.start_x, origin[1] + note.top + _line(size) * 0.5)
    pen.line(
        [start, (origin[0] + column.edge_x, zone_y), (origin[0] + zone_x, zone_y)],
        fill=(*_COLOURS[note.zone.look], 120),
        width=2,
    )


def _outline_zone(pen: ImageDraw.ImageDraw, zone: DrawnZone, origin: Point, style: PictureStyle) -> None:
    grown = zone.rect.grown(0.45)
    _closed(pen, [(origin[0] + p.x * PX_PER_MM, origin[1] + p.y * PX_PER_MM) for p in grown.corners], zone.look)
    if zone.look is Look.EMPTY and zone.number:
        middle = (origin[0] + zone.rect.centre.x * PX_PER_MM, origin[1] + zone.rect.centre.y * PX_PER_MM)
        size = min(style.number_size, max(9, round(zone.rect.w * PX_PER_MM * 0.42)))
        pen.text(middle, zone.number, font=font(size), fill=_SOFT, anchor="mm")


def _write_note(pen: ImageDraw.ImageDraw, note: _Placed, origin: Point, size: int) -> None:
    for number, line in enumerate(note.lines):
        is_head = number < note.bold
        place = (origin[0] + note.column.text_x, origin[1] + note.top + number * _line(size))
        pen.text(
            place,
            line,
            font=font(size, bold=is_head),
            fill=_COLOURS[note.zone.look] if is_head else _INK,
            anchor="ra" if note.column.is_left else "la",
        )


def _head(frame: Frame, width: int, style: PictureStyle) -> Image.Image:
    """Title and lines, wrapped to the width."""
    room = width - 40
    title = wrapped(frame.title, room, font(style.title_size, bold=True))
    lines = [line for text in frame.head for line in wrapped(text, room, font(style.head_size))]
    step = _line(style.head_size) + 4
    head = Image.new(
        "RGB", (width, 24 + len(title) * _line(style.title_size) + len(lines) * step + 18), (244, 246, 248)
    )
    pen = ImageDraw.Draw(head)
    y = 16
    for line in title:
        pen.text((20, y), line, font=font(style.title_size, bold=True), fill=_INK)
        y += _line(style.title_size)
    for line in lines:
        pen.text((20, y + 4), line, font=font(style.head_size), fill=_INK)
        y += step
    return head


def _legend(pen: ImageDraw.ImageDraw, frame: Frame, place: tuple[float, float], style: PictureStyle) -> None:
    x, y = place[0], place[1] + 18
    for look, words in frame.legend:
        _closed(pen, [(x, y), (x + 34, y), (x + 34, y + 26), (x, y + 26)], look)
        pen.text((x + 46, y + 13), words, font=font(style.number_size + 3), fill=_INK, anchor="lm")
        x += 46 + font(style.number_size + 3).getlength(words) + 40


def _tag(pen: ImageDraw.ImageDraw, words: str, place: Point, look: Look, size: int) -> None:
    """A label on white, so that it is legible on any image."""
    if not words:
        return
    box = pen.textbbox(place, words, font=font(size, bold=True))
    pen.rectangle([box[0] - 5, box[1] - 3, box[2] + 5, box[3] + 3], fill=(255, 255, 255, 225))
    pen.text(place, words, font=font(size, bold=True), fill=_COLOURS[look])


def _closed(pen: ImageDraw.ImageDraw, points: Sequence[Point], look: Look) -> None:
    """A closed line in the style of its look."""
    colour, width, dash = _COLOURS[look], _WIDTHS[look], _DASHES[look]
    for start, end in zip(points, [*points[1:], points[0]], strict=True):
        for a, b in [(start, end)] if dash is None else _pieces(start, end, dash):
            pen.line([a, b], fill=colour, width=width)


def _pieces(start: Point, end: Point, dash: tuple[int, int]) -> list[tuple[Point, Point]]:
    """The dashes of a line."""
    way = np.subtract(end, start)
    length = float(np.hypot(*way))
    places = np.arange(0, length, sum(dash))
    return [
        (
            tuple((start + way * (at / length)).tolist()),
            tuple((start + way * (min(at + dash[0], length) / length)).tolist()),
        )
        for at in places
    ]


def _pale(page: Gray) -> Gray:
    """The page in lighter greys with white paper, so that drawings stand out and ink stays clear."""
    paper = max(float(np.percentile(page[::7, ::7], 90)), 40.0)
    return np.asarray(np.clip(60 + page * (190.0 / paper), 0, 255), dtype=np.uint8)


def _png(canvas: Image.Image) -> bytes:
    out = BytesIO()
    canvas.save(out, "PNG", compress_level=6)
    return out.getvalue()
