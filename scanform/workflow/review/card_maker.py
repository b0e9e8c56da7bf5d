"""Builds a card of the review queue: wording and proposal of a value, what contradicts it, and known related values."""

from collections.abc import Mapping

from scanform.assemble import COPY
from scanform.model.questionnaire import DataClass, Questionnaire
from scanform.model.response import Status
from scanform.model.review import ReviewItem
from scanform.pagecode import parse_form_id
from scanform.review.apply import split_item_id
from scanform.store import issued
from scanform.workflow.printing.printed_texts import printed_answers
from scanform.workflow.project.project import Project
from scanform.workflow.review.cards import Beside, Card, make_card
from scanform.workflow.review.cases import Case
from scanform.workflow.review.memory import Memory


class CardMaker:
    """Makes cards from the memory. The caller holds the memory's lock."""

    def __init__(self, project: Project, memory: Memory) -> None:
        self._store = project.store
        self._memory = memory
        self._printed: dict[str, Mapping[str, str]] = {}

    def card(self, case: Case, item: ReviewItem, language: str, *, blind: bool = False) -> Card:
        """The card of an item of a case; `blind`: without people's decisions on it and without related values."""
        editions = self._memory.editions
        questionnaire = editions.questionnaire(case.form, item.questionnaire)
        column = split_item_id(item.id)[1]
        claims = case.claims.get(column, ()) if case.decision(column) is None else ()
        raw = None if blind else next((one.raw for one in case.effective.answers if one.column == column), None)
        return make_card(
            item,
            questionnaire,
            editions.layout(case.form),
            basis=case.basis(column),
            language=language,
            claims=claims,
            form=case.form,
            raw=raw,
            beside=Beside(questionnaire=questionnaire) if blind else self._beside(case, item, questionnaire),
        )

    def _beside(self, case: Case, item: ReviewItem, questionnaire: Questionnaire | None) -> Beside:
        """Settled values of other questions (personal values only beside personal ones), and what is printed on the
        form.
        """
        question = questionnaire.question(item.question) if questionnaire else None
        if questionnaire is None or question is None or case.contradictory:
            return Beside(questionnaire=questionnaire)
        person = question.data_class is DataClass.CONTACT
        settled = {
            answer.question: answer.value
            for answer in case.effective.answers
            if question.values and answer.option is None and answer.value
            if answer.status is not Status.REVIEW and answer.question != question.code
            if person or not self._memory.asks_for_person(case, answer.question)
        }
        is_printed = question.recipient is not None and item.option is None
        printed = self._printed_on(case, questionnaire).get(question.code, "") if is_printed else ""
        return Beside(questionnaire=questionnaire, values=settled, printed=printed)

    def _printed_on(self, case: Case, questionnaire: Questionnaire) -> Mapping[str, str]:
        """What is printed on a form about its recipient, by question, where that person surely filled it: not on a
        photocopy or a held form.
        """
        parts = parse_form_id(case.form)
        copied = any(problem.slug == COPY for problem in case.machine.problems)
        if parts is None or case.machine.held or copied or f"{case.form}.2" in self._memory.cases:
            return {}
        if case.form not in self._printed:
            with self._store.reading() as tx:
                form = issued.issued_form(tx, parts[1])
            known = form if form is not None and form.digest == parts[0] and form.token == case.machine.token else None
            self._printed[case.form] = printed_answers(questionnaire, known)
        return self._printed[case.form]
