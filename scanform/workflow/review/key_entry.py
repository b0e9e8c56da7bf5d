"""Key entry of a paper or telephone form, question by question or from a prepared list, under the same rules as
reading.

A keyed form never replaces a scanned one: its response is `manual-<form id>` for a printed form and `manual-<n>`
otherwise. Form id and token identify the form; `merge` matches it with the scan of the form and with other channels.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from scanform import rules
from scanform.consistency import as_entered, checks_of
from scanform.dataset.provenance import TYPIST
from scanform.errors import InputError, UsageError, listed, of_place, words
from scanform.filters import Known, beside, is_asked
from scanform.i18n.texts import text
from scanform.merge.match import KEYED_PREFIX
from scanform.model.problem import Problem
from scanform.model.questionnaire import Matrix, Option, Question, QuestionKind, Questionnaire
from scanform.model.response import Answer, Channel, Missing, Response, Status
from scanform.model.review import PERSON_CONFIDENCE
from scanform.pagecode import form_id, parse_form_id
from scanform.store import issued, ledger, values
from scanform.store.engine import Transaction
from scanform.store.records import Issued
from scanform.workflow.project.project import Project
from scanform.workflow.review.cards import reason_text, reason_words
from scanform.workflow.review.listed_values import ALIKE, MOST_SUGGESTIONS

BATCH_KIND = "keyed"
PREFIX = KEYED_PREFIX
CHANNELS = (Channel.MANUAL, Channel.PHONE)

ILLEGIBLE, BACK, HELP, AS_WRITTEN = "!", "<", "?", "="
"""Commands that can be typed instead of an answer: the writing is illegible, one question back, what can be typed;
after a refusal, that the form really says so.
"""

RAW = "raw"
"""In a prepared list, {"raw": "..."} in place of a value: what is written there even if no rule admits it."""

_MARKS = frozenset({"two-marks", "exclusive-with-others"})
"""Refusals of incompatible marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedForm:
    """The form that is keyed: the id its response will have ("" until a new one is drawn), its questionnaire, its
    token.

    `known` says whether the form was keyed before, `scanned` whether it was read from a scan.
    """

    response_id: str
    questionnaire: Questionnaire
    token: str | None = None
    known: bool = False
    scanned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field to key: a question, or the text beside one of its options. `heading` is its section or matrix."""

    question: Question
    option: Option | None
    heading: str

    @property
    def column(self) -> str:
        """Its name in exports and in a list of answers."""
        return self.question.code if self.option is None else f"{self.question.code}__{self.option.code}_text"


def find_form(project: Project, name: str | None, *, questionnaire: str | None = None) -> KeyedForm:
    """The form called `name`: a printed id or a token; None for a form that was never printed here.

    Raises UsageError when the id is mistyped or unknown, a token was printed on several forms, or the questionnaire is
    not clear.
    """
    if name is None or name.lower() == "new":
        return KeyedForm(response_id="", questionnaire=_only_questionnaire(project, questionnaire))
    found = _imported(project, name)
    if found is None:
        with project.store.reading() as tx:
            found = _issued(tx, name)
    layout = project.layouts.get(found.digest)
    if layout is None:
        raise UsageError(words("enter.no-layout", form=found.form_id), remedy=words("enter.no-layout-remedy"))
    response_id = PREFIX + found.form_id
    known, scanned = (project.store.response(name) is not None for name in (response_id, found.form_id))
    return KeyedForm(
        response_id=response_id,
        questionnaire=project.questionnaire_of(layout),
        token=found.token,
        known=known,
        scanned=scanned,
    )


def scanned_text(form: KeyedForm, language: str) -> str:
    """The notice that the form was also read from a scan; "" when it was not."""
    return text("merge.form-scanned", language, form=form.response_id.removeprefix(PREFIX)) if form.scanned else ""


def fields(questionnaire: Questionnaire, language: str) -> tuple[Field, ...]:
    """Everything that can be keyed, in the order of the form."""
    return tuple(_fields(questionnaire, language))


def key_form(
    form: KeyedForm,
    *,
    channel: Channel,
    prompt: Callable[[str], str],
    echo: Callable[[str], None],
    language: str = "de",
) -> Response:
    """Ask question by question; an invalid answer is asked again with the reason. Nothing is stored yet (see `save`).

    `prompt` shows a text and returns what was typed; `echo` shows a line.
    """
    line = fields(form.questionnaire, language)
    answers: dict[str, Answer] = {}
    heading, place = "", 0
    if form.known:
        echo(f"{text('enter.known', language, form=form.response_id)} {text('enter.known-remedy', language)}")
    if form.scanned:
        echo(scanned_text(form, language))
    echo(text("enter.help", language))
    while place < len(line):
        field = line[place]
        settled = _not_asked(field, answers)
        if settled is not None:
            answers[field.column] = settled
            place += 1
            continue
        if field.heading != heading:
            heading = field.heading
            echo(f"\n== {heading} ==")
        keyed = _ask(field, prompt, echo, language)
        if keyed is None:
            place = _previous(line, place, answers)
            continue
        answers[field.column] = keyed
        place += 1
    return _response(form, channel, answers)


def key_answers(form: KeyedForm, given: Mapping[str, object], *, channel: Channel, language: str = "de") -> Response:
    """The response from a prepared list: column -> value (text, number, a list of option codes, or {"raw": text} for
    what is written there even if no rule admits it); columns left out are "no answer".

    Raises InputError naming every unknown column and every invalid value.
    """
    line = fields(form.questionnaire, language)
    unknown = sorted(given.keys() - {field.column for field in line})
    wrong = [words("enter.unknown-column", column=column) for column in unknown]
    answers: dict[str, Answer] = {}
    for field in line:
        entry = given.get(field.column)
        raw = entry.get(RAW) if isinstance(entry, dict) else None
        typed = _typed(entry if raw is None else raw)
        settled = _not_asked(field, answers) if not typed else None
        keyed = settled or _key(field, typed)
        if isinstance(keyed, Answer):
            answers[field.column] = keyed
        elif raw is not None:
            answers[field.column] = _as_written(field, typed, keyed.slug)
        else:
            wrong.append(of_place(field.column, reason_words(keyed.slug)))
    if wrong:
        raise InputError(
            listed(words("enter.wrong-list"), wrong, indented=True), remedy=words("enter.wrong-list-remedy")
        )
    return _response(form, channel, answers)


def save(project: Project, response: Response, *, replace_known: bool = False, reviewer: str = "") -> Response:
    """Store a keyed response as a batch of its own and return it with its id; raises UsageError when the form was keyed
    before.

    `reviewer` is the name of the person who keyed it; it is stored with each value, and the time with the response.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with project.store.writing() as tx:
        known = values.all_versions(tx).keys()
        if response.id in known and not replace_known:
            raise UsageError(
                words("enter.known", form=response.id), remedy=words("enter.known-remedy"), slug="keyed-before"
            )
        answers = tuple(
            replace(answer, reader=f"{rules.PERSON}{TYPIST}{reviewer}" if reviewer else rules.PERSON)
            for answer in response.answers
        )
        stored = replace(
            response, id=response.id or _free_id(known), received_at=response.received_at or now, answers=answers
        )
        batch = ledger.add_batch(tx, kind=BATCH_KIND, label=stored.id, at=now)
        values.save_response(tx, stored, batch_id=batch)
    return stored


