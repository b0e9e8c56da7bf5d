"""How a person has set up the review station: which key does what, how large and in which tones a crop is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

CHOICES: Final = tuple(f"choice-{place}" for place in range(1, 10))
"""The first nine answers of a question; those behind them get the letters that are left."""

_DIGITS: Final = {action: str(place) for place, action in enumerate(CHOICES, start=1)}

DEFAULT_KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "field": {
        **_DIGITS,
        "no-answer": "0",
        "illegible": "x",
        "objection": "m",
        "postpone": " ",
        "undo": "z",
        "context": "c",
        "zoom-in": "+",
        "zoom-out": "-",
        "zoom-fit": "f",
        "look": "i",
        "help": "?",
    },
    "mosaic": {
        **_DIGITS,
        "not": " ",
        "blank": "0",
        "type": "F2",
        "undo": "z",
        "context": "c",
        "look": "i",
        "help": "?",
    },
}
"""What can be done by a key of its own, screen by screen, and the key it has at first. Enter, Escape, Tab and the
arrows are the same for everybody.
"""

FUNCTION_KEYS: Final = frozenset({"F2", "F4", "F8", "F9"})
"""Keys that are no characters and that browsers can do without."""

ALT_DIGITS: Final = frozenset("123")
"""With Alt these take suggestions on the field screen, whatever has the focus."""

LOOKS: Final = ("plain", "contrast", "inverted")
"""How crops are shown: as scanned, with the ink darker, or light on dark."""

SMALLEST_ZOOM: Final = 0.5
LARGEST_ZOOM: Final = 8.0
"""Crops are shown between half and eight times their size on paper."""

TILES: Final = (12, 24, 48, 96)
"""Pictures on one screen of many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What one person wants. `letters` is False where characters alone are no keys (WCAG 2.1.4); `zoom` is None
    where a crop is as large as fits.
    """

    keys: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: DEFAULT_KEYS)
    letters: bool = True
    zoom: float | None = None
    look: str = LOOKS[0]
    tiles: int = 24
