"""Mojibake: UTF-8 text decoded with another encoding, such as "HÃ¶rde" for "Hörde". Whether a column is affected is
decided from all its rows.
"""

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from itertools import zip_longest

_ODD = frozenset({0xC2, 0xC3})
WRONG = {
    "cp1252": _ODD | {0xC5, 0xCE, 0xCF, 0xD0, 0xD1, 0xD8, 0xD9, 0xE2},
    "mac_roman": _ODD,
    "cp850": _ODD,
    "latin-1": _ODD | {0xC5, 0xCE, 0xCF, 0xD0, 0xD1, 0xD8, 0xD9, 0xE2},
}
"""Encodings that UTF-8 is mistaken for (by Excel on Windows, on a Mac, by the console, by databases), with bytes that
begin most characters in UTF-8 and look like no letter of German and no dash there: a garbled text has at least one of
them, so that "Ä–" stays what it is.
"""

_SCRIPTS = (
    (0xA0, 0x17F),
    (0x370, 0x3FF),
    (0x400, 0x52F),
    (0x600, 0x6FF),
    (0x1E00, 0x1EFF),
    (0x2010, 0x206F),
    (0x20A0, 0x20CF),
    (0x2100, 0x22FF),
)
_TIMES = 3  # maximum number of times the same mistake was repeated
_FOREIGN = re.compile(r"[^\x00-\x7f]+")


def repaired(text: str) -> str | None:
    """The intended text, composed; None where the text is not garbled, that is, where any of its non-ASCII characters
    cannot be part of misread UTF-8.
    """
    found, before = None, text
    for _ in range(_TIMES):
        better = _once(before)
        if better is None:
            break
        found = before = better
    return None if found is None else unicodedata.normalize("NFC", found)


def _once(text: str) -> str | None:
    for wrong, telling in WRONG.items():
        with suppress(UnicodeEncodeError, UnicodeDecodeError):
            runs = [_bytes(run, wrong) for run in _FOREIGN.findall(text)]
            if not any(byte in telling for run in runs for byte in run):
                continue
            meant = [run.decode("utf-8") for run in runs]
            if all(_is_text(part) for part in meant):
                return _joined(_FOREIGN.split(text), meant)
    return None


def _joined(ascii_parts: Sequence[str], meant: Sequence[str]) -> str:
    """The text joined again: what was between the foreign runs, and the decoded runs."""
    return "".join(part for pair in zip_longest(ascii_parts, meant, fillvalue="") for part in pair)


def _is_text(meant: str) -> bool:
    """Whether these characters occur in answers: scripts of Europe and its neighbours, and signs."""
    return all(any(first <= ord(character) <= last for first, last in _SCRIPTS) for character in meant)


def _bytes(text: str, wrong: str) -> bytes:
    """The bytes that were misread; five bytes that Windows-1252 does not define are passed through, as by most
    programs.
    """
    if wrong != "cp1252":
        return text.encode(wrong)
    return b"".join(bytes([ord(c)]) if c in "\x81\x8d\x8f\x90\x9d" else c.encode(wrong) for c in text)


def is_foreign(text: str) -> bool:
    """Whether the text has non-ASCII characters, so that it can show whether it is garbled."""
    return not text.isascii()
