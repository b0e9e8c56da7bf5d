"""Columns of features have names, and weights go only with the columns they were fitted on."""

from importlib import resources

import numpy as np
import pytest

from scanform.errors import InternalError
from scanform.i18n.texts import LANGUAGES, in_words
from scanform.recognize.ink import writing_areas
from scanform.recognize.marks import features
from scanform.recognize.networks.npz_model import load


@pytest.mark.parametrize(("name", "columns"), [("marks", features.NAMES), ("areas", writing_areas.NAMES)])
def test_the_weights_hold_the_names_of_their_columns(name, columns):
    """What is measured is what the shipped weights were fitted on, in that order; each weight belongs to one column."""
    network = load(name, columns)
    assert network.features == columns
    assert len(set(columns)) == len(columns)
    assert network.hidden.shape[1] == len(network.mean) == len(network.low) == len(columns)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            (features.NAMES[1], features.NAMES[0], *features.NAMES[2:]),
            "column 1 is “core_share” there and “rim_share” here",
        ),
        (
            (*features.NAMES[:-1], "print_next"),
            f"column {len(features.NAMES)} is “print_beside” there and “print_next” here",
        ),
        (features.NAMES[:-1], f"column {len(features.NAMES)} is “print_beside” there and “-” here"),
    ],
)
def test_weights_of_other_columns_are_refused(columns, said):
    """Two columns changed over, one renamed, one missing: nothing is read, and the message names the column."""
    with pytest.raises(InternalError) as caught:
        load("marks", columns)
    assert said in in_words(caught.value.message, "en")
    assert all(
        "{" not in in_words(part, language)
        for part in (caught.value.message, caught.value.remedy)
        for language in LANGUAGES
    )


def test_columns_by_name_are_those_of_the_rows():
    """By name one gets the column, not a copy; of one row its values."""
    rows = np.arange(2 * len(features.NAMES), dtype=np.float32).reshape(2, -1)
    named = features.by_name(rows)
    assert tuple(named) == features.NAMES
    assert np.shares_memory(named["reach"], rows)
    assert named["reach"].tolist() == rows[:, features.COLUMN["reach"]].tolist()
    assert features.by_name(rows[1])["reach"] == rows[1, features.COLUMN["reach"]]


def test_the_names_are_in_the_file_itself():
    """Whoever opens the weights without scanform finds what each column is."""
    with (
        resources.files("scanform.recognize").joinpath("models", "marks.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as held,
    ):
        assert held["features"].tolist() == list(features.NAMES)
