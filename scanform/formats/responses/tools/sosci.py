"""SoSci Survey: CSV, mostly UTF-16 with tabs, headed by variables; a second row or the file of variables says what they
are, the file of values what codes mean.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from scanform.formats.responses.csv_io import Again, CsvTable, Row
from scanform.formats.responses.limesurvey_columns import Holds, Target
from scanform.formats.responses.limesurvey_values import plain
from scanform.formats.responses.matching import Matching, option_of, value_target
from scanform.formats.responses.pattern import Account, Cells, Clue, Kind, Make, Role, Understood, headings, system
from scanform.formats.responses.source_file import SourceFile
from scanform.model.questionnaire import Question, QuestionKind, Questionnaire

_TELLING = ("QUESTNNR", "STARTED", "SERIAL", "REF", "FINISHED", "LASTDATA", "MAXPAGE", "Q_VIEWER", "TIME_SUM")
_TOOL = frozenset(
    {
        "QUESTNNR", "MODE", "LANGUAGE", "TIME_SUM", "MAILSENT", "Q_VIEWER", "MAXPAGE", "MISSING", "MISSREL", "TIME_RSI", "DEG_TIME", "SCORE",
        "DEG_MISS", "DEG_MISR",
    }
)  # fmt: skip
_TIME = re.compile(r"TIME\d{3}")
_VARIABLE = re.compile(r"(?P<question>[A-Z]{2}\d{2})(?:_(?P<item>\d{2,3}|CN))?(?P<open>a)?", re.IGNORECASE)
_NOT_CHOSEN, _CHOSEN = "1", "2"


@dataclass(slots=True)
class _Codes:
    """What variables and codes are: labels by variable, meanings by variable and code."""

    labels: dict[str, str] = field(default_factory=dict)
    meanings: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, tables: Mapping[str, CsvTable]) -> None:
        """From the files of variables (VAR, LABEL) and of values (VAR, RESPONSE, MEANING)."""
        for table in tables.values():
            places = headings(table)
            for _, cells in table.rows if "var" in places else ():
                variable = cells[places["var"]].strip().upper()
                if {"response", "meaning"} <= places.keys():
                    code = cells[places["response"]].strip()
                    self.meanings.setdefault(variable, {})[code] = cells[places["meaning"]].strip()
                elif "label" in places:
                    self.labels[variable] = cells[places["label"]].strip()


class SoSci:
    """The importer."""

    kind = Kind.SOSCI

    def detect(self, file: SourceFile) -> Clue | None:
        """SoSci's own variables."""
        names = set(file.table.header)
        told = tuple(name for name in _TELLING if name in names)
        return Clue(kind=self.kind, evidence=("CASE", *told)) if "CASE" in names and told else None

    def understand(self, file: SourceFile, questionnaire: Questionnaire) -> Understood:
        """Variables by their codes or labels."""
        table, labels = _without_labels(file.table)
        codes = _Codes(labels=labels)
        codes.add(file.labels)
        account, matching = Account(table), Matching(questionnaire)
        _take_system(account)
        for at in account.open():
            _take(account, at, matching, codes)
        return account.done(self.kind)


def _without_labels(table: CsvTable) -> tuple[CsvTable, dict[str, str]]:
    """The table without its second header, and that by variable; the number of a case shows where there is none."""
    first = next(iter(islice(iter(table.rows), 1)), None)
    if first is None or "CASE" not in table.header or first[1][table.header.index("CASE")].strip().isdigit():
        return table, {}

    def rows() -> Iterator[Row]:
        return islice(iter(table.rows), 1, None)

    labels = {name.upper(): cell.strip() for name, cell in zip(table.header, first[1], strict=True)}
    again = CsvTable(
        header=table.header,
        rows=Again(rows),
        encoding=table.encoding,
        delimiter=table.delimiter,
        problems=table.problems,
        decomposed=table.decomposed,
    )
    return again, labels


