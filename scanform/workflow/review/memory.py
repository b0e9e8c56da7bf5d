"""In-memory copy of a project's responses: loaded once, updated by every act, and reloaded in the background.

Callers hold `lock`. The lock is taken before the store, everywhere: a holder of the store that waited for the lock
would cause a deadlock.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence

from scanform.errors import ScanformError
from scanform.merge.match import grouped
from scanform.model.layout import Layout
from scanform.model.questionnaire import DataClass, Question, Questionnaire
from scanform.model.response import Answer
from scanform.model.review import Decision, ReviewItem
from scanform.review.apply import ITEM_SEPARATOR, split_item_id
from scanform.review.triage import item as review_item
from scanform.store import values
from scanform.store.engine import Transaction
from scanform.workflow.project.project import Project
from scanform.workflow.review.cases import (
    Case,
    Editions,
    Standings,
    conflict_case,
    load_standings,
    resolved,
    response_case,
)

log = logging.getLogger(__name__)

FRESH_S = 15.0
"""Seconds for which the memory is used before the store is read again: another program may have read or
imported more.
"""

ANXIOUS_S = 1.0
"""The same while the queue is empty, in seconds."""

LOAD_SHARE = 20.0
"""The store is read again only after this multiple of the seconds that the last reading took: at most about one
twentieth of the time goes into it, whatever the size of the project.
"""

_NEVER = float("-inf")

Found = tuple[Case, Answer]
"""A value and the response that it is part of."""


class Memory:
    """The responses of a project as cases, by the id of the response or of the merged record."""

    def __init__(self, project: Project) -> None:
        self.lock = threading.RLock()
        self.editions = Editions(project)
        self._project = project
        self._cases: dict[str, Case] = {}
        self._places: dict[str, tuple[str, ...]] = {}
        self._touched: set[str] = set()
        self._loaded_at = _NEVER
        self._load_s = 0.0
        self._sequence = 0
        self._loader: threading.Thread | None = None
        self._answer_codes: dict[int, tuple[Questionnaire, frozenset[str]]] = {}

    def close(self) -> None:
        """Wait for what is still being loaded; the memory can be used again afterwards."""
        loader = self._loader
        if loader is not None:
            loader.join()

    @property
    def cases(self) -> Mapping[str, Case]:
        """All responses that count, and the contradictions between them."""
        return self._cases

    # --- what is known -----------------------------------------------------------------------------------------------

    def find(self, item: str) -> Found | None:
        """The case and the effective answer of an item; None where there is none."""
        response_id, _, column = item.rpartition(ITEM_SEPARATOR)
        case = self._cases.get(response_id)
        answer = next((answer for answer in case.effective.answers if answer.column == column), None) if case else None
        return (case, answer) if case and answer else None

    def members_of(self, response_id: str) -> tuple[str, ...]:
        """The responses the latest merge joined with this one, including itself; empty when it stands alone."""
        return self._places.get(response_id, ())

    def layout(self, response_id: str) -> Layout | None:
        """The printed layout of a form, or of the form among the sources of a contradiction; None for other
        responses.
        """
        return self.editions.layout(self._form(response_id))

    def questionnaire_of(self, item: ReviewItem) -> Questionnaire | None:
        """The edition of the questionnaire in which an item was asked."""
        return self.editions.questionnaire(self._form(item.response_id), item.questionnaire)

    def question_of(self, item: ReviewItem) -> Question | None:
        """The question of an item, in that edition."""
        questionnaire = self.questionnaire_of(item)
        return questionnaire.question(item.question) if questionnaire else None

    def is_contact(self, item: ReviewItem) -> bool:
        """Whether a value is personal data, not an answer; a value unknown to all questionnaires may be personal."""
        question = self.question_of(item)
        return question is None or question.data_class is DataClass.CONTACT

    def asks_for_person(self, case: Case, question: str) -> bool:
        """The same for a question of a case; looked up once for each edition."""
        questionnaire = self.editions.questionnaire(case.form, case.machine.questionnaire)
        if questionnaire is None:
            return True
        key = id(questionnaire)
        if key not in self._answer_codes or self._answer_codes[key][0] is not questionnaire:
            codes = frozenset(one.code for one in questionnaire.questions() if one.data_class is not DataClass.CONTACT)
            self._answer_codes[key] = (questionnaire, codes)
        return question not in self._answer_codes[key][1]

    def _form(self, response_id: str) -> str:
        case = self._cases.get(response_id)
        return case.form if case else response_id

    # --- reloading the store -----------------------------------------------------------------------------------------

    def refresh(self, *, anxious: bool = False) -> None:
        """Read the store now if nothing is loaded yet, otherwise in the background when the memory is old, and sooner
        when `anxious`; nobody waits for that.
        """
        age_s = time.monotonic() - self._loaded_at
        if self._loaded_at == _NEVER:
            self.editions = Editions(self._project)
            self._sequence = self._latest()
            self._remember(load_standings(self._project, self.editions), time.monotonic())
        elif age_s > max(ANXIOUS_S if anxious else FRESH_S, LOAD_SHARE * self._load_s) and self._loader is None:
            self._touched.clear()
            self._loader = threading.Thread(target=self._load, name="review-desk", daemon=True)
            self._loader.start()

    def ensure(self) -> None:
        """Read the store if nothing is loaded yet: a decision also affects related responses."""
        if self._loaded_at == _NEVER:
            self.refresh()

    def forget(self) -> None:
        """The next query reads the store."""
        self._loaded_at = _NEVER
        self._touched.clear()

    def _load(self) -> None:
        began, known = time.monotonic(), self._loaded_at
        editions = Editions(self._project)
        loaded: Standings | None = None
        try:
            loaded = load_standings(self._project, editions)
        except ScanformError as problem:
            log.warning("the store could not be read again: %s", problem.slug)
        finally:
            with self.lock:
                self._loader = None
                if known == self._loaded_at and loaded is not None:
                    self.editions = editions
                    self._remember(loaded, began)
                elif known == self._loaded_at:
                    self._loaded_at = time.monotonic()

    def _latest(self) -> int:
        with self._project.store.reading() as tx:
            return values.last_decision(tx)

    def _remember(self, loaded: Standings, began: float) -> None:
        """Adopt what was loaded, except for responses decided on meanwhile: their state in memory is newer."""
        newer = {name: self._cases.get(name) for name in self._touched}
        self._places = {member: place for place in loaded.places for member in place}
        self._cases = {case.machine.id: case for case in loaded.cases if case.machine.id not in newer}
        self._cases |= {name: case for name, case in newer.items() if case is not None}
        self._loaded_at = time.monotonic()
        self._load_s = self._loaded_at - began

    # --- following the acts ------------------------------------------------------------------------------------------

    def catch_up(self, tx: Transaction) -> None:
        """Apply decisions made through other programs since the memory was filled."""
        fresh = values.decisions_after(tx, self._sequence)
        for response_id in {decision.item.rpartition(ITEM_SEPARATOR)[0] for decision in fresh}:
            if response_id in self._cases:
                self._reload_case(tx, response_id)
        self._sequence = max(self._sequence, values.last_decision(tx))

    def reload(self, tx: Transaction, item: str) -> None:
        """Reload the response of `item`, or the contradictions of a respondent, from the store."""
        try:
            self._reload_case(tx, split_item_id(item)[0])
        except ValueError:  # not the id of an item
            return

    def learn(self, tx: Transaction, case: Case, decision: Decision) -> None:
        """Apply a decision that was just written."""
        if case.contradictory:
            self._rejoin(tx, case.members, case.machine.id)
            return
        made = response_case(case.machine, case.versions, (*case.decisions, decision), self.editions)
        self._cases[case.machine.id] = made
        self._rejoin(tx, self._places.get(case.machine.id, ()))

    def _reload_case(self, tx: Transaction, response_id: str) -> None:
        known = self._cases.get(response_id)
        if known is not None and known.contradictory:
            for member in known.members:
                self._reload_response(tx, member)
            self._rejoin(tx, known.members, response_id)
        else:
            self._reload_response(tx, response_id)
            self._rejoin(tx, self._places.get(response_id, ()))

    def _reload_response(self, tx: Transaction, response_id: str) -> None:
        self._touched.add(response_id)
        found = values.load_responses(tx, response_id=response_id)
        if not found:
            self._cases.pop(response_id, None)
            return
        versions, made = values.versions(tx, response_id), values.decisions(tx, response_id)
        self._cases[response_id] = response_case(found[0], versions, made, self.editions)

    def _rejoin(self, tx: Transaction, members: Sequence[str], name: str = "") -> None:
        """Look again for contradictions between `members`; `name` is the merged record they made so far."""
        if not members:
            return
        responses = [self._cases[member].effective for member in members if member in self._cases]
        groups = grouped(responses, [(link.first, link.second) for link in values.links(tx)])
        joined = [group for group in groups if len(group) > 1]
        records = [resolved(group, self.editions, lambda name: values.decisions(tx, name)) for group in joined]
        for gone in {name, *(record.id for record in records)} - {""}:
            self._touched.add(gone)
            self._cases.pop(gone, None)
        for record in records:
            if record.conflicts:
                self._cases[record.id] = conflict_case(record, values.decisions(tx, record.id))


def shown_item(case: Case, answer: Answer) -> ReviewItem:
    """An answer of a case as shown and decided: its effective value, with the version of the machine's."""
    return review_item(case.effective, answer, case.versions)
