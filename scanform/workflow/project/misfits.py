"""Checks that a questionnaire fits a form not printed from it. Every zone has to have its question, or answers would be
lost.
"""

from collections.abc import Sequence

from scanform.formats.questionnaires.write_yaml import is_multiple, zones_by_question
from scanform.model.layout import Layout, Zone, ZoneKind
from scanform.model.problem import Problem
from scanform.model.questionnaire import Question, QuestionKind, Questionnaire

_KINDS = {
    ZoneKind.COMB: QuestionKind.COMB,
    ZoneKind.HANDWRITING: QuestionKind.HANDWRITING,
    ZoneKind.SIGNATURE: QuestionKind.SIGNATURE,
}


def misfits(questionnaire: Questionnaire, layout: Layout) -> tuple[Problem, ...]:
    """Zones of the form that cannot be answered in the questionnaire; `where` is the question's code."""
    found: list[Problem] = []
    for code, zones in zones_by_question(layout).items():
        question = questionnaire.question(code)
        slug = "zone-without-question" if question is None else _misfit(question, zones)
        if slug is not None:
            found.append(Problem(slug=slug, where=code, params=(("question", code),)))
    return tuple(found)


def _misfit(question: Question, zones: Sequence[Zone]) -> str | None:
    marks = [zone for zone in zones if zone.kind is ZoneKind.MARK]
    beside = [zone for zone in zones if zone.kind is not ZoneKind.MARK]
    if not marks:
        kinds = {_KINDS[zone.kind] for zone in beside}
        if kinds != {question.kind}:
            return "zone-of-another-kind"
        cells = sum(len(zone.cells) for zone in beside)
        return "cells-differ" if question.kind is QuestionKind.COMB and cells != sum(question.cells) else None
    if question.kind not in (QuestionKind.SINGLE, QuestionKind.MULTIPLE) or (
        question.kind is QuestionKind.SINGLE and is_multiple(marks)
    ):
        return "zone-of-another-kind"
    if any(question.option(zone.option or "") is None for zone in marks):
        return "zone-without-option"
    writein = {option.code for option in question.options if option.writein}
    return "zone-without-option" if any(zone.option not in writein for zone in beside) else None
