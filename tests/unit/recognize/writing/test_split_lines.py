"""Lines of writing are told apart wherever people write them."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanform.recognize.writing.split_lines import line_of_ink

PX = 5.0
WORDS = (
    "Nachbarschaftshaus",
    "jgpqy Rueckgang",
    "Spielplatz fehlt",
    "bitte mehr Baenke",
    "gut so",
    "Kaffee und Kuchen",
)


def zone(baselines, *, tilt=0.0, high=400, wide=700):
    """Words on the given rows as labelled parts, and the number of the word of each sample."""
    words = np.zeros((high, wide), np.int32)
    for number, row in enumerate(baselines, 1):
        layer = np.zeros((high, wide), np.uint8)
        cv2.putText(
            layer, WORDS[(number - 1) % len(WORDS)], (10, round(row)), cv2.FONT_HERSHEY_SIMPLEX, 0.72, (255,), 2
        )
        turn = cv2.getRotationMatrix2D((0, round(row)), tilt, 1)
        words[cv2.warpAffine(layer, turn, (wide, high)) > 100] = number
    return cv2.connectedComponents((words > 0).astype(np.uint8), connectivity=8)[1].astype(np.int32), words


@pytest.mark.slow
@given(
    count=st.integers(1, 6),
    pitch=st.floats(32, 55),
    expected=st.floats(0.75, 1.3),
    start=st.floats(25, 60),
    tilt=st.floats(-0.8, 0.8),
)
@settings(max_examples=60)
def test_every_line_is_one(count, pitch, expected, start, tilt):
    """Whatever the distance of the lines and where they begin, near the printed pitch: as many lines as were
    written, each word in its own.
    """
    labels, words = zone([start + number * pitch for number in range(count)], tilt=tilt)
    found = line_of_ink(labels, pitch * expected)
    assert found.max() == count
    for number in range(1, count + 1):
        mine = found[words == number]
        assert (mine == number).mean() > 0.97
    assert np.array_equal(found > 0, labels > 0)


def test_lines_that_touch_are_cut():
    """A long tail that runs into the line below does not pull the one into the other."""
    labels, words = zone([60, 100, 140])
    joined = (labels > 0).astype(np.uint8)
    for row in (58, 98):
        cv2.line(joined, (15, row), (200, row), (1,), 2)  # joined handwriting
    cv2.line(joined, (120, 58), (118, 98), (1,), 2)
    found = line_of_ink(cv2.connectedComponents(joined, connectivity=8)[1].astype(np.int32), 40.0)
    assert found.max() == 3
    for number in (1, 2, 3):
        assert (found[words == number] == number).mean() > 0.9


def test_dots_stay_with_their_line():
    """Dots of i and umlauts above a line, and commas below, are its own."""
    layer = np.zeros((160, 400), np.uint8)
    for row in (60, 110):
        cv2.putText(layer, "uuuuuu", (10, row), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (1,), 2)
        for column in (20, 60, 100):
            cv2.circle(layer, (column, row - 22), 1, (1,), -1)
        cv2.circle(layer, (140, row + 3), 1, (1,), -1)
    found = line_of_ink(cv2.connectedComponents(layer, connectivity=8)[1].astype(np.int32), 50.0)
    assert found.max() == 2
    assert set(np.unique(found[:80])) == {0, 1}
    assert set(np.unique(found[80:])) == {0, 2}


@pytest.mark.parametrize("pitch", [10.0, 40.0, 200.0])
def test_nothing_and_little(pitch):
    """No ink has no line; one stroke has one, however high a line is thought to be."""
    nothing = np.zeros((100, 200), np.int32)
    assert line_of_ink(nothing, pitch).max() == 0
    stroke = nothing.copy()
    stroke[40:60, 50:52] = 1
    assert line_of_ink(stroke, pitch).max() == 1
