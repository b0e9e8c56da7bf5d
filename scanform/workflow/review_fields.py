"""Checking doubtful values: the desk that the review station works at.

The desk hands out cards in a good order, takes decisions and says what became of each. A decision is written before it
is acknowledged, one that is sent twice counts once, and one that was made on an outdated view comes back as a conflict
instead of overwriting what somebody else decided.
"""

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from scanform import rules
from scanform.errors import ScanformError
from scanform.i18n.texts import text
from scanform.model.layout import Layout
from scanform.model.questionnaire import Questionnaire
from scanform.model.response import Answer, Response, Status
from scanform.model.review import Decision, DecisionKind, ReviewItem
from scanform.review.apply import ITEM_SEPARATOR, Standing, apply, decided, in_force, item_id, refiltered, split_item_id, standings
from scanform.review.triage import item as review_item
from scanform.review.triage import items, ordered
from scanform.store import values
from scanform.store.engine import Transaction
from scanform.workflow.project import Project
from scanform.workflow.review_cards import Card, make_card, reason_text
from scanform.workflow.review_crops import CropCutter

log = logging.getLogger(__name__)

FRESH_S = 15.0
"""How long the desk works from memory before it looks whether another program has read or imported more."""

ANXIOUS_S = 1.0
"""The same while the queue is empty."""

LOAD_SHARE = 20.0
"""Looking takes at most about one twentieth of the time, however large the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A decision as the screen sends it: `basis` is the decision in force that the reviewer saw, "" for none."""

    uuid: str
    item: str
    version: int
    basis: str
    kind: DecisionKind
    from_value: str
    to_value: str
    undoes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a submission: "saved", "conflict", "invalid" or "unknown".

    Unless it is "saved", nothing was written, `message` says why, and `card` shows how matters stand now.
    """

    uuid: str
    result: str
    message: str = ""
    card: Card | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Values that wait (`postponed` among them), values that people decided, and both together."""

    open: int
    postponed: int
    settled: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One response as it stands: machine values, effective values, decisions, what is open, how many values people settled."""

    machine: Response
    effective: Response
    versions: Mapping[str, int]
    standing: Mapping[str, Standing]
    decisions: tuple[Decision, ...]
    open_items: tuple[ReviewItem, ...]
    settled: int

    def decision(self, column: str) -> Decision | None:
        return self.standing.get(item_id(self.machine.id, column), Standing()).decision

    def basis(self, column: str) -> str:
        decision = self.decision(column)
        return decision.uuid if decision else ""


class _Editions:
    """Which layout and which edition of the questionnaire a response belongs to; looked up once each."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._layouts: dict[str, Layout | None] = {}
        self._questionnaires: dict[str, Questionnaire | None] = {}

    def layout(self, response_id: str) -> Layout | None:
        """The printed layout of a form, or None for other responses: a form id begins with the layout's digest."""
        digest = response_id.partition("-")[0]
        if digest not in self._layouts:
            self._layouts[digest] = self._project.layouts.get(digest)
        return self._layouts[digest]

    def questionnaire(self, response_id: str, code: str) -> Questionnaire | None:
        """The edition that the form was printed from, else today's."""
        layout = self.layout(response_id)
        key = layout.digest if layout else code
        if key not in self._questionnaires:
            self._questionnaires[key] = self._project.questionnaire_of(layout) if layout else self._project.questionnaires.get(code)
        return self._questionnaires[key]


def effective_responses(project: Project) -> list[Response]:
    """All responses that count, with what people decided laid over what the machine read."""
    return [case.effective for case in _cases(project, _Editions(project))]


