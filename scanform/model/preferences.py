"""A person's preferences at the review station: keys, and the size and tones of crops."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

CHOICES: Final = tuple(f"choice-{place}" for place in range(1, 10))
"""Keys of the first nine answers of a question; further ones get the remaining letters."""

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
"""Actions with a configurable key, screen by screen, and their default keys. Enter, Escape, Tab and the arrows are the
same for everybody.
"""

FUNCTION_KEYS: Final = frozenset({"F2", "F4", "F8", "F9"})
"""Keys that are not characters and that browsers do not need."""

ALT_DIGITS: Final = frozenset("123")
"""With Alt these take suggestions on the field screen, whatever has the focus."""

LOOKS: Final = ("plain", "contrast", "inverted")
"""Crop rendering: as scanned, with darker ink, or light on dark."""

SMALLEST_ZOOM: Final = 0.5
LARGEST_ZOOM: Final = 8.0
"""Range of crop sizes: half to eight times the size on paper."""

TILES: Final = (12, 24, 48, 96)
"""Number of images on one mosaic screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """One person's preferences. `letters` is False where single characters are not keys (WCAG 2.1.4); `zoom` is None
    where a crop is as large as fits.
    """

    keys: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: DEFAULT_KEYS)
    letters: bool = True
    zoom: float | None = None
    look: str = LOOKS[0]
    tiles: int = 24
