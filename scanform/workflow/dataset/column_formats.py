"""How the columns of an export are read: as decided by a person or known from earlier exports of the survey; and the
ambiguities that stop an import.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from scanform.errors import Several, UsageError, Words, listed, words
from scanform.formats.responses.importers import DigitalImport, FileFormat
from scanform.formats.responses.pattern import TAKEN, Column, Kind, Role
from scanform.i18n.texts import in_words, text
from scanform.model.column_format import READINGS, Basis, FormatDecision, FormatKind, OpenFormat, Reading
from scanform.model.problem import Problem

ZONE = ("", FormatKind.ZONE)
"""The time zone applies to the whole file."""

_PLAIN = frozenset({Reading.YEAR_FIRST, Reading.DECIMAL_POINT})
"""LimeSurvey's own format: nothing to confirm."""


class OpenFormatsError(UsageError):
    """Columns of an export can be read in several ways; `questions` are the decisions needed."""

    slug = "format-open"

    def __init__(self, message: Words, *, remedy: Words, questions: tuple[OpenFormat, ...]) -> None:
        super().__init__(message, remedy=remedy)
        self.questions = questions


def parsed(entries: Iterable[str]) -> dict[tuple[str, FormatKind], str]:
    """A person's choices, each as COLUMN=READING, or READING for all open columns; raises UsageError for an unknown
    reading.
    """
    kinds = {str(reading): kind for kind, readings in READINGS.items() for reading in readings}
    found: dict[tuple[str, FormatKind], str] = {}
    for entry in entries:
        column, _, reading = entry.rpartition("=")
        if reading.strip() not in kinds:
            raise UsageError(
                words("formats.unknown-reading", entry=entry),
                remedy=words("formats.unknown-reading-remedy", readings=", ".join(kinds)),
            )
        found[column.strip(), kinds[reading.strip()]] = reading.strip()
    return found


def refuse_unclear(found: DigitalImport, said: Mapping[tuple[str, FormatKind], str], path: Path) -> None:
    """Raise UsageError where a column can be read in several ways, or not in the way a person chose."""
    if found.misfits:
        lines = [
            words("formats.misfit", column=c, reading=_reading(r), cell=cell, row=row)
            for c, r, cell, row in found.misfits
        ]
        raise UsageError(
            listed(words("formats.misfits", file=path.name), lines), remedy=words("formats.misfits-remedy")
        )
    if found.still_open:
        message = listed(words("formats.open", file=path.name), map(_question, found.still_open))
        options = " ".join(f"--read {one.column}={one.readings[0][0]}" for one in found.still_open)
        raise OpenFormatsError(
            message, remedy=words("formats.open-remedy", options=options), questions=found.still_open
        )
    unknown = sorted({column for column, _ in said if column} - set(found.columns))
    if unknown:
        raise UsageError(
            words("formats.said-of-nothing", file=path.name, said=", ".join(unknown)),
            remedy=words("formats.said-of-nothing-remedy", columns=", ".join(found.columns)),
        )


def _question(one: OpenFormat) -> Words:
    """A column with a sample cell and its meaning in each reading."""
    ways = Several(
        tuple(
            words("formats.way", reading=reading, words=_reading(reading), shown=shown or "-")
            for reading, shown in one.readings
        ),
        "; ",
    )
    key = "formats.contradictory-column" if one.contradictory else "formats.open-column"
    return words(key, column=one.column, row=one.row, example=one.example, ways=ways)


def _reading(reading: str) -> Words:
    return words(f"formats.reading-{reading}")


def reading_text(reading: str, language: str) -> str:
    """A reading in words."""
    return in_words(_reading(reading), language)


def contradictions(
    decisions: Sequence[FormatDecision], kept: Mapping[tuple[str, FormatKind], str], language: str
) -> list[Problem]:
    """Where the file proves, or a person chooses, another reading than that of earlier exports of the survey."""
    found = []
    for decision in decisions:
        before = kept.get(decision.key)
        if before is not None and before != decision.reading:
            zone = decision.kind is FormatKind.ZONE
            names = {"before": before, "now": decision.reading} if zone else {
                "before": reading_text(before, language), "now": reading_text(decision.reading, language)
            }  # fmt: skip
            found.append(
                Problem(
                    slug="zone-changed" if zone else "format-changed",
                    params=(("column", decision.column), *names.items()),
                )
            )
    return found


