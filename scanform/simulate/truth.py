"""The content of a simulated form: the ground truth that tests and training compare with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from scanform.model.reading import MarkValue


class MarkStyle(StrEnum):
    """The appearance of a box; the groups below say which styles count as what."""

    NONE = "none"
    CROSS = "cross"
    LIGHT_CROSS = "light-cross"
    HUGE_CROSS = "huge-cross"
    OFF_CENTRE_CROSS = "off-centre-cross"
    TICK = "tick"
    LONG_TICK = "long-tick"
    SLASH = "slash"
    BACKSLASH = "backslash"
    DOT = "dot"
    SCRIBBLE = "scribble"
    CIRCLE = "circle"
    FILL = "fill"
    CROSS_FILLED = "cross-filled"
    SPECK = "speck"
    NEIGHBOUR_STROKE = "neighbour-stroke"
    PEN_REST = "pen-rest"
    TINY = "tiny"
    STRADDLING = "straddling"
    SCRIBBLED_OUT = "scribbled-out"
    OVERFILL = "overfill"
    LINE_THROUGH = "line-through"
    CIRCLE_AROUND = "circle-around"


MARKED_STYLES = (
    MarkStyle.CROSS,
    MarkStyle.LIGHT_CROSS,
    MarkStyle.HUGE_CROSS,
    MarkStyle.OFF_CENTRE_CROSS,
    MarkStyle.TICK,
    MarkStyle.LONG_TICK,
    MarkStyle.SLASH,
    MarkStyle.BACKSLASH,
    MarkStyle.DOT,
    MarkStyle.SCRIBBLE,
    MarkStyle.CIRCLE,
)
"""The ways in which people mark a box on purpose."""

HARD_STYLES = (MarkStyle.TINY, MarkStyle.STRADDLING)
"""Marks that are easily missed: a dot or a dash, a cross half outside its box."""

FILLED_STYLES = (MarkStyle.FILL, MarkStyle.CROSS_FILLED)
"""Blackened boxes; beside a cross they withdraw an answer."""

UNCLEAR_STYLES = (MarkStyle.LINE_THROUGH, MarkStyle.CIRCLE_AROUND)
"""Marks that only a person can interpret: one line through several boxes, a circle around a box."""

NEAR_MISS_STYLES = (MarkStyle.SPECK, MarkStyle.NEIGHBOUR_STROKE, MarkStyle.PEN_REST)
"""Traces in or near a box that must not count as a mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkTruth:
    """One check box: what it holds, how it was drawn, and whether a person would also call it unclear."""

    value: MarkValue
    style: MarkStyle
    ambiguous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTruth:
    """What is written in a comb, handwriting or signature zone.

    `text` as written (lines separated by newlines). `cells` holds one character (or "") for each cell of a comb. `crop`
    is the name of a picture of real handwriting that shows `text`, one for each line; without it the hand's script is
    used.
    """

    text: str
    cells: tuple[str, ...] = ()
    crop: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTruth:
    """One page: zone id -> its content; zones that are not named are untouched. `number` is 1-based."""

    number: int
    marks: Mapping[str, MarkTruth] = field(default_factory=dict)
    texts: Mapping[str, TextTruth] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormTruth:
    """One filled form.

    `expected`: column name (as `Answer.column`) -> canonical value, "" for blank, for every question and write-in.
    `unclear`: columns that a person could not settle either (two crosses, a filled box without a cross): a reader may
    send them to review but must not be sure of a value.
    """

    pages: tuple[PageTruth, ...]
    expected: Mapping[str, str]
    unclear: frozenset[str] = frozenset()

    def page(self, number: int) -> PageTruth:
        """The truth of a 1-based page; raises KeyError if there is none."""
        for page in self.pages:
            if page.number == number:
                return page
        raise KeyError(number)
