"""Any CSV file or workbook, read by a mapping that a person has checked."""

from collections.abc import Mapping
from pathlib import Path

from scanform.errors import InputError, listed, words
from scanform.formats.responses.limesurvey_columns import Holds
from scanform.formats.responses.mapping_file import Mapped, read_mapping
from scanform.formats.responses.matching import take_question, value_target
from scanform.formats.responses.pattern import Account, Clue, Kind, Make, Role, Understood, system
from scanform.formats.responses.source_file import SourceFile
from scanform.model.questionnaire import QuestionKind, Questionnaire


class MappedFile:
    """The importer; `path` is the mapping."""

    kind = Kind.MAPPING

    def __init__(self, path: Path) -> None:
        self._path = path

    def detect(self, file: SourceFile) -> Clue | None:
        """Nothing shows that a file has a mapping: a person says so."""
        return None

    def understand(self, file: SourceFile, questionnaire: Questionnaire) -> Understood:
        """Columns as the mapping says; a column that it does not name is unknown, one that the file lacks a mistake."""
        account = Account(file.table)
        places = _places(file.table.header)
        mapped = read_mapping(self._path, questionnaire)
        gone = [one for one in mapped if (one.heading, one.number) not in places]
        if gone:
            raise InputError(
                listed(
                    words("mapping.wrong", file=self._path.name),
                    [words("mapping.not-in-file", column=one.heading, file=file.path.name) for one in gone],
                ),
                remedy=words("mapping.wrong-remedy"),
                slug="mapping-wrong",
            )
        ordered = sorted(mapped, key=lambda one: one.target is None or one.target.holds is not Holds.WRITEIN)
        for one in ordered:
            _take(account, places[one.heading, one.number], one)
        return account.done(self.kind, by_time=system("id") not in account.taken)


def _places(header: tuple[str, ...]) -> dict[tuple[str, int], int]:
    """The place of each column by heading and count."""
    found: dict[tuple[str, int], int] = {}
    for at, heading in enumerate(header):
        count = sum(1 for other in header[:at] if other == heading) + 1
        found[heading, count] = at
    return found


def _take(account: Account, at: int, one: Mapped) -> None:
    if one.target is None:
        account.leave(at, Role.LEFT)
    elif one.target.holds is Holds.REST and one.question is not None:
        take_question(account, at, one.question, separators=(one.split,))
    elif (
        one.question is not None
        and one.question.kind is QuestionKind.SINGLE
        and not one.values
        and one.target == value_target(one.question)
    ):
        take_question(account, at, one.question, separators=())
    else:
        account.take(at, one.target, _translated(at, one.values) if one.values else None)


def _translated(at: int, values: Mapping[str, str]) -> Make:
    """A cell by the meaning that its value has; others stay as they are."""
    return lambda cells: values.get(cells[at].strip(), cells[at])