class Desk:
    """The work that waits in one project. Safe to be used by several threads."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lock = threading.RLock()
        self._memory: dict[str, _Case] = {}
        self._touched: set[str] = set()
        self._loaded_at = float("-inf")
        self._load_s = 0.0
        self._loader: threading.Thread | None = None
        self._editions = _Editions(project)
        self._cutter = CropCutter(project, self.layout)

    def close(self) -> None:
        """Waits for what is still being loaded; the desk can be used again afterwards."""
        loader = self._loader
        if loader is not None:
            loader.join()

    # --- looking -----------------------------------------------------------------------------------------------------

    def queue(self, limit: int, after: str = "", *, language: str = "de") -> list[Card]:
        """At most `limit` open values, those after the item `after`: question by question, put off ones last."""
        with self._lock:
            self._refresh(FRESH_S)
            found = self._open_after(after)
            if not found and not after:
                self._refresh(ANXIOUS_S)
            return [self._card(self._memory[item.response_id], item, language) for item in found[:limit]]

    def item(self, item: str) -> ReviewItem | None:
        """The item with this id, open or settled, or None."""
        with self._lock:
            self._refresh(FRESH_S)
            found = self._find(item)
            return review_item(found[0].effective, found[1], found[0].versions) if found else None

    def card(self, item: str, *, language: str = "de") -> Card | None:
        """The card of an item, open or settled, or None."""
        with self._lock:
            found = self.item(item)
            return self._card(self._memory[found.response_id], found, language) if found else None

    def crop(self, item: str, *, context: bool = False) -> bytes | None:
        """JPEG of the place on the paper, upright, or of the whole page with a frame around it; None when there is none."""
        found = self.item(item)
        return self._cutter.crop(found, context=context) if found else None

    def counts(self) -> Counts:
        """How much waits and how much is done."""
        with self._lock:
            self._refresh(FRESH_S)
            waiting = [item for case in self._memory.values() for item in case.open_items]
            settled = sum(case.settled for case in self._memory.values())
        return Counts(open=len(waiting), postponed=sum(item.postponed > 0 for item in waiting), settled=settled, total=len(waiting) + settled)

    def check(self, item: str, typed: str, *, language: str = "de") -> str | None:
        """What is wrong with a typed value, "" when nothing is; None for an unknown item."""
        with self._lock:
            found = self.item(item)
            return None if found is None else self._normalised(found, typed, language)[1]

    def layout(self, response_id: str) -> Layout | None:
        """The printed layout of a form, or None for other responses."""
        return self._editions.layout(response_id)

    # --- deciding ----------------------------------------------------------------------------------------------------

    def decide(self, submissions: Iterable[Submission], *, reviewer: str, language: str = "de") -> list[Outcome]:
        """Writes decisions in their order, in one transaction; returns what became of each. Sending again is harmless."""
        with self._lock:
            try:
                with self._project.store.writing() as tx:
                    return [self._decide(tx, submission, reviewer, language) for submission in submissions]
            except BaseException:
                self._forget()  # nothing was written: what the memory holds of it is void
                raise

    def undo(self, reviewer: str, *, language: str = "de") -> Card | None:
        """Takes back the reviewer's latest decision in force; returns the card that is open again, or None."""
        with self._lock:
            own = [decision for decision in in_force(self._project.store.decisions()) if decision.reviewer == reviewer]
            for last in reversed(own):
                if self.item(last.item) is None:
                    continue  # withdrawn meanwhile: nobody sees it
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
                self.decide([undoing], reviewer=reviewer, language=language)
                return self.card(last.item, language=language)
            return None

    def _decide(self, tx: Transaction, submission: Submission, reviewer: str, language: str) -> Outcome:
        found = self._reload(tx, submission.item)
        if found is None:
            mine = submission.to_value or submission.from_value
            return Outcome(uuid=submission.uuid, result="unknown", message=text("review.gone", language, mine=mine))
        case, answer = found
        if any(known.uuid == submission.uuid for known in case.decisions):
            return Outcome(uuid=submission.uuid, result="saved")
        decision = _decision(submission, reviewer)
        if decision.kind in _SETTLING:
            refused = self._objection(case, answer, submission, language)
            if refused is not None:
                return refused
            decision = self._canonical(case, answer, decision)
        values.add_decision(tx, decision)
        self._memory[case.machine.id] = _case(case.machine, case.versions, (*case.decisions, decision), self._editions)
        return Outcome(uuid=submission.uuid, result="saved")

    def _objection(self, case: _Case, answer: Answer, submission: Submission, language: str) -> Outcome | None:
        """Why a decision is not taken: it is no valid value, or it was made on an outdated view and says something else."""
        item = review_item(case.effective, answer, case.versions)
        if submission.kind is DecisionKind.CORRECT:
            message = self._normalised(item, submission.to_value, language)[1]
            if message:
                return Outcome(uuid=submission.uuid, result="invalid", message=message, card=self._card(case, item, language))
        decision = self._canonical(case, answer, _decision(submission, ""))
        current = submission.version == case.versions.get(answer.column, submission.version) and submission.basis == case.basis(answer.column)
        if current or _same(decided(_machine(case, answer), decision, version=submission.version), answer):
            return None
        shown = self._card(case, item, language)
        mine = decision.from_value if decision.kind is DecisionKind.CONFIRM else decision.to_value
        message = text("review.conflict", language, mine=mine or text("review.blank", language), current=shown.value_text)
        return Outcome(uuid=submission.uuid, result="conflict", message=message, card=shown)

    def _canonical(self, case: _Case, answer: Answer, decision: Decision) -> Decision:
        """The decision with its typed value in canonical form."""
        if decision.kind is not DecisionKind.CORRECT:
            return decision
        return replace(decision, to_value=self._normalised(review_item(case.effective, answer, case.versions), decision.to_value, "de")[0])

    def _normalised(self, item: ReviewItem, typed: str, language: str) -> tuple[str, str]:
        """(canonical value, what is wrong with it in words or "")."""
        questionnaire = self._editions.questionnaire(item.response_id, item.questionnaire)
        question = questionnaire.question(item.question) if questionnaire else None
        if question is None or not typed:
            return typed, ""
        try:
            return rules.key_answer(question, item.option, typed).value, ""
        except ValueError as problem:
            return typed, reason_text(str(problem), language)

    # --- memory ------------------------------------------------------------------------------------------------------

    def _refresh(self, older_than_s: float) -> None:
        """Reads the store at once when nothing is known yet, else in the background when the memory is old; nobody waits for that."""
        age_s = time.monotonic() - self._loaded_at
        if self._loaded_at == float("-inf"):
            self._editions = _Editions(self._project)
            self._remember(_cases(self._project, self._editions), time.monotonic())
        elif age_s > max(older_than_s, LOAD_SHARE * self._load_s) and self._loader is None:
            self._touched.clear()
            self._loader = threading.Thread(target=self._load, name="review-desk", daemon=True)
            self._loader.start()

    def _load(self) -> None:
        began, known = time.monotonic(), self._loaded_at
        editions = _Editions(self._project)
        cases: list[_Case] | None = None
        try:
            cases = _cases(self._project, editions)
        except ScanformError as problem:
            log.warning("the store could not be read again: %s", problem.slug)
        finally:
            with self._lock:
                self._loader = None
                if known == self._loaded_at and cases is not None:
                    self._editions = editions
                    self._remember(cases, began)
                elif known == self._loaded_at:
                    self._loaded_at = time.monotonic()

    def _remember(self, cases: Iterable[_Case], began: float) -> None:
        """Takes what was loaded, but for responses that were decided on meanwhile: of those the memory knows more."""
        newer = {name: self._memory.get(name) for name in self._touched}
        self._memory = {case.machine.id: case for case in cases if case.machine.id not in newer}
        self._memory |= {name: case for name, case in newer.items() if case is not None}
        self._loaded_at = time.monotonic()
        self._load_s = self._loaded_at - began

    def _forget(self) -> None:
        self._loaded_at = float("-inf")
        self._touched.clear()

    def _reload(self, tx: Transaction, item: str) -> tuple[_Case, Answer] | None:
        """The response of `item` as the store has it now; the memory follows."""
        try:
            response_id, _ = split_item_id(item)
        except ValueError:
            return None
        self._touched.add(response_id)
        found = values.load_responses(tx, response_id=response_id)
        if not found:
            self._memory.pop(response_id, None)
            return None
        decisions = tuple(values.decisions(tx, response_id))
        self._memory[response_id] = _case(found[0], values.versions(tx, response_id), decisions, self._editions)
        return self._find(item)

    def _find(self, item: str) -> tuple[_Case, Answer] | None:
        response_id, _, column = item.rpartition(ITEM_SEPARATOR)
        case = self._memory.get(response_id)
        answer = next((answer for answer in case.effective.answers if answer.column == column), None) if case else None
        return (case, answer) if case and answer else None

    def _open_after(self, after: str) -> tuple[ReviewItem, ...]:
        found = {item.id: item for case in self._memory.values() for item in case.open_items}
        mark = self._find(after) if after and after not in found else None
        if mark:
            found[after] = review_item(mark[0].machine, _machine(*mark), mark[0].versions)
        line = ordered(found.values(), self._columns())
        place = next((number for number, item in enumerate(line) if item.id == after), -1)
        return line[place + 1 :]

    def _columns(self) -> dict[str, Sequence[str]]:
        columns: dict[str, Sequence[str]] = {}
        for case in self._memory.values():
            if case.machine.questionnaire not in columns or len(case.machine.answers) > len(columns[case.machine.questionnaire]):
                columns[case.machine.questionnaire] = [answer.column for answer in case.machine.answers]
        return columns

    def _card(self, case: _Case, item: ReviewItem, language: str) -> Card:
        questionnaire = self._editions.questionnaire(item.response_id, item.questionnaire)
        basis = case.basis(item.id.rpartition(ITEM_SEPARATOR)[2])
        return make_card(item, questionnaire, self.layout(item.response_id), basis=basis, language=language)


