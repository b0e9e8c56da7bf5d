"""Resolves the responses of one respondent to one record, by named, versioned rules; nothing is overwritten or chosen
silently.

- `single/1`: there is only one response
- `complete-counts/1`: the same, as it is complete, and others with its token were broken off
- `agree/1`: the sources agree
- `waiting/1`: a source has a value still waiting for review: -8, whatever the others say
- `fill-gap/1`: one source has a value, the others really have none
- `none/1`: no source has a value; the most informative reason is kept, first of all that of an inadmissible text
- `contradiction/1`: two valid values differ: -9, and a person decides
- `decision/1`: a person has decided between the sources
- `checked/1`: the values of several sources jointly break a rule (an end before its beginning): a person decides
"""

import unicodedata
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from scanform.consistency import Broken, Checks, broken_rules, recoded
from scanform.merge.match import COMPLETE_COUNTS, form_of, superseded
from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate
from scanform.model.record import Conflict, Origin, Record, Source
from scanform.model.response import Answer, Missing, Response, Status, why_missing

SINGLE = "single/1"
AGREE = "agree/1"
WAITING = "waiting/1"
FILL_GAP = "fill-gap/1"
NONE = "none/1"
CONTRADICTION = "contradiction/1"
DECISION = "decision/1"
CHECKED = "checked/1"

RESOLVER = "merge"
MERGED_PREFIX = "merged-"
"""Merged records have ids of their own in the review, so that a decision about a paper form is never mistaken for one
about the merge.
"""

_REASONS = (
    Missing.CONTRADICTION,
    Missing.NOT_REVIEWED,
    Missing.ILLEGIBLE,
    Missing.MULTIPLE_MARKS,
    Missing.IMPLAUSIBLE,
    Missing.FILTERED,
    Missing.PAGE_MISSING,
    Missing.NOT_REACHED,
    Missing.NO_ANSWER,
    Missing.NOT_IN_VERSION,
)
"""Most informative first: what a person can still repair, then that the question does not apply, then what one source
never saw (a missing page may hold the answer, so it never counts as left empty because another source was), then what
was left empty.
"""


def _source(response: Response, answer: Answer) -> Source:
    return Source(response_id=response.id, channel=response.channel, answer=answer, received_at=response.received_at)


Settle = Callable[[Response, Mapping[str, int]], Response]
"""Applies people's decisions to a response with open contradictions, given the versions of those columns."""


def resolve(group: Sequence[Response], *, settle: Settle | None = None, checks: Checks | None = None) -> Record:
    """The record of `group` (at least one response); the order of the group has no effect.

    `settle` gets a response with the contradictory columns only and returns it with people's decisions. `checks` are
    the rules between answers: they are checked on the result of all sources and decisions.
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
    conflicts = tuple(
        _conflict(record_id, column, origin) for column, origin in origins.items() if origin.rule == CONTRADICTION
    )
    merged = _merged(ordered, tuple(answers.values()))
    undecided = {conflict.column: answers[conflict.column] for conflict in conflicts}
    members = (*(r.id for r in ordered), *left_out)
    record = Record(
        id=record_id, response=merged, origins=origins, conflicts=conflicts, members=members, undecided=undecided
    )
    record = record if settle is None or not conflicts else _settled(record, settle)
    return record if checks is None else _checked(record, ordered, checks, settle)


def _place_name(ordered: Sequence[Response]) -> str:
    """The name of a merged record: its form if all responses are on the same one, otherwise the token, otherwise all
    ids.

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
    """The first response with the answers of all; missing answers come from the others."""
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
        return waiting[0].answer, Origin(
            rule=WAITING, sources=(*waiting, *(source for source in sources if source not in waiting))
        )
    valid = tuple(source for source in sources if why_missing(source.answer) is None)
    if not valid:
        kept = min(
            sources,
            key=lambda source: (not source.answer.raw, _REASONS.index(why_missing(source.answer) or Missing.NO_ANSWER)),
        )
        written = tuple(source for source in sources if source.answer.raw and source is not kept)
        return _offered(kept.answer, sources), Origin(rule=NONE, sources=(kept, *written))
    common = {option for source in valid for option in source.answer.not_offered}
    if len({comparable(_without(source.answer, common)) for source in valid}) > 1:
        return _contradiction(sources, valid), Origin(rule=CONTRADICTION, sources=valid)
    whole = min(valid, key=lambda source: len(source.answer.not_offered))
    answer = _offered(replace(whole.answer, confidence=max(source.answer.confidence for source in valid)), sources)
    rule = AGREE if len(valid) == len(sources) else FILL_GAP
    return answer, Origin(rule=rule, sources=(whole, *(source for source in valid if source is not whole)))


def _without(answer: Answer, options: Collection[str]) -> Answer:
    """An answer as far as all sources could give it: without the options that some of them lacked."""
    return (
        replace(answer, value=" ".join(code for code in answer.value.split() if code not in options))
        if options
        else answer
    )


