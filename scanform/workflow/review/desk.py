"""The review service: it hands out doubtful values and contradictions as cards and takes decisions.

The work is done by the modules beside it; here each query and each act takes the lock. `memory` holds the responses,
`queue` knows what waits for whom, `views` what a person may see of a value, `decide` takes decisions and undoes them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from scanform.model.geometry import SizeMm
from scanform.model.layout import Layout, PageLayout
from scanform.model.page import PageRef
from scanform.model.person import Person
from scanform.model.review import DecisionKind, ReviewItem
from scanform.store.engine import Transaction
from scanform.workflow.project.project import Project
from scanform.workflow.review.card_maker import CardMaker
from scanform.workflow.review.cards import Card
from scanform.workflow.review.cases import Case, effective_responses
from scanform.workflow.review.crops import CropCutter
from scanform.workflow.review.decide import By, Decider, Outcome, Result, Submission, normalised
from scanform.workflow.review.memory import Memory, shown_item
from scanform.workflow.review.queue import Counts, Part, Queue
from scanform.workflow.review.rights import Sight
from scanform.workflow.review.seeded_items import SeededItems
from scanform.workflow.review.views import Views

__all__ = ["Counts", "Desk", "Outcome", "Result", "Sight", "Submission", "effective_responses"]


class Desk:
    """The work that waits in one project. Thread-safe."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._memory = Memory(project)
        self._lock = self._memory.lock
        self._cutter = CropCutter(project, self.layout)
        self._cards = CardMaker(project, self._memory)
        seeded = SeededItems(project.config.review.known_answers, self._admits)
        self._queue = Queue(project, self._memory, seeded)
        self._views = Views(self._memory, seeded)
        self._decider = Decider(project, self._memory, self._cards, self._views, seeded)

    def close(self) -> None:
        """Wait for loading to finish; the desk can be used again afterwards."""
        self._memory.close()

    @property
    def project(self) -> Project:
        """The project whose values are reviewed."""
        return self._project

    def _admits(self, item: ReviewItem, typed: str) -> bool:
        """Whether a text is a valid value for an item's question, in canonical form."""
        return normalised(self._memory.question_of(item), item, typed, "de") == (typed, "")

    # --- what waits --------------------------------------------------------------------------------------------------

    def queue(self, limit: int, after: str = "", *, language: str = "de") -> list[Card]:
        """At most `limit` open values, starting after the item `after`: question by question, then contradictions,
        postponed ones last.
        """
        with self._lock:
            self._memory.refresh()
            found = self._queue.after(after)
            if not found and not after:
                self._memory.refresh(anxious=True)
            cases = self._memory.cases
            return [self._cards.card(cases[item.response_id], item, language) for item in found[:limit]]

    def claim(
        self,
        limit: int,
        *,
        reviewer: str,
        shown: Iterable[str] = (),
        contact: bool = True,
        first: str = "",
        language: str = "de",
    ) -> list[Card]:
        """At most `limit` open values for `reviewer`, in the order of `queue`, the item `first` before all others.

        Nobody else gets them while they are on the screen. Values already `shown` there are not handed out again and
        stay leased. Without `contact`, names and addresses are left to others. A few may be seeded items
        (`workflow.review.seeded_items`), indistinguishable from the others.
        """
        with self._lock:
            items = self.claim_items(limit, reviewer=reviewer, shown=shown, contact=contact, first=first)
            return self.cards(items, reviewer=reviewer, language=language)

    def claim_items(
        self,
        limit: int,
        *,
        reviewer: str,
        shown: Iterable[str] = (),
        contact: bool = True,
        first: str = "",
        part: Part | None = None,
    ) -> list[ReviewItem]:
        """The values handed out by `claim`, of everything that waits or of a `part` of it. Seeded items stand where
        they would if they waited.
        """
        with self._lock:
            return self._queue.claim(limit, reviewer=reviewer, shown=shown, contact=contact, first=first, part=part)

    def open_items(self, reviewer: str = "", *, contact: bool = True) -> tuple[ReviewItem, ...]:
        """All open doubtful values, without contradictions, question by question; for a `reviewer`, without those on
        other people's screens, and with the seeded items waiting for them.
        """
        with self._lock:
            self._memory.refresh()
            return self._queue.open_items(reviewer, contact=contact)

    def counts(self, reviewer: str = "", *, contact: bool = True) -> Counts:
        """How much waits and how much is done; for a `reviewer` the values within their reach, including seeded items,
        even those still to come.

        Without `contact`, waiting names and addresses are counted apart, and those decided by others are not counted.
        """
        with self._lock:
            self._memory.refresh()
            return self._queue.counts(reviewer, contact=contact)

    # --- viewing -----------------------------------------------------------------------------------------------------

    def may_see(self, item: str, person: Person, what: Sight) -> bool:
        """Whether somebody may see a value, or only its picture (`workflow.review.rights`); a missing value is visible
        only to those who may see everything.
        """
        with self._lock:
            self._memory.refresh()
            with self._project.store.reading() as tx:
                return self._views.may_see(tx, item, person, what)

    def settled(self) -> tuple[Case, ...]:
        """The current state of all responses, without contradictions between them."""
        with self._lock:
            self._memory.refresh()
            return tuple(case for case in self._memory.cases.values() if not case.contradictory)

    def case(self, response_id: str, *, reviewer: str = "") -> Case | None:
        """The current state of a response, for a `reviewer` as shown on their screen."""
        with self._lock:
            self._memory.refresh()
            found = self._memory.cases.get(response_id)
            if found is None or not reviewer:
                return found
            with self._project.store.reading() as tx:
                return self._views.case(tx, found, reviewer)

    def item(self, item: str) -> ReviewItem | None:
        """The item with this id, open or settled, or None."""
        with self._lock:
            self._memory.refresh()
            found = self._memory.find(item)
            return shown_item(*found) if found else None

    def card(self, item: str, *, reviewer: str = "", language: str = "de") -> Card | None:
        """The card of an item, open or settled, or None; for a `reviewer` as shown on their screen."""
        with self._lock:
            self._memory.refresh()
            with self._project.store.reading() as tx:
                found = self._views.find(tx, item, reviewer)
            return self._cards.card(found[0], shown_item(*found), language) if found else None

    def cards(self, items: Iterable[ReviewItem], *, reviewer: str = "", language: str = "de") -> list[Card]:
        """The cards of open values that still exist, for a `reviewer` with the related values shown on their screen."""
        with self._lock, self._project.store.reading() as tx:
            cases = self._memory.cases
            there = [(cases[item.response_id], item) for item in items if item.response_id in cases]
            return [self._cards.card(self._views.case(tx, case, reviewer), item, language) for case, item in there]

    def card_of(self, case: Case, item: ReviewItem, *, blind: bool = False, language: str = "de") -> Card:
        """The card of an item of a case, `blind` without people's decisions on it."""
        with self._lock:
            return self._cards.card(case, item, language, blind=blind)

    def is_contact(self, item: ReviewItem) -> bool:
        """Whether a value is personal data, not an answer."""
        with self._lock:
            return self._memory.is_contact(item)

    def members_of(self, response_id: str) -> tuple[str, ...]:
        """The responses the latest merge joined with this one, including itself; empty when it stands alone."""
        with self._lock:
            return self._memory.members_of(response_id)

    def layout(self, response_id: str) -> Layout | None:
        """The printed layout of a form, or of the form among the sources of a contradiction; None for other
        responses.
        """
        return self._memory.layout(response_id)

    def listed(self, edition: str, question: str) -> tuple[str, ...] | None:
        """The list of admissible values of a question in an edition (its layout's digest, or the questionnaire's code);
        None where there is none.
        """
        with self._lock:
            questionnaire = self._memory.editions.questionnaire(f"{edition}-", edition)
        found = questionnaire.question(question) if questionnaire else None
        return found.values if found is not None and found.values else None

    # --- pictures ----------------------------------------------------------------------------------------------------

    def crop(self, item: str, *, context: bool = False, tight: bool = False) -> bytes | None:
        """JPEG of the zone on the paper, upright, `tight` without the wording above it, or of the whole page with a
        frame (`context`); None when there is none.
        """
        found = self.item(item)
        return self._cutter.crop(found, context=context, tight=tight) if found else None

    def page(self, ref: PageRef, size: SizeMm) -> bytes | None:
        """JPEG of a whole page, upright, without a frame; None when it cannot be decoded."""
        return self._cutter.page(ref, size)

    def question(self, ref: PageRef, page: PageLayout, question: str) -> bytes | None:
        """JPEG of one question on a page; None when nothing of it can be shown."""
        return self._cutter.question(ref, page, question)

    # --- deciding ----------------------------------------------------------------------------------------------------

    def check(self, item: str, typed: str, *, language: str = "de") -> str | None:
        """What is wrong with a typed value, "" when nothing is; None for an unknown item. It depends on the question
        alone.
        """
        with self._lock:
            found = self.item(item)
            return None if found is None else self._decider.normalised(found, typed, language)[1]

    def normalised(self, item: ReviewItem, typed: str, *, language: str = "de") -> tuple[str, str]:
        """(canonical value, what is wrong with it in words or "") of a typed one."""
        with self._lock:
            return self._decider.normalised(item, typed, language)

    def kept_value(self, item: ReviewItem, kind: DecisionKind, typed: str) -> str:
        """The text kept for a decision of this kind."""
        with self._lock:
            return self._decider.kept_value(item, kind, typed)

    def decide(
        self,
        submissions: Iterable[Submission],
        *,
        reviewer: str,
        person: Person | None = None,
        language: str = "de",
    ) -> list[Outcome]:
        """Store decisions in order, in one transaction; returns the outcome of each. Sending again is harmless.

        For a `person`, whose rights count, only decisions within those rights are accepted (`workflow.review.rights`);
        without one the program itself decides for `reviewer`.
        """
        by = By(reviewer=reviewer, person=person, language=language)
        with self.acting(reviewer) as tx:
            return [self._decider.decide(tx, submission, by) for submission in submissions]

    @contextmanager
    def acting(self, reviewer: str) -> Iterator[Transaction]:
        """One act of a person: everything in it is stored together or not at all; nobody else acts meanwhile.

        The desk is locked before the store, everywhere: a holder of the store that waited for the desk would cause a
        deadlock.
        """
        with self._decider.acting(reviewer) as tx:
            yield tx

    def decide_within(self, tx: Transaction, submission: Submission, *, reviewer: str, language: str) -> Outcome:
        """Store a decision as part of an act (`acting`); nothing is written unless it is accepted."""
        return self._decider.decide(tx, submission, By(reviewer=reviewer, language=language))

    def catch_up(self, tx: Transaction, item: str) -> None:
        """Within an act: load what other programs have stored about the response of `item` so far."""
        self._memory.catch_up(tx)
        self._memory.reload(tx, item)

    def look_anew(self) -> None:
        """The next query reads the store, not the memory."""
        with self._lock:
            self._memory.forget()

    def undo(self, reviewer: str, *, person: Person | None = None, language: str = "de") -> Card | None:
        """Undo the reviewer's latest decision in force; returns the reopened card, or None. A `person` reaches only
        what they may decide now.
        """
        with self._lock:
            made = self._decider.undo(By(reviewer=reviewer, person=person, language=language))
            if made is None or not (person is None or self.may_see(made.item, person, Sight.VALUE)):
                return None
            card = self.card(made.item, reviewer=reviewer, language=language)
            return replace(card, draft=made.to_value) if card and card.text and made.to_value else card
