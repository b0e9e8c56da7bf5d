"""A questionnaire written as YAML -> `Questionnaire`, with messages that name the line (docs/template.md describes the
format).
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml

from scanform.errors import InputError
from scanform.formats import spreadsheet
from scanform.formats.questionnaires.codes import (
    FIXED_COLUMNS,
    FORMER_OPTION_CODE,
    OPTION_CODE,
    QUESTION_CODE,
    better_option_code,
    better_question_code,
    is_participant_column,
    is_timing,
    reserved_by,
    suggestion,
)
from scanform.formats.questionnaires.yaml_nodes import (
    Notes,
    choice,
    compose,
    entries,
    flag,
    items,
    mapping,
    note_unknown,
    scalar,
    whole,
)
from scanform.formats.responses.csv_io import CsvTable, read_table
from scanform.formats.responses.limesurvey_columns import columns_of
from scanform.i18n.texts import DEFAULT_LANGUAGE, LANGUAGES
from scanform.model.questionnaire import (
    Alphabet,
    Condition,
    DataClass,
    Filled,
    GoesWith,
    Item,
    Matrix,
    Note,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    RecipientField,
    Section,
    TextForm,
    Texts,
    Width,
)

MAX_CELLS = 20
"""Maximum character cells in one question: the number that fits on a line of A4 at 8 mm a cell."""
MAX_OPTIONS = 60
"""Maximum answers of one question."""
MAX_LINES = 20
"""Maximum writing lines of one question."""

TOP_KEYS = ("code", "version", "languages", "title", "publisher", "intro", "closing", "filled", "sections")
SECTION_KEYS = ("title", "intro", "questions")
NOTE_KEYS = ("note",)
COMMON_KEYS = ("question", "type", "text", "hint", "class", "required", "only_if", "width", "formerly")
OPTION_KEYS = ("text", "writein", "exclusive", "formerly")
ROW_KEYS = ("text", "formerly")

CELL_TYPES = ("number", "decimal", "digits", "letters", "characters", "year", "date", "time")
TYPE_KEYS: dict[str, tuple[str, ...]] = {
    "single": ("options",),
    "multiple": ("options",),
    "matrix": ("options", "rows", "multiple"),
    "number": ("cells", "min", "max", "unit", "not_before"),
    "decimal": ("cells", "min", "max", "unit", "not_before"),
    "digits": ("cells", "unit", "values", "goes_with", "recipient"),
    "letters": ("cells", "values", "goes_with", "recipient"),
    "characters": ("cells", "values", "goes_with", "recipient"),
    "year": ("min", "max", "not_before"),
    "date": ("min", "max", "not_before"),
    "time": ("not_before",),
    "text": ("lines", "values", "goes_with", "recipient"),
    "phone": (),
    "email": (),
    "signature": (),
}
"""The keys admitted for each type of question beside the common ones."""

_ALPHABETS = {
    "number": Alphabet.DIGITS,
    "decimal": Alphabet.DECIMAL,
    "digits": Alphabet.DIGITS,
    "letters": Alphabet.LETTERS,
    "characters": Alphabet.ALNUM,
    "year": Alphabet.DIGITS,
    "date": Alphabet.DATE,
    "time": Alphabet.TIME,
}
_FORMS = {"phone": TextForm.PHONE, "email": TextForm.EMAIL}
_FIXED_CELLS = {"year": (4,), "date": (2, 2, 4), "time": (2, 2)}
_NUMBER = re.compile(r"-?[0-9]+([.][0-9]+)?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]{0,19}")


@dataclass(slots=True)
class _Reading:
    """State while one file is read: mistakes, the folder of the files it names, languages, codes with their lines,
    questions so far.
    """

    notes: Notes
    folder: Path
    languages: tuple[str, ...] = (DEFAULT_LANGUAGE,)
    lines: dict[str, int] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    option_lines: dict[tuple[str, str], int] = field(default_factory=dict)
    former: dict[str, yaml.Node] = field(default_factory=dict)


def load_questionnaire(path: Path) -> Questionnaire:
    """The questionnaire in the YAML file at `path`.

    Raises TemplateError whose message lists every mistake with file and line.
    """
    return _load(path)[0]


def load_new_questionnaire(path: Path, *, known: Questionnaire | None = None) -> Questionnaire:
    """The same for a questionnaire to be used from now on: codes that LimeSurvey or a spreadsheet would change are
    mistakes, too, each with a better one, except those already used by its `known` edition.
    """
    questionnaire, reading = _load(path)
    _refuse_codes(questionnaire, reading, known)
    reading.notes.raise_any()
    return questionnaire


def _load(path: Path) -> tuple[Questionnaire, _Reading]:
    reading = _Reading(notes=Notes(file=path.name), folder=path.parent)
    root = compose(path, reading.notes)
    questionnaire = _questionnaire(root, reading)
    _refuse_former(reading)
    reading.notes.raise_any()
    return questionnaire, reading


def _refuse_former(reading: _Reading) -> None:
    """Reject a former code that is another question's present code: their answers would be mixed up."""
    for code, node in reading.former.items():
        if code in reading.lines:
            reading.notes.note(node, "formerly-taken", code=code, line=reading.lines[code])