_SETTLING = frozenset(DecisionKind) - {DecisionKind.UNDO, DecisionKind.POSTPONE}


def _cases(project: Project, editions: _Editions) -> list[_Case]:
    decisions: dict[str, list[Decision]] = {}
    for decision in project.store.decisions():
        decisions.setdefault(decision.item.rpartition(ITEM_SEPARATOR)[0], []).append(decision)
    versions = project.store.all_versions()
    responses = project.store.responses()
    return [_case(response, versions.get(response.id, {}), tuple(decisions.get(response.id, ())), editions) for response in responses]


def _case(machine: Response, versions: Mapping[str, int], decisions: tuple[Decision, ...], editions: _Editions) -> _Case:
    effective = machine
    if decisions:
        questionnaire = editions.questionnaire(machine.id, machine.questionnaire)
        effective = apply(machine, decisions, versions)
        effective = refiltered(effective, questionnaire) if questionnaire else effective
    standing = standings(decisions)
    settled = sum(standing.get(item_id(machine.id, answer.column), Standing()).decision is not None for answer in machine.answers) if standing else 0
    return _Case(
        machine=machine,
        effective=effective,
        versions=versions,
        standing=standing,
        decisions=decisions,
        open_items=items(effective, versions, standing),
        settled=settled,
    )


def _machine(case: _Case, answer: Answer) -> Answer:
    return case.machine.answer(answer.question, answer.option) or answer


def _decision(submission: Submission, reviewer: str) -> Decision:
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


def _same(wanted: Answer, current: Answer) -> bool:
    """Whether a decision on an outdated view says what stands anyway."""
    return wanted.value == current.value and (bool(wanted.value) or (wanted.missing is current.missing and current.status is not Status.REVIEW))
