"""Answer fields: check boxes, character cells, writing lines, room for a signature."""

from collections.abc import Sequence
from dataclasses import dataclass

from scanform.errors import TemplateError, words
from scanform.layout.blocks import EMPTY, Block, Style, overlay, stack
from scanform.layout.drawing import BOLD, REGULAR, Box, Instruction, Line, TextRun
from scanform.layout.textflow import CAP_HEIGHT, MM_PER_PT, baseline, line_height, runs, wrap
from scanform.model.geometry import RectMm, bounding_box
from scanform.model.layout import Zone, ZoneKind
from scanform.model.questionnaire import Alphabet, Option, Question, QuestionKind

MAX_COLUMNS = 4
"""Maximum number of answer columns in several rows; more are hard to follow by eye."""
WRAPPED_SHARE = 0.2
"""Maximum fraction of answers that take a second line before a grid gets fewer columns."""
SIGNATURE_MM = 13.0
"""Height of a signature zone."""
WRITE_DESCENT_MM = 1.5
"""How far a handwriting zone extends below its last line: the descenders of g, j, p."""
WRITEIN_LABEL_SHARE = 0.6
"""Maximum fraction of the line for the label of an answer with text beside it."""
WRITEIN_GAP_MM = 1.0
"""Between other answers and the room for text beside an answer."""
BASELINE_GAP_MM = 0.8
"""From the label beside a writing line down to that line."""
SEPARATORS = {
    Alphabet.DATE: {"de": ".", "en": "."},
    Alphabet.TIME: {"de": ":", "en": ":"},
    Alphabet.DECIMAL: {"de": ",", "en": "."},
}
"""Characters printed between groups of cells."""


def answer_block(question: Question, *, width: float, style: Style) -> Block:
    """The answer field of a question, at most `width` mm wide; raises TemplateError if it does not fit."""
    if question.kind in {QuestionKind.SINGLE, QuestionKind.MULTIPLE}:
        return options_block(question, width=width, style=style)
    if question.kind is QuestionKind.COMB:
        return cells_block(question, width=width, style=style)
    if question.kind is QuestionKind.SIGNATURE:
        return signature_block(question, width=width, style=style)
    return writing_block(
        Writer(id=question.code, question=question.code, group=question.group),
        width=width,
        lines=question.lines,
        style=style,
    )


def too_wide(code: str) -> TemplateError:
    """The error for a question that does not fit across its part of the page."""
    return TemplateError(words("layoutproblem.too-wide", code=code))


# Check boxes


def options_block(question: Question, *, width: float, style: Style) -> Block:
    """Check boxes in columns; an answer with text beside it takes a line of its own."""
    blocks: list[Block] = []
    plain: list[Option] = []
    for option in question.options:
        if option.writein:
            blocks.extend(
                (_grid(question, plain, width=width, style=style), _writein(question, option, width=width, style=style))
            )
            plain = []
        else:
            plain.append(option)
    blocks.append(_grid(question, plain, width=width, style=style))
    return stack([block for block in blocks if block.height > 0], gap=WRITEIN_GAP_MM)


