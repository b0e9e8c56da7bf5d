"""The texts of questions, their hints, and running text."""

from dataclasses import replace

from scanform.i18n.texts import text
from scanform.layout.blocks import Block, Style, stack
from scanform.layout.drawing import BOLD, REGULAR, TextRun
from scanform.layout.textflow import line_height, runs, wrap
from scanform.model.questionnaire import Alphabet, Filled, Matrix, Question, QuestionKind

HINT_GRAY = 0.25
"""Grey of hints: less prominent than a question, still dark enough to read."""
HINT_GAP_MM = 2.5
"""Between the end of a question and a hint on the same line."""


def paragraph(
    content: str, *, size_pt: float, width: float, style: Style, font: str = REGULAR, gray: float = 0.0
) -> Block:
    """Running text, left aligned."""
    lines = wrap(content, font=font, size_pt=size_pt, width=width, measure=style.measure)
    drawn = runs(
        lines, x=0.0, y=0.0, font=font, size_pt=size_pt, leading=style.theme.leading, measure=style.measure, gray=gray
    )
    return Block(height=len(lines) * line_height(size_pt, style.theme.leading), drawing=drawn)


def label_block(content: str, *, hint: str, number: int | None, width: float, style: Style) -> Block:
    """The text of a question in bold, its number hanging to the left, its hint after it in small type or on lines
    below.
    """
    theme, room = style.theme, width - style.gutter
    main = paragraph(content, size_pt=theme.body_pt, width=room, style=style, font=BOLD)
    label = _with_hint(main, hint, width=room, style=style) if hint else main
    label = label.at(style.gutter, 0.0)
    if number is None:
        return label
    first = runs(
        (str(number),), x=0.0, y=0.0, font=BOLD, size_pt=theme.body_pt, leading=theme.leading, measure=style.measure
    )
    return replace(label, drawing=(*first, *label.drawing))


def _with_hint(main: Block, hint: str, *, width: float, style: Style) -> Block:
    size = style.theme.small_pt
    last = main.drawing[-1] if main.drawing else None
    hint_width = style.measure(hint, REGULAR, size)
    if isinstance(last, TextRun) and last.x + last.width + HINT_GAP_MM + hint_width <= width:
        behind = TextRun(
            text=hint,
            x=last.x + last.width + HINT_GAP_MM,
            y=last.y,
            font=REGULAR,
            size_pt=size,
            width=hint_width,
            gray=HINT_GRAY,
        )
        return replace(main, drawing=(*main.drawing, behind))
    return stack((main, paragraph(hint, size_pt=size, width=width, style=style, gray=HINT_GRAY)))


def question_hint(question: Question, style: Style) -> str:
    """The condition of the question, and the author's hint or the general instruction for this kind of question."""
    parts = [_condition_hint(question, style)]
    if question.kind is QuestionKind.MULTIPLE:
        parts.append(text("layout.several", style.language))
    if question.hint is not None:
        parts.append(question.hint.get(style.language))
    elif question.alphabet is Alphabet.DATE:
        parts.append(text("layout.date-parts", style.language))
    return "; ".join(part for part in parts if part)


def matrix_hint(matrix: Matrix, style: Style) -> str:
    """The condition of the matrix, and the author's hint or the number of boxes to mark in each row."""
    condition = _condition_hint(matrix.rows[0], style) if matrix.rows else ""
    if matrix.hint is not None:
        own = matrix.hint.get(style.language)
    elif matrix.multiple:
        own = text("layout.several-each", style.language)
    else:
        own = text(
            "layout.one-each-fill" if style.questionnaire.filled is Filled.MARK else "layout.one-each-mark",
            style.language,
        )
    return "; ".join(part for part in (condition, own) if part)


def _condition_hint(question: Question, style: Style) -> str:
    """“if yes in question 12”, from the condition of the question."""
    if question.only_if is None:
        return ""
    asked = style.asked(question.only_if.question)
    if asked is None:
        return ""
    options = [option.text.get(style.language) for option in asked.options if option.code in question.only_if.options]
    number = style.numbers.get(asked.group or asked.code, 0)
    quoted = text("layout.or", style.language).join(
        text("layout.quoted", style.language, words=words) for words in options
    )
    return text("layout.only-if", style.language, options=quoted, number=number)
