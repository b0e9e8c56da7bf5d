"""KoboToolbox and ODK Central: CSV and XLSX with XML values or labels, groups in the heading or not, several answers in
one cell, in columns of their own, or both.
"""

import re
from collections.abc import Iterator

from scanform.formats.responses.limesurvey_columns import Holds, Target
from scanform.formats.responses.matching import Matching, option_of, take_question
from scanform.formats.responses.pattern import Account, Cells, Clue, Kind, Make, Role, Understood, headings, system
from scanform.formats.responses.source_file import SourceFile
from scanform.model.questionnaire import Question, QuestionKind, Questionnaire

_KOBO = ("_submission_time", "_uuid", "_index", "_validation_status", "__version__", "_submitted_by")
_CENTRAL = ("SubmissionDate", "KEY", "meta-instanceID", "instanceID", "SubmitterID", "ReviewState", "FormVersion")
_IDS = ("_id", "_uuid", "meta/instanceid", "meta-instanceid", "meta/rootuuid", "instanceid", "key")
_MOMENTS = {
    "_submission_time": "submitdate",
    "submissiondate": "submitdate",
    "start": "startdate",
    "end": "datestamp",
}
_TOKENS = frozenset({"token", "zugangscode", "access_code", "accesscode"})
_TOOL = frozenset(
    {
        "today", "submitterid", "attachmentspresent", "attachmentsexpected", "status", "reviewstate", "edits", "formversion", "formhub/uuid",
        "meta/deprecatedid", "meta-deprecatedid", "meta-instancename", "meta/instancename", "meta/rootuuid", "parent_key", "audit", "meta-audit",
    }
)  # fmt: skip
_PERSON = frozenset(
    {
        "username", "phonenumber", "email", "deviceid", "subscriberid", "simserial", "_submitted_by", "submittername",
    }
)  # fmt: skip
_POINT = re.compile(r"_?(?P<name>.+?)[_-](?:latitude|longitude|altitude|precision|accuracy)", re.IGNORECASE)
_GROUP, _CENTRAL_GROUP = re.compile("/"), re.compile("[/-]")
"""What stands between groups: a hyphen in ODK Central, whose headings are names and never labels."""
OTHER_ENDING = "_other"


class Kobo:
    """The importer."""

    kind = Kind.KOBO

    def detect(self, file: SourceFile) -> Clue | None:
        """The columns that only these two servers add."""
        told = tuple(name for name in (*_KOBO, *_CENTRAL) if name in file.table.header)
        return Clue(kind=self.kind, evidence=told) if len(told) > 1 else None

    def understand(self, file: SourceFile, questionnaire: Questionnaire) -> Understood:
        """Columns by the last names of their paths: codes or labels."""
        account, matching = Account(file.table), Matching(questionnaire)
        mark = _CENTRAL_GROUP if {"SubmissionDate", "KEY"} & set(file.table.header) else _GROUP
        _take_system(account, matching)
        found = {at: _resolved(account.table.header[at], matching, mark) for at in account.open()}
        ticked = {one[0].code for one in found.values() if one is not None and one[1] is not None}
        for at, one in found.items():
            if one is not None and one[1] is not None:
                account.take(at, Target(holds=Holds.TICK, question=one[0].code, option=one[1]), _tick(at))
            elif one is not None and one[0].kind is QuestionKind.MULTIPLE and one[0].code in ticked:
                account.leave(at, Role.REPEATED, one[0].code)
        for at in account.open():
            beside = _beside(account.table.header[at], matching, mark)
            if beside is not None:
                account.take(at, beside)
        for at in account.open():
            one = found[at]
            if one is not None:
                take_question(account, at, one[0], separators=(" ",))
            elif _POINT.fullmatch(account.table.header[at]):
                account.leave(at, Role.REPEATED)
            elif account.table.header[at].startswith("_"):
                account.leave(at, Role.TOOL)
        return account.done(self.kind)


def _take_system(account: Account, matching: Matching) -> None:
    """What the server and the device add; a question of the same name is a question."""
    known = headings(account.table)
    chosen = next((known[name] for name in _IDS if name in known), None)
    for at, heading in enumerate(account.table.header):
        name = heading.strip().casefold()
        if at == chosen:
            account.take(at, system("id"))
        elif name in _IDS or name in _KOBO:
            _take_moment(account, at, name)
        elif matching.by_code(heading) is not None:
            continue
        elif name in _MOMENTS:
            _take_moment(account, at, name)
        elif _last(name) in _TOKENS:
            account.take(at, system("token"))
        elif name in _PERSON:
            account.leave(at, Role.PERSON)
        elif name in _TOOL:
            account.leave(at, Role.TOOL)


def _take_moment(account: Account, at: int, name: str) -> None:
    if name not in _MOMENTS:
        account.leave(at, Role.PERSON if name in _PERSON else Role.TOOL)
    elif name == "_submission_time":
        account.take(at, system("submitdate"), _in_utc(at))
    else:
        account.take(at, system(_MOMENTS[name]))


def _in_utc(at: int) -> Make:
    """Kobo writes the time of a submission in UTC, without saying so."""

    def made(cells: Cells) -> str:
        cell = cells[at].strip()
        return f"{cell}Z" if re.fullmatch(r"\d{4}-\d{2}-\d{2}[T ][\d:.]+", cell) else cell

    return made


def _last(name: str) -> str:
    return name.rpartition("/")[2].rpartition("-")[2]


def _paths(heading: str, mark: re.Pattern[str]) -> Iterator[str]:
    """The heading, and what is left of it without the first groups."""
    yield heading
    for found in mark.finditer(heading):
        yield heading[found.end() :]


def _resolved(heading: str, matching: Matching, mark: re.Pattern[str]) -> tuple[Question, str | None] | None:
    """The question of a heading, and the option where it is a box."""
    for path in _paths(heading, mark):
        question = matching.question(path)
        if question is not None:
            return question, None
        for cut in _GROUP.finditer(path):
            above = matching.question(path[: cut.start()])
            if above is not None and above.kind is QuestionKind.MULTIPLE:
                option = option_of(above, path[cut.end() :])
                if option is not None:
                    return above, option
    return None


def _beside(heading: str, matching: Matching, mark: re.Pattern[str]) -> Target | None:
    """The text beside an option: `q_other`, or the code that an XLSForm of ours gives it."""
    for path in _paths(heading, mark):
        found = matching.target(path)
        if found is not None and found.holds in {Holds.OTHER, Holds.WRITEIN}:
            return found
        if path.casefold().endswith(OTHER_ENDING):
            question = matching.by_code(path[: -len(OTHER_ENDING)])
            lines = [option.code for option in question.options if option.writein] if question else []
            if question is not None and len(lines) == 1:
                return Target(holds=Holds.WRITEIN, question=question.code, option=lines[0])
    return None


def _tick(at: int) -> Make:
    """A box: 1 or 0, or nothing where the whole question is empty."""
    return lambda cells: cells[at].strip() or "0"