# --- which form ------------------------------------------------------------------------------------------------------


def _only_questionnaire(project: Project, code: str | None) -> Questionnaire:
    if code is None and len(project.questionnaires) == 1:
        return next(iter(project.questionnaires.values()))
    found = project.questionnaires.get(code or "")
    if found is None:
        known = ", ".join(sorted(project.questionnaires))
        raise UsageError(
            words("enter.which-questionnaire", known=known), remedy=words("enter.which-questionnaire-remedy")
        )
    return found


def _imported(project: Project, name: str) -> Issued | None:
    """A form printed elsewhere bears no number; the number assigned when it was read identifies it all the same."""
    parts = parse_form_id(name)
    layout = project.layouts.get(parts[0]) if parts else None
    if parts is None or layout is None or not layout.imported:
        return None
    form = form_id(*parts)
    return (
        Issued(instance=parts[1], digest=parts[0], form_id=form, token=None, printed_at="")
        if project.store.response(form) is not None
        else None
    )


def _issued(tx: Transaction, name: str) -> Issued:
    parts = parse_form_id(name)
    if parts is not None:
        printed = issued.issued_form(tx, parts[1])
        forms = [printed] if printed is not None and printed.digest == parts[0] else []
    else:
        forms = issued.issued_for(tx, name)
    if len(forms) == 1:
        return forms[0]
    if forms:
        ids = ", ".join(form.form_id for form in forms)
        raise UsageError(
            words("enter.several-forms", token=name, forms=ids), remedy=words("enter.several-forms-remedy")
        )
    raise UsageError(
        words("enter.unknown-form", form=name), remedy=words("enter.unknown-form-remedy"), slug="unknown-form"
    )


