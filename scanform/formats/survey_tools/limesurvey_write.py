"""A questionnaire -> a LimeSurvey survey, with the losses on the way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scanform.formats.questionnaires.types import type_of
from scanform.formats.survey_tools.limesurvey_survey import ByLanguage, Entry, LimeGroup, LimeQuestion, LimeSurvey
from scanform.formats.survey_tools.marks import (
    PREFIX,
    common_marks,
    option_marks,
    question_marks,
    written,
)
from scanform.formats.survey_tools.markup import to_html
from scanform.formats.survey_tools.remarks import Place, Remarks
from scanform.formats.survey_tools.value_patterns import delimited, digits_pattern, list_pattern
from scanform.model.questionnaire import (
    Condition,
    Filled,
    Matrix,
    Note,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    Texts,
)


@dataclass(slots=True)
class _Writing:
    languages: tuple[str, ...]
    questions: dict[str, Question]
    remarks: Remarks = field(default_factory=Remarks)
    notes: int = 0

    def by_language(self, texts: Texts | None) -> ByLanguage:
        """HTML for each language."""
        return {} if texts is None else {one: to_html(texts.get(one)) for one in self.languages}


def to_survey(questionnaire: Questionnaire) -> tuple[LimeSurvey, Remarks]:
    """The survey and what it cannot say."""
    writing = _Writing(
        languages=questionnaire.languages, questions={question.code: question for question in questionnaire.questions()}
    )
    groups = tuple(
        LimeGroup(
            titles=writing.by_language(section.title),
            texts=writing.by_language(section.intro),
            questions=tuple(_item(item, writing) for item in section.items),
        )
        for section in questionnaire.sections
    )
    texts = {
        "surveyls_title": writing.by_language(questionnaire.title),
        "surveyls_description": _about(questionnaire, writing),
        "surveyls_welcometext": writing.by_language(questionnaire.intro),
        "surveyls_endtext": writing.by_language(questionnaire.closing),
    }
    return LimeSurvey(languages=questionnaire.languages, texts=texts, groups=groups), writing.remarks


def _about(questionnaire: Questionnaire, writing: _Writing) -> ByLanguage:
    """Publisher, code and version as the survey's description."""
    marks = ["publisher", f"code-{questionnaire.code}", f"version-{questionnaire.version}"]
    marks += ["filled-mark"] if questionnaire.filled is Filled.MARK else []
    said = writing.by_language(questionnaire.publisher)
    return {
        one: f'<p class="{written(marks, prefix=PREFIX)}">{said.get(one, "")}</p>' for one in questionnaire.languages
    }


def _item(item: Question | Matrix | Note, writing: _Writing) -> LimeQuestion:
    if isinstance(item, Matrix):
        return _matrix(item, writing)
    if isinstance(item, Question):
        return _question(item, writing)
    writing.notes += 1
    taken = writing.questions
    code = next(name for name in (f"note{number}" for number in range(writing.notes, 10_000)) if name not in taken)
    writing.notes = int(code.removeprefix("note"))
    return LimeQuestion(code=code, kind="X", texts=writing.by_language(item.text), relevance="1")


def _question(question: Question, writing: _Writing) -> LimeQuestion:
    place = Place(element=question.code)
    attributes: dict[str, str] = {}
    local: dict[str, ByLanguage] = {}
    kind, pattern = _KINDS[type_of(question)], ""
    marks = question_marks(question)
    answers: tuple[Entry, ...] = ()
    subquestions: tuple[Entry, ...] = ()
    other = False
    if question.options:
        kind, other, entries, more = _choice(question, writing, attributes, local)
        marks += more
        answers, subquestions = (entries, ()) if kind == "L" else ((), entries)
    else:
        kind, pattern, more = _field(question, kind, writing, attributes, local)
        marks += more
    if question.goes_with is not None:
        writing.remarks.lost(place, "goes-with", other=question.goes_with.question)
    if question.kind is QuestionKind.SIGNATURE:
        attributes["hidden"] = "1"
        writing.remarks.lost(place, "signature")
    if marks:
        attributes["cssclass"] = written(marks, prefix=PREFIX)
    return LimeQuestion(
        code=question.code,
        kind=kind,
        texts=writing.by_language(question.text),
        helps=writing.by_language(question.hint),
        relevance=_relevance(question.only_if, writing),
        mandatory=question.required,
        other=other,
        pattern=pattern,
        answers=answers,
        subquestions=subquestions,
        attributes=attributes,
        local=local,
    )


_KINDS = {
    "single": "L",
    "multiple": "M",
    "number": "N",
    "decimal": "N",
    "digits": "S",
    "letters": "S",
    "characters": "S",
    "date": "D",
    "time": "D",
    "text": "S",
    "phone": "S",
    "email": "S",
    "signature": "X",
}


