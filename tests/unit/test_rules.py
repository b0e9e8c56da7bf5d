"""The survey's rules: canonical values, ranges, lists, exclusive options, filters, typed values."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform import rules
from scanform.model.problem import Problem
from scanform.model.questionnaire import Alphabet, Condition, GoesWith, Option, Question, QuestionKind, TextForm, Texts
from scanform.model.response import Missing, Status
from scanform.model.review import PERSON_CONFIDENCE

TEXT = Texts(entries=(("en", "?"),))


def comb(alphabet, cells, **more):
    return Question(code="q", kind=QuestionKind.COMB, text=TEXT, alphabet=alphabet, cells=cells, **more)


def choice(kind=QuestionKind.SINGLE, **more):
    options = (
        Option(code="a", text=TEXT),
        Option(code="b", text=TEXT, writein=True),
        Option(code="none", text=TEXT, exclusive=True),
    )
    return Question(code="q", kind=kind, text=TEXT, options=options, **more)


DATE = comb(Alphabet.DATE, (2, 2, 4))
TIME = comb(Alphabet.TIME, (2, 2))
SEATS = comb(Alphabet.DIGITS, (4,), minimum="0", maximum="2000")
POSTCODE = comb(Alphabet.DIGITS, (5,))
LISTED = comb(Alphabet.DIGITS, (5,), values=("44135", "44137"))
PHONE = Question(code="q", kind=QuestionKind.HANDWRITING, text=TEXT, form=TextForm.PHONE)
EMAIL = Question(code="q", kind=QuestionKind.HANDWRITING, text=TEXT, form=TextForm.EMAIL)
AREA = comb(Alphabet.DECIMAL, (3, 1), minimum="0")


@pytest.mark.parametrize(
    ("question", "cells", "value", "problem"),
    [
        (DATE, "01022024", "2024-02-01", None),
        (DATE, " 1 22024", "2024-02-01", None),
        (DATE, "31022024", "", "bad-date"),
        (DATE, "0102  24", "", "bad-date"),
        (DATE, "01022?24", "", "illegible-cells"),
        (DATE, "        ", "", None),
        (TIME, "0930", "09:30", None),
        (TIME, " 930", "09:30", None),
        (TIME, "2530", "", "bad-format"),
        (SEATS, " 120", "120", None),
        (SEATS, "0120", "120", None),
        (SEATS, "12 0", "", "bad-format"),
        (SEATS, "9999", "", "out-of-range"),
        (POSTCODE, "04423", "04423", None),
        (AREA, " 425", "42.5", None),
        (AREA, " 42 ", "42", None),
        (AREA, "   5", "0.5", None),
        (comb(Alphabet.LETTERS, (6,)), "AB  C ", "AB C", None),
        (LISTED, "44135", "44135", None),
        (LISTED, "44136", "44136", "not-in-list"),
        (comb(Alphabet.LETTERS, (6,), values=("Hörde",)), "HÖRDE ", "Hörde", None),
    ],
)
def test_cells(question, cells, value, problem):
    """Cells become canonical values, or an empty value with the slug of the rule they break."""
    assert rules.check(question, cells) == rules.Checked(value=value, problem=problem)


@given(st.dates(min_value=datetime.date(1000, 1, 1)))
def test_every_date_survives(date):
    """A date written in cells, or typed in German or ISO form, is that date."""
    assert rules.check(DATE, date.strftime("%d%m") + f"{date.year:04d}").value == date.isoformat()
    assert rules.key_answer(DATE, None, f"{date.day}.{date.month}.{date.year}").value == date.isoformat()
    assert rules.key_answer(DATE, None, date.isoformat()).value == date.isoformat()


@given(st.times())
def test_every_time_survives(time):
    """A time of day is read to the minute."""
    assert rules.check(TIME, f"{time.hour:02d}{time.minute:02d}").value == f"{time.hour:02d}:{time.minute:02d}"
    assert (
        rules.key_answer(TIME, None, f"{time.hour}:{time.minute:02d} Uhr").value == f"{time.hour:02d}:{time.minute:02d}"
    )


@given(st.text(alphabet="0123456789? ", max_size=10), st.sampled_from([DATE, TIME, SEATS, POSTCODE, AREA]))
def test_cells_never_fail(cells, question):
    """Whatever stands in the cells, there is a value or a reason; both only when the value is admissible."""
    checked = rules.check(question, cells)
    assert not (checked.value and checked.problem)
    assert checked.value or checked.problem or not cells.strip()


def test_a_person_may_type_what_the_list_does_not_have():
    """Lists are open: a postcode from elsewhere is a value once a person says so."""
    assert rules.key_answer(LISTED, None, "44136").value == "44136"


@given(
    st.sampled_from([DATE, TIME, SEATS, POSTCODE, AREA, choice(), choice(QuestionKind.MULTIPLE)]), st.text(max_size=12)
)
def test_typed_values_are_idempotent(question, typed):
    """A canonical value typed again stays what it is; anything else is refused with a slug."""
    found = rules.key_answer(question, None, typed)
    value = "" if isinstance(found, Problem) else found.value
    assert not isinstance(found, Problem) or found.slug.replace("-", "").isalpha()
    assert rules.key_answer(question, None, value).value == value


@pytest.mark.parametrize(
    ("question", "typed", "slug"),
    [
        (DATE, "30.2.2024", "bad-date"),
        (DATE, "1.2.24", "bad-date"),
        (TIME, "24:00", "bad-format"),
        (SEATS, "2001", "out-of-range"),
        (SEATS, "many", "bad-format"),
        (SEATS, "1,5", "bad-format"),
        (POSTCODE, "123456", "bad-format"),
        (choice(), "c", "not-in-list"),
        (choice(), "a b", "two-marks"),
        (choice(QuestionKind.MULTIPLE), "a none", "exclusive-with-others"),
        (Question(code="s", kind=QuestionKind.SIGNATURE, text=TEXT), "maybe", "bad-format"),
    ],
)
def test_typed_nonsense_is_refused(question, typed, slug):
    """Of a typed value that breaks a rule comes the problem."""
    assert rules.key_answer(question, None, typed) == Problem(slug=slug)


def test_typed_value_is_confirmed_by_a_person():
    """A keyed value carries the confidence of single keying, an empty one is no answer."""
    answer = rules.key_answer(choice(QuestionKind.MULTIPLE), None, "b, a")
    assert (answer.value, answer.confidence, answer.status, answer.reader) == (
        "a b",
        PERSON_CONFIDENCE,
        Status.CONFIRMED,
        "person",
    )
    assert rules.key_answer(choice(), None, " ").missing is Missing.NO_ANSWER
    assert rules.key_answer(choice(), "b", " on  Sundays ").value == "on Sundays"
    assert rules.key_answer(choice(), "a", "no line for text here") == Problem(slug="not-in-list")


def test_list_of_values():
    """A text from the list takes the list's spelling; another one is kept and named."""
    question = Question(code="q", kind=QuestionKind.HANDWRITING, text=TEXT, values=("Hörde", "Eving"))
    assert rules.check(question, " hörde ") == rules.Checked(value="Hörde")
    assert rules.check(question, "Hamm") == rules.Checked(value="Hamm", problem="not-in-list")


