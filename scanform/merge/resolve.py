"""One record out of the responses of one place, by named, versioned rules; nothing is overwritten, nothing is chosen silently.

`single/1`         one response says it all
`complete-counts/1`  the same: it is complete, and others with its token were broken off
`agree/1`          the sources say the same
`waiting/1`        a source has something that a person has yet to look at: -8, whatever the others say
`fill-gap/1`       one source has a value, the others really have none
`none/1`           no source has a value; the most telling reason is kept, before all others that of a text that no rule admits
`contradiction/1`  two valid values differ: -9, and a person decides
`decision/1`       a person has decided between the sources
"""

import unicodedata
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from scanform.merge.cells import why_missing
from scanform.merge.match import COMPLETE_COUNTS, form_of, superseded
from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate
from scanform.model.response import Answer, Channel, Missing, Response, Status

SINGLE = "single/1"
AGREE = "agree/1"
WAITING = "waiting/1"
FILL_GAP = "fill-gap/1"
NONE = "none/1"
CONTRADICTION = "contradiction/1"
DECISION = "decision/1"

RESOLVER = "merge"
MERGED_PREFIX = "merged-"
"""Merged records have ids of their own in the review, so that a decision about a paper form is never taken for one about the merge."""

_REASONS = (
    Missing.CONTRADICTION,
    Missing.NOT_REVIEWED,
    Missing.ILLEGIBLE,
    Missing.MULTIPLE_MARKS,
    Missing.IMPLAUSIBLE,
    Missing.NO_ANSWER,
    Missing.FILTERED,
    Missing.PAGE_MISSING,
    Missing.NOT_IN_VERSION,
)
"""Most telling first: what a person can still mend, then what was really left blank, then what was never seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one response says about one column; `received_at` is when the response came in or was keyed."""

    response_id: str
    channel: Channel
    answer: Answer
    received_at: str = ""


