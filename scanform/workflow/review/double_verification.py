"""Double verification: some settled values are read again by somebody who knows neither value nor author; a difference
is adjudicated by a third person.

Of the values accepted by the machine, a random sample is drawn, as large as the promised error rate requires; of the
values decided by people, a fraction and whatever a rule doubts.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from scanform.i18n.texts import text
from scanform.model.person import Person, Right
from scanform.model.response import Answer, Missing, Status
from scanform.model.review import Decision, DecisionKind, ReviewItem
from scanform.review.apply import decided, in_force, item_id, split_item_id
from scanform.review.audit import fraction, most_wrong, sample_size
from scanform.review.triage import item as review_item
from scanform.store import leases, values
from scanform.store.acts.verifications import Verification, add_verification, sampling_seed, verifications
from scanform.store.decision_times import add_decision_time
from scanform.store.engine import Transaction
from scanform.workflow.review.cards import Card, Statement, value_in_words
from scanform.workflow.review.cases import Case
from scanform.workflow.review.desk import Counts, Desk, Outcome, Result, Submission
from scanform.workflow.review.rights import AGAIN, says_the_same
from scanform.workflow.review.seeded_items import contested, people_asked

SHARE = 0.05
"""Fraction of the values decided by people that are read again."""

TOLERATED = 1
"""Number of wrong values in the sample that does not yet break the promise."""

SURE = 0.9
"""Minimum probability of a reading at which a decision against it is read again."""

BLIND = "second-look"
DIFFERENT = "readings-differ"
"""Why a value is shown: for a second reading, or for adjudication."""

_HARD = {DecisionKind.ILLEGIBLE, DecisionKind.INADMISSIBLE, DecisionKind.IMPLAUSIBLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationCase:
    """A settled value under double verification: its current value, its author (nobody: the machine), whether it was
    drawn at random, and the readings in force.
    """

    item: ReviewItem
    case: Case
    answer: Answer
    authors: frozenset[str]
    by_machine: bool
    drawn_at_random: bool = False
    second: Decision | None = None
    third: Decision | None = None

    @property
    def differs(self) -> bool:
        """Whether the second reading differs from the current value, and nobody has adjudicated."""
        return self.second is not None and self.third is None and not self.agrees(self.second, self.answer)

    def agrees(self, look: Decision, with_answer: Answer) -> bool:
        """Whether a reading equals an answer."""
        read = decided(self.case.machine_answer(self.answer), look, version=look.version)
        return says_the_same(read, with_answer)

    @property
    def wrong(self) -> bool:
        """Whether the value settled first was wrong, or may be: the difference is not adjudicated yet."""
        if self.by_machine:
            machine = self.case.machine_answer(self.answer)
            return (
                self.second is not None
                and not self.agrees(self.second, machine)
                and (self.third is None or not says_the_same(self.answer, machine))
            )
        changed = self.third is not None and any(
            decision.uuid == _decision_of(self.third) for decision in self.case.decisions
        )
        return self.differs or changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Counts of some values: all, drawn, read again, wrong."""

    name: str
    population: int
    drawn: int
    looked: int
    wrong: int

    @property
    def most(self) -> float:
        """Upper bound on the fraction that is wrong, at 95 % confidence; 1 while nothing was read again."""
        return most_wrong(self.wrong, self.looked, self.population) / self.population if self.looked else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Samples of values accepted by the machine and decided by people, in total and by question. Values `picked` by
    rule say nothing about the rest.
    """

    machine: Sample
    people: Sample
    picked: Sample
    machine_by_question: tuple[Sample, ...]
    people_by_question: tuple[Sample, ...]
    target: float


class VerificationDesk:
    """The double verification of one project. Thread-safe."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.RLock()
        self._known: dict[str, tuple[Case, tuple[VerificationCase, ...]]] = {}
        with desk.project.store.writing() as tx:
            self._seed = sampling_seed(tx)

    @property
    def target(self) -> float:
        """The promised maximum fraction of wrong values among the accepted ones."""
        return 1.0 - self._desk.project.config.reading.accept

    def claim(
        self,
        limit: int,
        *,
        reviewer: str,
        third: bool,
        shown: Iterable[str] = (),
        contact: bool = True,
        language: str = "de",
    ) -> list[Card]:
        """At most `limit` values new to `reviewer`; nobody else gets them while they are on the screen."""
        with self.acting(reviewer) as tx:
            line = [
                again
                for again in self._waiting(tx, reviewer, third=third)
                if contact or not self._desk.is_contact(again.item)
            ]
            known = {f"{AGAIN}{name}" for name in shown}
            names = [name for name in (f"{AGAIN}{again.item.id}" for again in line) if name not in known]
            granted = set(leases.claim(tx, names, reviewer, limit))
        return [self._card(again, language, third=third) for again in line if f"{AGAIN}{again.item.id}" in granted]

    def counts(self, reviewer: str, *, third: bool, contact: bool = True) -> Counts:
        """How much waits within reach of `reviewer`, and how much of it is done; values on other people's screens are
        counted apart, and so are names and addresses without `contact`.
        """
        with self._lock, self._desk.project.store.reading() as tx:
            line = self._waiting(tx, reviewer, third=third)
            reached = [again for again in line if contact or not self._desk.is_contact(again.item)]
            others = {name for name, holder in leases.holders(tx).items() if holder != reviewer}
            waiting = sum(_lease(again.item.id) not in others for again in reached)
            drawn = [again for again in self._drawn(tx) if (again.third if third else again.second) is not None]
            done = sum(contact or not self._desk.is_contact(again.item) for again in drawn)
        apart, elsewhere = len(line) - len(reached), len(reached) - waiting
        return Counts(open=waiting, postponed=0, settled=done, total=waiting + done, elsewhere=elsewhere, contact=apart)

    def differing(self) -> int:
        """Number of values that were read differently the second time and are not adjudicated yet."""
        with self._lock, self._desk.project.store.reading() as tx:
            return sum(again.differs for again in self._drawn(tx))

    def decide(
        self,
        submissions: Iterable[Submission],
        *,
        reviewer: str,
        third: bool,
        person: Person | None = None,
        language: str = "de",
    ) -> list[Outcome]:
        """Store readings in order, each with its consequences in one transaction; returns the outcome of each. Sending
        again is harmless.

        From a `person`, whose rights count, only readings handed out to them here are accepted; without one the program
        itself reads for `reviewer`.
        """
        return [self._decide(submission, reviewer, language, person, third=third) for submission in submissions]

    @contextmanager
    def acting(self, reviewer: str) -> Iterator[Transaction]:
        """One act of a person that depends on second readings: this service is locked first, then the desk, then the
        store.
        """
        with self._lock, self._desk.acting(reviewer) as tx:
            yield tx

    def quality(self) -> Quality:
        """Upper bounds on the error of accepted and decided values."""
        with self._lock, self._desk.project.store.reading() as tx:
            drawn = self._drawn(tx)
        machine = [again for again in drawn if again.by_machine and again.drawn_at_random]
        people = [again for again in drawn if not again.by_machine and again.drawn_at_random]
        picked = [again for again in drawn if not again.drawn_at_random]
        everything = [again for _, found in self._known.values() for again in found]
        return Quality(
            machine=_sample("", [one for one in everything if one.by_machine], machine),
            people=_sample("", [one for one in everything if not one.by_machine], people),
            picked=_sample("", picked, picked),
            machine_by_question=_by_question([one for one in everything if one.by_machine], machine),
            people_by_question=_by_question([one for one in everything if not one.by_machine], people),
            target=self.target,
        )

    def _decide(
        self, submission: Submission, reviewer: str, language: str, person: Person | None, *, third: bool
    ) -> Outcome:
        with self.acting(reviewer) as tx:
            made = verifications(tx)
            author = next((look.act.reviewer for look in made if look.act.uuid == submission.uuid), None)
            if author is not None:
                return (
                    Outcome(uuid=submission.uuid, result=Result.ACCEPTED)
                    if author == reviewer
                    else _not_for(submission, language)
                )
            if submission.kind is DecisionKind.UNDO:
                return self._take_back(tx, made, submission, reviewer, language)
            self._desk.catch_up(tx, submission.item)
            again = next((one for one in self._drawn(tx) if one.item.id == submission.item), None)
            if person is not None and not self._is_given(tx, again, submission.item, person):
                return _not_for(submission, language)
            if again is None:
                return Outcome(
                    uuid=submission.uuid,
                    result=Result.REFUSED,
                    message=text("review.gone", language, mine=submission.to_value),
                )
            if submission.kind is DecisionKind.POSTPONE:
                leases.release(tx, [_lease(submission.item)], holder=reviewer)
                return Outcome(uuid=submission.uuid, result=Result.ACCEPTED)
            refused = self._objection(again, submission, reviewer, language, third=third)
            return refused or self._look(tx, again, submission, reviewer, language, third=third)

    def _look(
        self,
        tx: Transaction,
        again: VerificationCase,
        submission: Submission,
        reviewer: str,
        language: str,
        *,
        third: bool,
    ) -> Outcome:
        """Store a reading and, for an adjudicator, the resulting decision: both or neither."""
        act = replace(
            _act(submission, reviewer), to_value=self._desk.kept_value(again.item, submission.kind, submission.to_value)
        )
        outcome = Outcome(uuid=submission.uuid, result=Result.ACCEPTED)
        if third and not again.agrees(act, again.answer):
            column = split_item_id(again.item.id)[1]
            made = replace(
                submission,
                uuid=_decision_of_uuid(submission.uuid),
                version=again.item.version,
                basis=again.case.basis(column),
                screen="",
                ms=0,
            )
            outcome = self._desk.decide_within(
                tx, replace(made, from_value=again.answer.value), reviewer=reviewer, language=language
            )
        if outcome.result is not Result.ACCEPTED:
            return replace(outcome, uuid=submission.uuid, card=self._card(again, language, third=third))
        add_verification(tx, Verification(act=act, third=third))
        leases.release(tx, [_lease(submission.item)])
        if submission.ms > 0:
            add_decision_time(tx, screen="third" if third else "second", ms=submission.ms)
        return Outcome(uuid=submission.uuid, result=Result.ACCEPTED)

    def _take_back(
        self, tx: Transaction, made: Sequence[Verification], submission: Submission, reviewer: str, language: str
    ) -> Outcome:
        """Undo a reading of this person, with the decision that followed from it."""
        own = next(
            (look for look in made if look.act.uuid == submission.undoes and look.act.reviewer == reviewer), None
        )
        settled = (
            own is not None
            and not own.third
            and in_force(look.act for look in made if look.third and look.act.item == own.act.item)
        )
        if own is None or settled:  # nothing is undone that somebody else has built on
            return Outcome(
                uuid=submission.uuid,
                result=Result.REFUSED,
                message=text("review.gone", language, mine=submission.to_value),
            )
        led_to = _decision_of_uuid(own.act.uuid)
        if own.third and values.number_of(tx, led_to):
            undoing = replace(
                submission, uuid=_decision_of_uuid(submission.uuid), item=own.act.item, undoes=led_to, screen="", ms=0
            )
            outcome = self._desk.decide_within(tx, undoing, reviewer=reviewer, language=language)
            if outcome.result is not Result.ACCEPTED:
                return replace(outcome, uuid=submission.uuid)
        add_verification(tx, Verification(act=replace(_act(submission, reviewer), item=own.act.item), third=own.third))
        leases.claim(tx, [_lease(own.act.item)], reviewer, 1)
        return Outcome(uuid=submission.uuid, result=Result.ACCEPTED)

    def _objection(
        self, again: VerificationCase, submission: Submission, reviewer: str, language: str, *, third: bool
    ) -> Outcome | None:
        """Why a reading is not accepted: it is not for this person (then nothing is shown), it confirms a value nobody
        showed, the value is invalid, the work is done, or the card showed other values than those that differ now.
        """
        if not self._is_for(again, reviewer, third=third):
            return _not_for(submission, language)
        result, message = Result.INVALID, ""
        if submission.kind is DecisionKind.CONFIRM:
            message = text("review.needs-choice", language)
        elif third and submission.basis and submission.basis != _seen(again):
            result, message = Result.CONFLICT, text("review.changed", language)
        elif submission.kind is DecisionKind.CORRECT:
            message = self._desk.normalised(again.item, submission.to_value, language=language)[1]
        return (
            Outcome(uuid=submission.uuid, result=result, message=message, card=self._card(again, language, third=third))
            if message
            else None
        )

    def _is_given(self, tx: Transaction, again: VerificationCase | None, item: str, person: Person) -> bool:
        """Whether a value was handed out to this person and is not personal data that they may not see."""
        open_to = again is None or person.may(Right.CONTACT) or not self._desk.is_contact(again.item)
        return open_to and leases.given_to(tx, _lease(item)) == person.name

    # --- the verification sample -------------------------------------------------------------------------------------

    def _waiting(self, tx: Transaction, reviewer: str, *, third: bool) -> list[VerificationCase]:
        return sorted((one for one in self._drawn(tx) if self._is_for(one, reviewer, third=third)), key=self._place)

    def _place(self, again: VerificationCase) -> tuple[str, float]:
        """By question, in random order within each."""
        return (f"{again.item.questionnaire}:{split_item_id(again.item.id)[1]}", fraction(again.item.id, self._seed))

    def _is_for(self, again: VerificationCase, reviewer: str, *, third: bool) -> bool:
        """Whether somebody may do this reading: it is due, and they have had nothing to do with the value."""
        if third:
            return (
                again.differs and again.second is not None and reviewer not in {*again.authors, again.second.reviewer}
            )
        return again.second is None and reviewer not in again.authors

    def _drawn(self, tx: Transaction) -> list[VerificationCase]:
        """The whole verification sample, read or not."""
        self._settle()
        made = verifications(tx)
        second = {act.item: act for act in in_force(look.act for look in made if not look.third)}
        third = {act.item: act for act in in_force(look.act for look in made if look.third)}
        everything = [again for _, found in self._known.values() for again in found]
        machine = sum(again.by_machine for again in everything)
        asked, doubted = people_asked(tx), contested(tx)
        limit = sample_size(machine, self.target, TOLERATED) / machine if machine else 0.0
        chosen = []
        for again in everything:
            name = again.item.id
            drawn_at_random = fraction(name, self._seed) < (limit if again.by_machine else SHARE)
            if drawn_at_random or name in second or name in third or name in doubted or _doubtful(again):
                authors = again.authors | asked.get(name, set())  # who saw it as a seeded item would not read it blind
                chosen.append(
                    replace(
                        again,
                        authors=authors,
                        drawn_at_random=drawn_at_random,
                        second=second.get(name),
                        third=third.get(name),
                    )
                )
        return chosen

    def _settle(self) -> None:
        """Apply what has changed since the last call."""
        cases = {case.machine.id: case for case in self._desk.settled()}
        for gone in self._known.keys() - cases.keys():
            del self._known[gone]
        for name, case in cases.items():
            if name not in self._known or self._known[name][0] is not case:
                self._known[name] = (case, tuple(_again(case)))

    def _card(self, again: VerificationCase, language: str, *, third: bool) -> Card:
        """The card for the screen: neither value nor author; for adjudication both values, without names, in random
        order.
        """
        item = replace(again.item, value="", candidates=(), reasons=(DIFFERENT if third else BLIND,), confidence=0.0)
        card = replace(
            self._desk.card_of(again.case, item, blind=True, language=language),
            basis=_seen(again) if third else "",
            proposal="none",
            draft=None,
            suggestions=(),
            printed="",
            filled="",
            statements=(),
        )
        if not third or again.second is None:
            return card
        second = decided(again.case.machine_answer(again.answer), again.second, version=again.second.version)
        said = [again.answer, second]
        if fraction(f"order {again.item.id}", self._seed) < 0.5:
            said.reverse()
        statements = tuple(
            Statement(
                said_by=text(f"review.reading-{name}", language),
                text=self._in_words(answer, card, language),
                value=answer.value or answer.raw or "",
                typed=self._desk.card_of(
                    again.case, replace(again.item, value=answer.value), blind=True, language=language
                ).typed
                or answer.raw
                or "",
                kind=_says(answer).value,
            )
            for name, answer in zip("ab", said, strict=True)
        )
        joined = " · ".join(f"{statement.said_by}: {statement.text}" for statement in statements)
        return replace(
            card,
            statements=statements,
            suggestions=tuple(one.value for one in statements if one.value) if card.text else (),
            value_text=joined,
        )

    def _in_words(self, answer: Answer, card: Card, language: str) -> str:
        if answer.raw:
            return text("review.as-written", language, raw=answer.raw)
        if not answer.value:
            return text(_WITHOUT_VALUE.get(_says(answer), "review.blank"), language)
        return value_in_words(answer.value, card.choices, card.alphabet, language)


