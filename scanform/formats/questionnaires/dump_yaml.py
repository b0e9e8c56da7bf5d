"""`Questionnaire` -> the text of a questionnaire file, as docs/template.md describes it; every text in quotation marks,
so that nothing is read as anything else.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from scanform.formats.questionnaires.types import type_of
from scanform.model.questionnaire import (
    Condition,
    DataClass,
    Filled,
    Matrix,
    Note,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    Section,
    Texts,
    Width,
)

Comments = Mapping[str, Sequence[str]]
"""Lines to write above a question, by its code (or its matrix's); those of "" stand at the top."""


def dump_yaml(questionnaire: Questionnaire, *, comments: Comments | None = None) -> str:
    """The file's text; `load_questionnaire` reads the same questionnaire from it."""
    said = comments or {}
    lines = [
        *_comment(said, "", ""),
        f"code: {questionnaire.code}",
        f"version: {_quoted(questionnaire.version)}",
        f"languages: [{', '.join(questionnaire.languages)}]",
        *_texts("title", questionnaire.title, "", questionnaire.languages),
    ]
    for name, texts in (
        ("publisher", questionnaire.publisher),
        ("intro", questionnaire.intro),
        ("closing", questionnaire.closing),
    ):
        lines += _texts(name, texts, "", questionnaire.languages)
    lines += ["filled: mark"] if questionnaire.filled is Filled.MARK else []
    lines.append("sections:")
    for section in questionnaire.sections:
        lines += _section(section, questionnaire.languages, said)
    return "\n".join(lines) + "\n"


def _comment(said: Comments, code: str, indent: str) -> list[str]:
    return [f"{indent}# {' '.join(line.split())}" for line in said.get(code, ())]


def _section(section: Section, languages: Sequence[str], said: Comments) -> Iterator[str]:
    first, *rest = _texts("title", section.title, "    ", languages)
    yield f"  - {first.strip()}"
    yield from rest
    yield from _texts("intro", section.intro, "    ", languages)
    if not section.items:
        yield "    questions: []"
        return
    yield "    questions:"
    for item in section.items:
        if isinstance(item, Note):
            first, *rest = _texts("note", item.text, "        ", languages)
            yield f"      - {first.strip()}"
            yield from rest
            continue
        yield from _comment(said, item.code, "      ")
        yield from _matrix(item, languages) if isinstance(item, Matrix) else _question(item, languages)


def _matrix(matrix: Matrix, languages: Sequence[str]) -> Iterator[str]:
    first = matrix.rows[0]
    yield f"      - question: {_quoted(matrix.code)}"
    yield "        type: matrix"
    yield from _formerly(first.groups_formerly)
    yield from _texts("text", matrix.text, "        ", languages)
    yield from _texts("hint", matrix.hint, "        ", languages)
    yield from _common(first)
    yield from ["        multiple: yes"] if matrix.multiple else []
    yield from _options(matrix.options)
    yield "        rows:"
    for row in matrix.rows:
        text = _name(row.text)
        if row.formerly:
            text = f"{{text: {text}, formerly: {_list(row.formerly)}}}"
        yield f"          {_quoted(row.code)}: {text}"


def _common(question: Question) -> Iterator[str]:
    if question.data_class is not DataClass.ANSWER:
        yield f"        class: {question.data_class.value}"
    if question.required:
        yield "        required: yes"
    if question.only_if is not None:
        yield f"        only_if: {_condition(question.only_if)}"


def _condition(condition: Condition) -> str:
    return f"{{{_quoted(condition.question)}: {_list(condition.options)}}}"


def _formerly(codes: Sequence[str]) -> list[str]:
    return [f"        formerly: {_list(codes)}"] if codes else []


def _question(question: Question, languages: Sequence[str]) -> Iterator[str]:
    kind = type_of(question)
    yield f"      - question: {_quoted(question.code)}"
    yield f"        type: {kind}"
    yield from _formerly(question.formerly)
    if any(text for _, text in question.text.entries):
        yield from _texts("text", question.text, "        ", languages)
    yield from _texts("hint", question.hint, "        ", languages)
    yield from _common(question)
    if question.width is not Width.FULL:
        yield f"        width: {question.width.value}"
    yield from _options(question.options)
    if question.kind is QuestionKind.COMB and kind not in {"date", "time"}:
        sizes = ", ".join(map(str, question.cells))
        yield f"        cells: [{sizes}]"
    if kind in {"number", "decimal", "date"}:
        yield from (f"        min: {_quoted(question.minimum)}",) if question.minimum is not None else ()
        yield from (f"        max: {_quoted(question.maximum)}",) if question.maximum is not None else ()
    if question.unit is not None:
        yield f"        unit: {_name(question.unit)}"
    if kind == "text" and question.lines != 1:
        yield f"        lines: {question.lines}"
    yield from _beside(question)


def _beside(question: Question) -> Iterator[str]:
    """What a question's values have to do with other things."""
    if question.values:
        yield f"        values: {_list(question.values)}"
    if question.not_before is not None:
        yield f"        not_before: {_quoted(question.not_before)}"
    if question.recipient is not None:
        yield f"        recipient: {question.recipient.value}"
    if question.goes_with is not None:
        pairs = ", ".join(f"{_quoted(theirs)}: {_list(ours)}" for theirs, ours in question.goes_with.values)
        yield f"        goes_with: {{question: {_quoted(question.goes_with.question)}, pairs: {{{pairs}}}}}"


def _options(options: Sequence[Option]) -> Iterator[str]:
    if options:
        yield "        options:"
    for option in options:
        facts = [f"text: {_name(option.text)}"]
        facts += ["writein: yes"] if option.writein else []
        facts += ["exclusive: yes"] if option.exclusive else []
        facts += [f"formerly: {_list(option.formerly)}"] if option.formerly else []
        yield f"          {_quoted(option.code)}: {facts[0][6:] if len(facts) == 1 else '{' + ', '.join(facts) + '}'}"


def _texts(name: str, texts: Texts | None, indent: str, languages: Sequence[str]) -> list[str]:
    """A sentence: one line, or one for each language."""
    if texts is None:
        return []
    if len(languages) == 1:
        return [f"{indent}{name}: {_quoted(texts.get(languages[0]))}"]
    return [f"{indent}{name}:", *(f"{indent}  {one}: {_quoted(texts.get(one))}" for one in languages)]


def _name(texts: Texts) -> str:
    """A name: once, or by language."""
    if len(texts.entries) == 1:
        return _quoted(texts.entries[0][1])
    return f"{{{', '.join(f'{language}: {_quoted(text)}' for language, text in texts.entries)}}}"


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(_quoted(value) for value in values)}]"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
