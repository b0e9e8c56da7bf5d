"""A questionnaire -> an XLSForm, with the losses on the way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scanform.formats.questionnaires.types import type_of
from scanform.formats.survey_tools.marks import common_marks, option_marks, question_marks, written
from scanform.formats.survey_tools.remarks import Place, Remarks
from scanform.formats.survey_tools.value_patterns import digits_pattern, list_pattern
from scanform.formats.survey_tools.xlsform import LANGUAGE_NAMES, Choice, FormRow, XlsForm
from scanform.i18n.texts import text
from scanform.model.questionnaire import (
    Condition,
    Filled,
    Matrix,
    Note,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    Section,
    Texts,
)

_TYPES = {
    "number": "integer",
    "decimal": "decimal",
    "date": "date",
    "time": "time",
    "signature": "image",
}


@dataclass(slots=True)
class _Writing:
    languages: tuple[str, ...]
    questions: dict[str, Question]
    remarks: Remarks = field(default_factory=Remarks)
    lists: dict[str, tuple[Choice, ...]] = field(default_factory=dict)
    notes: int = 0

    def by_language(self, texts: Texts | None) -> Mapping[str, str]:
        """A text for each language, by XLSForm's name of it."""
        return {} if texts is None else {LANGUAGE_NAMES[one]: texts.get(one) for one in self.languages}

    def paragraph(self, texts: Texts, name: str, mark: str = "") -> FormRow:
        """A paragraph."""
        return FormRow(kind="note", name=name, labels=self.by_language(texts), marks=mark)


def to_form(questionnaire: Questionnaire) -> tuple[XlsForm, Remarks]:
    """The form and what it cannot say."""
    writing = _Writing(
        languages=questionnaire.languages, questions={question.code: question for question in questionnaire.questions()}
    )
    rows = [*_head(questionnaire, writing)]
    for number, section in enumerate(questionnaire.sections, start=1):
        rows += _section(section, number, writing)
    if questionnaire.closing is not None:
        rows.append(writing.paragraph(questionnaire.closing, "form_closing", "closing"))
    settings = {
        "form_title": questionnaire.title.get(questionnaire.languages[0]),
        "form_id": questionnaire.code,
        "version": questionnaire.version,
        "default_language": LANGUAGE_NAMES[questionnaire.languages[0]],
        "scanform": "form filled-mark" if questionnaire.filled is Filled.MARK else "form",
    }
    form = XlsForm(
        languages=tuple(LANGUAGE_NAMES[one] for one in questionnaire.languages),
        rows=tuple(rows),
        lists=writing.lists,
        settings=settings,
    )
    return form, writing.remarks


def _head(questionnaire: Questionnaire, writing: _Writing) -> Iterator[FormRow]:
    """What XLSForm has no setting for, as paragraphs at the top."""
    if len({value for _, value in questionnaire.title.entries}) > 1:
        yield writing.paragraph(questionnaire.title, "form_title_text", "title")
        writing.remarks.lost(Place(), "more-titles")
    if questionnaire.publisher is not None:
        yield writing.paragraph(questionnaire.publisher, "form_publisher", "publisher")
    if questionnaire.intro is not None:
        yield writing.paragraph(questionnaire.intro, "form_intro", "intro")


def _section(section: Section, number: int, writing: _Writing) -> Iterator[FormRow]:
    yield FormRow(kind="begin_group", name=f"section_{number}", labels=writing.by_language(section.title))
    if section.intro is not None:
        yield writing.paragraph(section.intro, f"section_{number}_intro", "intro")
    for item in section.items:
        if isinstance(item, Note):
            writing.notes += 1
            yield writing.paragraph(item.text, f"note_{writing.notes}")
        elif isinstance(item, Matrix):
            yield from _matrix(item, writing)
        else:
            yield from _question(item, writing)
    yield FormRow(kind="end_group")


