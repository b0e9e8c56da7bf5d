"""The mark generator of the benchmark stays what it was when the reader was tuned."""

from collections import Counter
from hashlib import sha256

import numpy as np
import pytest

from bench.marks.damage import DAMAGES
from bench.marks.deck import sheets
from bench.marks.fill import BUSY, fill_boxes
from bench.marks.measure import HARD_STYLES, make_scan
from bench.statistics import upper_bound
from scanform.simulate.hands import random_hand

FROZEN = "1c7bf4401915b141"


def _drawn(pages: int) -> list[tuple[str, str, str | None]]:
    rng, out = np.random.default_rng(5), []
    page = next(sheet.page for sheet in sheets() if sheet.name == "deck 1")
    for number in range(pages):
        filled = fill_boxes(page, random_hand(rng), rng, unusual=number % 2 == 1)
        out += [
            (name, mark.style.value, value.value if value else None)
            for name, mark in filled.truth.marks.items()
            for value in [filled.values[name]]
        ]
    return out


@pytest.mark.slow
def test_generator_is_frozen() -> None:
    assert sha256(repr(_drawn(4)).encode()).hexdigest()[:16] == FROZEN


@pytest.mark.slow
def test_a_tenth_of_the_marks_is_hard_and_traces_are_no_marks() -> None:
    rows = _drawn(40)
    marked = [style for _, style, value in rows if value == "marked"]
    styles = Counter(style for _, style, _ in rows)
    assert sum(style in HARD_STYLES for style in marked) / len(marked) >= 0.10
    assert min(styles[name] for name in ("speck", "pen-rest", "neighbour-stroke", "circle-around", "fill")) > 0
    assert 0.5 * np.mean(BUSY) < len(marked) / len(rows) < 1.5 * np.mean(BUSY)


def test_lines_through_boxes_have_no_value() -> None:
    rng = np.random.default_rng(3)
    page = next(sheet.page for sheet in sheets() if sheet.name == "deck 2")
    filled = fill_boxes(page, random_hand(rng), rng, unusual=True)
    assert filled.lines
    assert sum(value is None for value in filled.values.values()) >= 2 * len(filled.lines)


def test_the_same_numbers_give_the_same_pixels() -> None:
    first, again, other = (make_scan("office copier", number, 0)[2].gray for number in (3, 3, 4))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_there_are_twenty_kinds_of_damage_beside_the_office() -> None:
    assert len(DAMAGES) - 2 >= 20


def test_upper_bounds_are_those_of_the_tables() -> None:
    assert abs(upper_bound(0, 299) - 0.01) < 1e-4
    assert abs(upper_bound(0, 29_956) - 1e-4) < 1e-7
    assert abs(upper_bound(1, 4_742) - 1e-3) < 1e-5
    assert upper_bound(0, 0) == 1.0
