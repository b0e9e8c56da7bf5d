"""Small charts as inline SVG: bars, stacked bars and histograms, each with its numbers beside it in a table.

Charts that repeat the numbers of their own table row are hidden from screen readers; the others have title and
description.
"""

import itertools
from collections.abc import Iterator, Sequence
from datetime import date
from html import escape

from scanform.reporting.figures import Bin

RAMP = ("#123a5c", "#2f6c9a", "#7fb0d3", "#c9b458", "#9a7b1c", "#6b6f76", "#b34a3c", "#3d7a57", "#8a5a9e")
"""Colours of stacked parts: blue to ochre, distinguishable with any kind of colour vision, then others; white gaps
separate them.
"""

BAR = "#2f6c9a"
_DARK = frozenset({"#123a5c", "#2f6c9a", "#6b6f76", "#9a7b1c", "#b34a3c", "#3d7a57", "#8a5a9e"})


class Names:
    """Generates ids for titles and descriptions, the same ones in each run."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = itertools.count(1)

    def next(self) -> str:
        """A new id."""
        return f"svg{next(self._numbers)}"


def bar(fraction: float) -> str:
    """A horizontal bar for `fraction` (0..1) of the width of its table cell."""
    width = max(0.0, min(1.0, fraction)) * 100
    shape = (
        f'<rect width="{width:.2f}" height="10" fill="{BAR}"/>'
        if width
        else '<rect width="0.4" height="10" fill="#8a949e"/>'
    )
    return _row_picture(f'<rect width="100" height="10" fill="#eef2f5"/>{shape}')


def small_stack(counts: Sequence[int]) -> str:
    """A stacked bar without text, for a table row that holds its numbers."""
    total = sum(counts)
    parts, at = [], 0.0
    for place, count in enumerate(counts):
        width = 100 * count / total if total else 0.0
        if width:
            parts.append(
                f'<rect x="{at:.2f}" width="{max(0.2, width - 0.5):.2f}" height="10" fill="{RAMP[place % len(RAMP)]}"/>'
            )
        at += width
    return _row_picture("".join(parts))


def stack(parts: Sequence[tuple[str, int]], *, title: str, description: str, names: Names) -> str:
    """A stacked bar (768 x 34 units) with the number in each part that is wide enough for it."""
    total = sum(count for _, count in parts)
    name, at, shapes = names.next(), 0.0, []
    for place, (_, count) in enumerate(parts):
        width = 768 * count / total if total else 0.0
        colour = RAMP[place % len(RAMP)]
        if width:
            shapes.append(f'<rect x="{at:.1f}" y="0" width="{max(1.0, width - 2):.1f}" height="34" fill="{colour}"/>')
        if width > 30:
            ink = "#ffffff" if colour in _DARK else "#14212b"
            shapes.append(
                f'<text x="{at + width / 2 - 1:.1f}" y="23" fill="{ink}" text-anchor="middle" '
                f'font-size="16">{count}</text>'
            )
        at += width
    return _picture("".join(shapes), view="0 0 768 34", kind="stack", name=name, title=title, description=description)


def legend(labels: Sequence[str]) -> str:
    """The labels of a stacked bar with their colours."""
    items = (
        f'<li><span class="key" style="background:{RAMP[place % len(RAMP)]}"></span>{escape(label)}</li>'
        for place, label in enumerate(labels)
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def histogram(bins: Sequence[Bin], labels: Sequence[str], *, title: str, description: str, names: Names) -> str:
    """Columns for the bins with their counts above and limits below (420 x 150 units)."""
    highest = max(part.count for part in bins)
    width = 420 / len(bins)
    shapes = ['<line x1="0" y1="120.5" x2="420" y2="120.5" stroke="#5b6670" stroke-width="1"/>']
    for place, (part, label) in enumerate(zip(bins, labels, strict=True)):
        height, x = 96 * part.count / highest, place * width
        shapes.append(
            f'<rect x="{x + 2:.1f}" y="{120 - height:.1f}" width="{width - 4:.1f}" height="{height:.1f}" fill="{BAR}"/>'
        )
        shapes.append(
            f'<text x="{x + width / 2:.1f}" y="{114 - height:.1f}" text-anchor="middle" font-size="13" '
            f'fill="#14212b">{part.count}</text>'
        )
        shapes.append(
            f'<text x="{x + width / 2:.1f}" y="137" text-anchor="middle" font-size="{_label_size(label, width):.1f}" '
            f'fill="#3c4852">{escape(label)}</text>'
        )
    return _picture(
        "".join(shapes), view="0 0 420 144", kind="histogram", name=names.next(), title=title, description=description
    )


def curve(points: Sequence[tuple[date, int]], most: int, *, title: str, description: str, names: Names) -> str:
    """A step line of a growing count over days (420 x 150 units); the frame's height stands for `most`."""
    first, last = points[0][0], points[-1][0]
    span = max(1, (last - first).days)
    path, height = ["M0,120"], 120.0
    for day, count in points:
        x = 4 + 412 * (day - first).days / span
        path.append(f"L{x:.1f},{height:.1f}")
        height = 120 - 110 * count / most
        path.append(f"L{x:.1f},{height:.1f}")
    path.append(f"L420,{height:.1f}")
    shapes = (
        '<line class="all" x1="0" y1="10.5" x2="420" y2="10.5" stroke="#8a949e" stroke-width="1" stroke-dasharray="4 4"/>'
        '<line class="ground" x1="0" y1="120.5" x2="420" y2="120.5" stroke="#5b6670" stroke-width="1"/>'
        f'<path class="line" d="{" ".join(path)}" fill="none" stroke="{BAR}" stroke-width="3"/>'
    )
    return _picture(
        shapes, view="0 0 420 128", kind="histogram", name=names.next(), title=title, description=description
    )


def _label_size(label: str, width: float) -> float:
    return max(7.0, min(12.0, 1.7 * width / max(1, len(label))))


def _row_picture(content: str) -> str:
    return (
        f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" '
        f'focusable="false">{content}</svg>'
    )


def _picture(content: str, *, view: str, kind: str, name: str, title: str, description: str) -> str:
    return (
        f'<svg class="{kind}" viewBox="{view}" role="img" aria-labelledby="{name}t {name}d">'
        f'<title id="{name}t">{escape(title)}</title><desc id="{name}d">{escape(description)}</desc>{content}</svg>'
    )