def _choice(
    question: Question, writing: _Writing, attributes: dict[str, str], local: dict[str, ByLanguage]
) -> tuple[str, bool, tuple[Entry, ...], list[str]]:
    """Type, whether there is "other", the other options, and marks.

    LimeSurvey has one "other" at the end of a list; of several options with a line only the last one becomes it, in
    single choice. With several in multiple choice each box gets a comment (type P).
    """
    place = Place(element=question.code)
    single = question.kind is QuestionKind.SINGLE
    lined = [option for option in question.options if option.writein]
    commented = not single and len(lined) > 1
    other = None if commented or not lined else lined[-1]
    marks = []
    if other is not None:
        at = question.options.index(other)
        marks.append(f"other-{other.code}-{at + 1}")
        local["other_replace_text"] = writing.by_language(other.text)
        if at + 1 < len(question.options):
            writing.remarks.lost(place, "other-last", option=other.code)
    without = tuple(option.code for option in lined if option is not other)
    for code in without if single else ():
        writing.remarks.lost(place, "line-lost", option=code)
    if commented:
        writing.remarks.lost(place, "comments-everywhere")
    alone = [option for option in question.options if option.exclusive and option is not other]
    if alone:
        attributes["exclude_all_others"] = ";".join(option.code for option in alone)
    if other is not None and other.exclusive:
        writing.remarks.lost(place, "alone-lost", option=other.code)
        marks.append(f"alone-{other.code}")
    marks += option_marks(question.options, alone=False, lined=without)
    entries = _entries(tuple(option for option in question.options if option is not other), writing)
    return "L" if single else "P" if commented else "M", other is not None, entries, marks


def _entries(options: tuple[Option, ...], writing: _Writing, *, scale: int = 0) -> tuple[Entry, ...]:
    return tuple(Entry(code=option.code, texts=writing.by_language(option.text), scale=scale) for option in options)


def _field(
    question: Question, kind: str, writing: _Writing, attributes: dict[str, str], local: dict[str, ByLanguage]
) -> tuple[str, str, list[str]]:
    """Type, regular expression, and marks of a question without options."""
    place, pattern = Place(element=question.code), ""
    marks: list[str] = []
    name = type_of(question)
    if name in {"number", "decimal"}:
        attributes |= _present(min_num_value_n=question.minimum, max_num_value_n=question.maximum)
        attributes["num_value_int_only"] = "1" if name == "number" else "0"
    elif name == "date":
        attributes |= {"date_format": "yyyy-mm-dd"} | _present(date_min=question.minimum, date_max=question.maximum)
    elif name == "time":
        attributes["date_format"] = "HH:MM"
    elif question.values:
        pattern = delimited(list_pattern(question.values))
    elif name == "digits":
        pattern = delimited(digits_pattern(sum(question.cells)))
    if name in {"letters", "characters"}:
        attributes["maximum_chars"] = str(sum(question.cells))
    if name == "text" and question.lines > 1:
        kind = "T"
    if question.unit is not None:
        local["suffix"] = writing.by_language(question.unit)
    if question.not_before is not None:
        if name in {"number", "decimal"}:
            one = question.not_before
            attributes["em_validation_q"] = f"is_empty(self.NAOK) or is_empty({one}.NAOK) or self.NAOK >= {one}.NAOK"
        else:
            marks.append(f"notbefore-{question.not_before}")
            writing.remarks.lost(place, "not-before", other=question.not_before)
    return kind, pattern, marks


def _present(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _matrix(matrix: Matrix, writing: _Writing) -> LimeQuestion:
    place, first = Place(element=matrix.code), matrix.rows[0]
    marks = common_marks(first)
    marks += [f"was-{code}" for code in first.groups_formerly]
    marks += [f"row-{row.code}-was-{former}" for row in matrix.rows for former in row.formerly]
    marks += option_marks(matrix.options, alone=True, lined=())
    for option in matrix.options:
        if option.exclusive:
            writing.remarks.lost(place, "alone-lost", option=option.code)
    rows = tuple(Entry(code=row.code, texts=writing.by_language(row.text), relevance="1") for row in matrix.rows)
    columns = _entries(matrix.options, writing, scale=1 if matrix.multiple else 0)
    attributes: dict[str, str] = {"multiflexible_checkbox": "1"} if matrix.multiple else {}
    if marks:
        attributes["cssclass"] = written(marks, prefix=PREFIX)
    return LimeQuestion(
        code=matrix.code,
        kind=":" if matrix.multiple else "F",
        texts=writing.by_language(matrix.text),
        helps=writing.by_language(matrix.hint),
        relevance=_relevance(first.only_if, writing),
        mandatory=first.required,
        subquestions=(*rows, *columns) if matrix.multiple else rows,
        answers=() if matrix.multiple else columns,
        attributes=attributes,
    )


def _relevance(condition: Condition | None, writing: _Writing) -> str:
    """The filter in LimeSurvey's words; "1" asks everybody."""
    if condition is None:
        return "1"
    return " or ".join(_ticked(writing.questions[condition.question], code) for code in condition.options)


def _ticked(asked: Question, code: str) -> str:
    """When an option counts as chosen."""
    name = asked.code if asked.group is None else f"{asked.group}_{asked.code}"
    option = asked.option(code)
    lined = [one for one in asked.options if one.writein]
    is_other = option is not None and bool(lined) and option is lined[-1] and asked.group is None
    if asked.kind is QuestionKind.SINGLE:
        return f"{name}.NAOK == '{'-oth-' if is_other else code}'"
    if is_other and len(lined) == 1:
        return f"!is_empty({name}_other.NAOK)"
    return f"{name}_{code}.NAOK == '{'1' if asked.group is not None else 'Y'}'"


def texts_for(survey: LimeSurvey, language: str) -> Iterator[tuple[str, str]]:
    """The survey's own texts in a language, with their names."""
    return ((name, texts.get(language, "")) for name, texts in survey.texts.items())


def attributes_for(question: LimeQuestion, language: str) -> Mapping[str, str]:
    """The attributes of a question in a language."""
    return {**question.attributes, **{name: texts.get(language, "") for name, texts in question.local.items()}}
