"""From a page reference to pixels: the only place where page images are created."""

import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from scanform.errors import InputError, MissingProgramError, of_place, words
from scanform.imaging.page_image import Gray, PageImage
from scanform.model.page import PageRef
from scanform.model.problem import Problem
from scanform.scan.codecs.heif import read_heif
from scanform.scan.codecs.negative import is_negative
from scanform.scan.codecs.pictures import Picture, read_picture
from scanform.scan.codecs.tiff import read_tiff_page
from scanform.scan.files.errors import ScanError, problem, unreadable
from scanform.scan.files.kinds import FileKind
from scanform.scan.files.limits import Limits, deadline
from scanform.scan.files.poppler import PdfSyntaxError
from scanform.scan.files.source import ScanFile, scan_file
from scanform.scan.pdf.pdf_file import open_pdf
from scanform.scan.pdf.read_pdf import draw_shown, read_pdf_page

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPage:
    """A decoded page, or the reason why there is none.

    `turn` is the rotation in degrees clockwise (0, 90, 180, 270) that the file asks of a viewer: /Rotate, EXIF. The
    paper itself may still lie in any direction. `problems` may accompany an image (`page-suspect`, `page-repaired`). A
    negative is returned inverted, paper light (`negative-picture`).
    """

    image: PageImage | None
    turn: int = 0
    problems: tuple[Problem, ...] = ()


def load_page(ref: PageRef, limits: Limits) -> LoadedPage:
    """Decodes one page; bad files become problems, never exceptions (MissingProgramError excepted: that is not the
    file's fault).

    The content is checked to be still `ref.sha256`. Kills this process if it takes too long and the process is guarded.
    """
    where = f"page {ref.index + 1}"
    try:
        with deadline(limits.page_seconds), warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # Pillow warns about damaged tags; damaged pixels are found by our own checks
            picture = _read(ref, limits)
    except ScanError as trouble:
        return LoadedPage(image=None, problems=(trouble.problem(where),))
    except MissingProgramError:
        raise
    except MemoryError:
        return LoadedPage(
            image=None,
            problems=(
                ScanError("too-large", size=f"> {limits.memory_bytes >> 20} MiB", limit=str(limits.max_pixels)).problem(
                    where
                ),
            ),
        )
    except Exception as error:  # noqa: BLE001 - a hostile file may raise anything from any library; it must not harm the batch
        log.warning("page %d of %s: %s", ref.index + 1, ref.sha256[:12], type(error).__name__)
        return LoadedPage(image=None, problems=(unreadable(error).problem(where),))
    gray, problems = picture.gray, picture.problems
    if is_negative(gray):
        gray, problems = 255 - gray, (*problems, problem("negative-picture"))
    placed = tuple(Problem(slug=found.slug, where=where, params=found.params) for found in problems)
    return LoadedPage(image=PageImage(gray=gray, dpi=picture.dpi), turn=picture.turn, problems=placed)


def rasterize(pdf: Path, *, dpi: int) -> Iterator[Gray]:
    """The pages of `pdf` rendered at `dpi`, one after the other, each (H, W) uint8; raises InputError."""
    limits = replace(Limits(), render_seconds=Limits().page_seconds)
    try:
        document = open_pdf(scan_file(str(pdf), limits), limits)
        for index in range(document.pages):
            yield draw_shown(document, index, dpi=dpi, limits=limits)
    except (ScanError, PdfSyntaxError) as error:
        trouble = error if isinstance(error, ScanError) else unreadable(str(error))
        raise InputError(
            of_place(str(pdf), trouble.problem()), remedy=words(f"remedy.{trouble.slug}"), slug=trouble.slug
        ) from error


def _read(ref: PageRef, limits: Limits) -> Picture:
    file = scan_file(ref.path, limits)
    if file.sha256 != ref.sha256:
        raise ScanError("changed")
    if file.kind is FileKind.PDF:
        return read_pdf_page(file, ref.index, limits)
    if file.kind is FileKind.TIFF:
        return read_tiff_page(file, ref.index, limits)
    if file.kind is FileKind.UNKNOWN:
        raise ScanError("not-a-scan", detail="")
    if file.kind is FileKind.HEIF:
        return read_heif(_content(file), ref.index, limits)
    return read_picture(_content(file), file.kind, ref.index, limits)


def _content(file: ScanFile) -> bytes:
    if file.data is not None:
        return file.data
    with file.stream() as stream:
        return stream.read()
