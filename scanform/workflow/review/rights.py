"""Who may see and decide which value: the one rule that all entry points apply.

Four things count: whether the value is personal (contact class), who has it on the screen (lease), whether it waits at
all (openness), and what somebody had to do with it before (own acts, blind readings).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scanform.model.person import Person, Right
from scanform.model.response import Answer, Status
from scanform.model.review import DecisionKind
from scanform.review.apply import ITEM_SEPARATOR, decided, in_force, split_item_id
from scanform.store import leases, values
from scanform.store.acts.verifications import Verification, verifications
from scanform.store.engine import Transaction
from scanform.workflow.review.cases import Case

AGAIN = "again:"
"""Prefix of an item in the name of its lease for a second reading or adjudication."""


class Sight(StrEnum):
    """How much of a value somebody is shown: its picture on the paper, or also what was read and decided."""

    PICTURE = "picture"
    VALUE = "value"


class Refusal(StrEnum):
    """Why somebody may not decide a value; the values are keys of the texts `review.*`.

    NOT_YOURS reveals nothing about the value: it is the same for one that does not exist.
    """

    NOT_YOURS = "not-yours"
    DECIDED_ALREADY = "decided-already"
    NOT_OPEN = "not-open"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealings:
    """A person's involvement with a value.

    It was `given` to them and to nobody since; somebody else has it on the screen (`taken`); they `acted` on it; the
    value in force is their `own`; or they read it without knowing the current value (`blind`): while they have it on
    the screen for that, and no longer once it waits again and was given to them like any other.
    """

    given: bool
    taken: bool
    acted: bool
    own: bool
    blind: bool


def dealings(tx: Transaction, item: str, name: str, case: Case | None) -> Dealings:
    """A person's involvement with a value of `case` (None: it is gone)."""
    holder = leases.holder_of(tx, item)
    made = values.decisions(tx, item.rpartition(ITEM_SEPARATOR)[0])
    seen = verifications(tx, item)
    standing = case.decision(split_item_id(item)[1]) if case else None
    return Dealings(
        given=leases.given_to(tx, item) == name,
        taken=holder not in {None, name},
        acted=any(act.item == item and act.reviewer == name for act in (*made, *(look.act for look in seen))),
        own=standing is not None and standing.reviewer == name,
        blind=(leases.holder_of(tx, f"{AGAIN}{item}") == name and holder != name)
        or _reads_blindly(case, item, name, seen),
    )


def may_see(person: Person, had: Dealings, *, contact: bool, what: Sight) -> bool:
    """Whether somebody may see a value, or only its picture. A blind reader sees the paper and nothing else; others who
    may not see everything see what was given to them and what they did.
    """
    if contact and not person.may(Right.CONTACT):
        return False
    if what is Sight.PICTURE:
        return person.may(Right.CONTACT) or had.given or had.acted or had.blind
    return not had.blind and (person.may(Right.CONTACT) or had.given or had.own)


def refusal(
    person: Person,
    had: Dealings,
    case: Case,
    answer: Answer,
    kind: DecisionKind,
    *,
    contact: bool,
) -> Refusal | None:
    """Why somebody may not decide a value; None when they may."""
    everything = person.may(Right.CONTACT)
    if (contact and not everything) or had.taken or had.blind or not (everything or had.given or had.acted):
        return Refusal.NOT_YOURS
    if kind is DecisionKind.UNDO:
        return None  # only own acts can be undone
    decision = case.decision(answer.column)
    if decision is not None and decision.reviewer != person.name:
        may_correct = person.may(Right.HISTORY) and kind is not DecisionKind.POSTPONE
        return None if may_correct else Refusal.DECIDED_ALREADY
    waits = answer.status is Status.REVIEW
    if kind is DecisionKind.POSTPONE:
        return None if waits else Refusal.NOT_OPEN
    read_doubtfully = case.machine_answer(answer).status is Status.REVIEW
    return None if waits or decision is not None or read_doubtfully else Refusal.NOT_OPEN


def says_the_same(wanted: Answer, current: Answer) -> bool:
    """Whether two answers are equivalent; an entry kept although no rule admits it counts where both have it."""
    if wanted.raw and current.raw and wanted.raw != current.raw:
        return False
    return wanted.value == current.value and (
        bool(wanted.value) or (wanted.missing is current.missing and current.status is not Status.REVIEW)
    )


def _reads_blindly(case: Case | None, item: str, name: str, seen: Sequence[Verification]) -> bool:
    """Whether somebody has read a value a second time, and its difference to the current value is not settled: knowing
    that, they could change their reading.
    """
    second = [act for act in in_force(look.act for look in seen if not look.third) if act.reviewer == name]
    answer = (
        next((answer for answer in case.effective.answers if answer.column == split_item_id(item)[1]), None)
        if case
        else None
    )
    if not second or case is None or answer is None or in_force(look.act for look in seen if look.third):
        return False
    return not says_the_same(decided(case.machine_answer(answer), second[-1], version=second[-1].version), answer)
