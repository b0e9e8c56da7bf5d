"""Takes decisions: what a person submits, whether it is accepted, and the one transaction that stores it.

A decision is stored before it is acknowledged; one sent twice counts once, and one based on an outdated view comes back
as a conflict instead of overwriting somebody else's decision.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import uuid4

from scanform import rules
from scanform.consistency import REFUSED
from scanform.i18n.texts import text
from scanform.model.person import Person, Right
from scanform.model.problem import Problem
from scanform.model.questionnaire import Question
from scanform.model.response import Answer
from scanform.model.review import Decision, DecisionKind, ReviewItem
from scanform.review.apply import decided, in_force
from scanform.store import leases, values
from scanform.store.decision_times import add_decision_time
from scanform.store.engine import Transaction
from scanform.workflow.project.project import Project
from scanform.workflow.review.card_maker import CardMaker
from scanform.workflow.review.cards import Card, is_typed, reason_text
from scanform.workflow.review.cases import Case
from scanform.workflow.review.memory import Found, Memory, shown_item
from scanform.workflow.review.rights import Refusal, refusal, says_the_same
from scanform.workflow.review.seeded_items import SeededItems
from scanform.workflow.review.views import Views

SCREENS = ("field", "mosaic")
"""The screens on which values are decided: one by one, many at once."""

_SETTLING = frozenset(DecisionKind) - {DecisionKind.UNDO, DecisionKind.POSTPONE}


class Result(StrEnum):
    """The outcome of a submission; the values are sent to screens. Only ACCEPTED was stored.

    CONFLICT: it was based on an outdated view and differs from the current value. INVALID: the question does not admit
    it. REFUSED: the value no longer exists or is not this person's to decide.
    """

    ACCEPTED = "saved"
    CONFLICT = "conflict"
    INVALID = "invalid"
    REFUSED = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A decision as sent by the screen.

    `basis` is the uuid of the decision in force that the reviewer saw, "" for none; `ms` is the time spent on that
    `screen`, in milliseconds, 0 for unknown.
    """

    uuid: str
    item: str
    version: int
    basis: str
    kind: DecisionKind
    from_value: str
    to_value: str
    undoes: str | None = None
    screen: str = ""
    ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of a submission; unless it was accepted, `message` says why, and `card` shows the current state."""

    uuid: str
    result: Result
    message: str = ""
    card: Card | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """The author of an act: the stored name; the `person` whose rights count, None for the program itself; their
    language.
    """

    reviewer: str
    person: Person | None = None
    language: str = "de"


class Decider:
    """Takes decisions and undoes them. The caller holds the memory's lock, except for `acting`, which takes it."""

    def __init__(self, project: Project, memory: Memory, cards: CardMaker, views: Views, seeded: SeededItems) -> None:
        self._store = project.store
        self._memory = memory
        self._cards = cards
        self._views = views
        self._seeded = seeded

    @contextmanager
    def acting(self, reviewer: str) -> Iterator[Transaction]:
        """One act of a person: everything in it is stored together or not at all; nobody else acts meanwhile."""
        with self._memory.lock:
            self._memory.ensure()
            try:
                with self._store.writing() as tx:
                    leases.renew(tx, reviewer)
                    yield tx
            except BaseException:
                self._memory.forget()  # nothing was written: the memory of it is invalid
                raise

    # --- the way of a decision ---------------------------------------------------------------------------------------

    def decide(self, tx: Transaction, submission: Submission, by: By) -> Outcome:
        """Write one act: every decision passes through here, and here rights are checked."""
        author = values.author_of(tx, submission.uuid)
        if author == by.reviewer or self._seeded.answered(tx, submission.uuid, by.reviewer):
            return accepted(submission)  # sent again
        self._memory.reload(tx, submission.item)
        if self._is_late(tx, submission, by.reviewer):
            self._answer_seeded(tx, decision_of(submission, by.reviewer), submission.screen)
            return accepted(submission)
        found = self._views.find(tx, submission.item, by.reviewer)
        refused = self._refusal(tx, found, submission, by)
        if refused is not None or found is None:
            return not_taken(submission, refused or Refusal.GONE, by.language)
        case, answer = found
        if author is not None or (submission.kind is DecisionKind.UNDO and not _is_own(case, submission, by.reviewer)):
            return not_taken(submission, Refusal.NOT_YOURS, by.language)
        decision = decision_of(submission, by.reviewer)
        if decision.kind in _SETTLING:
            objected = self._objection(case, answer, submission, by.language)
            if objected is not None:
                return objected
            decision = self._canonical(case, answer, decision)
        self._write(tx, case, decision, submission)
        return accepted(submission)

    def _is_late(self, tx: Transaction, submission: Submission, reviewer: str) -> bool:
        """Whether a submission concerns the wrong proposal of a former seeded item: it must never become a decision."""
        if submission.kind is DecisionKind.UNDO or self._is_seeded(tx, submission, reviewer):
            return False
        return self._seeded.was_shown(tx, submission.item, submission.version, submission.from_value, reviewer)

    def _is_seeded(self, tx: Transaction, act: Submission | Decision, reviewer: str) -> bool:
        return self._seeded.is_at(tx, act.item, reviewer, self._memory.cases)

    def _refusal(self, tx: Transaction, found: Found | None, submission: Submission, by: By) -> Refusal | None:
        """Why a person's rights do not cover this; None when they do, and for the program itself. The answer reveals
        nothing of the value.
        """
        if by.person is None:
            return None
        had = self._views.dealings(tx, submission.item, by.person.name, found[0] if found else None)
        if found is None:
            return None if had.given or had.acted or by.person.may(Right.CONTACT) else Refusal.NOT_YOURS
        return refusal(by.person, had, *found, submission.kind, contact=self._views.is_contact(*found))

    def _objection(self, case: Case, answer: Answer, submission: Submission, language: str) -> Outcome | None:
        """Why a decision is not accepted: the owner of the page is unknown, the value is invalid, or an outdated view
        led to another value than the current one.
        """
        if case.machine.held:
            mine = submission.to_value or submission.from_value
            message = text("review.held", language, mine=mine)
            return Outcome(uuid=submission.uuid, result=Result.REFUSED, message=message)
        invalid = self._invalid(case, answer, submission, language)
        message = invalid or self._conflict(case, answer, submission, language)
        if not message:
            return None
        card = self._cards.card(case, shown_item(case, answer), language)
        return Outcome(
            uuid=submission.uuid,
            result=Result.INVALID if invalid else Result.CONFLICT,
            message=message,
            card=card,
        )

    def _conflict(self, case: Case, answer: Answer, submission: Submission, language: str) -> str:
        """The message that a decision was based on an outdated view and differs from the current value; ""
        otherwise.
        """
        same_version = submission.version == case.versions.get(answer.column, submission.version)
        if same_version and submission.basis == case.basis(answer.column):
            return ""
        decision = self._canonical(case, answer, decision_of(submission, ""))
        if says_the_same(decided(case.machine_answer(answer), decision, version=submission.version), answer):
            return ""
        mine = decision.from_value if decision.kind is DecisionKind.CONFIRM else decision.to_value
        current = self._cards.card(case, shown_item(case, answer), language).value_text
        return text("review.conflict", language, mine=mine or text("review.blank", language), current=current)

    def _invalid(self, case: Case, answer: Answer, submission: Submission, language: str) -> str:
        """What is wrong with the decided value, in words; "" when nothing is."""
        confirmed = submission.kind is DecisionKind.CONFIRM
        inadmissible = confirmed and bool(REFUSED & set(case.machine_answer(answer).problems))
        if submission.kind is DecisionKind.CORRECT or inadmissible:  # nobody can confirm what a question does not admit
            typed = submission.from_value if inadmissible else submission.to_value
            message = self.normalised(shown_item(case, answer), typed, language)[1]
            if message:
                return message
        nothing_chosen = case.contradictory and confirmed and not submission.from_value
        return text("review.needs-claim", language) if nothing_chosen else ""

    # --- the canonical form of what was typed ------------------------------------------------------------------------

    def normalised(self, item: ReviewItem, typed: str, language: str) -> tuple[str, str]:
        """(canonical value, what is wrong with it in words or "") of text typed for an item."""
        return normalised(self._memory.question_of(item), item, typed, language)

    def kept_value(self, item: ReviewItem, kind: DecisionKind, typed: str) -> str:
        """The text that is kept: the canonical value of a correction; the confirmed value; for an impossible entry the
        text as written; nothing for other acts.
        """
        if kind is DecisionKind.CORRECT:
            return self.normalised(item, typed, "de")[0]
        if kind is DecisionKind.CONFIRM:
            return typed
        return rules.as_written(typed) if kind is DecisionKind.IMPLAUSIBLE and is_typed(item) else ""

    def _canonical(self, case: Case, answer: Answer, decision: Decision) -> Decision:
        """The decision with its typed value in canonical form, or as written where there is none."""
        return replace(decision, to_value=self.kept_value(shown_item(case, answer), decision.kind, decision.to_value))

    # --- writing -----------------------------------------------------------------------------------------------------

    def _write(self, tx: Transaction, case: Case, decision: Decision, submission: Submission) -> None:
        """Store a decision, or a response to a seeded item, and the time it took."""
        if self._is_seeded(tx, decision, decision.reviewer):
            self._answer_seeded(tx, decision, submission.screen)
        else:
            values.add_decision(tx, decision)
            if decision.kind is DecisionKind.UNDO:  # a reopened value is on the screen of whoever undid it
                leases.claim(tx, [decision.item], decision.reviewer, 1)
            else:
                leases.release(tx, [decision.item])
            self._memory.learn(tx, case, decision)
        if submission.screen in SCREENS and submission.ms > 0:
            add_decision_time(tx, screen=submission.screen, ms=submission.ms)

    def _answer_seeded(self, tx: Transaction, decision: Decision, screen: str) -> None:
        self._seeded.settle(tx, decision, screen=screen, after=values.last_decision(tx))

    # --- undo --------------------------------------------------------------------------------------------------------

    def undo(self, by: By) -> Decision | None:
        """Undo the latest own decision in force, in one transaction; returns what was undone, None for nothing."""
        with self.acting(by.reviewer) as tx:
            own = [made for made in in_force(values.decisions(tx)) if made.reviewer == by.reviewer]
            in_reach = (made for made in reversed(own) if self._stands(made) and self._reaches(tx, made, by.person))
            last = next(in_reach, None)
            known = self._seeded.latest(tx, by.reviewer, self._memory.cases)
            if known is not None and (last is None or values.number_of(tx, last.uuid) <= known.after):
                last = known.act
            if last is None:
                return None
            undoing = Submission(
                uuid=str(uuid4()),
                item=last.item,
                version=last.version,
                basis="",
                kind=DecisionKind.UNDO,
                from_value=last.to_value,
                to_value="",
                undoes=last.uuid,
            )
            return last if self.decide(tx, undoing, by).result is Result.ACCEPTED else None

    def _stands(self, decision: Decision) -> bool:
        """Whether a decision can be undone: not when its response was withdrawn, or when the sources of a contradiction
        have changed.
        """
        self._memory.refresh()
        found = self._memory.find(decision.item)
        return found is not None and (not found[0].contradictory or shown_item(*found).version == decision.version)

    def _reaches(self, tx: Transaction, decision: Decision, person: Person | None) -> bool:
        """Whether a person may undo a decision of their own now and would see their value again: nobody else has
        decided since or has it on the screen.
        """
        found = self._memory.find(decision.item)
        if person is None or found is None:
            return person is None
        case, answer = found
        standing = case.decision(answer.column)
        had = self._views.dealings(tx, decision.item, person.name, case)
        unchanged = standing is None or standing.reviewer == person.name
        contact = self._views.is_contact(case, answer)
        return unchanged and refusal(person, had, case, answer, DecisionKind.UNDO, contact=contact) is None


