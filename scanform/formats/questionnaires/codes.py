"""Valid codes of questions and answers: valid in LimeSurvey, XLSForm, SPSS and R."""

import re
import unicodedata
from collections.abc import Collection

from scanform.formats.spreadsheet import spoilt

QUESTION_CODE = re.compile(r"[a-z][a-z0-9]{0,19}")
OPTION_CODE = re.compile(r"[a-z0-9]{1,5}")
FORMER_OPTION_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,62}")
"""Codes of answers in other tools: longer than ours, so that their exports still come in."""


FIXED_COLUMNS = frozenset({"response_id", "token", "channel", "place_id", "received_at", "complete"})
"""Columns that every responses.csv has."""

_SPSS = "all and by eq ge gt le lt ne not or to with"
"""IBM SPSS Statistics, Command Syntax Reference, "Variable names": reserved keywords."""
_R = "if else repeat while function for next break in true false null inf nan na"
"""R Language Definition, 10.3.3 "Reserved words"; compared case-insensitively, as spreadsheets change case."""
_LIMESURVEY = (
    "id sid gid qid sgq lang seed submitdate lastpage startlanguage startdate datestamp ipaddr refurl savedid time "
    "interviewtime other comment self that this grp"
)
"""LimeSurvey: names of its system columns and of its expression manager."""

RESERVED = {
    "SPSS": frozenset(_SPSS.split(" ")),
    "R": frozenset(_R.split(" ")),
    "LimeSurvey": frozenset(_LIMESURVEY.split(" ")),
}
"""Words that must not name a question, by program."""


def reserved_by(code: str) -> str | None:
    """The program in which `code` is a reserved word, or None."""
    return next((program for program, words in RESERVED.items() if code in words), None)


def suggestion(code: str, *, length: int, letter_first: bool) -> str:
    """A valid code similar to `code`: umlauts spelled out, other characters left out."""
    spelled = code.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^a-z0-9]", "", plain)
    if letter_first:
        kept = kept.lstrip("0123456789")
    return kept[:length] or ("frage1" if letter_first else "a1")


_PARTICIPANTS = (
    "tid participant_id mpid firstname lastname email emailstatus token language blacklisted sent invited remindersent "
    "reminded remindercount completed "
    "usesleft validfrom validuntil"
)
PARTICIPANT_COLUMNS = frozenset(_PARTICIPANTS.split(" "))
"""LimeSurvey: its attributes of invited people, beside `attribute_N`. An export can have these columns, and they hold
no answers.
"""

_ATTRIBUTE = re.compile(r"attribute_[0-9]+")
_GROUP_TIME = re.compile(r"grouptime[0-9]*")
_BETTER = {
    "email": "mail",
    "firstname": "givenname",
    "lastname": "surname",
    "language": "spoken",
    "completed": "finished",
    "sent": "sentoff",
}


def is_participant_column(name: str) -> bool:
    """Whether LimeSurvey uses this heading for an attribute of invited people."""
    return name.lower() in PARTICIPANT_COLUMNS or _ATTRIBUTE.fullmatch(name.lower()) is not None


def is_timing(code: str, codes: Collection[str]) -> bool:
    """Whether LimeSurvey uses this heading for the time spent on another of these questions: xTime, groupTime7."""
    return _GROUP_TIME.fullmatch(code) is not None or (code.endswith("time") and code.removesuffix("time") in codes)


def better_question_code(code: str, taken: Collection[str]) -> str:
    """A free code similar to `code` that neither LimeSurvey nor a spreadsheet changes."""
    wanted = [
        _BETTER.get(code, f"q{code}"),
        f"q{code}",
        f"{code[:17]}asked",
        *(f"{code[:17]}q{number}" for number in range(1, 1000)),
    ]
    return next(
        one
        for one in (one[:20] for one in wanted)
        if QUESTION_CODE.fullmatch(one) and one not in taken and not _is_poor(one, taken)
    )


def _is_poor(code: str, taken: Collection[str]) -> bool:
    return (
        bool(spoilt(code))
        or is_participant_column(code)
        or is_timing(code, taken)
        or reserved_by(code) is not None
        or code in FIXED_COLUMNS
    )


def better_option_code(code: str, taken: Collection[str]) -> str:
    """A free answer code similar to `code` that a spreadsheet does not change."""
    truth = {"true": "yes", "wahr": "yes", "false": "no"}
    wanted = [truth.get(code, f"a{code}"), f"a{code}", f"{code}a", *(f"a{number}" for number in range(1, 1000))]
    return next(one for one in wanted if OPTION_CODE.fullmatch(one) and one not in taken and not spoilt(one))
