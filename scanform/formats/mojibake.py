"""Text that was stored as UTF-8 and read as something else: "HÃ¶rde" for "Hörde". Whether a column is such a one is decided from all its rows."""

import re
import unicodedata
from contextlib import suppress
from functools import partial

WRONG = ("cp1252", "mac_roman", "cp850", "latin-1")
"""What UTF-8 is taken for: by Excel on Windows, on a Mac, by the console, by databases."""

_TIMES = 3  # so often the same mistake is made on the way, at most
_FOREIGN = re.compile(r"[^\x00-\x7f]+")


def repaired(text: str) -> str | None:
    """What was meant, composed; None where the text is not garbled, so where any of its characters beyond ASCII cannot be a part of misread UTF-8."""
    found, before = None, text
    for _ in range(_TIMES):
        better = _once(before)
        if better is None:
            break
        found = before = better
    return None if found is None else unicodedata.normalize("NFC", found)


def _once(text: str) -> str | None:
    for wrong in WRONG:
        with suppress(UnicodeEncodeError, UnicodeDecodeError):
            meant = _FOREIGN.sub(partial(_part, wrong), text)
            if meant != text and all(_is_text(part) for part in _FOREIGN.findall(meant)):
                return meant
    return None


def _part(wrong: str, match: re.Match[str]) -> str:
    return _bytes(match[0], wrong).decode("utf-8")


def _is_text(meant: str) -> bool:
    """Whether that is what people write: no control characters, nothing that no character set has assigned."""
    return all(unicodedata.category(character) not in {"Cc", "Cn", "Co", "Cs"} for character in meant)


def _bytes(text: str, wrong: str) -> bytes:
    """The bytes that were misread; five bytes that Windows-1252 does not define are passed on as they are by most programs."""
    if wrong != "cp1252":
        return text.encode(wrong)
    return b"".join(bytes([ord(c)]) if c in "\x81\x8d\x8f\x90\x9d" else c.encode(wrong) for c in text)


def is_foreign(text: str) -> bool:
    """Whether the text has characters beyond ASCII, so that it can show whether it is garbled."""
    return not text.isascii()
