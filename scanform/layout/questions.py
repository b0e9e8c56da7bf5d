"""Questions as blocks: the text above or beside its boxes, cells and writing lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from scanform.errors import TemplateError
from scanform.i18n.texts import text
from scanform.layout.blocks import EMPTY, Block, Style, overlay, stack
from scanform.layout.drawing import BOLD, REGULAR, Box, Instruction, Line, TextRun
from scanform.layout.textflow import MM_PER_PT, baseline, line_height, runs, wrap
from scanform.model.geometry import RectMm, bounding_box
from scanform.model.layout import Zone, ZoneKind
from scanform.model.questionnaire import Alphabet, Filled, Matrix, Option, Question, QuestionKind, Width

MAX_COLUMNS = 4
"""Most columns of answers; more are hard to follow by eye."""
WRAPPED_SHARE = 0.25
"""Share of answers that may take a second line before a grid gets fewer columns."""
SIGNATURE_MM = 15.0
"""Height of a signature zone."""
WRITE_DESCENT_MM = 1.5
"""How far a handwriting zone reaches below its last line: the tails of g, j, p."""
HINT_GRAY = 0.25
RULE_GRAY = 0.55


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A question as its text and its answers, to be joined above or beside each other."""

    label: Block
    answer: Block


def question_parts(question: Question, *, number: int, width: float, style: Style) -> Parts:
    """A question of the given width with its text above its answers."""
    label = label_block(question.text.get(style.language), hint=_hint(question, style), number=number, width=width, style=style)
    return Parts(label=label, answer=answer_block(question, width=width, style=style))


def question_block(question: Question, *, number: int, width: float, style: Style) -> Block:
    """A question over the whole line: beside its answers where these are short, else above them."""
    beside = _beside(question, number=number, width=width, style=style)
    if beside is not None:
        return beside
    parts = question_parts(question, number=number, width=width, style=style)
    return stack((parts.label, parts.answer), gap=style.theme.answer_gap)


def _beside(question: Question, *, number: int, width: float, style: Style) -> Block | None:
    """Text on the left half, answers on the right half, when both are short; else None."""
    if not _is_short(question):
        return None
    half = (width - style.theme.column_gap) / 2
    answer = answer_block(question, width=half, style=style)
    label = label_block(question.text.get(style.language), hint=_hint(question, style), number=number, width=half, style=style)
    if answer.height > max(style.theme.row_pitch, style.theme.cell_h, style.theme.write_pitch + WRITE_DESCENT_MM) + 0.01:
        return None
    height = max(answer.height, label.height)
    first_line = line_height(style.theme.body_pt, style.theme.leading)
    drop = max(0.0, (answer.height - first_line) / 2) if label.height <= answer.height else 0.0
    return overlay((label.at(0.0, min(drop, height - label.height)), answer.at(width - half, 0.0)), height=height)


def _is_short(question: Question) -> bool:
    if question.kind is QuestionKind.SINGLE:
        return not any(option.writein for option in question.options)
    return question.kind is QuestionKind.COMB or (question.kind is QuestionKind.HANDWRITING and question.lines == 1)


def label_block(content: str, *, hint: str, number: int | None, width: float, style: Style) -> Block:
    """The text of a question in bold, its hint behind it in small type, or below when there is no room."""
    theme = style.theme
    shown = f"{number}. {content}" if number is not None else content
    lines = wrap(shown, font=BOLD, size_pt=theme.body_pt, width=width, measure=style.measure)
    drawn = runs(lines, x=0.0, y=0.0, font=BOLD, size_pt=theme.body_pt, leading=theme.leading, measure=style.measure)
    height = len(lines) * line_height(theme.body_pt, theme.leading)
    if not hint:
        return Block(height=height, drawing=drawn)
    room = width - drawn[-1].width - 2.5
    if style.measure(hint, REGULAR, theme.small_pt) <= room:
        behind = TextRun(
            text=hint, x=drawn[-1].width + 2.5, y=drawn[-1].y, font=REGULAR, size_pt=theme.small_pt, width=style.measure(hint, REGULAR, theme.small_pt), gray=HINT_GRAY
        )
        return Block(height=height, drawing=(*drawn, behind))
    below = paragraph(hint, size_pt=theme.small_pt, width=width, style=style, gray=HINT_GRAY)
    return stack((Block(height=height, drawing=drawn), below))


