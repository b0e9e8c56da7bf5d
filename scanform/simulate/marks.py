"""How people mark a check box: strokes in mm for every style of `MarkStyle`.

Sources for the styles: marking instructions and complaints of form tools list crosses, ticks, slashes, dots, scribbles,
circles, strokes that run into neighbours and filled boxes as corrections (German examination practice: filled =
withdrawn).
"""

from collections.abc import Callable, Mapping

import numpy as np

from scanform.imaging.page_image import Floats
from scanform.model.geometry import RectMm
from scanform.simulate.hands import Hand
from scanform.simulate.pens import Stroke, smooth_path, wobble
from scanform.simulate.truth import MarkStyle

Draw = Callable[[RectMm, Hand, np.random.Generator], list[Stroke]]

SCRIBBLE_PITCH = 1.7
"""Spacing of a scribble's strokes in pen widths: paper shows between them, to distinguish it from a filled box."""

CROSS_REACH = 0.42
"""Half diagonal extent of a tidy cross as a fraction of the box's side; 0.5 reaches the corners."""


def mark_strokes(style: MarkStyle, box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """The strokes of a mark of `style` in or near `box`; empty for NONE."""
    return _STYLES[style](box, hand, rng) if style in _STYLES else []


def _line(
    points: list[tuple[float, float]], hand: Hand, rng: np.random.Generator, *, force: float = 0.0, bend: float = 0.035
) -> Stroke:
    """A hand-drawn line through `points` (mm): slightly bent, trembling, with pressure that fades at the end."""
    path = np.asarray(points, dtype=np.float64)
    if len(path) == 2:
        normal = np.array([-(path[1] - path[0])[1], (path[1] - path[0])[0]])
        path = np.insert(path, 1, path.mean(axis=0) + normal * rng.normal(0, bend), axis=0)
    curve = smooth_path(path)
    count = len(curve)
    curve = curve + hand.tremor_mm * np.column_stack([wobble(count, scale=4, rng=rng), wobble(count, scale=4, rng=rng)])
    t = np.linspace(0, 1, count)
    fade = 1 - 0.45 * np.clip((t - 0.75) / 0.25, 0, 1) - 0.3 * np.clip((0.08 - t) / 0.08, 0, 1)
    return Stroke(points_mm=curve, pressure=np.clip((hand.pressure + force) * fade, 0.05, 1.0))


def _aim(box: RectMm, hand: Hand, rng: np.random.Generator) -> tuple[float, float]:
    """The position of the mark's centre."""
    return box.centre.x + float(rng.normal(0, hand.aim_mm)), box.centre.y + float(rng.normal(0, hand.aim_mm))


def _cross_at(
    cx: float, cy: float, reach: float, hand: Hand, rng: np.random.Generator, *, force: float = 0.0
) -> list[Stroke]:
    """Two strokes that cross at (cx, cy), each reaching `reach` mm to either side along x and y."""
    lean = np.tan(np.radians(hand.slant_deg)) * 0.35
    j = 0.05 + 0.14 * hand.sloppiness

    def end(sx: int, sy: int) -> tuple[float, float]:
        dx = sx * reach * (1 + rng.normal(0, j)) - sy * reach * lean
        return cx + dx, cy + sy * reach * (1 + rng.normal(0, j))

    first, second = [end(1, -1), end(-1, 1)], [end(-1, -1), end(1, 1)]
    if rng.random() < 0.5:
        first, second = second, first
    if rng.random() < 0.15 * hand.sloppiness:  # drawn without lifting the pen
        return [_line([*first, second[1], second[0]], hand, rng, force=force)]
    return [_line(first, hand, rng, force=force), _line(second, hand, rng, force=force)]


def _reach(box: RectMm, hand: Hand, rng: np.random.Generator) -> float:
    return box.w * (CROSS_REACH + hand.overshoot * 0.5 + float(rng.normal(0, 0.035)))


def _cross(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    return _cross_at(*_aim(box, hand, rng), _reach(box, hand, rng), hand, rng)


def _light_cross(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    return _cross_at(*_aim(box, hand, rng), _reach(box, hand, rng) * 0.9, hand, rng, force=-0.32)


def _huge_cross(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    return _cross_at(*_aim(box, hand, rng), box.w * float(rng.uniform(0.65, 0.95)), hand, rng, force=0.1)


def _off_centre_cross(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    angle = rng.uniform(0, 2 * np.pi)
    off = box.w * rng.uniform(0.18, 0.3)
    return _cross_at(
        box.centre.x + off * np.cos(angle), box.centre.y + off * np.sin(angle), _reach(box, hand, rng), hand, rng
    )


def _tick_to(box: RectMm, hand: Hand, rng: np.random.Generator, tail: float, rise: float) -> list[Stroke]:
    """A tick whose tail ends `tail` box sides to the right of and `rise` above the centre."""
    cx, cy = _aim(box, hand, rng)
    s = box.w
    start = (cx - s * rng.uniform(0.22, 0.4), cy - s * rng.uniform(0.02, 0.18))
    bottom = (cx - s * rng.uniform(0.02, 0.15), cy + s * rng.uniform(0.24, 0.42))
    path = smooth_path(
        np.array([start, bottom, (cx + s * tail * 0.45, cy - s * rise * 0.35), (cx + s * tail, cy - s * rise)]),
        frozenset({1}),
    )
    pressure = np.clip(hand.pressure * np.linspace(1.15, 0.6, len(path)), 0.05, 1)
    shaky = hand.tremor_mm * np.column_stack([wobble(len(path), scale=5, rng=rng), wobble(len(path), scale=5, rng=rng)])
    return [Stroke(points_mm=path + shaky, pressure=pressure)]


def _tick(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    return _tick_to(box, hand, rng, float(rng.uniform(0.35, 0.6)), float(rng.uniform(0.35, 0.65)))


def _long_tick(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    return _tick_to(box, hand, rng, float(rng.uniform(1.0, 1.9)), float(rng.uniform(0.7, 1.5)))


def _slash(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    cx, cy = _aim(box, hand, rng)
    r = _reach(box, hand, rng)
    return [_line([(cx + r * rng.uniform(0.75, 1.05), cy - r), (cx - r * rng.uniform(0.75, 1.05), cy + r)], hand, rng)]


def _backslash(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    cx, cy = _aim(box, hand, rng)
    r = _reach(box, hand, rng)
    return [_line([(cx - r * rng.uniform(0.75, 1.05), cy - r), (cx + r * rng.uniform(0.75, 1.05), cy + r)], hand, rng)]


def _spiral(cx: float, cy: float, radius: float, turns: float, rng: np.random.Generator) -> Floats:
    angle = np.linspace(0, turns * 2 * np.pi, max(8, int(turns * 14))) + rng.uniform(0, 6.28)
    r = radius * np.linspace(0.15, 1, len(angle))
    return np.column_stack([cx + r * np.cos(angle), cy + r * np.sin(angle)])


def _dot(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    cx, cy = _aim(box, hand, rng)
    path = _spiral(cx, cy, box.w * rng.uniform(0.1, 0.2), rng.uniform(1.5, 3), rng)
    return [Stroke(points_mm=path, pressure=np.full(len(path), min(1.0, hand.pressure + 0.2)))]


def _circle(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    cx, cy = _aim(box, hand, rng)
    angle = np.linspace(0, 2 * np.pi * rng.uniform(0.97, 1.15), 30) + rng.uniform(0, 6.28)
    rx, ry = box.w * rng.uniform(0.22, 0.36, 2)
    drift = 1 + 0.12 * wobble(len(angle), scale=8, rng=rng)
    path = np.column_stack([cx + rx * drift * np.cos(angle), cy + ry * drift * np.sin(angle)])
    return [Stroke(points_mm=path, pressure=np.full(len(path), hand.pressure))]


def _zigzag(box: RectMm, rng: np.random.Generator, *, turns: int, inset: float, slant: float) -> Floats:
    """A zigzag over the box through `turns` points, staying `inset` box sides inside (negative: beyond)."""
    t = np.linspace(-1, 1, turns)
    side = box.w * (0.5 - inset)
    along = t * side * (1 + rng.normal(0, 0.04, len(t)))
    across = np.where(np.arange(len(t)) % 2 == 0, -1, 1) * side * (1 + rng.normal(0, 0.08, len(t)))
    c, s = np.cos(slant), np.sin(slant)
    return np.column_stack([box.centre.x + along * c - across * s, box.centre.y + along * s + across * c])


def _scribble(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    turns = int(np.clip(box.w * 0.72 / (SCRIBBLE_PITCH * hand.pen.width_mm), 4, 7)) + int(rng.integers(0, 2))
    path = smooth_path(_zigzag(box, rng, turns=turns, inset=rng.uniform(0.08, 0.2), slant=rng.uniform(-0.6, 0.6)))
    shift = rng.normal(0, hand.aim_mm, 2)
    return [Stroke(points_mm=path + shift, pressure=np.full(len(path), hand.pressure))]


def _fill(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """Dense hatching, twice over, at the pitch of the pen so that little paper shows."""
    strokes = []
    spacing = hand.pen.width_mm * (0.62 + 0.25 * hand.sloppiness)
    for slant in (rng.uniform(0.5, 1.0), rng.uniform(-0.3, 0.3)):
        turns = 2 * int(np.clip(box.w / spacing / 2, 4, 14))
        path = _zigzag(box, rng, turns=turns, inset=0.02 - 0.1 * max(hand.overshoot, 0), slant=slant)
        strokes.append(Stroke(points_mm=path, pressure=np.full(len(path), min(1.0, hand.pressure + 0.15))))
    return strokes


def _cross_filled(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    return [*_cross(box, hand, rng), *_fill(box, hand, rng)]


def _speck(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    x, y = box.x + box.w * rng.uniform(0.15, 0.85), box.y + box.h * rng.uniform(0.15, 0.85)
    reach = rng.uniform(0.03, 0.12)
    return [Stroke(points_mm=np.array([[x, y], [x + reach, y + rng.normal(0, 0.05)]]), pressure=np.full(2, 0.3))]


def _pen_rest(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    x, y = box.x + box.w * rng.uniform(0.2, 0.8), box.y + box.h * rng.uniform(0.2, 0.8)
    return [Stroke(points_mm=np.array([[x, y], [x + rng.uniform(0.02, 0.1), y]]), pressure=np.full(2, 0.5))]


def _neighbour_stroke(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """The tail of something drawn outside that just enters the box at one corner."""
    sx, sy = (int(v) for v in rng.choice([-1, 1], 2))
    depth = rng.uniform(0.08, 0.24) * box.w
    corner = np.array([box.centre.x + sx * box.w / 2, box.centre.y + sy * box.h / 2])
    inside = corner - np.array([sx, sy]) * depth
    outside = corner + np.array([sx * rng.uniform(0.3, 1.2), sy * rng.uniform(0.2, 1.0)]) * box.w
    return [_line([(float(outside[0]), float(outside[1])), (float(inside[0]), float(inside[1]))], hand, rng)]


def _tiny(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """A dash of about a millimetre, or a dot not much wider than the pen, well inside the box."""
    x, y = box.x + box.w * rng.uniform(0.3, 0.7), box.y + box.h * rng.uniform(0.3, 0.7)
    if rng.random() < 0.4:
        path = _spiral(x, y, rng.uniform(0.3, 0.5), rng.uniform(1.5, 2.5), rng)
        return [Stroke(points_mm=path, pressure=np.full(len(path), min(1.0, hand.pressure + 0.1)))]
    angle, half = rng.uniform(0, np.pi), rng.uniform(0.45, 0.85)
    dx, dy = half * np.cos(angle), half * np.sin(angle)
    return [_line([(x - dx, y - dy), (x + dx, y + dy)], hand, rng)]


def _straddling(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """A cross or a tick whose centre lies on the edge of the box, so that about half of it is outside."""
    angle = rng.choice([0, 1, 2, 3]) * np.pi / 2 + rng.normal(0, 0.25)
    off = box.w * rng.uniform(0.4, 0.54)
    moved = RectMm(x=box.x + off * float(np.cos(angle)), y=box.y + off * float(np.sin(angle)), w=box.w, h=box.h)
    if rng.random() < 0.25:
        return _tick_to(moved, hand, rng, float(rng.uniform(0.3, 0.5)), float(rng.uniform(0.3, 0.5)))
    return _cross_at(moved.centre.x, moved.centre.y, box.w * rng.uniform(0.28, 0.42), hand, rng)


def _scribbled_out(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """A cross withdrawn by scribbling over the whole box and beyond it."""
    strokes = _cross(box, hand, rng)
    spacing = hand.pen.width_mm * rng.uniform(0.9, 1.5)
    for slant in (rng.uniform(0.4, 1.1), rng.uniform(-0.5, 0.3)):
        turns = 2 * int(np.clip(box.w / spacing / 2, 4, 12))
        path = smooth_path(_zigzag(box, rng, turns=turns, inset=rng.uniform(-0.18, -0.02), slant=slant))
        strokes.append(Stroke(points_mm=path, pressure=np.full(len(path), min(1.0, hand.pressure + 0.2))))
    return strokes


def _overfill(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """A box or bubble blackened beyond its edge."""
    return _fill(box.grown(min(box.w, box.h) * float(rng.uniform(0.04, 0.22))), hand, rng)


def line_through(first: RectMm, last: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """One line from before the first to beyond the last of several boxes in a row or a column."""
    start, end = np.array([first.centre.x, first.centre.y]), np.array([last.centre.x, last.centre.y])
    along = (end - start) / max(float(np.hypot(*(end - start))), 1e-6)
    points = [
        start - along * first.w * rng.uniform(0.3, 1.1),
        (start + end) / 2,
        end + along * first.w * rng.uniform(0.3, 1.1),
    ]
    shaken = [(float(p[0] + rng.normal(0, 0.35)), float(p[1] + rng.normal(0, 0.35))) for p in points]
    return [_line(shaken, hand, rng)]


def _line_through(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """The section of such a line that runs through this box alone."""
    return line_through(box, RectMm(x=box.x + 1e-3, y=box.y, w=box.w, h=box.h), hand, rng)


def _circle_around(box: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """A circle drawn around the box, which itself stays empty."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(0.95, 1.12), 40) + rng.uniform(0, 6.28)
    rx, ry = box.w * rng.uniform(0.72, 0.88, 2)
    drift = 1 + 0.05 * wobble(len(angle), scale=10, rng=rng)
    path = np.column_stack([box.centre.x + rx * drift * np.cos(angle), box.centre.y + ry * drift * np.sin(angle)])
    return [Stroke(points_mm=path, pressure=np.full(len(path), hand.pressure))]


_STYLES: Mapping[MarkStyle, Draw] = {
    MarkStyle.CROSS: _cross,
    MarkStyle.LIGHT_CROSS: _light_cross,
    MarkStyle.HUGE_CROSS: _huge_cross,
    MarkStyle.OFF_CENTRE_CROSS: _off_centre_cross,
    MarkStyle.TICK: _tick,
    MarkStyle.LONG_TICK: _long_tick,
    MarkStyle.SLASH: _slash,
    MarkStyle.BACKSLASH: _backslash,
    MarkStyle.DOT: _dot,
    MarkStyle.SCRIBBLE: _scribble,
    MarkStyle.CIRCLE: _circle,
    MarkStyle.FILL: _fill,
    MarkStyle.CROSS_FILLED: _cross_filled,
    MarkStyle.SPECK: _speck,
    MarkStyle.PEN_REST: _pen_rest,
    MarkStyle.NEIGHBOUR_STROKE: _neighbour_stroke,
    MarkStyle.TINY: _tiny,
    MarkStyle.STRADDLING: _straddling,
    MarkStyle.SCRIBBLED_OUT: _scribbled_out,
    MarkStyle.OVERFILL: _overfill,
    MarkStyle.LINE_THROUGH: _line_through,
    MarkStyle.CIRCLE_AROUND: _circle_around,
}
