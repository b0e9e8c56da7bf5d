"""Lists of admissible texts and of digits as regular expressions that PHP, Java and JavaScript read alike."""

import re
from collections.abc import Sequence

_LIST = re.compile(r"\^\(\?:(.+)\)\$")
_DIGITS = re.compile(r"\^(?:\[0-9\]|\\d)\{(?:1,)?([0-9]{1,2})\}\$")
_PART = re.compile(r"\\x([0-9a-f]{2})|\\([^A-Za-z0-9])|([^\\.\[\](){}*+?^$|])")
_DELIMITED = re.compile(r"/(.*)/[a-z]*", re.DOTALL)


def list_pattern(values: Sequence[str]) -> str:
    """An expression that matches exactly these texts; signs are written by their number, so no tool reads them as
    anything else.
    """
    return f"^(?:{'|'.join(_escaped(value) for value in values)})$"


def _escaped(value: str) -> str:
    return "".join(
        sign if sign.isalnum() or sign == " " or ord(sign) > 126 else f"\\x{ord(sign):02x}" for sign in value
    )


def listed_in(pattern: str) -> tuple[str, ...]:
    """The texts of a list written as an expression; none if it is anything but a list."""
    match = _LIST.fullmatch(pattern)
    if match is None:
        return ()
    texts = []
    for part in match[1].split("|"):
        signs = list(_PART.finditer(part))
        if "".join(sign[0] for sign in signs) != part or not part:
            return ()
        texts.append("".join(chr(int(sign[1], 16)) if sign[1] else sign[2] or sign[3] for sign in signs))
    return tuple(dict.fromkeys(texts))


def digits_pattern(count: int) -> str:
    """Up to `count` digits."""
    return f"^[0-9]{{1,{count}}}$"


def digits_in(pattern: str) -> int:
    """How many digits an expression admits; 0 if it is not about digits alone."""
    match = _DIGITS.fullmatch(pattern)
    return int(match[1]) if match else 0


def delimited(pattern: str) -> str:
    """The expression as LimeSurvey wants it; case does not matter, letters are those of Unicode."""
    return f"/{pattern}/iu"


def undelimited(pattern: str) -> str:
    """The expression without its slashes."""
    match = _DELIMITED.fullmatch(pattern.strip())
    return match[1] if match else pattern.strip()
