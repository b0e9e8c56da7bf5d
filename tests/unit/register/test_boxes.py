"""Medians along the sides of boxes."""

import numpy as np
import pytest

from scanform.register.boxes import median


@pytest.mark.parametrize("count", [1, 3, 5, 7, 11, 13])
def test_median_is_that_of_numpy(count: int) -> None:
    """For every odd number of samples, with ties."""
    for top in (3, 256):
        samples = np.random.default_rng(count).integers(0, top, (count, 40, 4, 9), dtype=np.uint8)
        np.testing.assert_array_equal(median(samples), np.median(samples, axis=0))