def paragraph(content: str, *, size_pt: float, width: float, style: Style, font: str = REGULAR, gray: float = 0.0) -> Block:
    """Running text, left aligned."""
    lines = wrap(content, font=font, size_pt=size_pt, width=width, measure=style.measure)
    drawn = runs(lines, x=0.0, y=0.0, font=font, size_pt=size_pt, leading=style.theme.leading, measure=style.measure, gray=gray)
    return Block(height=len(lines) * line_height(size_pt, style.theme.leading), drawing=drawn)


def _hint(question: Question, style: Style) -> str:
    """The author's hint, or what everyone should know about this kind of question."""
    parts = []
    if question.only_if is not None and question.only_if.options:
        parts.append(_condition_hint(question, style))
    if question.hint is not None:
        parts.append(question.hint.get(style.language))
    elif question.kind is QuestionKind.MULTIPLE:
        parts.append(text("layout.several-fill" if style.filled is Filled.MARK else "layout.several", style.language))
    elif question.alphabet is Alphabet.DATE:
        parts.append(text("layout.date-parts", style.language))
    elif question.alphabet is Alphabet.TIME:
        parts.append(text("layout.time-parts", style.language))
    return "; ".join(parts)


def _condition_hint(question: Question, style: Style) -> str:
    return text("layout.only-if", style.language) if question.only_if is not None else ""


def answer_block(question: Question, *, width: float, style: Style) -> Block:
    """Where the answer goes: boxes, cells, writing lines or room for a signature."""
    if question.kind in {QuestionKind.SINGLE, QuestionKind.MULTIPLE}:
        return options_block(question, width=width, style=style)
    if question.kind is QuestionKind.COMB:
        return cells_block(question, width=width, style=style)
    if question.kind is QuestionKind.SIGNATURE:
        return _signature(question, width=width, style=style)
    return writing_block(question.code, question.code, width=width, lines=question.lines, style=style)


# Check boxes


def options_block(question: Question, *, width: float, style: Style) -> Block:
    """Check boxes in columns; an answer with text beside it takes a line of its own."""
    blocks: list[Block] = []
    plain: list[Option] = []
    for option in question.options:
        if option.writein:
            blocks.append(_grid(question, plain, width=width, style=style))
            blocks.append(_writein(question, option, width=width, style=style))
            plain = []
        else:
            plain.append(option)
    blocks.append(_grid(question, plain, width=width, style=style))
    return stack([block for block in blocks if block.height > 0])


