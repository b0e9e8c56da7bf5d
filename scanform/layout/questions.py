"""Questions as blocks: the text above or beside its boxes, cells and writing lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from scanform.errors import TemplateError
from scanform.layout.answers import answer_block
from scanform.layout.blocks import Block, Style, overlay
from scanform.layout.drawing import BOLD
from scanform.layout.labels import label_block, question_hint
from scanform.layout.textflow import line_height
from scanform.model.questionnaire import Question, QuestionKind

MAX_LABEL_LINES = 2
"""Maximum number of lines of a text that stands beside its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A question as its text and its answer, and how far below the text the answer starts."""

    label: Block
    answer: Block
    gap: float


def question_block(question: Question, *, width: float, style: Style) -> Block:
    """A question on the full width: text beside its answer if both are short, else above it."""
    beside = _beside(question, width=width, style=style)
    return beside if beside is not None else _above(_parts(question, width=width, style=style))


def row_block(questions: Sequence[Question], *, columns: int, width: float, style: Style) -> Block:
    """Neighbours in `columns` equal columns: all beside their answers, or all above with their answers at the same
    height.
    """
    column, lefts = style.column_width(width, columns), style.columns(width, columns)
    beside = [
        _beside(question, width=column, style=style) if question.kind is QuestionKind.COMB else None
        for question in questions
    ]
    blocks = [block for block in beside if block is not None]
    if len(blocks) == len(questions):
        height = max(block.height for block in blocks)
        return overlay(
            [block.at(x, (height - block.height) / 2) for x, block in zip(lefts, blocks, strict=False)], height=height
        )
    parts = [_parts(question, width=column, style=style) for question in questions]
    label_height = max(part.label.height for part in parts)
    bottom = max(label_height + part.gap + part.answer.height for part in parts)
    placed: list[Block] = []
    for x, part in zip(lefts, parts, strict=False):
        placed.append(part.label.at(x, label_height - part.label.height))
        placed.append(part.answer.at(x, label_height + part.gap))
    return overlay(placed, height=bottom)


def _parts(question: Question, *, width: float, style: Style) -> Parts:
    label = label_block(
        question.text.get(style.language),
        hint=question_hint(question, style),
        number=style.numbers[question.code],
        width=width,
        style=style,
    )
    answer = _indented(question, width=width, style=style)
    writes = question.kind in {QuestionKind.HANDWRITING, QuestionKind.SIGNATURE}
    return Parts(label=label, answer=answer, gap=0.0 if writes else style.theme.answer_gap)


def _indented(question: Question, *, width: float, style: Style) -> Block:
    """The answer aligned with the text: check boxes at the left edge, everything else at the gutter."""
    if question.options:
        return answer_block(question, width=width, style=style)
    return answer_block(question, width=width - style.gutter, style=style).at(style.gutter, 0.0)


def _above(parts: Parts) -> Block:
    return overlay(
        (parts.label, parts.answer.at(0.0, parts.label.height + parts.gap)),
        height=parts.label.height + parts.gap + parts.answer.height,
    )


def _beside(question: Question, *, width: float, style: Style) -> Block | None:
    """Text on the left half, answer on the right half, if both are short; else None."""
    half = style.column_width(width, 2)
    if not _is_short(question) or not _words_fit(question.text.get(style.language), half - style.gutter, style):
        return None
    start = style.columns(width, 2)[1]
    try:
        answer = answer_block(question, width=half, style=style)
    except TemplateError:  # too wide for half of the line
        return None
    label = label_block(
        question.text.get(style.language),
        hint=question_hint(question, style),
        number=style.numbers[question.code],
        width=half,
        style=style,
    )
    one_line = line_height(style.theme.body_pt, style.theme.leading)
    if label.height > MAX_LABEL_LINES * one_line + 0.01 or (question.options and answer.height > style.theme.row_pitch):
        return None
    height = max(answer.height, label.height)
    if question.kind is QuestionKind.HANDWRITING:
        label_top = max(0.0, style.theme.write_pitch - label.height)
        return overlay((label.at(0.0, label_top), answer.at(start, 0.0)), height=height)
    return overlay(
        (label.at(0.0, (height - label.height) / 2), answer.at(start, (height - answer.height) / 2)), height=height
    )


def _words_fit(content: str, room: float, style: Style) -> bool:
    """Whether no word has to be split."""
    return all(style.measure(word, BOLD, style.theme.body_pt) <= room for word in content.split())


def _is_short(question: Question) -> bool:
    if question.kind is QuestionKind.SINGLE:
        return not any(option.writein for option in question.options)
    return question.kind is QuestionKind.COMB or (question.kind is QuestionKind.HANDWRITING and question.lines == 1)
