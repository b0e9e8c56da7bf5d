"""Name, address and token of a recipient in the room kept for them: long lines shrink, then wrap, and never leave it."""

from collections.abc import Sequence

from scanform.i18n.texts import text
from scanform.layout.drawing import BOLD, REGULAR, Measure, Placement, TextRun
from scanform.layout.textflow import line_height, runs, wrap
from scanform.model.geometry import RectMm

LEAST_PT = 6.0
"""The smallest type that is still printed; what does not fit then is cut at the end of the room."""


def recipient_runs(name: str | None, address: Sequence[str], token: str | None, *, rect: RectMm, placement: Placement, measure: Measure) -> tuple[TextRun, ...]:
    """The recipient's lines inside `rect`, in the largest type that fits."""
    size = placement.body_pt
    while True:
        lines = _lines(name, address, token, language=placement.layout.language, size_pt=size, width=rect.w, measure=measure)
        pitch = line_height(size, 1.2)
        if len(lines) * pitch <= rect.h or size <= LEAST_PT:
            break
        size -= 0.5
    drawn: list[TextRun] = []
    for index, (font, line) in enumerate(lines[: int(rect.h / pitch + 1e-6)]):
        drawn.extend(runs((line,), x=rect.x, y=rect.y + index * pitch, font=font, size_pt=size, leading=1.2, measure=measure))
    return tuple(drawn)


def _lines(
    name: str | None, address: Sequence[str], token: str | None, *, language: str, size_pt: float, width: float, measure: Measure
) -> list[tuple[str, str]]:
    entries = [(BOLD, name)] if name else []
    entries.extend((REGULAR, line) for line in address if line)
    if token:
        entries.extend(((REGULAR, text("layout.token", language)), (BOLD, token)))
    return [(font, line) for font, entry in entries for line in wrap(entry, font=font, size_pt=size_pt, width=width, measure=measure)]
