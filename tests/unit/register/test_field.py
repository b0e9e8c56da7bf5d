"""The smooth field follows what is smooth, ignores what is wrong, and a hole in the evidence is no proof."""

import numpy as np

from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import A4
from scanform.register.field import fit_field
from scanform.register.fit import is_placed

RNG = np.random.default_rng(4)
POINTS = np.stack([RNG.uniform(10, 200, 120), RNG.uniform(10, 287, 120)], axis=1)


def truth(points):
    return np.stack([0.3 * np.sin(points[:, 0] / 25), 0.8 * np.sin(points[:, 1] / 20)], axis=1)


def seen_by(field, points):
    return PageMap(homography=(1, 0, 0, 0, 1, 0, 0, 0, 1), residual_mm=0, tier=Tier.T1, grid=field.grid).offsets_mm(
        points
    )


def test_waves_are_followed_and_outliers_ignored():
    """Waves in both directions are found to hundredths of a millimetre, although every tenth measurement is wrong."""
    offsets = truth(POINTS) + RNG.normal(0, 0.01, POINTS.shape)
    offsets[::10] += RNG.uniform(0.5, 1.4, (12, 2))
    inner = POINTS[(POINTS > 25).all(axis=1) & (POINTS < [185, 270]).all(axis=1)]
    assert (
        np.percentile(np.linalg.norm(seen_by(fit_field(POINTS, offsets, A4), inner) - truth(inner), axis=1), 90) < 0.1
    )


def test_no_offset_gives_no_field():
    """Where nothing moved the field is zero."""
    assert np.abs(seen_by(fit_field(POINTS, np.zeros_like(POINTS), A4), POINTS)).max() < 1e-6


def test_a_hole_in_the_evidence_is_no_proof():
    """Four rows of boxes that are not where they should be refuse the map, although 84 % of the page agrees."""
    rects = np.array([(30 + 40 * column, 30 + 10 * row, 5, 5) for row in range(25) for column in range(4)], dtype=float)
    scattered = np.ones(100, dtype=bool)
    scattered[::6] = False
    assert is_placed(rects, scattered)
    hole = np.ones(100, dtype=bool)
    hole[40:56] = False
    assert not is_placed(rects, hole)
