"""Files hold what was scanned: lossless ones exactly, and every one opens in other people's programs."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pytest
from PIL import Image

from scanform.imaging.page_image import Gray
from scanform.simulate import files
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import ScannedPage, scan_page


def _scan(profile: str, seed: int = 0) -> ScannedPage:
    page = np.full((3508, 2480), 255, np.uint8)
    cv2.putText(page, "Begegnung", (300, 900), cv2.FONT_HERSHEY_SIMPLEX, 8, (0,), 20)
    cv2.rectangle(page, (300, 1500), (2000, 2500), (0,), 12)
    return scan_page(page, PROFILES[profile], np.random.default_rng(seed))


@pytest.fixture(scope="module")
def fax() -> ScannedPage:
    return _scan("fax")


@pytest.fixture(scope="module")
def copier() -> ScannedPage:
    return _scan("150 dpi")


def _image(path: Path, page: int = 0) -> Gray:
    """The picture embedded in a PDF page."""
    with pikepdf.open(path) as pdf:
        image = pikepdf.PdfImage(next(iter(pdf.pages[page].get_images().values())))
        return np.asarray(image.as_pil_image().convert("L"))


def test_a_jpeg_goes_into_the_pdf_untouched(tmp_path: Path, copier: ScannedPage) -> None:
    """The scanner's own JPEG bytes are embedded, with the page size of the scan and /Rotate as asked."""
    files.write_pdf_jpeg(tmp_path / "x.pdf", [copier, copier], rotate=(0, 180))
    with pikepdf.open(tmp_path / "x.pdf") as pdf:
        assert len(pdf.pages) == 2
        assert pdf.pages[1].obj.Rotate == 180
        image = next(iter(pdf.pages[0].get_images().values()))
        assert bytes(image.read_raw_bytes()) == copier.jpeg
        assert float(pdf.pages[0].mediabox[2]) == pytest.approx(copier.gray.shape[1] * 72 / copier.dpi, abs=0.01)


@pytest.mark.slow
def test_group_4_and_jpeg_2000_keep_every_pixel(tmp_path: Path, fax: ScannedPage, copier: ScannedPage) -> None:
    """CCITT and lossless JPEG 2000 give the scan back."""
    copier = replace(copier, gray=np.ascontiguousarray(copier.gray[200:700, 100:900]))
    files.write_pdf_g4(tmp_path / "g4.pdf", [fax, fax])
    files.write_pdf_jpx(tmp_path / "jpx.pdf", [copier], ratio=0)
    assert np.array_equal(_image(tmp_path / "g4.pdf", 1), fax.gray)
    assert np.array_equal(_image(tmp_path / "jpx.pdf"), copier.gray)


