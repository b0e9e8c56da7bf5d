"""The survey's own rules: what a value must look like, what excludes what, which questions apply. Pure functions on
text.

A broken rule is named by a problem slug; texts for the slugs live in `scanform.i18n`. A typed value yields an answer,
or the problem that prevents it: no rule raises.
"""

import datetime
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanform.model.problem import Problem
from scanform.model.questionnaire import Alphabet, GoesWith, Question, QuestionKind, TextForm
from scanform.model.response import Answer, Missing, Status
from scanform.model.review import PERSON_CONFIDENCE

UNREAD = "?"
"""Stands for a character cell that was not understood."""

SIGNED = "signed"
PERSON = "person"

_DATE = re.compile(r"(\d{1,2})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{4})")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_TIME = re.compile(r"(\d{1,2})(?:\s*[:.h]\s*(\d{2}))?\s*(?:uhr|h)?", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_PHONE_PART = r"(?:\( ?[0-9](?: ?[0-9])* ?\)|[0-9])"
_PHONE = re.compile(rf"(?:\+ ?)?{_PHONE_PART}(?:(?: ?[/-] ?| )?{_PHONE_PART})*")
_PHONE_DIGITS = range(5, 16)  # at most 15: E.164; at least 5: short numbers of small places, without their prefix
_DASHES = str.maketrans(
    dict.fromkeys("\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}", "-")
)
_MAIL_WORD = r"[\w!#$%&'*+/=?^`{|}~-]+"
_MAIL_LABEL = r"[^\W_](?:(?:[^\W_]|-)*[^\W_])?"
_MAIL_TOP = r"[^\W\d_](?:[^\W_]|-)*[^\W_]"
_EMAIL = re.compile(rf"{_MAIL_WORD}(?:\.{_MAIL_WORD})*@(?:{_MAIL_LABEL}\.)+{_MAIL_TOP}")
_MAIL_SIGN = re.compile(r"\s*([@.])\s*")
_MAIL_LENGTH = 254  # RFC 5321, with the erratum to RFC 3696
_YES = frozenset({"1", "x", "ja", "yes", "signed", "unterschrieben", "j", "y"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A value in canonical form and the slug of the rule it breaks; inadmissible values are empty."""

    value: str
    problem: str | None = None


def check(question: Question, raw: str) -> Checked:
    """The canonical value of a reading for `question`: cells (one character each, space = empty, ? = unread), text or
    option codes.
    """
    if question.kind is QuestionKind.COMB:
        return check_cells(question, raw)
    if question.kind in {QuestionKind.SINGLE, QuestionKind.MULTIPLE}:
        return check_choice(question, raw.split())
    if question.kind is QuestionKind.SIGNATURE:
        return Checked(value=SIGNED if raw.strip() else "")
    return check_text(question, raw)


def as_written(typed: str) -> str:
    """Typed text as it is kept where no rule admits it: composed, line by line with single spaces, without invisible
    characters.
    """
    composed = unicodedata.normalize("NFC", typed)
    lines = ("".join(c for c in line if c.isprintable() or c.isspace()) for line in composed.splitlines())
    return "\n".join(found for line in lines if (found := " ".join(line.split())))


def check_choice(question: Question, codes: Sequence[str]) -> Checked:
    """Option codes in form order; reports unknown codes, two in a single choice, and an exclusive option
    beside others.
    """
    chosen = [option for option in question.options if option.code in codes]
    value = " ".join(option.code for option in chosen)
    if any(question.option(code) is None for code in codes):
        return Checked(value=value, problem="not-in-list")
    if question.kind is QuestionKind.SINGLE and len(chosen) > 1:
        return Checked(value="", problem="two-marks")
    if len(chosen) > 1 and any(option.exclusive for option in chosen):
        return Checked(value=value, problem="exclusive-with-others")
    return Checked(value=value)


def check_cells(question: Question, raw: str) -> Checked:
    """The value of character cells as on paper, without printed separators."""
    if not raw.strip():
        return Checked(value="")
    if UNREAD in raw:
        return Checked(value="", problem="illegible-cells")
    first, second, third, *_ = [*(group.strip() for group in _groups(raw, question.cells)), "", "", ""]
    match question.alphabet:
        case Alphabet.DATE:
            found = _in_range(_date_of(first, second, third), question)
        case Alphabet.TIME:
            found = _time_of(first, second, question)
        case Alphabet.DECIMAL:
            found = _number(f"{first or '0'}.{second}" if second else first, question)
        case Alphabet.LETTERS | Alphabet.ALNUM:
            found = _listed(" ".join(raw.split()), question)
        case _:
            found = _number(raw.strip(), question)
    return found


def check_text(question: Question, raw: str) -> Checked:
    """Free text with single spaces; where there is a list of admissible values, the one that is meant; phone numbers
    and e-mail addresses in canonical form.
    """
    if question.form is TextForm.PHONE:
        return _phone(raw)
    if question.form is TextForm.EMAIL:
        return _email(raw)
    lines = [" ".join(line.split()) for line in raw.splitlines()]
    value = "\n".join(line for line in lines if line)
    return _listed(value, question)


def _phone(raw: str) -> Checked:
    """A phone number as it is written, with single spaces: 5 to 15 digits (E.164), between them spaces, / - and
    whole brackets, perhaps + before them.
    """
    value = " ".join(raw.translate(_DASHES).split())
    digits = sum(character.isdigit() for character in value)
    if not value or (_PHONE.fullmatch(value) and digits in _PHONE_DIGITS):
        return Checked(value=value)
    return Checked(value="", problem="bad-phone")


def _email(raw: str) -> Checked:
    """An address of the form name@domain.tld (RFC 5321 without quoted names) with its domain in lower case; spaces
    around @ and dots are removed.
    """
    name, at, domain = _MAIL_SIGN.sub(r"\1", raw.strip()).partition("@")
    value = f"{name}{at}{domain.lower()}"
    if not value or (_EMAIL.fullmatch(value) and len(value) <= _MAIL_LENGTH):
        return Checked(value=value)
    return Checked(value="", problem="bad-email")


def in_order(question: Question, value: str, other: str) -> bool:
    """Whether the canonical `value` of `question` is not before `other`, the value of the question it names; empty
    values are in order.
    """
    if not value or not other:
        return True
    if question.alphabet in {Alphabet.DATE, Alphabet.TIME}:  # ISO text sorts like time
        return value >= other
    try:
        return float(value) >= float(other)
    except ValueError:  # a non-number is before nothing
        return True


def go_together(known: GoesWith, value: str, other: str) -> bool:
    """Whether the canonical `value` of a question is compatible with `other`, the value of the question named by
    `known`; pairs unknown to the table are no contradiction.
    """
    by_value = dict(known.values)
    return other not in by_value or value in by_value[other] or all(value not in group for group in by_value.values())


def applies(question: Question, values: Mapping[str, str]) -> bool:
    """Whether the question is asked at all, given the values of the others (question code -> value)."""
    condition = question.only_if
    if condition is None:
        return True
    return any(code in condition.options for code in values.get(condition.question, "").split())


def key_answer(question: Question, option: str | None, typed: str) -> Answer | Problem:
    """The answer a person typed, in canonical form, or the problem with it; an empty one is "no answer".

    `option` names the option whose text this is. A text or code missing from its question's list is an answer all the
    same.
    """
    checked = _typed(question, typed.strip()) if option is None else _typed_beside(question, option, typed)
    unlisted = checked.problem == "not-in-list" and option is None and question.kind in _OPEN_LISTS
    if checked.problem is not None and not unlisted:
        return Problem(slug=checked.problem)
    return Answer(
        question=question.code,
        option=option,
        kind=QuestionKind.HANDWRITING if option is not None else question.kind,
        value=checked.value,
        confidence=PERSON_CONFIDENCE,
        status=Status.CONFIRMED,
        missing=None if checked.value else Missing.NO_ANSWER,
        reader=PERSON,
    )


_OPEN_LISTS = frozenset({QuestionKind.HANDWRITING, QuestionKind.COMB})
"""Kinds of question with an open list of admissible values: a person may type another one."""


def _typed_beside(question: Question, option: str, typed: str) -> Checked:
    """A text beside an option, where that has a line for one."""
    found = question.option(option)
    if found is None or not found.writein:
        return Checked(value="", problem="not-in-list")
    return Checked(value=" ".join(typed.split()))


def _typed(question: Question, typed: str) -> Checked:
    if not typed:
        return Checked(value="")
    match question.kind:
        case QuestionKind.SIGNATURE:
            yes = typed.casefold() in _YES
            return Checked(value=SIGNED if yes else "", problem=None if yes else "bad-format")
        case QuestionKind.COMB:
            return _typed_cells(question, typed)
        case QuestionKind.HANDWRITING:
            return check_text(question, typed)
        case _:
            return check_choice(question, typed.replace(",", " ").split())


def _typed_cells(question: Question, typed: str) -> Checked:
    """What a person types for character cells, with or without separators."""
    match question.alphabet:
        case Alphabet.DATE:
            return _typed_date(typed, question)
        case Alphabet.TIME:
            match = _TIME.fullmatch(typed) or re.fullmatch(r"(\d{2})(\d{2})", typed)
            return _time_of(match[1], match[2] or "00", question) if match else Checked(value="", problem="bad-format")
        case Alphabet.LETTERS | Alphabet.ALNUM:
            return _fits(" ".join(typed.split()), question)
        case _:
            return _number(typed.replace(" ", ""), question)


def _fits(value: str, question: Question) -> Checked:
    letters_only = question.alphabet is Alphabet.LETTERS
    if len(value) > sum(question.cells) > 0 or (letters_only and any(c.isdigit() for c in value)):
        return Checked(value="", problem="bad-format")
    return Checked(value=value)


def _typed_date(typed: str, question: Question) -> Checked:
    match = _DATE.fullmatch(typed) or re.fullmatch(r"(\d{2})(\d{2})(\d{4})", typed)
    if match is not None:
        return _in_range(_date_of(match[1], match[2], match[3]), question)
    match = _ISO_DATE.fullmatch(typed)
    if match is not None:
        return _in_range(_date_of(match[3], match[2], match[1]), question)
    return Checked(value="", problem="bad-date")


def _date_of(day: str, month: str, year: str) -> Checked:
    if len(year) != 4:
        return Checked(value="", problem="bad-date")
    try:
        return Checked(value=datetime.date(int(year), int(month), int(day)).isoformat())
    except ValueError:
        return Checked(value="", problem="bad-date")


def _time_of(hours: str, minutes: str, question: Question) -> Checked:
    try:
        found = datetime.time(int(hours), int(minutes or "0"))
    except ValueError:
        return Checked(value="", problem="bad-format")
    return _in_range(Checked(value=f"{found.hour:02d}:{found.minute:02d}"), question)


def _number(text: str, question: Question) -> Checked:
    """A number; without a minimum the digits are a code such as a postcode and stay as they are."""
    if not _NUMBER.fullmatch(text):
        return Checked(value="", problem="bad-format")
    whole, _, part = text.replace(",", ".").partition(".")
    if part and question.alphabet is not Alphabet.DECIMAL:
        return Checked(value="", problem="bad-format")
    if question.minimum is None and question.maximum is None:
        return (
            _code(text, question)
            if question.alphabet is not Alphabet.DECIMAL
            else Checked(value=_plain_number(whole, part))
        )
    return _in_range(Checked(value=_plain_number(whole, part)), question)


def _code(text: str, question: Question) -> Checked:
    if text.startswith("-") or len(text) > sum(question.cells) > 0:
        return Checked(value="", problem="bad-format")
    return _listed(text, question)


def _listed(value: str, question: Question) -> Checked:
    """A text as spelled in the question's list, ignoring case; one missing from the list keeps its value and goes to
    review.
    """
    if not value or not question.values:
        return Checked(value=value)
    known = {entry.casefold(): entry for entry in question.values}.get(value.casefold())
    return Checked(value=value, problem="not-in-list") if known is None else Checked(value=known)


def _plain_number(whole: str, part: str) -> str:
    """Without leading zeros and without redundant zeros after the decimal point."""
    part = part.rstrip("0")
    number = str(int(whole))
    return f"{number}.{part}" if part else number


def _in_range(checked: Checked, question: Question) -> Checked:
    if not checked.value or checked.problem is not None:
        return checked
    low, high = question.minimum, question.maximum
    if question.alphabet in {Alphabet.DATE, Alphabet.TIME}:  # ISO text sorts like time
        outside = (low is not None and checked.value < low) or (high is not None and checked.value > high)
    else:
        number = float(checked.value)
        outside = (low is not None and number < float(low)) or (high is not None and number > float(high))
    return Checked(value="", problem="out-of-range") if outside else checked


def _groups(raw: str, sizes: Sequence[int]) -> list[str]:
    """The cells cut into their printed groups; without sizes one group."""
    if sum(sizes) != len(raw):
        return (
            [raw]
            if not sizes
            else [raw.ljust(sum(sizes))[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(len(sizes))]
        )
    return [raw[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(len(sizes))]