def _refuse_codes(questionnaire: Questionnaire, reading: _Reading, known: Questionnaire | None) -> None:
    """Note the codes that are ambiguous in an export, or that a spreadsheet would change."""
    used = {name for question in known.questions() for name in (question.code, question.group)} if known else set()
    for code, line in reading.lines.items():
        better = better_question_code(code, reading.lines) if QUESTION_CODE.fullmatch(code) else code
        if code in used:
            continue
        if is_participant_column(code) or is_timing(code, reading.lines):
            reading.notes.note_line(line, "survey-column", code=code, column=code, suggestion=better)
        elif spreadsheet.spoilt(code):
            reading.notes.note_line(
                line, "spreadsheet-code", code=code, shown=spreadsheet.shown(code), suggestion=better
            )
        elif column := next(
            (name for name in _columns(reading.questions.get(code)) if is_participant_column(name)), None
        ):
            reading.notes.note_line(line, "survey-column", code=code, column=column, suggestion=better)
    for question in questionnaire.questions():
        before = known.question(question.code) if known else None
        _refuse_option_codes(question, {option.code for option in before.options} if before else set(), reading)


def _columns(question: Question | None) -> tuple[str, ...]:
    return () if question is None else tuple(columns_of(question))


def _refuse_option_codes(question: Question, used: set[str], reading: _Reading) -> None:
    codes = [option.code for option in question.options]
    for code in codes:
        if code not in used and spreadsheet.spoilt(code):
            line = reading.option_lines.get((question.group or question.code, code), 1)
            reading.notes.note_line(
                line,
                "spreadsheet-code",
                code=code,
                shown=spreadsheet.shown(code),
                suggestion=better_option_code(code, codes),
            )


def _questionnaire(root: yaml.Node, reading: _Reading) -> Questionnaire:
    notes = reading.notes
    found = mapping(root, TOP_KEYS, notes)
    if isinstance(root, yaml.MappingNode):
        _require(root, found, ("code", "version", "title", "sections"), notes)
    reading.languages = _languages(found.get("languages"), notes)
    sections = tuple(_section(node, reading) for node in items(found["sections"], notes)) if "sections" in found else ()
    if "sections" in found and not reading.questions and not notes.found:
        notes.note(found["sections"], "no-questions")
    return Questionnaire(
        code=_survey_code(found["code"], notes) if "code" in found else "",
        version=_version(found["version"], notes) if "version" in found else "",
        title=_texts_at(found, "title", reading) or Texts(entries=()),
        languages=reading.languages,
        sections=sections,
        publisher=_texts_at(found, "publisher", reading),
        intro=_texts_at(found, "intro", reading),
        closing=_texts_at(found, "closing", reading),
        filled=Filled(choice(found["filled"], [value.value for value in Filled], notes))
        if "filled" in found
        else Filled.WITHDRAWN,
    )