@pytest.mark.parametrize(
    ("question", "raw", "value", "problem"),
    [
        (PHONE, " 0231  5550147 ", "0231 5550147", None),
        (PHONE, "0231/ 555 02 81", "0231/ 555 02 81", None),
        (PHONE, "+49 231 5550-147", "+49 231 5550-147", None),
        (PHONE, "+49 (0) 231 \N{EN DASH} 5550147", "+49 (0) 231 - 5550147", None),
        (PHONE, "(0231) 55501", "(0231) 55501", None),
        (PHONE, "", "", None),
        (PHONE, "0231", "", "bad-phone"),
        (PHONE, "0231 5550147 0172 555", "", "bad-phone"),
        (PHONE, "0231 S55O147", "", "bad-phone"),
        (PHONE, "0231) 5550147", "", "bad-phone"),
        (PHONE, "0231 + 5550147", "", "bad-phone"),
        (PHONE, "0231 // 5550147", "", "bad-phone"),
        (PHONE, "0231 5550-", "", "bad-phone"),
        (PHONE, "\N{ARABIC-INDIC DIGIT ONE}2345678", "", "bad-phone"),
        (EMAIL, " Anna.Muster @ Web.DE\n", "Anna.Muster@web.de", None),
        (EMAIL, "anna . muster@web . de", "anna.muster@web.de", None),
        (EMAIL, "info+treff@grüne-aue.example", "info+treff@grüne-aue.example", None),
        (EMAIL, "", "", None),
        (EMAIL, "anna muster@web.de", "", "bad-email"),
        (EMAIL, "anna@web", "", "bad-email"),
        (EMAIL, "anna@@web.de", "", "bad-email"),
        (EMAIL, "anna@web.de@gmx.de", "", "bad-email"),
        (EMAIL, "anna..muster@web.de", "", "bad-email"),
        (EMAIL, "anna@-web.de", "", "bad-email"),
        (EMAIL, "anna@web.1", "", "bad-email"),
        (EMAIL, "www.web.de", "", "bad-email"),
        (EMAIL, "a" * 250 + "@web.de", "", "bad-email"),
    ],
)
def test_phone_numbers_and_addresses(question, raw, value, problem):
    """Numbers keep what was written, addresses lose the spaces that nobody means; what is neither is named and has
    no value.
    """
    assert rules.check(question, raw) == rules.Checked(value=value, problem=problem)
    if problem is None:
        assert rules.key_answer(question, None, raw).value == value
    else:
        assert rules.key_answer(question, None, raw) == Problem(slug=problem)


