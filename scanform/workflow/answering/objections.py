"""What a person is asked to correct before a page is done: the rules of the survey, those between answers included, and
required questions. Pure.

A value missing from a list, or a pair missing from its table, may be right all the same: it is not objected to, and
goes to the staff, as from paper.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scanform import rules
from scanform.consistency import WRONG_ORDER, checks_of, contradictions
from scanform.filters import Known
from scanform.model.problem import Problem
from scanform.model.questionnaire import Question, Questionnaire
from scanform.workflow.answering.pages import columns_of, option_of, shown

LONGEST_ENTRY = 10_000
"""Maximum characters of an answer; about three printed pages."""

REQUIRED, TOO_LONG, TEXT_ASTRAY = "required", "too-long", "text-without-mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why the entry of a column is not taken: a slug, and the question it is about; `other` is a second question."""

    column: str
    slug: str
    question: Question
    other: Question | None = None


def objections(
    questionnaire: Questionnaire, typed: Mapping[str, str], known: Mapping[str, Known], asked: Iterable[Question]
) -> tuple[Objection, ...]:
    """What has to be corrected among these questions, in their order; those not on the screen count as not asked."""
    on_screen = [question for question in asked if shown(known, question)]
    found = [one for question in on_screen for one in _own(question, typed)]
    objected = {one.column for one in found}
    values = {code: one.value for code, one in known.items() if one.value and one.asked is True}
    codes = {question.code: question for question in on_screen}
    for broken in contradictions(checks_of(questionnaire), values):
        column, other = broken.about
        if broken.slug == WRONG_ORDER and column in codes and column not in objected:
            found.append(
                Objection(
                    column=column,
                    slug=WRONG_ORDER,
                    question=codes[column],
                    other=questionnaire.question(other),
                )
            )
    order = {column: at for at, column in enumerate(c for q in on_screen for c in columns_of(q))}
    return tuple(sorted(found, key=lambda one: order[one.column]))


def _own(question: Question, typed: Mapping[str, str]) -> Iterable[Objection]:
    """What one question's own rules say about its entries."""
    chosen = typed.get(question.code, "").split()
    for column in columns_of(question):
        entry, option = typed.get(column, ""), option_of(question, column)
        slug = _slug(question, option, entry)
        if not slug and option is not None and entry.strip() and option not in chosen:
            slug = TEXT_ASTRAY
        if not slug and option is None and question.required and not entry.strip():
            slug = REQUIRED
        if slug:
            yield Objection(column=column, slug=slug, question=question)


def _slug(question: Question, option: str | None, entry: str) -> str:
    if len(entry) > LONGEST_ENTRY:
        return TOO_LONG
    keyed = rules.key_answer(question, option, entry)
    return keyed.slug if isinstance(keyed, Problem) else ""
