"""Tokens drawn by scanform: letters and digits that are not mistaken for one another, with a check character."""

import re
import secrets
from collections.abc import Callable, Collection

from scanform import pagecode
from scanform.formats import spreadsheet

DRAWN_LENGTH = 9
"""Characters drawn at random: 45 bits. Of 35 trillion tokens one survey uses a few thousand, so a guess hits one in
billions; with the check character a token has ten.
"""

_DRAWN = re.compile(rf"[{pagecode.BASE32}]{{{DRAWN_LENGTH + 1}}}")


def draw_token(taken: Collection[str], *, bits: Callable[[int], int] = secrets.randbits) -> str:
    """A token that is not `taken` (small letters), that no spreadsheet converts, and whose check character cannot be
    mistaken for a digit either.
    """
    while True:
        body = pagecode.base32(bits(5 * DRAWN_LENGTH), DRAWN_LENGTH)
        token = body + pagecode.check_character(body)
        if _DRAWN.fullmatch(token) and not _is_fragile(token) and token.casefold() not in taken:
            return token


def _is_fragile(token: str) -> bool:
    return token.isdigit() or bool(spreadsheet.spoilt(token) or spreadsheet.converted(token))


def is_mistyped(token: str) -> bool:
    """Whether a text has the form of a drawn token, but not its check character: a slip, not somebody's own token."""
    typed = token.strip().upper()
    return bool(_DRAWN.fullmatch(typed)) and pagecode.check_character(typed[:-1]) != typed[-1]
