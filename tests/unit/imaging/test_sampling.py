"""Sampling takes what lies on the paper, to the fraction of a pixel, from the original image."""

import numpy as np
import pytest

from scanform.imaging.page_map import OffsetGrid, PageMap, Tier
from scanform.imaging.sampling import OUTSIDE, sample_patches, sample_points, sample_rect
from scanform.model.geometry import RectMm

PPM = 8.0


def ramp(height=400, width=300):
    """An image that is linear in x and y: bilinear sampling of it is exact."""
    y, x = np.mgrid[0:height, 0:width]
    return np.rint(40 + 0.3 * x + 0.2 * y).astype(np.uint8)


def turned_map(degrees, grid=None):
    angle = np.radians(degrees)
    cos, sin = np.cos(angle) * PPM, np.sin(angle) * PPM
    return PageMap(homography=(cos, -sin, 140, sin, cos, 60, 0, 0, 1), residual_mm=0, tier=Tier.T0, grid=grid)


@pytest.mark.parametrize("degrees", [0, 3, 90, 181])
def test_patches_show_their_place(degrees):
    """Each patch of a linear picture holds the values at its points, to one grey level."""
    page_map = turned_map(degrees)
    middle = page_map.to_mm(np.array([[150.0, 200.0]]))
    centres = middle + np.array([[0.0, 0.0], [3.0, -2.0], [-4.0, 5.0]])
    patches = sample_patches(ramp(), page_map, centres, size_mm=4.0, px_per_mm=5.0)
    assert patches.shape == (3, 20, 20)
    ticks = (np.arange(20) + 0.5) / 5.0 - 2.0
    offsets = np.stack(np.meshgrid(ticks, ticks), axis=-1)
    places = page_map.to_px((centres[:, None, None] + offsets).reshape(-1, 2))
    assert np.abs(patches.ravel() - (40 + 0.3 * places[:, 0] + 0.2 * places[:, 1])).max() <= 1.6


def test_rect_is_upright_and_complete():
    """A rectangle comes out with its own width and height, top left first."""
    image = np.full((400, 300), 255, np.uint8)
    image[80:96, 40:80] = 0
    page_map = PageMap(homography=(PPM, 0, -0.5, 0, PPM, -0.5, 0, 0, 1), residual_mm=0, tier=Tier.T0)
    patch = sample_rect(image, page_map, RectMm(x=5, y=10, w=10, h=4), px_per_mm=PPM)
    assert patch.shape == (32, 80)
    assert patch[:16, :40].max() == 0
    assert patch[16:].min() == 255
    assert patch[:, 40:].min() == 255


def test_field_moves_what_is_seen():
    """With a field of one millimetre to the right the patch shows what lies one millimetre to the right."""
    grid = OffsetGrid(step_mm=300.0, rows=2, columns=2, dx_mm=(1.0,) * 4, dy_mm=(0.0,) * 4)
    plain = sample_patches(ramp(), turned_map(0), np.array([[6.0, 10.0]]), size_mm=3, px_per_mm=8)
    bent = sample_patches(ramp(), turned_map(0, grid), np.array([[5.0, 10.0]]), size_mm=3, px_per_mm=8)
    assert np.abs(plain.astype(int) - bent).max() <= 1


def test_beyond_the_scan_is_paper():
    """What lies outside the image counts as white paper."""
    patch = sample_patches(
        np.zeros((50, 50), np.uint8), turned_map(0), np.array([[-100.0, -100.0]]), size_mm=2, px_per_mm=4
    )
    assert (patch == OUTSIDE).all()


def test_many_rows_are_split():
    """More rows than one remap takes give the same values as few."""
    page_map, image = turned_map(0), ramp()
    y = np.linspace(0, 30, 40000)
    many = sample_points(image, page_map, np.full((1, 1), 2.0), y[:, None])
    few = sample_points(image, page_map, np.full((1, 1), 2.0), y[30000:30010, None])
    assert many.shape == (40000, 1)
    assert (many[30000:30010] == few).all()
