"""Retraining the last layer: it helps where hands differ, and cannot do harm where there is little or nothing to
learn.
"""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from scanform.model.geometry import RectMm
from scanform.model.questionnaire import Alphabet
from scanform.recognize.networks.heads import NETWORKS, Head, shipped_digest
from scanform.recognize.writing.cells import (
    STRUCK,
    admissible,
    character_probs,
    class_names,
    seen_by,
    shipped_temperature,
)
from scanform.recognize.writing.fit_heads import (
    Characters,
    FitSettings,
    Way,
    _change,
    compare,
    enough,
    figures,
    fit_head,
    held_out,
    lowest,
    most_of,
    reading_probs,
)
from scanform.recognize.writing.readers import Cell
from scanform.simulate.glyphs import glyph_strokes
from scanform.simulate.hands import random_hand
from scanform.simulate.pens import PENS, draw_strokes, stroke

USUAL_WAY = Way(strength=3.0, believing=True)
CELL = RectMm(x=2, y=2, w=6, h=8)
HABITS = {
    "7": ([(0.2, 0.3), (0.2, 0.08), (0.85, 0.08), (0.35, 0.95), (0.75, 0.95)],),
    "2": ([(0.2, 0.1), (0.8, 0.1), (0.2, 0.9), (0.8, 0.9)], [(0.25, 0.5), (0.75, 0.5)]),
}
"""Seven with a foot, two with a bar: the shipped network is sure of neither."""


def drawn(strokes, rng):
    """The ink of strokes in `CELL` as a reader of cells gets it."""
    layer = np.full((120, 100), 255, np.uint8)
    draw_strokes(layer, strokes, PENS["ballpoint blue"], px_per_mm=10, rng=rng)
    ys, xs = np.nonzero(layer < 200)
    top, bottom, left, right = ys.min(), ys.max() + 1, xs.min(), xs.max() + 1
    x, y = (left + right) / 2 / 10 - CELL.x, (top + bottom) / 2 / 10 - CELL.y
    return Cell(
        gray=layer[top:bottom, left:right],
        height=(bottom - top) / 80,
        width=(right - left) / 80,
        x=x / CELL.w,
        y=y / CELL.h,
    )


