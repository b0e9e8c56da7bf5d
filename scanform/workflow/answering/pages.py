"""The pages of a questionnaire on the web: one section each, and which of its questions are asked, given what was typed.
Pure.

Signatures are not asked for on the web. A section that only says something is shown with the page after it, the last
one with the page before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanform import rules
from scanform.filters import Known, is_asked
from scanform.model.problem import Problem
from scanform.model.questionnaire import Item, Matrix, Note, Question, QuestionKind, Questionnaire, Section
from scanform.model.response import Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, numbered from 1; `sections` is the section it asks, perhaps after others that only say something."""

    number: int
    sections: tuple[Section, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """Its questions in order, matrix rows included."""
        return tuple(question for section in self.sections for question in online_questions(section.items))

    @property
    def section(self) -> Section:
        """The section it asks."""
        return next(section for section in self.sections if online_questions(section.items))


def online_questions(items: Sequence[Item]) -> list[Question]:
    """The questions among these items that are asked on the web."""
    found = [row for item in items for row in (item.rows if isinstance(item, Matrix) else (item,))]
    return [one for one in found if isinstance(one, Question) and one.kind is not QuestionKind.SIGNATURE]


def pages_of(questionnaire: Questionnaire) -> tuple[Page, ...]:
    """The pages in order; none when nothing can be asked on the web."""
    found: list[tuple[Section, ...]] = []
    waiting: tuple[Section, ...] = ()
    for section in questionnaire.sections:
        if not any(isinstance(item, Note) for item in section.items) and not online_questions(section.items):
            continue
        waiting = (*waiting, section)
        if online_questions(section.items):
            found.append(waiting)
            waiting = ()
    if waiting and found:
        found[-1] = (*found[-1], *waiting)
    return tuple(Page(number=number, sections=sections) for number, sections in enumerate(found, 1))


def columns_of(question: Question) -> tuple[str, ...]:
    """The columns that a question fills: its own, and those of the lines beside its options."""
    return (question.code, *(f"{question.code}__{one.code}_text" for one in question.options if one.writein))


def option_of(question: Question, column: str) -> str | None:
    """The code of the option beside which a column's line is; None for the question's own column."""
    return next((one.code for one in question.options if column == f"{question.code}__{one.code}_text"), None)


def known_of(questionnaire: Questionnaire, typed: Mapping[str, str]) -> dict[str, Known]:
    """What the typed entries say of each question, as the filters need it; an entry that is no answer says nothing."""
    known: dict[str, Known] = {}
    for question in questionnaire.questions():
        asked = is_asked(question, known)
        keyed = rules.key_answer(question, None, typed.get(question.code, "")) if asked else None
        value = "" if keyed is None or isinstance(keyed, Problem) else keyed.value
        missing = None if value else Missing.FILTERED if asked is False else Missing.NO_ANSWER
        known[question.code] = Known(value=value, missing=missing, asked=asked)
    return known


def shown(known: Mapping[str, Known], question: Question) -> bool:
    """Whether a question is on the screen: not where its filter has another answer, or none yet."""
    return known[question.code].asked is True


def depends_on(question: Question, page: Page) -> bool:
    """Whether a question may appear or vanish by an answer given on the page itself."""
    condition = question.only_if
    return condition is not None and any(one.code == condition.question for one in page.questions)


def next_page(pages: Sequence[Page], known: Mapping[str, Known], number: int, step: int = 1) -> Page | None:
    """The next page (the one before with `step` -1) on which something is asked; None after the last."""
    further = pages[number:] if step > 0 else pages[: number - 1][::-1]
    return next((page for page in further if any(shown(known, one) for one in page.questions)), None)
