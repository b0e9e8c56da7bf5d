"""Applies people's decisions to the machine's readings. Pure: decisions and readings go in, effective values come out.

The rules, in order of application:

1. An UNDO cancels the decision it names, and only that; an UNDO that was itself undone does nothing.
2. A POSTPONE settles nothing and undoes nothing: it only moves an open item to the end of the queue.
3. Of the remaining ones, the latest decision of an item stands, whatever the machine read before or after it.
4. A CONFIRM stands for what was on the screen (`from_value`). If the machine's value differs, it is a correction.
5. An inadmissible entry that somebody typed (an IMPLAUSIBLE with a `to_value`) is not a value: it is kept beside the
   missing code.
6. Where a decision changed which questions apply, empty answers become "filtered" or "no answer" again, and an answer
   the machine accepted under another filter goes to review.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from scanform.filters import Known, beside, is_asked
from scanform.model.problem import without_repeats
from scanform.model.questionnaire import Questionnaire
from scanform.model.response import Answer, Missing, Response, Status
from scanform.model.review import PERSON_CONFIDENCE, Decision, DecisionKind

ITEM_SEPARATOR = "/"

_WITHOUT_VALUE: dict[DecisionKind, tuple[Missing, tuple[str, ...]]] = {
    DecisionKind.NO_ANSWER: (Missing.NO_ANSWER, ()),
    DecisionKind.ILLEGIBLE: (Missing.ILLEGIBLE, ("illegible",)),
    DecisionKind.INADMISSIBLE: (Missing.MULTIPLE_MARKS, ("inadmissible",)),
    DecisionKind.IMPLAUSIBLE: (Missing.IMPLAUSIBLE, ("implausible",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of one item: the decision in force, if any, and how often the item was postponed since."""

    decision: Decision | None = None
    postponed: int = 0


def item_id(response_id: str, column: str) -> str:
    """The permanent name of a value: "<response id>/<column>"."""
    return f"{response_id}{ITEM_SEPARATOR}{column}"


def split_item_id(item: str) -> tuple[str, str]:
    """(response id, column) of an item; raises ValueError when it is not an item id."""
    response_id, separator, column = item.rpartition(ITEM_SEPARATOR)
    if not (response_id and separator and column):
        raise ValueError(f"not a review item: {item!r}")
    return response_id, column


