"""Checking doubtful values and contradictions: the desk that the review station works at.

The desk hands out cards in a good order, takes decisions and says what became of each. A decision is written before it
is acknowledged, one that is sent twice counts once, and one that was made on an outdated view comes back as a conflict
instead of overwriting what somebody else decided.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from scanform import rules
from scanform.assemble import COPY
from scanform.consistency import REFUSED
from scanform.errors import ScanformError
from scanform.i18n.texts import text
from scanform.merge.match import grouped
from scanform.model.geometry import SizeMm
from scanform.model.layout import Layout, PageLayout
from scanform.model.page import PageRef
from scanform.model.person import Person, Right
from scanform.model.problem import Problem
from scanform.model.questionnaire import DataClass, Questionnaire
from scanform.model.response import Answer, Status
from scanform.model.review import Decision, DecisionKind, ReviewItem
from scanform.pagecode import parse_form_id
from scanform.review.apply import ITEM_SEPARATOR, decided, in_force, split_item_id
from scanform.review.triage import item as review_item
from scanform.review.triage import ordered
from scanform.store import issued, leases, values
from scanform.store.decision_times import add_decision_time
from scanform.store.engine import Transaction
from scanform.workflow.printing.printed_texts import printed_answers
from scanform.workflow.project.project import Project
from scanform.workflow.review.cards import Beside, Card, is_typed, make_card, reason_text
from scanform.workflow.review.cases import Case, Editions, Standings, conflict_case, effective_responses, load_standings, resolved, response_case
from scanform.workflow.review.crops import CropCutter
from scanform.workflow.review.rights import Dealings, Sight, dealings, may_see, refusal, says_the_same
from scanform.workflow.review.seeded_items import SeededItems

__all__ = ["Counts", "Desk", "Outcome", "Sight", "Submission", "effective_responses"]

log = logging.getLogger(__name__)

SCREENS = ("field", "mosaic")
"""The screens on which values are decided: one by one, many at once."""

FRESH_S = 15.0
"""How long the desk works from memory before it looks whether another program has read or imported more."""

ANXIOUS_S = 1.0
"""The same while the queue is empty."""

LOAD_SHARE = 20.0
"""Looking takes at most about one twentieth of the time, however large the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A decision as the screen sends it: `basis` is the decision in force that the reviewer saw, "" for none; `ms` is how long it took on which `screen`, 0
    for not known.
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
    """What became of a submission: "saved", "conflict", "invalid" or "unknown".

    Unless it is "saved", nothing was written, `message` says why, and `card` shows how matters stand now.
    """

    uuid: str
    result: str
    message: str = ""
    card: Card | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Values and contradictions that wait and that somebody can reach (`postponed` among them), those that people decided, and both together.

    Apart from these: what waits on other people's screens (`elsewhere`), and values of persons that wait for those who may see them (`contact`).
    """

    open: int
    postponed: int
    settled: int
    total: int
    elsewhere: int = 0
    contact: int = 0

    def told(self) -> dict[str, int]:
        """The numbers as a screen gets them; of what is apart those that are not nought."""
        return {name: count for name, count in asdict(self).items() if count or name not in {"elsewhere", "contact"}}


class Desk:
    """The work that waits in one project. Safe to be used by several threads."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lock = threading.RLock()
        self._memory: dict[str, Case] = {}
        self._places: dict[str, tuple[str, ...]] = {}
        self._touched: set[str] = set()
        self._loaded_at = float("-inf")
        self._load_s = 0.0
        self._sequence = 0
        self._loader: threading.Thread | None = None
        self._editions = Editions(project)
        self._printed: dict[str, Mapping[str, str]] = {}
        self._open_questions: dict[int, tuple[Questionnaire, frozenset[str]]] = {}
        self._cutter = CropCutter(project, self.layout)
        self._known = SeededItems(project.config.review.known_answers, lambda item, typed: self._normalised(item, typed, "de") == (typed, ""))

    def close(self) -> None:
        """Waits for what is still being loaded; the desk can be used again afterwards."""
        loader = self._loader
        if loader is not None:
            loader.join()

    @property
    def project(self) -> Project:
        """Whose work this is."""
        return self._project

    # --- looking -----------------------------------------------------------------------------------------------------

    def queue(self, limit: int, after: str = "", *, language: str = "de") -> list[Card]:
        """At most `limit` open values, those after the item `after`: question by question, then contradictions, put off ones last."""
        with self._lock:
            self._refresh(FRESH_S)
            found = self._open_after(after)
            if not found and not after:
                self._refresh(ANXIOUS_S)
            return [self._card(self._memory[item.response_id], item, language) for item in found[:limit]]

    def claim(self, limit: int, *, reviewer: str, shown: Iterable[str] = (), contact: bool = True, first: str = "", language: str = "de") -> list[Card]:
        """At most `limit` open values for `reviewer`, in the order of `queue`, the item `first` before all others.

        Nobody else gets them while they are on the screen. What is `shown` there already is not given again, and stays leased. Without
        `contact`, names and addresses are left to others. A few may be known answers (`workflow.review.seeded_items`), which nothing tells from the others.
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
        among: Sequence[ReviewItem] | None = None,
        first: str = "",
        fits: Callable[[ReviewItem], bool] = lambda _: True,
        place: Callable[[ReviewItem], bytes] | None = None,
    ) -> list[ReviewItem]:
        """The values that `claim` gives out, `among` those given, where known answers have to be such as `fits` says; the item `first` before all others.

        They come in the order of `place`, else in that of the queue: known answers stand where they would if they waited.
        """
        with self._lock:
            self._refresh(FRESH_S)
            with self._project.store.writing() as tx:
                self._catch_up(tx)
                leases.renew(tx, reviewer)
                seen = set(shown)
                line = among if among is not None else self._open_after("")
                line = sorted(line, key=lambda item: item.id != first) if first else line
                free = [item for item in line if item.id not in seen and self._is_open(item.id) and (contact or not self._is_contact(item))]
                granted = set(leases.claim(tx, [item.id for item in free], reviewer, limit))
                given = [item for item in free if item.id in granted]

                def lined_up(items: Sequence[ReviewItem]) -> list[ReviewItem]:
                    line = sorted(items, key=place) if place else self._in_line(items)
                    return sorted(line, key=lambda item: item.id != first) if first else line

                given = self._known.mix(tx, given, reviewer=reviewer, cases=self._memory, limit=limit, shown=seen, fits=fits, lined_up=lined_up)
            if not given and among is None and not seen:
                self._refresh(ANXIOUS_S)
            return given

    def may_see(self, item: str, person: Person, what: Sight) -> bool:
        """Whether somebody may see a value, or only its picture (`workflow.review.rights`); nobody sees what is not there unless they may see everything."""
        with self._lock:
            self._refresh(FRESH_S)
            with self._project.store.reading() as tx:
                found = self._as_seen(tx, item, person.name)
                had = self._dealings(tx, item, person.name, found[0]) if found else dealings(tx, item, person.name, None)
            return may_see(person, had, contact=found is not None and self._is_contact_of(*found), what=what)

    def open_items(self, reviewer: str = "", *, contact: bool = True) -> tuple[ReviewItem, ...]:
        """All open doubtful values, without contradictions, question by question; for a `reviewer`, without those that others have on the screen, and with
        the known answers that wait there.
        """
        with self._lock:
            self._refresh(FRESH_S)
            waiting = self._open("", contradictory=False)
            others: set[str] = set()
            if reviewer:
                with self._project.store.reading() as tx:
                    others = {item for item, holder in leases.holders(tx).items() if holder != reviewer}
                    waiting = {**{name: item for name, (_, item) in self._known.of(tx, reviewer, self._memory).waiting.items()}, **waiting}
            found = ordered(waiting.values(), self._columns())
            return tuple(item for item in found if item.id not in others and (contact or not self._is_contact(item)))

    def settled(self) -> tuple[Case, ...]:
        """All responses as they stand, without contradictions between them."""
        with self._lock:
            self._refresh(FRESH_S)
            return tuple(case for case in self._memory.values() if not case.contradictory)

    def case(self, response_id: str, *, reviewer: str = "") -> Case | None:
        """How matters stand with a response now, for a `reviewer` as it is on their screen."""
        with self._lock:
            self._refresh(FRESH_S)
            found = self._memory.get(response_id)
            if found is None or not reviewer:
                return found
            with self._project.store.reading() as tx:
                return self._known.seen_by(tx, found, reviewer, self._editions)

    def card_of(self, case: Case, item: ReviewItem, *, blind: bool = False, language: str = "de") -> Card:
        """The card of an item of a case, `blind` without what people said of it."""
        with self._lock:
            return self._card(case, item, language, blind=blind)

    def is_contact(self, item: ReviewItem) -> bool:
        """Whether a value is of a person, not an answer."""
        with self._lock:
            return self._is_contact(item)

    def normalised(self, item: ReviewItem, typed: str, *, language: str = "de") -> tuple[str, str]:
        """(canonical value, what is wrong with it in words or "") of a typed one."""
        with self._lock:
            return self._normalised(item, typed, language)

    def cards(self, items: Iterable[ReviewItem], *, reviewer: str = "", language: str = "de") -> list[Card]:
        """The cards of open values that are still there, for a `reviewer` with what is beside them as it is on their screen."""
        with self._lock, self._project.store.reading() as tx:
            there = [(self._memory[item.response_id], item) for item in items if item.response_id in self._memory]
            if not reviewer:
                return [self._card(case, item, language) for case, item in there]
            return [self._card(self._known.seen_by(tx, case, reviewer, self._editions), item, language) for case, item in there]

    def item(self, item: str) -> ReviewItem | None:
        """The item with this id, open or settled, or None."""
        with self._lock:
            self._refresh(FRESH_S)
            found = self._find(item)
            return review_item(found[0].effective, found[1], found[0].versions) if found else None

    def card(self, item: str, *, reviewer: str = "", language: str = "de") -> Card | None:
        """The card of an item, open or settled, or None; for a `reviewer` as it is on their screen."""
        with self._lock:
            self._refresh(FRESH_S)
            with self._project.store.reading() as tx:
                found = self._as_seen(tx, item, reviewer)
            return self._card(found[0], review_item(found[0].effective, found[1], found[0].versions), language) if found else None

    def crop(self, item: str, *, context: bool = False, tight: bool = False) -> bytes | None:
        """JPEG of the place on the paper, upright, `tight` without the wording above it, or of the whole page with a frame; None when there is none."""
        found = self.item(item)
        return self._cutter.crop(found, context=context, tight=tight) if found else None

    def page(self, ref: PageRef, size: SizeMm) -> bytes | None:
        """JPEG of a whole page, upright, without a frame; None when it cannot be decoded."""
        return self._cutter.page(ref, size)

    def question(self, ref: PageRef, page: PageLayout, question: str) -> bytes | None:
        """JPEG of what a page says on one question; None when there is nothing to be seen of it."""
        return self._cutter.question(ref, page, question)

    def members_of(self, response_id: str) -> tuple[str, ...]:
        """The responses that the latest merge joined with this one, itself among them; empty when it stands alone."""
        with self._lock:
            return self._places.get(response_id, ())

    def counts(self, reviewer: str = "", *, contact: bool = True) -> Counts:
        """How much waits and how much is done; for a `reviewer` what they can reach, with the known answers among it, those that are still to come as well.

        Without `contact`, names and addresses that wait are counted apart, and those that others decided nowhere.
        """
        with self._lock:
            self._refresh(FRESH_S)
            cases = self._memory.values()
            everything = [item for case in cases for item in case.open_items if contact or not self._asks_for_person(case, item.question)]
            apart = 0 if contact else sum(len(case.open_items) for case in cases) - len(everything)
            settled = sum(case.settled if contact else self._settled_answers(case) for case in cases)
            waiting, planned = everything, 0
            if reviewer:
                with self._project.store.reading() as tx:
                    others = {item for item, holder in leases.holders(tx).items() if holder != reviewer}
                    waiting = [item for item in everything if item.id not in others]
                    own = self._known.of(tx, reviewer, self._memory)
                    planned = self._known.planned(tx, self._in_line(waiting), reviewer=reviewer, cases=self._memory)
                elsewhere = len(everything) - len(waiting)
                waiting += [item for _, item in own.waiting.values()]
                settled += own.answered
            else:
                elsewhere = 0
            waits, postponed = len(waiting) + planned, sum(item.postponed > 0 for item in waiting)
        return Counts(open=waits, postponed=postponed, settled=settled, total=waits + settled, elsewhere=elsewhere, contact=apart)

    def _settled_answers(self, case: Case) -> int:
        """How many values of a response people decided that are no names and addresses."""
        if not case.settled:
            return 0
        return sum(case.decision(answer.column) is not None and not self._asks_for_person(case, answer.question) for answer in case.machine.answers)

    def _asks_for_person(self, case: Case, question: str) -> bool:
        """Whether a question asks for something of a person; looked up once for each edition."""
        questionnaire = self._editions.questionnaire(case.form, case.machine.questionnaire)
        if questionnaire is None:
            return True
        key = id(questionnaire)
        if key not in self._open_questions or self._open_questions[key][0] is not questionnaire:
            codes = frozenset(one.code for one in questionnaire.questions() if one.data_class is not DataClass.CONTACT)
            self._open_questions[key] = (questionnaire, codes)
        return question not in self._open_questions[key][1]

    def check(self, item: str, typed: str, *, language: str = "de") -> str | None:
        """What is wrong with a typed value, "" when nothing is; None for an unknown item. It depends on the question alone."""
        with self._lock:
            found = self.item(item)
            return None if found is None else self._normalised(found, typed, language)[1]

    def listed(self, edition: str, question: str) -> tuple[str, ...] | None:
        """The list of admissible values of a question in an edition (its layout's digest, or the questionnaire's code); None where there is none."""
        with self._lock:
            questionnaire = self._editions.questionnaire(f"{edition}-", edition)
        found = questionnaire.question(question) if questionnaire else None
        return found.values if found is not None and found.values else None

    def layout(self, response_id: str) -> Layout | None:
        """The printed layout of a form, or of the form among the sources of a contradiction; None for other responses."""
        return self._editions.layout(self._form(response_id))

    def _form(self, response_id: str) -> str:
        case = self._memory.get(response_id)
        return case.form if case else response_id

    # --- deciding ----------------------------------------------------------------------------------------------------

    def decide(self, submissions: Iterable[Submission], *, reviewer: str, person: Person | None = None, language: str = "de") -> list[Outcome]:
        """Writes decisions in their order, in one transaction; returns what became of each. Sending again is harmless.

        Of a `person` whose rights count only what they may decide is taken (`workflow.review.rights`); without one the program itself decides for `reviewer`.
        """
        with self.acting(reviewer) as tx:
            return [self._decide(tx, submission, reviewer, language, person) for submission in submissions]

    @contextmanager
    def acting(self, reviewer: str) -> Iterator[Transaction]:
        """One act of a person: all that is written in it is stored together, or nothing is; nobody else acts meanwhile.

        The desk is taken before the store, everywhere: whoever held the store and then waited for the desk would keep both for ever.
        """
        with self._lock:
            if self._loaded_at == float("-inf"):
                self._refresh(FRESH_S)  # decisions concern what belongs together, too
            try:
                with self._project.store.writing() as tx:
                    leases.renew(tx, reviewer)
                    yield tx
            except BaseException:
                self._forget()  # nothing was written: what the memory holds of it is void
                raise

    def decide_within(self, tx: Transaction, submission: Submission, *, reviewer: str, language: str) -> Outcome:
        """Writes a decision as part of an act (`acting`); unless the outcome is "saved", it has written nothing."""
        return self._decide(tx, submission, reviewer, language, None)

    def register_file(self, tx: Transaction, item: str) -> None:
        """Within an act: what other programs have stored about the response of `item` until now."""
        self._catch_up(tx)
        self._reload(tx, item)

    def look_anew(self) -> None:
        """The next question is answered from the store as it is then, not from memory."""
        with self._lock:
            self._forget()

    def undo(self, reviewer: str, *, person: Person | None = None, language: str = "de") -> Card | None:
        """Takes back the reviewer's latest decision in force; returns the card that is open again, or None. A `person` reaches what they may decide now."""
        with self._lock:
            made = self._undo(reviewer, language, person)
            if made is None or not (person is None or self.may_see(made.item, person, Sight.VALUE)):
                return None
            card = self.card(made.item, reviewer=reviewer, language=language)
            return replace(card, draft=made.to_value) if card and card.text and made.to_value else card

    def _undo(self, reviewer: str, language: str, person: Person | None) -> Decision | None:
        """Finds and takes back in one transaction; returns what was taken back, None where nothing was."""
        with self.acting(reviewer) as tx:
            own = [decision for decision in in_force(values.decisions(tx)) if decision.reviewer == reviewer]
            last = next((decision for decision in reversed(own) if self._stands(decision) and self._reaches(tx, decision, person)), None)
            known = self._known.latest(tx, reviewer, self._memory)
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
            return last if self._decide(tx, undoing, reviewer, language, person).result == "saved" else None

    def _reaches(self, tx: Transaction, decision: Decision, person: Person | None) -> bool:
        """Whether a person may take back a decision of their own now, and would see again what they decided: nobody decided anew or has it on the screen."""
        found = self._find(decision.item)
        if person is None or found is None:
            return person is None
        case, answer = found
        standing = case.decision(answer.column)
        had = self._dealings(tx, decision.item, person.name, case)
        unchanged = standing is None or standing.reviewer == person.name
        return unchanged and not refusal(person, had, case, answer, DecisionKind.UNDO, contact=self._is_contact_of(case, answer))

    def _stands(self, decision: Decision) -> bool:
        """Whether a decision can be taken back: not when its response was withdrawn, or when the sources of a contradiction say something else."""
        item = self.item(decision.item)
        return item is not None and (not self._memory[item.response_id].contradictory or item.version == decision.version)

    def _decide(self, tx: Transaction, submission: Submission, reviewer: str, language: str, person: Person | None) -> Outcome:
        """Writes one act: every door to the decisions leads here, and here rights are checked."""
        saved = Outcome(uuid=submission.uuid, result="saved")
        author = values.author_of(tx, submission.uuid)
        if author == reviewer or self._known.answered(tx, submission.uuid, reviewer):
            return saved  # sent again
        self._reload(tx, submission.item)
        if self._is_late(tx, submission, reviewer):
            self._known.settle(tx, _decision(submission, reviewer), screen=submission.screen, after=values.last_decision(tx))
            return saved
        found = self._as_seen(tx, submission.item, reviewer)
        refused = self._refused(tx, found, submission, person, language)
        if refused is not None or found is None:
            return refused or _not_taken(submission, "gone", language)
        case, answer = found
        if author is not None or (submission.kind is DecisionKind.UNDO and not _is_own(case, submission, reviewer)):
            return _not_taken(submission, "not-yours", language)
        decision = _decision(submission, reviewer)
        if decision.kind in _SETTLING:
            objected = self._objection(case, answer, submission, language)
            if objected is not None:
                return objected
            decision = self._canonical(case, answer, decision)
        if self._known.is_at(tx, submission.item, reviewer, self._memory):
            self._known.settle(tx, decision, screen=submission.screen, after=values.last_decision(tx))
        else:
            self._write(tx, case, decision)
        if submission.screen in SCREENS and submission.ms > 0:
            add_decision_time(tx, screen=submission.screen, ms=submission.ms)
        return saved

    def _is_late(self, tx: Transaction, submission: Submission, reviewer: str) -> bool:
        """Whether a submission is about the wrong proposal of what was a known value and is none any more: it must never become a decision."""
        if submission.kind is DecisionKind.UNDO or self._known.is_at(tx, submission.item, reviewer, self._memory):
            return False
        return self._known.was_shown(tx, submission.item, submission.version, submission.from_value, reviewer)

    def _write(self, tx: Transaction, case: Case, decision: Decision) -> None:
        """Stores a decision; what is open again by it is on the screen of whoever took it back, everything else on nobody's."""
        values.add_decision(tx, decision)
        if decision.kind is DecisionKind.UNDO:
            leases.claim(tx, [decision.item], decision.reviewer, 1)
        else:
            leases.release(tx, [decision.item])
        self._learn(tx, case, decision)

    def _refused(self, tx: Transaction, found: tuple[Case, Answer] | None, submission: Submission, person: Person | None, language: str) -> Outcome | None:
        """Why a person's rights do not reach this far; None when they do, and for the program itself. Nothing of the value is in the answer."""
        if person is None:
            return None
        if found is None:
            had = dealings(tx, submission.item, person.name, None)
            return None if had.given or had.acted or person.may(Right.CONTACT) else _not_taken(submission, "not-yours", language)
        had = self._dealings(tx, submission.item, person.name, found[0])
        key = refusal(person, had, *found, submission.kind, contact=self._is_contact_of(*found))
        return _not_taken(submission, key, language) if key else None

    def _dealings(self, tx: Transaction, item: str, name: str, case: Case) -> Dealings:
        """What somebody has to do with a value as they see it: what is a known answer to them was given to them."""
        had = dealings(tx, item, name, case)
        known = self._known.is_at(tx, item, name, self._memory)
        return replace(had, given=True, acted=had.acted or had.own, blind=False) if known else had

    def _as_seen(self, tx: Transaction, item: str, reviewer: str) -> tuple[Case, Answer] | None:
        """A value and its response as somebody sees them: what is a known answer to them in disguise, together with what they said to it."""
        found = self._find(item)
        if found is None or not reviewer:
            return found
        case = self._known.seen_by(tx, found[0], reviewer, self._editions)
        answer = next(answer for answer in case.effective.answers if answer.column == found[1].column)
        return case, answer

    def _objection(self, case: Case, answer: Answer, submission: Submission, language: str) -> Outcome | None:
        """Why a decision is not taken: it is no valid value, or it was made on an outdated view and says something else."""
        if case.machine.held:  # whose page this is nobody knows
            mine = submission.to_value or submission.from_value
            return Outcome(uuid=submission.uuid, result="unknown", message=text("review.held", language, mine=mine))
        item = review_item(case.effective, answer, case.versions)
        inadmissible = submission.kind is DecisionKind.CONFIRM and bool(REFUSED & set(case.machine_answer(answer).problems))
        if submission.kind is DecisionKind.CORRECT or inadmissible:  # what the question does not admit is no value, whoever confirms it
            message = self._normalised(item, submission.from_value if inadmissible else submission.to_value, language)[1]
            if message:
                return Outcome(uuid=submission.uuid, result="invalid", message=message, card=self._card(case, item, language))
        if case.contradictory and submission.kind is DecisionKind.CONFIRM and not submission.from_value:
            return Outcome(uuid=submission.uuid, result="invalid", message=text("review.needs-claim", language), card=self._card(case, item, language))
        decision = self._canonical(case, answer, _decision(submission, ""))
        current = submission.version == case.versions.get(answer.column, submission.version) and submission.basis == case.basis(answer.column)
        if current or says_the_same(decided(case.machine_answer(answer), decision, version=submission.version), answer):
            return None
        shown = self._card(case, item, language)
        mine = decision.from_value if decision.kind is DecisionKind.CONFIRM else decision.to_value
        message = text("review.conflict", language, mine=mine or text("review.blank", language), current=shown.value_text)
        return Outcome(uuid=submission.uuid, result="conflict", message=message, card=shown)

    def _canonical(self, case: Case, answer: Answer, decision: Decision) -> Decision:
        """The decision with its typed value in canonical form, or as it stands there where that cannot be; other acts have no value of their own."""
        item = review_item(case.effective, answer, case.versions)
        return replace(decision, to_value=self.typed_value(item, decision.kind, decision.to_value))

    def typed_value(self, item: ReviewItem, kind: DecisionKind, typed: str) -> str:
        """What is kept of a text: the canonical value of a correction; the value that is confirmed; of what cannot be true the text as it stands there;
        nothing beside other acts.
        """
        if kind is DecisionKind.CORRECT:
            return self.normalised(item, typed)[0]
        if kind is DecisionKind.CONFIRM:
            return typed
        return rules.as_written(typed) if kind is DecisionKind.IMPLAUSIBLE and is_typed(item) else ""

    def _normalised(self, item: ReviewItem, typed: str, language: str) -> tuple[str, str]:
        """(canonical value, what is wrong with it in words or "")."""
        questionnaire = self._editions.questionnaire(self._form(item.response_id), item.questionnaire)
        question = questionnaire.question(item.question) if questionnaire else None
        if question is None or not typed:
            return typed, ""
        keyed = rules.key_answer(question, item.option, typed)
        return (typed, reason_text(keyed.slug, language)) if isinstance(keyed, Problem) else (keyed.value, "")

    def _catch_up(self, tx: Transaction) -> None:
        """Takes in what was decided through other programs since the memory was filled."""
        for response_id in {decision.item.rpartition(ITEM_SEPARATOR)[0] for decision in values.decisions_after(tx, self._sequence)}:
            if response_id in self._memory:
                self._reload_case(tx, response_id)
        self._sequence = max(self._sequence, values.last_decision(tx))

    def _is_open(self, item: str) -> bool:
        found = self._find(item)
        return found is not None and found[1].status is Status.REVIEW

    def _is_contact_of(self, case: Case, answer: Answer) -> bool:
        """The same of an answer of a case."""
        return self._is_contact(review_item(case.effective, answer, case.versions))

    def _is_contact(self, item: ReviewItem) -> bool:
        """Whether a value is of a person, not an answer; what no questionnaire knows may be of one."""
        questionnaire = self._editions.questionnaire(self._form(item.response_id), item.questionnaire)
        question = questionnaire.question(item.question) if questionnaire else None
        return question is None or question.data_class is DataClass.CONTACT

    # --- memory ------------------------------------------------------------------------------------------------------

    def _refresh(self, older_than_s: float) -> None:
        """Reads the store at once when nothing is known yet, else in the background when the memory is old; nobody waits for that."""
        age_s = time.monotonic() - self._loaded_at
        if self._loaded_at == float("-inf"):
            self._editions = Editions(self._project)
            self._sequence = self._latest()
            self._remember(load_standings(self._project, self._editions), time.monotonic())
        elif age_s > max(older_than_s, LOAD_SHARE * self._load_s) and self._loader is None:
            self._touched.clear()
            self._loader = threading.Thread(target=self._load, name="review-desk", daemon=True)
            self._loader.start()

    def _load(self) -> None:
        began, known = time.monotonic(), self._loaded_at
        editions = Editions(self._project)
        loaded: Standings | None = None
        try:
            loaded = load_standings(self._project, editions)
        except ScanformError as problem:
            log.warning("the store could not be read again: %s", problem.slug)
        finally:
            with self._lock:
                self._loader = None
                if known == self._loaded_at and loaded is not None:
                    self._editions = editions
                    self._remember(loaded, began)
                elif known == self._loaded_at:
                    self._loaded_at = time.monotonic()

    def _latest(self) -> int:
        with self._project.store.reading() as tx:
            return values.last_decision(tx)

    def _remember(self, loaded: Standings, began: float) -> None:
        """Takes what was loaded, but for responses that were decided on meanwhile: of those the memory knows more."""
        newer = {name: self._memory.get(name) for name in self._touched}
        self._places = {member: place for place in loaded.places for member in place}
        self._memory = {case.machine.id: case for case in loaded.cases if case.machine.id not in newer}
        self._memory |= {name: case for name, case in newer.items() if case is not None}
        self._loaded_at = time.monotonic()
        self._load_s = self._loaded_at - began

    def _forget(self) -> None:
        self._loaded_at = float("-inf")
        self._touched.clear()

    def _reload(self, tx: Transaction, item: str) -> tuple[Case, Answer] | None:
        """The response of `item`, or the contradictions of a place, as the store has them now; the memory follows."""
        try:
            self._reload_case(tx, split_item_id(item)[0])
        except ValueError:
            return None
        return self._find(item)

    def _reload_case(self, tx: Transaction, response_id: str) -> None:
        known = self._memory.get(response_id)
        if known is not None and known.contradictory:
            for member in known.members:
                self._reload_response(tx, member)
            self._rejoin(tx, known.members, response_id)
        else:
            self._reload_response(tx, response_id)
            self._rejoin(tx, self._places.get(response_id, ()))

    def _learn(self, tx: Transaction, case: Case, decision: Decision) -> None:
        """The memory follows a decision that was just written."""
        if case.contradictory:
            self._rejoin(tx, case.members, case.machine.id)
            return
        self._memory[case.machine.id] = response_case(case.machine, case.versions, (*case.decisions, decision), self._editions)
        self._rejoin(tx, self._places.get(case.machine.id, ()))

    def _reload_response(self, tx: Transaction, response_id: str) -> None:
        self._touched.add(response_id)
        found = values.load_responses(tx, response_id=response_id)
        if not found:
            self._memory.pop(response_id, None)
            return
        self._memory[response_id] = response_case(found[0], values.versions(tx, response_id), values.decisions(tx, response_id), self._editions)

    def _rejoin(self, tx: Transaction, members: Sequence[str], name: str = "") -> None:
        """Looks anew for contradictions between `members`; `name` is the merged record that they made until now."""
        if not members:
            return
        responses = [self._memory[member].effective for member in members if member in self._memory]
        groups = grouped(responses, [(link.first, link.second) for link in values.links(tx)])
        records = [resolved(group, self._editions, lambda name: values.decisions(tx, name)) for group in groups if len(group) > 1]
        for gone in {name, *(record.id for record in records)} - {""}:
            self._touched.add(gone)
            self._memory.pop(gone, None)
        for record in records:
            if record.conflicts:
                self._memory[record.id] = conflict_case(record, values.decisions(tx, record.id))

    def _find(self, item: str) -> tuple[Case, Answer] | None:
        response_id, _, column = item.rpartition(ITEM_SEPARATOR)
        case = self._memory.get(response_id)
        answer = next((answer for answer in case.effective.answers if answer.column == column), None) if case else None
        return (case, answer) if case and answer else None

    def _open_after(self, after: str) -> tuple[ReviewItem, ...]:
        line = self._in_line([item for contradictory in (False, True) for item in self._open(after, contradictory=contradictory).values()])
        place = next((number for number, item in enumerate(line) if item.id == after), -1)
        return tuple(line[place + 1 :])

    def _in_line(self, items: Iterable[ReviewItem]) -> list[ReviewItem]:
        """Question by question, contradictions after doubtful fields; what was put off comes last."""
        apart: tuple[list[ReviewItem], list[ReviewItem]] = ([], [])
        for item in items:
            apart[self._memory[item.response_id].contradictory].append(item)
        columns = self._columns()
        line = [item for some in apart for item in ordered(some, columns)]
        return sorted(line, key=lambda item: item.postponed)

    def _open(self, after: str, *, contradictory: bool) -> dict[str, ReviewItem]:
        """Open values or open contradictions, and the item `after` as the place where to go on, decided or not."""
        found = {item.id: item for case in self._memory.values() if case.contradictory is contradictory for item in case.open_items}
        mark = self._find(after) if after and after not in found else None
        if mark and mark[0].contradictory is contradictory:
            found[after] = review_item(mark[0].machine, mark[0].machine_answer(mark[1]), mark[0].versions)
        return found

    def _columns(self) -> dict[str, Sequence[str]]:
        columns: dict[str, Sequence[str]] = {}
        for case in self._memory.values():
            if case.machine.questionnaire not in columns or len(case.machine.answers) > len(columns[case.machine.questionnaire]):
                columns[case.machine.questionnaire] = [answer.column for answer in case.machine.answers]
        return columns

    def _card(self, case: Case, item: ReviewItem, language: str, *, blind: bool = False) -> Card:
        questionnaire = self._editions.questionnaire(case.form, item.questionnaire)
        column = item.id.rpartition(ITEM_SEPARATOR)[2]
        claims = case.claims.get(column, ()) if case.decision(column) is None else ()
        raw = None if blind else next((answer.raw for answer in case.effective.answers if answer.column == column), None)
        layout = self._editions.layout(case.form)
        facts = Beside(questionnaire=questionnaire) if blind else self._beside(case, item, questionnaire)
        return make_card(item, questionnaire, layout, basis=case.basis(column), language=language, claims=claims, form=case.form, raw=raw, beside=facts)

    def _beside(self, case: Case, item: ReviewItem, questionnaire: Questionnaire | None) -> Beside:
        """What is known beside a value: settled values of other questions, of persons only beside those of persons, and what the form bears in print."""
        question = questionnaire.question(item.question) if questionnaire else None
        if questionnaire is None or question is None or case.contradictory:
            return Beside(questionnaire=questionnaire)
        person = question.data_class is DataClass.CONTACT
        values = {
            answer.question: answer.value
            for answer in case.effective.answers
            if question.values and answer.option is None and answer.value and answer.status is not Status.REVIEW and answer.question != question.code
            if person or not self._asks_for_person(case, answer.question)
        }
        printed = self._printed_on(case, questionnaire).get(question.code, "") if question.recipient is not None and item.option is None else ""
        return Beside(questionnaire=questionnaire, values=values, printed=printed)

    def _printed_on(self, case: Case, questionnaire: Questionnaire) -> Mapping[str, str]:
        """What a form bears in print of the one it was printed for, where that one surely filled it: no photocopy, and none that is held."""
        parts = parse_form_id(case.form)
        if parts is None or case.machine.held or f"{case.form}.2" in self._memory or any(problem.slug == COPY for problem in case.machine.problems):
            return {}
        if case.form not in self._printed:
            with self._project.store.reading() as tx:
                form = issued.issued_form(tx, parts[1])
            known = form if form is not None and form.digest == parts[0] and form.token == case.machine.token else None
            self._printed[case.form] = printed_answers(questionnaire, known)
        return self._printed[case.form]


_SETTLING = frozenset(DecisionKind) - {DecisionKind.UNDO, DecisionKind.POSTPONE}


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


def _not_taken(submission: Submission, key: str, language: str) -> Outcome:
    """An act that was not taken, with what was entered, so that it is not lost."""
    mine = submission.to_value or submission.from_value or text("review.blank", language)
    return Outcome(uuid=submission.uuid, result="unknown", message=text(f"review.{key}", language, mine=mine))


def _is_own(case: Case, submission: Submission, reviewer: str) -> bool:
    """Whether an UNDO names an act that the same person made on the same value, and that still counts."""
    return any(act.uuid == submission.undoes and act.item == submission.item and act.reviewer == reviewer for act in in_force(case.decisions))
