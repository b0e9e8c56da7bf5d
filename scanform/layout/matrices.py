"""Matrices: rows of check boxes under common column heads."""

from collections.abc import Sequence
from dataclasses import dataclass

from scanform.i18n.texts import text
from scanform.layout.answers import check_box, too_wide
from scanform.layout.blocks import Block, Style, stack
from scanform.layout.drawing import REGULAR, Instruction, Line, TextRun
from scanform.layout.labels import label_block, matrix_hint
from scanform.layout.textflow import line_height, runs, wrap
from scanform.model.questionnaire import Matrix, Question

RULE_GRAY = 0.5
COLUMN_MM = 16.0
"""Usual width of a column."""
WIDEST_COLUMN_MM = 24.0
COLUMNS_SHARE = 0.62
"""Maximum fraction of the line for all columns together."""
HEAD_GAP_MM = 2.5
"""Between heads of neighbouring columns."""
HEAD_FOOT_MM = 1.0
"""Between the heads and the rule below them."""
ROW_PADDING_MM = 1.6
"""Total white space above and below a row text of several lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixParts:
    """A matrix as its text, its text on later pages, its column heads, and its rows."""

    label: Block
    again: Block
    head: Block
    rows: tuple[Block, ...]


def matrix_parts(matrix: Matrix, *, width: float, style: Style) -> MatrixParts:
    """The pieces of a matrix: rows can go to the next page, where text and heads are repeated."""
    content, number = matrix.text.get(style.language), style.numbers[matrix.code]
    label_width, centres = _columns(matrix, width=width, style=style)
    return MatrixParts(
        label=label_block(content, hint=matrix_hint(matrix, style), number=number, width=width, style=style),
        again=label_block(
            content, hint=text("layout.continued", style.language), number=number, width=width, style=style
        ),
        head=_head(matrix, centres, width=width, style=style),
        rows=tuple(_row(row, label_width, centres, width=width, style=style) for row in matrix.rows),
    )


def matrix_block(parts: MatrixParts, rows: Sequence[Block], *, again: bool, style: Style) -> Block:
    """Text, heads and some rows of a matrix as one block; `again` marks a continuation."""
    table = stack((parts.head, *rows))
    return stack((parts.again if again else parts.label, table), gap=style.theme.answer_gap / 2)


def _columns(matrix: Matrix, *, width: float, style: Style) -> tuple[float, tuple[float, ...]]:
    """Width of the row texts, and the centre of each column: equal columns on the right, with heads on one line if rows
    stay on one line.
    """
    theme, count = style.theme, len(matrix.options)
    heads = [option.text.get(style.language) for option in matrix.options]
    rows = [style.measure(row.text.get(style.language), REGULAR, theme.body_pt) for row in matrix.rows]
    column = _column(heads, count=count, width=width, style=style)
    if max(rows, default=0.0) > width - count * column - style.gutter - theme.label_gap:
        column = _column([word for head in heads for word in head.split()], count=count, width=width, style=style)
    if column < theme.row_pitch:
        raise too_wide(matrix.code)
    left = width - column * count
    return left - style.gutter - theme.label_gap, tuple(left + column * (index + 0.5) for index in range(count))


def _column(heads: Sequence[str], *, count: int, width: float, style: Style) -> float:
    """The width of a column that holds the widest of `heads` on one line, within limits."""
    wanted = max((style.measure(head, REGULAR, style.theme.small_pt) for head in heads), default=0.0) + HEAD_GAP_MM
    return min(max(COLUMN_MM, wanted), WIDEST_COLUMN_MM, width * COLUMNS_SHARE / count)


def _head(matrix: Matrix, centres: Sequence[float], *, width: float, style: Style) -> Block:
    """The column heads, centred above their boxes, standing on the first rule."""
    theme, measure = style.theme, style.measure
    column = 2 * (width - centres[-1])
    pitch = line_height(theme.small_pt, theme.leading)
    room = column - HEAD_GAP_MM + 0.01
    texts = [option.text.get(style.language) for option in matrix.options]
    wrapped = [wrap(content, font=REGULAR, size_pt=theme.small_pt, width=room, measure=measure) for content in texts]
    deepest = max(len(lines) for lines in wrapped)
    height = deepest * pitch + HEAD_FOOT_MM
    drawing: list[Instruction] = []
    for centre, lines in zip(centres, wrapped, strict=True):
        placed = runs(
            lines,
            x=0.0,
            y=(deepest - len(lines)) * pitch,
            font=REGULAR,
            size_pt=theme.small_pt,
            leading=theme.leading,
            measure=measure,
        )
        drawing.extend(_centred(run, centre) for run in placed)
    drawing.append(_rule(height, width, style))
    return Block(height=height, drawing=tuple(drawing))


def _centred(run: TextRun, centre: float) -> TextRun:
    return TextRun(
        text=run.text,
        x=centre - run.width / 2,
        y=run.y,
        font=run.font,
        size_pt=run.size_pt,
        width=run.width,
        gray=run.gray,
    )


def _rule(y: float, width: float, style: Style) -> Line:
    return Line(x1=style.gutter, y1=y, x2=width, y2=y, width=style.theme.rule, gray=RULE_GRAY)


def _row(row: Question, label_width: float, centres: Sequence[float], *, width: float, style: Style) -> Block:
    theme = style.theme
    lines = wrap(
        row.text.get(style.language), font=REGULAR, size_pt=theme.body_pt, width=label_width, measure=style.measure
    )
    pitch = line_height(theme.body_pt, theme.leading)
    height = max(theme.row_pitch, len(lines) * pitch + ROW_PADDING_MM)
    top = (height - len(lines) * pitch) / 2
    label = runs(
        lines, x=style.gutter, y=top, font=REGULAR, size_pt=theme.body_pt, leading=theme.leading, measure=style.measure
    )
    y = (height - theme.box) / 2
    boxes = [
        check_box(row, option, x=centre - theme.box / 2, y=y, style=style)
        for option, centre in zip(row.options, centres, strict=True)
    ]
    return Block(
        height=height,
        drawing=(*label, *(box for box, _ in boxes), _rule(height, width, style)),
        zones=tuple(zone for _, zone in boxes),
    )
