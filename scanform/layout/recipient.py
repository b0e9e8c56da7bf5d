"""Name, address and token of a recipient in the area reserved for them: long lines shrink, then wrap, and never leave
it.
"""

from collections.abc import Sequence

from scanform.i18n.texts import text
from scanform.layout.drawing import BOLD, REGULAR, Measure, Placement, TextRun
from scanform.layout.textflow import line_height, runs, wrap
from scanform.model.geometry import RectMm

LEAST_PT = 6.0
"""Minimum printed type size."""
READABLE_PT = 9.0
"""Minimum size to which a long line shrinks before it takes a second line."""
LEADING = 1.2
TOKEN_LINES = 2
"""Lines printed even if a name takes all the room: the token and its heading, at the end."""


def recipient_runs(
    name: str | None, address: Sequence[str], token: str | None, *, rect: RectMm, placement: Placement, measure: Measure
) -> tuple[TextRun, ...]:
    """The recipient's lines inside `rect`, in the largest type that fits; lines without room even in the smallest are
    left out (`has_room`).
    """
    lines, size = _lines(name, address, token, rect=rect, placement=placement, measure=measure)
    pitch = line_height(size, LEADING)
    room = _room(rect, pitch)
    kept = lines if len(lines) <= room else lines[: room - TOKEN_LINES] + lines[-TOKEN_LINES:]
    drawn: list[TextRun] = []
    for index, (font, line) in enumerate(kept):
        drawn.extend(
            runs((line,), x=rect.x, y=rect.y + index * pitch, font=font, size_pt=size, leading=LEADING, measure=measure)
        )
    return tuple(drawn)


def has_room(
    name: str | None, address: Sequence[str], token: str | None, *, rect: RectMm, placement: Placement, measure: Measure
) -> bool:
    """Whether all lines of a recipient fit into `rect`."""
    lines, size = _lines(name, address, token, rect=rect, placement=placement, measure=measure)
    return len(lines) <= _room(rect, line_height(size, LEADING))


def _room(rect: RectMm, pitch: float) -> int:
    return int(rect.h / pitch + 1e-6)


def _lines(
    name: str | None, address: Sequence[str], token: str | None, *, rect: RectMm, placement: Placement, measure: Measure
) -> tuple[list[tuple[str, str]], float]:
    """(font, text) of each line, and the size of their type."""
    entries = _entries(name, address, token, language=placement.layout.language)
    size = placement.body_pt
    while True:
        lines = [
            (font, line)
            for font, entry in entries
            for line in wrap(entry, font=font, size_pt=size, width=rect.w, measure=measure)
        ]
        pitch = line_height(size, LEADING)
        unwrapped = len(lines) == len(entries) or size <= READABLE_PT
        if (len(lines) * pitch <= rect.h and unwrapped) or size <= LEAST_PT:
            return lines, size
        size -= 0.5


def _entries(name: str | None, address: Sequence[str], token: str | None, *, language: str) -> list[tuple[str, str]]:
    """(font, text) of each line as given."""
    entries = [(BOLD, name)] if name else []
    entries.extend((REGULAR, line) for line in address if line)
    if token:
        entries.extend(((REGULAR, text("layout.token", language)), (BOLD, token)))
    return entries
