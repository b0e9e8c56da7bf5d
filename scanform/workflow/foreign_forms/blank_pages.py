"""Images of an empty form as people have them: a PDF, or scans and photos of any resolution; deskewed and scaled to
millimetres.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from scanform.discover.skew import skew_deg
from scanform.errors import InputError, of_place, remedies, words
from scanform.imaging.page_image import BLANK_DPI, Floats, Gray
from scanform.model.geometry import A4, SizeMm
from scanform.model.page import PageRef
from scanform.model.problem import Problem
from scanform.scan.files.limits import Limits
from scanform.scan.intake import inspect_file
from scanform.scan.load import load_page, rasterize

LETTER = SizeMm(w=215.9, h=279.4)
ASPECT = 0.025
"""Maximum deviation of an image's aspect ratio from that of a paper size."""

SIDES_MM = (90.0, 460.0)
"""Longer side of usual form paper, A6 to A3 with margin; a resolution that implies another size is ignored."""

PX_PER_MM = BLANK_DPI / 25.4


@dataclass(frozen=True, kw_only=True, eq=False)
class BlankPicture:
    """One page of an empty form: grey pixels as a viewer shows them, and the size of the paper in mm. `exact`: drawn
    from a PDF at 300 dpi.
    """

    gray: Gray
    size: SizeMm
    name: str
    exact: bool = False

    @cached_property
    def skew(self) -> float:
        """Skew of the print in degrees clockwise; 0 when it is straight."""
        return skew_deg(self.gray, max(self.gray.shape) / max(self.size.w, self.size.h))

    def drawn(self, size: SizeMm | None = None, *, straight: bool = True) -> Gray:
        """The page on paper of `size` (its own by default) at exactly 300 dpi, deskewed or as it is; (H, W) uint8."""
        target = size or self.size
        width, height = (int(np.ceil(round(length * PX_PER_MM, 3))) for length in (target.w, target.h))
        turn = self.skew if straight else 0.0
        if self.exact and turn == 0.0 and _same_size(self.size, target):
            return _on_canvas(self.gray, width, height)
        rows, columns = self.gray.shape
        scale = (target.w * PX_PER_MM / columns, target.h * PX_PER_MM / rows)
        moved = _placed(scale, turn, (columns, rows))
        source = _softened(self.gray, min(scale))
        method = cv2.INTER_CUBIC if min(scale) > 1 else cv2.INTER_LINEAR
        drawn = cv2.warpAffine(
            source, moved, (width, height), flags=method, borderMode=cv2.BORDER_CONSTANT, borderValue=(255,)
        )
        return np.asarray(drawn, dtype=np.uint8)


def load_blanks(paths: Sequence[Path]) -> list[BlankPicture]:
    """The pages of an empty form in the order given; raises InputError that names the file."""
    return [page for path in paths for page in _pages(path)]


def _pages(path: Path) -> Iterator[BlankPicture]:
    limits = Limits()
    info = inspect_file(str(path), limits)
    if info.pages == 0:
        raise _refused(path, info.problems)
    if info.kind == "pdf":
        for number, gray in enumerate(rasterize(path, dpi=BLANK_DPI), 1):
            rows, columns = gray.shape
            yield BlankPicture(
                gray=gray,
                size=_paper(SizeMm(w=columns / PX_PER_MM, h=rows / PX_PER_MM)),
                name=f"{path.name}#{number}",
                exact=True,
            )
        return
    for index in range(info.pages):
        loaded = load_page(PageRef(sha256=info.sha256, path=str(path), index=index), limits)
        if loaded.image is None:
            raise _refused(path, loaded.problems)
        gray = np.ascontiguousarray(np.rot90(loaded.image.gray, -(loaded.turn // 90) % 4))
        yield BlankPicture(gray=gray, size=paper_size(gray, loaded.image.dpi), name=f"{path.name}#{index + 1}")


def _refused(path: Path, problems: Sequence[Problem]) -> InputError:
    """All problems of a file; the main one gives the slug."""
    return InputError(
        of_place(str(path), tuple(problems)),
        remedy=remedies(problem.slug for problem in problems),
        slug=problems[0].slug,
    )


def paper_size(gray: Gray, dpi: float | None) -> SizeMm:
    """The paper size of an image: from its resolution, otherwise A4 or US letter by its aspect ratio, otherwise the
    length of A4.
    """
    rows, columns = gray.shape
    if dpi is not None and SIDES_MM[0] <= max(rows, columns) / dpi * 25.4 <= SIDES_MM[1]:
        return _paper(SizeMm(w=columns / dpi * 25.4, h=rows / dpi * 25.4))
    for paper in (A4, LETTER):
        for size in (paper, SizeMm(w=paper.h, h=paper.w)):
            if abs(columns / rows / (size.w / size.h) - 1) <= ASPECT:
                return size
    scale = A4.h / max(rows, columns)
    return SizeMm(w=round(columns * scale, 3), h=round(rows * scale, 3))


def fits_paper(picture: BlankPicture, size: SizeMm) -> bool:
    """Whether image and paper have the same aspect ratio."""
    return abs(picture.size.w / picture.size.h / (size.w / size.h) - 1) <= 2 * ASPECT


def wrong_ratio(picture: BlankPicture, size: SizeMm) -> InputError:
    """The error for an image that cannot show a page of this size."""
    params = {
        "page": picture.name,
        "w": f"{picture.size.w:.0f}",
        "h": f"{picture.size.h:.0f}",
        "wanted_w": f"{size.w:.0f}",
        "wanted_h": f"{size.h:.0f}",
    }
    return InputError(
        words("imported.wrong_ratio", **params), remedy=words("imported.wrong_ratio_remedy"), slug="wrong-ratio"
    )


def _paper(size: SizeMm) -> SizeMm:
    """A standard size if it differs only by rounding (half a mm)."""
    for paper in (A4, SizeMm(w=A4.h, h=A4.w), LETTER, SizeMm(w=LETTER.h, h=LETTER.w)):
        if _same_size(size, paper):
            return paper
    return SizeMm(w=round(size.w, 3), h=round(size.h, 3))


def _same_size(one: SizeMm, other: SizeMm) -> bool:
    return abs(one.w - other.w) <= 0.5 and abs(one.h - other.h) <= 0.5


def _on_canvas(gray: Gray, width: int, height: int) -> Gray:
    """The image cropped or padded with paper to this size, in place."""
    canvas = np.full((height, width), 255, np.uint8)
    rows, columns = min(height, gray.shape[0]), min(width, gray.shape[1])
    canvas[:rows, :columns] = gray[:rows, :columns]
    return canvas


def _placed(scale: tuple[float, float], turn_deg: float, size: tuple[int, int]) -> Floats:
    """The affine map (2, 3) from pixels of the image to pixels of the drawn page: deskewed about its centre, then
    scaled.
    """
    middle = (size[0] / 2 - 0.5, size[1] / 2 - 0.5)
    straight = np.vstack([cv2.getRotationMatrix2D(middle, turn_deg, 1.0), [0, 0, 1]])
    scaled = np.array([[scale[0], 0, 0.5 * scale[0] - 0.5], [0, scale[1], 0.5 * scale[1] - 0.5], [0, 0, 1]])
    return np.asarray((scaled @ straight)[:2], dtype=np.float64)


def _softened(gray: Gray, scale: float) -> Gray:
    """Blurred before downscaling, so that thin lines do not break up."""
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), 0.4 / scale), dtype=np.uint8) if scale < 0.75 else gray
