"""Text made safe for spreadsheets: no formulas, no characters that files cannot hold, no hidden writing direction."""

import re

_FULLWIDTH = "\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
_GUARDED = re.compile(rf"'*[\s\ufeff\u00ad\u200b-\u200f\u2060]*[=+\-@{_FULLWIDTH}]|'*[\t\r\n]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_DIRECTION = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
CELL_LIMIT = 32_000
"""Maximum characters in a cell; a spreadsheet holds 32,767 and silently drops the rest."""
CUT = " [\N{HORIZONTAL ELLIPSIS}]"


def clean(value: str) -> str:
    """`value` without control characters and lone surrogates, with line feeds only."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value.replace("\r\n", "\n").replace("\r", "\n"))


def guarded(value: str) -> str:
    """`value` behind an apostrophe when a spreadsheet might interpret it as a formula; `unguarded` removes it again."""
    return "'" + value if _GUARDED.match(value) else value


def unguarded(value: str) -> str:
    """The text passed to `guarded`."""
    return value[1:] if value.startswith("'") and _GUARDED.match(value) else value


def guarded_unless_number(value: str) -> str:
    """For columns that mix numbers and text: plain numbers, including missing codes, stay as they are."""
    return value if _NUMBER.fullmatch(value) else guarded(value)


def visible(value: str) -> str:
    """`value` for a spreadsheet cell: writing-direction marks are shown by name, an over-long text ends visibly."""
    shown = _DIRECTION.sub(lambda mark: f"[U+{ord(mark[0]):04X}]", clean(value))
    return shown if len(shown) <= CELL_LIMIT else shown[:CELL_LIMIT] + CUT