def _take_system(account: Account) -> None:
    places = {name: at for at, name in enumerate(account.table.header)}
    tokens = [places[name] for name in ("SERIAL", "REF") if name in places]
    finished, last = places.get("FINISHED"), places.get("LASTDATA")
    for name, target in (("CASE", "id"), ("STARTED", "startdate"), ("LASTPAGE", "lastpage")):
        if name in places:
            account.take(places[name], system(target))
    if tokens:
        account.take(
            tokens[0], system("token"), lambda cells: next((cells[at] for at in tokens if cells[at].strip()), "")
        )
        for at in tokens[1:]:
            account.leave(at, Role.TOKEN, "token")
    if last is not None:
        account.take(last, system("datestamp"))
        if finished is not None:
            account.add(last, system("submitdate"), lambda cells: cells[last] if _is_true(cells[finished]) else "")
    if finished is not None:
        account.take(finished, system("complete"), lambda cells: "1" if _is_true(cells[finished]) else "0")
    for at, name in enumerate(account.table.header):
        if name in _TOOL or _TIME.fullmatch(name):
            account.leave(at, Role.TOOL)


def _is_true(cell: str) -> bool:
    return plain(cell) in {"1", "true", "wahr"}


def _take(account: Account, at: int, matching: Matching, codes: _Codes) -> None:
    name = account.table.header[at].strip().upper()
    label = codes.labels.get(name, "")
    found = _resolved(name, label, matching)
    match = _VARIABLE.fullmatch(name)
    if found is None:
        if match and match["item"] is None and _is_of_boxes(name, account.table.header):
            account.leave(at, Role.TOOL)  # how many boxes of a question are ticked
        return
    question, option = found
    meanings = codes.meanings.get(name, {})
    if option is not None and _is_open(match, question, option, meanings):
        account.take(at, Target(holds=Holds.WRITEIN, question=question.code, option=option), _text(at))
    elif option is not None and question.kind is QuestionKind.MULTIPLE:
        account.take(at, Target(holds=Holds.TICK, question=question.code, option=option), _tick(at))
    elif question.kind is QuestionKind.MULTIPLE:
        account.leave(at, Role.TOOL)
    elif question.kind is QuestionKind.SINGLE:
        account.take(at, value_target(question), _chosen(at, question, meanings))
    else:
        account.take(at, value_target(question), _text(at))


def _is_of_boxes(name: str, header: tuple[str, ...]) -> bool:
    return any(other.upper().startswith(f"{name}_") for other in header)


def _is_open(match: re.Match[str] | None, question: Question, option: str, meanings: Mapping[str, str]) -> bool:
    """Whether a variable is the text beside an option: its name ends with a, or it is beside a single choice."""
    lined = next((one.writein for one in question.options if one.code == option), False)
    single = question.kind is QuestionKind.SINGLE
    return lined and ((match is not None and match["open"] is not None) or single) and not meanings


def _resolved(name: str, label: str, matching: Matching) -> tuple[Question, str | None] | None:
    """The question of a variable, and the option where it is about one: by label "question: item", or by code."""
    whole = matching.question(label) if label else None
    if whole is not None:
        return whole, None
    for mark in re.finditer(r":\s*", label):
        question = matching.question(label[: mark.start()])
        item = label[mark.end() :]
        for ending in ("", "Freitext", "offene Nennung", "free text"):
            option = (
                option_of(question, re.sub(rf"\s*[-(:]*\s*{ending}\)?$", "", item) if ending else item)
                if question
                else None
            )
            if question is not None and option is not None:
                return question, option
    question = matching.by_code(name)
    if question is not None:
        return question, None
    before, _, after = name.rpartition("_")
    question = matching.by_code(before) if before else None
    option = option_of(question, after.casefold()) if question is not None else None
    return (question, option) if question is not None and option is not None else None


def _text(at: int) -> Make:
    """-9 is SoSci's "not answered"."""
    return lambda cells: "" if cells[at].strip() == "-9" else cells[at]


def _tick(at: int) -> Make:
    """1 is not chosen, 2 is chosen."""
    meant = {_CHOSEN: "1", _NOT_CHOSEN: "0", "-9": "0", "": "0", "0": "0", "TRUE": "1", "FALSE": "0"}
    return lambda cells: meant.get(cells[at].strip().upper(), cells[at])


def _chosen(at: int, question: Question, meanings: Mapping[str, str]) -> Make:
    """The option of a code, by its meaning where the file of values has it; a code below zero without an option is no
    answer.
    """
    meant = {code: option_of(question, label) for code, label in meanings.items()}

    def made(cells: Cells) -> str:
        cell = cells[at].strip()
        found = meant.get(cell)
        if found is not None:
            return found
        return "" if re.fullmatch(r"-\d+", cell) and option_of(question, cell) is None else cell

    return made