numbers = st.text(alphabet="0123456789 /-()+\N{EN DASH}", max_size=24)
addresses = st.builds(
    "{}{}@{}{}.{}".format,
    *[st.text(alphabet="aB. -_é\u0130", max_size=5)] * 4,
    st.sampled_from(["de", "DE", " de ", "d", ""]),
)


@given(
    st.one_of(
        st.tuples(st.just(PHONE), numbers),
        st.tuples(st.just(EMAIL), addresses),
        st.tuples(st.sampled_from([PHONE, EMAIL]), st.text(max_size=12)),
    )
)
def test_the_canonical_form_is_canonical(given_):
    """Checking a second time changes nothing; a value has the digits or letters that were written, and never a
    problem beside it.
    """
    question, raw = given_
    checked = rules.check(question, raw)
    assert not (checked.value and checked.problem)
    assert checked.value or checked.problem or not raw.strip()
    assert rules.check(question, checked.value) == rules.Checked(value=checked.value)
    kept = (
        (lambda text: [c for c in text if c.isdigit()])
        if question is PHONE
        else (lambda text: "".join(text.split()).casefold())
    )
    assert not checked.value or kept(checked.value) == kept(raw)


def test_a_long_line_that_is_no_number_is_refused_at_once():
    """The time for a check grows with the length of the text, not with the number of ways to divide it."""
    for raw in ("1 " * 2000 + "x", "(1 " * 2000):
        assert rules.check(PHONE, raw).problem == "bad-phone"
    for raw in ("a." * 2000 + "@", "a@" + "a-" * 2000 + ".", "@." * 2000):
        assert rules.check(EMAIL, raw).problem == "bad-email"


@pytest.mark.parametrize(
    ("street", "postcode", "together"),
    [
        ("Ostwall", "44135", True),
        ("Ring", "44135", True),
        ("Ring", "44137", True),
        ("Ostwall", "44137", False),
        ("Dorfweg", "44137", True),
        ("Ostwall", "58239", True),
        ("Dorfweg", "58239", True),
    ],
)
def test_values_that_go_together(street, postcode, together):
    """A street belongs to all postcodes of its rows; what the table does not have contradicts nothing."""
    assert (
        rules.go_together(
            GoesWith(question="plz", values=(("44135", ("Ostwall", "Ring")), ("44137", ("Ring",)))), street, postcode
        )
        is together
    )


def test_filter():
    """A question with a condition applies when one of the options is ticked."""
    question = choice(only_if=Condition(question="staff", options=("yes", "part")))
    assert rules.applies(question, {"staff": "part"})
    assert not rules.applies(question, {"staff": "no"})
    assert not rules.applies(question, {})
