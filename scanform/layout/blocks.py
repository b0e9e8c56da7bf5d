"""Building blocks of a form: drawing and zones relative to a block's own top left corner, to be stacked or placed side
by side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scanform.layout.drawing import BOLD, Instruction, Measure, moved, moved_rect
from scanform.layout.themes import Theme
from scanform.model.layout import Zone
from scanform.model.questionnaire import Question, Questionnaire

NUMBER_GAP_MM = 1.5
"""Minimum white space between the number of a question and its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What every block needs: the theme, the language, text metrics, and the printed number of each question."""

    theme: Theme
    language: str
    measure: Measure
    questionnaire: Questionnaire
    numbers: Mapping[str, int]

    @property
    def gutter(self) -> float:
        """Where texts start, in mm: check boxes and the numbers of questions stand to the left of it."""
        widest = self.measure("0" * len(str(len(self.numbers))), BOLD, self.theme.body_pt)
        return max(self.theme.box + self.theme.label_gap, widest + NUMBER_GAP_MM)

    def columns(self, width: float, count: int) -> tuple[float, ...]:
        """The left edges of `count` equal columns, separated by a gap."""
        step = (width + self.theme.column_gap) / count
        return tuple(index * step for index in range(count))

    def column_width(self, width: float, count: int) -> float:
        """The width of one of `count` equal columns."""
        return (width - (count - 1) * self.theme.column_gap) / count

    def asked(self, code: str) -> Question | None:
        """The question with this code."""
        return self.questionnaire.question(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of a form, `height` mm tall, with its origin at the top left corner."""

    height: float
    drawing: tuple[Instruction, ...] = ()
    zones: tuple[Zone, ...] = ()

    def at(self, x: float, y: float) -> "Block":
        """The block's content shifted by (x, y) mm; the height stays."""
        return Block(
            height=self.height,
            drawing=tuple(moved(item, x, y) for item in self.drawing),
            zones=tuple(_moved_zone(zone, x, y) for zone in self.zones),
        )


EMPTY = Block(height=0.0)


def _moved_zone(zone: Zone, dx: float, dy: float) -> Zone:
    return replace(
        zone, rect=moved_rect(zone.rect, dx, dy), cells=tuple(moved_rect(cell, dx, dy) for cell in zone.cells)
    )


def stack(blocks: Sequence[Block], *, gap: float = 0.0) -> Block:
    """Blocks below each other, `gap` mm apart; blocks without height take no gap."""
    y = 0.0
    placed: list[Block] = []
    for block in (block for block in blocks if block.height > 0):
        y += gap if placed else 0.0
        placed.append(block.at(0.0, y))
        y += block.height
    return overlay(placed, height=y)


def overlay(blocks: Sequence[Block], *, height: float | None = None) -> Block:
    """Blocks in one frame, each in place; as tall as the tallest unless `height` is given."""
    return Block(
        height=max((block.height for block in blocks), default=0.0) if height is None else height,
        drawing=tuple(item for block in blocks for item in block.drawing),
        zones=tuple(zone for block in blocks for zone in block.zones),
    )