def normalised(question: Question | None, item: ReviewItem, typed: str, language: str) -> tuple[str, str]:
    """(canonical value, what is wrong with it in words or "") of text typed for an item of `question` (None:
    unknown).
    """
    if question is None or not typed:
        return typed, ""
    keyed = rules.key_answer(question, item.option, typed)
    return (typed, reason_text(keyed.slug, language)) if isinstance(keyed, Problem) else (keyed.value, "")


def accepted(submission: Submission) -> Outcome:
    """The outcome of what was stored, now or by an earlier sending."""
    return Outcome(uuid=submission.uuid, result=Result.ACCEPTED)


def not_taken(submission: Submission, refused: Refusal, language: str) -> Outcome:
    """The outcome of a value that is not this person's to decide, with the entry, so that it is not lost."""
    mine = submission.to_value or submission.from_value or text("review.blank", language)
    message = text(f"review.{refused.value}", language, mine=mine)
    return Outcome(uuid=submission.uuid, result=Result.REFUSED, message=message)


def decision_of(submission: Submission, reviewer: str) -> Decision:
    """The decision made by a submission of `reviewer` now."""
    return Decision(
        uuid=submission.uuid,
        item=submission.item,
        version=submission.version,
        reviewer=reviewer,
        kind=submission.kind,
        from_value=submission.from_value,
        to_value=submission.to_value,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        undoes=submission.undoes,
    )


def _is_own(case: Case, submission: Submission, reviewer: str) -> bool:
    """Whether an UNDO names an act of the same person on the same value that still counts."""
    acts = (act for act in in_force(case.decisions) if act.item == submission.item and act.reviewer == reviewer)
    return any(act.uuid == submission.undoes for act in acts)