def _question(question: Question, writing: _Writing) -> Iterator[FormRow]:
    marks = question_marks(question)
    name = type_of(question)
    labels = writing.by_language(question.text)
    if "untitled" in marks:
        labels = {LANGUAGE_NAMES[one]: text("convert.signature", one) for one in writing.languages}
    if question.not_before is not None and name == "time":
        marks.append(f"notbefore-{question.not_before}")
        writing.remarks.lost(Place(element=question.code), "not-before", other=question.not_before)
    if question.goes_with is not None:
        writing.remarks.lost(Place(element=question.code), "goes-with", other=question.goes_with.question)
    if question.kind is QuestionKind.SINGLE:
        marks += option_marks(question.options, alone=True, lined=())
    yield FormRow(
        kind=_select(question, question.code, writing) if question.options else _TYPES.get(name, "text"),
        name=question.code,
        labels=labels,
        hints=writing.by_language(question.hint),
        units=writing.by_language(question.unit),
        required=question.required,
        relevant=_relevant(question.only_if, writing),
        constraint=_constraint(question, name),
        appearance=_appearance(question, name),
        marks=written(marks),
    )
    for option in question.options:
        if option.writein:
            beside = Condition(question=question.code, options=(option.code,))
            yield FormRow(
                kind="text",
                name=f"{question.code}__{option.code}_text",
                labels=writing.by_language(option.text),
                relevant=_relevant(beside, writing),
                marks="line",
            )


def _appearance(question: Question, name: str) -> str:
    if name == "signature":
        return "signature"
    if name == "digits":
        return "numbers"
    return "multiline" if name == "text" and question.lines > 1 else ""


def _select(question: Question, list_name: str, writing: _Writing) -> str:
    """The type of a choice; its options become a list."""
    writing.lists[list_name] = _choices(question.options, writing)
    return f"{'select_one' if question.kind is QuestionKind.SINGLE else 'select_multiple'} {list_name}"


def _choices(options: tuple[Option, ...], writing: _Writing) -> tuple[Choice, ...]:
    return tuple(Choice(name=option.code, labels=writing.by_language(option.text)) for option in options)


def _matrix(matrix: Matrix, writing: _Writing) -> Iterator[FormRow]:
    first = matrix.rows[0]
    marks = ["matrix", *common_marks(first)]
    marks += [f"was-{code}" for code in first.groups_formerly]
    marks += [f"row-{row.code}-was-{former}" for row in matrix.rows for former in row.formerly]
    yield FormRow(
        kind="begin_group",
        name=matrix.code,
        labels=writing.by_language(matrix.text),
        hints=writing.by_language(matrix.hint),
        relevant=_relevant(first.only_if, writing),
        appearance="table-list",
        marks=written(marks),
    )
    for row in matrix.rows:
        yield FormRow(
            kind=_select(row, matrix.code, writing),
            name=row.code,
            labels=writing.by_language(row.text),
            required=row.required,
            constraint=_constraint(row, ""),
        )
    yield FormRow(kind="end_group")


def _relevant(condition: Condition | None, writing: _Writing) -> str:
    """The filter in XPath."""
    if condition is None:
        return ""
    asked = writing.questions[condition.question]
    single, name = asked.kind is QuestionKind.SINGLE, f"${{{asked.code}}}"
    return " or ".join(f"{name} = '{code}'" if single else f"selected({name}, '{code}')" for code in condition.options)


def _constraint(question: Question, name: str) -> str:
    """What a value has to fulfil, in XPath."""
    parts: list[str] = []
    if question.kind is QuestionKind.MULTIPLE:
        parts += [
            f"not(selected(., '{option.code}') and count-selected(.) > 1)"
            for option in question.options
            if option.exclusive
        ]
    if name in {"number", "decimal", "date"}:
        shape = "date('{}')" if name == "date" else "{}"
        parts += [f". >= {shape.format(question.minimum)}"] if question.minimum is not None else []
        parts += [f". <= {shape.format(question.maximum)}"] if question.maximum is not None else []
        earlier = question.not_before
        parts += [f"(${{{earlier}}} = '' or . >= ${{{earlier}}})"] if earlier is not None else []
    elif question.values:
        parts.append(f"regex(., '{list_pattern(question.values)}')")
    elif name == "digits":
        parts.append(f"regex(., '{digits_pattern(sum(question.cells))}')")
    elif name in {"letters", "characters"}:
        parts.append(f"string-length(.) <= {sum(question.cells)}")
    return " and ".join(parts)