def _require(node: yaml.Node, found: dict[str, yaml.Node], keys: Sequence[str], notes: Notes) -> None:
    for key in keys:
        if key not in found:
            notes.note(node, "missing-key", name=key)


def _languages(node: yaml.Node | None, notes: Notes) -> tuple[str, ...]:
    if node is None:
        return (DEFAULT_LANGUAGE,)
    nodes = items(node, notes) if isinstance(node, yaml.SequenceNode) else [node]
    languages = []
    for entry in nodes:
        language = scalar(entry, notes)
        if language not in LANGUAGES:
            notes.note(entry, "bad-language", wanted=language, known=", ".join(LANGUAGES))
        elif language not in languages:
            languages.append(language)
    return tuple(languages) or (DEFAULT_LANGUAGE,)


def _survey_code(node: yaml.Node, notes: Notes) -> str:
    code = scalar(node, notes)
    if code and not QUESTION_CODE.fullmatch(code):
        notes.note(node, "bad-survey-code", code=code, suggestion=suggestion(code, length=20, letter_first=True))
    return code


def _version(node: yaml.Node, notes: Notes) -> str:
    value = scalar(node, notes)
    if not _VERSION.fullmatch(value):
        notes.note(node, "bad-version", value=value)
    return value


def _texts_at(found: dict[str, yaml.Node], key: str, reading: _Reading) -> Texts | None:
    return _texts(found[key], key, reading) if key in found else None


def _texts(node: yaml.Node, key: str, reading: _Reading, *, name: bool = False) -> Texts:
    """A mapping gives one text per language; a plain string is the text of the only language, or a `name` that is the
    same in all.
    """
    if isinstance(node, yaml.MappingNode):
        return _texts_by_language(node, key, reading)
    value = _flowing(scalar(node, reading.notes))
    if not value:
        reading.notes.note(node, "missing-text", name=key)
    if not name:
        _note_missing_languages(node, (reading.languages[0],), reading)
    return Texts(entries=((reading.languages[0], value),))


def _texts_by_language(node: yaml.MappingNode, key: str, reading: _Reading) -> Texts:
    notes, known = reading.notes, ", ".join(reading.languages)
    by_language: dict[str, str] = {}
    for language, value in entries(node, notes):
        if language.value not in reading.languages:
            notes.note(language, "unknown-language", wanted=language.value, known=known)
            continue
        by_language[language.value] = _flowing(scalar(value, notes))
        if not by_language[language.value]:
            notes.note(value, "missing-text", name=f"{key}: {language.value}")
    _note_missing_languages(node, tuple(by_language), reading)
    return Texts(
        entries=tuple((language, by_language[language]) for language in reading.languages if language in by_language)
    )


def _note_missing_languages(node: yaml.Node, present: Sequence[str], reading: _Reading) -> None:
    for language in reading.languages:
        if language not in present:
            reading.notes.note(node, "missing-language", wanted=language, known=", ".join(reading.languages))


def _flowing(value: str) -> str:
    """Spaces are single, line breaks kept by YAML separate paragraphs; letters are composed, whatever system the file
    comes from.
    """
    composed = unicodedata.normalize("NFC", value.strip())
    return "\n".join(" ".join(part.split()) for part in re.split(r"\n+", composed))


def _section(node: yaml.Node, reading: _Reading) -> Section:
    found = mapping(node, SECTION_KEYS, reading.notes)
    _require(node, found, ("title", "questions"), reading.notes)
    nodes = items(found["questions"], reading.notes) if "questions" in found else []
    return Section(
        title=_texts_at(found, "title", reading) or Texts(entries=()),
        intro=_texts_at(found, "intro", reading),
        items=tuple(item for item in (_item(entry, reading) for entry in nodes) if item is not None),
    )


