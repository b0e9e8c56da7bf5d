"""A doubtful value in words: the question, the reading, the possible answers, and the reasons for review."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scanform.assemble import COPY
from scanform.consistency import REFUSED
from scanform.errors import Words, words
from scanform.i18n.texts import in_words, text, value_problem_words, value_text
from scanform.model.layout import Layout
from scanform.model.problem import Problem
from scanform.model.questionnaire import Alphabet, Matrix, Question, QuestionKind, Questionnaire, TextForm
from scanform.model.response import Answer, Channel
from scanform.model.review import DecisionKind, ReviewItem
from scanform.review.triage import SHOWN_ONCE
from scanform.rules import SIGNED, check_cells, check_text, key_answer
from scanform.workflow.review.cases import Claim
from scanform.workflow.review.crops import CROP_PX_PER_MM, PAGE_PX_PER_MM, page_of, shown_rect
from scanform.workflow.review.listed_values import MOST_SUGGESTIONS, allowed, only_one, suggested

DIGITS = "123456789"
LETTERS = "abdefghijklnopqrstuvwy"
"""Keys of the tenth and later answers: letters that are not commands (C, M, X, Z)."""

POSSIBLE = 0.02
"""Minimum probability of a candidate marked as possible."""

TWO_MARKS = "two-marks"
"""Reason of a single choice with several marks."""

CONTRADICTION = "contradiction"
"""Reason of a value on which the sources of a respondent disagree."""

_CHOICES = {QuestionKind.SINGLE, QuestionKind.MULTIPLE, QuestionKind.SIGNATURE}
_NUMERIC = {Alphabet.DIGITS, Alphabet.DECIMAL, Alphabet.DATE, Alphabet.TIME}
_KEYBOARDS = {TextForm.PHONE: "tel", TextForm.EMAIL: "email"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An answer that can be chosen by key. `tag` is "read" for the machine's candidate, "possible" for another one,
    "marked" for each of two marks.

    `said_by` are the channels it came by, in words, where sources contradict each other.
    """

    code: str
    key: str
    text: str
    tag: str
    exclusive: bool = False
    said_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One side of a contradiction: who says what, in words, the value itself, and how it is typed; `kind` is the
    decision equivalent to it.
    """

    said_by: str
    text: str
    value: str
    typed: str
    kind: str = DecisionKind.CORRECT.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Values related to a value: settled `values` of other questions of its response, question -> value, and what is
    printed on the form as its answer.
    """

    questionnaire: Questionnaire | None
    values: Mapping[str, str] = field(default_factory=dict)
    printed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything the screen needs for one value, in the reviewer's language.

    `basis` is the uuid of the decision in force, "" when there is none. `proposal` says what Enter confirms: "value",
    "blank" (the machine reads no entry), or "none" (the machine proposes nothing: a key has to be chosen). `value` is
    the stored value; `typed`, `suggestions`, `printed` and `statements` show days and numbers as a user of `language`
    types them, which yields the same stored value, and `value_text` as that user writes them. `alphabet` is the content
    of character cells. `draft` is the content of the text field where it is not `typed`: what was read but cannot be
    right. `objection` is the decision for an impossible entry on the paper: "inadmissible", "implausible", or "" where
    neither makes sense. `statements` are the sides of a contradiction; then nothing is proposed, and `suggestions` are
    their values where text is typed. `keyboard` is the HTML input mode: "decimal", "tel", "email" or "text". `form` is
    the response on whose paper the value is shown. `handwriting` is true for free handwriting rather than character
    cells. `printed` is the suggestion printed on the form, `filled` the only value left by the question's list, "" for
    none; `list_id` names that list.
    """

    id: str
    version: int
    basis: str
    response_id: str
    questionnaire: str
    column: str
    page: int | None
    heading: str
    wording: str
    hint: str
    text: bool
    multiple: bool
    keyboard: str
    handwriting: bool
    lines: int
    choices: tuple[Choice, ...]
    suggestions: tuple[str, ...]
    value: str
    typed: str
    alphabet: Alphabet | None
    value_text: str
    proposal: str
    draft: str | None
    objection: str
    reason: str
    reason_text: str
    reasons: tuple[str, ...]
    postponed: int
    alt: str
    context_alt: str
    context_focus: float
    has_crop: bool
    form: str
    statements: tuple[Statement, ...] = ()
    printed: str = ""
    filled: str = ""
    list_id: str = ""
    crop_px_per_mm: float = CROP_PX_PER_MM
    context_px_per_mm: float = PAGE_PX_PER_MM


def make_card(
    item: ReviewItem,
    questionnaire: Questionnaire | None,
    layout: Layout | None,
    *,
    basis: str,
    language: str,
    claims: Sequence[Claim] = (),
    form: str = "",
    raw: str | None = None,
    beside: Beside | None = None,
) -> Card:
    """The card of `item`; a question no longer in the questionnaire is shown by its code. `claims` contradict each
    other, `raw` is written there although no rule admits it, `beside` are known related values.
    """
    question = questionnaire.question(item.question) if questionnaire else None
    known = beside or Beside(questionnaire=questionnaire)
    typed = is_typed(item)
    choices = () if typed else _choices(item, question, claims, language)
    alphabet = question.alphabet if question and item.option is None else None
    statements = tuple(
        _statement(claim, question if item.option is None else None, choices, language) for claim in claims
    )
    wording = _wording(item, question, language)
    draft = raw if raw else _written(item, question) if typed and not item.value and not claims else None
    proposal = proposed(item)
    reading = (
        _sides(statements)
        or draft
        or (_codes_text(_shown_codes(item), choices) if choices else value_text(item.value, alphabet, language))
    )
    reasons = tuple(dict.fromkeys(reason_text(slug, language) for slug in item.reasons))
    reason = reasons_text(item.reasons, language)
    facts = {
        "question": wording,
        "reading": reading or text("review.blank" if proposal == "blank" else "review.no-proposal", language),
        "reason": reason,
    }
    return Card(
        id=item.id,
        version=item.version,
        basis=basis,
        response_id=item.response_id,
        questionnaire=item.questionnaire,
        column=item.id.rpartition("/")[2],
        page=item.page,
        heading=_heading(item.question, questionnaire, language),
        wording=wording,
        hint=_hint(question, language) if item.option is None else "",
        text=typed,
        multiple=item.kind is QuestionKind.MULTIPLE and not typed,
        keyboard=_keyboard(question) if typed and item.option is None else "text",
        handwriting=typed and (item.option is not None or item.kind is QuestionKind.HANDWRITING),
        lines=question.lines if question and item.option is None else 1,
        choices=choices,
        suggestions=tuple(
            as_typed(question if item.option is None else None, one, language)
            for one in _suggestions(item, question, known, claims)
        )
        if typed
        else (),
        printed=as_typed(question, _printed(question, known), language)
        if typed and item.option is None and not claims
        else "",
        filled=_filled(item, question, known) if typed and raw is None else "",
        list_id=f"{layout.digest if layout else item.questionnaire}/{item.question}"
        if typed and question and question.values and item.option is None
        else "",
        value=item.value,
        typed=as_typed(question, item.value, language) if typed and item.option is None else item.value,
        alphabet=alphabet,
        value_text=facts["reading"],
        proposal=proposal,
        draft=draft,
        objection=_objection(item, question, typed=typed),
        reason=item.reason,
        reason_text=reason,
        reasons=reasons,
        postponed=item.postponed,
        alt=text("review.alt", language, **facts),
        context_alt=text("review.alt-context", language, **facts),
        context_focus=_focus(item, layout),
        has_crop=item.evidence is not None,
        form=form or item.response_id,
        statements=statements,
    )


def reason_text(slug: str, language: str) -> str:
    """The reason for review, in the language of the reader."""
    return in_words(reason_words(slug), language)


def reason_words(slug: str) -> Words:
    """The reason for review."""
    known = value_problem_words(slug)
    return known if known is not None else words("review.reason-unknown", slug=slug)


def reasons_text(slugs: Sequence[str], language: str) -> str:
    """All reasons in words, the main one first."""
    return " ".join(dict.fromkeys(reason_text(slug, language) for slug in slugs))


def _statement(claim: Claim, question: Question | None, choices: tuple[Choice, ...], language: str) -> Statement:
    said_by = ", ".join(_channel(channel, language) for channel in claim.channels)
    spoken = value_in_words(claim.value, choices, question.alphabet if question else None, language)
    return Statement(said_by=said_by, text=spoken, value=claim.value, typed=as_typed(question, claim.value, language))


def value_in_words(value: str, choices: tuple[Choice, ...], alphabet: Alphabet | None, language: str) -> str:
    """A stored value in the reader's words: the texts of the options, otherwise as people write it."""
    return _codes_text(set(value.split()), choices) if choices else value_text(value, alphabet, language)


