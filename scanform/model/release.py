"""Handing on the data set: who says that it is good enough, knowing what."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """ASK: somebody wants it released although something stands in the way. RELEASE: it is released. REFUSE: what
    was asked for is refused.
    """

    ASK = "ask"
    RELEASE = "release"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One step: about the data set with the hash `digest`, by whom, why, with the figures that were known; `about`
    is the uuid of what was asked for.
    """

    uuid: str
    step: Step
    digest: str
    by: str
    reason: str
    figures: Mapping[str, object]
    at: str
    about: str | None = None