def _grid(question: Question, options: Sequence[Option], *, width: float, style: Style) -> Block:
    """Check boxes in equal columns, read downwards."""
    if not options:
        return EMPTY
    columns = _columns(options, width=width, style=style)
    rows = -(-len(options) // columns)
    column_width = _column_width(width, columns, style)
    y = 0.0
    cells: list[Block] = []
    for row in range(rows):
        line = [(column, column * rows + row) for column in range(columns) if column * rows + row < len(options)]
        drawn = [(column, _option(question, options[index], width=column_width, style=style)) for column, index in line]
        cells.extend(block.at(column * (column_width + style.theme.column_gap), y) for column, block in drawn)
        y += max(block.height for _, block in drawn)
    return overlay(cells, height=y)


def _column_width(width: float, columns: int, style: Style) -> float:
    return (width - (columns - 1) * style.theme.column_gap) / columns


def _columns(options: Sequence[Option], *, width: float, style: Style) -> int:
    """As many columns as the labels allow, but no more than needed for that number of rows."""
    most = MAX_COLUMNS if len(options) > MAX_COLUMNS + 1 else len(options)
    for columns in range(min(most, len(options)), 1, -1):
        room = _column_width(width, columns, style) - style.theme.box - style.theme.label_gap
        lines = [len(_label_lines(option, room, style)) for option in options]
        if room > 0 and max(lines) <= 2 and sum(count > 1 for count in lines) <= (len(lines) * WRAPPED_SHARE if columns < len(options) else 0):
            rows = -(-len(options) // columns)
            return -(-len(options) // rows)
    return 1


def _label_lines(option: Option, room: float, style: Style) -> tuple[str, ...]:
    if room <= style.theme.box:
        return ("", "", "")
    return wrap(option.text.get(style.language), font=REGULAR, size_pt=style.theme.body_pt, width=room, measure=style.measure)


def _option(question: Question, option: Option, *, width: float, style: Style) -> Block:
    """One check box and its label; the first line of the label is centred on the box."""
    theme = style.theme
    top = (theme.row_pitch - theme.box) / 2
    pitch = line_height(theme.body_pt, theme.leading)
    lines = _label_lines(option, width - theme.box - theme.label_gap, style)
    label_top = top + (theme.box - pitch) / 2
    label = runs(lines, x=theme.box + theme.label_gap, y=label_top, font=REGULAR, size_pt=theme.body_pt, leading=theme.leading, measure=style.measure)
    box, zone = check_box(question, option, x=0.0, y=top, style=style)
    height = max(theme.row_pitch, label_top + len(lines) * pitch + (theme.row_pitch - theme.box) / 2)
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
    """A check box, its label and a line to write on."""
    theme = style.theme
    label_room = (width - theme.box - theme.label_gap) * 0.6
    lines = _label_lines(option, label_room, style)
    label_width = max(style.measure(line, REGULAR, theme.body_pt) for line in lines)
    start = theme.box + theme.label_gap + label_width + theme.label_gap
    line = writing_block(f"{question.code}.{option.code}.text", question.code, width=width - start, lines=1, style=style, option=option.code, group=question.group)
    box = _option(question, option, width=theme.box + theme.label_gap + label_room, style=style)
    drop = theme.write_pitch - (theme.row_pitch + theme.box) / 2 - 0.6
    return overlay((box.at(0.0, drop), line.at(start, 0.0)), height=max(box.height + drop, line.height))


# Character cells


def cells_block(question: Question, *, width: float, style: Style) -> Block:
    """Separately spaced character cells in groups, with separators and the unit behind."""
    theme = style.theme
    separator = {Alphabet.DATE: ".", Alphabet.TIME: ":", Alphabet.DECIMAL: "," if style.language == "de" else "."}.get(question.alphabet or Alphabet.DIGITS, "")
    x = 0.0
    cells: list[RectMm] = []
    drawing: list[Instruction] = []
    for index, size in enumerate(question.cells):
        if index:
            if separator:
                drawing.append(_separator(separator, x - theme.cell_gap, style))
            x += theme.group_gap - theme.cell_gap
        for _ in range(size):
            cells.append(RectMm(x=x, y=0.0, w=theme.cell_w, h=theme.cell_h))
            x += theme.cell_w + theme.cell_gap
    drawing.extend(Box(rect=cell, line=theme.cell_line) for cell in cells)
    right = x - theme.cell_gap
    if question.unit is not None:
        unit = _unit(question.unit.get(style.language), right + theme.label_gap, style)
        drawing.append(unit)
        right = unit.x + unit.width
    if right > width + 0.01:
        raise too_wide(question.code, style)
    zone = Zone(
        id=question.code, question=question.code, kind=ZoneKind.COMB, rect=bounding_box(cells), group=question.group, cells=tuple(cells), alphabet=question.alphabet
    )
    return Block(height=theme.cell_h, drawing=tuple(drawing), zones=(zone,))


def _separator(sign: str, x: float, style: Style) -> TextRun:
    """A printed sign in the middle of the gap that starts at `x`."""
    theme = style.theme
    width = style.measure(sign, BOLD, theme.body_pt)
    y = theme.cell_h / 2 + 1.2 if sign == ":" else theme.cell_h - 0.6
    return TextRun(text=sign, x=x + (theme.group_gap - width) / 2, y=y, font=BOLD, size_pt=theme.body_pt, width=width)


def _unit(unit: str, x: float, style: Style) -> TextRun:
    theme = style.theme
    y = baseline(theme.body_pt, theme.cell_h)
    return TextRun(text=unit, x=x, y=y, font=REGULAR, size_pt=theme.body_pt, width=style.measure(unit, REGULAR, theme.body_pt))


def too_wide(code: str, style: Style) -> TemplateError:
    """The error for a question that does not fit across the page."""
    return TemplateError(text("layoutproblem.too-wide", style.language, code=code))


# Handwriting


def writing_block(
    zone_id: str, question: str, *, width: float, lines: int, style: Style, option: str | None = None, group: str | None = None
) -> Block:
    """Lines to write on; the zone reaches from the room above the first line to the tails below the last."""
    theme = style.theme
    drawing = tuple(
        Line(x1=0.0, y1=theme.write_pitch * (index + 1), x2=width, y2=theme.write_pitch * (index + 1), width=theme.write_line) for index in range(lines)
    )
    height = theme.write_pitch * lines + WRITE_DESCENT_MM
    rect = RectMm(x=0.0, y=0.0, w=width, h=height)
    zone = Zone(id=zone_id, question=question, kind=ZoneKind.HANDWRITING, rect=rect, option=option, group=group, lines=lines)
    return Block(height=height, drawing=drawing, zones=(zone,))


def _signature(question: Question, *, width: float, style: Style) -> Block:
    rule = Line(x1=0.0, y1=SIGNATURE_MM - 2.0, x2=width, y2=SIGNATURE_MM - 2.0, width=style.theme.write_line)
    zone = Zone(id=question.code, question=question.code, kind=ZoneKind.SIGNATURE, rect=RectMm(x=0.0, y=0.0, w=width, h=SIGNATURE_MM))
    return Block(height=SIGNATURE_MM, drawing=(rule,), zones=(zone,))


# Matrices


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixParts:
    """A matrix as its text, the heads of its columns, and its rows."""

    label: Block
    head: Block
    rows: tuple[Block, ...]


def matrix_parts(matrix: Matrix, *, number: int, width: float, style: Style) -> MatrixParts:
    """The pieces of a matrix: rows can go to the next page, where the heads are repeated."""
    hint = matrix.hint.get(style.language) if matrix.hint is not None else _matrix_hint(matrix, style)
    label = label_block(matrix.text.get(style.language), hint=hint, number=number, width=width, style=style)
    label_width, centres = _matrix_columns(matrix, width=width, style=style)
    head = _matrix_head(matrix, centres, width=width, style=style)
    rows = tuple(_matrix_row(row, label_width, centres, width=width, style=style) for row in matrix.rows)
    return MatrixParts(label=label, head=head, rows=rows)


def matrix_block(parts: MatrixParts, rows: Sequence[Block], style: Style) -> Block:
    """Text, heads and some rows of a matrix as one block."""
    table = stack((parts.head, *rows))
    return stack((parts.label, table), gap=style.theme.answer_gap / 2)


def _matrix_hint(matrix: Matrix, style: Style) -> str:
    name = "several-each" if matrix.multiple else "one-each"
    return text(f"layout.{name}-fill" if style.filled is Filled.MARK else f"layout.{name}", style.language)


def _matrix_columns(matrix: Matrix, *, width: float, style: Style) -> tuple[float, tuple[float, ...]]:
    """Width of the labels, and the centre of each column: columns take half of the line, fewer when they are few."""
    theme = style.theme
    least = theme.box + (theme.row_pitch - theme.box)
    widest_word = max(
        style.measure(word, REGULAR, theme.small_pt) for option in matrix.options for word in option.text.get(style.language).split()
    )
    column = max(least, min(22.0, max(widest_word + 2.0, 16.0)))
    column = min(column, width * 0.62 / len(matrix.options))
    if column < least:
        raise too_wide(matrix.code, style)
    left = width - column * len(matrix.options)
    return left - theme.label_gap, tuple(left + column * (index + 0.5) for index in range(len(matrix.options)))


def _matrix_head(matrix: Matrix, centres: Sequence[float], *, width: float, style: Style) -> Block:
    """The texts of the columns, centred above their boxes, standing on the first rule."""
    theme = style.theme
    column = centres[1] - centres[0] if len(centres) > 1 else width / 3
    pitch = line_height(theme.small_pt, theme.leading)
    wrapped = [wrap(option.text.get(style.language), font=REGULAR, size_pt=theme.small_pt, width=column - 1.0, measure=style.measure) for option in matrix.options]
    deepest = max(len(lines) for lines in wrapped)
    height = deepest * pitch + 1.2
    drawing: list[Instruction] = []
    for centre, lines in zip(centres, wrapped, strict=True):
        placed = runs(lines, x=0.0, y=(deepest - len(lines)) * pitch, font=REGULAR, size_pt=theme.small_pt, leading=theme.leading, measure=style.measure)
        drawing.extend(_centred(run, centre) for run in placed)
    drawing.append(_rule(height, width, style))
    return Block(height=height, drawing=tuple(drawing))


def _centred(run: TextRun, centre: float) -> TextRun:
    return TextRun(text=run.text, x=centre - run.width / 2, y=run.y, font=run.font, size_pt=run.size_pt, width=run.width, gray=run.gray)


def _rule(y: float, width: float, style: Style) -> Line:
    return Line(x1=0.0, y1=y, x2=width, y2=y, width=style.theme.rule, gray=RULE_GRAY)


def _matrix_row(row: Question, label_width: float, centres: Sequence[float], *, width: float, style: Style) -> Block:
    theme = style.theme
    lines = wrap(row.text.get(style.language), font=REGULAR, size_pt=theme.body_pt, width=label_width, measure=style.measure)
    pitch = line_height(theme.body_pt, theme.leading)
    height = max(theme.row_pitch, len(lines) * pitch + 1.6)
    label = runs(lines, x=0.0, y=(height - len(lines) * pitch) / 2, font=REGULAR, size_pt=theme.body_pt, leading=theme.leading, measure=style.measure)
    boxes = [
        check_box(row, option, x=centre - theme.box / 2, y=(height - theme.box) / 2, style=style)
        for option, centre in zip(row.options, centres, strict=True)
    ]
    return Block(height=height, drawing=(*label, *(box for box, _ in boxes), _rule(height, width, style)), zones=tuple(zone for _, zone in boxes))


# Side by side

SHARE = {Width.HALF: 2, Width.THIRD: 3, Width.FULL: 1}


def beside_block(questions: Sequence[Question], *, first_number: int, share: int, width: float, style: Style) -> Block:
    """Questions side by side in `share` equal columns; their answers start at the same height."""
    column = _column_width(width, share, style)
    parts = [question_parts(question, number=first_number + index, width=column, style=style) for index, question in enumerate(questions)]
    label_height = max(part.label.height for part in parts)
    answers = label_height + style.theme.answer_gap
    placed: list[Block] = []
    for index, part in enumerate(parts):
        x = index * (column + style.theme.column_gap)
        placed.append(part.label.at(x, label_height - part.label.height))
        placed.append(part.answer.at(x, answers))
    return overlay(placed, height=answers + max(part.answer.height for part in parts))


_ = MM_PER_PT
