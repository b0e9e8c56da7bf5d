"""REDCap: CSV with raw codes or labels, check boxes in columns of their own; the data dictionary says what codes mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scanform.formats.responses.csv_io import CsvTable
from scanform.formats.responses.limesurvey_columns import Holds, Target
from scanform.formats.responses.limesurvey_values import plain
from scanform.formats.responses.matching import Matching, option_of, value_target
from scanform.formats.responses.pattern import Account, Cells, Clue, Kind, Make, Role, Understood, headings, system
from scanform.formats.responses.source_file import SourceFile
from scanform.model.questionnaire import Question, QuestionKind, Questionnaire

_OWN = (
    "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "redcap_data_access_group", "redcap_survey_identifier",
    "event name", "repeat instrument", "repeat instance", "data access group", "survey identifier",
)  # fmt: skip
_INSTANCE = {
    "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "event name", "repeat instrument", "repeat instance",
}  # fmt: skip
_PERSON = {"redcap_survey_identifier", "survey identifier"}
_STAMP = re.compile(r"\w+_timestamp|survey timestamp", re.IGNORECASE)
_COMPLETE = re.compile(r"\w+_complete|complete\?", re.IGNORECASE)
_DONE = frozenset({"2", "complete"})
_RAW_BOX = re.compile(r"(?P<name>.+?)___(?P<code>.+)")
_LABEL_BOX = re.compile(r"(?P<name>.+) \(choice=(?P<code>.*)\)", re.DOTALL)
_TICKS = {"checked": "1", "1": "1", "unchecked": "0", "0": "0"}
_TOKENS = frozenset({"token", "access_code", "access code", "zugangscode"})
_NAME, _LABEL, _CHOICES = ("variable / field name", "field label", "choices, calculations, or slider labels")


@dataclass(slots=True)
class _Dictionary:
    """The data dictionary: the label of each field, and the labels of its codes."""

    labels: dict[str, str] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, tables: Mapping[str, CsvTable]) -> "_Dictionary":
        """From the file that REDCap downloads; empty without one."""
        found = cls()
        for table in tables.values():
            places = headings(table)
            if not {_NAME, _LABEL} <= places.keys():
                continue
            for _, cells in table.rows:
                name = cells[places[_NAME]].strip().casefold()
                found.labels[name] = cells[places[_LABEL]]
                found.choices[name] = _choices(cells[places[_CHOICES]]) if _CHOICES in places else {}
        return found


def _choices(cell: str) -> dict[str, str]:
    """ "1, Yes | 2, No": only the first comma separates."""
    pairs = (part.partition(",") for part in cell.split("|"))
    return {code.strip().casefold(): label.strip() for code, comma, label in pairs if comma}


class RedCap:
    """The importer."""

    kind = Kind.REDCAP

    def detect(self, file: SourceFile) -> Clue | None:
        """REDCap's own columns, or the state of a form beside the number of the record, which is always first."""
        names = [heading.strip().casefold() for heading in file.table.header]
        own = [heading for name, heading in zip(names, file.table.header, strict=True) if name in _OWN]
        states = [heading for heading in file.table.header if _COMPLETE.fullmatch(heading.strip())]
        boxes = [
            heading for heading in file.table.header if _RAW_BOX.fullmatch(heading) or _LABEL_BOX.fullmatch(heading)
        ]
        record = names[0] in {"record_id", "record id", "study_id", "study id"}
        told = [*own, *states, *boxes]
        return (
            Clue(kind=self.kind, evidence=(file.table.header[0], *told)) if told and (record or own or states) else None
        )

    def understand(self, file: SourceFile, questionnaire: Questionnaire) -> Understood:
        """Columns by field name or label; with a data dictionary its labels say what a code means."""
        account, matching = Account(file.table), Matching(questionnaire)
        dictionary = _Dictionary.of(file.labels)
        _take_system(account, matching)
        for at in account.open():
            heading = account.table.header[at]
            box = _box(heading, matching, dictionary)
            if box is not None:
                account.take(at, box, _tick(at))
                continue
            name = heading.strip().casefold()
            question = _question(heading, matching, dictionary)
            if question is not None and question.kind is QuestionKind.SINGLE:
                account.take(at, value_target(question), _chosen(at, question, dictionary.choices.get(name, {})))
            elif question is not None and question.kind is not QuestionKind.MULTIPLE:
                account.take(at, value_target(question))
            elif name in _TOKENS:
                account.take(at, system("token"))
            else:
                beside = matching.target(heading)
                if beside is not None and beside.holds in {Holds.OTHER, Holds.WRITEIN}:
                    account.take(at, beside)
        return account.done(self.kind)


