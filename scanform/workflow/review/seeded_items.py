"""Seeded items in the review queue measure how many wrong proposals people miss. They look like any other item, and
none becomes a value.

Before an open value on a reviewer's screen, a settled value of the same question may be inserted at random, with a
wrong proposal of the same kind. The reviewer's response is stored apart from the decisions, so that it reaches no merge
and no export.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic

from scanform.model.response import Answer, Missing, Status
from scanform.model.review import Decision, DecisionKind, ReviewItem
from scanform.review.apply import ITEM_SEPARATOR, Standing, in_force, item_id, split_item_id, standings
from scanform.review.audit import fraction, most_often
from scanform.review.known import can_precede, disguised, known
from scanform.review.triage import item as review_item
from scanform.store import leases
from scanform.store.acts import seeded_items as rows
from scanform.store.acts.seeded_items import SeededAnswer, SeededItem
from scanform.store.acts.verifications import drawn_seed, sampling_seed
from scanform.store.engine import Transaction
from scanform.workflow.review.cards import proposed
from scanform.workflow.review.cases import Case, Editions, response_case

FARTHEST = 500
"""Maximum number of responses searched for a seeded item; if none is found, the open value goes alone."""

MOST = 4.0
"""Maximum probability of a seeded item, as a multiple of the configured fraction, where it makes up for values that
cannot have one before them.
"""

SAMPLE = 200
"""Number of responses sampled to find the questions with seeded items."""

LASTS_S = 60.0
"""How long that result is used."""

Admits = Callable[[ReviewItem, str], bool]
"""Whether the rules accept a written value for an item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Results of seeded items: all of them together ("" as `name`), those of a screen or of a person."""

    name: str
    noticed: int
    missed: int

    @property
    def answered(self) -> int:
        """Number shown and settled."""
        return self.noticed + self.missed

    @property
    def most(self) -> float:
        """Upper bound on the fraction of wrong proposals missed, at 95 % confidence."""
        return most_often(self.missed, self.answered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A reviewer's current seeded items: those still waiting, in disguise, how many of them were postponed, and how
    many are answered.
    """

    waiting: Mapping[str, tuple[SeededItem, ReviewItem]]
    answered: int

    @property
    def postponed(self) -> int:
        """Number postponed."""
        return sum(item.postponed > 0 for _, item in self.waiting.values())