def _free_id(known: Collection[str]) -> str:
    numbers = [int(match[1]) for name in known if (match := re.fullmatch(rf"{PREFIX}(\d+)", name))]
    return f"{PREFIX}{max(numbers, default=0) + 1}"


# --- what to ask -----------------------------------------------------------------------------------------------------


def _fields(questionnaire: Questionnaire, language: str) -> Iterator[Field]:
    for section in questionnaire.sections:
        for item in section.items:
            questions = item.rows if isinstance(item, Matrix) else (item,) if isinstance(item, Question) else ()
            heading = item.text.get(language) if isinstance(item, Matrix) else section.title.get(language)
            for question in questions:
                yield Field(question=question, option=None, heading=heading)
                yield from (
                    Field(question=question, option=option, heading=heading)
                    for option in question.options
                    if option.writein
                )


def _not_asked(field: Field, answers: Mapping[str, Answer]) -> Answer | None:
    """The answer to a field that need not be asked: its filter is not met, or its option is not ticked."""
    known: dict[str, Known] = {}
    for answer in answers.values():
        if answer.option is None:
            filtered = answer.missing is Missing.FILTERED
            known[answer.question] = Known(value=answer.value, missing=answer.missing, asked=not filtered)
    if is_asked(field.question, known) is False:
        return _empty(field, Missing.FILTERED)
    question = known.get(field.question.code, Known())
    if field.option is not None and field.option.code not in question.value.split():
        return _empty(field, beside(field.option.code, question))
    return None


def _previous(line: tuple[Field, ...], place: int, answers: Mapping[str, Answer]) -> int:
    """The field asked before this one, or the first one."""
    return max((at for at in range(place) if _not_asked(line[at], answers) is None), default=0)


def _ask(field: Field, prompt: Callable[[str], str], echo: Callable[[str], None], language: str) -> Answer | None:
    """Ask until the answer is valid; None when the person wants to go back."""
    _show(field, echo, language)
    refused: tuple[str, str] | None = None
    unlisted: Answer | None = None
    while True:
        typed = prompt("> ").strip()
        if typed == AS_WRITTEN and unlisted is not None:
            return unlisted
        if typed == AS_WRITTEN and refused is not None:
            return _as_written(field, *refused)
        if typed == BACK:
            return None
        if typed == HELP:
            echo(text("enter.help", language))
            _show(field, echo, language)
            continue
        coded = _codes(field.question, typed) if field.option is None else typed
        keyed = _key(field, coded)
        if isinstance(keyed, Problem):
            refused, unlisted = (coded, keyed.slug), None
            echo(f"  ! {reason_text(keyed.slug, language)} {text('enter.keep', language, sign=AS_WRITTEN)}")
            continue
        if _is_listed(field, keyed.value) or unlisted == keyed:
            return keyed
        unlisted = keyed
        echo(f"  ! {_not_listed(field, keyed.value, language)}")


