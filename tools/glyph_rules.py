"""Characters drawn by rule: digits as Europeans write them, capitals, signs; the strokes of each in many variants.

A variant is a list of strokes; a stroke is a list of control points in a box of width and height 1 (x right, y down)
that are joined by a smooth curve ("~") or by straight lines ("-"). Points are moved a little at random, so that no two
characters are alike. Handwriting fonts and the data sets that may be shipped are American in their digits: a 1 with a
long upstroke, a crossed 7, an open 4 or a slashed 0 hardly occur there.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Stroke = tuple[str, list[tuple[float, float]]]
Variant = list[Stroke]


def arc(
    middle: tuple[float, float], radii: tuple[float, float], start: float, end: float, steps: int = 9
) -> list[tuple[float, float]]:
    """Points on an ellipse; angles in degrees, 0 to the right, 90 downwards."""
    (cx, cy), (rx, ry) = middle, radii
    return [(cx + rx * np.cos(t), cy + ry * np.sin(t)) for t in np.radians(np.linspace(start, end, steps))]


def _zero(r: np.random.Generator) -> Variant:
    start, turn, wide = r.uniform(-150, -40), r.choice([-1, 1], p=[0.85, 0.15]), r.uniform(0.3, 0.6)
    round_ = arc((0.5, 0.5), (wide, 0.5), start, start + turn * r.uniform(330, 410), 13)
    kind = r.choice(["plain", "slashed", "slashed in one", "tail"], p=[0.74, 0.14, 0.06, 0.06])
    over = r.uniform(0, 0.3)
    high, low = (
        (r.uniform(0.65, 1.0) + over, r.uniform(-0.05, 0.25) - over),
        (r.uniform(0, 0.35) - over, r.uniform(0.75, 1.05) + over),
    )
    if r.random() < 0.12:
        high, low = (1 - high[0], high[1]), (1 - low[0], low[1])
    if kind == "slashed":
        return [("~", round_), ("-", [high, low])]
    if kind == "slashed in one":
        return [("~", [*round_, high, low])]
    if kind == "plain" and r.random() < 0.15:
        inside = [(0.5 + r.uniform(-0.2, 0.15), r.uniform(0.1, 0.35))]
        return [("~", [*inside, *round_])]
    if kind == "tail":
        return [("~", [*round_, (r.uniform(0.9, 1.25), r.uniform(-0.15, 0.1))])]
    return [("~", round_)]


def _one(r: np.random.Generator) -> Variant:
    x = r.uniform(0.45, 0.75)
    down = [(x, 0.0), (x + r.uniform(-0.08, 0.03), 0.5), (x + r.uniform(-0.15, 0.03), 1.0)]
    kind = r.choice(["up", "plain", "foot", "zed"], p=[0.64, 0.17, 0.11, 0.08])
    if kind == "zed":
        lean = r.uniform(0.2, 0.6)
        end = (x - lean, 1.0)
        top = [(x - r.uniform(0.25, 0.7), r.uniform(0.0, 0.22)), (x, 0.0)]
        foot = [(end[0] - r.uniform(0.0, 0.12), 1.0), (end[0] + r.uniform(0.35, 0.85), r.uniform(0.93, 1.0))]
        if r.random() < 0.6:
            return [("-", [*top, end, foot[1]])]
        return [("-", [*top, end]), ("-", foot)]
    if kind == "plain":
        hook = [(x + r.uniform(0.05, 0.3), r.uniform(0.7, 0.95))] if r.random() < 0.12 else []
        return [("~", [*down, *hook])]
    reach, fall = r.uniform(0.12, 0.65), r.uniform(0.12, 0.9)
    bend = (x - reach * 0.5, fall * 0.5 + r.uniform(-0.08, 0.08))
    if r.random() < 0.6:
        out: Variant = [("-", [(x - reach, fall), bend, *down])]
    else:
        out = [("~", [(x - reach, fall), bend, (x, 0.0)]), ("~", down)]
    if kind != "foot" and r.random() < 0.09:
        out.append(
            (
                "~",
                [
                    down[-1],
                    (down[-1][0] + r.uniform(0.02, 0.12), r.uniform(0.9, 1.0)),
                    (x + r.uniform(0.1, 0.35), r.uniform(0.65, 0.92)),
                ],
            )
        )
    if kind == "foot":
        out.append(("-", [(x - r.uniform(0.2, 0.55), 1.0), (x + r.uniform(0.1, 0.55), 1.0)]))
    return out


def _two(r: np.random.Generator) -> Variant:
    head = [
        (0.1, r.uniform(0.15, 0.35)),
        (0.3, 0.03),
        (0.55, 0.0),
        (0.82, 0.12),
        (0.85, 0.3),
        (0.65, 0.55),
        (0.35, 0.8),
    ]
    kind = r.choice(["corner", "loop", "gamma", "wave"], p=[0.43, 0.27, 0.08, 0.22])
    if kind == "corner":
        return [
            ("~", [*head, (0.08, 0.98)]),
            ("~", [(0.08, 0.98), (0.5, r.uniform(0.92, 1.0)), (r.uniform(0.85, 1.05), r.uniform(0.92, 1.02))]),
        ]
    if kind == "loop":
        return [
            (
                "~",
                [
                    *head,
                    (0.1, 0.97),
                    (0.0, 0.88),
                    (0.12, r.uniform(0.7, 0.82)),
                    (0.35, 0.88),
                    (0.65, 1.0),
                    (1.0, r.uniform(0.85, 1.0)),
                ],
            )
        ]
    if kind == "gamma":
        knot = [
            (0.12, 0.98),
            (r.uniform(-0.05, 0.1), 0.85),
            (0.15, r.uniform(0.6, 0.75)),
            (0.5, r.uniform(0.7, 0.85)),
            (r.uniform(0.9, 1.15), r.uniform(0.5, 0.8)),
        ]
        return [("~", [*head, *knot])]
    return [("~", [*head, (0.1, 0.96), (0.3, 0.94), (0.65, 1.0), (1.0, r.uniform(0.85, 0.98))])]


def _three(r: np.random.Generator) -> Variant:
    lower = [(0.45, 0.46), (0.75, 0.5), (0.92, 0.7), (0.75, 0.95), (0.4, 1.0), (0.05, r.uniform(0.8, 0.95))]
    if r.random() < 0.2:
        return [("-", [(0.1, 0.02), (0.85, 0.0), (0.42, 0.42)]), ("~", lower)]
    upper = [
        (0.1, r.uniform(0.08, 0.22)),
        (0.4, 0.0),
        (0.75, 0.06),
        (0.82, 0.24),
        (0.65, 0.4),
        (r.uniform(0.3, 0.5), 0.46),
    ]
    if r.random() < 0.5:
        return [("~", [*upper, (0.5, 0.47), *lower[1:]])]
    return [("~", upper), ("~", lower)]


def _four(r: np.random.Generator) -> Variant:
    bar, x = r.uniform(0.5, 0.72), r.uniform(0.6, 0.8)
    kind = r.choice(["open", "round", "closed", "one line"], p=[0.43, 0.14, 0.28, 0.15])
    if kind == "closed":
        return [
            ("-", [(x, 0.0), (0.02, bar), (r.uniform(0.9, 1.05), bar + r.uniform(-0.05, 0.03))]),
            ("-", [(x, 0.0), (x - r.uniform(-0.02, 0.08), 1.0)]),
        ]
    if kind == "one line":
        return [
            ("-", [(0.35, 0.0), (0.05, bar), (0.95, bar), (r.uniform(0.75, 0.95), r.uniform(0.2, 0.45)), (0.55, 1.0)])
        ]
    top = r.uniform(0.1, 0.45)
    if kind == "round":
        bowl = [
            (r.uniform(0.05, 0.2), 0.0),
            (0.04, bar - 0.15),
            (0.25, bar),
            (0.55, bar - 0.02),
            (x, bar - r.uniform(0.05, 0.2)),
        ]
        return [("~", bowl), ("-", [(x, r.uniform(-0.05, 0.25)), (x - r.uniform(-0.02, 0.1), 1.0)])]
    left: Stroke = (
        "-",
        [(r.uniform(0.15, 0.45), 0.0), (0.03, bar), (r.uniform(0.85, 1.05), bar + r.uniform(-0.06, 0.03))],
    )
    return [left, ("-", [(x, top), (x - r.uniform(-0.02, 0.12), 1.0)])]


def _five(r: np.random.Generator) -> Variant:
    belly = [
        (0.16, 0.45),
        (0.5, 0.36),
        (0.85, 0.5),
        (0.88, 0.75),
        (0.6, 0.98),
        (0.3, 1.0),
        (0.02, r.uniform(0.82, 0.95)),
    ]
    left = r.uniform(0.15, 0.28)
    if r.random() < 0.45:
        return [
            ("~", [(r.uniform(0.8, 1.0), 0.0), (0.5, 0.02), (left, 0.02)]),
            ("~", [(left, 0.02), (0.17, 0.25), *belly]),
        ]
    bar: Stroke = (
        "~",
        [
            (left + r.uniform(-0.05, 0.15), r.uniform(-0.02, 0.08)),
            (0.6, 0.02),
            (r.uniform(0.8, 1.1), r.uniform(-0.06, 0.05)),
        ],
    )
    return [("-" if r.random() < 0.4 else "~", [(left, 0.04), (0.16, 0.44)]), ("~", belly), bar]


def _six(r: np.random.Generator) -> Variant:
    top, tall = (r.uniform(0.35, 0.9), 0.0), r.uniform(0.2, 0.33)
    loop = arc((0.5, 1 - tall), (r.uniform(0.3, 0.48), tall), 180, -r.uniform(110, 240), 11)
    return [("~", [top, (r.uniform(0.2, 0.35), 0.25), (r.uniform(0.02, 0.16), 0.52), *loop])]


def _seven(r: np.random.Generator) -> Variant:
    end = (r.uniform(0.25, 0.5), 1.0)
    top = [(0.05, r.uniform(0.0, 0.06)), (0.5, r.uniform(-0.03, 0.05)), (0.95, 0.0)]
    if r.random() < 0.3:
        top = [(0.05, r.uniform(0.12, 0.25)), *top]
    if r.random() < 0.2:
        top = [(0.02, 0.08), (0.2, -0.03), (0.55, 0.06), (0.95, 0.0)]
    bend = (r.uniform(0.55, 0.75), 0.45)
    hook = [(end[0] + r.uniform(0.08, 0.35), r.uniform(0.85, 1.0))] if r.random() < 0.07 else []
    out: Variant = [("-" if r.random() < 0.6 else "~", top), ("~", [top[-1], bend, end, *hook])]
    if r.random() < 0.62:
        y, half = r.uniform(0.4, 0.62), r.uniform(0.15, 0.38)
        out.append(("-", [(bend[0] - half, y + r.uniform(-0.05, 0.08)), (bend[0] + half, y - r.uniform(-0.05, 0.1))]))
    return out


def _eight(r: np.random.Generator) -> Variant:
    if r.random() < 0.25:
        top, low = arc((0.5, 0.25), (0.34, 0.25), -90, 280, 11), arc((0.5, 0.75), (0.42, 0.26), -90, 280, 11)
        return [("~", top), ("~", low)]
    line = [
        (0.72, 0.08),
        (0.5, 0.0),
        (0.22, 0.14),
        (0.3, 0.36),
        (0.65, 0.6),
        (0.82, 0.8),
        (0.52, 1.0),
        (0.18, 0.82),
        (0.34, 0.58),
        (0.68, 0.36),
        (0.78, 0.16),
    ]
    end = [(r.uniform(0.55, 0.8), r.uniform(-0.02, 0.1))]
    return [("~", [*line, *end])] if r.random() < 0.7 else [("~", [(1 - x, y) for x, y in [*line, *end]])]


def _nine(r: np.random.Generator) -> Variant:
    if r.random() < 0.06:
        bowl = [
            (r.uniform(0.7, 0.9), 0.12),
            (0.45, 0.0),
            (0.15, 0.2),
            (0.4, 0.42),
            (0.72, r.uniform(0.4, 0.55)),
            (0.68, 0.8),
            (r.uniform(0.2, 0.5), 1.0),
        ]
        return [("~", bowl)]
    rx, cy = r.uniform(0.28, 0.46), r.uniform(0.12, 0.3)
    loop = arc((0.48, cy), (rx, cy), -r.uniform(10, 60), -r.uniform(330, 395), 11)
    right = 0.48 + rx
    tail = r.choice(["straight", "hook", "slant"], p=[0.35, 0.3, 0.35])
    if tail == "straight":
        end = [(right, 0.5), (right - r.uniform(0, 0.08), 1.0)]
    elif tail == "slant":
        end = [(right - 0.05, 0.45), (r.uniform(0.25, 0.65), 1.0)]
    else:
        end = [(right + 0.02, 0.6), (right - 0.1, 0.9), (0.5, 1.0), (r.uniform(0.05, 0.25), r.uniform(0.82, 0.95))]
    return [("~", [*loop, *end])]


def _letters() -> dict[str, Callable[[np.random.Generator], list[Variant]]]:
    """Capitals: the usual ways to write each in block letters."""
    u = lambda r, a, b: float(r.uniform(a, b))  # noqa: E731
    return {
        "A": lambda r: [
            [("-", [(0.0, 1.0), (0.5, 0.0), (1.0, 1.0)]), ("-", [(0.18, u(r, 0.55, 0.72)), (0.82, u(r, 0.55, 0.72))])],
            [("-", [(0.5, 0.0), (0.0, 1.0)]), ("-", [(0.5, 0.0), (1.0, 1.0)]), ("-", [(0.1, 0.65), (0.9, 0.62)])],
            [("~", [(0.0, 1.0), (0.1, 0.4), (0.5, 0.0), (0.9, 0.4), (1.0, 1.0)]), ("-", [(0.05, 0.6), (0.95, 0.6)])],
        ],
        "B": lambda r: [
            [
                ("-", [(0.1, 0.0), (0.1, 1.0)]),
                ("~", [(0.1, 0.02), (0.6, 0.03), (0.75, 0.22), (0.55, 0.45), (0.15, 0.48)]),
                ("~", [(0.15, 0.48), (0.7, 0.52), (0.9, 0.75), (0.65, 0.98), (0.1, 1.0)]),
            ],
            [
                ("~", [(0.1, 1.0), (0.1, 0.5), (0.1, 0.0)]),
                ("~", [(0.0, 0.08), (0.5, 0.0), (0.8, 0.2), (0.5, 0.46), (0.85, 0.7), (0.6, 0.98), (0.05, 0.98)]),
            ],
        ],
        "C": lambda r: [
            [
                (
                    "~",
                    [
                        (u(r, 0.85, 1.0), u(r, 0.1, 0.25)),
                        (0.6, 0.0),
                        (0.2, 0.12),
                        (0.0, 0.5),
                        (0.2, 0.9),
                        (0.6, 1.0),
                        (u(r, 0.85, 1.0), u(r, 0.78, 0.92)),
                    ],
                )
            ],
        ],
        "D": lambda r: [
            [
                ("-", [(0.1, 0.0), (0.1, 1.0)]),
                ("~", [(0.0, 0.02), (0.5, 0.02), (0.95, 0.4), (0.9, 0.7), (0.5, 0.98), (0.05, 1.0)]),
            ],
            [("~", [(0.1, 0.0), (0.12, 0.5), (0.1, 1.0), (0.6, 0.95), (0.95, 0.5), (0.6, 0.05), (0.05, 0.03)])],
        ],
        "E": lambda r: [
            [
                ("-", [(0.9, 0.0), (0.08, 0.02), (0.08, 1.0), (0.95, 0.98)]),
                ("-", [(0.08, 0.5), (u(r, 0.6, 0.85), 0.48)]),
            ],
            [
                ("-", [(0.1, 0.0), (0.1, 1.0)]),
                ("-", [(0.1, 0.0), (0.9, 0.0)]),
                ("-", [(0.1, 0.5), (0.75, 0.5)]),
                ("-", [(0.1, 1.0), (0.95, 1.0)]),
            ],
            [("~", [(0.85, 0.1), (0.5, 0.0), (0.15, 0.2), (0.5, 0.48), (0.05, 0.72), (0.4, 1.0), (0.9, 0.88)])],
        ],
        "F": lambda r: [
            [("-", [(0.9, 0.0), (0.1, 0.02), (0.1, 1.0)]), ("-", [(0.1, 0.48), (u(r, 0.6, 0.85), 0.46)])],
            [("-", [(0.12, 0.0), (0.1, 1.0)]), ("-", [(0.0, 0.0), (0.95, 0.0)]), ("-", [(0.1, 0.5), (0.7, 0.5)])],
        ],
        "G": lambda r: [
            [
                ("~", [(0.9, 0.15), (0.55, 0.0), (0.15, 0.15), (0.0, 0.5), (0.2, 0.92), (0.6, 1.0), (0.92, 0.85)]),
                ("-", [(0.92, 0.95), (0.92, 0.55), (0.5, 0.55)]),
            ],
            [
                ("~", [(0.9, 0.12), (0.5, 0.0), (0.1, 0.2), (0.05, 0.65), (0.35, 1.0), (0.8, 0.9), (0.9, 0.55)]),
                ("-", [(0.55, 0.55), (1.0, 0.55)]),
            ],
        ],
        "H": lambda r: [
            [
                ("-", [(0.08, 0.0), (0.06, 1.0)]),
                ("-", [(0.92, 0.0), (0.92, 1.0)]),
                ("-", [(0.06, 0.5), (0.92, u(r, 0.45, 0.55))]),
            ],
        ],
        "I": lambda r: [
            [("-", [(0.5, 0.0), (0.5, 1.0)])],
            [("-", [(0.5, 0.0), (0.5, 1.0)]), ("-", [(0.2, 0.0), (0.8, 0.0)]), ("-", [(0.2, 1.0), (0.8, 1.0)])],
        ],
        "J": lambda r: [
            [("~", [(0.8, 0.0), (0.8, 0.6), (0.7, 0.95), (0.35, 1.0), (0.05, u(r, 0.7, 0.85))])],
            [
                ("~", [(0.75, 0.02), (0.75, 0.65), (0.6, 0.98), (0.25, 0.98), (0.05, 0.78)]),
                ("-", [(0.35, 0.02), (1.0, 0.0)]),
            ],
        ],
        "K": lambda r: [
            [
                ("-", [(0.1, 0.0), (0.1, 1.0)]),
                ("-", [(0.9, 0.0), (0.12, u(r, 0.5, 0.6))]),
                ("-", [(u(r, 0.2, 0.35), 0.45), (0.95, 1.0)]),
            ],
            [("-", [(0.1, 0.0), (0.1, 1.0)]), ("-", [(0.88, 0.02), (0.14, 0.5), (0.95, 1.0)])],
        ],
        "L": lambda r: [
            [("-", [(0.1, 0.0), (0.08, 1.0), (u(r, 0.75, 1.0), u(r, 0.95, 1.0))])],
            [("~", [(0.2, 0.0), (0.12, 0.6), (0.15, 0.98), (0.95, 0.95)])],
        ],
        "M": lambda r: [
            [
                (
                    "-",
                    [
                        (0.02, 1.0),
                        (u(r, 0.05, 0.15), 0.0),
                        (0.5, u(r, 0.5, 0.85)),
                        (u(r, 0.85, 0.95), 0.0),
                        (0.98, 1.0),
                    ],
                )
            ],
            [("-", [(0.05, 0.0), (0.05, 1.0)]), ("-", [(0.05, 0.02), (0.5, 0.65), (0.95, 0.0), (0.95, 1.0)])],
        ],
        "N": lambda r: [
            [("-", [(0.05, 1.0), (0.08, 0.0), (0.92, 1.0), (0.95, 0.0)])],
            [("-", [(0.05, 0.0), (0.05, 1.0)]), ("-", [(0.05, 0.02), (0.92, 0.98)]), ("-", [(0.93, 0.0), (0.93, 1.0)])],
        ],
        "O": lambda r: [
            [("~", arc((0.5, 0.5), (u(r, 0.4, 0.5), 0.5), (start := u(r, -140, -50)), start - u(r, 340, 395), 13))]
        ],
        "P": lambda r: [
            [
                ("-", [(0.1, 0.0), (0.1, 1.0)]),
                ("~", [(0.0, 0.03), (0.55, 0.0), (0.85, 0.22), (0.6, 0.5), (0.1, u(r, 0.5, 0.58))]),
            ],
            [("~", [(0.1, 1.0), (0.1, 0.4), (0.12, 0.02), (0.6, 0.02), (0.85, 0.28), (0.55, 0.54), (0.1, 0.54)])],
        ],
        "Q": lambda r: [
            [
                ("~", arc((0.48, 0.47), (0.45, 0.47), -100, -470, 13)),
                ("-", [(u(r, 0.5, 0.65), u(r, 0.62, 0.75)), (u(r, 0.9, 1.05), u(r, 0.95, 1.1))]),
            ]
        ],
        "R": lambda r: [
            [
                ("-", [(0.1, 0.0), (0.1, 1.0)]),
                ("~", [(0.0, 0.03), (0.55, 0.0), (0.82, 0.22), (0.6, 0.48), (0.12, 0.5)]),
                ("-", [(u(r, 0.25, 0.5), 0.5), (0.95, 1.0)]),
            ],
            [
                ("~", [(0.08, 1.0), (0.1, 0.4), (0.12, 0.02), (0.6, 0.02), (0.85, 0.25), (0.55, 0.5), (0.12, 0.52)]),
                ("-", [(0.35, 0.52), (0.95, 1.0)]),
            ],
        ],
        "S": lambda r: [
            [
                (
                    "~",
                    [
                        (u(r, 0.8, 0.98), u(r, 0.08, 0.2)),
                        (0.5, 0.0),
                        (0.12, 0.2),
                        (0.45, 0.46),
                        (0.85, 0.72),
                        (0.5, 1.0),
                        (0.02, u(r, 0.82, 0.92)),
                    ],
                )
            ],
        ],
        "T": lambda r: [[("-", [(0.0, u(r, 0.0, 0.06)), (1.0, 0.0)]), ("-", [(0.5, 0.0), (u(r, 0.42, 0.52), 1.0)])]],
        "U": lambda r: [
            [("~", [(0.05, 0.0), (0.05, 0.55), (0.25, 0.97), (0.6, 1.0), (0.9, 0.7), (0.95, 0.0)])],
            [
                ("~", [(0.05, 0.0), (0.05, 0.6), (0.3, 0.98), (0.75, 0.9), (0.93, 0.5), (0.93, 0.0)]),
                ("-", [(0.93, 0.0), (0.95, 1.0)]),
            ],
        ],
        "V": lambda r: [[("-", [(0.0, 0.0), (u(r, 0.42, 0.55), 1.0), (1.0, 0.0)])]],
        "W": lambda r: [
            [("-", [(0.0, 0.0), (0.25, 1.0), (0.5, u(r, 0.15, 0.5)), (0.75, 1.0), (1.0, 0.0)])],
            [("~", [(0.0, 0.0), (0.1, 0.8), (0.3, 1.0), (0.5, 0.4), (0.6, 0.95), (0.85, 0.9), (1.0, 0.0)])],
        ],
        "X": lambda r: [[("-", [(0.02, 0.0), (0.98, 1.0)]), ("-", [(0.95, 0.0), (0.02, 1.0)])]],
        "Y": lambda r: [
            [("-", [(0.0, 0.0), (0.5, 0.5)]), ("-", [(1.0, 0.0), (0.5, 0.5), (u(r, 0.4, 0.5), 1.0)])],
            [("-", [(0.02, 0.0), (0.5, 0.5)]), ("-", [(1.0, 0.0), (u(r, 0.15, 0.35), 1.0)])],
        ],
        "Z": lambda r: [
            [("-", [(0.05, 0.02), (0.95, 0.0), (0.03, 1.0), (1.0, 0.98)])],
            [("-", [(0.05, 0.02), (0.95, 0.0), (0.03, 1.0), (1.0, 0.98)]), ("-", [(0.25, 0.5), (0.75, 0.48)])],
        ],
        "ß": lambda r: [
            [
                (
                    "~",
                    [
                        (0.08, 1.1),
                        (0.1, 0.5),
                        (0.2, 0.05),
                        (0.6, 0.0),
                        (0.75, 0.2),
                        (0.45, 0.45),
                        (0.9, 0.7),
                        (0.65, 1.0),
                        (0.35, 0.95),
                    ],
                )
            ],
        ],
    }


def _umlaut(base: str) -> Callable[[np.random.Generator], list[Variant]]:
    def variants(r: np.random.Generator) -> list[Variant]:
        up, out = r.uniform(0.18, 0.3), []
        for variant in _LETTERS[base](r):
            low: Variant = [(kind, [(x, y * (1 - up) + up) for x, y in points]) for kind, points in variant]
            middle, gap, long = r.uniform(0.45, 0.55), r.uniform(0.12, 0.25), r.uniform(0.02, 0.14)
            dots: Variant = [
                ("-", [(middle + side * gap, 0.0), (middle + side * gap + r.uniform(-0.04, 0.04), long)])
                for side in (-1, 1)
            ]
            out.append([*low, *dots])
        return out

    return variants


def _signs(r: np.random.Generator, sign: str) -> Variant:
    if sign == "+":
        return [("-", [(0.5, 0.0), (0.5, 1.0)]), ("-", [(0.0, 0.5), (1.0, r.uniform(0.45, 0.55))])]
    if sign == "-":
        return [("-", [(0.0, 0.5), (1.0, r.uniform(0.42, 0.55))])]
    if sign == ",":
        return [("~", [(0.6, 0.0), (0.6, 0.4), (r.uniform(0.2, 0.5), 1.0)])]
    if sign == ".":
        return [("~", [(0.5, 0.4), (0.55, 0.5), (0.5, 0.6)])]
    if sign == ":":
        return [("~", [(0.5, 0.0), (0.52, 0.06)]), ("~", [(0.5, 0.94), (0.52, 1.0)])]
    return [("-", [(1.0, 0.0), (0.0, 1.0)])]


_LETTERS = _letters()
_DIGITS = (_zero, _one, _two, _three, _four, _five, _six, _seven, _eight, _nine)
SIGNS = "+-,.:/"


def variant(character: str, rng: np.random.Generator) -> Variant:
    """One way to write a character."""
    if character.isdigit():
        return _DIGITS[int(character)](rng)
    if character in SIGNS:
        return _signs(rng, character)
    base = {"Ä": "A", "Ö": "O", "Ü": "U"}.get(character)
    choices = _LETTERS[character](rng) if base is None else _umlaut(base)(rng)
    return choices[int(rng.integers(len(choices)))]


def strokes(character: str, rng: np.random.Generator) -> list[Floats]:
    """The character as dense lines, (N, 2) each, control points moved at random, slanted, narrow or wide; about 1
    high.
    """
    jitter, slant, wide = rng.uniform(0.01, 0.055), rng.normal(0.08, 0.16), rng.uniform(0.36, 0.92)
    out = []
    for kind, points in variant(character, rng):
        moved = np.array(points, dtype=np.float64) + rng.normal(0, jitter, (len(points), 2))
        line = _dense(moved) if kind == "-" else _smooth(moved)
        line[:, 0] = (line[:, 0] - 0.5) * wide - (line[:, 1] - 0.5) * slant
        out.append(line)
    return out


def _dense(points: Floats) -> Floats:
    steps = np.linspace(0, 1, 12, endpoint=False)[:, None]
    parts = [a + (b - a) * steps for a, b in pairwise(points)]
    return np.concatenate([*parts, points[-1:]])


def _smooth(points: Floats) -> Floats:
    """Catmull-Rom through the points."""
    if len(points) < 3:
        return _dense(points)
    ends = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    t = np.linspace(0, 1, 10, endpoint=False)[:, None]
    out = []
    for p0, p1, p2, p3 in zip(ends[:-3], ends[1:-2], ends[2:-1], ends[3:], strict=True):
        out.append(
            0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
        )
    return np.concatenate([*out, points[-1:]])
