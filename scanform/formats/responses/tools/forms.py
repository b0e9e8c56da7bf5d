"""Google Forms and Microsoft Forms: columns headed by the text of the question, answers in words, several in a cell."""

from collections.abc import Mapping, Sequence

from scanform.formats.responses.matching import Matching, take_question
from scanform.formats.responses.pattern import Account, Clue, Kind, Role, Understood, headings, system
from scanform.formats.responses.source_file import SourceFile
from scanform.model.column_format import Reading
from scanform.model.questionnaire import Questionnaire

_STAMPS = ("timestamp", "zeitstempel")
_GOOGLE = {
    "username": Role.PERSON, "nutzername": Role.PERSON, "benutzername": Role.PERSON, "email address": Role.PERSON,
    "e-mail-adresse": Role.PERSON, "score": Role.TOOL, "total score": Role.TOOL, "punktzahl": Role.TOOL, "gesamtpunktzahl": Role.TOOL,
}  # fmt: skip
_MICROSOFT_MOMENTS = {
    "start time": "startdate", "startzeit": "startdate", "completion time": "submitdate", "fertigstellungszeit": "submitdate",
    "abschlusszeit": "submitdate", "last modified time": "datestamp", "uhrzeit der letzten \N{LATIN SMALL LETTER A WITH DIAERESIS}nderung": "datestamp",
}  # fmt: skip
_MICROSOFT = {
    "email": Role.PERSON, "e-mail": Role.PERSON, "name": Role.PERSON, "language": Role.TOOL, "sprache": Role.TOOL, "total points": Role.TOOL,
    "gesamtpunktzahl": Role.TOOL, "quiz feedback": Role.TOOL, "quizfeedback": Role.TOOL,
}  # fmt: skip
_POINTS = ("points - ", "feedback - ", "punkte - ")
_TOKENS = frozenset({"token", "zugangscode", "access code", "access_code"})


class GoogleForms:
    """The importer of Google Forms: the CSV of a form, or its sheet as CSV or XLSX."""

    kind = Kind.GOOGLE

    def detect(self, file: SourceFile) -> Clue | None:
        """The first column is the timestamp."""
        first = file.table.header[0]
        return Clue(kind=self.kind, evidence=(first,)) if first.strip().casefold() in _STAMPS else None

    def understand(self, file: SourceFile, questionnaire: Questionnaire) -> Understood:
        """Columns by the texts of the questions; a response has no number, its timestamp stands for it."""
        account, matching = Account(file.table), Matching(questionnaire)
        stamp = next((at for name, at in headings(file.table).items() if name in _STAMPS), None)
        if stamp is not None:
            account.take(stamp, system("submitdate"), lambda cells: _without_zone_name(cells[stamp]))
        _take_questions(account, matching, separators=(", ", ";"))
        _leave(account, _GOOGLE)
        return account.done(self.kind, by_time=True, answers=Reading.LABELS)


def _without_zone_name(cell: str) -> str:
    """ "2026/01/16 6:02:11 PM GMT+1" with its offset as others write it."""
    clock, found, offset = cell.strip().partition(" GMT")
    if not found:
        return cell
    sign, hours = offset[:1], offset[1:]
    if not hours:
        return f"{clock}Z"
    whole, _, minutes = hours.partition(":")
    return f"{clock}{sign}{int(whole):02d}:{minutes or '00'}" if whole.isdigit() else cell


class MicrosoftForms:
    """The importer of Microsoft Forms: the workbook of a form."""

    kind = Kind.MICROSOFT

    def detect(self, file: SourceFile) -> Clue | None:
        """The number, the start and the completion, in this order."""
        names = [heading.strip().casefold() for heading in file.table.header[:3]]
        kinds = [_MICROSOFT_MOMENTS.get(name) for name in names[1:]]
        found = names[:1] == ["id"] and kinds == ["startdate", "submitdate"]
        return Clue(kind=self.kind, evidence=tuple(file.table.header[:3])) if found else None

    def understand(self, file: SourceFile, questionnaire: Questionnaire) -> Understood:
        """Columns by the texts of the questions."""
        account, matching = Account(file.table), Matching(questionnaire)
        for at, heading in enumerate(file.table.header[:8]):
            name = heading.strip().casefold()
            if name == "id":
                account.take(at, system("id"))
            elif name in _MICROSOFT_MOMENTS:
                account.take(at, system(_MICROSOFT_MOMENTS[name]))
            elif name in _MICROSOFT and at <= _LAST_OWN:
                account.leave(at, _MICROSOFT[name])
        _take_questions(account, matching, separators=(";",))
        _leave(account, _MICROSOFT)
        for at in account.open():
            if file.table.header[at].strip().casefold().startswith(_POINTS):
                account.leave(at, Role.TOOL)
        return account.done(self.kind, answers=Reading.LABELS)


_LAST_OWN = 7
"""Microsoft's own columns come first: number, start, completion, e-mail, name, last change, language."""


def _take_questions(account: Account, matching: Matching, *, separators: Sequence[str]) -> None:
    """Every column whose heading is a question; the token may be one that people typed or that was filled in."""
    for at in account.open():
        heading = account.table.header[at]
        question = matching.question(heading)
        if question is not None:
            take_question(account, at, question, separators=separators)
        elif heading.strip().casefold() in _TOKENS:
            account.take(at, system("token"))


def _leave(account: Account, names: Mapping[str, Role]) -> None:
    for at in account.open():
        role = names.get(account.table.header[at].strip().casefold())
        if role is not None:
            account.leave(at, role)
