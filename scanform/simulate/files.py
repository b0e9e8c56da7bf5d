"""Writing scans in the file formats that copiers and scanners send: PDF of several kinds, TIFF, JPEG, PNG.

Every writer is deterministic: the same pages give the same bytes (PDF ids and dates are fixed).
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pikepdf
import simplejpeg
from pikepdf import Array, Dictionary, Name, Pdf, Stream
from PIL import Image, TiffImagePlugin

from scanform.imaging.page_image import Gray
from scanform.simulate.jbig2 import page_segments
from scanform.simulate.scanner import ScannedPage

EXIF_ORIENTATION = 0x0112
"""Exif 2.32, tag 4.6.4 A: Orientation; 1 upright, 3 half turn, 6 viewer turns 90 degrees clockwise, 8
counter-clockwise.
"""

FORM_FEED_DPI = 200


def write_pdf_jpeg(path: Path, pages: Sequence[ScannedPage], *, quality: int = 75, rotate: Sequence[int] = ()) -> None:
    """A PDF with one grey JPEG a page; a page's own JPEG bytes are embedded as they are. `rotate` sets /Rotate page
    by page.
    """
    with Pdf.new() as pdf:
        for page in pages:
            data = page.jpeg if page.jpeg is not None else _jpeg(page.gray, quality)
            _add_page(pdf, page, _image(pdf, page.gray.shape, data, "/DCTDecode", bits=8))
        for page_object, angle in zip(pdf.pages, rotate, strict=False):
            page_object.obj.Rotate = angle
        _save(pdf, path)


def write_pdf_g4(path: Path, pages: Sequence[ScannedPage]) -> None:
    """A PDF with one CCITT group 4 image a page (grey pages are thresholded at 128)."""
    with Pdf.new() as pdf:
        for page in pages:
            _add_page(pdf, page, _g4_image(pdf, page.gray))
        _save(pdf, path)


def write_pdf_jpx(path: Path, pages: Sequence[ScannedPage], *, ratio: float = 12.0) -> None:
    """A PDF with one JPEG 2000 image a page, compressed about `ratio` times (0: lossless)."""
    with Pdf.new() as pdf:
        for page in pages:
            buffer = BytesIO()
            options = (
                {"quality_mode": "rates", "quality_layers": [ratio], "irreversible": True}
                if ratio
                else {"irreversible": False}
            )
            Image.fromarray(page.gray).save(buffer, "JPEG2000", **options)
            _add_page(pdf, page, _image(pdf, page.gray.shape, buffer.getvalue(), "/JPXDecode", bits=8))
        _save(pdf, path)


def write_pdf_jbig2(path: Path, pages: Sequence[ScannedPage], *, mmr: bool = False) -> None:
    """A PDF with one JBIG2 image a page, a generic region: arithmetic coded (some seconds a page), or with `mmr` as
    T.6 data (fast).
    """
    with Pdf.new() as pdf:
        for page in pages:
            data = page_segments(page.gray, mmr=g4_strip(page.gray) if mmr else None)
            _add_page(pdf, page, _image(pdf, page.gray.shape, data, "/JBIG2Decode", bits=1))
        _save(pdf, path)


def write_pdf_layered(path: Path, pages: Sequence[ScannedPage], *, quality: int = 45) -> None:
    """A "compact" PDF (mixed raster content): a coarse JPEG background, overlaid with the dark parts as a sharp 1-bit
    stencil in black.
    """
    with Pdf.new() as pdf:
        for page in pages:
            dark = page.gray < 140
            background = np.where(_grown(dark), 255, page.gray).astype(np.uint8)
            small = np.asarray(
                Image.fromarray(background).resize(
                    (page.gray.shape[1] // 3, page.gray.shape[0] // 3), Image.Resampling.BOX
                )
            )
            below = _image(pdf, small.shape, _jpeg(small, quality), "/DCTDecode", bits=8)
            above = _g4_image(pdf, np.where(dark, 0, 255).astype(np.uint8))
            above.ImageMask = True
            del above.ColorSpace
            _add_page(pdf, page, below, stencil=above)
        _save(pdf, path)


def write_pdf_searchable(path: Path, pages: Sequence[ScannedPage], texts: Sequence[str], *, quality: int = 75) -> None:
    """A PDF as written by OCR software: one JPEG a page under an invisible text layer (render mode 3); `texts` holds
    one text a page.
    """
    with Pdf.new() as pdf:
        for page, words in zip(pages, texts, strict=True):
            data = page.jpeg if page.jpeg is not None else _jpeg(page.gray, quality)
            _add_page(pdf, page, _image(pdf, page.gray.shape, data, "/DCTDecode", bits=8), hidden_text=words)
        _save(pdf, path)


def write_tiff_g4(path: Path, pages: Sequence[ScannedPage]) -> None:
    """A multi-page TIFF, 1 bit, CCITT group 4."""
    _tiff(path, [(_one_bit(page.gray), page) for page in pages], "group4")


def write_tiff(path: Path, pages: Sequence[ScannedPage], *, compression: str = "tiff_lzw") -> None:
    """A multi-page grey TIFF; `compression` is Pillow's name: "tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits"
    or "raw".
    """
    _tiff(path, [(Image.fromarray(page.gray), page) for page in pages], compression)


def write_jpeg(path: Path, page: ScannedPage, *, quality: int = 80, orientation: int | None = None) -> None:
    """One grey JPEG; `orientation` (1-8) is written as EXIF without rotating the pixels."""
    exif = Image.Exif()
    if orientation is not None:
        exif[EXIF_ORIENTATION] = orientation
    dpi = (page.dpi, page.dpi) if page.claims_dpi else (72, 72)
    Image.fromarray(page.gray).save(path, "JPEG", quality=quality, exif=exif, dpi=dpi)


def write_png(path: Path, page: ScannedPage, *, bits: int = 8) -> None:
    """One PNG, 8-bit grey or 1 bit."""
    picture = _one_bit(page.gray) if bits == 1 else Image.fromarray(page.gray)
    picture.save(path, "PNG", dpi=(page.dpi, page.dpi), optimize=True)


def g4_strip(gray: Gray) -> bytes:
    """The T.6 (CCITT group 4) data of a picture thresholded at 128, black = 1, as one strip."""
    buffer = BytesIO()
    before = TiffImagePlugin.STRIP_SIZE
    TiffImagePlugin.STRIP_SIZE = 1 << 30
    try:
        _one_bit(gray).save(buffer, "TIFF", compression="group4", tiffinfo={262: 0})
    finally:
        TiffImagePlugin.STRIP_SIZE = before
    with Image.open(buffer) as tiff:
        assert isinstance(tiff, TiffImagePlugin.TiffImageFile)
        offsets, counts = tiff.tag_v2[273], tiff.tag_v2[279]
        white_is_zero = tiff.tag_v2[262] == 0
    if len(offsets) != 1 or not white_is_zero:
        raise ValueError("the TIFF encoder cut the picture into strips or inverted it")
    return buffer.getvalue()[offsets[0] : offsets[0] + counts[0]]


def _jpeg(gray: Gray, quality: int) -> bytes:
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(gray[:, :, None]), quality=quality, colorspace="GRAY"))


def _one_bit(gray: Gray) -> Image.Image:
    return Image.fromarray(np.where(gray < 128, 0, 255).astype(np.uint8)).convert("1", dither=Image.Dither.NONE)


def _grown(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    out = mask.copy()
    for axis in (0, 1):
        for step in (-2, -1, 1, 2):
            out |= np.roll(mask, step, axis)
    return out


def _image(pdf: Pdf, shape: tuple[int, ...], data: bytes, decode: str, *, bits: int) -> Stream:
    image = Stream(pdf, data)
    image.stream_dict = Dictionary(
        Type=Name("/XObject"),
        Subtype=Name("/Image"),
        Width=int(shape[1]),
        Height=int(shape[0]),
        ColorSpace=Name("/DeviceGray"),
        BitsPerComponent=bits,
        Filter=Name(decode),
    )
    return pdf.make_indirect(image)


def _g4_image(pdf: Pdf, gray: Gray) -> Stream:
    image = _image(pdf, gray.shape, g4_strip(gray), "/CCITTFaxDecode", bits=1)
    image.DecodeParms = Dictionary(K=-1, Columns=int(gray.shape[1]), Rows=int(gray.shape[0]), BlackIs1=False)
    return image


def _add_page(
    pdf: Pdf, page: ScannedPage, image: Stream, *, stencil: Stream | None = None, hidden_text: str = ""
) -> None:
    """A page of the scan's size that shows `image`, then `stencil` in black, then carries invisible text."""
    dpi = page.dpi if page.claims_dpi else FORM_FEED_DPI
    w, h = (round(side * 72 / dpi, 2) for side in (page.gray.shape[1], page.gray.shape[0]))
    content = [f"q {w} 0 0 {h} 0 0 cm /Im0 Do Q"]
    objects = Dictionary(Im0=image)
    if stencil is not None:
        objects.Im1 = stencil
        content.append(f"q 0 g {w} 0 0 {h} 0 0 cm /Im1 Do Q")
    resources = Dictionary(XObject=objects)
    if hidden_text:
        resources.Font = Dictionary(
            F0=Dictionary(
                Type=Name("/Font"),
                Subtype=Name("/Type1"),
                BaseFont=Name("/Helvetica"),
                Encoding=Name("/WinAnsiEncoding"),
            )
        )
        content.extend(_text_operators(hidden_text, h))
    drawing = Stream(pdf, "\n".join(content).encode("cp1252", "replace"))
    sheet = Dictionary(Type=Name("/Page"), MediaBox=Array([0, 0, w, h]), Resources=resources, Contents=drawing)
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(sheet)))


def _text_operators(text: str, height: float) -> list[str]:
    lines = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in text.split("\n")]
    return ["BT /F0 10 Tf 3 Tr 14 TL", f"40 {height - 50:.2f} Td", *(f"({line}) Tj T*" for line in lines), "ET"]


def _save(pdf: Pdf, path: Path) -> None:
    pdf.save(path, deterministic_id=True, linearize=False)


def _tiff(path: Path, pictures: Sequence[tuple[Image.Image, ScannedPage]], compression: str) -> None:
    """All pictures as one TIFF; each keeps the resolution of its own page."""
    with path.open("w+b") as out:
        _frames(out, pictures, compression)


def _frames(out: BinaryIO, pictures: Sequence[tuple[Image.Image, ScannedPage]], compression: str) -> None:
    """Pillow's writer has to go before the file is closed: at its end it moves in the file once more."""
    with TiffImagePlugin.AppendingTiffWriter(out, new=True) as writer:
        for picture, page in pictures:
            picture.save(writer, "TIFF", compression=compression, dpi=(page.dpi, page.dpi))
            writer.newFrame()
