"""Values as one person sees them: seeded items in disguise, the person's involvement, and whether they may
see a value.
"""

from dataclasses import replace

from scanform.model.person import Person
from scanform.model.response import Answer
from scanform.store.engine import Transaction
from scanform.workflow.review.cases import Case
from scanform.workflow.review.memory import Found, Memory, shown_item
from scanform.workflow.review.rights import Dealings, Sight, dealings, may_see
from scanform.workflow.review.seeded_items import SeededItems


class Views:
    """The content of the memory, person by person. The caller holds the memory's lock."""

    def __init__(self, memory: Memory, seeded: SeededItems) -> None:
        self._memory = memory
        self._seeded = seeded

    def case(self, tx: Transaction, case: Case, reviewer: str) -> Case:
        """A response as `reviewer` sees it: seeded items in disguise, together with the responses to them; "" for the
        actual state.
        """
        return self._seeded.seen_by(tx, case, reviewer, self._memory.editions) if reviewer else case

    def find(self, tx: Transaction, item: str, reviewer: str) -> Found | None:
        """The case and the answer of an item as `reviewer` sees them; None where there is no such item."""
        found = self._memory.find(item)
        if found is None:
            return None
        case = self.case(tx, found[0], reviewer)
        return case, next(answer for answer in case.effective.answers if answer.column == found[1].column)

    def dealings(self, tx: Transaction, item: str, name: str, case: Case | None) -> Dealings:
        """A person's involvement with a value of `case` (None: it is gone) as they see it: their seeded items were
        given to them.
        """
        had = dealings(tx, item, name, case)
        known = case is not None and self._seeded.is_at(tx, item, name, self._memory.cases)
        return replace(had, given=True, acted=had.acted or had.own, blind=False) if known else had

    def may_see(self, tx: Transaction, item: str, person: Person, what: Sight) -> bool:
        """Whether a person may see a value, or only its picture; a missing value is visible only to those who may see
        everything.
        """
        found = self.find(tx, item, person.name)
        had = self.dealings(tx, item, person.name, found[0] if found else None)
        return may_see(person, had, contact=found is not None and self.is_contact(*found), what=what)

    def is_contact(self, case: Case, answer: Answer) -> bool:
        """Whether an answer is personal data, not an answer of the survey."""
        return self._memory.is_contact(shown_item(case, answer))
