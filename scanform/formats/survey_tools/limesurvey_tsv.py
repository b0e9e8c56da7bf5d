"""LimeSurvey's tab-separated survey structure: a line per survey setting, group, question, subquestion and answer;
whose subquestion or answer a line is follows from its position.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scanform.formats.survey_tools.limesurvey_survey import (
    LOCAL,
    SURVEY_TEXTS,
    Entry,
    LimeGroup,
    LimeQuestion,
    LimeSurvey,
)
from scanform.formats.survey_tools.limesurvey_write import attributes_for, texts_for
from scanform.formats.survey_tools.remarks import Place, no_survey

COLUMNS = (
    "class", "type/scale", "name", "relevance", "text", "help", "language", "validation", "mandatory", "other", "default", "same_default",
)  # fmt: skip
ATTRIBUTES = (
    "cssclass", "date_format", "date_max", "date_min", "em_validation_q", "exclude_all_others", "hidden", "max_num_value_n", "maximum_chars", "min_num_value_n",
    "multiflexible_checkbox", "num_value_int_only", "other_replace_text", "suffix",
)  # fmt: skip


# --- writing ---------------------------------------------------------------------------------------------------------


def to_tsv(survey: LimeSurvey) -> bytes:
    """The file, as LimeSurvey writes it: UTF-8 with a byte order mark; one block per language."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(
        out, (*COLUMNS, *ATTRIBUTES), delimiter="\t", restval="", lineterminator="\n", extrasaction="raise"
    )
    writer.writeheader()
    writer.writerows(_lines(survey))
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def _lines(survey: LimeSurvey) -> Iterator[dict[str, str]]:
    base = survey.languages[0]
    settings = {"format": "G", "language": base, "additional_languages": " ".join(survey.languages[1:])}
    yield from ({"class": "S", "name": name, "text": value} for name, value in settings.items() if value)
    for language in survey.languages:
        for name, value in texts_for(survey, language):
            yield {"class": "SL", "name": name, "text": value, "language": language}
    for language in survey.languages:
        for number, group in enumerate(survey.groups, start=1):
            yield {
                "class": "G", "type/scale": f"G{number}", "name": group.titles.get(language, ""), "relevance": group.relevance or "1",
                "text": group.texts.get(language, ""), "language": language,
            }  # fmt: skip
            for question in group.questions:
                yield from _question_lines(question, language)


def _question_lines(question: LimeQuestion, language: str) -> Iterator[dict[str, str]]:
    yield {
        "class": "Q", "type/scale": question.kind, "name": question.code, "relevance": question.relevance or "1", "text": question.texts.get(language, ""),
        "help": question.helps.get(language, ""), "language": language, "validation": question.pattern, "mandatory": "Y" if question.mandatory else "N",
        "other": "Y" if question.other else "N", "same_default": "0", **attributes_for(question, language),
    }  # fmt: skip
    for name, entries in (("SQ", question.subquestions), ("A", question.answers)):
        for entry in entries:
            yield {
                "class": name, "type/scale": str(entry.scale), "name": entry.code, "relevance": "1" if name == "SQ" else "",
                "text": entry.texts.get(language, ""), "language": language,
            }  # fmt: skip


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Asked:
    """A question while it is read."""

    row: Mapping[str, str]
    place: Place
    texts: dict[str, str] = field(default_factory=dict)
    helps: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    local: dict[str, dict[str, str]] = field(default_factory=dict)
    entries: dict[tuple[str, int, str], tuple[Mapping[str, str], Place, dict[str, str]]] = field(default_factory=dict)


@dataclass(slots=True)
class _Group:
    """A group while it is read."""

    place: Place
    relevance: str
    titles: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    questions: dict[str, _Asked] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    """What was read so far: groups and questions are found again in a further language by id, place or code."""

    settings: dict[str, str] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    languages: dict[str, None] = field(default_factory=dict)
    groups: dict[str, _Group] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    questions: dict[str, _Asked] = field(default_factory=dict)
    group: _Group | None = None
    question: _Asked | None = None


def from_tsv(content: bytes, name: str) -> LimeSurvey:
    """The survey in a file; raises InputError for anything else."""
    reading = _Reading()
    for line, row in _rows(content, name):
        _READERS.get(row.get("class", "").strip(), _skip)(row, line, reading)
    if not reading.questions:
        raise no_survey("no_questions", name)
    first = reading.settings.get("language", "") or next(iter(reading.languages), "")
    more = reading.settings.get("additional_languages", "").split()
    return LimeSurvey(
        languages=tuple(dict.fromkeys((*([first] if first else []), *more, *reading.languages))),
        texts=reading.texts,
        groups=tuple(_made(group) for group in reading.groups.values()),
    )