class SeededItems:
    """Chooses seeded items and stores the responses to them. `cases` are the current responses; the caller holds the
    desk's lock.
    """

    def __init__(self, configured: float, admits: Admits) -> None:
        self._configured = configured
        self._admits = admits
        self._seed = ""
        self._more = 1.0
        self._until = 0.0
        self._plans: dict[tuple[str, str], str] = {}

    def of(self, tx: Transaction, reviewer: str, cases: Mapping[str, Case]) -> Own:
        """A reviewer's seeded items."""
        made = rows.seeded_items_of(tx, reviewer)
        if not made:
            return Own(waiting={}, answered=0)
        standing = standings(answer.act for answer in rows.answers(tx, reviewer))
        waiting = {}
        answered = 0
        for row in made:
            how = standing.get(row.item, Standing())
            if how.decision is not None:
                answered += 1
                continue
            item = _in_disguise(row, cases.get(split_item_id(row.item)[0]), postponed=how.postponed)
            if item is not None:
                waiting[row.item] = (row, item)
        return Own(waiting=waiting, answered=answered)

    def mix(
        self,
        tx: Transaction,
        granted: Sequence[ReviewItem],
        *,
        reviewer: str,
        cases: Mapping[str, Case],
        limit: int,
        shown: Iterable[str] = (),
        fits: Callable[[ReviewItem], bool] = lambda _: True,
        lined_up: Callable[[Sequence[ReviewItem]], list[ReviewItem]] = list,
    ) -> list[ReviewItem]:
        """`granted` values with seeded items among them, at most `limit`, `lined_up` as if all of them waited; values
        that no longer fit are given back.
        """
        if not self._configured and not rows.seeded_items_of(tx, reviewer):
            return list(granted)
        self._seed = self._seed or sampling_seed(tx)
        own = self.of(tx, reviewer, cases)
        seen = set(shown)
        again = {
            row.before: item
            for row, item in own.waiting.values()
            if item.id not in seen and not item.postponed and fits(item)
        }
        had = {row.before for row in rows.seeded_items_of(tx, reviewer)}
        chance = self._chance(cases)
        taken = {item for item, holder in leases.holders(tx).items() if holder != reviewer}
        mixed: list[ReviewItem] = [again.pop(name) for name in list(again) if name not in {item.id for item in granted}]
        for item in granted:
            if item.id in again:
                mixed.append(again.pop(item.id))
            elif item.id not in had and self._is_drawn(item, reviewer, chance):
                mixed += self._new(tx, item, reviewer=reviewer, cases=cases, taken=taken, fits=fits)
            mixed.append(item)
        mixed += [item for _, item in own.waiting.values() if item.postponed and item.id not in seen and fits(item)]
        mixed = lined_up(mixed)
        leases.release(tx, [item.id for item in mixed[limit:]], holder=reviewer)
        leases.claim(tx, [item.id for item in mixed[:limit]], reviewer, limit)
        return mixed[:limit]

    def _chance(self, cases: Mapping[str, Case]) -> float:
        """The probability of a seeded item before an open value: above the configured fraction when many of the values
        handed out cannot have one before them.

        These are values of questions for which none of `SAMPLE` responses holds a seeded item, and values without a
        proposal. Recomputed occasionally.
        """
        if monotonic() >= self._until:
            line = list(cases.values())
            sample = [case for case in line[:: max(1, len(line) // SAMPLE)] if not case.contradictory]
            values: dict[str, set[str]] = defaultdict(set)
            for case in sample:
                for answer in case.machine.answers:
                    if known(answer):
                        values[answer.column].add(answer.value)
            to_people = [
                review_item(case.machine, answer, case.versions)
                for case in sample
                for answer in case.machine.answers
                if answer.status is Status.REVIEW
            ]
            possible = sum(
                proposed(item) != "none" and can_precede(values[split_item_id(item.id)[1]], item) for item in to_people
            )
            self._more = min(MOST, len(to_people) / possible) if possible else 1.0
            self._until = monotonic() + LASTS_S
            self._plans.clear()
        return min(0.5, self._configured * self._more)

    def is_at(self, tx: Transaction, item: str, reviewer: str, cases: Mapping[str, Case]) -> bool:
        """Whether a value currently is a seeded item for somebody, waiting or answered."""
        case = cases.get(item.rpartition(ITEM_SEPARATOR)[0])
        return any(
            row.item == item and _still_known(row, case) is not None for row in rows.seeded_items_of(tx, reviewer)
        )

    def was_shown(self, tx: Transaction, item: str, version: int, shown: str, reviewer: str) -> bool:
        """Whether somebody who saw `shown` at `item` saw the wrong proposal of a seeded item."""
        return any(
            (row.item, row.version, row.shown) == (item, version, shown) for row in rows.seeded_items_of(tx, reviewer)
        )

    def seen_by(self, tx: Transaction, case: Case, reviewer: str, editions: Editions) -> Case:
        """A response as somebody sees it: its seeded items open in disguise, or as that person decided them."""
        held = {
            row.item: row
            for row in rows.seeded_items_of(tx, reviewer)
            if split_item_id(row.item)[0] == case.machine.id and _still_known(row, case) is not None
        }
        if not held:
            return case
        names = {split_item_id(name)[1]: row for name, row in held.items()}
        answers = tuple(
            _reopened(answer, names[answer.column]) if answer.column in names else answer
            for answer in case.machine.answers
        )
        acts = [
            _as_decided(answer.act, held[answer.act.item])
            for answer in rows.answers(tx, reviewer)
            if answer.act.item in held
        ]
        return response_case(replace(case.machine, answers=answers), case.versions, (*case.decisions, *acts), editions)

    def answered(self, tx: Transaction, uuid: str, reviewer: str) -> bool:
        """Whether an act with this uuid is one of a reviewer's responses to seeded items."""
        return any(answer.act.uuid == uuid for answer in rows.answers(tx, reviewer))

    def settle(self, tx: Transaction, act: Decision, *, screen: str, after: int) -> None:
        """Store a response to a seeded item; the latest counts, as everywhere."""
        rows.add_answer(tx, SeededAnswer(act=act, screen=screen, after=after))
        if act.kind is DecisionKind.UNDO:
            leases.claim(tx, [act.item], act.reviewer, 1)
        else:
            leases.release(tx, [act.item], holder=act.reviewer)

    def latest(self, tx: Transaction, reviewer: str, cases: Mapping[str, Case]) -> SeededAnswer | None:
        """A reviewer's latest response in force to a value that is still a seeded item."""
        held = {
            row.item
            for row in rows.seeded_items_of(tx, reviewer)
            if _still_known(row, cases.get(split_item_id(row.item)[0])) is not None
        }
        made = {answer.act.uuid: answer for answer in rows.answers(tx, reviewer) if answer.act.item in held}
        standing = in_force(answer.act for answer in made.values())
        return made[standing[-1].uuid] if standing else None

    def planned(
        self, tx: Transaction, waiting: Iterable[ReviewItem], *, reviewer: str, cases: Mapping[str, Case]
    ) -> int:
        """Number of seeded items that will be drawn before the waiting values when these go to a reviewer: they are
        counted from the start, so that no count reveals that some were inserted.
        """
        self._seed = self._seed or drawn_seed(tx)
        if not self._configured or not self._seed:
            return 0
        made, chance = rows.seeded_items_of(tx, reviewer), self._chance(cases)
        before, used = {row.before for row in made}, {row.item for row in made}
        count = 0
        for item in waiting:
            if item.id not in before and self._is_drawn(item, reviewer, chance):
                found = self._plans.get((reviewer, item.id))
                if found is None or found in used:
                    chosen = self._chosen(item, reviewer=reviewer, cases=cases, had=used, fits=lambda _: True)
                    found = self._plans[reviewer, item.id] = chosen[0].id if chosen else ""
                if found:
                    used.add(found)
                    count += 1
        return count

    def _is_drawn(self, waiting: ReviewItem, reviewer: str, chance: float) -> bool:
        return fraction(f"known:{reviewer}:{waiting.id}", self._seed) < chance

    def _new(
        self,
        tx: Transaction,
        waiting: ReviewItem,
        *,
        reviewer: str,
        cases: Mapping[str, Case],
        taken: set[str],
        fits: Callable[[ReviewItem], bool],
    ) -> list[ReviewItem]:
        """A seeded item to go before `waiting`, or none."""
        had = {row.item for row in rows.seeded_items_of(tx, reviewer)} | taken
        chosen = self._chosen(waiting, reviewer=reviewer, cases=cases, had=had, fits=fits)
        if chosen is None:
            return []
        item, truth = chosen
        row = rows.seeded_item_of(
            item, reviewer=reviewer, before=waiting.id, truth=truth, at=datetime.now(UTC).isoformat(timespec="seconds")
        )
        return [item] if rows.add_seeded_item(tx, row) else []

    def _chosen(
        self,
        waiting: ReviewItem,
        *,
        reviewer: str,
        cases: Mapping[str, Case],
        had: set[str],
        fits: Callable[[ReviewItem], bool],
    ) -> tuple[ReviewItem, str] | None:
        """(a seeded item in disguise to go before `waiting`, the truth), or None: without a machine proposal there is
        nothing to miss.
        """
        proposal = proposed(waiting)
        if proposal == "none" or waiting.postponed or waiting.evidence is None:
            return None
        column = split_item_id(waiting.id)[1]
        line = list(cases.values())
        start = int(fraction(f"from:{reviewer}:{waiting.id}", self._seed) * len(line))
        for case in [*line[start:], *line[:start]][:FARTHEST]:
            name = item_id(case.machine.id, column)
            if (
                case.contradictory
                or name in had
                or case.machine.questionnaire != waiting.questionnaire
                or case.decision(column)
            ):
                continue
            answer = case.effective.answer(waiting.question, waiting.option)
            if answer is None or answer.column != column or not known(answer):
                continue
            true = review_item(case.effective, answer, case.versions)
            item = disguised(true, waiting, partial(self._admits, true), f"{self._seed}:{name}")
            if item is not None and proposed(item) == proposal and fits(item):
                return item, true.value
        return None


def tallies(tx: Transaction, *, before: str = "") -> tuple[Tally, tuple[Tally, ...], tuple[Tally, ...]]:
    """(all together, by screen, by person) of the settled seeded items, on days `before` one (ISO 8601) if given; a
    wrong proposal still in force afterwards was missed.
    """
    shown = {(row.reviewer, row.item): row for row in rows.seeded_items_of(tx)}
    made = [answer for answer in rows.answers(tx) if not before or answer.act.at < before]
    by_uuid = {answer.act.uuid: answer for answer in made}
    counts: Counter[tuple[str, str, bool]] = Counter()
    for reviewer in {answer.act.reviewer for answer in made}:
        for how in standings(answer.act for answer in made if answer.act.reviewer == reviewer).values():
            if how.decision is not None:
                row = shown[reviewer, how.decision.item]
                counts[by_uuid[how.decision.uuid].screen, reviewer, let_pass(row, how.decision)] += 1
    screens = sorted({screen for screen, _, _ in counts})
    people = sorted({reviewer for _, reviewer, _ in counts})
    everything = _tally("", counts)
    by_screen = tuple(_tally(name, {key: count for key, count in counts.items() if key[0] == name}) for name in screens)
    by_person = tuple(_tally(name, {key: count for key, count in counts.items() if key[1] == name}) for name in people)
    return everything, by_screen, by_person


def acted_on(tx: Transaction, reviewer: str) -> set[str]:
    """The seeded items that somebody has decided, postponed or undone."""
    return {answer.act.item for answer in rows.answers(tx, reviewer)}


def contested(tx: Transaction) -> dict[str, set[str]]:
    """Who answered which seeded item with neither the current value nor the proposal: the truth may be wrong."""
    shown = {(row.reviewer, row.item): row for row in rows.seeded_items_of(tx)}
    found: dict[str, set[str]] = {}
    made = rows.answers(tx)
    for reviewer in {answer.act.reviewer for answer in made}:
        for how in standings(answer.act for answer in made if answer.act.reviewer == reviewer).values():
            if how.decision is None:
                continue
            row = shown[reviewer, how.decision.item]
            other = how.decision.kind is not DecisionKind.CONFIRM and how.decision.to_value not in {
                row.truth,
                row.shown,
            }
            if other:
                found.setdefault(row.item, set()).add(reviewer)
    return found


def people_asked(tx: Transaction) -> dict[str, set[str]]:
    """Who was shown which value as a seeded item: they have been involved with it."""
    found: dict[str, set[str]] = {}
    for row in rows.seeded_items_of(tx):
        found.setdefault(row.item, set()).add(row.reviewer)
    return found


def let_pass(row: SeededItem, act: Decision) -> bool:
    """Whether the wrong proposal stands after somebody's response."""
    if act.kind is DecisionKind.CONFIRM:
        return True
    return act.kind in {DecisionKind.CORRECT, DecisionKind.NO_ANSWER} and act.to_value == row.shown


def _tally(name: str, counts: Mapping[tuple[str, str, bool], int]) -> Tally:
    missed = sum(count for (_, _, let), count in counts.items() if let)
    return Tally(name=name, noticed=sum(counts.values()) - missed, missed=missed)


def _in_disguise(row: SeededItem, case: Case | None, *, postponed: int) -> ReviewItem | None:
    """What the screen shows for a seeded item; None when the value has changed, or waits itself by now."""
    answer = _still_known(row, case)
    if case is None or answer is None:
        return None
    item = review_item(case.effective, answer, case.versions)
    return replace(
        item,
        value=row.shown,
        reasons=row.reasons,
        confidence=row.confidence,
        candidates=row.candidates,
        postponed=postponed,
    )


def _still_known(row: SeededItem, case: Case | None) -> Answer | None:
    """The settled value behind a seeded item; None when it has changed, or waits itself by now."""
    column = split_item_id(row.item)[1]
    answer = next((answer for answer in case.effective.answers if answer.column == column), None) if case else None
    if case is None or answer is None or not known(answer) or case.decision(column) or answer.value != row.truth:
        return None
    return answer if case.versions.get(column, 1) == row.version else None


def _reopened(answer: Answer, row: SeededItem) -> Answer:
    """A settled value as if it waited, with the wrong proposal."""
    missing = None if row.shown else Missing.NO_ANSWER
    return replace(
        answer,
        value=row.shown,
        missing=missing,
        problems=row.reasons,
        status=Status.REVIEW,
        confidence=row.confidence,
        candidates=row.candidates,
    )


def _as_decided(act: Decision, row: SeededItem) -> Decision:
    """The response to a seeded item as a decision about what was on the screen."""
    return replace(act, from_value=row.shown) if act.kind is DecisionKind.CONFIRM else act
