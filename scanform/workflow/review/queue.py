"""The review queue: its order, its size, and who has which values on the screen."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

from scanform.model.response import Status
from scanform.model.review import ReviewItem
from scanform.review.triage import item as review_item
from scanform.review.triage import ordered
from scanform.store import leases
from scanform.store.engine import Transaction
from scanform.workflow.project.project import Project
from scanform.workflow.review.cases import Case
from scanform.workflow.review.memory import Memory
from scanform.workflow.review.seeded_items import SeededItems


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Number of values and contradictions that wait within reach (`postponed` among them), that people decided, and the
    sum.

    Counted apart: values waiting on other people's screens (`elsewhere`), and personal values waiting for those who may
    see them (`contact`).
    """

    open: int
    postponed: int
    settled: int
    total: int
    elsewhere: int = 0
    contact: int = 0

    def told(self) -> dict[str, int]:
        """The counts as sent to a screen; those counted apart only if they are not zero."""
        return {name: count for name, count in asdict(self).items() if count or name not in {"elsewhere", "contact"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Part of the queue, handed out by itself: only seeded items that it `fits` go with it, all in the order of their
    `place`.
    """

    items: Sequence[ReviewItem]
    fits: Callable[[ReviewItem], bool]
    place: Callable[[ReviewItem], bytes]


class Queue:
    """The open values of a project. The caller holds the memory's lock."""

    def __init__(self, project: Project, memory: Memory, seeded: SeededItems) -> None:
        self._store = project.store
        self._memory = memory
        self._seeded = seeded

    def after(self, item: str) -> tuple[ReviewItem, ...]:
        """The queue after `item`, decided or not ("": everything): question by question, contradictions after doubtful
        values, postponed ones last.
        """
        line = self._in_line([one for odd in (False, True) for one in self._open(item, contradictory=odd).values()])
        place = next((number for number, one in enumerate(line) if one.id == item), -1)
        return tuple(line[place + 1 :])

    def claim(
        self,
        limit: int,
        *,
        reviewer: str,
        shown: Iterable[str],
        contact: bool,
        first: str,
        part: Part | None,
    ) -> list[ReviewItem]:
        """Lease at most `limit` open values to `reviewer`, with seeded items among them: see `Desk.claim_items`."""
        self._memory.refresh()

        def first_of_all(items: Iterable[ReviewItem]) -> list[ReviewItem]:
            return sorted(items, key=lambda item: item.id != first) if first else list(items)

        def lined_up(items: Sequence[ReviewItem]) -> list[ReviewItem]:
            return first_of_all(sorted(items, key=part.place) if part else self._in_line(items))

        with self._store.writing() as tx:
            self._memory.catch_up(tx)
            leases.renew(tx, reviewer)
            seen = set(shown)
            line = first_of_all(part.items if part else self.after(""))
            unseen = (one for one in line if one.id not in seen and self._waits(one))
            free = [one for one in unseen if contact or not self._memory.is_contact(one)]
            granted = set(leases.claim(tx, [item.id for item in free], reviewer, limit))
            given = self._seeded.mix(
                tx,
                [item for item in free if item.id in granted],
                reviewer=reviewer,
                cases=self._memory.cases,
                limit=limit,
                shown=seen,
                fits=part.fits if part else lambda _: True,
                lined_up=lined_up,
            )
        if not given and part is None and not seen:
            self._memory.refresh(anxious=True)
        return given

    def open_items(self, reviewer: str, *, contact: bool) -> tuple[ReviewItem, ...]:
        """All open doubtful values: see `Desk.open_items`."""
        waiting = self._open("", contradictory=False)
        others: set[str] = set()
        if reviewer:
            with self._store.reading() as tx:
                others = _of_others(tx, reviewer)
                known = self._seeded.of(tx, reviewer, self._memory.cases).waiting
            waiting = {name: item for name, (_, item) in known.items()} | waiting
        found = ordered(waiting.values(), self._columns())
        return tuple(item for item in found if item.id not in others and (contact or not self._memory.is_contact(item)))

    def counts(self, reviewer: str, *, contact: bool) -> Counts:
        """How much waits and how much is done: see `Desk.counts`."""
        cases = self._memory.cases.values()
        private = self._memory.asks_for_person
        allowed = [one for case in cases for one in case.open_items if contact or not private(case, one.question)]
        apart = 0 if contact else sum(len(case.open_items) for case in cases) - len(allowed)
        settled = sum(case.settled if contact else self._settled_answers(case) for case in cases)
        waiting, planned, known = allowed, 0, list[ReviewItem]()
        if reviewer:
            with self._store.reading() as tx:
                others = _of_others(tx, reviewer)
                waiting = [item for item in allowed if item.id not in others]
                own = self._seeded.of(tx, reviewer, self._memory.cases)
                line = self._in_line(waiting)
                planned = self._seeded.planned(tx, line, reviewer=reviewer, cases=self._memory.cases)
            known = [item for _, item in own.waiting.values()]
            settled += own.answered
        elsewhere = len(allowed) - len(waiting)
        waits = len(waiting) + len(known) + planned
        postponed = sum(item.postponed > 0 for item in (*waiting, *known))
        total = waits + settled
        return Counts(open=waits, postponed=postponed, settled=settled, total=total, elsewhere=elsewhere, contact=apart)

    def _settled_answers(self, case: Case) -> int:
        """Number of values of a response decided by people, without personal ones."""
        if not case.settled:
            return 0
        decided = (answer for answer in case.machine.answers if case.decision(answer.column) is not None)
        return sum(not self._memory.asks_for_person(case, answer.question) for answer in decided)

    def _waits(self, item: ReviewItem) -> bool:
        found = self._memory.find(item.id)
        return found is not None and found[1].status is Status.REVIEW

    def _in_line(self, items: Iterable[ReviewItem]) -> list[ReviewItem]:
        """Question by question, contradictions after doubtful values; postponed values last."""
        apart: tuple[list[ReviewItem], list[ReviewItem]] = ([], [])
        for item in items:
            apart[self._memory.cases[item.response_id].contradictory].append(item)
        columns = self._columns()
        line = [item for some in apart for item in ordered(some, columns)]
        return sorted(line, key=lambda item: item.postponed)

    def _open(self, after: str, *, contradictory: bool) -> dict[str, ReviewItem]:
        """Open values or open contradictions, and the item `after` as the place to continue, decided or not."""
        cases = (case for case in self._memory.cases.values() if case.contradictory is contradictory)
        found = {item.id: item for case in cases for item in case.open_items}
        mark = self._memory.find(after) if after and after not in found else None
        if mark and mark[0].contradictory is contradictory:
            case, answer = mark
            found[after] = review_item(case.machine, case.machine_answer(answer), case.versions)
        return found

    def _columns(self) -> dict[str, Sequence[str]]:
        """The columns of each questionnaire in the order of the form, taken from the fullest response."""
        columns: dict[str, Sequence[str]] = {}
        for case in self._memory.cases.values():
            known = columns.get(case.machine.questionnaire)
            if known is None or len(case.machine.answers) > len(known):
                columns[case.machine.questionnaire] = [answer.column for answer in case.machine.answers]
        return columns


def _of_others(tx: Transaction, reviewer: str) -> set[str]:
    """The values on other people's screens."""
    return {item for item, holder in leases.holders(tx).items() if holder != reviewer}