@pytest.mark.skipif(shutil.which("jbig2dec") is None, reason="jbig2dec is not installed")
@pytest.mark.parametrize("mmr", [False, True])
def test_jbig2_keeps_every_pixel(tmp_path: Path, fax: ScannedPage, mmr: bool) -> None:
    """The region decodes to the scan, arithmetic coded and MMR coded."""
    fax = fax if mmr else replace(fax, gray=np.ascontiguousarray(fax.gray[400:900, 100:1100]))
    files.write_pdf_jbig2(tmp_path / "jb.pdf", [fax], mmr=mmr)
    with pikepdf.open(tmp_path / "jb.pdf") as pdf:
        (tmp_path / "page.jb2").write_bytes(next(iter(pdf.pages[0].get_images().values())).read_raw_bytes())
    subprocess.run(
        ["jbig2dec", "-e", "-o", tmp_path / "page.pbm", tmp_path / "page.jb2"], check=True, capture_output=True
    )
    assert np.array_equal(np.asarray(Image.open(tmp_path / "page.pbm").convert("L")), fax.gray)


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler is not installed")
def test_layered_pages_look_like_the_scan(tmp_path: Path, copier: ScannedPage) -> None:
    """Background and stencil together show the page."""
    files.write_pdf_layered(tmp_path / "x.pdf", [copier])
    subprocess.run(
        ["pdftoppm", "-r", str(copier.dpi), "-gray", "-png", tmp_path / "x.pdf", tmp_path / "x"],
        check=True,
        capture_output=True,
    )
    shown = np.asarray(Image.open(next(tmp_path.glob("x-*.png"))).convert("L"))
    h, w = np.minimum(shown.shape, copier.gray.shape)
    dark_shown, dark = shown[:h, :w] < 140, copier.gray[:h, :w] < 140
    assert (dark_shown & dark).sum() > 0.97 * dark.sum()
    assert np.abs(shown[:h, :w].astype(int) - copier.gray[:h, :w]).mean() < 4


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not installed")
def test_searchable_pages_carry_their_text(tmp_path: Path, copier: ScannedPage) -> None:
    """The invisible text is found by other programs."""
    files.write_pdf_searchable(tmp_path / "x.pdf", [copier], ["Größe (alt)\nzweite Zeile"])
    text = subprocess.run(["pdftotext", tmp_path / "x.pdf", "-"], check=True, capture_output=True, text=True).stdout
    assert text.split("\n")[:2] == ["Größe (alt)", "zweite Zeile"]


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "raw"])
def test_tiff_pages_come_back(tmp_path: Path, fax: ScannedPage, copier: ScannedPage, compression: str) -> None:
    """Pages of different size and resolution in one TIFF."""
    files.write_tiff(tmp_path / "x.tif", [copier, fax], compression=compression)
    with Image.open(tmp_path / "x.tif") as tiff:
        assert tiff.n_frames == 2  # type: ignore[attr-defined]
        for i, page in enumerate((copier, fax)):
            tiff.seek(i)
            assert tiff.info["dpi"] == (page.dpi, page.dpi)
            assert np.array_equal(np.asarray(tiff.convert("L")), page.gray)


def test_group_4_tiff_is_one_bit(tmp_path: Path, fax: ScannedPage) -> None:
    """Three pages, each as scanned."""
    files.write_tiff_g4(tmp_path / "x.tif", [fax, fax, fax])
    with Image.open(tmp_path / "x.tif") as tiff:
        tiff.seek(2)
        assert tiff.info["compression"] == "group4"
        assert np.array_equal(np.asarray(tiff.convert("L")), fax.gray)


def test_jpeg_carries_its_orientation(tmp_path: Path, copier: ScannedPage) -> None:
    """EXIF says how to turn, the pixels stay."""
    files.write_jpeg(tmp_path / "x.jpg", copier, orientation=6)
    with Image.open(tmp_path / "x.jpg") as picture:
        assert picture.getexif()[files.EXIF_ORIENTATION] == 6
        assert picture.size == copier.gray.shape[::-1]


def test_png_keeps_every_pixel(tmp_path: Path, fax: ScannedPage, copier: ScannedPage) -> None:
    """8-bit and 1-bit PNG give the scan back."""
    files.write_png(tmp_path / "8.png", copier)
    files.write_png(tmp_path / "1.png", fax, bits=1)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "8.png")), copier.gray)
    with Image.open(tmp_path / "1.png") as picture:
        assert picture.mode == "1"
        assert np.array_equal(np.asarray(picture.convert("L")), fax.gray)


@pytest.mark.fast_cases(3)
@pytest.mark.parametrize(
    "write",
    [
        files.write_pdf_jpeg,
        files.write_pdf_g4,
        files.write_pdf_jpx,
        partial(files.write_pdf_jbig2, mmr=True),
        files.write_pdf_layered,
        files.write_tiff,
        files.write_tiff_g4,
    ],
)
def test_writers_repeat_themselves(
    tmp_path: Path, copier: ScannedPage, write: Callable[[Path, list[ScannedPage]], None]
) -> None:
    """The same pages give the same bytes."""
    digests = set()
    for name in ("a", "b"):
        write(tmp_path / name, [copier])
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1
