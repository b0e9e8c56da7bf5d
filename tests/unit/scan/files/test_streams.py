"""Files that are too large to be kept in memory are read from streams, which close with the document they belong to."""

import gc
import warnings
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from scanform.scan.codecs import tiff as tiff_file
from scanform.scan.files.limits import Limits
from scanform.scan.files.source import scan_file
from scanform.scan.intake import inspect_file
from scanform.scan.pdf.pdf_file import open_pdf

LIMITS = Limits(cached_bytes=0)


def pdf(path: Path) -> None:
    with pikepdf.Pdf.new() as document:
        document.add_blank_page(page_size=(300, 300))
        document.save(path)


def tiff(path: Path) -> None:
    Image.fromarray(np.full((400, 400), 200, np.uint8)).save(path)


def left_to_the_collector(work) -> list[str]:
    """What Python says about files that nobody closed while `work` ran."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ResourceWarning)
        work()
        gc.collect()
    return [str(warning.message) for warning in said if issubclass(warning.category, ResourceWarning)]


@pytest.mark.parametrize(
    ("make", "opened", "ending"), [(pdf, lambda file: open_pdf(file, LIMITS), "pdf"), (tiff, tiff_file._opened, "tif")]
)
def test_documents_close_their_streams(make, opened, ending, tmp_path):
    """Documents opened one after the other close their files; none is left to the garbage collector."""

    def open_all() -> None:
        for number in range(4):
            path = tmp_path / f"{number}.{ending}"
            make(path)
            opened(scan_file(str(path), LIMITS))

    assert left_to_the_collector(open_all) == []


def test_a_damaged_document_closes_its_stream(tmp_path):
    """What cannot be opened leaves no open file behind."""
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(3000))
    assert left_to_the_collector(lambda: inspect_file(str(path), LIMITS)) == []