def as_typed(question: Question | None, value: str, language: str) -> str:
    """A stored value as a user of `language` types it; in its stored form where the typed form would yield another
    value.
    """
    shown = value_text(value, question.alphabet, language, typed=True) if question is not None else value
    return shown if question is None or shown == value or _keyed(question, shown) == _keyed(question, value) else value


def _keyed(question: Question, typed: str) -> str:
    """The result of typed text: the stored value, or the reason why there is none."""
    found = key_answer(question, None, typed)
    return found.value if isinstance(found, Answer) else found.slug


def _channel(channel: Channel, language: str) -> str:
    return text(f"report.channel-{channel.value}", language)


def _sides(statements: Sequence[Statement]) -> str:
    return " · ".join(f"{statement.said_by}: {statement.text}" for statement in statements)


def _said_by(code: str, claims: Sequence[Claim], language: str) -> tuple[str, ...]:
    return tuple(
        _channel(channel, language) for claim in claims if code in claim.value.split() for channel in claim.channels
    )


def _choices(item: ReviewItem, question: Question | None, claims: Sequence[Claim], language: str) -> tuple[Choice, ...]:
    if item.kind is QuestionKind.SIGNATURE:
        return (Choice(code=SIGNED, key="1", text=text("review.signed", language), tag=_tag(SIGNED, item)),)
    options = question.options if question else ()
    keys = DIGITS + LETTERS
    return tuple(
        Choice(
            code=option.code,
            key=keys[place] if place < len(keys) else "",
            text=option.text.get(language),
            tag=_tag(option.code, item),
            exclusive=option.exclusive,
            said_by=_said_by(option.code, claims, language),
        )
        for place, option in enumerate(options)
    )


