"""Answers under the codes of today: what came in under a code that a question or an answer had before (`formerly`) is
that question's answer.
"""

from collections.abc import Mapping
from dataclasses import replace

from scanform.model.questionnaire import Question, Questionnaire
from scanform.model.response import Answer, Response


def renamed_columns(questionnaire: Questionnaire) -> dict[str, str]:
    """The present column by former one, including lines beside options."""
    found: dict[str, str] = {}
    for question in questionnaire.questions():
        for code in (question.code, *question.formerly):
            found[code] = question.code
            for option in question.options:
                found |= {
                    f"{code}__{name}_text": f"{question.code}__{option.code}_text"
                    for name in (option.code, *option.formerly)
                    if option.writein
                }
    return {former: present for former, present in found.items() if former != present}


def under_present_codes(response: Response, questionnaire: Questionnaire | None) -> Response:
    """The response with today's codes. An existing answer under the present code takes precedence."""
    renames = renamed_columns(questionnaire) if questionnaire is not None else {}
    options = _renamed_options(questionnaire)
    if questionnaire is None or not (renames or options):
        return response
    there = {answer.column for answer in response.answers}
    kept = [answer for answer in response.answers if renames.get(answer.column) not in there]
    answers = tuple(_renamed(answer, questionnaire, renames, options) for answer in kept)
    return response if answers == response.answers else replace(response, answers=answers)


def _renamed_options(questionnaire: Questionnaire | None) -> dict[str, dict[str, str]]:
    """The present codes of options by former ones, by question."""
    if questionnaire is None:
        return {}
    found = {
        q.code: {former: option.code for option in q.options for former in option.formerly}
        for q in questionnaire.questions()
    }
    return {code: options for code, options in found.items() if options}


def _renamed(
    answer: Answer, questionnaire: Questionnaire, renames: Mapping[str, str], options: Mapping[str, Mapping[str, str]]
) -> Answer:
    code = renames.get(answer.question, answer.question)
    codes = options.get(code, {})
    question = questionnaire.question(code)
    if code == answer.question and not codes:
        return answer
    option = codes.get(answer.option, answer.option) if answer.option is not None else None
    if answer.option is not None or question is None or not question.options:
        return replace(answer, question=code, option=option)
    candidates = tuple(replace(one, value=_in_order(one.value, codes, question)) for one in answer.candidates)
    return replace(answer, question=code, value=_in_order(answer.value, codes, question), candidates=candidates)


def _in_order(value: str, codes: Mapping[str, str], question: Question) -> str:
    """Option codes of today, in the order of the form; unknown codes stay."""
    named = [codes.get(code, code) for code in value.split()]
    rank = {option.code: place for place, option in enumerate(question.options)}
    return " ".join(sorted(named, key=lambda code: rank.get(code, len(rank))))


def item_under_present_code(item: str, renames: Mapping[str, str]) -> str:
    """The permanent name of a value ("<response id>/<column>") with today's column."""
    response_id, separator, column = item.rpartition("/")
    return f"{response_id}{separator}{renames.get(column, column)}"
