"""LimeSurvey's structure files (.lss; groups .lsg and questions .lsq are read, too): tables of its database as XML."""

import html
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element, ParseError  # types only, defusedxml reads

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from scanform.formats.survey_tools.limesurvey_survey import (
    SURVEY_TEXTS,
    ByLanguage,
    Entry,
    LimeGroup,
    LimeQuestion,
    LimeSurvey,
)
from scanform.formats.survey_tools.remarks import Place, no_survey

DB_VERSION = 426
"""LimeSurvey 4, the first with texts in tables of their own: what newer ones read without change."""

Row = Mapping[str, str]

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


# --- writing ---------------------------------------------------------------------------------------------------------


def to_lss(survey: LimeSurvey) -> bytes:
    """The file's bytes."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<document>", " <LimeSurveyDocType>Survey</LimeSurveyDocType>"]
    lines += [f" <DBVersion>{DB_VERSION}</DBVersion>", " <languages>"]
    lines += [f"  <language>{language}</language>" for language in survey.languages]
    lines.append(" </languages>")
    for name, rows in _tables(survey).items():
        lines += _table(name, rows)
    lines.append("</document>")
    return ("\n".join(lines) + "\n").encode("utf-8")


def _table(name: str, rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    yield f" <{name}>"
    yield "  <fields>"
    yield from (f"   <fieldname>{field}</fieldname>" for field in rows[0])
    yield "  </fields>"
    yield "  <rows>"
    for row in rows:
        yield "   <row>"
        for field, value in row.items():
            shown = html.escape(_CONTROL.sub("", value), quote=False)
            yield f"    <{field}>{shown}</{field}>" if shown else f"    <{field}/>"
        yield "   </row>"
    yield "  </rows>"
    yield f" </{name}>"


def _tables(survey: LimeSurvey) -> dict[str, list[Row]]:
    """The rows of each table, in LimeSurvey's order of tables; numbers count up."""
    names = (
        "answers", "answer_l10ns", "groups", "group_l10ns", "questions", "subquestions", "question_l10ns", "question_attributes", "surveys",
        "surveys_languagesettings",
    )  # fmt: skip
    tables: dict[str, list[Row]] = {name: [] for name in names}
    sid = str(100_000 + zlib.crc32("".join(_codes(survey)).encode()) % 900_000)
    qid = 1
    for gid, group in enumerate(survey.groups, start=1):
        tables["groups"].append(
            {
                "gid": str(gid),
                "sid": sid,
                "group_order": str(gid),
                "randomization_group": "",
                "grelevance": group.relevance or "1",
            }
        )
        for language in survey.languages:
            tables["group_l10ns"].append(
                {
                    "id": _next(tables["group_l10ns"]), "gid": str(gid), "group_name": group.titles.get(language, ""),
                    "description": group.texts.get(language, ""), "language": language,
                }
            )  # fmt: skip
        for order, question in enumerate(group.questions, start=1):
            qid = _add_question(question, tables, survey.languages, ids=(sid, str(gid), qid, order))
    tables["surveys"].append(
        {
            "sid": sid,
            "language": survey.languages[0],
            "additional_languages": " ".join(survey.languages[1:]),
            "format": "G",
        }
    )
    for language in survey.languages:
        texts = {name: found.get(language, "") for name, found in survey.texts.items()}
        tables["surveys_languagesettings"].append({"surveyls_survey_id": sid, "surveyls_language": language, **texts})
    return tables


def _codes(survey: LimeSurvey) -> Iterator[str]:
    return (question.code for group in survey.groups for question in group.questions)


def _next(rows: Sequence[Row]) -> str:
    return str(len(rows) + 1)


