"""Edit rules: rules between answers, and rules that every channel has to keep; the one place that checks them.

Paper, online and keyed answers go through the same checks when they come in, once more after people's decisions, and
once more when a merge has combined the answers of several responses. A value that breaks a rule is kept and goes to a
person; nothing is dropped and nothing is changed to fit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from scanform import filters, rules
from scanform.filters import Known
from scanform.model.questionnaire import GoesWith, Question, Questionnaire
from scanform.model.response import Answer, Channel, Missing, Response, Status

REQUIRED_EMPTY = "required-empty"
NOT_IN_LIST = "not-in-list"
WRONG_ORDER = "wrong-order"
NOT_TOGETHER = "not-together"
FILTERED_BUT_ANSWERED = "filtered-but-answered"
TEXT_WITHOUT_MARK = "text-without-mark"

REFUSED = frozenset({"bad-format", "bad-date", "out-of-range", "bad-phone", "bad-email", "unknown-value"})
"""Problems of entries that are not a value of their question: nobody confirms them unchanged."""

INADMISSIBLE = REFUSED | {"illegible-cells"}
"""Problems of answers by which no rule between answers can be judged."""

_OPEN = frozenset({Status.AUTO, Status.REVIEW})
_ASKED = frozenset({None, Missing.NO_ANSWER, Missing.FILTERED})
"""Reasons for a missing value that still say something about the questions that depend on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The edit rules of a questionnaire: `orders` are (later, earlier), `together` (question, what it is compatible
    with), `texts` (column, question, option) of lines beside options, `lists` the admissible texts by question,
    case-insensitive.
    """

    questions: Mapping[str, Question]
    orders: tuple[tuple[str, str], ...]
    together: tuple[tuple[str, GoesWith], ...]
    filtered: tuple[str, ...]
    texts: tuple[tuple[str, str, str], ...]
    required: frozenset[str]
    lists: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A broken rule: its slug, the columns whose values it concerns, and those that go to review."""

    slug: str
    about: tuple[str, ...]
    doubted: tuple[str, ...]


def checks_of(questionnaire: Questionnaire) -> Checks:
    """The rules of a questionnaire, prepared for checking many responses."""
    questions = {question.code: question for question in questionnaire.questions()}
    return Checks(
        questions=questions,
        orders=tuple((question.code, question.not_before) for question in questions.values() if question.not_before),
        together=tuple(
            (question.code, question.goes_with) for question in questions.values() if question.goes_with is not None
        ),
        filtered=tuple(question.code for question in questions.values() if question.only_if is not None),
        texts=tuple(
            (f"{code}__{one.code}_text", code, one.code)
            for code, question in questions.items()
            for one in question.options
            if one.writein
        ),
        required=frozenset(question.code for question in questions.values() if question.required),
        lists={
            question.code: frozenset(value.casefold() for value in question.values)
            for question in questions.values()
            if question.values
        },
    )


def contradictions(checks: Checks, values: Mapping[str, str]) -> tuple[Broken, ...]:
    """Pairs of values (question -> canonical value) that cannot both be right: a wrong order, or a pair missing from
    its table.
    """
    pairs = [
        (WRONG_ORDER, code, other)
        for code, other in checks.orders
        if not rules.in_order(checks.questions[code], values.get(code, ""), values.get(other, ""))
    ]
    pairs += [
        (NOT_TOGETHER, code, known.question)
        for code, known in checks.together
        if values.get(code)
        and values.get(known.question)
        and not rules.go_together(known, values[code], values[known.question])
    ]
    return tuple(Broken(slug=slug, about=(code, other), doubted=(code, other)) for slug, code, other in pairs)


def is_asked(checks: Checks, code: str, settled: Mapping[str, str]) -> bool | None:
    """Whether a question is asked given the settled values of its filters, including the filters' own filters; None
    where they leave it open, or it has none.
    """
    question = checks.questions[code]
    return None if question.only_if is None else filters.is_asked(question, _known_before(checks, code, settled))


def _known_before(
    checks: Checks, code: str, settled: Mapping[str, str], passed: tuple[str, ...] = ()
) -> dict[str, Known]:
    """What the settled values say of the filters before a question, the nearest last; `passed` are the questions on the
    way here.
    """
    condition = checks.questions[code].only_if
    if condition is None or condition.question not in checks.questions or condition.question in passed:
        return {}
    name = condition.question
    known = _known_before(checks, name, settled, (*passed, code))
    asked = filters.is_asked(checks.questions[name], known)
    return {**known, name: Known(value=settled.get(name, ""), asked=asked)}


