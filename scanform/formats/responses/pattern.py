"""What an importer of a survey tool consists of: how it recognises a file, what each column is, what the rows become."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from scanform.formats.responses.csv_io import CsvTable
from scanform.formats.responses.limesurvey_columns import Holds, Target
from scanform.formats.responses.source_file import SourceFile
from scanform.model.column_format import Reading
from scanform.model.problem import Problem
from scanform.model.questionnaire import Questionnaire


class Kind(StrEnum):
    """The survey tools whose exports are read; `mapping` is any file with a mapping that a person has checked."""

    LIMESURVEY = "limesurvey"
    KOBO = "kobo"
    REDCAP = "redcap"
    GOOGLE = "google-forms"
    MICROSOFT = "microsoft-forms"
    SOSCI = "sosci"
    MAPPING = "mapping"


class Role(StrEnum):
    """What a column of a file is."""

    ANSWER = "answer"
    TEXT = "text"
    ID = "id"
    TOKEN = "token"  # noqa: S105 not a secret, the name of a role
    TIME = "time"
    PROGRESS = "progress"
    TOOL = "tool"
    PERSON = "person"
    REPEATED = "repeated"
    LEFT = "left"
    UNKNOWN = "unknown"


TAKEN = frozenset({Role.ANSWER, Role.TEXT, Role.ID, Role.TOKEN, Role.TIME, Role.PROGRESS})
"""Columns that are taken over. All others are left aside, and their role is the reason: what the tool notes for itself,
data of the person who answered, the same answers in another column, left by the mapping, unknown.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The account of one column of a file: its 1-based `number`, its heading, what it is, and whose (`q`, `q[option]`,
    a system column).
    """

    number: int
    heading: str
    role: Role
    holds: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """Why a file is thought to be of a tool: the headings (or parts of the file) that show it. `sure` is one that only
    this tool writes.
    """

    kind: Kind
    evidence: tuple[str, ...]
    sure: bool = True


Cells = Sequence[str]
Make = Callable[[Cells], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A file as its importer understands it: the account of its `columns`, and a table in which each column has one
    target.

    `marks_null`: the text "N/A" is a question that was not shown. `by_time`: responses have no number; the moment they
    came in distinguishes them. `answers` is set where the tool writes all answers as codes, or all in words.
    """

    kind: Kind
    table: CsvTable
    targets: tuple[Target | None, ...]
    columns: tuple[Column, ...]
    problems: tuple[Problem, ...] = ()
    marks_null: bool = False
    by_time: bool = False
    answers: Reading | None = None


class Importer(Protocol):
    """The importer of one tool."""

    @property
    def kind(self) -> Kind:
        """The tool."""

    def detect(self, file: SourceFile) -> Clue | None:
        """Whether the file may be of this tool, with the evidence."""

    def understand(self, file: SourceFile, questionnaire: Questionnaire) -> Understood:
        """Every column accounted for, and the rows as answers to this questionnaire."""


_ROLES = {
    "id": Role.ID,
    "token": Role.TOKEN,
    "submitdate": Role.TIME,
    "startdate": Role.TIME,
    "datestamp": Role.TIME,
    "lastpage": Role.PROGRESS,
    "complete": Role.PROGRESS,
    "seed": Role.TOOL,
}


def role_of(target: Target) -> Role:
    """What the column of a target is."""
    if target.holds in {Holds.WRITEIN, Holds.OTHER}:
        return Role.TEXT
    if target.holds is Holds.TIMING:
        return Role.TOOL
    if target.holds is not Holds.SYSTEM:
        return Role.ANSWER
    if target.question.startswith("participant ") or target.question in {"ipaddr", "refurl"}:
        return Role.PERSON
    return _ROLES.get(target.question, Role.TOOL)


def system(name: str) -> Target:
    """The target of what a tool notes about a response: id, token, submitdate, startdate, datestamp, lastpage, seed,
    complete.
    """
    return Target(holds=Holds.SYSTEM, question=name)


def holds_name(target: Target) -> str:
    """The name of a target in an account: `q`, `q[option]`, `q[option] text`."""
    if target.option is None:
        return target.question
    ending = " text" if target.holds in {Holds.WRITEIN, Holds.OTHER} else ""
    return f"{target.question}[{target.option}]{ending}"


@dataclass(slots=True)
class Account:
    """The columns of a file as an importer goes through them, and the cells that their rows become."""

    table: CsvTable
    columns: dict[int, Column] = field(default_factory=dict)
    made: list[tuple[int, Target, Make]] = field(default_factory=list)
    taken: set[Target] = field(default_factory=set)

    def take(self, at: int, target: Target, make: Make | None = None) -> None:
        """The column at `at` (0-based) is `target`; `make` says what its cell means where that is not the cell. A
        second column of the same answer makes the file ambiguous: it is kept here, and the file refused for it.
        """
        if target in self.taken and target.holds is Holds.SYSTEM:
            self.leave(at, Role.REPEATED, holds_name(target))
            return
        if target in self.taken:
            self.made.append((at, target, lambda cells: cells[at]))
        self.columns[at] = self._column(at, role_of(target), holds_name(target))
        self.add(at, target, make or (lambda cells: cells[at]))

    def add(self, at: int, target: Target, make: Make) -> None:
        """One more thing that the column at `at` tells."""
        if target not in self.taken:
            self.taken.add(target)
            self.made.append((at, target, make))

    def leave(self, at: int, role: Role, holds: str = "") -> None:
        """The column at `at` is left aside."""
        self.columns[at] = self._column(at, role, holds)

    def answer(self, at: int, holds: str) -> None:
        """The column at `at` is an answer made of several targets, added one by one."""
        self.columns[at] = self._column(at, Role.ANSWER, holds)

    def _column(self, at: int, role: Role, holds: str) -> Column:
        return Column(number=at + 1, heading=self.table.header[at], role=role, holds=holds)

    def open(self) -> Iterable[int]:
        """The columns that nothing was said of yet."""
        return [at for at in range(len(self.table.header)) if at not in self.columns]

    def done(self, kind: Kind, **how: object) -> Understood:
        """The file, understood; columns of which nothing was said are unknown."""
        for at in self.open():
            self.leave(at, Role.UNKNOWN)
        places = [(at, make) for at, _, make in self.made]
        table = self.table.shaped(
            tuple(self.table.header[at] for at, _ in places), lambda cells: tuple(make(cells) for _, make in places)
        )
        return Understood(
            kind=kind,
            table=table,
            targets=tuple(target for _, target, _ in self.made),
            columns=tuple(self.columns[at] for at in sorted(self.columns)),
            **how,  # type: ignore[arg-type]  # fields of Understood
        )


def headings(table: CsvTable) -> Mapping[str, int]:
    """The place of each heading in small letters; the first of equal ones."""
    found: dict[str, int] = {}
    for at, heading in enumerate(table.header):
        found.setdefault(heading.strip().casefold(), at)
    return found
