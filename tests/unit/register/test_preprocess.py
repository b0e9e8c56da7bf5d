"""Pictures that say nothing as they are: half of the lines missing, dots instead of grey."""

import numpy as np
import pytest

from bench.marks.measure import make_scan, read_scan
from scanform.imaging.page_image import PageImage
from scanform.register.preprocess import preprocess


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fax standard", "dithered"])
def test_faxes_and_dots_are_identified_and_registered(kind: str) -> None:
    sheet, filled, scan, _ = make_scan(kind, 0, 3)
    tier, fields = read_scan(scan.image, sheet)
    assert tier in ("T0", "T1")
    sure = [
        (field, filled.values[field.zone]) for field in fields if field.problem is None and field.confidence >= 0.995
    ]
    assert sure or kind == "dithered"  # dots leave nothing sure
    assert all(value is not None and field.value == value.value for field, value in sure)


def test_missing_lines_put_back_lie_where_they_should() -> None:
    sheet, _, scan, _ = make_scan("fax standard", 1, 3)
    seen = preprocess(scan.image, layouts={sheet.layout.digest: sheet.layout}, read_text=lambda _: "")
    assert seen.factor == 204 / 98
    centres = {mark.id: mark.rect.centre for mark in sheet.page.fiducials}
    truth = scan.page_map.rows_scaled(seen.factor)
    for marker in seen.markers:
        expected = truth.to_px(np.array([[centres[marker.id].x, centres[marker.id].y]]))[0]
        assert np.hypot(*(np.mean(marker.corners_px, axis=0) - expected)) < 2.5  # 0.3 mm at 204 dpi


def test_ordinary_pictures_are_looked_at_once() -> None:
    sheet, _, scan, _ = make_scan("office copier", 0, 3)
    seen = preprocess(scan.image, layouts={sheet.layout.digest: sheet.layout}, read_text=lambda _: "")
    assert seen.seen.gray is scan.gray
    assert seen.factor == 1.0


def test_rows_scaled_and_back_is_the_same_map() -> None:
    scan = make_scan("office copier", 0, 3)[2]
    points = np.array([[10.0, 10.0], [200.0, 290.0]])
    back = scan.page_map.rows_scaled(204 / 98).rows_scaled(98 / 204)
    assert np.allclose(back.to_px(points), scan.page_map.to_px(points), atol=1e-6)


def test_empty_paper_stays_unknown() -> None:
    paper = PageImage(gray=np.full((1145, 1728), 255, np.uint8))
    sheet = make_scan("office copier", 0, 3)[0]
    seen = preprocess(paper, layouts={sheet.layout.digest: sheet.layout}, read_text=lambda _: "")
    assert seen.sighting.identity is None
    assert not seen.markers
