"""Breaks text into lines of a given width; long German words break at soft hyphens, syllables or, as a last resort,
anywhere.
"""

import re

from scanform.layout.drawing import Measure, TextRun

MM_PER_PT = 25.4 / 72
CAP_HEIGHT = 0.668
"""Height of capitals of Atkinson Hyperlegible in em (OS/2 table of the font)."""

_SYLLABLE = re.compile(
    r"(?<=[aeiouyäöü])(?=(?:sch|ch|ck|ph|th|qu|[bcdfghjklmnpqrstvwxzß])[aeiouyäöü])|(?<=[bcdfghjklmnpqrtvwxzß])(?=[bdfghjklmnpqrstvwxz][aeiouyäöü])",
    re.IGNORECASE,
)
"""Fallback for hyphenating German words: before the last consonant between two vowels."""


def line_height(size_pt: float, leading: float) -> float:
    """Line pitch in mm."""
    return size_pt * leading * MM_PER_PT


def baseline(size_pt: float, height: float) -> float:
    """The baseline that centres capitals in a line of `height` mm."""
    return (height + CAP_HEIGHT * size_pt * MM_PER_PT) / 2


def wrap(text: str, *, font: str, size_pt: float, width: float, measure: Measure) -> tuple[str, ...]:
    """The lines of `text`, each at most `width` mm wide; "\\n" starts a paragraph on a new line. No words are lost."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrap_paragraph(paragraph, font, size_pt, width, measure))
    return tuple(lines)


def _wrap_paragraph(text: str, font: str, size_pt: float, width: float, measure: Measure) -> list[str]:
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        rest = word
        while rest:
            candidate = f"{current} {rest}" if current else rest
            if measure(_shown(candidate), font, size_pt) <= width:
                current, rest = candidate, ""
                continue
            head, tail = _break(
                rest, f"{current} " if current else "", font=font, size_pt=size_pt, width=width, measure=measure
            )
            if head:
                lines.append(_shown(f"{current} {head}" if current else head))
                current, rest = "", tail
            elif current:
                lines.append(_shown(current))
                current = ""
            else:
                lines.append(_shown(rest[0]))
                rest = rest[1:]
    if current:
        lines.append(_shown(current))
    return lines


def _shown(text: str) -> str:
    return text.replace("\u00ad", "")


def _break(word: str, before: str, *, font: str, size_pt: float, width: float, measure: Measure) -> tuple[str, str]:
    """The longest head of `word` that fits after `before`, and the tail; ("", word) if no break is good."""
    alone = not before and measure(_shown(word), font, size_pt) > width
    for places in (_written_breaks(word), *((_syllables(word), _anywhere(word)) if alone else ())):
        for place, mark in sorted(places.items(), reverse=True):
            head = word[:place] + mark
            if measure(_shown(before + head), font, size_pt) <= width:
                return head, word[place:].lstrip("\u00ad")
    return "", word


def _written_breaks(word: str) -> dict[int, str]:
    """The breaks allowed by the author, and what is added there: after hyphens and slashes, at soft hyphens."""
    places = {match.end(): "" for match in re.finditer(r"[-/–]", word) if 2 <= match.end() <= len(word) - 2}
    return places | {match.start(): "-" for match in re.finditer("\u00ad", word)}


def _syllables(word: str) -> dict[int, str]:
    """Between syllables, at least three letters on both sides."""
    return {match.start(): "-" for match in _SYLLABLE.finditer(word) if 3 <= match.start() <= len(word) - 3}


def _anywhere(word: str) -> dict[int, str]:
    return dict.fromkeys(range(2, len(word) - 1), "-")


def runs(
    lines: tuple[str, ...],
    *,
    x: float,
    y: float,
    font: str,
    size_pt: float,
    leading: float,
    measure: Measure,
    gray: float = 0.0,
) -> tuple[TextRun, ...]:
    """Text runs of lines below each other, from the top edge `y`, left aligned at `x`."""
    pitch = line_height(size_pt, leading)
    first = y + baseline(size_pt, pitch)
    return tuple(
        TextRun(
            text=line,
            x=x,
            y=first + index * pitch,
            font=font,
            size_pt=size_pt,
            width=measure(line, font, size_pt),
            gray=gray,
        )
        for index, line in enumerate(lines)
    )


def fitted_size(text: str, *, font: str, size_pt: float, least_pt: float, width: float, measure: Measure) -> float:
    """The largest size up to `size_pt` (steps of 0.5 pt, not below `least_pt`) at which `text` fits into `width` mm."""
    size = size_pt
    while size > least_pt and measure(text, font, size) > width:
        size = max(least_pt, size - 0.5)
    return size
