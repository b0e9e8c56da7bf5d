"""The codebook: what each column of the data set means, in the words of the questionnaire."""

from collections.abc import Sequence

from scanform.dataset import cells
from scanform.dataset.table import FIXED, MISSING_CODES, Column, Holds
from scanform.i18n.texts import text
from scanform.model.questionnaire import Matrix, Question, QuestionKind, Questionnaire, Texts

HEADER = ("column", "question", "text", "kind", "codes", "class", "missing", "unit", "range", "asked_if")


def rows(columns: Sequence[Column], questionnaire: Questionnaire, language: str) -> tuple[tuple[str, ...], ...]:
    """One row per column, cells in the order of `HEADER`; codes as `code = label`, one a line."""
    matrices = {
        row.code: item
        for section in questionnaire.sections
        for item in section.items
        if isinstance(item, Matrix)
        for row in item.rows
    }
    return tuple(_row(column, matrices, language) for column in columns)


_BESIDE = {Holds.STATUS, Holds.AS_WRITTEN}
"""Columns that supplement the column before them."""


def _row(column: Column, matrices: dict[str, Matrix], language: str) -> tuple[str, ...]:
    question = column.question
    if question is None:
        return (
            column.name,
            "",
            text(f"merge.fixed-{column.name.replace('_', '-')}", language) if column.name in FIXED else "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
        )
    return (
        column.name,
        question.code,
        _wording(column, question, matrices.get(question.code), language),
        column.holds.value
        if column.holds in _BESIDE
        else text(f"merge.kind-{_kind(column, question).value}", language),
        _codes(column, question, language),
        question.data_class.value,
        "" if column.holds in {Holds.TEXT, *_BESIDE} else missing_codes(language),
        _in(question.unit, language) if column.holds is Holds.FIELD else "",
        _range(question) if column.holds is Holds.FIELD else "",
        "" if question.only_if is None else f"{question.only_if.question} = {', '.join(question.only_if.options)}",
    )


def _in(texts: Texts | None, language: str) -> str:
    return "" if texts is None else texts.get(language)


def _kind(column: Column, question: Question) -> QuestionKind:
    return QuestionKind.HANDWRITING if column.holds is Holds.TEXT else question.kind


def _wording(column: Column, question: Question, matrix: Matrix | None, language: str) -> str:
    if column.holds is Holds.STATUS:
        return text("merge.status-of", language, column=column.answer)
    if column.holds is Holds.AS_WRITTEN:
        return text("merge.as-written-of", language, column=column.answer)
    asked = question.text.get(language)
    if matrix is not None:
        asked = f"{matrix.text.get(language)} \N{EN DASH} {asked}"
    option = None if column.option is None else question.option(column.option)
    if option is None:
        return asked
    label = option.text.get(language)
    return (
        text("merge.text-beside", language, question=asked, option=label)
        if column.holds is Holds.TEXT
        else f"{asked} \N{EN DASH} {label}"
    )


def _codes(column: Column, question: Question, language: str) -> str:
    if column.holds is Holds.TICK:
        return f"1 = {text('merge.ticked', language)}\n0 = {text('merge.not-ticked', language)}"
    if column.holds is Holds.CODE and question.options:
        return "\n".join(f"{option.code} = {option.text.get(language)}" for option in question.options)
    if column.holds is Holds.STATUS:
        return "\n".join((*cells.SOURCE_WORDS, *cells.MISSING_WORDS.values()))
    return "signed" if column.holds is Holds.CODE else ""


def missing_codes(language: str) -> str:
    """All missing codes with their meanings, one a line."""
    return "\n".join(f"{code} = {text(f'merge.missing{code}', language)}" for code in MISSING_CODES)


def _range(question: Question) -> str:
    if question.minimum is None and question.maximum is None:
        return ""
    return f"{question.minimum or ''} \N{HORIZONTAL ELLIPSIS} {question.maximum or ''}".strip()
