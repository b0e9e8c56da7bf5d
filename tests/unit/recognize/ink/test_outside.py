"""What is beyond the edge of the picture is never read as unanswered."""

import numpy as np

from scanform.imaging.page_image import PageImage
from scanform.recognize.ink.outside import OUTSIDE
from scanform.recognize.reader import read_fields
from scanform.simulate.truth import MarkStyle


def test_boxes_beyond_the_edge_go_to_a_person(sheet):
    """A page cut through its boxes: those cut and lost carry a problem and no claim, the others are read as ever."""
    marked = {f"r{row}-o5": MarkStyle.CROSS for row in range(14)}
    scan = sheet.scan(marked, profile="clean")
    whole = {field.zone: field for field in read_fields(scan.image, scan.page_map, sheet.prepared)}
    width = round((25 + 28 * 5 + 3) * 300 / 25.4)
    cut = {
        field.zone: field
        for field in read_fields(
            PageImage(gray=np.ascontiguousarray(scan.gray[:, :width])), scan.page_map, sheet.prepared
        )
    }
    for row in range(14):
        lost = cut[f"r{row}-o5"]
        assert (lost.problem, len(lost.candidates)) == (OUTSIDE, 3)
        assert max(candidate.probability for candidate in lost.candidates) < 0.34
        assert (cut[f"r{row}-o3"].value, cut[f"r{row}-o3"].box) == (whole[f"r{row}-o3"].value, whole[f"r{row}-o3"].box)
        assert whole[f"r{row}-o5"].problem is None
    assert (cut["text0"].value, cut["text0"].problem, cut["text0"].confidence) == ("", OUTSIDE, 0.0)


def test_whole_pages_have_nothing_outside(sheet):
    """No zone of a whole page is called missing."""
    scan = sheet.scan()
    assert all(field.problem != OUTSIDE for field in read_fields(scan.image, scan.page_map, sheet.prepared))
