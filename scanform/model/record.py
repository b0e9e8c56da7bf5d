"""Records of the data set: resolved answers, their origins and contradictions (see `scanform.merge.resolve`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scanform.model.response import Answer, Channel, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The value of one column in one response; `received_at` is when the response came in or was keyed."""

    response_id: str
    channel: Channel
    answer: Answer
    received_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The origin of the value of one column: the rule, and the sources that carry it.

    These are all sources with a value in a contradiction, and all sources where one waits for a person, that one first.
    """

    rule: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two or more valid values for one column, or one that breaks a rule with that of another source. `version` changes
    with the values, so an old decision never hides a new contradiction.
    """

    record_id: str
    column: str
    sources: tuple[Source, ...]
    version: int
    decided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row of the data set. `response` holds the resolved answers under the name shown in the data set.

    `id` is the name of the record in the review, `members` the ids of its responses, `undecided` the answers in
    conflict (by column) as they were before people decided.
    """

    id: str
    response: Response
    origins: Mapping[str, Origin]
    conflicts: tuple[Conflict, ...]
    members: tuple[str, ...]
    undecided: Mapping[str, Answer] = field(default_factory=dict)

    def channel_of(self, column: str) -> Channel:
        """The channel by which the value of `column` came."""
        origin = self.origins.get(column)
        return origin.sources[0].channel if origin is not None and origin.sources else self.response.channel
