"""Release of the data set: who declares it good enough, and on what evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """ASK: somebody requests the release in spite of an obstacle. RELEASE: it is released. REFUSE: the request is
    refused.
    """

    ASK = "ask"
    RELEASE = "release"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One step: about the data set with the hash `digest`, by whom, why, with the figures known then; `about` is the
    uuid of the request.
    """

    uuid: str
    step: Step
    digest: str
    by: str
    reason: str
    figures: Mapping[str, object]
    at: str
    about: str | None = None
