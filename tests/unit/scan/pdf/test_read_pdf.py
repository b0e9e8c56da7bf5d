"""Pages of PDF files: which are taken as they are stored, which are drawn, and how they stand."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pikepdf
import pytest
import simplejpeg
from pikepdf import Array, Dictionary, Name
from PIL import Image

from scanform.imaging.page_image import Gray
from scanform.scan.codecs.ccitt import encode_group4
from scanform.scan.files.poppler import draw_page
from scanform.scan.load import LoadedPage, rasterize

Load = Callable[..., LoadedPage]
FULL = "q 446.4 0 0 631.44 0 0 cm /Im0 Do Q"
"""The test page at 100 dpi."""


def jpeg_of(gray: Gray) -> bytes:
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(gray[:, :, None]), quality=92, colorspace="GRAY"))


def write_pdf(
    path: Path,
    gray: Gray,
    *,
    data: bytes | None = None,
    content: str = FULL,
    page: dict[str, object] | None = None,
    **image: object,
) -> Path:
    """One page that shows one image; further keys of the page by `page`, of the image by keywords."""
    pdf = pikepdf.new()
    entries = {"ColorSpace": Name.DeviceGray, "BitsPerComponent": 8, "Filter": Name.DCTDecode, **image}
    stream = pdf.make_stream(data if data is not None else jpeg_of(gray))
    for key, value in {
        "Type": Name.XObject,
        "Subtype": Name.Image,
        "Width": gray.shape[1],
        "Height": gray.shape[0],
        **entries,
    }.items():
        if value is not None:
            stream[f"/{key}"] = value
    sheet = Dictionary(
        Type=Name.Page, MediaBox=Array([0, 0, 446.4, 631.44]), Contents=pdf.make_stream(content.encode())
    )
    sheet.Resources = Dictionary(XObject=Dictionary(Im0=stream))
    for key, value in (page or {}).items():
        sheet[f"/{key}"] = value
    pdf.pages.append(pikepdf.Page(sheet))
    pdf.save(path)
    return path


def upright(page: LoadedPage) -> Gray:
    assert page.image is not None
    return np.rot90(page.image.gray, -page.turn // 90)


def close(a: Gray, b: Gray, fraction: float = 0.02) -> bool:
    """Whether two pictures of any size show the same."""
    size = (62, 88)
    small = [
        np.asarray(Image.fromarray(np.ascontiguousarray(x)).resize(size, Image.Resampling.BOX), dtype=float)
        for x in (a, b)
    ]
    return float(np.abs(small[0] - small[1]).mean()) < 255 * fraction


def test_embedded_jpeg_is_taken_bit_by_bit(tmp_path: Path, paper: Gray, load: Load) -> None:
    """The stored JPEG, not a drawing of it, with the resolution of its placement."""
    loaded = load(write_pdf(tmp_path / "a.pdf", paper))
    assert loaded.image is not None
    assert np.array_equal(loaded.image.gray, simplejpeg.decode_jpeg(jpeg_of(paper), "GRAY")[:, :, 0])
    assert loaded.image.dpi == pytest.approx(100, abs=0.1)
    assert (loaded.turn, loaded.problems) == (0, ())


UPRIGHT = "446.4 0 0 631.44 0 0"
PLACED = {
    "upside down": "-446.4 0 0 -631.44 446.4 631.44",
    "mirrored in y": "446.4 0 0 -631.44 0 631.44",
    "mirrored in x": "-446.4 0 0 631.44 446.4 0",
    "quarter turn": "0 631.44 -446.4 0 446.4 0",
    "three quarter turns": "0 -631.44 446.4 0 0 631.44",
    "transposed": "0 631.44 446.4 0 0 0",
}


@pytest.mark.parametrize(
    ("matrix", "rotate"),
    [
        *((UPRIGHT, turn) for turn in (0, 90, 180, 270, -90)),
        *((matrix, 0) for matrix in PLACED.values()),
        (PLACED["transposed"], 90),
    ],
)
def test_turn_shows_the_page_as_poppler_draws_it(
    tmp_path: Path, paper: Gray, load: Load, matrix: str, rotate: int
) -> None:
    """/Rotate and every way of placing the picture, mirrored ones included."""
    path = write_pdf(tmp_path / "a.pdf", paper, content=f"q {matrix} cm /Im0 Do Q", page={"Rotate": rotate})
    loaded = load(path)
    assert loaded.image is not None
    assert loaded.image.gray.shape == paper.shape
    assert close(upright(loaded), draw_page(str(path), number=1, dpi=30, timeout_s=20))


def test_rotation_that_is_no_quarter_turn_counts_as_none(tmp_path: Path, paper: Gray, load: Load) -> None:
    """/Rotate 45 is not allowed by the standard."""
    assert load(write_pdf(tmp_path / "a.pdf", paper, page={"Rotate": 45})).turn == 0


def test_drawn_page_has_the_pixels_before_rotation(tmp_path: Path, paper: Gray, load: Load) -> None:
    """A page that must be drawn follows the same rule: pixels before /Rotate, turn beside them."""
    path = write_pdf(tmp_path / "a.pdf", paper, content=FULL + " 0 0 5 5 re f", page={"Rotate": 90})
    loaded = load(path)
    assert loaded.turn == 90
    assert loaded.image is not None
    assert loaded.image.gray.shape[0] > loaded.image.gray.shape[1]
    assert close(upright(loaded), draw_page(str(path), number=1, dpi=30, timeout_s=20))


ONE_IMAGE = {
    "invisible text": FULL + " BT /F0 10 Tf 3 Tr 20 20 Td (secret) Tj ET",
    "white ground below": "1 g 0 0 446.4 631.44 re f " + FULL,
    "text hidden below": "BT /F0 10 Tf 20 20 Td (below) Tj ET " + FULL,
    "clip to the page": "q 0 0 447 632 re W n 446.4 0 0 631.44 0 0 cm /Im0 Do Q",
    "twice": FULL + " " + FULL,
    "marked content": "/Artifact BMC " + FULL + " EMC",
}
TO_DRAW = {
    "visible text": FULL + " BT /F0 10 Tf 20 20 Td (seen) Tj ET",
    "a line": FULL + " 0 0 m 300 300 l S",
    "a logo": "q 100 0 0 100 0 0 cm /Im0 Do Q",
    "clip that cuts": "q 0 0 200 632 re W n 446.4 0 0 631.44 0 0 cm /Im0 Do Q",
    "crooked": "q 400 100 -100 600 20 0 cm /Im0 Do Q",
    "optional layer": "/OC /L0 BDC " + FULL + " EMC",
    "inline image": FULL + " q 10 0 0 10 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x00 EI Q",
}


@pytest.mark.fast_cases(8)
@pytest.mark.parametrize("name", [*ONE_IMAGE, *TO_DRAW])
def test_one_image_and_nothing_else_is_told_from_the_rest(tmp_path: Path, paper: Gray, load: Load, name: str) -> None:
    """What cannot be seen does not matter; what can be seen is never lost."""
    content = (ONE_IMAGE | TO_DRAW)[name]
    pdf_path = write_pdf(tmp_path / "a.pdf", paper, content=content)
    with pikepdf.open(pdf_path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].Resources.Font = Dictionary(
            F0=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        )
        pdf.save(pdf_path)
    image = load(pdf_path).image
    assert image is not None
    assert (image.gray.shape == paper.shape) == (name in ONE_IMAGE)
    assert close(image.gray, draw_page(str(pdf_path), number=1, dpi=30, timeout_s=20))


@pytest.mark.parametrize("appearance", [True, False])
def test_ink_annotation_is_not_lost(tmp_path: Path, paper: Gray, load: Load, appearance: bool) -> None:
    """Marks made on a tablet are annotations over the scan."""
    ink = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Ink,
        Rect=Array([200, 500, 300, 600]),
        InkList=Array([Array([200, 500, 300, 600])]),
        C=Array([0, 0, 0]),
        F=4,
    )
    ink.BS = Dictionary(W=8)
    path = write_pdf(tmp_path / "a.pdf", paper, page={"Annots": Array([ink])})
    if appearance:
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:
            drawing = pdf.make_stream(
                b"0 g 200 500 100 100 re f", Type=Name.XObject, Subtype=Name.Form, BBox=Array([200, 500, 300, 600])
            )
            pdf.pages[0].Annots[0].AP = Dictionary(N=drawing)
            pdf.save(path)
    image = load(path).image
    assert image is not None
    row, column = round((631.44 - 550) / 72 * 300), round(250 / 72 * 300)
    assert image.gray[row - 20 : row + 20, column - 20 : column + 20].min() < 60


def test_hidden_and_link_annotations_do_not_matter(tmp_path: Path, paper: Gray, load: Load) -> None:
    """A link or a hidden note does not make a page slow."""
    notes = [
        Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9])),
        Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([0, 0, 9, 9]), F=2),
    ]
    image = load(write_pdf(tmp_path / "a.pdf", paper, page={"Annots": Array(notes)})).image
    assert image is not None
    assert image.gray.shape == paper.shape


def _bits(gray: Gray, bits: int) -> bytes:
    per_byte = 8 // bits
    samples = (gray >> (8 - bits)).astype(np.uint8)
    padded = np.pad(samples, ((0, 0), (0, -samples.shape[1] % per_byte)))
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    return np.bitwise_or.reduce(padded.reshape(len(gray), -1, per_byte) << shifts, axis=2).astype(np.uint8).tobytes()


def _with_png_filters(rows: bytes, width: int) -> bytes:
    picture = Image.frombytes("L", (width, len(rows) // width), rows)
    out = io.BytesIO()
    picture.save(out, "PNG")
    data, found, at = out.getvalue(), b"", 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        found += data[at + 8 : at + 8 + length] if data[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    return found


def _kinds(gray: Gray) -> dict[str, tuple[bytes, dict[str, object]]]:
    black = (gray < 128).astype(np.uint8)
    columns = gray.shape[1]
    fax = Dictionary(K=-1, Columns=columns)
    jpx = io.BytesIO()
    Image.fromarray(gray).save(jpx, "JPEG2000", irreversible=False)
    rgb = np.repeat(gray[:, :, None], 3, axis=2)
    return {
        "plain": (gray.tobytes(), {"Filter": None}),
        "flate": (zlib.compress(gray.tobytes()), {"Filter": Name.FlateDecode}),
        "flate inverted": (
            zlib.compress((255 - gray).tobytes()),
            {"Filter": Name.FlateDecode, "Decode": Array([1, 0])},
        ),
        "flate rgb": (zlib.compress(rgb.tobytes()), {"Filter": Name.FlateDecode, "ColorSpace": Name.DeviceRGB}),
        "flate predictor": (
            _with_png_filters(gray.tobytes(), columns),
            {"Filter": Name.FlateDecode, "DecodeParms": Dictionary(Predictor=15, Columns=columns)},
        ),
        "1 bit": (zlib.compress(_bits(gray, 1)), {"Filter": Name.FlateDecode, "BitsPerComponent": 1}),
        "4 bit": (zlib.compress(_bits(gray, 4)), {"Filter": Name.FlateDecode, "BitsPerComponent": 4}),
        "palette": (
            zlib.compress(_bits(gray, 1)),
            {
                "Filter": Name.FlateDecode,
                "BitsPerComponent": 1,
                "ColorSpace": Array([Name.Indexed, Name.DeviceRGB, 1, pikepdf.String(b"\0\0\0\xff\xff\xff")]),
            },
        ),
        "stencil": (
            zlib.compress(_bits(gray, 1)),
            {"Filter": Name.FlateDecode, "BitsPerComponent": 1, "ImageMask": True, "ColorSpace": None},
        ),
        "stencil inverted": (
            zlib.compress(_bits(255 - gray, 1)),
            {
                "Filter": Name.FlateDecode,
                "BitsPerComponent": 1,
                "ImageMask": True,
                "ColorSpace": None,
                "Decode": Array([1, 0]),
            },
        ),
        "fax": (encode_group4(black), {"Filter": Name.CCITTFaxDecode, "BitsPerComponent": 1, "DecodeParms": fax}),
        "fax black is 1": (
            encode_group4(black ^ 1),
            {
                "Filter": Name.CCITTFaxDecode,
                "BitsPerComponent": 1,
                "DecodeParms": Dictionary(K=-1, Columns=columns, BlackIs1=True),
            },
        ),
        "fax decode": (
            encode_group4(black ^ 1),
            {"Filter": Name.CCITTFaxDecode, "BitsPerComponent": 1, "DecodeParms": fax, "Decode": Array([1, 0])},
        ),
        "jpx": (jpx.getvalue(), {"Filter": Name.JPXDecode}),
        "flated jpeg": (zlib.compress(jpeg_of(gray)), {"Filter": Array([Name.FlateDecode, Name.DCTDecode])}),
        "jpeg inverted": (jpeg_of(255 - gray), {"Decode": Array([1, 0])}),
        "separation": (
            zlib.compress((255 - gray).tobytes()),
            {
                "Filter": Name.FlateDecode,
                "ColorSpace": Array(
                    [
                        Name.Separation,
                        Name.Black,
                        Name.DeviceGray,
                        Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=Array([1]), C1=Array([0]), N=1),
                    ]
                ),
            },
        ),
    }


KINDS = tuple(_kinds(np.full((8, 8), 255, dtype=np.uint8)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_stored_picture_is_read_right_way_round(
    tmp_path: Path, paper: Gray, load: Load, kind: str
) -> None:
    """Ink is dark whatever filter, depth, /Decode and colour space say, as poppler confirms."""
    data, entries = _kinds(paper)[kind]
    path = write_pdf(tmp_path / "a.pdf", paper, data=data, **entries)
    loaded = load(path)
    assert loaded.image is not None
    assert loaded.problems == ()
    assert (loaded.image.gray.shape == paper.shape) == (kind != "separation")
    assert close(loaded.image.gray, paper, fraction=0.05)
    assert close(loaded.image.gray, draw_page(str(path), number=1, dpi=30, timeout_s=20))


def _holed(data: bytes, at: float, length: int) -> bytes:
    start = int(len(data) * at)
    return data[:start] + bytes(min(length, len(data) - start)) + data[start + length :]


@pytest.mark.parametrize("kind", ["plain", "flate", "flate predictor", "1 bit", "fax", "jpx", "jpeg"])
@pytest.mark.parametrize("damage", ["cut", "second half zero", "hole"])
@pytest.mark.fast_cases(8)
def test_damaged_picture_is_never_a_clean_page(tmp_path: Path, load: Load, kind: str, damage: str) -> None:
    """A cut or zeroed picture is refused or suspect, whatever its compression."""
    noise = np.random.default_rng(5).integers(0, 60, (877, 620), dtype=np.uint8)
    gray = np.where(np.arange(877)[:, None] % 40 < 30, 255 - noise, noise * 2).astype(np.uint8)
    data, entries = (jpeg_of(gray), {}) if kind == "jpeg" else _kinds(gray)[kind]
    if kind == "plain" and damage != "cut":
        pytest.skip("nothing tells zeros from ink in samples that are not packed")
    broken = {
        "cut": data[: len(data) * 6 // 10],
        "second half zero": _holed(data, 0.5, len(data)),
        "hole": _holed(data, 0.4, 600),
    }[damage]
    loaded = load(write_pdf(tmp_path / "a.pdf", gray, data=broken, **entries))
    assert loaded.problems
    if damage != "hole" and kind not in {"fax"}:
        assert loaded.image is None or loaded.problems[0].slug == "page-suspect"


def test_flipped_bits_in_a_fax_are_noticed(tmp_path: Path, load: Load) -> None:
    """libtiff goes on after a wrong code without a word that Pillow would pass on."""
    rng = np.random.default_rng(2)
    gray = np.where(rng.random((877, 620)) < 0.03, 0, 255).astype(np.uint8)
    data, entries = _kinds(gray)["fax"]
    unnoticed = 0
    for trial in range(20):
        broken = bytearray(data)
        broken[int(rng.integers(len(data) // 10, len(data) * 9 // 10))] ^= 1 << int(rng.integers(8))
        loaded = load(write_pdf(tmp_path / f"{trial}.pdf", gray, data=bytes(broken), **entries))
        assert loaded.image is not None
        wrong = float(np.mean(loaded.image.gray != gray))
        unnoticed += not loaded.problems and wrong > 0.002
    assert unnoticed == 0


def test_damaged_structure_is_repaired_and_said(tmp_path: Path, paper: Gray, load: Load) -> None:
    """A wrong cross reference table costs no page, but is reported on each."""
    path = write_pdf(tmp_path / "a.pdf", paper)
    path.write_bytes(path.read_bytes().replace(b"startxref\n", b"startxref\n9"))
    loaded = load(path)
    assert loaded.image is not None
    assert [found.slug for found in loaded.problems] == ["page-repaired"]


def test_lost_picture_is_not_an_empty_page(tmp_path: Path, paper: Gray, load: Load) -> None:
    """A file whose end is zeros loses its pictures; poppler then draws white paper."""
    path = write_pdf(tmp_path / "a.pdf", paper)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        del pdf.pages[0].Resources.XObject.Im0
        pdf.save(path)
    loaded = load(path)
    assert loaded.image is None
    assert loaded.problems[0].slug == "unreadable-page"


def test_drawn_page_with_a_cut_picture_is_suspect(tmp_path: Path, paper: Gray, load: Load) -> None:
    """poppler draws what it gets of a cut JPEG; a page with text over it must not pass as sound."""
    path = write_pdf(tmp_path / "a.pdf", paper, data=jpeg_of(paper)[:3000], content=FULL + " 0 0 5 5 re f")
    assert [found.slug for found in load(path).problems] in (["page-suspect"], ["unreadable-page"])


def test_contents_in_another_file_are_not_fetched(tmp_path: Path, paper: Gray, load: Load) -> None:
    """An external stream is neither opened nor taken for an empty page."""
    path = write_pdf(tmp_path / "a.pdf", paper)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].Contents.F = pikepdf.String("/etc/hostname")
        pdf.pages[0].Contents.write(b"")
        pdf.pages[0].Contents.F = pikepdf.String("/etc/hostname")
        pdf.save(path)
    loaded = load(path)
    assert loaded.image is None
    assert loaded.problems[0].slug == "unreadable-page"


def test_rasterize_draws_all_pages(tmp_path: Path, paper: Gray) -> None:
    """Blank pages come from here."""
    path = write_pdf(tmp_path / "a.pdf", paper)
    pages = list(rasterize(path, dpi=60))
    assert [page.shape for page in pages] == [(527, 372)]
    assert close(pages[0], paper)
