"""Identifies the columns of a LimeSurvey response export, for each way LimeSurvey can head its columns.

Headings seen in exports: `code`, `code. text`, `code[sub]`, `code[sub][scale]`, and with Expression Manager codes
`code_sub`. Each row of a matrix is a question of its own here and a subquestion there: `matrix[row]`,
`matrix[row_column]`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from scanform.formats.questionnaires.codes import is_participant_column
from scanform.model.questionnaire import Option, Question, QuestionKind, Questionnaire


class Holds(StrEnum):
    """The content of a column; `REST` is what is left of several answers in one cell that belongs to no option."""

    CHOICE = "choice"
    TICK = "tick"
    OTHER = "other"
    WRITEIN = "writein"
    FIELD = "field"
    SYSTEM = "system"
    TIMING = "timing"
    REST = "rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The target of a column's cells: a question, one of its options, or a system column (`question` is its name)."""

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
    """The target of each column; None for an unknown column. LimeSurvey's attributes of invited people are never
    answers.
    """
    known = _known_columns(questionnaire)
    found = _without_participants(header, [_target(name, known) for name in header], questionnaire)
    written = {(t.question, t.option) for t in found if t is not None and t.holds is Holds.WRITEIN}
    return tuple(
        _as_tick(t) if t is not None and t.holds is Holds.OTHER and (t.question, t.option) in written else t
        for t in found
    )


def _is_timing(heading: str, known: dict[str, Target]) -> bool:
    """Whether a heading is that of the time spent on a known question, even if another question has the same name."""
    return heading.endswith("Time") and (heading.removesuffix("Time") in known or heading.startswith("groupTime"))


def _without_participants(
    header: Sequence[str], found: Sequence[Target | None], questionnaire: Questionnaire
) -> list[Target | None]:
    """LimeSurvey puts its participant columns between its other ones and the first question. Where an old questionnaire
    has a question named like one of them, the position distinguishes the two: only the first question, with no other
    such column beside it, can be there itself.
    """
    names = [_code_of(heading) for heading in header]
    invited = [
        is_participant_column(name) and not (target and target.holds is Holds.SYSTEM)
        for name, target in zip(names, found, strict=True)
    ]
    apart = (
        at
        for at, target in enumerate(found)
        if not invited[at] and (target is None or target.holds not in {Holds.SYSTEM, Holds.TIMING})
    )
    before = [at for at in range(next(apart, len(found))) if invited[at]]
    first = next(
        (question for question in questionnaire.questions() if question.kind is not QuestionKind.SIGNATURE), None
    )
    if first is not None and len(before) == 1 and names[before[0]] in (first.code, *first.formerly):
        before = []
    aside = {at for at, is_one in enumerate(invited) if is_one and (at in before or found[at] is None)}
    return [
        Target(holds=Holds.SYSTEM, question=f"participant {names[at]}") if at in aside else target
        for at, target in enumerate(found)
    ]


def _code_of(heading: str) -> str:
    """The code at the start of a heading, in small letters."""
    match = _CODE.match(heading)
    return (
        match[1].lower()
        if match is not None and (not match[2] or _SEPARATOR.match(match[2]) or match[2].lstrip().startswith("<"))
        else heading.lower()
    )


def _as_tick(target: Target) -> Target:
    """`q[other]` beside `q[othercomment]` is a box, not a text."""
    return Target(holds=Holds.TICK, question=target.question, option=target.option)


def _target(heading: str, known: dict[str, Target]) -> Target | None:
    exact = known.get(heading) or (None if _is_timing(heading, known) else known.get(heading.lower()))
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


def columns_of(question: Question) -> Iterator[str]:
    """The headings a column of a question can have today."""
    return (name for name, _ in _columns_of(question))


def _known_columns(questionnaire: Questionnaire) -> dict[str, Target]:
    """Target by heading; present codes before former ones."""
    known: dict[str, Target] = {}
    editions = [(question, list(_editions(question))) for question in questionnaire.questions()]
    for question, edition, options in (
        *((question, *found[0]) for question, found in editions),
        *((question, *one) for question, found in editions for one in found[1:]),
    ):
        for name, target in _columns_of(edition):
            option = options.get(target.option, target.option) if target.option is not None else None
            known.setdefault(name, replace(target, question=question.code, option=option))
    for question in questionnaire.questions():
        for name, target in _in_their_matrix(question):
            known.setdefault(name, replace(target, question=question.code))
    return known


def _in_their_matrix(question: Question) -> Iterator[tuple[str, Target]]:
    """Subquestions are unique in their matrix only, rows everywhere: row `moodsq1` of matrix `mood` is `mood[sq1]`."""
    group = question.group
    if group is not None and question.code.startswith(group) and question.code != group:
        within = replace(question, code=question.code.removeprefix(group))
        yield from (pair for pair in _columns_of(within) if pair[0].startswith((f"{group}[", f"{group}_")))


def _editions(question: Question) -> Iterator[tuple[Question, dict[str, str]]]:
    """The present question, then the same with former codes; with each, the present codes of its options by former
    ones.
    """
    renamed = [(former, option) for option in question.options for former in option.formerly]
    for code in (question.code, *question.formerly):
        for group in (question.group, *question.groups_formerly):
            edition = replace(question, code=code, group=group)
            yield edition, {}
            for former, present in renamed:
                yield (
                    replace(edition, options=tuple(_as_it_was(option, present, former) for option in question.options)),
                    {former: present.code},
                )


def _as_it_was(option: Option, present: Option, former: str) -> Option:
    return replace(option, code=former) if option is present else option


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
        yield from (
            (name, target) for name in (f"{code}[{option.code}]", f"{code}_{option.code}", f"{code}__{option.code}")
        )
        if group is not None:
            names = (
                f"{group}[{code}_{option.code}]",
                f"{group}_{code}_{option.code}",
                f"{group}[{code}][{option.code}]",
            )
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
