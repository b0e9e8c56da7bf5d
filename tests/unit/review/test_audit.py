"""The bound on wrong values: exact, never too low more often than promised, and no more work than it takes."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform.review.audit import CONFIDENCE, fraction, most_wrong, sample_size

TIE = 1e-9
"""Chances of exactly one in twenty are on either side by the last digit of a binary fraction."""


def at_most(wrong, looked, all_wrong, population):
    """The same probability by counting with whole numbers."""
    return sum(
        comb(all_wrong, hit) * comb(population - all_wrong, looked - hit) for hit in range(wrong + 1) if looked >= hit
    ) / comb(population, looked)


@given(st.data())
def test_the_bound_is_the_last_count_that_is_not_too_improbable(data):
    """One more wrong value, and so few in the sample would be a chance of less than one in twenty."""
    population = data.draw(st.integers(1, 120))
    looked = data.draw(st.integers(0, population))
    wrong = data.draw(st.integers(0, looked))
    bound = most_wrong(wrong, looked, population)
    assert wrong <= bound <= population - looked + wrong
    assert bound == wrong or at_most(wrong, looked, bound, population) > 1 - CONFIDENCE - TIE
    assert bound == population - looked + wrong or at_most(wrong, looked, bound + 1, population) <= 1 - CONFIDENCE + TIE


def test_known_figures():
    """A large population gives what the binomial bound gives (3 / n with no error); all of it looked at leaves no
    doubt.
    """
    assert most_wrong(0, 600, 1_000_000) / 1_000_000 == pytest.approx(0.004980, abs=5e-6)
    assert most_wrong(1, 600, 1_000_000) / 1_000_000 == pytest.approx(0.007880, abs=3e-5)
    assert most_wrong(2, 50, 50) == 2
    assert most_wrong(0, 0, 50) == 50


@pytest.mark.parametrize("population", [0, 1, 20, 500, 10_412])
@pytest.mark.parametrize("tolerated", [0, 1])
def test_the_sample_is_just_large_enough(population, tolerated):
    """With as many wrong values as are tolerated the target is kept; with one fewer looked at it is not."""
    size = sample_size(population, 0.005, tolerated)
    allowed = int(population * 0.005)
    assert size <= population
    if tolerated <= allowed:
        assert most_wrong(min(tolerated, size), size, population) <= allowed
    if tolerated < size < population:
        assert most_wrong(tolerated, size - 1, population) > allowed


def test_impossible_counts_are_refused():
    for counts in ((2, 1, 10), (0, 11, 10), (-1, 5, 10)):
        with pytest.raises(ValueError, match="of"):
            most_wrong(*counts)


def test_the_draw_is_even_and_depends_on_the_lot():
    """A tenth of many items lies below a tenth, and another lot draws others."""
    drawn = {name: {n for n in range(20_000) if fraction(f"A/{n}", name) < 0.1} for name in "xy"}
    assert all(1_850 < len(found) < 2_150 for found in drawn.values())
    assert len(drawn["x"] & drawn["y"]) < 300
