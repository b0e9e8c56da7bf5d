"""Inspecting one file: kind, content hash, number of pages, without decoding them."""

from dataclasses import dataclass

from scanform.model.problem import Problem
from scanform.scan.codecs.heif import count_heif
from scanform.scan.codecs.pictures import count_pictures
from scanform.scan.codecs.tiff import count_pages
from scanform.scan.files.errors import ScanError, problem
from scanform.scan.files.kinds import FileKind
from scanform.scan.files.limits import Limits
from scanform.scan.files.source import ScanFile, scan_file
from scanform.scan.pdf.pdf_file import open_pdf


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """Content hash, size in bytes, kind, number of pages (0 = refused) and problems of a file that could be opened."""

    sha256: str
    size: int
    kind: FileKind
    pages: int
    problems: tuple[Problem, ...]


def inspect(path: str, limits: Limits) -> Inspected:
    """Inspects the file at `path`; raises ScanError if it cannot even be opened."""
    file = scan_file(path, limits)
    try:
        pages, problems = _count(file, limits)
    except ScanError as trouble:
        pages, problems = 0, (trouble.problem(),)
    except MemoryError:
        pages, problems = (
            0,
            (problem("too-large", size=f"> {limits.memory_bytes >> 20} MiB", limit=str(limits.max_pixels)),),
        )
    except Exception as error:  # noqa: BLE001 - a hostile file may raise anything from any library; it must not harm the batch
        pages, problems = 0, (problem("damaged-file", detail=f"{type(error).__name__}: {error}"),)
    return Inspected(sha256=file.sha256, size=file.stamp.size, kind=file.kind, pages=pages, problems=problems)


def _count(file: ScanFile, limits: Limits) -> tuple[int, tuple[Problem, ...]]:
    if file.kind is FileKind.UNKNOWN:
        raise ScanError("not-a-scan", detail="")
    if file.kind is FileKind.PDF:
        document = open_pdf(file, limits)
        return document.pages, document.problems
    if file.kind is FileKind.TIFF:
        return _count_tiff(file, limits)
    with file.stream() as stream:
        data = stream.read()
    return count_heif(data, limits) if file.kind is FileKind.HEIF else count_pictures(data, file.kind, limits), ()


def _count_tiff(file: ScanFile, limits: Limits) -> tuple[int, tuple[Problem, ...]]:
    found = count_pages(file, limits)
    pages = len(found.offsets)
    if found.broken or found.declared > pages:
        return pages, (problem("missing-pages", found=pages, expected=max(found.declared, pages + 1)),)
    return pages, ()
