"""The little pictures in the instructions: right marks, wrong marks, corrections."""

import math
from collections.abc import Callable

from scanform.i18n.texts import text
from scanform.layout.blocks import Block, Style, overlay
from scanform.layout.drawing import Box, Instruction, Stroke
from scanform.layout.labels import paragraph
from scanform.model.geometry import RectMm
from scanform.model.questionnaire import Filled

HEIGHT_MM = 8.0
"""Height of the strip; boxes are centred in it."""
STEP_MM = 9.0
"""From one box of a picture to the next."""
PEN_MM = 0.5
"""Width of the drawn pen strokes: a ballpoint pen."""
SHARES = (0.16, 0.28, 0.56)
"""Fractions of the line for right, wrong and corrected marks."""

_Picture = Callable[[float, float, float], tuple[Instruction, ...]]
"""Draws a box of a given size at (x, y) with a mark."""


def strip(*, width: float, style: Style) -> Block:
    """Right, wrong and corrected marks side by side, each with its words; where boxes are filled, a mark cannot be
    withdrawn.
    """
    top = (HEIGHT_MM - style.theme.box) / 2
    box = style.theme.box
    family = "fill" if style.questionnaire.filled is Filled.MARK else "mark"
    crossing: tuple[tuple[_Picture, ...], ...] = ((_crossed,), (_ticked, _circled), (_filled, _crossed))
    filling: tuple[tuple[_Picture, ...], ...] = ((_filled,), (_ticked, _crossed), ())
    shown = filling if family == "fill" else crossing
    left = 0.0
    blocks: list[Block] = []
    for name, makers, fraction in zip(("right", "wrong", "correct"), shown, SHARES, strict=True):
        drawing = tuple(
            item for index, maker in enumerate(makers) for item in maker(left + 0.5 + index * STEP_MM, top, box)
        )
        start = (
            0.5 + (len(makers) - 1) * STEP_MM + box + (3.0 if name == "wrong" else style.theme.label_gap)
            if makers
            else 0.0
        )
        caption = paragraph(
            text(f"layout.{family}-{name}", style.language),
            size_pt=style.theme.small_pt,
            width=width * fraction - start - 3.0,
            style=style,
        )
        height = max(HEIGHT_MM, caption.height)
        picture = Block(height=HEIGHT_MM, drawing=drawing)
        blocks.append(
            overlay(
                (picture.at(0.0, (height - HEIGHT_MM) / 2), caption.at(left + start, (height - caption.height) / 2)),
                height=height,
            )
        )
        left += width * fraction
    return overlay(blocks)


def _box(x: float, y: float, box: float, *, fill: float | None = None) -> Box:
    return Box(rect=RectMm(x=x, y=y, w=box, h=box), line=0.35, fill=fill)


def _crossed(x: float, y: float, box: float) -> tuple[Instruction, ...]:
    low, high = 0.16 * box, 0.86 * box
    return (
        _box(x, y, box),
        Stroke(points=((x + low, y + low), (x + high, y + high)), width=PEN_MM),
        Stroke(points=((x + high, y + low - 0.1), (x + low, y + high)), width=PEN_MM),
    )


def _ticked(x: float, y: float, box: float) -> tuple[Instruction, ...]:
    """A tick mostly outside its box."""
    points = ((x + 0.62 * box, y + 0.55 * box), (x + 0.85 * box, y + 0.85 * box), (x + 1.3 * box, y - 0.05 * box))
    return (_box(x, y, box), Stroke(points=points, width=PEN_MM))


def _circled(x: float, y: float, box: float) -> tuple[Instruction, ...]:
    angles = [math.radians(step) for step in range(0, 361, 15)]
    points = tuple(
        (x + box / 2 + 0.78 * box * math.cos(angle), y + box / 2 + 0.72 * box * math.sin(angle)) for angle in angles
    )
    return (_box(x, y, box), Stroke(points=points, width=PEN_MM))


def _filled(x: float, y: float, box: float) -> tuple[Instruction, ...]:
    return (_box(x, y, box, fill=0.0),)
