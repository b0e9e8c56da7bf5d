"""From what was typed to a response of the digital channel, under the rules of every channel: -2 where the filter has
another answer, -10 beyond the point where a person stopped, -5 for what is not asked on the web, -1 for what was left
empty. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from scanform import rules
from scanform.filters import Known, beside
from scanform.formats.responses.limesurvey_reached import Reached, Seen
from scanform.model.problem import Problem
from scanform.model.questionnaire import Question, QuestionKind, Questionnaire
from scanform.model.response import Answer, Channel, Missing, Response, Status
from scanform.model.source import Lacking
from scanform.workflow.answering.pages import known_of

READER = "web-form"
"""The reader named in the provenance of answers given on the web."""


def response_of(
    questionnaire: Questionnaire,
    typed: Mapping[str, str],
    *,
    response_id: str,
    token: str | None,
    at: str,
    reached: int | None = None,
) -> Response:
    """The response; one that was not sent has `reached`, the number of pages gone through."""
    known = known_of(questionnaire, typed)
    beyond = Reached() if reached is None else _reached(questionnaire, typed, known, reached)
    answers = tuple(
        answer
        for question in questionnaire.questions()
        for answer in _answers(question, typed, known[question.code], was_reached=beyond.holds(question.code))
    )
    return Response(
        id=response_id,
        questionnaire=questionnaire.code,
        version=questionnaire.version,
        channel=Channel.ONLINE,
        answers=answers,
        token=token,
        received_at=at,
        complete=reached is None,
    )


def lacking_of(questionnaire: Questionnaire) -> Lacking:
    """The columns that a web form does not ask."""
    return Lacking(columns=tuple(q.code for q in questionnaire.questions() if q.kind is QuestionKind.SIGNATURE))


def _reached(
    questionnaire: Questionnaire, typed: Mapping[str, str], known: Mapping[str, Known], reached: int
) -> Reached:
    """How far a person came who did not send: to the last answer, and through the pages that were completed."""
    seen = [
        Seen(question=one.code, answered=bool(typed.get(one.code, "").strip() and known[one.code].asked), shown=None)
        for one in questionnaire.questions()
        if one.kind is not QuestionKind.SIGNATURE
    ]
    return Reached.of(seen, questionnaire, lastpage=str(reached))


def _answers(question: Question, typed: Mapping[str, str], known: Known, *, was_reached: bool) -> Iterable[Answer]:
    """The answer to a question, and the texts beside its options."""
    answer = _answer(question, typed.get(question.code, ""), known, was_reached=was_reached)
    yield answer
    own = Known(value=answer.value, missing=answer.missing)
    for option in question.options:
        if option.writein:
            entry = typed.get(f"{question.code}__{option.code}_text", "")
            text = rules.key_answer(question, option.code, entry if option.code in answer.value.split() else "")
            assert isinstance(text, Answer)
            missing = None if text.value else _beside(option.code, own)
            yield replace(text, confidence=1.0, status=Status.AUTO, reader=READER, missing=missing)


def _beside(option: str, own: Known) -> Missing:
    return Missing.NOT_IN_VERSION if own.missing is Missing.NOT_IN_VERSION else beside(option, own)


def _answer(question: Question, entry: str, known: Known, *, was_reached: bool) -> Answer:
    """The answer to one question. What is on the screen and is no value waits for a person, as typed."""
    base = Answer(
        question=question.code,
        kind=question.kind,
        value="",
        confidence=1.0,
        status=Status.AUTO,
        reader=READER,
        missing=_why_empty(question, known, was_reached=was_reached),
    )
    if not known.asked or not entry.strip() or question.kind is QuestionKind.SIGNATURE:
        return base
    keyed = rules.key_answer(question, None, entry)
    if isinstance(keyed, Problem):
        raw = rules.as_written(entry) or None
        return replace(base, confidence=0.0, raw=raw).doubted(keyed.slug)
    return replace(base, value=keyed.value, missing=None if keyed.value else base.missing)


def _why_empty(question: Question, known: Known, *, was_reached: bool) -> Missing:
    if question.kind is QuestionKind.SIGNATURE:
        return Missing.NOT_IN_VERSION
    if known.asked is False:
        return Missing.FILTERED
    return Missing.NO_ANSWER if was_reached else Missing.NOT_REACHED
