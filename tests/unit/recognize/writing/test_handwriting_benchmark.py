"""The sums of the benchmark of handwriting: groups of the reliability diagrams, what a threshold takes, and the
least one that keeps a promise.
"""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.handwriting.acceptance import GRID, PROMISE, least, taken
from bench.handwriting.reliability import GROUPS, Said, drawn, groups
from bench.statistics import upper_bound

SAID = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=300).map(
    lambda rows: Said(chances=np.array([p for p, _ in rows]), right=np.array([right for _, right in rows]))
)


def of(*parts):
    """`count` readings of a probability, so many of them wrong: (probability, count, wrong) each."""
    chances = np.concatenate([np.full(count, p) for p, count, _ in parts])
    return Said(chances=chances, right=np.concatenate([np.arange(count) >= wrong for _, count, wrong in parts]))


@given(SAID)
def test_groups_hold_every_reading_once_in_order(said):
    found = groups(said)
    assert sum(one.count for one in found) == len(said.chances)
    assert sum(one.count * one.right for one in found) == pytest.approx(said.right.sum())
    assert sum(one.count * one.said for one in found) == pytest.approx(said.chances.sum())
    assert [one.said for one in found] == sorted(one.said for one in found)
    assert all(one.low <= one.right <= one.high for one in found)


def test_bounds_are_those_of_clopper_and_pearson():
    """Of 59 right ones none is wrong: at most 5 % are, with 95 % confidence; that group's lower bound says so."""
    (first, *_) = groups(of(*[(p / 10, 59, 0) for p in range(GROUPS)]))
    assert (first.count, first.right, first.high) == (59, 1.0, 1.0)
    assert first.low == pytest.approx(0.95, abs=0.001)
    assert upper_bound(0, 59) == pytest.approx(1 - 0.05 ** (1 / 59))


def test_a_diagram_is_a_picture_with_a_dot_for_each_group():
    picture = ET.fromstring(drawn({"digits < letters": of((0.5, 40, 20)), "names": of((0.9, 40, 4))}))
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}circle"))) == 2 * GROUPS
    assert "digits < letters (40)" in "".join(picture.itertext())


@given(SAID)
def test_the_least_threshold_keeps_its_promise_and_no_lower_one_does(said):
    threshold = least(said)
    for one in GRID:
        found = taken(said, one)
        keeps = found.count > 0 and (found.wrong + 1) / found.count <= PROMISE
        assert not keeps if threshold is None or one < threshold else keeps or one > threshold


def test_one_more_error_than_was_seen_must_not_break_the_promise():
    """Of 400 and one wrong, half a per cent is wrong with one more; one reading less is too few. What the list has
    not got counts as wrong.
    """
    assert least(of((0.96, 400, 1))) == GRID[0]
    assert least(of((0.96, 399, 1))) is None
    assert least(of((0.96, 100, 5), (0.99, 300, 0))) == 0.97
    half = taken(of((0.99, 400, 0), (0.99, 2, 2), (0.1, 398, 398)), 0.98, possible=0.5)
    assert (half.fraction, half.count, half.wrong) == (1.0, 402, 2)
