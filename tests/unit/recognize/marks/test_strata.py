"""Readings by kind, and the calibration of each kind."""

import numpy as np

from scanform.recognize.marks.features import NAMES
from scanform.recognize.marks.strata import KINDS, NONE, ROOM, SCANS, STRATA, rescaled, strata

CLASSES = ("empty", "marked", "filled", "unclear")


def described(**values: float) -> np.ndarray:
    row = np.zeros((1, len(NAMES)), np.float32)
    for name, value in {"scale": np.log(11.8), "open_core": 1.0, **values}.items():
        row[0, NAMES.index(name)] = value
    return row


def kind_of(top: int, **values: float) -> str:
    probs = np.full((1, 4), 0.05, np.float32)
    probs[0, top] = 0.85
    found = int(strata(described(**values), probs, CLASSES)[0])
    return "none" if found == NONE else STRATA[found]


def test_kinds_of_readings() -> None:
    assert kind_of(0) == "grey, free: empty"
    assert kind_of(0, core_share=0.01) == "grey, free: empty, traces"
    assert kind_of(0, core_share=0.05) == "grey, free: empty, specks inside"
    assert kind_of(0, rim_share=0.05, part_whole=0.2) == "grey, free: empty, stroke inside"
    assert kind_of(0, loose=0.03) == "grey, free: empty, ink close by"
    assert kind_of(0, core_share=0.01, loose=0.03) == "grey, free: empty, ink close by"
    assert kind_of(0, core_share=0.05, own_share=0.1, elsewhere=0.2) == "grey, free: empty, ink of another box"
    assert kind_of(0, core_share=0.05, own_share=0.1, elsewhere=0.05) == "grey, free: empty, ink close by"
    assert kind_of(1, core_share=0.3, reach=1.2, peak_of_page=1) == "grey, free: marked"
    assert (
        kind_of(1, core_share=0.05, reach=0.4, peak_of_page=1, usual_share=0.4, broad_of_page=1.4)
        == "grey, free: marked, small"
    )
    assert kind_of(1, core_share=0.05, reach=0.4, peak_of_page=1, usual_share=0.1) == "none"
    assert kind_of(1, core_share=0.05, reach=1.2, peak_of_page=0.4) == "grey, free: marked, faint"
    assert kind_of(1, core_share=0.3, reach=3, crossed=3, own_share=0.4) == "grey, free: joined with another box"
    assert kind_of(1, core_share=0.3, reach=3, crossed=2, own_share=0.9, peak_of_page=1) == "grey, free: marked"
    assert kind_of(2, core_share=0.9, reach=3, crossed=2, own_share=0.4) == "grey, free: joined with another box"
    assert kind_of(2, core_share=0.9) == "grey, free: filled"
    assert kind_of(3, core_share=0.9) == "none"
    assert kind_of(0, open_core=0.8) == "grey, crowded: empty"
    assert kind_of(0, scale=np.log(4.0)) == "coarse, free: empty"
    assert kind_of(0, dirt=0.6) == "dirty, free: empty"
    assert kind_of(0, mono=1.0, usual_peak=1.0, usual_share=0.5) == "mono, free: empty"
    assert len(STRATA) == len(SCANS) * len(ROOM) * len(KINDS)


def test_boxes_that_may_be_marked_are_never_empty_without_a_person() -> None:
    assert kind_of(0, open_core=0.4) == "none"
    assert kind_of(0, open_core=0.4, usual_share=0.4) == "none"
    assert kind_of(0, open_core=0.4, usual_share=0.6) == "grey, crowded: empty"
    assert kind_of(0, open_core=0.3, usual_share=0.6) == "none"
    assert kind_of(0, part_area=0.06, usual_peak=0.8) == "none"
    assert kind_of(0, part_area=0.04, usual_peak=0.8) == "grey, free: empty"
    assert kind_of(0, part_area=0.025, usual_peak=0.3) == "none"
    assert kind_of(0, near_share=0.1) == "none"
    assert kind_of(0, usual_peak=0.1, weak_boxes=0.5) == "none"
    assert kind_of(0, usual_peak=0.1, weak_boxes=0.1) == "grey, free: empty"
    assert kind_of(0, usual_peak=0.0, weak_boxes=1.0) == "grey, free: empty"
    assert kind_of(0, part_width=0.23, part_height=0.11, part_inside=1.0) == "none"
    assert kind_of(0, part_width=0.2, part_height=0.2, part_inside=1.0) == "grey, free: empty"
    assert kind_of(1, core_share=0.05, reach=0.4, peak_of_page=2, usual_share=0.4, broad_of_page=1.4) == "none"
    assert (
        kind_of(1, part_width=0.2, part_height=0.2, reach=0.4, peak_of_page=1, usual_share=0.4, broad_of_page=0.9)
        == "none"
    )
    assert (
        kind_of(1, part_width=0.4, part_height=0.2, reach=0.4, peak_of_page=1, usual_share=0.4, broad_of_page=0.9)
        == "grey, free: marked, small"
    )
    assert kind_of(0, mono=1.0) == "none"
    assert kind_of(0, mono=1.0, usual_peak=1.0, usual_share=0.2) == "none"
    assert kind_of(0, mono=1.0, usual_peak=0.7, usual_share=0.5) == "none"
    assert kind_of(1, mono=1.0, usual_peak=0.7, usual_share=0.5, reach=1.2, peak_of_page=1) == "none"
    assert kind_of(0, mono=1.0, usual_peak=1.0, usual_share=0.5, core_share=0.01) == "none"
    assert kind_of(0, loose=0.06) == "none"
    assert (
        kind_of(0, part_area=0.06, usual_peak=0.8, own_share=0.05, elsewhere=0.4)
        == "grey, free: empty, ink of another box"
    )
    assert kind_of(1, open_core=0.8, reach=1.2, peak_of_page=1) == "grey, crowded: marked"


def test_rescaling_keeps_sums_and_order_of_the_others() -> None:
    probs = np.array([[0.9, 0.06, 0.03, 0.01], [0.2, 0.7, 0.05, 0.05]], np.float32)
    scaling = np.array([[1.0, 1.0], [0.0, 1.0]], np.float32)
    new = rescaled(probs, np.array([0, NONE]), scaling)
    assert np.allclose(new.sum(axis=1), 1, atol=1e-5)
    assert np.isclose(new[0, 0], 1 / (1 + np.exp(-(1 + np.log(9)))), atol=1e-5)
    assert np.allclose(new[0, 1:] / new[0, 1], probs[0, 1:] / probs[0, 1], atol=1e-4)
    assert np.allclose(new[1], probs[1])
