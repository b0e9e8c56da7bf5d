"""The scale of the blank pictures."""

import cv2
import numpy as np

from scanform.model.geometry import A4
from scanform.model.layout import PageLayout
from scanform.workflow.reading.edition import FolderSource


def test_a_blank_is_300_dpi_whatever_its_size_in_pixels(tmp_path):
    """A picture that was rounded up by a pixel keeps the scale it was drawn with."""
    folder = tmp_path / "layouts" / "DIGEST"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "page-1.png"), np.full((3509, 2481), 255, np.uint8))
    blank = FolderSource(folder=str(tmp_path)).blank(
        "DIGEST", PageLayout(number=1, size=A4, blank="page-1.png", fiducials=(), codes=(), zones=())
    )
    assert (blank.px_per_mm_x, blank.px_per_mm_y) == (300 / 25.4, 300 / 25.4)
