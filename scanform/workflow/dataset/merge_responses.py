"""Merges responses of the same respondent: links between responses, a view over them, and people's decisions about
contradictions.

A merge stores only links: the merged records are computed from responses, links and decisions each time, so that
removing the links undoes the merge, and a corrected value shows at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from scanform import rules
from scanform.errors import UsageError, words
from scanform.merge.match import Matching, grouped, match
from scanform.merge.resolve import conflict_response
from scanform.model.problem import Problem
from scanform.model.record import Conflict, Record
from scanform.model.response import Answer, Channel, Response
from scanform.model.review import Decision, DecisionKind, ReviewItem
from scanform.renaming import item_under_present_code, renamed_columns
from scanform.review.apply import item_id, split_item_id, standings
from scanform.review.triage import items
from scanform.store import issued, places, values
from scanform.store.records import Link
from scanform.workflow.project.project import Project
from scanform.workflow.review.cases import (
    Editions,
    decisions_by_response,
    effective_responses,
    on_present_values,
    resolved,
)

STALE = Problem(slug="merge-stale")
"""The links no longer match the responses: the data have changed since the merge, or the merge was undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeSummary:
    """The outcome of a merge: responses in, records out, number of joined records, contradictions, and remarks."""

    responses: int
    records: int
    joined: int
    open_conflicts: int
    decided_conflicts: int
    problems: tuple[Problem, ...]


SENT_TWICE = "web-form-twice"
"""Problem of a web response without an access code that says the same as an earlier one."""


def merge_responses(project: Project, *, at: str | None = None) -> MergeSummary:
    """Join responses by form and token and store the links; an unchanged result leaves the store untouched."""
    with project.store.writing() as tx:  # no concurrent writer: the links are those of these responses
        responses = effective_responses(project)
        matching = _matching(project, responses)
        wanted = _links(matching)
        if wanted != {(link.first, link.second): link.rule for link in values.links(tx)}:
            moment = at or _now()
            values.replace_links(
                tx,
                (
                    Link(first=first, second=second, rule=rule, at=moment)
                    for (first, second), rule in sorted(wanted.items())
                ),
            )
    found = records(project, responses)
    conflicts = [conflict for record in found for conflict in record.conflicts]
    return MergeSummary(
        responses=len(responses),
        records=len(found),
        joined=sum(len(record.members) > 1 for record in found),
        open_conflicts=sum(not conflict.decided for conflict in conflicts),
        decided_conflicts=sum(conflict.decided for conflict in conflicts),
        problems=matching.problems,
    )


def undo_merge(project: Project) -> int:
    """Undo the merge: each response stands alone again. Returns the number of links removed; decisions stay."""
    with project.store.writing() as tx:
        links = values.links(tx)
        if not links:
            raise UsageError(words("merge.nothing-to-undo"), remedy=words("merge.nothing-to-undo-remedy"))
        values.replace_links(tx, ())
    return len(links)


def matches(project: Project, responses: Sequence[Response]) -> Matching:
    """The responses that belong together, and remarks for a person: odd tokens, and a merge older than the responses
    (`STALE`).
    """
    matching = _matching(project, responses)
    return (
        replace(matching, problems=(STALE, *matching.problems)) if _differs(project, responses, matching) else matching
    )


def is_stale(project: Project, responses: Sequence[Response]) -> bool:
    """Whether a merge would now join other responses than the stored links do, so that records and contradictions are
    out of date.
    """
    return _differs(project, responses, _matching(project, responses))


def _differs(project: Project, responses: Sequence[Response], matching: Matching) -> bool:
    stored = [(link.first, link.second) for link in project.store.links()]
    return _places(responses, stored) != _places(responses, _links(matching))


