"""Image quality as a cause: why pages could not be read, and remarks on pages that were read all the same."""

from collections.abc import Mapping, Sequence

import numpy as np

from scanform import pagecode
from scanform.imaging.page_image import Floats, PageImage
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import A4
from scanform.model.layout import Layout
from scanform.model.problem import Problem
from scanform.register.codes import corners_array, search_codes
from scanform.register.identify import flat
from scanform.register.markers import Marker, page_number
from scanform.register.photo import find_sheet
from scanform.register.pose import fit_pose
from scanform.register.quality import Picture, measure_markers, measure_print, verdicts


def remarks(image: PageImage, markers: Sequence[Marker], corners_mm: Floats, page_map: PageMap) -> tuple[Problem, ...]:
    """Poor quality of the image of a page that was read; `image` as it came, before it was lightened, `corners_mm`
    (..., 2) those of its zones.
    """
    return verdicts(
        measure_markers(
            image, markers, content_mm=corners_mm.reshape(-1, 2) if corners_mm.size else None, page_map=page_map
        )
    )


def measured(image: PageImage, markers: Sequence[Marker], layouts: Mapping[str, Layout]) -> Picture:
    """Quality measures of a page that was not read: at its markers, otherwise at whatever is printed on it."""
    if not markers:
        sheet = find_sheet(image.gray)
        return measure_print(image, px_per_mm=_code_scale(image, layouts) or _scale(image, sheet), where=sheet)
    number = page_number(markers)
    for page in (page for layout in layouts.values() for page in layout.pages if page.number == number):
        pose = fit_pose(markers, page.fiducials, page.size) if page.fiducials else None
        if pose is not None:
            page_map = PageMap(homography=flat(pose.homography), residual_mm=pose.residual_mm, tier=Tier.T0)
            corners = np.array([(p.x, p.y) for mark in page.fiducials for p in mark.rect.corners])
            return measure_markers(image, markers, content_mm=corners, page_map=page_map)
    return measure_markers(image, markers)


def causes(image: PageImage, markers: Sequence[Marker], layouts: Mapping[str, Layout]) -> tuple[Problem, ...]:
    """Why a page may not have been read: defects of its image."""
    return verdicts(measured(image, markers, layouts))


def _code_scale(image: PageImage, layouts: Mapping[str, Layout]) -> float | None:
    """Pixels per mm by the size of a page code of ours; None when none can be read."""
    widths = [
        area.rect.w for layout in layouts.values() for page in layout.pages for area in page.codes if area.kind == "qr"
    ]
    codes = (
        [code for code in search_codes(image.gray, max(image.gray.shape) / A4.h) if pagecode.decode(code.text)]
        if widths
        else []
    )
    if not codes:
        return None
    corners = corners_array(codes[0])
    return float(np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).mean() / widths[0])


def _scale(image: PageImage, sheet: Floats | None) -> float:
    """Pixels per mm: of the sheet that was found, otherwise as the file says, otherwise as if the image were a sheet of
    A4.
    """
    if sheet is not None:
        return float(np.linalg.norm(np.roll(sheet, -1, axis=0) - sheet, axis=1).sum() / (2 * (A4.w + A4.h)))
    return image.dpi / 25.4 if image.dpi else max(image.gray.shape) / A4.h