def _add_question(
    question: LimeQuestion, tables: dict[str, list[Row]], languages: Sequence[str], *, ids: tuple[str, str, int, int]
) -> int:
    """Adds the rows of a question; returns the next free number."""
    sid, gid, qid, order = ids
    number = str(qid)
    row = _question_row(question, sid, gid, number, order)
    tables["questions"].append(row)
    _add_texts(tables["question_l10ns"], number, question.texts, question.helps, languages)
    for at, entry in enumerate(question.subquestions, start=1):
        qid += 1
        sub = {
            **row, "qid": str(qid), "parent_qid": number, "type": "T", "title": entry.code, "preg": "", "other": "N", "mandatory": "N",
            "question_order": str(at), "scale_id": str(entry.scale), "relevance": "1",
        }  # fmt: skip
        tables["subquestions"].append(sub)
        _add_texts(tables["question_l10ns"], str(qid), entry.texts, {}, languages)
    for at, entry in enumerate(question.answers):
        aid = _next(tables["answers"])
        tables["answers"].append(
            {
                "aid": aid, "qid": number, "code": entry.code, "sortorder": str(at), "assessment_value": "0",
                "scale_id": str(entry.scale),
            }
        )  # fmt: skip
        tables["answer_l10ns"] += [
            {"id": f"{aid}{at}", "aid": aid, "answer": entry.texts.get(language, ""), "language": language}
            for at, language in enumerate(languages)
        ]
    _add_attributes(question, tables["question_attributes"], number, languages)
    return qid + 1


def _question_row(question: LimeQuestion, sid: str, gid: str, number: str, order: int) -> Row:
    return {
        "qid": number, "parent_qid": "0", "sid": sid, "gid": gid, "type": question.kind, "title": question.code, "preg": question.pattern,
        "other": "Y" if question.other else "N", "mandatory": "Y" if question.mandatory else "N", "encrypted": "N",
        "question_order": str(order), "scale_id": "0", "same_default": "0", "relevance": question.relevance or "1", "modulename": "",
    }  # fmt: skip


def _add_texts(rows: list[Row], number: str, texts: ByLanguage, helps: ByLanguage, languages: Iterable[str]) -> None:
    for language in languages:
        rows.append(
            {
                "id": _next(rows), "qid": number, "question": texts.get(language, ""), "help": helps.get(language, ""), "script": "",
                "language": language,
            }
        )  # fmt: skip


def _add_attributes(question: LimeQuestion, rows: list[Row], number: str, languages: Iterable[str]) -> None:
    for name, value in question.attributes.items():
        rows.append({"qid": number, "attribute": name, "value": value, "language": ""})
    for name, texts in question.local.items():
        for language in languages:
            rows.append({"qid": number, "attribute": name, "value": texts.get(language, ""), "language": language})


# --- reading ---------------------------------------------------------------------------------------------------------


def from_lss(content: bytes, name: str) -> LimeSurvey:
    """The survey, group or question in a file; raises InputError for anything else."""
    root = _root(content, name)
    tables = _Tables(root)
    languages = tuple(
        dict.fromkeys(
            language
            for language in (
                *(row.get("language", "") for row in tables.rows("surveys")),
                *(one.text or "" for one in root.findall("languages/language")),
            )
            if language
        )
    )
    groups = tuple(_groups(tables))
    if not any(group.questions for group in groups):
        raise no_survey("no_questions", name)
    settings = tables.rows("surveys_languagesettings")
    texts = {
        key: {row.get("surveyls_language", ""): row.get(key, "") for row in settings}
        for key in SURVEY_TEXTS
        if settings
    }
    return LimeSurvey(languages=languages, texts=texts, groups=groups)


def _root(content: bytes, name: str) -> Element:
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise no_survey("forbidden_xml", name) from error
    except (ParseError, ValueError) as error:
        raise no_survey("bad_xml", name) from error
    if root.tag != "document" or (root.findtext("LimeSurveyDocType") or "") not in {"Survey", "Group", "Question"}:
        raise no_survey("not_lss", name)
    return root


class _Tables:
    """The tables of a file, and the texts of their rows: in tables of their own or, before LimeSurvey 4, in the rows
    themselves, one for each language.
    """

    def __init__(self, root: Element) -> None:
        self._root = root

    def rows(self, name: str) -> list[Row]:
        """The rows of a table, none if it is missing."""
        found = self._root.findall(f"{name}/rows/row")
        return [{cell.tag: cell.text or "" for cell in row} for row in found]

    def texts(self, tables: Sequence[str], key: str, field: str) -> dict[str, dict[str, str]]:
        """A text by the number in `key` and by language."""
        found: dict[str, dict[str, str]] = {}
        for table in tables:
            for row in self.rows(table):
                if row.get("language") and field in row:
                    found.setdefault(row.get(key, ""), {}).setdefault(row["language"], row[field])
        return found