def cell(character, seed, *, odd=False):
    rng = np.random.default_rng(seed)
    if odd and character in HABITS:
        parts = [0.12 + 0.76 * (np.array(part) + rng.normal(0, 0.02, (len(part), 2))) for part in HABITS[character]]
        return drawn([stroke((part * [CELL.w, CELL.h] + [CELL.x, CELL.y]).tolist()) for part in parts], rng)
    return drawn(
        glyph_strokes(character, CELL, random_hand(np.random.default_rng(seed // 40), pen="ballpoint blue"), rng), rng
    )


def gathered(forms, each, *, odd=False, wrong=0.0, alphabet="0123456789", network="digits", start=0):
    """`each` characters of each of so many forms; `odd`: twos and sevens as in `HABITS`; `wrong`: so many of them
    are said to be another character.
    """
    names = class_names(network)
    rng = np.random.default_rng([forms, each, start])
    said, cells, owners = [], [], []
    for form in range(start, start + forms):
        for place in range(each):
            one = alphabet[int(rng.integers(len(alphabet)))]
            cells.append(cell(one, 40 * form + place, odd=odd))
            said.append(names.index(alphabet[int(rng.integers(len(alphabet)))] if rng.random() < wrong else one))
            owners.append(f"form {form}")
    logits, features = seen_by(network, cells)
    may = np.zeros((len(said), len(names)), bool)
    may[:, list(admissible(Alphabet.DIGITS if network == "digits" else Alphabet.ALNUM))] = True
    return Characters(logits=logits, features=features, truth=np.array(said), allowed=may, forms=np.array(owners))


@pytest.fixture(scope="module")
def plain():
    """Digits of hands that the shipped network reads well."""
    return gathered(24, 12)


@pytest.fixture(scope="module")
def odd():
    """Digits of hands with the habits, many twos and sevens among them."""
    return gathered(32, 12, odd=True, alphabet="0123456789772722", start=100)


def parts(characters):
    apart = held_out(characters.forms)
    return characters.of(~apart), characters.of(apart)


@pytest.mark.parametrize("network", NETWORKS)
def test_no_change_reads_as_shipped(network):
    """A head without a change gives the probabilities of the shipped network, to the last digit."""
    cells = [cell(one, 7 + number) for number, one in enumerate("0417")]
    logits, features = seen_by(network, cells)
    head = Head(
        network=network,
        of=shipped_digest(network),
        change=np.zeros((len(logits), features.shape[2] + 1, logits.shape[2]), np.float32),
        temperature=shipped_temperature(network),
    )
    assert (character_probs(network, cells, head) == character_probs(network, cells)).all()


def test_a_habit_is_learnt(odd):
    """Footed sevens and barred twos are read, on forms that were never trained on, and the other digits as before."""
    training, apart = parts(odd)
    found = compare("digits", None, fit_head("digits", training), apart)
    assert found.better
    assert found.after.right >= found.before.right + 6
    assert found.after.right >= found.after.characters - 3
    assert found.after.log_loss < 0.3 * found.before.log_loss
    assert found.after.wrong_of_accepted <= found.before.wrong_of_accepted


@pytest.mark.slow
def test_usual_hands_are_read_as_before(plain, odd):
    """What was learnt from a habit takes little from hands without it, and nothing wrong is sure."""
    before, after = (reading_probs("digits", head, plain) for head in (None, fit_head("digits", parts(odd)[0])))
    right = [int((probs.argmax(axis=1) == plain.truth).sum()) for probs in (before, after)]
    assert right[1] >= right[0] - 2
    assert figures(after, plain.truth).wrong_of_accepted <= figures(before, plain.truth).wrong_of_accepted


@pytest.mark.parametrize(("forms", "each", "wrong"), [(3, 6, 0.0), (3, 6, 0.06), (10, 10, 0.02), (24, 12, 0.02)])
@pytest.mark.fast_cases(1)
def test_a_few_crops_and_a_few_wrong_ones_do_no_harm(plain, forms, each, wrong):
    """Few characters of hands that are read well anyway, some of them said wrong: what was read is still read, and
    nearly as much is sure.
    """
    few = gathered(forms, each, wrong=wrong, start=300)
    before, after = (
        figures(reading_probs("digits", head, plain), plain.truth) for head in (None, fit_head("digits", few))
    )
    assert after.right >= before.right - 1
    assert after.wrong_of_accepted <= before.wrong_of_accepted
    assert after.accepted > 0.85 * before.accepted


@pytest.mark.slow
def test_wrong_labels_are_not_put_in_place(plain):
    """Characters that were confirmed at random teach nothing that holds on other forms: the head is not better."""
    nonsense = replace(plain, truth=np.random.default_rng(1).integers(0, 10, len(plain.truth)))
    training, _ = parts(nonsense)
    _, apart = parts(plain)
    assert not compare("digits", None, fit_head("digits", training), apart).better


@pytest.mark.slow
def test_what_is_struck_out_stays_struck_out(odd):
    """Nobody confirms what is struck out: its scores do not change, and scribbles are not taken for digits."""
    training, _ = parts(odd)
    head = fit_head("digits", training)
    assert np.abs(head.change).max() > 0
    names = class_names("digits")
    assert not head.change[:, :, names.index(STRUCK)].any()
    rng = np.random.default_rng(4)
    scribbles = []
    for seed in range(12):
        x = np.linspace(CELL.x + 0.8, CELL.right - 0.8, 14) + rng.normal(0, 0.15, 14)
        y = np.where(np.arange(14) % 2, CELL.y + 1.2, CELL.bottom - 1.2) + rng.normal(0, 0.2, 14)
        scribbles.append(
            drawn(
                [
                    stroke(np.column_stack([x, y])),
                    *glyph_strokes("4", CELL, random_hand(np.random.default_rng(seed)), rng),
                ],
                rng,
            )
        )
    probs = character_probs("digits", scribbles, head)
    assert (probs[:, :10].max(axis=1) < 0.9).all()


def test_how_often_a_character_occurs_is_not_learnt(plain):
    """Pictures that say nothing, nine of ten confirmed as fours: no picture becomes a four for that; where they do
    say something, it is learnt.
    """
    truth = np.array([4] * 90 + [9] * 10)
    same = Characters(
        logits=np.zeros((2, 100, 16), np.float32),
        features=np.ones((2, 100, 96), np.float32),
        truth=truth,
        allowed=np.ones((100, 16), bool),
        forms=np.array([f"form {number % 10}" for number in range(100)]),
    )
    assert np.abs(_change(same, USUAL_WAY, 1.0)).max() < 0.01
    told = same.features.copy()
    told[:, truth == 9, :48] = 0
    assert np.abs(_change(replace(same, features=told), USUAL_WAY, 1.0)).max() > 0.05


def test_the_split_is_by_form(plain):
    """All characters of a form are on one side, and stay there when others come."""
    apart = held_out(plain.forms)
    assert 0 < apart.sum() < len(apart)
    for form in np.unique(plain.forms):
        assert len(set(apart[plain.forms == form].tolist())) == 1
    more = np.concatenate([plain.forms, [f"later {number}" for number in range(50)]])
    assert (held_out(more)[: len(apart)] == apart).all()


def test_how_much_is_enough(plain):
    """Characters of enough forms, in both parts."""
    assert enough(plain)
    few_forms = plain.of(np.isin(plain.forms, np.unique(plain.forms)[:9]))
    assert enough(
        few_forms, FitSettings(least_forms=9, least_characters=100, least_characters_each=10, least_forms_each=1)
    )
    assert not enough(few_forms, FitSettings(least_characters_each=10, least_forms_each=1))
    one_form = replace(plain, forms=np.array(["form"] * len(plain.truth)))
    assert not enough(one_form)
    assert not enough(plain, FitSettings(held_out=0.0))
    thinned = plain.of(np.arange(len(plain.truth)) % 3 == 0)
    assert enough(thinned, FitSettings(least_characters=90, least_characters_each=5))
    assert not enough(thinned, FitSettings(least_characters_each=5))


@pytest.mark.slow
def test_a_stronger_pull_changes_less(odd):
    """The prior's strength bounds the change; nought is no change."""
    sizes = [
        float(np.abs(_change(odd, Way(strength=strength, believing=False), 1.0)).sum())
        for strength in (0.0, 0.1, 1.0, 10.0)
    ]
    assert sizes[0] == 0
    assert all(weaker > 1.2 * stronger for stronger, weaker in itertools.pairwise(sizes))


@pytest.mark.slow
def test_training_twice_gives_the_same_head(odd):
    """No chance is in it."""
    assert fit_head("digits", odd).digest == fit_head("digits", odd).digest


def test_the_lowest_point_is_found():
    """A badly scaled quadratic and a logistic loss: the gradient vanishes."""
    scales = np.geomspace(1, 1000, 12)
    found = lowest(lambda at: (float((scales * (at - 3) ** 2).sum() / 2), scales * (at - 3)), np.zeros(12))
    assert found == pytest.approx(np.full(12, 3.0), abs=1e-3)


@pytest.mark.parametrize(
    ("seen", "of", "bound"), [(0, 100, 0.02951), (1, 100, 0.04656), (5, 1000, 0.01048), (10, 10, 1.0), (0, 0, 1.0)]
)
def test_bounds(seen, of, bound):
    """Values of the beta distribution: its 0.95 quantile with seen + 1 and of - seen."""
    assert most_of(seen, of) == pytest.approx(bound, abs=2e-5)


def test_figures_count():
    """Right ones, accepted ones and wrong ones among them."""
    probs = np.array([[0.999, 0.001], [0.999, 0.001], [0.4, 0.6], [0.2, 0.8]], np.float32)
    found = figures(probs, np.array([0, 1, 1, 0]))
    assert (found.characters, found.right, found.accepted, found.wrong_of_accepted) == (4, 2, 2, 1)
    assert found.log_loss == pytest.approx(
        -np.log(0.99 * np.array([0.999, 0.001, 0.6, 0.2]) + 0.01 / 2).mean(), rel=1e-5
    )