def is_worth_asking(decision: FormatDecision) -> bool:
    """Whether a person on a terminal is asked: the format is not LimeSurvey's own and was not confirmed before."""
    return (
        decision.kind is not FormatKind.ZONE
        and decision.reading != Kind.LIMESURVEY
        and decision.reading not in _PLAIN
        and decision.basis in {Basis.PROVEN, Basis.FILE}
    )


def decision_lines(decisions: Sequence[FormatDecision], language: str) -> list[str]:
    """How the columns were read, in words: only formats other than LimeSurvey's own; one line per reading."""
    told = [
        one
        for one in decisions
        if one.kind not in {FormatKind.ZONE, FormatKind.TOOL}
        and (one.reading not in _PLAIN or one.basis in {Basis.SAID, Basis.KEPT})
    ]
    lines = []
    for (_, reading, basis), same in groupby(sorted(told, key=_line_key), key=_line_key):
        members = list(same)
        example = next((one for one in members if one.example), None)
        shown = (
            text("formats.example", language, example=example.example, read_as=example.read_as)
            if example is not None
            else ""
        )
        columns = ", ".join(one.column for one in members)
        why = text(f"formats.basis-{basis}", language)
        lines.append(
            text("formats.line", language, columns=columns, words=reading_text(reading, language), why=why, shown=shown)
        )
    zones = [one for one in decisions if one.kind is FormatKind.ZONE]
    return lines + [
        text("formats.zone", language, zone=one.reading, why=text(f"formats.zone-{one.basis.value}", language))
        for one in zones
    ]


def said_lines(file: FileFormat | None, decisions: Sequence[FormatDecision], language: str) -> list[str]:
    """How the file and its columns were read, in words."""
    lines = decision_lines(decisions, language)
    if file is None:
        return lines
    answers = text("formats.answers-labels" if file.full_answers else "formats.answers-codes", language)
    tools = [_tool_line(one, language) for one in decisions if one.kind is FormatKind.TOOL]
    if file.encoding in _WHOLE_FILES:
        return [*tools, text(_WHOLE_FILES[file.encoding], language, answers=answers), *lines]
    separator = text(
        f"formats.separator-{_SEPARATOR_NAMES.get(file.delimiter, 'other')}", language, sign=file.delimiter
    )
    composed = [text("formats.composed", language)] if file.decomposed else []
    return [
        *tools,
        text("formats.file", language, encoding=file.encoding.upper(), separator=separator, answers=answers),
        *composed,
        *lines,
    ]


_WHOLE_FILES = {"xlsx": "formats.file-workbook", "lsa": "formats.file-archive"}


def _tool_line(decision: FormatDecision, language: str) -> str:
    """The survey tool of the file, and what shows it."""
    shown = text("formats.tool-shown", language, evidence=decision.example) if decision.example else ""
    why = text(f"formats.basis-tool-{decision.basis.value}", language)
    return text("formats.tool", language, tool=reading_text(decision.reading, language), why=why, shown=shown)


def account_lines(columns: Sequence[Column], language: str) -> list[str]:
    """What became of the columns of a file: how many there are, and those not taken over, with the reason."""
    taken = sum(column.role in TAKEN for column in columns)
    lines = [text("formats.account", language, total=len(columns), taken=taken)]
    for role in Role:
        left = [column.heading or str(column.number) for column in columns if column.role is role]
        if left and role not in TAKEN:
            lines.append(
                text(
                    "formats.account-role",
                    language,
                    role=text(f"formats.role-{role.value}", language),
                    columns=", ".join(left),
                )
            )
    return lines


_SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}


def _line_key(decision: FormatDecision) -> tuple[str, str, str]:
    return (decision.kind.value, decision.reading, decision.basis.value)