def _once(rows: Iterable[Row], key: str, order: str) -> list[Row]:
    """Each row once, whatever its language, in its order."""
    by_key: dict[str, Row] = {}
    for row in rows:
        by_key.setdefault(row.get(key, ""), row)
    return sorted(by_key.values(), key=lambda row: _number(row.get(order, "")))


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def _groups(tables: _Tables) -> Iterator[LimeGroup]:
    titles = tables.texts(("group_l10ns", "groups"), "gid", "group_name")
    texts = tables.texts(("group_l10ns", "groups"), "gid", "description")
    questions: dict[str, list[LimeQuestion]] = {}
    for gid, question in _questions(tables):
        questions.setdefault(gid, []).append(question)
    groups = _once(tables.rows("groups"), "gid", "group_order")
    for row in groups:
        gid = row.get("gid", "")
        yield LimeGroup(
            titles=titles.get(gid, {}),
            texts=texts.get(gid, {}),
            questions=tuple(questions.pop(gid, ())),
            relevance=row.get("grelevance", ""),
            place=Place(element=next(iter(titles.get(gid, {}).values()), gid)),
        )
    for left in questions.values():  # a file of a single question has no group
        yield LimeGroup(titles={}, texts={}, questions=tuple(left))


def _questions(tables: _Tables) -> Iterator[tuple[str, LimeQuestion]]:
    """Each question with the number of its group."""
    texts = tables.texts(("question_l10ns", "questions", "subquestions"), "qid", "question")
    helps = tables.texts(("question_l10ns", "questions"), "qid", "help")
    subquestions, answers = _subquestions(tables, texts), _answers(tables)
    attributes: dict[str, dict[str, str]] = {}
    local: dict[str, dict[str, dict[str, str]]] = {}
    for row in tables.rows("question_attributes"):
        qid, attribute = row.get("qid", ""), row.get("attribute", "")
        if row.get("language"):
            local.setdefault(qid, {}).setdefault(attribute, {})[row["language"]] = row.get("value", "")
        else:
            attributes.setdefault(qid, {})[attribute] = row.get("value", "")
    for row in _once(tables.rows("questions"), "qid", "question_order"):
        qid, code = row.get("qid", ""), row.get("title", "")
        yield (
            row.get("gid", ""),
            LimeQuestion(
                code=code,
                kind=row.get("type", ""),
                texts=texts.get(qid, {}),
                helps=helps.get(qid, {}),
                relevance=row.get("relevance", ""),
                mandatory=row.get("mandatory", "") in {"Y", "S"},
                other=row.get("other", "") == "Y",
                pattern=row.get("preg", ""),
                subquestions=tuple(subquestions.get(qid, ())),
                answers=tuple(answers.get(qid, ())),
                attributes=attributes.get(qid, {}),
                local=local.get(qid, {}),
                place=Place(element=code),
            ),
        )


def _subquestions(tables: _Tables, texts: Mapping[str, ByLanguage]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for row in _once(tables.rows("subquestions"), "qid", "question_order"):
        entry = Entry(
            code=row.get("title", ""),
            texts=texts.get(row.get("qid", ""), {}),
            scale=_number(row.get("scale_id", "")),
            relevance=row.get("relevance", ""),
            place=Place(element=row.get("title", "")),
        )
        found.setdefault(row.get("parent_qid", ""), []).append(entry)
    return found


def _answers(tables: _Tables) -> dict[str, list[Entry]]:
    """Old files have no number for an answer: there its question, code and scale tell it."""
    by_aid = tables.texts(("answer_l10ns",), "aid", "answer")
    found: dict[str, dict[tuple[str, int], Entry]] = {}
    for row in sorted(tables.rows("answers"), key=lambda row: _number(row.get("sortorder", ""))):
        key = (row.get("code", ""), _number(row.get("scale_id", "")))
        own = {row["language"]: row.get("answer", "")} if row.get("language") else by_aid.get(row.get("aid", ""), {})
        entries = found.setdefault(row.get("qid", ""), {})
        known = entries.get(key)
        texts = {**(known.texts if known else {}), **own}
        entries[key] = Entry(code=key[0], texts=texts, scale=key[1], place=Place(element=key[0]))
    return {qid: list(entries.values()) for qid, entries in found.items()}
