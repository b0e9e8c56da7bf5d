"""Which column of a LimeSurvey response export holds what, for each way LimeSurvey can head its columns.

Headings seen in exports: `code`, `code. text`, `code[sub]`, `code[sub][scale]`, and with Expression Manager codes `code_sub`.
Each row of a matrix is a question of its own here and a subquestion there: `matrix[row]`, `matrix[row_column]`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scanform.model.questionnaire import Question, QuestionKind, Questionnaire


class Holds(StrEnum):
    """What a column holds."""

    CHOICE = "choice"
    TICK = "tick"
    OTHER = "other"
    WRITEIN = "writein"
    FIELD = "field"
    SYSTEM = "system"
    TIMING = "timing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the cells of a column belong: a question, one of its options, or a system column (`question` is its name)."""

    holds: Holds
    question: str
    option: str | None = None


SYSTEM_COLUMNS = {
    "id": ("id", "response_id", "response id", "antwort id", "antwort-id"),
    "submitdate": ("submitdate", "date submitted", "datum abgeschickt"),
    "datestamp": ("datestamp", "date last action", "datum letzte aktivität"),
    "startdate": ("startdate", "date started", "datum gestartet"),
    "token": ("token", "access code", "zugangscode", "zugangsschlüssel"),
    "lastpage": ("lastpage", "last page", "letzte seite"),
    "startlanguage": ("startlanguage", "start language", "start-sprache", "startsprache"),
    "seed": ("seed", "zufallsstartwert"),
    "ipaddr": ("ipaddr", "ip address", "ip-adresse"),
    "refurl": ("refurl", "referrer url", "verweis-url", "verweis url"),
    "interviewtime": ("interviewtime", "total time", "gesamtzeit"),
}
"""The names of LimeSurvey's own columns with codes and with English and German texts as headings."""

_SYSTEM_BY_HEADING = {heading: name for name, headings in SYSTEM_COLUMNS.items() for heading in headings}
_CODE = re.compile(r"([A-Za-z]\w*(?:\[[^\]]*\]){0,2})(.*)", re.DOTALL)
_SEPARATOR = re.compile(r"\s*[.:]|\s+[-\N{EN DASH}|]\s")
_TIMING = re.compile(r"groupTime\d+|\w+Time")


def targets(header: Sequence[str], questionnaire: Questionnaire) -> tuple[Target | None, ...]:
    """The target of each column; None for a column that is not known."""
    known = _known_columns(questionnaire)
    found = [_target(name, known) for name in header]
    written = {(t.question, t.option) for t in found if t is not None and t.holds is Holds.WRITEIN}
    return tuple(_as_tick(t) if t is not None and t.holds is Holds.OTHER and (t.question, t.option) in written else t for t in found)


def _as_tick(target: Target) -> Target:
    """`q[other]` beside `q[othercomment]` is a box, not a text."""
    return Target(holds=Holds.TICK, question=target.question, option=target.option)


def _target(heading: str, known: dict[str, Target]) -> Target | None:
    exact = known.get(heading.lower())
    if exact is not None:
        return exact
    system = _SYSTEM_BY_HEADING.get(heading.strip().lower())
    if system is not None:
        return Target(holds=Holds.SYSTEM, question=system)
    match = _CODE.match(heading)
    if match is not None and match[2] and _SEPARATOR.match(match[2]):
        code = match[1].lower()
        if code in known:
            return known[code]
        if code in SYSTEM_COLUMNS:
            return Target(holds=Holds.SYSTEM, question=code)
    return Target(holds=Holds.TIMING, question=heading) if _TIMING.fullmatch(heading) else None


def _known_columns(questionnaire: Questionnaire) -> dict[str, Target]:
    known: dict[str, Target] = {}
    for question in questionnaire.questions():
        for name, target in _columns_of(question):
            known.setdefault(name, target)
    return known


def _columns_of(question: Question) -> Iterator[tuple[str, Target]]:
    code = question.code
    if question.kind is QuestionKind.MULTIPLE:
        yield from _tick_columns(question)
    else:
        holds = Holds.CHOICE if question.kind is QuestionKind.SINGLE else Holds.FIELD
        for name in _row_names(question):
            yield name, Target(holds=holds, question=code)
    yield from _text_columns(question)


def _row_names(question: Question) -> tuple[str, ...]:
    code, group = question.code, question.group
    return (code,) if group is None else (code, f"{group}[{code}]", f"{group}_{code}")


def _tick_columns(question: Question) -> Iterator[tuple[str, Target]]:
    code, group = question.code, question.group
    for option in question.options:
        target = Target(holds=Holds.TICK, question=code, option=option.code)
        if option.writein and option.code == "other":
            continue  # in LimeSurvey `q[other]` is the text: see _text_columns
        yield from ((name, target) for name in (f"{code}[{option.code}]", f"{code}_{option.code}", f"{code}__{option.code}"))
        if group is not None:
            names = (f"{group}[{code}_{option.code}]", f"{group}_{code}_{option.code}", f"{group}[{code}][{option.code}]")
            yield from ((name, target) for name in names)


def _text_columns(question: Question) -> Iterator[tuple[str, Target]]:
    code = question.code
    writeins = [option.code for option in question.options if option.writein]
    for option in writeins:
        target = Target(holds=Holds.WRITEIN, question=code, option=option)
        yield from ((f"{code}[{option}{ending}]", target) for ending in ("comment", "text", "_text", "_comment"))
        yield from ((f"{code}_{option}{ending}", target) for ending in ("comment", "text", "_text"))
        yield f"{code}__{option}_text", target
    if len(writeins) == 1:
        target = Target(holds=Holds.OTHER, question=code, option=writeins[0])
        yield from ((name, target) for name in (f"{code}[other]", f"{code}_other"))
