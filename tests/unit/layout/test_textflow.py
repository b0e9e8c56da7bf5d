"""Wrapping: no word is lost, no line is too wide, long German words break well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform.layout.drawing import REGULAR
from scanform.layout.pdf.draw import measure
from scanform.layout.textflow import fitted_size, wrap


def lines(text: str, width: float) -> tuple[str, ...]:
    return wrap(text, font=REGULAR, size_pt=11, width=width, measure=measure)


def test_words_go_to_the_next_line() -> None:
    """Greedy filling, left aligned."""
    assert lines("eins zwei drei", 22) == ("eins zwei", "drei")


def test_paragraphs_start_on_a_new_line() -> None:
    """A line break in a text parts paragraphs."""
    assert lines("eins\nzwei", 100) == ("eins", "zwei")


def test_hyphens_and_slashes_are_breaks() -> None:
    """Written hyphens are used first and not doubled."""
    assert lines("Wohnungs-unternehmen", 25) == ("Wohnungs-", "unternehmen")


def test_soft_hyphens_show_only_at_breaks() -> None:
    """Authors can say where a long word parts."""
    assert lines("Nachbarschafts\u00adtreff", 30) == ("Nachbarschafts-", "treff")
    assert lines("Nachbarschafts\u00adtreff", 60) == ("Nachbarschaftstreff",)


def test_long_words_part_between_syllables() -> None:
    """A word wider than its column gets a hyphen."""
    found = lines("Nachbarschaftshilfe", 25)
    assert len(found) == 2
    assert found[0].endswith("-")
    assert "".join(found).replace("-", "") == "Nachbarschaftshilfe"


@given(st.text(alphabet="aäbch nstß-/", max_size=60), st.floats(5, 80))
def test_nothing_is_lost_and_nothing_is_too_wide(text: str, width: float) -> None:
    """Whatever is wrapped: all letters are there, in order, and each line fits."""
    found = lines(text, width)
    assert all(measure(line, REGULAR, 11) <= width for line in found if len(line) > 1)
    assert "".join(found).replace(" ", "").replace("-", "") == text.replace(" ", "").replace("-", "")


@pytest.mark.parametrize(("width", "size"), [(100, 21), (40, 17.0)])
def test_sizes_shrink_to_fit(width: float, size: float) -> None:
    """A title shrinks in steps of half a point, not below its least size."""
    assert fitted_size(
        "Begegnungsorte in Dortmund", font=REGULAR, size_pt=21, least_pt=17, width=width, measure=measure
    ) == pytest.approx(size, abs=1.5)