def _tag(code: str, item: ReviewItem) -> str:
    if TWO_MARKS in item.reasons:  # neither is preferred
        return "marked" if code in _marked(item) else ""
    if code in item.value.split():
        return "read"
    if CONTRADICTION in item.reasons:
        return ""
    return (
        "possible"
        if any(code in other.value.split() and other.probability >= POSSIBLE for other in item.candidates)
        else ""
    )


def _marked(item: ReviewItem) -> set[str]:
    """The marked options of a single choice."""
    return {item.value, *(candidate.value for candidate in item.candidates)} - {""}


def _shown_codes(item: ReviewItem) -> set[str]:
    return _marked(item) if TWO_MARKS in item.reasons else set(item.value.split())


def _codes_text(codes: set[str], choices: tuple[Choice, ...]) -> str:
    known = [choice.text for choice in choices if choice.code in codes]
    return ", ".join(known + sorted(codes - {choice.code for choice in choices}))


def _written(item: ReviewItem, question: Question | None) -> str | None:
    """The content of the cells, as people write it, for a value that no rule admits; None when nothing was read."""
    raw = next((candidate.value for candidate in item.candidates if candidate.value.strip()), "")
    if not raw:
        return None
    separator = _SEPARATORS.get(question.alphabet) if question and question.alphabet and item.option is None else None
    if separator is None or question is None or len(raw) != sum(question.cells):
        return " ".join(raw.split())
    ends = list(itertools.accumulate(question.cells))
    return separator.join(raw[end - size : end].strip() for size, end in zip(question.cells, ends, strict=True))


_SEPARATORS = {Alphabet.DATE: ".", Alphabet.TIME: ":", Alphabet.DECIMAL: ","}


def _keyboard(question: Question | None) -> str:
    if question is None:
        return "text"
    if question.form is not None:
        return _KEYBOARDS[question.form]
    return "decimal" if question.alphabet in _NUMERIC else "text"


def _objection(item: ReviewItem, question: Question | None, *, typed: bool) -> str:
    if CONTRADICTION in item.reasons:
        return ""
    if typed:
        formed = question is not None and question.form is not None and item.option is None
        return "implausible" if item.kind is QuestionKind.COMB or formed else ""
    excludes = question is not None and any(option.exclusive for option in question.options)
    return (
        "inadmissible" if item.kind is QuestionKind.SINGLE or (item.kind is QuestionKind.MULTIPLE and excludes) else ""
    )


