"""The files that copiers send, as the simulator writes them, come back as the pages that went in."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from scanform.imaging.page_image import Gray
from scanform.imaging.page_map import PageMap, Tier
from scanform.scan.codecs.libtiff_messages import complaint, native_messages
from scanform.scan.intake import FileInfo
from scanform.scan.load import LoadedPage
from scanform.simulate import files
from scanform.simulate.scanner import ScannedPage

Write = Callable[[Path, Sequence[ScannedPage]], None]

WRITERS: dict[str, tuple[str, Write]] = {
    "jpeg": ("pdf", files.write_pdf_jpeg),
    "group 4": ("pdf", files.write_pdf_g4),
    "jpx": ("pdf", files.write_pdf_jpx),
    "jbig2": ("pdf", files.write_pdf_jbig2),
    "layered": ("pdf", files.write_pdf_layered),
    "searchable": (
        "pdf",
        lambda path, pages: files.write_pdf_searchable(path, pages, ["Umlaute äöü (und Klammern)"] * len(pages)),
    ),
    "tiff group 4": ("tif", files.write_tiff_g4),
    "tiff": ("tif", files.write_tiff),
}


def _scanned(gray: Gray) -> ScannedPage:
    return ScannedPage(
        gray=gray,
        dpi=100,
        page_map=PageMap(homography=(1, 0, 0, 0, 1, 0, 0, 0, 1), residual_mm=0, tier=next(iter(Tier))),
        profile="none",
    )


@pytest.mark.parametrize("name", WRITERS)
def test_page_comes_back(
    tmp_path: Path, paper: Gray, inspect: Callable[[Path], FileInfo], load: Callable[..., LoadedPage], name: str
) -> None:
    """Two different pages, in their order, with their resolution and nothing to complain of."""
    ending, write = WRITERS[name]
    path = tmp_path / f"a.{ending}"
    sheets = [paper, np.ascontiguousarray(paper[::-1])]
    write(path, [_scanned(gray) for gray in sheets])
    assert (inspect(path).pages, inspect(path).problems) == (2, ())
    for index, gray in enumerate(sheets):
        loaded = load(path, index)
        assert loaded.image is not None
        assert (loaded.problems, loaded.turn) == ((), 0)
        assert loaded.image.dpi == pytest.approx(300 if name == "layered" else 100, abs=0.5)
        step = 3 if name == "layered" else 1
        seen = loaded.image.gray[step // 2 :: step, step // 2 :: step][: gray.shape[0] - 1, : gray.shape[1] - 1]
        assert np.mean(np.abs(seen.astype(int) - gray[: seen.shape[0], : seen.shape[1]]) > 40) < 0.01


def test_messages_of_others_reach_the_error_stream(capfd: pytest.CaptureFixture[str]) -> None:
    """A progress bar of another thread is neither lost nor taken for damage."""
    with native_messages() as messages:
        os.write(
            2,
            b"Fax4Decode: Bad code word at line 3.\n 40% done\nTIFFReadDirectory: Warning, Unknown field with tag 1.\n",
        )
    assert complaint(messages) == "Fax4Decode: Bad code word at line 3."
    assert complaint(messages[1:]) == ""
    assert capfd.readouterr().err == " 40% done\n"