def _rows(content: bytes, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows with the line on which each begins."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise no_survey("not_utf8", name) from error
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t")
        header = [cell.strip() for cell in next(reader, [])]
        if "class" not in header or "type/scale" not in header or "name" not in header:
            raise no_survey("no_structure", name)
        line = reader.line_num + 1
        for cells in reader:
            yield line, dict(zip(header, cells, strict=False))
            line = reader.line_num + 1
    except csv.Error as error:
        raise no_survey("bad_table", name) from error


def _skip(_: Mapping[str, str], __: int, ___: _Reading) -> None:
    """Lines that say nothing about questions: quotas, conditions of old files, assessments."""


def _setting(row: Mapping[str, str], _: int, reading: _Reading) -> None:
    reading.settings[row.get("name", "").strip()] = row.get("text", "").strip()


def _survey_text(row: Mapping[str, str], _: int, reading: _Reading) -> None:
    language = _language(row, reading)
    if row.get("name", "") in SURVEY_TEXTS:
        reading.texts.setdefault(row["name"], {})[language] = row.get("text", "")


def _language(row: Mapping[str, str], reading: _Reading) -> str:
    language = row.get("language", "").strip() or reading.settings.get("language", "")
    reading.languages.setdefault(language)
    return language


def _group(row: Mapping[str, str], line: int, reading: _Reading) -> None:
    language = _language(row, reading)
    at = reading.order[language] = reading.order.get(language, 0) + 1
    key = row.get("type/scale", "").strip() or f"#{at}"
    group = reading.groups.get(key)
    if group is None or language in group.titles:
        key = key if group is None else f"{key}#{line}"
        place = Place(line=line, element=row.get("name", ""))
        group = reading.groups.setdefault(key, _Group(place=place, relevance=row.get("relevance", "")))
    group.titles[language] = row.get("name", "")
    group.texts[language] = row.get("text", "")
    reading.group, reading.question = group, None


def _question(row: Mapping[str, str], line: int, reading: _Reading) -> None:
    language, code = _language(row, reading), row.get("name", "").strip()
    question = reading.questions.get(code)
    if question is None:
        question = reading.questions[code] = _Asked(row=row, place=Place(line=line, element=code))
        if reading.group is None:
            reading.group = reading.groups.setdefault("", _Group(place=Place(line=line), relevance=""))
        reading.group.questions[code] = question
        question.attributes |= {
            name: value for name, value in row.items() if value and name not in COLUMNS and name not in LOCAL and name
        }
    question.texts[language] = row.get("text", "")
    question.helps[language] = row.get("help", "")
    for name in LOCAL:
        if row.get(name):
            question.local.setdefault(name, {})[language] = row[name]
    reading.question = question


def _entry(row: Mapping[str, str], line: int, reading: _Reading) -> None:
    if reading.question is None:
        return
    scale = row.get("type/scale", "").strip()
    key = (row["class"].strip(), int(scale) if scale.isdigit() else 0, row.get("name", "").strip())
    place = Place(line=line, element=f"{reading.question.place.element} / {key[2]}")
    _, _, texts = reading.question.entries.setdefault(key, (row, place, {}))
    texts[_language(row, reading)] = row.get("text", "")


_READERS = {"S": _setting, "SL": _survey_text, "G": _group, "Q": _question, "SQ": _entry, "A": _entry}


def _made(group: _Group) -> LimeGroup:
    questions = tuple(_made_question(question) for question in group.questions.values())
    return LimeGroup(
        titles=group.titles, texts=group.texts, questions=questions, relevance=group.relevance, place=group.place
    )


def _made_question(question: _Asked) -> LimeQuestion:
    row = question.row
    entries = [
        (kind, Entry(code=code, texts=texts, scale=scale, relevance=said.get("relevance", ""), place=place))
        for (kind, scale, code), (said, place, texts) in question.entries.items()
    ]
    return LimeQuestion(
        code=question.place.element,
        kind=row.get("type/scale", "").strip(),
        texts=question.texts,
        helps=question.helps,
        relevance=row.get("relevance", ""),
        mandatory=row.get("mandatory", "").strip().upper() in {"Y", "S"},
        other=row.get("other", "").strip().upper() == "Y",
        pattern=row.get("validation", ""),
        subquestions=tuple(entry for kind, entry in entries if kind == "SQ"),
        answers=tuple(entry for kind, entry in entries if kind == "A"),
        attributes=question.attributes,
        local=question.local,
        default=row.get("default", ""),
        place=question.place,
    )
