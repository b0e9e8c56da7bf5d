"""The cheap first look at the windows of boxes leaves out none that holds ink."""

import numpy as np
import pytest

from scanform.recognize.ink import extraction
from scanform.recognize.ink.extraction import measure
from scanform.recognize.ink.sampling import cut, tile_maps, tiles
from scanform.recognize.marks import features
from scanform.simulate.truth import MarkStyle

STYLES = (
    MarkStyle.CROSS,
    MarkStyle.NONE,
    MarkStyle.TICK,
    MarkStyle.NONE,
    MarkStyle.FILL,
    MarkStyle.NONE,
    MarkStyle.NONE,
)


def boxes(sheet):
    return list(sheet.prepared.marks.zones)


def measured_in_full(monkeypatch, scan, prepared):
    """The same measurement when every window counts as one that may hold ink."""
    with monkeypatch.context() as patch:
        patch.setattr(extraction, "_perhaps_inked", lambda patches, *_: np.arange(len(patches)))
        return measure(scan.image, scan.page_map, prepared)


@pytest.mark.parametrize("pen", ["ballpoint blue", "pencil light"])
@pytest.mark.parametrize(
    "profile", ["good scanner", "office copier", "fax", "low toner", "stained", "worn feeder", "jpeg q30", "photo"]
)
@pytest.mark.fast_cases(2)
def test_features_are_those_of_the_full_measurement(sheet, monkeypatch, profile, pen):
    """Whether all windows are measured or only those that may hold ink makes no difference to any number."""
    styles = {zone.id: STYLES[number % len(STYLES)] for number, zone in enumerate(boxes(sheet))}
    scan = sheet.scan(styles, profile=profile, pen=pen, seed=4)
    quick, full = (
        measure(scan.image, scan.page_map, sheet.prepared),
        measured_in_full(monkeypatch, scan, sheet.prepared),
    )
    assert quick.marks.windows.tolist() == full.marks.windows.tolist()
    np.testing.assert_array_equal(
        features.describe(quick, sheet.prepared.marks), features.describe(full, sheet.prepared.marks)
    )


def test_streaks_and_edges_of_windows_are_seen(sheet, monkeypatch):
    """Ink that only touches the rim of a window, and a streak down the page, are found like any other."""
    scan = sheet.scan({}, profile="good scanner", seed=6)
    side = sheet.prepared.marks.side
    for number, zone in enumerate(boxes(sheet)[:40]):
        x, y = scan.page_map.to_px(np.array([[zone.rect.centre.x, zone.rect.centre.y]]))[0]
        reach = side / 12 * scan.page_map.px_per_mm(zone.rect)
        dx, dy = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1))[number % 6]
        column, row = round(x + dx * reach), round(y + dy * reach)
        scan.image.gray[row - 2 : row + 3, column - 2 : column + 3] -= np.uint8(20 + number % 60)
    scan.image.gray[:, 700:703] //= 2
    quick, full = (
        measure(scan.image, scan.page_map, sheet.prepared),
        measured_in_full(monkeypatch, scan, sheet.prepared),
    )
    assert len(full.marks.windows) > 10
    assert quick.marks.windows.tolist() == full.marks.windows.tolist()


def test_sums_are_at_least_those_of_every_sample_and_its_neighbours():
    """The largest sum of 3 x 3 samples with mirrored edges, computed one by one."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        window = np.zeros((1, 12, 12), np.uint8)
        row, column = rng.integers(0, 12, 2)
        window[0, max(row - 1, 0) : row + 1, max(column - 1, 0) : column + 1] = rng.integers(1, 256)
        framed = np.pad(window[0].astype(int), 1, mode="reflect")
        wanted = max(framed[y : y + 3, x : x + 3].sum() for y in range(12) for x in range(12))
        assert extraction._largest_sum(window)[0] >= wanted


def test_windows_without_ink_carry_no_arrays(sheet):
    """An untouched page has hardly a window that is described further."""
    scan = sheet.scan({}, profile="office copier", seed=5)
    ink = measure(scan.image, scan.page_map, sheet.prepared).marks
    assert len(ink.windows) == len(ink.excess) == len(ink.smooth) == len(ink.ink) < 10
    assert len(ink.paper) == len(ink.shift_mm) == len(boxes(sheet))


def test_tiles_cut_in_parts_are_those_of_their_maps(sheet):
    """However many tiles are cut at once, the coordinates are the same; a shifted tile lies its shift further."""
    scan = sheet.scan({}, seed=2)
    centres = sheet.prepared.marks.centres_mm
    where = tiles(scan.page_map, centres, side=54, px_per_mm=6.0, scale=1.0)
    x, y = tile_maps(scan.page_map, centres, side=54, px_per_mm=6.0, scale=1.0)
    assert cut(scan.image.gray, where).shape == x.shape
    some = np.array([3, 70])
    moved = where.of(some, np.array([[1.0, 0.0], [0.0, 2.0]])).maps()
    np.testing.assert_allclose(moved[0][0][:, :-1], x[3][:, 1:], atol=0.002)
    np.testing.assert_allclose(moved[1][1][:-2], y[70][2:], atol=0.002)