def _places(responses: Sequence[Response], links: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    return [tuple(response.id for response in group) for group in grouped(responses, links)]


def _links(matching: Matching) -> dict[tuple[str, str], str]:
    """The rule by pair of ids, the lower id first."""
    pairs = ((join.members[0], other, join.rule) for join in matching.joins for other in join.members[1:])
    return {(min(first, other), max(first, other)): rule for first, other, rule in pairs}


def _matching(project: Project, responses: Sequence[Response]) -> Matching:
    """The matching rules; tokens are checked against those printed or in the register, if any."""
    with project.store.reading() as tx:
        given = {form.token for form in issued.all_issued(tx) if form.token}
        given |= {place.token for place in places.places(tx)}
    known = [response for response in responses if not response.held]  # the owner of a held form is unknown
    found = match(known, known=given or None)
    return replace(found, problems=(*found.problems, *_sent_twice(known)))


def _sent_twice(responses: Sequence[Response]) -> Iterable[Problem]:
    """The remarks on web responses without an access code that say the same as others that still count."""
    ids = {response.id for response in responses}
    remarks = (problem for response in responses for problem in response.problems if problem.slug == SENT_TWICE)
    return (problem for problem in remarks if ids & set(dict(problem.params)["others"].split(", ")))


def records(project: Project, responses: Sequence[Response] | None = None) -> tuple[Record, ...]:
    """The merged view: one record per respondent, with people's decisions about contradictions applied."""
    if responses is None:
        responses = effective_responses(project)
    editions, decisions = Editions(project), decisions_by_response(project.store.decisions())
    links = [(link.first, link.second) for link in project.store.links()]
    return tuple(resolved(group, editions, lambda name: decisions.get(name, ())) for group in grouped(responses, links))


def deciders(project: Project) -> dict[str, Decision]:
    """The decision in force by review item; for an online answer the one about its present revision."""
    online, versions = (
        {response.id for response in project.store.responses() if response.channel is Channel.ONLINE},
        project.store.all_versions(),
    )
    made = decisions_by_response(project.store.decisions())
    standing = standings(
        d
        for name, of in made.items()
        for d in (on_present_values(of, versions.get(name, {})) if name in online else of)
    )
    found = {item: one.decision for item, one in standing.items() if one.decision is not None}
    renames = _renames(project)
    return {item_under_present_code(item, renames): decision for item, decision in found.items()} | found


def _renames(project: Project) -> dict[str, str]:
    """Present columns by former name, over all questionnaires; a former name with different meanings in different
    questionnaires is left out.
    """
    found: dict[str, set[str]] = {}
    for questionnaire in project.questionnaires.values():
        for former, present in renamed_columns(questionnaire).items():
            found.setdefault(former, set()).add(present)
    return {former: next(iter(present)) for former, present in found.items() if len(present) == 1}


def open_conflicts(project: Project) -> tuple[ReviewItem, ...]:
    """The contradictions that wait for a person, as review items: both values are candidates, there may be an image."""
    found = (conflict_response(record) for record in records(project) if record.conflicts)
    return tuple(item for response, versions in found for item in items(response, versions))


def decide_conflict(
    project: Project, item: str, value: str, *, reviewer: str, at: str | None = None, as_written: bool = False
) -> Decision:
    """Settle a contradiction: `item` as named in conflicts.csv, `value` one of the values or another valid one, "" for
    none.

    A value that the question does not allow is kept `as_written` beside its missing code. Raises UsageError for such a
    value otherwise, and for an item without contradiction.
    """
    with project.store.writing() as tx:  # no concurrent writer: the contradiction is still the same
        record, conflict = _conflict(project, item)
        kind, typed = _meant(project, record, conflict, value, as_written=as_written)
        decision = Decision(
            uuid=str(uuid4()),
            item=item,
            version=conflict.version,
            reviewer=reviewer,
            kind=kind,
            from_value="",
            to_value=typed,
            at=at or _now(),
        )
        values.add_decision(tx, decision)
    return decision


def is_third_value(project: Project, item: str, value: str) -> bool:
    """Whether `value` is from none of the sources of a contradiction; raises UsageError for an item without
    contradiction.
    """
    record, conflict = _conflict(project, item)
    typed = _meant(project, record, conflict, value, as_written=True)[1]
    return typed not in {source.answer.value for source in conflict.sources}


def _meant(
    project: Project, record: Record, conflict: Conflict, value: str, *, as_written: bool
) -> tuple[DecisionKind, str]:
    """(the decision made by a typed value, the value as stored); raises UsageError for one that the question does not
    allow, unless it is kept `as_written`.
    """
    answer = next(a for a in record.response.answers if a.column == conflict.column)
    question = project.questionnaires[record.response.questionnaire].question(answer.question)
    if not value or question is None:
        return DecisionKind.CORRECT if value else DecisionKind.NO_ANSWER, value
    typed = rules.key_answer(question, answer.option, value)
    if isinstance(typed, Answer):
        return DecisionKind.CORRECT if typed.value else DecisionKind.NO_ANSWER, typed.value
    if as_written:
        return DecisionKind.IMPLAUSIBLE, rules.as_written(value)
    raise UsageError(
        words("merge.not-a-source-value", column=conflict.column), remedy=words("merge.not-a-source-value-remedy")
    )


def _conflict(project: Project, item: str) -> tuple[Record, Conflict]:
    for record in records(project):
        for conflict in record.conflicts:
            if item_id(record.id, conflict.column) == item:
                return record, conflict
    try:
        name, column = split_item_id(item)
    except ValueError:
        name, column = item, ""
    raise UsageError(words("merge.no-conflict", response=name, column=column), remedy=words("merge.no-conflict-remedy"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