def _show(field: Field, echo: Callable[[str], None], language: str) -> None:
    question = field.question
    if field.option is not None:
        echo(
            text(
                "review.text-beside",
                language,
                question=question.text.get(language),
                option=field.option.text.get(language),
            )
        )
        return
    hints = [texts.get(language) for texts in (question.hint, question.unit) if texts]
    echo(f"{question.text.get(language)}" + (f" ({'; '.join(hints)})" if hints else ""))
    for number, option in enumerate(question.options, 1):
        echo(f"  {number} {option.text.get(language)}")
    if question.kind is QuestionKind.MULTIPLE:
        echo(f"  {text('enter.several', language)}")
    if question.kind is QuestionKind.SIGNATURE:
        echo(f"  {text('enter.signature', language)}")


# --- typed answers ---------------------------------------------------------------------------------------------------


def _typed(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return rules.SIGNED if value else ""
    return " ".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value).strip()


def _codes(question: Question, typed: str) -> str:
    """Option numbers as option codes; anything else stays as typed, as a code."""
    if not question.options or typed == ILLEGIBLE:
        return typed
    options = {str(number): option.code for number, option in enumerate(question.options, 1)}
    return " ".join(options.get(part, part) for part in re.split(r"[\s,;]+", typed) if part)


def _key(field: Field, typed: str) -> Answer | Problem:
    """The keyed answer to a field, or the problem with it."""
    if typed == ILLEGIBLE:
        return replace(_empty(field, Missing.ILLEGIBLE), problems=("illegible",))
    if not typed:
        return _empty(field, Missing.NO_ANSWER)
    return rules.key_answer(field.question, field.option.code if field.option else None, typed)


def _is_listed(field: Field, value: str) -> bool:
    """Whether a value is in the list of its question, if there is one."""
    return not value or field.option is not None or not field.question.values or value in field.question.values


def _not_listed(field: Field, value: str, language: str) -> str:
    """The message that a value is not in the list, with similar entries and how to keep it."""
    alike = difflib.get_close_matches(value, field.question.values, MOST_SUGGESTIONS, ALIKE)
    words = text("enter.alike", language, values=", ".join(alike)) if alike else ""
    return " ".join(
        part
        for part in (reason_text("not-in-list", language), words, text("enter.keep", language, sign=AS_WRITTEN))
        if part
    )


def _as_written(field: Field, typed: str, slug: str) -> Answer:
    """The entry refused by a rule (`slug`), beside the code for why there is no value."""
    missing, problem = (
        (Missing.MULTIPLE_MARKS, "inadmissible") if slug in _MARKS else (Missing.IMPLAUSIBLE, "implausible")
    )
    return replace(_empty(field, missing), problems=(problem,), raw=rules.as_written(typed) or None)


def _empty(field: Field, missing: Missing) -> Answer:
    return Answer(
        question=field.question.code,
        option=field.option.code if field.option else None,
        kind=QuestionKind.HANDWRITING if field.option else field.question.kind,
        value="",
        confidence=PERSON_CONFIDENCE,
        status=Status.CONFIRMED,
        missing=missing,
        reader=rules.PERSON,
    )


def _response(form: KeyedForm, channel: Channel, answers: Mapping[str, Answer]) -> Response:
    if channel not in CHANNELS:
        raise ValueError(f"a form is keyed from paper or from the telephone, not from {channel}")
    keyed = Response(
        id=form.response_id,
        questionnaire=form.questionnaire.code,
        version=form.questionnaire.version,
        channel=channel,
        answers=tuple(answers.values()),
        token=form.token,
    )
    return as_entered(keyed, checks_of(form.questionnaire))


def waiting_text(response: Response, language: str) -> str:
    """The values of a keyed form that wait for review because they break a rule, with the reason; "" when there are
    none.
    """
    waiting = [answer for answer in response.answers if answer.status is Status.REVIEW]
    lines = [
        f"  {answer.column}: {' '.join(reason_text(slug, language) for slug in answer.problems)}" for answer in waiting
    ]
    return "\n".join([text("enter.waits", language), *lines]) if lines else ""
