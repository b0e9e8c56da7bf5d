"""From columns of odds to texts, and to the texts of a list."""

import itertools
from math import exp, log

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanform.recognize.writing.word_lists import nearest, scored, spellings, text_list
from scanform.recognize.writing.words import (
    HEIGHT,
    LineLogProbs,
    alphabet,
    joined,
    line_log_probs,
    log_probabilities,
    most_probable,
    normalised_line,
    only,
)

LETTERS = " abc"


def probs(rows):
    """Columns of probabilities as they come from a network: nothing new, then the letters."""
    chances = np.array(rows, np.float64) + 1e-9
    return LineLogProbs(logs=np.log(chances / chances.sum(axis=1, keepdims=True)).astype(np.float32), alphabet=LETTERS)


def every_text(line):
    """All texts with their probabilities, by counting every path: what CTC says by definition."""
    found = {}
    for path in itertools.product(range(len(LETTERS) + 1), repeat=len(line.logs)):
        kept = [one for place, one in enumerate(path) if one and (place == 0 or path[place - 1] != one)]
        text = "".join(LETTERS[one - 1] for one in kept)
        found[text] = found.get(text, 0.0) + exp(sum(float(line.logs[place, one]) for place, one in enumerate(path)))
    return found


rows = st.lists(st.lists(st.floats(0.001, 1), min_size=5, max_size=5), min_size=1, max_size=5)


@given(rows)
@settings(max_examples=40)
def test_the_probability_of_a_text_is_the_sum_over_all_its_paths(columns):
    """What is computed column by column is what counting all paths gives, for every text there can be."""
    line = probs(columns)
    known = {text: chance for text, chance in every_text(line).items() if text}
    found = log_probabilities(line, list(known))
    assert np.allclose(np.exp(found), list(known.values()), rtol=1e-3, atol=1e-9)


@given(rows)
@example([[1.0] * 5, [1.0, 1.0, 1.0, 0.001953125, 0.001953125]])
@settings(max_examples=40)
def test_the_most_probable_texts_come_first(columns):
    """With a beam that holds everything, the first text is the best of all; with the usual one, none is said to be
    more probable than it is.
    """
    line = probs(columns)
    known = every_text(line)
    (first, chance), *_ = most_probable(line, beam=4000)
    assert chance == pytest.approx(max(known.values()), rel=1e-3)
    assert known[first] == pytest.approx(chance, rel=1e-3)
    assert all(one <= known[text] * 1.001 for text, one in most_probable(line))


@given(rows, st.sets(st.sampled_from(LETTERS)))
@settings(max_examples=40)
def test_barred_characters_make_no_other_text_likelier(columns, allowed):
    """Where only some characters can stand, texts of these are as probable as before, and all others cannot be."""
    line = probs(columns)
    texts = sorted(text for text in every_text(line) if text)
    before, after = (np.exp(log_probabilities(one, texts)) for one in (line, only(frozenset(allowed), line)))
    kept = np.array([set(text) <= allowed for text in texts])
    assert np.allclose(after[kept], before[kept], rtol=1e-3)
    assert after[~kept].max(initial=0) < 1e-20
    best, _ = most_probable(only(frozenset(allowed), line))[0]
    assert set(best) <= allowed


def test_texts_that_cannot_be():
    """Unknown characters, more characters than columns, nothing at all: no probability, no error."""
    line = probs([[0.1, 0.1, 0.8, 0.1, 0.1]])
    found = log_probabilities(line, ["q", "abc", "", "a"])
    assert list(np.isinf(found)) == [True, True, True, False]
    assert log_probabilities(line, []).shape == (0,)


def written(text, *, sure=0.94):
    """A line in which `text` was read, three columns to a character, as surely as asked."""
    known = alphabet()
    logs = np.full((3 * len(text), len(known) + 1), log((1 - sure) / len(known)), np.float32)
    for place, character in enumerate(text):
        logs[3 * place, known.index(character) + 1] = log(sure)
        logs[3 * place + 1 : 3 * place + 3, 0] = log(sure)
    return LineLogProbs(logs=logs - np.log(np.exp(logs).sum(axis=1, keepdims=True)), alphabet=known)


STREETS = tuple(
    f"{first}{second}"
    for first in (
        "Linden",
        "Eichen",
        "Münster",
        "Rhein",
        "König",
        "Schützen",
        "Garten",
        "Mühlen",
        "Hohe",
        "Kaiser",
        "Burg",
        "Park",
        "Ost",
        "West",
    )
    for second in ("straße", "weg", "platz", "allee", "gasse", "ring", "hof", " Straße", "ufer", "wall")
)


@pytest.mark.parametrize("text", ["Münsterstraße", "Münsterstr.", "MÜNSTERSTRASSE", "Münsterstrasse", "Munsterstraße"])
def test_a_street_is_known_in_every_spelling(text):
    """Abbreviated, in capitals, with ss, with a slip of the pen: the same street of the list leads."""
    line = written(text)
    near = nearest(line, text_list(STREETS, line.alphabet))
    assert near[int(np.argmax(scored(line, near)))] == "Münsterstraße"


def test_spellings():
    """Only what people do: no word loses letters that are not the street's."""
    assert set(spellings("Königstraße")) == {
        "Königstraße",
        "Königstr.",
        "Königstrasse",
        "KÖNIGSTRASSE",
        "KÖNIGSTRAßE",
        "KÖNIGSTR.",
    }
    assert "Hohe Str." in spellings("Hohe Straße")
    assert spellings("Am Straßenbahnhof")[:2] == ("Am Straßenbahnhof", "Am Strassenbahnhof")


def test_lines_are_joined_by_a_space():
    """A name over two lines is one text."""
    line = joined([written("Haus am"), written("Park")])
    assert most_probable(line)[0][0] == "Haus am Park"
    one = written("Park")
    assert joined([one]) is one


def test_normalised_lines():
    """One height, a width that the network divides; nothing for no ink, very long and very small ones too."""
    ink = np.zeros((200, 900), np.float32)
    assert normalised_line(ink).shape == (HEIGHT, 16)
    ink[80:140, 100:800] = 0.5
    line = normalised_line(ink)
    assert line.shape[0] == HEIGHT
    assert line.shape[1] % 8 == 0
    assert line.max() == 1
    shifted = np.roll(ink, (30, 60), axis=(0, 1))
    assert np.array_equal(normalised_line(shifted), line)
    assert normalised_line(np.ones((10, 9000), np.float32)).shape[1] <= 1208
    assert normalised_line(np.ones((1, 1), np.float32)).shape[0] == HEIGHT


def test_no_line_depends_on_its_neighbours():
    """A line says the same alone and among others."""
    rng = np.random.default_rng(3)
    pictures = [rng.integers(0, 256, (40, wide), dtype=np.uint8) for wide in (60, 300, 120)]
    together = line_log_probs(pictures)
    for picture, found in zip(pictures, together, strict=True):
        assert np.array_equal(line_log_probs([picture])[0].logs, found.logs)
        assert np.allclose(np.exp(found.logs).sum(axis=1), 1, atol=1e-4)
