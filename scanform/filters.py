"""Which questions a person was asked, and why there is no answer: the same rules for paper, keyed forms and online
responses. Pure.

-2 where the question does not apply: its filter has another answer, or was not asked itself. Where the filter has no
answer, it is unknown whether the question applies, and an empty answer is -1, as where it was asked. Beside an option
that is not ticked, in a question that is answered, text does not apply.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from scanform.model.questionnaire import Question
from scanform.model.response import Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a question: its value, or why it has none; `settled` False while it waits for review; whether
    its own filters ask it.
    """

    value: str = ""
    missing: Missing | None = None
    settled: bool = True
    asked: bool | None = True


def is_asked(question: Question, known: Mapping[str, Known]) -> bool | None:
    """Whether the filters ask `question` of this person; None where that is open, as the filter has no answer or waits
    for review.
    """
    condition = question.only_if
    if condition is None:
        return True
    parent = known.get(condition.question)
    if parent is not None and parent.asked is False:
        return False
    if parent is None or not parent.settled:
        return None
    if not parent.value:
        return False if parent.missing is Missing.FILTERED else None
    return any(code in condition.options for code in parent.value.split())


def beside(option: str, question: Known) -> Missing:
    """Why there is no text beside an option, given the answer to its question."""
    if question.value:
        return Missing.NO_ANSWER if option in question.value.split() else Missing.FILTERED
    kept = {Missing.FILTERED, Missing.NOT_REACHED}
    return question.missing if question.missing in kept else Missing.NO_ANSWER
