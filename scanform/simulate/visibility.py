"""Which marks survived the scan: a mark erased by a fax or a weak pencil is invisible to readers and people."""

import numpy as np

from scanform.imaging.page_image import Gray
from scanform.model.geometry import RectMm
from scanform.model.layout import PageLayout
from scanform.model.reading import MarkValue
from scanform.simulate.draw import sheet_px_per_mm
from scanform.simulate.scanner import ScannedPage
from scanform.simulate.truth import PageTruth

INSET_MM = 0.4
"""Inset of the measured area from the edge of the box, to exclude its printed line."""

VISIBLE = 14.0
"""Minimum contrast, in grey levels, of the darkest quarter of a mark to the paper around it; scanner noise is 1-7
levels.
"""


def faded_marks(scan: ScannedPage, page: PageLayout, truth: PageTruth, ink: Gray) -> frozenset[str]:
    """The marked or filled boxes (zone ids) whose ink is hardly visible in `scan`; `ink` is the layer that `draw_ink`
    returned for `truth`.
    """
    zones = {zone.id: zone.rect for zone in page.zones}
    per_mm = sheet_px_per_mm(ink.shape, page.size)
    drawn = (name for name, mark in truth.marks.items() if mark.value is not MarkValue.EMPTY)
    return frozenset(name for name in drawn if _contrast(scan, zones[name].grown(-INSET_MM), ink, per_mm) < VISIBLE)


def _contrast(scan: ScannedPage, rect: RectMm, ink: Gray, per_mm: float) -> float:
    """How much darker than the paper the ink in `rect` is in the scan, grey levels; 0 if there is no ink inside."""
    rows = np.arange(round(rect.y * per_mm), round(rect.bottom * per_mm))
    columns = np.arange(round(rect.x * per_mm), round(rect.right * per_mm))
    inked = ink[np.ix_(rows, columns)] < 225
    if not inked.any():
        return 0.0
    points = np.stack(np.meshgrid((columns + 0.5) / per_mm, (rows + 0.5) / per_mm), axis=-1).reshape(-1, 2)
    pixels = np.rint(scan.page_map.to_px(points)).astype(int)
    h, w = scan.gray.shape
    inside = ((pixels >= 0) & (pixels < [w, h])).all(axis=1)
    grey = np.full(len(pixels), 255.0)
    grey[inside] = scan.gray[pixels[inside, 1], pixels[inside, 0]]
    here = grey[inked.ravel()]
    paper = float(np.median(grey[~inked.ravel()])) if (~inked).mean() > 0.2 else 250.0
    return paper - float(np.sort(here)[: max(1, len(here) // 4)].mean())
