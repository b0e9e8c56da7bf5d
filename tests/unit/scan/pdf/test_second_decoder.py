"""A decoder that leaves something out and says nothing is found out by a second one."""

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from pikepdf import Dictionary, Name
from PIL import Image

from scanform.imaging.page_image import Gray
from scanform.imaging.page_map import PageMap, Tier
from scanform.scan.load import LoadedPage
from scanform.scan.pdf import second_decoder
from scanform.simulate import files
from scanform.simulate.scanner import ScannedPage
from tests.unit.scan.pdf.test_read_pdf import write_pdf

Load = Callable[..., LoadedPage]
LIES = {"all white": "0", "all black": "1"}


def liar(folder: Path, paper: Gray, what: str) -> Path:
    """A jbig2dec that says nothing and gives another picture."""
    folder.mkdir()
    ink = (paper < 128).astype(np.uint8)
    if what in LIES:
        ink[:] = int(LIES[what])
    else:
        ink[300:340, 60:100] = 0  # the first bar, all of it or a piece of it, is missing
    lie = folder / "lie.pbm"
    lie.write_bytes(f"P4 {ink.shape[1]} {ink.shape[0]}\n".encode() + np.packbits(ink, axis=1).tobytes())
    program = folder / "jbig2dec"
    program.write_text(f'#!/bin/sh\nwhile [ "$1" != --output ]; do shift; done\ncat {lie} > "$2"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


@pytest.fixture
def jbig2(tmp_path: Path, paper: Gray) -> Path:
    path = tmp_path / "a.pdf"
    flat = PageMap(homography=(1, 0, 0, 0, 1, 0, 0, 0, 1), residual_mm=0, tier=next(iter(Tier)))
    files.write_pdf_jbig2(path, [ScannedPage(gray=paper, dpi=100, page_map=flat, profile="none")])
    return path


def test_two_decoders_that_agree_leave_no_doubt(jbig2: Path, paper: Gray, load: Load) -> None:
    """The page as it is, with nothing to say."""
    loaded = load(jbig2)
    assert loaded.problems == ()
    assert loaded.image is not None
    assert np.array_equal(loaded.image.gray, np.where(paper < 128, 0, 255))


@pytest.mark.parametrize("what", ["all white", "all black", "a mark is missing"])
def test_a_decoder_that_says_nothing_is_not_believed(
    tmp_path: Path, jbig2: Path, paper: Gray, load: Load, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Whatever it leaves out, the page is suspect; in place of an empty page comes what the other decoder sees."""
    monkeypatch.setenv("PATH", f"{liar(tmp_path / 'bin', paper, what)}{os.pathsep}{os.environ['PATH']}")
    loaded = load(jbig2)
    assert [found.slug for found in loaded.problems] == ["page-suspect"]
    assert loaded.image is not None
    if what in LIES:
        assert np.array_equal(loaded.image.gray < 128, paper < 128)


def test_a_second_decoder_that_fails_is_doubt(jbig2: Path, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """One decoder alone proves nothing."""

    def refuses(*_: object, **__: object) -> Gray:
        raise ValueError

    monkeypatch.setattr(second_decoder, "draw_file", refuses)
    assert [found.slug for found in load(jbig2).problems] == ["page-suspect"]


@pytest.mark.parametrize("size", [(877, 620), (876, 619), (101, 97), (300, 400)])
def test_any_size_is_compared_block_by_block(tmp_path: Path, paper: Gray, load: Load, size: tuple[int, int]) -> None:
    """Whether or not the sides can be divided; also group 3, of which nothing else is proved."""
    gray = np.where(cv2.resize(paper, size[::-1]) < 128, 0, 255).astype(np.uint8)
    path = tmp_path / "a.pdf"
    flat = PageMap(homography=(1, 0, 0, 0, 1, 0, 0, 0, 1), residual_mm=0, tier=next(iter(Tier)))
    files.write_pdf_jbig2(path, [ScannedPage(gray=gray, dpi=100, page_map=flat, profile="none")])
    assert load(path).problems == ()


def test_group_3_is_compared(tmp_path: Path, paper: Gray, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else tells whether libtiff found its way through group 3."""
    tiff = tmp_path / "a.tif"
    Image.fromarray(paper).convert("1", dither=Image.Dither.NONE).save(
        tiff, compression="group3", tiffinfo={278: paper.shape[0]}
    )
    with Image.open(tiff) as picture:
        at, length = picture.tag_v2[273][0], picture.tag_v2[279][0]
        black_is_1 = picture.tag_v2[262] == 0
    data = tiff.read_bytes()[at : at + length]
    parms = Dictionary(K=0, Columns=paper.shape[1], Rows=paper.shape[0], BlackIs1=not black_is_1)
    path = write_pdf(
        tmp_path / "a.pdf", paper, data=data, BitsPerComponent=1, Filter=Name.CCITTFaxDecode, DecodeParms=parms
    )
    assert load(path).problems == ()
    monkeypatch.setattr(second_decoder, "draw_file", lambda *_, **__: np.full((1, 1), 255, np.uint8))
    assert [found.slug for found in load(path).problems] == ["page-suspect"]


@pytest.mark.parametrize(("answer", "doubt"), [("the page", False), ("nothing", True), ("all white", True)])
def test_a_complaint_is_weighed_by_the_other_decoder(
    tmp_path: Path, jbig2: Path, paper: Gray, load: Load, monkeypatch: pytest.MonkeyPatch, answer: str, *, doubt: bool
) -> None:
    """A warning about a page on which both agree is none; where the other one decodes alone, its picture is shown
    with a doubt.
    """
    folder = liar(tmp_path / "bin", paper, answer if answer in LIES else "a mark is missing")
    if answer == "the page":
        (folder / "lie.pbm").write_bytes(
            f"P4 {paper.shape[1]} {paper.shape[0]}\n".encode()
            + np.packbits((paper < 128).astype(np.uint8), axis=1).tobytes()
        )
    program = folder / "jbig2dec"
    copy = "" if answer == "nothing" else program.read_text(encoding="utf-8").partition("\n")[2]
    program.write_text(f"#!/bin/sh\necho jbig2dec WARNING: strange segment >&2\n{copy}", encoding="utf-8")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    loaded = load(jbig2)
    assert [found.slug for found in loaded.problems] == (["page-suspect"] if doubt else [])
    assert loaded.image is not None
    small = cv2.resize(loaded.image.gray, paper.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.mean((small < 128) != (paper < 128)) < 0.01