def _denying(checks: Checks, code: str, settled: Mapping[str, str]) -> tuple[str, ...]:
    """The filters because of which a question was not asked, starting with its own; none where it was asked, or that is
    unknown.
    """
    if is_asked(checks, code, settled) is not False:
        return ()
    found: list[str] = []
    known = _known_before(checks, code, settled)
    for name, filtering in reversed(known.items()):
        found.append(name)
        alone = {name: replace(filtering, asked=True)}  # by its own value, whatever comes before
        if filters.is_asked(checks.questions[code], alone) is False:
            break
        code = name
    return tuple(found)


def out_of_place(checks: Checks, values: Mapping[str, str], settled: Mapping[str, str]) -> tuple[Broken, ...]:
    """Values (column -> canonical value) that should not be there: answers to questions that were not asked, texts
    beside options that are not ticked.
    """
    broken = [
        Broken(slug=FILTERED_BUT_ANSWERED, about=(code, *found), doubted=(code,))
        for code in checks.filtered
        if values.get(code) and (found := _denying(checks, code, settled))
    ]
    broken += [
        Broken(slug=TEXT_WITHOUT_MARK, about=(column, code), doubted=(column,))
        for column, code, option in checks.texts
        if values.get(column) and code in settled and option not in settled[code].split()
    ]
    return tuple(broken)


def broken_rules(checks: Checks, answers: Iterable[Answer]) -> tuple[Broken, ...]:
    """All rules between answers that these break, except for values inadmissible by themselves."""
    sound = [answer for answer in answers if not INADMISSIBLE & set(answer.problems)]
    values = {answer.column: answer.value for answer in sound if answer.value}
    settled = {
        answer.question: answer.value
        for answer in sound
        if answer.option is None and answer.status is not Status.REVIEW and answer.missing in _ASKED
    }
    return (*contradictions(checks, values), *out_of_place(checks, values, settled))


def checked(response: Response, checks: Checks) -> Response:
    """The response with every answer that breaks a rule waiting for review, unless a person has decided about that
    answer; idempotent.
    """
    doubts: dict[str, list[str]] = {}
    for broken in broken_rules(checks, response.answers):
        for column in broken.doubted:
            doubts.setdefault(column, []).append(broken.slug)
    answers = tuple(
        _doubted(answer, [*_own(answer, checks, response), *doubts.get(answer.column, ())])
        for answer in response.answers
    )
    return replace(response, answers=answers) if answers != response.answers else response


def _doubted(answer: Answer, slugs: Sequence[str]) -> Answer:
    fresh = [slug for slug in slugs if slug not in answer.problems]
    return answer.doubted(*fresh) if fresh and answer.status in _OPEN else answer


def _own(answer: Answer, checks: Checks, response: Response) -> list[str]:
    """Rules that an accepted answer breaks by itself. A respondent who broke off online has not left a required
    question empty: it came later.
    """
    if answer.status is not Status.AUTO or answer.option is not None:
        return []
    finished = response.complete or response.channel is not Channel.ONLINE
    empty = not answer.value and answer.missing is Missing.NO_ANSWER and answer.question in checks.required and finished
    known = checks.lists.get(answer.question)
    unlisted = bool(answer.value) and known is not None and answer.value.casefold() not in known
    return [REQUIRED_EMPTY] * empty + [NOT_IN_LIST] * unlisted


def as_entered(response: Response, checks: Checks) -> Response:
    """A keyed response, its values as people enter them: those that break a rule between answers wait for review, as on
    paper.
    """
    opened = replace(
        response,
        answers=tuple(replace(answer, status=Status.AUTO) if answer.value else answer for answer in response.answers),
    )
    found = checked(opened, checks)
    answers = zip(response.answers, opened.answers, found.answers, strict=True)
    return replace(response, answers=tuple(before if seen == after else after for before, seen, after in answers))


def recoded(answers: Sequence[Answer], checks: Checks) -> tuple[Answer, ...]:
    """Answers without a value, with the reason given by the present values of their filters: filtered, or asked and
    left empty.
    """
    settled = {
        a.question: a.value
        for a in answers
        if a.option is None and a.status is not Status.REVIEW and a.missing in _ASKED
    }

    def seen(answer: Answer) -> Answer:
        if (
            answer.value
            or answer.option is not None
            or answer.status is Status.REVIEW
            or answer.missing not in {Missing.NO_ANSWER, Missing.FILTERED}
        ):
            return answer
        asked = is_asked(checks, answer.question, settled) if answer.question in checks.questions else None
        return answer if asked is None else replace(answer, missing=Missing.NO_ANSWER if asked else Missing.FILTERED)

    return tuple(seen(answer) for answer in answers)