def is_typed(item: ReviewItem) -> bool:
    """Whether a value is written text, not a choice."""
    return item.option is not None or item.kind not in _CHOICES


def proposed(item: ReviewItem) -> str:
    """What Enter confirms, see `Card.proposal`. Nothing is proposed for an unreadable entry, an inadmissible value, two
    marks, or a contradiction: Enter must not settle those.
    """
    if ({TWO_MARKS, CONTRADICTION} | REFUSED) & set(item.reasons):
        return "none"
    if item.value:
        return "value"
    if set(item.reasons) <= _BLANK_REASONS | SAYS_NOTHING:
        return "blank"
    best = max(item.candidates, key=lambda candidate: candidate.probability, default=None)
    return (
        "blank"
        if not is_typed(item) and best is not None and not best.value and "text-without-mark" not in item.reasons
        else "none"
    )


_BLANK_REASONS = frozenset({"unsure-blank", "required-empty"})
"""Reasons for which an empty value means no entry."""

SAYS_NOTHING = frozenset({COPY}) | SHOWN_ONCE
"""Reasons of a whole form or page, shown once at one of its values: they say nothing about that value."""


def _wording(item: ReviewItem, question: Question | None, language: str) -> str:
    if question is None:
        return item.question
    wording = question.text.get(language)
    if item.option is None:
        return wording
    option = question.option(item.option)
    return text(
        "review.text-beside", language, question=wording, option=option.text.get(language) if option else item.option
    )


def _heading(code: str, questionnaire: Questionnaire | None, language: str) -> str:
    """The matrix a row belongs to, otherwise the section of a question."""
    for section in questionnaire.sections if questionnaire else ():
        for entry in section.items:
            if isinstance(entry, Matrix) and any(row.code == code for row in entry.rows):
                return entry.text.get(language)
            if isinstance(entry, Question) and entry.code == code:
                return section.title.get(language)
    return ""


def _hint(question: Question | None, language: str) -> str:
    parts = [texts.get(language) for texts in (question.hint, question.unit) if texts] if question else []
    return " · ".join(part for part in parts if part)


def _suggestions(
    item: ReviewItem, question: Question | None, known: Beside, claims: Sequence[Claim]
) -> tuple[str, ...]:
    """In a contradiction, the values of the sources. Otherwise the value printed on the form, then entries of the
    question's list similar to the reading, or, without a list, the other readings; admissible values only.
    """
    if claims:
        return tuple(claim.value for claim in claims)
    own = question if item.option is None else None
    if own is not None and own.values:
        others = list(suggested(item, own, allowed(own, known.questionnaire, known.values)))
    else:
        others = [_admitted(candidate.value, item, question) for candidate in item.candidates]
    printed = _printed(question, known) if own is not None else ""
    return tuple(value for value in dict.fromkeys([printed, *others]) if value and value != item.value)[
        :MOST_SUGGESTIONS
    ]


def _printed(question: Question | None, known: Beside) -> str:
    """The answer printed on the form, if the rules admit it; otherwise ""."""
    if question is None or not known.printed:
        return ""
    answer = key_answer(question, None, known.printed)
    if isinstance(answer, Problem):
        return ""
    return answer.value if not question.values or answer.value in question.values else ""


def _filled(item: ReviewItem, question: Question | None, known: Beside) -> str:
    """The one value left by the list; nothing is filled in where anything else is proposed, or where it would hide what
    is written there.
    """
    if (
        question is None
        or not question.values
        or item.option is not None
        or proposed(item) != "none"
        or CONTRADICTION in item.reasons
    ):
        return ""
    return only_one(item, question, allowed(question, known.questionnaire, known.values))


def _admitted(raw: str, item: ReviewItem, question: Question | None) -> str:
    """A reading in canonical form; "" when it breaks a rule."""
    if question is not None and item.option is None and question.form is not None:
        return check_text(question, raw).value
    if question is None or item.option is not None or item.kind is not QuestionKind.COMB:
        return raw
    if (
        raw.replace("-", "").replace(":", "").replace(".", "") != raw
    ):  # canonical already: only cells are plain characters
        return raw
    checked = check_cells(question, raw)
    return "" if checked.problem else checked.value


def _focus(item: ReviewItem, layout: Layout | None) -> float:
    """How far down the page the zone lies, 0..1."""
    page = page_of(item, layout)
    rect = shown_rect(item, page) if page else None
    return rect.centre.y / page.size.h if rect and page else 0.0