def _grid(question: Question, options: Sequence[Option], *, width: float, style: Style) -> Block:
    """Check boxes in equal columns, read downwards; its height is from the first box to the last."""
    if not options:
        return EMPTY
    columns = option_columns(options, width=width, style=style)
    rows = -(-len(options) // columns)
    lefts, column_width = style.columns(width, columns), style.column_width(width, columns)
    spare = style.theme.row_pitch - style.theme.box
    lines: list[Block] = []
    for row in range(rows):
        cells = [
            (column, options[column * rows + row]) for column in range(columns) if column * rows + row < len(options)
        ]
        drawn = [(column, _option(question, option, width=column_width, style=style)) for column, option in cells]
        height = max(block.height for _, block in drawn)
        lines.append(
            overlay([block.at(lefts[column], (height - block.height) / 2) for column, block in drawn], height=height)
        )
    return stack(lines, gap=spare)


def option_columns(options: Sequence[Option], *, width: float, style: Style) -> int:
    """As many columns as the labels allow, but no more than that number of rows needs; one row may have more than
    `MAX_COLUMNS`.
    """
    for columns in range(len(options), 1, -1):
        if MAX_COLUMNS < columns < len(options):
            continue
        room = style.column_width(width, columns) - style.gutter
        if room < style.theme.box:
            continue
        lines = [len(_label_lines(option, room, style)) for option in options]
        if max(lines) <= 2 and sum(count > 1 for count in lines) <= (
            len(lines) * WRAPPED_SHARE if columns < len(options) else 0
        ):
            rows = -(-len(options) // columns)
            return -(-len(options) // rows)
    return 1


def _label_lines(option: Option, room: float, style: Style) -> tuple[str, ...]:
    return wrap(
        option.text.get(style.language), font=REGULAR, size_pt=style.theme.body_pt, width=room, measure=style.measure
    )


def _option(question: Question, option: Option, *, width: float, style: Style) -> Block:
    """One check box and its label, centred on each other."""
    theme = style.theme
    pitch = line_height(theme.body_pt, theme.leading)
    lines = _label_lines(option, width - style.gutter, style)
    height = max(theme.box, len(lines) * pitch)
    top = (height - len(lines) * pitch) / 2
    label = runs(
        lines, x=style.gutter, y=top, font=REGULAR, size_pt=theme.body_pt, leading=theme.leading, measure=style.measure
    )
    box, zone = check_box(question, option, x=0.0, y=(height - theme.box) / 2, style=style)
    return Block(height=height, drawing=(box, *label), zones=(zone,))


def check_box(question: Question, option: Option, *, x: float, y: float, style: Style) -> tuple[Box, Zone]:
    """An empty check box at (x, y) and its zone; the rectangle is the outer edge of the line."""
    rect = RectMm(x=x, y=y, w=style.theme.box, h=style.theme.box)
    zone = Zone(
        id=f"{question.code}.{option.code}",
        question=question.code,
        kind=ZoneKind.MARK,
        rect=rect,
        option=option.code,
        group=question.group,
        multiple=question.kind is QuestionKind.MULTIPLE,
    )
    return Box(rect=rect, line=style.theme.box_line), zone


def _writein(question: Question, option: Option, *, width: float, style: Style) -> Block:
    """A check box, its label and a writing line; the label stands on that line."""
    theme = style.theme
    room = (width - style.gutter) * WRITEIN_LABEL_SHARE
    lines = _label_lines(option, room, style)
    start = style.gutter + max(style.measure(line, REGULAR, theme.body_pt) for line in lines) + theme.label_gap
    writer = Writer(
        id=f"{question.code}.{option.code}.text", question=question.code, option=option.code, group=question.group
    )
    line = writing_block(writer, width=width - start, lines=1, style=style)
    box = _option(question, option, width=style.gutter + room, style=style)
    last_baseline = (
        box.height / 2
        + CAP_HEIGHT * theme.body_pt * MM_PER_PT / 2
        + (len(lines) - 1) * line_height(theme.body_pt, theme.leading) / 2
    )
    drop = max(0.0, theme.write_pitch - BASELINE_GAP_MM - last_baseline)
    line_top = drop + last_baseline + BASELINE_GAP_MM - theme.write_pitch
    height = max(drop + box.height + theme.row_pitch - theme.box - WRITEIN_GAP_MM, line_top + line.height)
    return overlay((box.at(0.0, drop), line.at(start, line_top)), height=height)


# Character cells


def cells_block(question: Question, *, width: float, style: Style) -> Block:
    """Separately spaced character cells in groups, with separators between and the unit after them."""
    theme = style.theme
    cells = _cell_rects(question.cells, style)
    drawing: list[Instruction] = [Box(rect=cell, line=theme.cell_line) for cell in cells]
    sign = SEPARATORS[question.alphabet][style.language] if question.alphabet in SEPARATORS else ""
    ends = [sum(question.cells[: index + 1]) - 1 for index in range(len(question.cells) - 1)]
    drawing.extend(_separator(sign, cells[end].right, style) for end in ends if sign)
    right = cells[-1].right
    if question.unit is not None:
        unit = _unit(question.unit.get(style.language), right + theme.label_gap, style)
        drawing.append(unit)
        right = unit.x + unit.width
    if right > width + 0.01:
        raise too_wide(question.code)
    code = question.code
    zone = Zone(
        id=code,
        question=code,
        kind=ZoneKind.COMB,
        rect=bounding_box(cells),
        group=question.group,
        cells=tuple(cells),
        alphabet=question.alphabet,
    )
    return Block(height=theme.cell_h, drawing=tuple(drawing), zones=(zone,))


def _cell_rects(groups: Sequence[int], style: Style) -> list[RectMm]:
    """The outlines of all cells, groups a little further apart than cells."""
    theme = style.theme
    cells: list[RectMm] = []
    x = 0.0
    for size in groups:
        for _ in range(size):
            cells.append(RectMm(x=x, y=0.0, w=theme.cell_w, h=theme.cell_h))
            x += theme.cell_w + theme.cell_gap
        x += theme.group_gap - theme.cell_gap
    return cells


def _separator(sign: str, x: float, style: Style) -> TextRun:
    """A printed separator centred in the gap that starts at `x`; stops and commas on the baseline, colons centred."""
    theme = style.theme
    width = style.measure(sign, BOLD, theme.body_pt)
    y = theme.cell_h / 2 + 1.0 if sign == ":" else theme.cell_h - 0.8
    return TextRun(text=sign, x=x + (theme.group_gap - width) / 2, y=y, font=BOLD, size_pt=theme.body_pt, width=width)


def _unit(unit: str, x: float, style: Style) -> TextRun:
    theme = style.theme
    y = baseline(theme.body_pt, theme.cell_h)
    return TextRun(
        text=unit, x=x, y=y, font=REGULAR, size_pt=theme.body_pt, width=style.measure(unit, REGULAR, theme.body_pt)
    )


# Handwriting


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Which answer a handwriting zone belongs to."""

    id: str
    question: str
    option: str | None = None
    group: str | None = None


def writing_block(writer: Writer, *, width: float, lines: int, style: Style) -> Block:
    """Writing lines; the zone extends from the space above the first line to the descenders below the last."""
    theme = style.theme
    heights = [theme.write_pitch * (index + 1) for index in range(lines)]
    drawing = tuple(Line(x1=0.0, y1=y, x2=width, y2=y, width=theme.write_line) for y in heights)
    height = heights[-1] + WRITE_DESCENT_MM
    rect = RectMm(x=0.0, y=0.0, w=width, h=height)
    zone = Zone(
        id=writer.id,
        question=writer.question,
        kind=ZoneKind.HANDWRITING,
        rect=rect,
        option=writer.option,
        group=writer.group,
        lines=lines,
    )
    return Block(height=height, drawing=drawing, zones=(zone,))


def signature_block(question: Question, *, width: float, style: Style) -> Block:
    """Room for a signature above a line."""
    y = SIGNATURE_MM - WRITE_DESCENT_MM
    rule = Line(x1=0.0, y1=y, x2=width, y2=y, width=style.theme.write_line)
    zone = Zone(
        id=question.code,
        question=question.code,
        kind=ZoneKind.SIGNATURE,
        rect=RectMm(x=0.0, y=0.0, w=width, h=SIGNATURE_MM),
    )
    return Block(height=SIGNATURE_MM, drawing=(rule,), zones=(zone,))