def _item(node: yaml.Node, reading: _Reading) -> Item | None:
    notes = reading.notes
    keys = (
        {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
        if isinstance(node, yaml.MappingNode)
        else set()
    )
    if "note" in keys:
        return Note(text=_texts(mapping(node, NOTE_KEYS, notes)["note"], "note", reading))
    if "type" not in keys:
        mapping(node, (*COMMON_KEYS, *sorted({key for known in TYPE_KEYS.values() for key in known})), notes)
        if isinstance(node, yaml.MappingNode):
            _require(node, {}, ("type",) if "question" in keys else ("question", "type"), notes)
        return None
    type_node = next(value for key, value in node.value if key.value == "type")
    kind = choice(type_node, tuple(TYPE_KEYS), notes)
    found = _type_mapping(node, kind, notes)
    _require(node, found, ("question", "text") if kind != "signature" else ("question",), notes)
    code = _new_code(found["question"], reading) if "question" in found else ""
    return _matrix(node, found, code, reading) if kind == "matrix" else _question(node, found, code, kind, reading)


def _type_mapping(node: yaml.Node, kind: str, notes: Notes) -> dict[str, yaml.Node]:
    """The keys of a question; a key of another type gets a message of its own."""
    known = (*COMMON_KEYS, *TYPE_KEYS[kind])
    elsewhere = {key for keys in TYPE_KEYS.values() for key in keys}
    result: dict[str, yaml.Node] = {}
    for key, value in entries(node, notes):
        name = key.value
        if name not in known and name in elsewhere:
            notes.note(key, "key-not-here", name=name, type=kind)
            continue
        if name not in known:
            name = note_unknown(key, name, known, notes, slug="unknown-key")
        if name:
            result.setdefault(name, value)
    return result


def _question(node: yaml.Node, found: dict[str, yaml.Node], code: str, kind: str, reading: _Reading) -> Question:
    notes = reading.notes
    minimum, maximum = _bounds(found, kind, notes)
    cells = _cells(node, found.get("cells"), kind, maximum, notes)
    values = _values(found["values"], reading) if "values" in found else ()
    question = Question(
        code=code,
        kind=_model_kind(kind),
        text=_texts_at(found, "text", reading)
        or Texts(entries=tuple((language, "") for language in reading.languages)),
        hint=_texts_at(found, "hint", reading),
        options=_options(node, found, code, kind, reading) if kind in {"single", "multiple"} else (),
        data_class=DataClass(choice(found["class"], [value.value for value in DataClass], notes))
        if "class" in found
        else DataClass.ANSWER,
        required="required" in found and flag(found["required"], notes),
        only_if=_condition(found["only_if"], reading) if "only_if" in found else None,
        alphabet=_ALPHABETS.get(kind),
        cells=cells,
        minimum=minimum,
        maximum=maximum,
        unit=_texts(found["unit"], "unit", reading, name=True) if "unit" in found else None,
        lines=whole(found["lines"], 1, MAX_LINES, notes) if "lines" in found else 1,
        values=values,
        not_before=_not_before(found["not_before"], kind, reading) if "not_before" in found else None,
        form=_FORMS.get(kind),
        goes_with=_goes_with(found["goes_with"], found.get("values"), values, reading)
        if "goes_with" in found
        else None,
        recipient=RecipientField(choice(found["recipient"], [value.value for value in RecipientField], notes))
        if "recipient" in found
        else None,
        width=Width(choice(found["width"], [value.value for value in Width], notes))
        if "width" in found
        else Width.FULL,
        formerly=_formerly(found, QUESTION_CODE, reading, new=reading.former),
    )
    reading.questions[code] = question
    return question


def _formerly(
    found: dict[str, yaml.Node], pattern: re.Pattern[str], reading: _Reading, *, new: dict[str, yaml.Node] | None = None
) -> tuple[str, ...]:
    """`formerly: code` or a list of codes; those of questions (`new`) must be unambiguous."""
    node = found.get("formerly")
    if node is None:
        return ()
    codes = []
    for entry in items(node, reading.notes) if isinstance(node, yaml.SequenceNode) else [node]:
        code = scalar(entry, reading.notes)
        if not pattern.fullmatch(code):
            reading.notes.note(entry, "bad-former-code", code=code)
        elif new is not None and code in new:
            reading.notes.note(entry, "formerly-taken", code=code, line=new[code].start_mark.line + 1)
        else:
            codes.append(code)
            if new is not None:
                new[code] = entry
    return tuple(dict.fromkeys(codes))


def _not_before(node: yaml.Node, kind: str, reading: _Reading) -> str | None:
    """The code of an earlier question of the same type."""
    code = scalar(node, reading.notes)
    other = reading.questions.get(code)
    if (
        other is None
        or other.kind is not QuestionKind.COMB
        or other.alphabet is not _ALPHABETS[kind]
        or (other.minimum is None and kind in {"number", "decimal", "year"})
    ):
        reading.notes.note(node, "not-before", code=code)
        return None
    return code


def _values(node: yaml.Node, reading: _Reading) -> tuple[str, ...]:
    """The admissible texts: a list, a CSV file, or `{file: …, column: …}`; each once, in their original order."""
    notes = reading.notes
    if isinstance(node, yaml.SequenceNode):
        return tuple(dict.fromkeys(scalar(entry, notes) for entry in items(node, notes)))
    found = mapping(node, ("file", "column"), notes) if isinstance(node, yaml.MappingNode) else {"file": node}
    if isinstance(node, yaml.MappingNode):
        _require(node, found, ("file",), notes)
    table = _table(found["file"], reading) if "file" in found else None
    if table is None:
        return ()
    if "column" not in found and len(table.header) > 1:
        notes.note(found["file"], "list-which", known=", ".join(table.header))
        return ()
    values = tuple(dict.fromkeys(value for value in _column(table, found.get("column"), notes) if value))
    known = "column" not in found or scalar(found["column"], notes) in table.header
    if known and (not values or any(problem.slug == "bad-row" for problem in table.problems)):
        notes.note(found["file"], "list-empty" if not values else "list-rows")
    return values


def _table(node: yaml.Node, reading: _Reading) -> CsvTable | None:
    """The CSV file named by `node`; None, with a note, when it cannot be read."""
    try:
        return read_table(reading.folder / scalar(node, reading.notes))
    except InputError as error:
        reading.notes.note(node, "list-file", reason=error.message)
        return None


def _column(table: CsvTable, node: yaml.Node | None, notes: Notes) -> tuple[str, ...]:
    """The cells of the column named by `node` (by default the first one), row by row, with single spaces; none, with a
    note, when there is no such column.
    """
    wanted = table.header[0] if node is None else scalar(node, notes)
    if wanted not in table.header:
        if node is not None:
            notes.note(node, "list-column", column=wanted, known=", ".join(table.header))
        return ()
    place = table.header.index(wanted)
    return tuple(" ".join(row[place].split()) for _, row in table.rows)


def _goes_with(
    node: yaml.Node, listed: yaml.Node | None, values: tuple[str, ...], reading: _Reading
) -> GoesWith | None:
    """`{question: …, column: …}` with a column of the file that `values` come from, or `{question: …, pairs: {value
    there: [values here]}}`.
    """
    notes = reading.notes
    found = mapping(node, ("question", "column", "pairs"), notes)
    if "question" not in found:
        if isinstance(node, yaml.MappingNode):
            _require(node, found, ("question",), notes)
        return None
    code = scalar(found["question"], notes)
    other = reading.questions.get(code)
    if other is None or not other.values:
        notes.note(found["question"], "goes-with", code=code)
        return None
    pairs = _pairs(node, found, listed, reading)
    if pairs is None:
        return None
    there, here = ({value.casefold(): value for value in known} for known in (other.values, values))
    by_value: dict[str, dict[str, None]] = {}
    for theirs, ours in pairs:
        by_value.setdefault(there.get(theirs.casefold(), theirs), {})[here.get(ours.casefold(), ours)] = None
    if not any(theirs in other.values and ours in values for theirs, group in by_value.items() for ours in group):
        notes.note(node, "goes-with-none", code=code)
    return GoesWith(question=code, values=tuple((theirs, tuple(group)) for theirs, group in by_value.items()))


def _pairs(
    node: yaml.Node, found: dict[str, yaml.Node], listed: yaml.Node | None, reading: _Reading
) -> list[tuple[str, str]] | None:
    """(value there, value here) from a file or from the questionnaire itself; None, with a note, when the columns are
    missing.
    """
    notes = reading.notes
    if ("column" in found) == ("pairs" in found):
        notes.note(node, "goes-with-which")
        return None
    if "pairs" in found:
        return [
            (" ".join(key.value.split()), " ".join(scalar(one, notes).split()))
            for key, group in entries(found["pairs"], notes)
            for one in items(group, notes)
        ]
    source = (
        {key.value: value for key, value in listed.value if isinstance(key, yaml.ScalarNode)}
        if isinstance(listed, yaml.MappingNode)
        else {}
    )
    if "file" not in source or "column" not in source:
        notes.note(node, "goes-with-file")
        return None
    table = _table(source["file"], reading)
    columns = [_column(table, wanted, notes) for wanted in (found["column"], source["column"])] if table else []
    return [pair for pair in zip(*columns, strict=True) if all(pair)] if columns and all(columns) else None


def self_contained(path: Path) -> str:
    """The text of the questionnaire at `path` with its external lists written into it; raises TemplateError."""
    content = path.read_bytes().decode("utf-8-sig")
    reading = _Reading(notes=Notes(file=path.name), folder=path.parent)
    loaded = load_questionnaire(path)
    nodes = {
        node.start_mark.index: (node, value)
        for node, value in _from_files(compose(path, reading.notes), loaded, reading)
    }
    for start, (node, value) in sorted(nodes.items(), reverse=True):
        end = node.end_mark.index
        written = content[start:end]
        content = (
            content[:start] + json.dumps(value, ensure_ascii=False) + written[len(written.rstrip()) :] + content[end:]
        )
    reading.notes.raise_any()
    return content


def _from_files(node: yaml.Node, loaded: Questionnaire, reading: _Reading) -> Iterator[tuple[yaml.Node, object]]:
    """The nodes that name a file or a column of one, each with its replacement."""
    if isinstance(node, yaml.MappingNode):
        found = {key.value: value for key, value in node.value}
        for name, value in found.items():
            if name == "values" and not isinstance(value, yaml.SequenceNode):
                yield value, _values(value, reading)
            elif (
                name == "goes_with"
                and isinstance(value, yaml.MappingNode)
                and any(key.value == "column" for key, _ in value.value)
            ):
                yield value, _written_pairs(loaded.question(found["question"].value.strip()))
            else:
                yield from _from_files(value, loaded, reading)
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from _from_files(entry, loaded, reading)


def _written_pairs(question: Question | None) -> object:
    assert question is not None
    assert question.goes_with is not None
    return {
        "question": question.goes_with.question,
        "pairs": {theirs: list(ours) for theirs, ours in question.goes_with.values},
    }


def _model_kind(kind: str) -> QuestionKind:
    if kind in CELL_TYPES:
        return QuestionKind.COMB
    return QuestionKind.HANDWRITING if kind == "text" or kind in _FORMS else QuestionKind(kind)


def _matrix(node: yaml.Node, found: dict[str, yaml.Node], code: str, reading: _Reading) -> Matrix:
    notes = reading.notes
    multiple = "multiple" in found and flag(found["multiple"], notes)
    options = _options(node, found, code, "matrix-multiple" if multiple else "matrix", reading)
    data_class = (
        DataClass(choice(found["class"], [value.value for value in DataClass], notes))
        if "class" in found
        else DataClass.ANSWER
    )
    condition = _condition(found["only_if"], reading) if "only_if" in found else None
    groups = _formerly(found, QUESTION_CODE, reading, new=reading.former)
    rows = []
    for key, value in _row_entries(found, notes):
        said = _row(value, notes)
        row = Question(
            code=_new_code(key, reading),
            kind=QuestionKind.MULTIPLE if multiple else QuestionKind.SINGLE,
            text=_texts(said["text"], key.value, reading, name=True),
            formerly=_formerly(said, QUESTION_CODE, reading, new=reading.former),
            groups_formerly=groups,
            options=options,
            data_class=data_class,
            group=code,
            required="required" in found and flag(found["required"], notes),
            only_if=condition,
        )
        reading.questions[row.code] = row
        rows.append(row)
    if not rows and not notes.found:
        notes.note(node, "few-rows", code=code)
    text = _texts_at(found, "text", reading) or Texts(entries=())
    return Matrix(
        code=code,
        text=text,
        options=options,
        rows=tuple(rows),
        multiple=multiple,
        hint=_texts_at(found, "hint", reading),
    )


def _row(value: yaml.Node, notes: Notes) -> dict[str, yaml.Node]:
    """A row's text, or `{text: …, formerly: …}`."""
    keys = (
        {name.value for name, _ in value.value if isinstance(name, yaml.ScalarNode)}
        if isinstance(value, yaml.MappingNode)
        else set()
    )
    return {"text": value, **mapping(value, ROW_KEYS, notes)} if "formerly" in keys else {"text": value}


def _row_entries(found: dict[str, yaml.Node], notes: Notes) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if "rows" not in found:
        return []
    if not isinstance(found["rows"], yaml.MappingNode):
        notes.note(found["rows"], "want-options")
        return []
    return entries(found["rows"], notes)


def _options(
    node: yaml.Node, found: dict[str, yaml.Node], code: str, kind: str, reading: _Reading
) -> tuple[Option, ...]:
    notes = reading.notes
    if "options" not in found:
        notes.note(node, "missing-key", name="options")
        return ()
    if not isinstance(found["options"], yaml.MappingNode):
        notes.note(found["options"], "want-options")
        return ()
    named = entries(found["options"], notes)
    reading.option_lines |= {(code, key.value): key.start_mark.line + 1 for key, _ in named}
    options = tuple(_option(key, value, kind, reading) for key, value in named)
    _refuse_former_options(found["options"], options, notes)
    least = 1 if kind in {"multiple", "matrix-multiple"} else 2
    if len(options) < least:
        notes.note(found["options"], "few-options", code=code, least=least)
    if len(options) > MAX_OPTIONS:
        notes.note(found["options"], "many-options", code=code, most=MAX_OPTIONS)
    return options


def _refuse_former_options(node: yaml.Node, options: Sequence[Option], notes: Notes) -> None:
    taken = [option.code for option in options]
    for code in (former for option in options for former in option.formerly):
        if code in taken:
            notes.note(node, "formerly-option", code=code)
        taken.append(code)


def _option(key: yaml.ScalarNode, value: yaml.Node, kind: str, reading: _Reading) -> Option:
    notes = reading.notes
    if not OPTION_CODE.fullmatch(key.value):
        notes.note(
            key, "bad-option-code", code=key.value, suggestion=suggestion(key.value, length=5, letter_first=False)
        )
    keys = (
        {name.value for name, _ in value.value if isinstance(name, yaml.ScalarNode)}
        if isinstance(value, yaml.MappingNode)
        else set()
    )
    if not keys & set(OPTION_KEYS):
        return Option(code=key.value, text=_texts(value, key.value, reading, name=True))
    found = mapping(value, OPTION_KEYS, notes)
    _require(value, found, ("text",), notes)
    writein = "writein" in found and flag(found["writein"], notes)
    exclusive = "exclusive" in found and flag(found["exclusive"], notes)
    if writein and kind.startswith("matrix"):
        notes.note(found["writein"], "writein-matrix")
    if exclusive and kind in {"single", "matrix"}:
        notes.note(found["exclusive"], "exclusive-single")
    label = _texts(found["text"], "text", reading, name=True) if "text" in found else Texts(entries=())
    return Option(
        code=key.value,
        text=label,
        writein=writein,
        exclusive=exclusive,
        formerly=_formerly(found, FORMER_OPTION_CODE, reading),
    )


def _question_code(node: yaml.Node, notes: Notes) -> str:
    code = scalar(node, notes)
    program = reserved_by(code)
    if code in FIXED_COLUMNS:
        notes.note(node, "reserved-column", code=code)
    elif program is not None:
        notes.note(node, "reserved-word", code=code, program=program)
    elif not QUESTION_CODE.fullmatch(code):
        notes.note(node, "bad-question-code", code=code, suggestion=suggestion(code, length=20, letter_first=True))
    return code


def _new_code(node: yaml.Node, reading: _Reading) -> str:
    code = _question_code(node, reading.notes)
    if code in reading.lines:
        reading.notes.note(node, "duplicate-question", code=code, first=reading.lines[code])
    else:
        reading.lines[code] = node.start_mark.line + 1
    return code


def _condition(node: yaml.Node, reading: _Reading) -> Condition | None:
    """`only_if: {question: answer}` or `only_if: {question: [answer, answer]}`."""
    notes = reading.notes
    pairs = entries(node, notes)
    if len(pairs) != 1:
        if isinstance(node, yaml.MappingNode):
            notes.note(node, "want-mapping")
        return None
    key, value = pairs[0]
    nodes = items(value, notes) if isinstance(value, yaml.SequenceNode) else [value]
    asked = reading.questions.get(key.value)
    if asked is None:
        notes.note(key, "condition-question", code=key.value)
        return None
    if not asked.options:
        notes.note(key, "condition-choice", code=key.value)
        return None
    codes = tuple(scalar(entry, notes) for entry in nodes)
    for entry, code in zip(nodes, codes, strict=True):
        if asked.option(code) is None:
            notes.note(
                entry,
                "condition-option",
                code=key.value,
                option=code,
                known=", ".join(option.code for option in asked.options),
            )
    return Condition(question=key.value, options=codes)


def _cells(node: yaml.Node, value: yaml.Node | None, kind: str, maximum: str | None, notes: Notes) -> tuple[int, ...]:
    if kind in _FIXED_CELLS:
        return _FIXED_CELLS[kind]
    if kind not in CELL_TYPES:
        return ()
    if value is None:
        notes.note(node, "missing-key", name="cells")
        return (1,)
    sizes = _sizes(value, kind, notes)
    if maximum is not None and len(maximum.split(".")[0].lstrip("-")) > sizes[0]:
        notes.note(value, "bound-cells", high=maximum, cells=sizes[0])
    return sizes


def _sizes(value: yaml.Node, kind: str, notes: Notes) -> tuple[int, ...]:
    nodes = items(value, notes) if isinstance(value, yaml.SequenceNode) else [value]
    written = [scalar(entry, notes) for entry in nodes]
    sizes = tuple(
        int(part) for part in written if part.isascii() and part.isdigit() and 1 <= int(part[:6]) <= MAX_CELLS
    )
    groups = {"number": 1, "decimal": 2}.get(kind, len(written))
    if len(sizes) == len(written) == groups and 1 <= sum(sizes) <= MAX_CELLS:
        return sizes
    slug = {"number": "cells-number", "decimal": "cells-decimal"}.get(kind, "cells-letters")
    notes.note(value, slug, most=MAX_CELLS)
    return (1, 1) if kind == "decimal" else (1,)


def _bounds(found: dict[str, yaml.Node], kind: str, notes: Notes) -> tuple[str | None, str | None]:
    """Smallest and greatest admissible value; numbers and years start at 0 by default."""
    low = _bound(found["min"], kind, notes) if "min" in found else None
    high = _bound(found["max"], kind, notes) if "max" in found else None
    if low and high and (low > high if kind == "date" else float(low) > float(high)):
        notes.note(found["min"], "bound-order", low=low, high=high)
    if kind in {"number", "decimal", "year"} and low is None:
        low = "0"
    return low, high


def _bound(node: yaml.Node, kind: str, notes: Notes) -> str | None:
    value = scalar(node, notes)
    if kind == "date":
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            notes.note(node, "want-date", value=value)
            return None
    if not _NUMBER.fullmatch(value):
        notes.note(node, "want-bound", value=value)
        return None
    return value