_WITHOUT_VALUE = {
    DecisionKind.ILLEGIBLE: "review.illegible",
    DecisionKind.IMPLAUSIBLE: "history.ui.missing-implausible",
    DecisionKind.INADMISSIBLE: "history.ui.missing-multiple-marks",
}


def _says(answer: Answer) -> DecisionKind:
    """The decision equivalent to the current answer."""
    if answer.value:
        return DecisionKind.CORRECT
    kinds = {
        Missing.ILLEGIBLE: DecisionKind.ILLEGIBLE,
        Missing.IMPLAUSIBLE: DecisionKind.IMPLAUSIBLE,
        Missing.MULTIPLE_MARKS: DecisionKind.INADMISSIBLE,
    }
    return kinds.get(answer.missing, DecisionKind.NO_ANSWER) if answer.missing is not None else DecisionKind.NO_ANSWER


def _not_for(submission: Submission, language: str) -> Outcome:
    """A reading that is due for somebody else, or for nobody: the answer does not even reveal whether the
    value exists.
    """
    return Outcome(uuid=submission.uuid, result=Result.INVALID, message=text("review.not-for-you", language))


def _lease(item: str) -> str:
    """The lease name of a value under double verification."""
    return f"{AGAIN}{item}"


def _seen(again: VerificationCase) -> str:
    """Identifies the two values shown to the adjudicator without saying whose they are: the adjudication counts only
    for these.
    """
    facts = [
        again.item.id,
        again.item.version,
        again.case.basis(split_item_id(again.item.id)[1]),
        again.second.uuid if again.second else "",
    ]
    return sha256(repr(facts).encode()).hexdigest()[:16]


