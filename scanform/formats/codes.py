"""Which codes questions and answers may have: valid in LimeSurvey, XLSForm, SPSS and R."""

import re
import unicodedata

QUESTION_CODE = re.compile(r"[a-z][a-z0-9]{0,19}")
OPTION_CODE = re.compile(r"[a-z0-9]{1,5}")

FIXED_COLUMNS = frozenset({"response_id", "token", "channel", "place_id", "received_at", "complete"})
"""Columns that every responses.csv has."""

_SPSS = "all and by eq ge gt le lt ne not or to with"
"""IBM SPSS Statistics, Command Syntax Reference, "Variable names": reserved keywords."""
_R = "if else repeat while function for next break in true false null inf nan na"
"""R Language Definition, 10.3.3 "Reserved words"; compared without regard to case, as spreadsheets change it."""
_LIMESURVEY = (
    "id sid gid qid sgq lang seed submitdate lastpage startlanguage startdate datestamp ipaddr refurl savedid time "
    "interviewtime other comment self that this grp"
)
"""LimeSurvey: names of its system columns and of its expression manager."""

RESERVED = {"SPSS": frozenset(_SPSS.split(" ")), "R": frozenset(_R.split(" ")), "LimeSurvey": frozenset(_LIMESURVEY.split(" "))}
"""Words that must not name a question, by program."""


def reserved_by(code: str) -> str | None:
    """The program in which `code` is a reserved word, or None."""
    return next((program for program, words in RESERVED.items() if code in words), None)


def suggestion(code: str, *, length: int, letter_first: bool) -> str:
    """A valid code that resembles `code`: umlauts spelled out, other characters left out."""
    spelled = code.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^a-z0-9]", "", plain)
    if letter_first:
        kept = kept.lstrip("0123456789")
    return kept[:length] or ("frage1" if letter_first else "a1")