def _source(response: Response, answer: Answer) -> Source:
    return Source(response_id=response.id, channel=response.channel, answer=answer, received_at=response.received_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the value of one column comes from: the rule, and the sources that carry it.

    These are all sources with a value in a contradiction, and all sources where one waits for a person, that one first.
    """

    rule: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two or more valid values for one column. `version` changes with the values, so an old decision never hides a new contradiction."""

    record_id: str
    column: str
    sources: tuple[Source, ...]
    version: int
    decided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row of the data set. `response` holds the resolved answers under the name that the data set shows.

    `id` is the name of the record in the review, `members` the ids of the responses it is made of.
    """

    id: str
    response: Response
    origins: Mapping[str, Origin]
    conflicts: tuple[Conflict, ...]
    members: tuple[str, ...]

    def channel_of(self, column: str) -> Channel:
        """The channel by which the value of `column` came."""
        origin = self.origins.get(column)
        return origin.sources[0].channel if origin is not None and origin.sources else self.response.channel


Settle = Callable[[Response, Mapping[str, int]], Response]
"""Lays people's decisions over a response whose contradictions wait, given the versions of those columns."""


def resolve(group: Sequence[Response], *, settle: Settle | None = None) -> Record:
    """The record of `group` (at least one response); the order of the group changes nothing.

    `settle` gets a response with the contradictory columns only and gives it back with what people decided.
    """
    broken = superseded(group)
    ordered = sorted((response for response in group if response.id not in broken), key=_precedence)
    first, left_out = ordered[0], tuple(sorted(broken))
    if len(ordered) == 1:
        return _alone(first, left_out)
    record_id = MERGED_PREFIX + _place_name(ordered)
    answers: dict[str, Answer] = {}
    origins: dict[str, Origin] = {}
    for column in dict.fromkeys(answer.column for response in ordered for answer in response.answers):
        sources = tuple(_source(r, a) for r in ordered for a in r.answers if a.column == column)
        answers[column], origins[column] = _resolved(sources)
    conflicts = tuple(_conflict(record_id, column, origin) for column, origin in origins.items() if origin.rule == CONTRADICTION)
    merged = _merged(ordered, tuple(answers.values()))
    record = Record(id=record_id, response=merged, origins=origins, conflicts=conflicts, members=(*(r.id for r in ordered), *left_out))
    return record if settle is None or not conflicts else _settled(record, settle)


def _place_name(ordered: Sequence[Response]) -> str:
    """What a merged record is called after: its form, where all stand on the same one, else token, else all ids.

    Two forms with one token are two records and need two names.
    """
    forms = {form_of(response.id) for response in ordered}
    if len(forms) == 1:
        return forms.pop()
    token = next((response.token.strip() for response in ordered if response.token and response.token.strip()), "")
    return f"{ordered[0].questionnaire}-{token}" if token else "-".join(sorted(response.id for response in ordered))


def _precedence(response: Response) -> tuple[bool, bool, str, str]:
    """Complete responses first, then the earliest received, then by id."""
    return (not response.complete, not response.received_at, response.received_at, response.id)


def _alone(response: Response, left_out: tuple[str, ...]) -> Record:
    rule = COMPLETE_COUNTS if left_out else SINGLE
    origins = {a.column: Origin(rule=rule, sources=(_source(response, a),)) for a in response.answers}
    return Record(id=response.id, response=response, origins=origins, conflicts=(), members=(response.id, *left_out))


def _merged(ordered: Sequence[Response], answers: tuple[Answer, ...]) -> Response:
    """The first response with the answers of all; what it lacks itself comes from the others."""
    return replace(
        ordered[0],
        answers=answers,
        token=next((r.token for r in ordered if r.token), None),
        place_id=next((r.place_id for r in ordered if r.place_id), None),
        complete=any(r.complete for r in ordered),
        pages_missing=() if any(r.complete for r in ordered) else ordered[0].pages_missing,
        problems=tuple(dict.fromkeys(p for r in ordered for p in r.problems)),
    )


def _resolved(sources: tuple[Source, ...]) -> tuple[Answer, Origin]:
    waiting = tuple(source for source in sources if why_missing(source.answer) is Missing.NOT_REVIEWED)
    if waiting:
        return waiting[0].answer, Origin(rule=WAITING, sources=(*waiting, *(source for source in sources if source not in waiting)))
    valid = tuple(source for source in sources if why_missing(source.answer) is None)
    if not valid:
        kept = min(sources, key=lambda source: (not source.answer.raw, _REASONS.index(why_missing(source.answer) or Missing.NO_ANSWER)))
        written = tuple(source for source in sources if source.answer.raw and source is not kept)
        return kept.answer, Origin(rule=NONE, sources=(kept, *written))
    if len({comparable(source.answer) for source in valid}) > 1:
        return _contradiction(sources, valid), Origin(rule=CONTRADICTION, sources=valid)
    answer = replace(valid[0].answer, confidence=max(source.answer.confidence for source in valid))
    rule = AGREE if len(valid) == len(sources) else FILL_GAP
    return answer, Origin(rule=rule, sources=valid)


def comparable(answer: Answer) -> str:
    """What two answers are compared by: ticks as a set, texts without differences in spacing, all else as it stands."""
    if answer.kind is QuestionKind.MULTIPLE:
        return " ".join(sorted(set(answer.value.split())))
    if answer.kind is QuestionKind.HANDWRITING:
        return " ".join(unicodedata.normalize("NFC", answer.value).split())
    return answer.value


def _contradiction(sources: tuple[Source, ...], valid: tuple[Source, ...]) -> Answer:
    values = tuple(dict.fromkeys(source.answer.value for source in valid))
    seen = next((source.answer for source in valid if source.answer.evidence is not None), sources[0].answer)
    return replace(
        seen,
        value="",
        confidence=0.0,
        status=Status.REVIEW,
        missing=Missing.CONTRADICTION,
        reader=RESOLVER,
        candidates=tuple(Candidate(value=value, probability=1 / len(values)) for value in values),
        problems=("contradiction",),
    )


def _conflict(record_id: str, column: str, origin: Origin) -> Conflict:
    said = "\x1f".join(sorted(f"{source.response_id}\x1e{comparable(source.answer)}" for source in origin.sources))
    version = zlib.crc32(said.encode("utf-8", "surrogatepass")) & 0x7FFFFFFF
    return Conflict(record_id=record_id, column=column, sources=origin.sources, version=version)


def _settled(record: Record, settle: Settle) -> Record:
    """The record with people's decisions about its contradictions laid over it."""
    open_columns = {conflict.column: conflict.version for conflict in record.conflicts}
    question = replace(record.response, id=record.id, answers=tuple(a for a in record.response.answers if a.column in open_columns))
    decided = {a.column: a for a in settle(question, open_columns).answers if a.status is not Status.REVIEW}
    answers = tuple(decided.get(a.column, a) for a in record.response.answers)
    origins = {c: Origin(rule=DECISION, sources=o.sources) if c in decided else o for c, o in record.origins.items()}
    conflicts = tuple(replace(conflict, decided=conflict.column in decided) for conflict in record.conflicts)
    return replace(record, response=replace(record.response, answers=answers), origins=origins, conflicts=conflicts)


def conflict_response(record: Record) -> tuple[Response, dict[str, int]]:
    """The open contradictions of a record as a response of its own, with versions: what the review shows."""
    versions = {conflict.column: conflict.version for conflict in record.conflicts if not conflict.decided}
    waiting = tuple(answer for answer in record.response.answers if answer.column in versions)
    return replace(record.response, id=record.id, answers=waiting), versions