def _again(case: Case) -> list[VerificationCase]:
    """The values of a response that count as settled and can be verified."""
    found = []
    for answer in case.effective.answers:
        if answer.evidence is None or answer.status is Status.REVIEW or answer.missing is Missing.FILTERED:
            continue
        name = item_id(case.machine.id, answer.column)
        by_machine = case.machine_answer(answer).status is Status.AUTO
        authors = frozenset(
            decision.reviewer for decision in case.decisions if decision.item == name and not is_of_third(decision)
        )
        found.append(
            VerificationCase(
                item=review_item(case.effective, answer, case.versions),
                case=case,
                answer=answer,
                authors=authors,
                by_machine=by_machine,
            )
        )
    return found


def _doubtful(again: VerificationCase) -> bool:
    """Whether a decision is read again by rule: it says that nothing is legible, or it contradicts a
    confident reading.
    """
    decision = again.case.decision(split_item_id(again.item.id)[1])
    if again.by_machine or decision is None:
        return False
    machine = again.case.machine_answer(again.answer)
    return decision.kind in _HARD or (machine.confidence >= SURE and not says_the_same(again.answer, machine))


def _sample(name: str, everything: Sequence[VerificationCase], drawn: Sequence[VerificationCase]) -> Sample:
    looked = [again for again in drawn if again.second is not None]
    return Sample(
        name=name,
        population=len(everything),
        drawn=len(drawn),
        looked=len(looked),
        wrong=sum(again.wrong for again in looked),
    )


def _by_question(everything: Sequence[VerificationCase], drawn: Sequence[VerificationCase]) -> tuple[Sample, ...]:
    of_all: dict[str, list[VerificationCase]] = defaultdict(list)
    of_drawn: dict[str, list[VerificationCase]] = defaultdict(list)
    for group, entries in ((of_all, everything), (of_drawn, drawn)):
        for again in entries:
            group[again.item.question].append(again)
    return tuple(_sample(name, found, of_drawn[name]) for name, found in of_all.items())


_OF_THIRD = "-third"


def is_of_third(decision: Decision) -> bool:
    """Whether a decision is the result of adjudication."""
    return decision.uuid.endswith(_OF_THIRD)


def _decision_of(look: Decision) -> str:
    return _decision_of_uuid(look.uuid)


def _decision_of_uuid(uuid: str) -> str:
    """The uuid of the decision that an adjudication led to."""
    return f"{uuid}{_OF_THIRD}"


def _act(submission: Submission, reviewer: str) -> Decision:
    return Decision(
        uuid=submission.uuid,
        item=submission.item,
        version=submission.version,
        reviewer=reviewer,
        kind=submission.kind,
        from_value="",
        to_value=submission.to_value,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        undoes=submission.undoes,
    )
