"""Characters in cells: cut out of real pixels, read by the networks, never guessed silently."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scanform.model.questionnaire import Alphabet
from scanform.recognize.writing.cells import INNER, NETWORKS, SIZE, UNREAD, character_probs, class_names, normalised
from scanform.recognize.writing.readers import Cell, CellImages
from scanform.simulate.hands import random_hand
from scanform.simulate.pens import stroke
from scanform.simulate.truth import PageTruth, TextTruth

ACCEPT = 0.995


def comb_cells(sheet, name="comb0"):
    return next(zone for zone in sheet.page.zones if zone.id == name).cells


def read_with(sheet, text, lines, *, seed=1, profile="good scanner"):
    """The reading of comb0 with `text` in it and further strokes of the same pen."""
    from scanform.simulate.fill import draw_ink
    from scanform.simulate.scanner import PROFILES, scan_page

    hand = random_hand(np.random.default_rng(seed), pen="ballpoint blue")
    truth = PageTruth(number=1, texts={"comb0": TextTruth(text=text, cells=tuple("" if c == " " else c for c in text))})
    ink = draw_ink(sheet.gray.shape, sheet.page, truth, hand=hand, rng=np.random.default_rng([seed, 7]), lines=lines)
    return sheet.read(scan_page(sheet.gray, PROFILES[profile], np.random.default_rng([seed, 9]), ink=ink))["comb0"]


def scribble(cell, rng):
    x = np.linspace(cell.x + 0.8, cell.right - 0.8, 14) + rng.normal(0, 0.15, 14)
    y = np.where(np.arange(14) % 2, cell.y + 1.2, cell.bottom - 1.2) + rng.normal(0, 0.2, 14)
    return stroke(np.column_stack([x, y]))


@pytest.mark.parametrize("profile", ["good scanner", "office copier", "jpeg q30"])
@pytest.mark.slow
def test_numbers_come_out_right_or_go_to_a_person(sheet, profile):
    """Hands with European 1 and 7 among them: what is accepted is what was written, and most is accepted or at least
    right.
    """
    right = accepted = 0
    for seed in range(12):
        text = "".join(np.random.default_rng(seed).choice(list("0123456789117"), 5))
        field = sheet.read(sheet.scan({}, {"comb1": text}, seed=seed, profile=profile))["comb1"]
        sure = field.problem is None and field.confidence >= ACCEPT
        assert not sure or field.value == text
        right += field.value == text
        accepted += sure
    assert right >= 9
    assert accepted >= 4


@pytest.mark.slow
def test_a_scribble_is_read_as_struck_out(sheet):
    """A cell that was scribbled over is not a digit: the row goes to a person with a question mark in that place."""
    cells = comb_cells(sheet)
    for seed in range(4):
        field = read_with(
            sheet,
            "01022024",
            [scribble(cells[3], np.random.default_rng(seed)), scribble(cells[3], np.random.default_rng(seed + 50))],
            seed=seed,
        )
        assert field.problem == "illegible-cells"
        assert field.value[3] == UNREAD


@pytest.mark.parametrize("word", ["KA", "CA", "NEU", "VIEL", "100M", "H20"])
@pytest.mark.fast_cases(1)
def test_letters_among_digits_are_for_a_person(sheet, word):
    """ "k. A." and "viel" in cells for digits are no numbers."""
    for seed in range(3):
        field = sheet.read(sheet.scan({}, {"comb0": word}, seed=seed))["comb0"]
        assert field.problem is not None or field.confidence < ACCEPT


def test_a_line_through_all_cells_is_for_a_person(sheet):
    """A row that was crossed out as a whole is no number."""
    cells = comb_cells(sheet)
    middle = cells[0].centre.y
    line = stroke([(cells[0].x - 1, middle + 0.6), (cells[3].x, middle - 0.4), (cells[7].right + 1, middle)])
    field = read_with(sheet, "01022024", [line])
    assert field.problem is not None or field.confidence < ACCEPT


@pytest.mark.slow
def test_writing_between_two_cells_is_for_a_person(sheet):
    """A digit on the line between two cells belongs to neither for sure."""
    from scanform.model.geometry import RectMm
    from scanform.simulate.glyphs import glyph_strokes

    cells = comb_cells(sheet)
    for seed in range(4):
        rng = np.random.default_rng(seed)
        between = RectMm(x=cells[2].x + 4, y=cells[2].y, w=cells[2].w, h=cells[2].h)
        field = read_with(
            sheet, "12", glyph_strokes("8", between, random_hand(rng, pen="ballpoint blue"), rng), seed=seed
        )
        assert field.problem is not None or field.confidence < ACCEPT


def test_a_tail_in_the_next_cell_does_not_add_a_digit(sheet):
    """A 7 whose foot reaches into the empty cell beside it stays one digit."""
    cells = comb_cells(sheet)
    x, y = cells[4].x, cells[4].y
    seven = [
        stroke([(x + 1.5, y + 1.2), (x + 5.2, y + 1.2), (x + 3.4, y + 4.5), (x + 1.4, y + 7.5), (x - 0.7, y + 7.9)])
    ]
    field = read_with(sheet, "2024", seven)
    assert field.problem is not None or field.value[4:] == "7   "
    assert field.value == "20247   " or field.problem is not None or field.confidence < ACCEPT


def ring(cell, *, wide, tall):
    angles = np.linspace(-1.9, 2 * np.pi - 1.7, 40)
    return stroke(
        np.column_stack([cell.centre.x + wide / 2 * np.cos(angles), cell.centre.y + tall / 2 * np.sin(angles)])
    )


@pytest.mark.slow
def test_strokes_across_the_frame_stay_whole(sheet):
    """A nought higher than its cell is a nought: the frame is taken away, the stroke under it is not."""
    for seed in range(4):
        assert read_with(sheet, "12 45678", [ring(comb_cells(sheet)[2], wide=4.2, tall=8.9)], seed=seed).value[2] == "0"


@pytest.mark.parametrize(("wide", "tall"), [(6.9, 6.5), (7.2, 9.0), (8.0, 6.0)])
@pytest.mark.parametrize("place", [0, 2, 7])
@pytest.mark.fast_cases(1)
def test_strokes_that_lie_along_the_frame_are_never_lost(sheet, place, wide, tall):
    """What runs under the frame cannot be seen: the cell is neither taken for another digit nor for an empty one,
    the row goes to a person.
    """
    digits = list("12345678")
    digits[place] = " "
    for seed in range(2):
        field = read_with(sheet, "".join(digits), [ring(comb_cells(sheet)[place], wide=wide, tall=tall)], seed=seed)
        assert field.value[place] == "0" or field.problem is not None or field.confidence < ACCEPT


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("shift", [(0.3, 0.0), (0.0, -0.3), (-0.22, 0.22)])
def test_a_map_that_is_a_little_off(sheet, shift):
    """Frames are looked for where they are: a quarter of a millimetre more or less changes nothing."""
    scan = sheet.scan({}, {"comb0": "30628459"}, seed=3)
    moved = np.array(scan.page_map.homography).reshape(3, 3) @ np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]])
    off = replace(scan.page_map, homography=tuple(moved.ravel().tolist()))
    assert sheet.read(scan)["comb0"].value == "30628459"
    assert sheet.read(scan, off)["comb0"].value == "30628459"


def printed(character, *, thick=3):
    picture = np.full((64, 64), 255, np.uint8)
    cv2.putText(picture, character, (14, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (0,), thick, cv2.LINE_AA)
    ys, xs = np.nonzero(picture < 128)
    cut = picture[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    return Cell(gray=cut, height=0.7, width=0.7 * cut.shape[1] / cut.shape[0], x=0.5, y=0.5)


def test_rows_do_not_depend_on_each_other():
    """What is read together is what is read alone, in the order it was given; blanks keep their place."""
    rows = [
        CellImages(cells=[printed("4"), None, printed("7")], alphabet=Alphabet.DIGITS),
        CellImages(cells=[printed("K"), printed("M")], alphabet=Alphabet.LETTERS),
        CellImages(cells=[None, None], alphabet=Alphabet.DATE),
        CellImages(cells=[printed("2")], alphabet=Alphabet.TIME),
    ]
    together = NETWORKS.read(rows)
    assert [one.texts[0].value for one in together] == ["4 7", "KM", "  ", "2"]
    for row, seen in zip(rows, together, strict=True):
        (alone,) = NETWORKS.read([row])
        assert [one.value for one in alone.texts] == [one.value for one in seen.texts]
        assert [one.probability for one in alone.texts] == pytest.approx(
            [one.probability for one in seen.texts], abs=1e-5
        )


def test_letters_hold_no_digits():
    """Where only letters may stand, a ring is the letter O."""
    (read,) = NETWORKS.read([CellImages(cells=[printed("0")], alphabet=Alphabet.LETTERS)])
    assert not any(character.isdigit() for one in read.texts for character in one.value)


def test_a_sharp_s_among_capitals_is_rare():
    """A B is no ß because it might be one."""
    (read,) = NETWORKS.read([CellImages(cells=[printed("B")], alphabet=Alphabet.LETTERS)])
    found = {one.value: one.probability for one in read.texts}
    assert read.texts[0].value == "B"
    assert found.get("ß", 0.0) < 0.01


def test_a_small_stroke_at_the_bottom_is_no_sure_one():
    """A comma is a 1 once it is brought to size: size and place tell them apart."""
    picture = np.full((24, 10), 255, np.uint8)
    cv2.line(picture, (7, 2), (3, 21), (0,), 3, cv2.LINE_AA)
    one = Cell(gray=picture, height=0.7, width=0.2, x=0.5, y=0.5)
    comma = Cell(gray=picture, height=0.22, width=0.08, x=0.5, y=0.95)
    names = class_names("digits")
    probs = character_probs("digits", [one, comma])
    assert probs[0, names.index("1")] > 0.9
    assert probs[1, names.index("1")] < 0.5


@settings(max_examples=40)
@given(arrays(np.float32, st.tuples(st.integers(1, 70), st.integers(1, 70)), elements=st.floats(0, 1, width=32)))
def test_any_picture_is_brought_to_size(dark):
    """Whatever is cut out: the right size, darkness 0..1, no longer than the room there is."""
    out = normalised(dark)
    assert out.shape == (SIZE, SIZE)
    assert out.min() >= 0
    assert out.max() <= 1
    inked = out > 0
    assert inked.any(axis=1).sum() <= INNER
    assert inked.any(axis=0).sum() <= INNER


@settings(max_examples=25)
@given(st.lists(arrays(np.uint8, (20, 14)), min_size=1, max_size=6), st.sampled_from(list(Alphabet)))
def test_probabilities_of_texts(pictures, alphabet):
    """Most probable first, never more than 1 in all, one character per cell, whatever stands in the cells."""
    row = [Cell(gray=picture, height=0.7, width=0.5, x=0.5, y=0.5) for picture in pictures]
    (read,) = NETWORKS.read([CellImages(cells=[*row, None], alphabet=alphabet)])
    fractions = [one.probability for one in read.texts]
    assert fractions == sorted(fractions, reverse=True)
    assert 0 < sum(fractions) <= 1 + 1e-4
    assert {len(one.value) for one in read.texts} == {len(row) + 1}
    assert len({one.value for one in read.texts}) == len(read.texts)
