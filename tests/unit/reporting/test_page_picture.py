"""Pictures of explained pages: everything is on them, notes never lie on each other, dense pages stay readable."""

from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from scanform.model.geometry import RectMm
from scanform.reporting import page_picture
from scanform.reporting.page_picture import (
    PX_PER_MM,
    STYLE,
    DrawnShape,
    DrawnZone,
    Frame,
    Look,
    draw_page,
    draw_picture,
    font,
    wrapped,
)

FRAME = Frame(
    title="bögen.pdf, Seite 3: gelesen",
    head=("Größe Übermaß",),
    legend=((Look.SURE, "sicher"), (Look.REVIEW, "zur Prüfung")),
)
PAGE = np.full((round(297 * PX_PER_MM), round(210 * PX_PER_MM)), 230, np.uint8)


def opened(png):
    with Image.open(BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"))


def zones(count, look=Look.SURE, lines=3):
    note = ("frage.antwort: angekreuzt", *("zwei Striche, die sich im Kästchen kreuzen",) * (lines - 1))
    return [
        DrawnZone(
            rect=RectMm(x=20 + 9 * (n % 20), y=20 + 9 * (n // 20), w=5, h=5),
            look=look,
            number="",
            note=note,
            brief=(note[0],),
        )
        for n in range(count)
    ]


def columns(drawn):
    """The notes as they are placed, for each margin."""
    sides = page_picture._sides(drawn, 210)
    size = page_picture._note_size(sides, PAGE.shape[0], STYLE) or STYLE.note_sizes[-1]
    return [
        page_picture._set_column(side, page_picture._column(n, PAGE.shape[1], STYLE), PAGE.shape[0], size, STYLE)
        for n, side in enumerate(sides)
    ]


@pytest.mark.parametrize("count", [1, 12, 60, 300])
def test_notes_never_lie_on_each_other(count):
    """Whatever their number, each note ends before the next begins, and every zone with a note has one."""
    placed = columns(zones(count))
    assert sum(map(len, placed)) == count
    for column in placed:
        assert all(first.bottom < second.top for first, second in pairwise(column))


def test_few_notes_stand_beside_their_zones():
    """With room enough a note begins where its zone is."""
    for column in columns(zones(4)):
        for note in column:
            assert abs(note.top - note.zone.rect.centre.y * PX_PER_MM) < 200


@pytest.mark.slow
def test_a_dense_page_takes_the_brief_notes():
    """Sixty notes of nine lines do not fit beside the page; sixty brief ones do, so the picture is no higher than
    for one.
    """
    one, many = (opened(draw_page(PAGE, zones(count, lines=9), FRAME)) for count in (1, 60))
    assert many.shape == one.shape
    long = [DrawnZone(rect=zone.rect, look=zone.look, number="", note=zone.note) for zone in zones(60, lines=9)]
    assert opened(draw_page(PAGE, long, FRAME)).shape[0] > many.shape[0]


@pytest.mark.slow
def test_states_differ_without_colour():
    """Sure, doubtful and missing zones have different lines even in grey."""
    drawn = []
    for look in Look:
        zone = DrawnZone(rect=RectMm(x=100, y=100, w=20, h=20), look=look, number="")
        picture = opened(draw_page(PAGE, [zone], FRAME)).mean(axis=2)
        left, top = STYLE.margin + round(99 * PX_PER_MM), picture.shape[0] - 64 - PAGE.shape[0] + round(99 * PX_PER_MM)
        drawn.append((picture[top : top + 200, left : left + 200] < 150).sum())
    assert len({round(amount, -2) for amount in drawn}) == len(Look)


def test_probabilities_stand_in_empty_boxes():
    """A plainly empty box shows its number inside."""
    with_number, without = (
        opened(draw_page(PAGE, [DrawnZone(rect=RectMm(x=50, y=50, w=5, h=5), look=Look.EMPTY, number=number)], FRAME))
        for number in ("99,9", "")
    )
    assert (with_number != without).any()


@pytest.mark.slow
def test_a_picture_that_was_not_read_shows_what_was_seen():
    """Labels and outlines are scaled with the picture."""
    gray = np.full((4032, 3024), 200, np.uint8)
    shape = DrawnShape(points=((1000, 1000), (1400, 1000), (1400, 1400), (1000, 1400)), label="Marke 3", look=Look.SURE)
    plain, drawn = (opened(draw_picture(gray, shapes, FRAME)) for shapes in ((), (shape,)))
    changed = np.argwhere((plain != drawn).any(axis=2))
    assert plain.shape[1] == STYLE.page_width
    factor = STYLE.page_width / 3024
    assert changed[:, 1].min() >= 1000 * factor - 12
    assert changed[:, 1].max() <= 1400 * factor + 4


def test_words_are_broken_to_the_room():
    """No line is wider than the room, nothing is lost, words that are too long are cut."""
    words = "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung und noch ein paar Wörter"
    lines = wrapped(words, 220, font(24))
    assert all(font(24).getlength(line) <= 220 for line in lines)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
