"""Properties of the page map: there and back, the fast path, boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanform.imaging.page_map import OffsetGrid, PageMap, Tier
from scanform.model.geometry import RectMm

finite = st.floats(-1, 1)


@st.composite
def page_maps(draw, grids=True):
    """Maps as scanners and cameras make them: any turn, 94-103 %, mild perspective, a field of up to 1.5 mm."""
    turn, scale, dpi = (
        draw(st.floats(0, 6.28)),
        draw(st.floats(0.94, 1.03)),
        draw(st.sampled_from([100, 150, 200, 300, 600])),
    )
    ppm = scale * dpi / 25.4
    cos, sin = np.cos(turn) * ppm, np.sin(turn) * ppm
    homography = np.array(
        [
            [cos, -sin, draw(finite) * 300 + 1500],
            [sin, cos, draw(finite) * 300 + 1500],
            [draw(finite) * 3e-4, draw(finite) * 3e-4, 1],
        ]
    )
    grid = None
    if grids and draw(st.booleans()):
        rows, columns = 50, 36
        y, x = np.mgrid[0:rows, 0:columns] * 6.0
        a, b, phase = draw(finite) * 1.5, draw(finite) * 1.5, draw(st.floats(0, 6))
        dx, dy = a * np.sin(x / 50 + y / 40 + phase), b * np.sin(y / 30 + phase)
        grid = OffsetGrid(step_mm=6.0, rows=rows, columns=columns, dx_mm=tuple(dx.ravel()), dy_mm=tuple(dy.ravel()))
    return PageMap(homography=tuple(homography.ravel()), residual_mm=0.0, tier=Tier.T0, grid=grid)


points_on_page = st.lists(st.tuples(st.floats(0, 210), st.floats(0, 297)), min_size=1, max_size=30).map(
    lambda items: np.array(items, dtype=np.float64)
)


@settings(max_examples=60)
@given(page_maps(), points_on_page)
def test_to_mm_undoes_to_px(page_map, points):
    """Millimetres to pixels and back is the identity to a micrometre, with and without a field."""
    assert np.allclose(page_map.to_mm(page_map.to_px(points)), points, atol=1e-3)


@settings(max_examples=60)
@given(page_maps(), points_on_page)
def test_fast_path_agrees(page_map, points):
    """to_px_xy gives what to_px gives, to a hundredth of a pixel (float32)."""
    x, y = page_map.to_px_xy(points[:, 0], points[:, 1])
    assert np.allclose(np.stack([x, y], axis=1), page_map.to_px(points), atol=0.01)


@settings(max_examples=30)
@given(page_maps())
def test_fast_path_broadcasts(page_map):
    """Rows of x and columns of y give the same pixels as all pairs one by one."""
    x, y = np.linspace(5, 60, 7), np.linspace(100, 130, 5)
    fast = page_map.to_px_xy(x[None, :], y[:, None])
    pairs = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    assert np.allclose(np.stack(fast, axis=-1).reshape(-1, 2), page_map.to_px(pairs), atol=0.01)


@settings(max_examples=30)
@given(page_maps(grids=False), points_on_page)
def test_offsets_shift_the_paper(page_map, points):
    """A constant field of (dx, dy) mm moves each point as if it lay there on the paper."""
    grid = OffsetGrid(step_mm=100.0, rows=4, columns=4, dx_mm=(0.7,) * 16, dy_mm=(-0.4,) * 16)
    shifted = PageMap(homography=page_map.homography, residual_mm=0, tier=Tier.T1, grid=grid)
    assert np.allclose(shifted.to_px(points), page_map.to_px(points + np.array([0.7, -0.4])), atol=1e-6)
    assert np.allclose(shifted.offsets_mm(points), [0.7, -0.4])


def test_field_is_bilinear_between_nodes():
    """Half-way between nodes the offset is the mean of the four around; outside the grid the edge counts."""
    grid = OffsetGrid(step_mm=10.0, rows=2, columns=2, dx_mm=(0.0, 1.0, 2.0, 3.0), dy_mm=(0.0, 0.0, 4.0, 4.0))
    page_map = PageMap(homography=(1, 0, 0, 0, 1, 0, 0, 0, 1), residual_mm=0, tier=Tier.T1, grid=grid)
    assert page_map.offsets_mm(np.array([[5.0, 5.0], [-3.0, 99.0]])) == pytest.approx(
        np.array([[1.5, 2.0], [2.0, 4.0]])
    )


def test_box_is_clipped_to_the_image():
    """A rectangle that hangs over the edge gives the part inside; one outside gives an empty box."""
    page_map = PageMap(homography=(10, 0, 0, 0, 10, 0, 0, 0, 1), residual_mm=0, tier=Tier.T0)
    box = page_map.box_px(RectMm(x=-1, y=2, w=3, h=3), width=100, height=40)
    assert (box.x, box.y, box.w, box.h) == (0, 20, 20, 20)
    assert page_map.box_px(RectMm(x=50, y=50, w=5, h=5), width=100, height=40).w == 0


def test_px_per_mm_is_the_scale():
    """The mean scale over a rectangle, whatever the turn."""
    page_map = PageMap(homography=(0, -8, 900, 8, 0, 0, 0, 0, 1), residual_mm=0, tier=Tier.T0)
    assert page_map.px_per_mm(RectMm(x=10, y=10, w=20, h=5)) == pytest.approx(8)
