"""Which passwords are refused: short ones, well-known ones, and those made from a name or from words of the project.
There are no other requirements.
"""

import re
from collections.abc import Iterable
from typing import Final

SHORTEST: Final = 8
"""Minimum characters with a second factor."""

SHORTEST_ALONE: Final = 12
"""Minimum characters without a second factor."""

LONGEST: Final = 128

_LISTED: Final = """
    password passwort passwd passphrase kennwort geheim geheimnis secret letmein lassmichrein welcome willkommen hallo hello admin administrator root user
    benutzer login anmeldung zugang access guest gast test testen tester default standard master chef chief boss superuser system computer internet server
    windows office microsoft google apple samsung nokia amazon facebook iloveyou ichliebedich liebe love schatz schatzi sunshine sonnenschein princess
    prinzessin dragon drache monkey affe football fussball borussia bvb schalke bayern dortmund hamburg berlin muenchen koeln deutschland germany nrw
    westfalen ruhrgebiet ruhrpott stadt rathaus summer sommer winter fruehling spring herbst autumn januar februar maerz april juni juli august september
    oktober november dezember montag dienstag mittwoch donnerstag freitag samstag sonntag monday friday sunday mama papa mutter vater family familie
    freunde friends hund katze pferd blume flower star wars batman superman pokemon starwars michael thomas andreas stefan daniel christian alexander
    martin peter maria anna julia sandra nicole jessica jennifer ashley charlie shadow schatten killer hunter jaeger soldier freedom freiheit whatever
    egal nothing nichts trustno1 qwertz qwerty asdfgh yxcvbn zxcvbn survey umfrage fragebogen formular scan scanner scanform changeme aendermich neu new
    correcthorsebatterystaple correct horse battery staple
    """

WORDS: Final = frozenset(_LISTED.split())
"""Words from which too many passwords are made."""

ROWS: Final = (
    *("qwertzuiopü", "qwertyuiop", "asdfghjklöä", "yxcvbnm", "zxcvbnm"),
    *("abcdefghijklmnopqrstuvwxyz", "01234567890", "1q2w3e4r5t6z7u8i9o0p", "1qay2wsx3edc4rfv"),
)
"""Rows of adjacent keys."""

_LOOKALIKES = str.maketrans("013457@$!|", "oieastasii")


def objection(password: str, *, alone: bool, words: Iterable[str]) -> str:
    """Why a password is refused ("too-short", "too-long", "too-common", "too-close"), "" when it is not; `words` are
    names that it must not be made from.
    """
    if len(password) < (SHORTEST_ALONE if alone else SHORTEST):
        return "too-short"
    if len(password) > LONGEST:
        return "too-long"
    if _is_common(password):
        return "too-common"
    return "too-close" if _is_made_of(password, words) else ""


def _is_common(password: str) -> bool:
    """Whether little is left without well-known words, numbers, signs, repetitions and adjacent keys."""
    plain = password.casefold()
    return any(_rest(text) < 4 for text in (plain, plain.translate(_LOOKALIKES)))


def _rest(text: str) -> int:
    """Number of different letters outside well-known words and rows of keys."""
    for word in sorted(WORDS, key=len, reverse=True):
        if len(word) > 3:
            text = text.replace(word, " ")
    text = _without_rows(text)
    return len({sign for sign in text if sign.isalpha()})


def _without_rows(text: str) -> str:
    for row in ROWS:
        for line in (row, row[::-1]):
            for start in range(len(line) - 3):
                end = start + 4
                while end <= len(line) and line[start:end] in text:
                    end += 1
                text = text.replace(line[start : end - 1], " ") if end > start + 4 else text
    return text


def _is_made_of(password: str, words: Iterable[str]) -> bool:
    """Whether the password is a name, or a part of one, apart from a few signs."""
    plain = password.casefold()
    parts = {
        part for word in words for part in [word.casefold(), *re.split(r"[\W_]+", word.casefold())] if len(part) > 3
    }
    return any(part in plain for part in parts)
