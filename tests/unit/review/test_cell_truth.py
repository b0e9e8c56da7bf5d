"""Which character stands in which cell: only where value and ink match one to one."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform import rules
from scanform.model.questionnaire import Alphabet, Question, QuestionKind, Texts
from scanform.review.cell_truth import characters, filled_up


def question(alphabet, cells, **more):
    return Question(code="q", kind=QuestionKind.COMB, text=Texts(entries=()), alphabet=alphabet, cells=cells, **more)


def inked(row):
    return [character != " " for character in row]


def found(asked, value, row):
    cells = characters(asked, value, inked(row))
    return None if cells is None else "".join(cell or " " for cell in cells)


DATE, TIME = question(Alphabet.DATE, (2, 2, 4)), question(Alphabet.TIME, (2, 2))
DECIMAL, NUMBER = question(Alphabet.DECIMAL, (3, 2)), question(Alphabet.DIGITS, (5,), minimum="0")
LETTERS = question(Alphabet.LETTERS, (12,))


@pytest.mark.parametrize(
    ("asked", "value", "row"),
    [
        (DATE, "2024-02-01", "01022024"),
        (DATE, "2024-02-01", "1  22024"),
        (DATE, "2024-12-31", "31122024"),
        (TIME, "09:05", "0905"),
        (TIME, "09:05", " 905"),
        (TIME, "09:00", "9   "),
        (TIME, "14:00", "140 "),
        (DECIMAL, "12.5", " 125 "),
        (DECIMAL, "0.75", "   75"),
        (DECIMAL, "0.75", "0  75"),
        (DECIMAL, "-3", "-3   "),
        (question(Alphabet.DECIMAL, (5,)), "12.5", "12,5 "),
        (NUMBER, "137", "  137"),
        (NUMBER, "137", "13  7"),
        (question(Alphabet.DIGITS, (3, 2)), "04417", "04417"),
        (LETTERS, "Bad Ems", "BAD EMS     "),
        (LETTERS, "Groß Ost", "GROß OST    "),
    ],
)
def test_characters_find_their_cells(asked, value, row):
    """Every way to write a value that its rules read as that value."""
    assert found(asked, value, row) == row


@pytest.mark.parametrize(
    ("asked", "value", "row"),
    [
        (DATE, "2024-02-01", "01022  4"),  # a year of two digits
        (DATE, "2024-11-01", "01 12024"),
        (DATE, "2024-02-01", "0102202 "),
        (question(Alphabet.DATE, (10,)), "2024-02-01", "01.02.2024"),  # no groups: nobody knows the order
        (question(Alphabet.TIME, (5,)), "09:05", "09:05"),
        (TIME, "09:05", "09 5"),
        (NUMBER, "7", "   7h"),  # a unit behind it
        (NUMBER, "7", "   07"),
        (NUMBER, "137", " 1  7"),
        (DECIMAL, "12.5", " 1250"),
        (LETTERS, "Ost", "OSST        "),
        (DATE, "soon", "01022024"),
    ],
)
def test_what_does_not_match_is_left_alone(asked, value, row):
    """More or fewer cells with ink than characters, or an order that nobody knows."""
    assert found(asked, value, row) is None


def test_noughts_that_only_fill_up():
    """01 and "1." fill two cells each; the noughts of years, tens and numbers are said by the value."""
    assert filled_up(DATE, characters(DATE, "2005-10-01", inked("01102005"))) == (0,)
    assert filled_up(DATE, characters(DATE, "2005-10-01", inked(" 1102005"))) == ()
    assert filled_up(TIME, characters(TIME, "09:00", inked("0900"))) == (0, 2)
    assert filled_up(NUMBER, characters(NUMBER, "100", inked("100  "))) == ()


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)), st.booleans(), st.booleans())
def test_every_date_that_was_read_can_be_taken_apart(date, short_day, short_month):
    """The row that the rules read as a date is found again from the date and its ink."""
    row = (
        (f"{date.day:>2}" if short_day else f"{date.day:02}")
        + (f"{date.month:<2}" if short_month else f"{date.month:02}")
        + str(date.year)
    )
    assert found(DATE, rules.check_cells(DATE, row).value, row) == row


@given(st.integers(0, 999), st.integers(0, 99), st.integers(0, 2))
def test_every_decimal_that_was_read(whole, part, right):
    """So are numbers with a part behind the point, when nothing fills them up."""
    row = f"{whole!s:>{len(str(whole)) + min(right, 3 - len(str(whole)))}}".ljust(3) + f"{str(part).rstrip('0'):<2}"
    checked = rules.check_cells(DECIMAL, row)
    assert checked.problem is None
    assert found(DECIMAL, checked.value, row) == row


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜß ", min_size=1, max_size=12).filter(str.strip))
def test_every_word_that_was_read(row):
    """Letters keep their cells, whatever gaps are between them."""
    assert found(LETTERS, rules.check_cells(LETTERS, row.ljust(12)).value, row.ljust(12)) == row.ljust(12)