def in_force(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """The decisions in force, in order, without the UNDOs themselves and without repeated uuids."""
    first: dict[str, Decision] = {}
    for decision in decisions:
        first.setdefault(decision.uuid, decision)
    undone: set[tuple[str, str | None]] = set()
    kept: list[Decision] = []
    for decision in reversed(first.values()):  # newest first: an UNDO comes before what it undoes
        if (decision.item, decision.uuid) in undone:
            continue
        if decision.kind is DecisionKind.UNDO:
            undone.add((decision.item, decision.undoes))
        else:
            kept.append(decision)
    return tuple(reversed(kept))


def standings(decisions: Iterable[Decision]) -> dict[str, Standing]:
    """The state of every item that was ever decided or postponed, by item id."""
    result: dict[str, Standing] = {}
    for decision in in_force(decisions):
        before = result.get(decision.item, Standing())
        if decision.kind is DecisionKind.POSTPONE:
            result[decision.item] = replace(before, postponed=before.postponed + 1)
        else:
            result[decision.item] = replace(before, decision=decision)
    return result


def apply(response: Response, decisions: Sequence[Decision], versions: Mapping[str, int]) -> Response:
    """The effective values of `response`: people's decisions outrank every reading, older or newer.

    `decisions` are in the order in which they were added (those of other responses are ignored); `versions` are the
    machine's versions by column. Undecided values stay as they are.
    """
    standing = standings(decision for decision in decisions if decision.item.startswith(response.id + ITEM_SEPARATOR))
    answers = []
    for answer in response.answers:
        decision = standing.get(item_id(response.id, answer.column), Standing()).decision
        answers.append(
            answer
            if decision is None
            else decided(answer, decision, version=versions.get(answer.column, decision.version))
        )
    return replace(response, answers=tuple(answers))


def decided(answer: Answer, decision: Decision, *, version: int) -> Answer:
    """`answer` as `decision` settles it; `version` is the machine's present version of the value.

    CONFIRMED means that person and machine agree, CORRECTED that the person's value stands against the machine's.
    """
    value, missing, problems = _settled(answer, decision, reread=decision.version != version)
    agrees = value == answer.value and (bool(value) or missing is (answer.missing or Missing.NO_ANSWER))
    return replace(
        answer,
        value=value,
        missing=missing,
        problems=problems,
        raw=(decision.to_value or None) if decision.kind is DecisionKind.IMPLAUSIBLE else None,
        status=Status.CONFIRMED if agrees else Status.CORRECTED,
        confidence=PERSON_CONFIDENCE,
    )


def _settled(answer: Answer, decision: Decision, *, reread: bool) -> tuple[str, Missing | None, tuple[str, ...]]:
    """(value, missing, problems) set by the decision; a CONFIRM takes nothing from a later reading."""
    if decision.kind in _WITHOUT_VALUE:
        return "", *_WITHOUT_VALUE[decision.kind]
    confirmed = decision.kind is DecisionKind.CONFIRM
    value = decision.from_value if confirmed else decision.to_value
    if value:
        return value, None, ()
    keeps = confirmed and not reread and answer.missing is not None
    return "", answer.missing if keeps else Missing.NO_ANSWER, ()


def refiltered(response: Response, questionnaire: Questionnaire) -> Response:
    """`response` after decisions, with each conditional question judged by the present values of its filter; an
    unanswered filter filters nothing.
    """
    by_code = {answer.question: answer for answer in response.answers if answer.option is None}
    known: dict[str, Known] = {}
    found: dict[str, Answer] = {}
    beyond = False  # behind the first question that was not reached
    for question in questionnaire.questions():
        answer = by_code.get(question.code)
        if answer is None:
            continue
        asked = is_asked(question, known)
        beyond = beyond or answer.missing is Missing.NOT_REACHED
        found[question.code] = answer if question.only_if is None else _refiltered(answer, asked, beyond=beyond)
        settled = found[question.code].status is not Status.REVIEW
        known[question.code] = Known(
            value=found[question.code].value, missing=found[question.code].missing, settled=settled, asked=asked
        )
    return replace(response, answers=tuple(_again(answer, found, known) for answer in response.answers))


def _again(answer: Answer, found: Mapping[str, Answer], known: Mapping[str, Known]) -> Answer:
    if answer.option is None:
        return found.get(answer.question, answer)
    question = known.get(answer.question)
    empty = answer.status is not Status.REVIEW and not answer.value and answer.missing in _BY_FILTER
    return (
        replace(answer, missing=beside(answer.option, question))
        if empty and question is not None and question.settled
        else answer
    )


_BY_FILTER = frozenset({Missing.NO_ANSWER, Missing.FILTERED, Missing.NOT_REACHED})
"""Codes that depend on how the filters of a question are answered."""


def _refiltered(answer: Answer, asked: bool | None, *, beyond: bool) -> Answer:
    if answer.status is not Status.REVIEW and not answer.value and answer.missing in _BY_FILTER:
        return replace(
            answer, missing=Missing.FILTERED if asked is False else Missing.NOT_REACHED if beyond else Missing.NO_ANSWER
        )
    if asked is False and "required-empty" in answer.problems:
        rest = tuple(slug for slug in answer.problems if slug != "required-empty")
        return (
            replace(answer, problems=rest)
            if rest
            else replace(answer, problems=(), status=Status.AUTO, missing=Missing.FILTERED)
        )
    if asked is False and answer.value and answer.status in {Status.AUTO, Status.REVIEW}:
        return replace(
            answer, problems=without_repeats(answer.problems, ("filtered-but-answered",)), status=Status.REVIEW
        )
    return answer