def _take_system(account: Account, matching: Matching) -> None:
    header = account.table.header
    names = [heading.strip().casefold() for heading in header]
    instance = [at for at, name in enumerate(names) if name in _INSTANCE]
    account.take(0, system("id"), _record(instance))
    states = [at for at, name in enumerate(names) if _COMPLETE.fullmatch(name) and matching.by_code(name) is None]
    stamps = [at for at, name in enumerate(names) if _STAMP.fullmatch(name)]
    for at in instance:
        account.leave(at, Role.ID)
    for at, name in enumerate(names):
        if name in _PERSON:
            account.leave(at, Role.PERSON)
        elif name in _OWN and name not in _INSTANCE:
            account.leave(at, Role.TOOL)
    if stamps:
        account.take(stamps[-1], system("submitdate"), _stamp(stamps[-1]))
        for at in stamps[:-1]:
            account.leave(at, Role.TOOL)
    if states:
        account.take(states[0], system("complete"), _whole(states))
        for at in states[1:]:
            account.leave(at, Role.PROGRESS)


def _whole(states: Sequence[int]) -> Make:
    """Complete is a record of which every form that has a state is complete."""

    def made(cells: Cells) -> str:
        told = [cells[at].strip().casefold() for at in states if cells[at].strip()]
        return "1" if told and all(state in _DONE for state in told) else "0"

    return made


def _record(instance: Sequence[int]) -> Make:
    """The number of a record, with event and repetition where there are any."""
    return lambda cells: "-".join(part for part in (cells[0].strip(), *(cells[at].strip() for at in instance)) if part)


def _stamp(at: int) -> Make:
    """ "[not completed]" is no time."""
    return lambda cells: "" if cells[at].startswith("[") else cells[at]


def _question(heading: str, matching: Matching, dictionary: _Dictionary) -> Question | None:
    """The question of a field: by its label in the dictionary, or by its own name."""
    label = dictionary.labels.get(heading.strip().casefold())
    return (matching.question(label) if label else None) or matching.question(heading)


def _box(heading: str, matching: Matching, dictionary: _Dictionary) -> Target | None:
    match = _RAW_BOX.fullmatch(heading) or _LABEL_BOX.fullmatch(heading)
    if match is None:
        return None
    question = _question(match["name"], matching, dictionary)
    if question is None or question.kind is not QuestionKind.MULTIPLE:
        return None
    said = dictionary.choices.get(match["name"].strip().casefold(), {}).get(match["code"].casefold())
    option = option_of(question, said) if said is not None else option_of(question, match["code"])
    return None if option is None else Target(holds=Holds.TICK, question=question.code, option=option)


def _tick(at: int) -> Make:
    return lambda cells: _TICKS.get(plain(cells[at]), cells[at] or "0")


def _chosen(at: int, question: Question, choices: Mapping[str, str]) -> Make:
    """The option of a code, by its label where the dictionary has it; an unknown one stays as it is."""
    if not choices:
        return lambda cells: cells[at]
    meant = {code: option_of(question, label) for code, label in choices.items()}

    def made(cells: Cells) -> str:
        return meant.get(cells[at].strip().casefold()) or cells[at]

    return made