def _offered(answer: Answer, sources: Sequence[Source]) -> Answer:
    """An option was not offered if no source that was asked had it; the ticks of all of them count."""
    asked = [source.answer for source in sources if why_missing(source.answer) is None] or [
        source.answer for source in sources if source.answer.not_offered
    ]
    if not any(one.not_offered for one in asked):
        return answer
    nowhere = set.intersection(*(set(one.not_offered) for one in asked))
    ticked = set(answer.value.split()).union(*(one.value.split() for one in asked))
    order = list(dict.fromkeys(code for one in (answer, *asked) for code in one.value.split()))
    value = " ".join(code for code in order if code in ticked) if answer.kind is QuestionKind.MULTIPLE else answer.value
    return replace(answer, value=value, not_offered=tuple(code for code in answer.not_offered if code in nowhere))


def comparable(answer: Answer) -> str:
    """The form in which answers are compared: ticks as a set, texts without differences in spacing, all else
    as it is.
    """
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
    """The record with people's decisions about its contradictions applied."""
    open_columns = {conflict.column: conflict.version for conflict in record.conflicts}
    question = replace(
        record.response, id=record.id, answers=tuple(a for a in record.response.answers if a.column in open_columns)
    )
    decided = {a.column: a for a in settle(question, open_columns).answers if a.status is not Status.REVIEW}
    answers = tuple(decided.get(a.column, a) for a in record.response.answers)
    origins = {c: Origin(rule=DECISION, sources=o.sources) if c in decided else o for c, o in record.origins.items()}
    conflicts = tuple(
        replace(conflict, decided=conflict.decided or conflict.column in decided) for conflict in record.conflicts
    )
    return replace(record, response=replace(record.response, answers=answers), origins=origins, conflicts=conflicts)


def _checked(record: Record, ordered: Sequence[Response], checks: Checks, settle: Settle | None) -> Record:
    """The record in which every value that breaks a rule with a value of another source waits for a person; rules
    within one source were checked there.

    A decision counts for the values that it saw together: its version is made of all of them, so an earlier decision on
    one of them does not hide the rule.
    """
    answers = recoded(record.response.answers, checks)
    told = {answer.column: answer for answer in answers}
    broken = [
        found
        for found in broken_rules(checks, (a for a in answers if why_missing(a) in _SAID))
        if not _of_one_source(found, told, ordered)
    ]
    doubts: dict[str, list[Broken]] = {}
    for found in broken:
        for column in _undecided(found, record):
            doubts.setdefault(column, []).append(found)
    waiting = {column: told[column].doubted(*(one.slug for one in found)) for column, found in doubts.items()}
    fresh = [_doubt(record, told, column, found) for column, found in doubts.items()]
    conflicts = (*(conflict for conflict in record.conflicts if conflict.column not in doubts), *fresh)
    checked = replace(
        record,
        response=replace(record.response, answers=tuple(waiting.get(answer.column, answer) for answer in answers)),
        origins={c: Origin(rule=CHECKED, sources=o.sources) if c in doubts else o for c, o in record.origins.items()},
        conflicts=conflicts,
        undecided={**record.undecided, **waiting},
    )
    return checked if settle is None or not doubts else _settled(checked, _only(settle, set(doubts)))


def _undecided(found: Broken, record: Record) -> tuple[str, ...]:
    """The columns to review: those just decided only if all of them were decided, each without the other."""
    others = tuple(column for column in found.doubted if record.origins[column].rule != DECISION)
    return others or found.doubted


_SAID = {None, Missing.NO_ANSWER, Missing.FILTERED}
"""Why a merged answer has no value where that still says something about other questions; None is a value."""


def _of_one_source(found: Broken, told: Mapping[str, Answer], ordered: Sequence[Response]) -> bool:
    """Whether one of the responses has just these values by itself, so that its own check has shown them to a
    person.
    """
    said = ({answer.column: answer for answer in response.answers} for response in ordered)
    return any(
        all(column in one and comparable(one[column]) == comparable(told[column]) for column in found.about)
        for one in said
    )


def _doubt(record: Record, told: Mapping[str, Answer], column: str, found: Sequence[Broken]) -> Conflict:
    said = "\x1f".join(
        f"{one.slug}\x1e" + "\x1e".join(f"{name}\x1d{comparable(told[name])}" for name in one.about) for one in found
    )
    version = zlib.crc32(said.encode("utf-8", "surrogatepass")) & 0x7FFFFFFF
    return Conflict(record_id=record.id, column=column, sources=record.origins[column].sources, version=version)


def _only(settle: Settle, columns: set[str]) -> Settle:
    """Decisions about these columns; values settled before stay as they are."""

    def settled(waiting: Response, versions: Mapping[str, int]) -> Response:
        kept = replace(waiting, answers=tuple(answer for answer in waiting.answers if answer.column in columns))
        return settle(kept, {column: version for column, version in versions.items() if column in columns})

    return settled


def conflict_response(record: Record, *, decided: bool = False) -> tuple[Response, dict[str, int]]:
    """The open contradictions of a record as a response of its own, with versions, as shown in review. With `decided`
    all of them, as they were before people decided.
    """
    if decided:
        versions = {conflict.column: conflict.version for conflict in record.conflicts}
        return replace(
            record.response, id=record.id, answers=tuple(record.undecided[column] for column in versions)
        ), versions
    versions = {conflict.column: conflict.version for conflict in record.conflicts if not conflict.decided}
    waiting = tuple(answer for answer in record.response.answers if answer.column in versions)
    return replace(record.response, id=record.id, answers=waiting), versions
