"""JPEG, PNG, TIFF and other picture files: depth, colour, orientation, resolution, damage."""

import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import simplejpeg
from PIL import Image, TiffImagePlugin

from scanform.imaging.page_image import Gray
from scanform.scan.files.limits import Limits
from scanform.scan.intake import FileInfo
from scanform.scan.load import LoadedPage
from tests.unit.scan.pdf.test_read_pdf import jpeg_of, write_pdf

Load = Callable[..., LoadedPage]
Inspect = Callable[[Path], FileInfo]


def save(path: Path, picture: Image.Image, **options: object) -> Path:
    picture.save(path, **options)  # type: ignore[arg-type]
    return path


def slugs(page: LoadedPage) -> list[str]:
    return [found.slug for found in page.problems]


def gray_of(page: LoadedPage) -> Gray:
    assert page.image is not None
    assert page.image.gray.flags.c_contiguous
    assert page.image.gray.dtype == np.uint8
    return page.image.gray


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpg", "png", "tif", "g4.tif"])
def test_orientation_becomes_a_turn_and_is_never_mirrored(
    tmp_path: Path, paper: Gray, load: Load, kind: str, orientation: int
) -> None:
    """Turning the decoded page shows what every viewer shows; pixels stay as stored but for the mirrored ones."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{kind}"
    picture = Image.fromarray(np.where(paper < 128, 0, 255).astype(np.uint8))
    if kind == "g4.tif":
        picture.convert("1").save(path, compression="group4", tiffinfo={274: orientation})
    else:
        picture.save(path, exif=exif)
    loaded = load(path)
    upside = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}[orientation]
    expected = np.asarray(picture if upside is None else picture.transpose(Image.Transpose(upside)))
    assert np.mean(np.abs(np.rot90(gray_of(loaded), -loaded.turn // 90).astype(int) - expected)) < 2
    assert gray_of(loaded).shape == paper.shape
    assert loaded.problems == ()


def test_depths_and_colours_become_grey_paper(tmp_path: Path, paper: Gray, load: Load) -> None:
    """1 to 32 bits, palettes, colours, transparency: paper is light and ink is dark in all of them."""
    picture = Image.fromarray(paper)
    alpha = Image.merge("LA", (Image.new("L", picture.size, 0), Image.fromarray(255 - paper)))
    made = {
        "bits.png": picture.convert("1", dither=Image.Dither.NONE),
        "palette.png": picture.convert("RGB").quantize(8),
        "rgb.png": picture.convert("RGB"),
        "alpha.png": alpha.convert("RGBA"),
        "gray alpha.png": alpha,
        "deep.png": Image.fromarray(paper.astype(np.uint16) * 257),
        "nine bits.tif": Image.fromarray(paper.astype(np.uint16) * 2),
        "float.tif": Image.fromarray(paper.astype(np.float32) / 255),
        "int.tif": Image.fromarray(paper.astype(np.int32) * 1000),
        "cmyk.tif": picture.convert("RGB").convert("CMYK"),
        "cmyk.jpg": picture.convert("RGB").convert("CMYK"),
        "a.bmp": picture,
        "a.webp": picture,
        "lzw.tif": picture,
        "progressive.jpg": picture,
    }
    options: dict[str, dict[str, object]] = {
        "lzw.tif": {"compression": "tiff_lzw"},
        "progressive.jpg": {"progressive": True},
    }
    for name, image in made.items():
        loaded = load(save(tmp_path / name, image, **options.get(name, {})))
        difference = np.abs(gray_of(loaded).astype(int) - paper)
        assert (np.percentile(difference, 95) <= 12, loaded.problems) == (True, ()), name


def test_miniswhite_and_unsigned_32_bits(tmp_path: Path, paper: Gray, load: Load) -> None:
    """TIFF may store paper as zero, and 32-bit samples without a sign."""
    white_is_zero = save(tmp_path / "a.tif", Image.fromarray(paper), tiffinfo={262: 0})
    assert white_is_zero.read_bytes().count(b"\x05" * 500) > 100  # paper is stored as 255 - 250
    assert np.array_equal(gray_of(load(white_is_zero)), paper)
    wide = paper.astype(np.uint32) * 0x01010101
    path = save(tmp_path / "b.tif", Image.fromarray(wide.view(np.int32)))
    path.write_bytes(path.read_bytes().replace(struct.pack("<HHII", 339, 3, 1, 2), struct.pack("<HHII", 339, 3, 1, 1)))
    assert np.abs(gray_of(load(path)).astype(int) - np.rint(paper * (255 / 250))).max() <= 1


def tiff(samples: np.ndarray, tags: dict[int, int], order: str = "<") -> bytes:
    """A TIFF of one strip; more pictures follow by `chain`."""
    return chain([(samples, tags)], order)


def chain(pictures: list[tuple[np.ndarray, dict[int, int]]], order: str = "<") -> bytes:
    """A TIFF of pictures with one strip each, in the given byte order, with further tags."""
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8))
    for number, (samples, tags) in enumerate(pictures):
        data = np.ascontiguousarray(samples).astype(samples.dtype.newbyteorder(order)).tobytes()
        entries = {
            256: samples.shape[1],
            257: samples.shape[0],
            258: 8 * samples.dtype.itemsize,
            259: 1,
            262: 1,
            277: 1,
            278: samples.shape[0],
            279: len(data),
        }
        entries |= tags
        behind = len(out) + 2 + 12 * (len(entries) + 1) + 4
        entries[273] = behind
        out += struct.pack(order + "H", len(entries))
        for tag in sorted(entries):
            kind, code = (3, "HH") if tag in {258, 259, 262, 277, 255} else (4, "I")
            value = struct.pack(order + code, *([entries[tag], 0] if code == "HH" else [entries[tag]]))
            out += struct.pack(order + "HHI", tag, kind, 1) + value
        out += struct.pack(order + "I", behind + len(data) if number + 1 < len(pictures) else 0) + data
    return bytes(out)


@pytest.mark.parametrize(
    ("depth", "order"), [(8, "<"), (8, ">"), (12, "<"), (12, ">"), (14, "<"), (16, "<"), (16, ">"), (32, "<")]
)
def test_white_may_be_zero_at_any_depth(tmp_path: Path, paper: Gray, load: Load, depth: int, order: str) -> None:
    """A page that stores ink as the greater number is the page that stores it as the smaller one."""
    kind, top = {8: np.uint8, 32: np.uint32}.get(depth, np.uint16), (1 << depth) - 1
    ink = np.rint((255 - paper.astype(float)) / 245 * top).astype(kind)
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(ink, {262: 0}, order))
    loaded = load(path)
    assert loaded.problems == ()
    assert np.abs(gray_of(loaded).astype(int) - paper).max() <= 11


def test_an_empty_page_that_stores_white_as_zero_is_light(tmp_path: Path, load: Load) -> None:
    """Its noise is not stretched to black."""
    noise = np.random.default_rng(1).integers(2_000, 4_000, (300, 200)).astype(np.uint16)
    noise[0, 0] = 60_000
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(noise, {262: 0}))
    assert gray_of(load(path)).mean() > 230


def thumbnail(gray: Gray, tags: dict[int, int], factor: int = 8) -> tuple[Gray, dict[int, int]]:
    return gray[::factor, ::factor], tags


REDUCED: list[dict[int, int]] = [{254: 1}, {255: 2}, {254: 5}]


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("tags", REDUCED)
def test_thumbnails_in_a_tiff_are_no_pages(
    tmp_path: Path, paper: Gray, inspect: Inspect, load: Load, tags: dict[int, int], *, first: bool
) -> None:
    """A smaller picture before or behind each page is neither counted nor read."""
    other = np.ascontiguousarray(paper[::-1])
    pairs = [[(gray, {254: 2}), thumbnail(gray, tags)] for gray in (paper, other)]
    path = tmp_path / "a.tif"
    path.write_bytes(chain([picture for pair in pairs for picture in (reversed(pair) if first else pair)]))
    assert (inspect(path).pages, inspect(path).problems) == (2, ())
    for index, gray in enumerate((paper, other)):
        assert np.array_equal(gray_of(load(path, index)), gray)


def test_masks_in_a_tiff_are_no_pages(tmp_path: Path, paper: Gray, inspect: Inspect, load: Load) -> None:
    """The mask of a picture, of its own size, is no page."""
    path = tmp_path / "a.tif"
    path.write_bytes(chain([(paper, {}), (paper, {254: 4, 262: 4}), (paper, {})]))
    assert inspect(path).pages == 2
    assert np.array_equal(gray_of(load(path, 1)), paper)


@pytest.mark.parametrize("sizes", [(1, 1), (1, 1, 1), (8, 1, 1)])
def test_pages_that_are_called_reduced_stay_pages(
    tmp_path: Path, paper: Gray, inspect: Inspect, sizes: tuple[int, ...]
) -> None:
    """Some programs set the tag on every page: what is not smaller than its neighbours is a page."""
    path = tmp_path / "a.tif"
    path.write_bytes(chain([thumbnail(paper, {254: 1}, factor) for factor in sizes]))
    assert inspect(path).pages == sum(factor == 1 for factor in sizes)


def test_a_lone_mask_or_thumbnail_is_a_page(tmp_path: Path, paper: Gray, inspect: Inspect) -> None:
    """No file is without pages because of a tag."""
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(paper, {254: 4, 262: 4}))
    assert inspect(path).pages == 1


@pytest.mark.parametrize(
    ("dpi", "expected"),
    [
        ((300, 300), 300),
        ((200, 200), 200),
        ((1, 1), None),
        ((300, 150), None),
        ((72, 72), None),
        ((9999, 9999), None),
        (None, None),
    ],
)
def test_claimed_resolution_is_believed_only_when_it_can_be_true(
    tmp_path: Path, paper: Gray, load: Load, dpi: tuple[int, int] | None, expected: float | None
) -> None:
    """A wrong dpi tag is worse than none."""
    options = {} if dpi is None else {"dpi": dpi}
    for name in ("a.jpg", "a.png", "a.tif"):
        image = load(save(tmp_path / name, Image.fromarray(paper), **options)).image
        assert image is not None
        assert image.dpi == (None if expected is None else pytest.approx(expected, abs=0.5))


@pytest.mark.parametrize("fraction", [0.05, 0.3, 0.7, 0.97])
@pytest.mark.parametrize("progressive", [False, True])
def test_cut_jpeg_is_refused(tmp_path: Path, paper: Gray, load: Load, fraction: float, progressive: bool) -> None:
    """Half a page must never count as an unmarked form."""
    path = save(tmp_path / "a.jpg", Image.fromarray(paper), quality=95, progressive=progressive)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * fraction)])
    loaded = load(path)
    assert loaded.image is None
    assert slugs(loaded) == ["unreadable-page"]


def test_hole_in_a_jpeg_makes_the_page_suspect(tmp_path: Path, load: Load) -> None:
    """Pillow and OpenCV pass over it without a word."""
    noise = np.random.default_rng(3).integers(0, 255, (877, 620), dtype=np.uint8)
    path = save(tmp_path / "a.jpg", Image.fromarray(noise), quality=90)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    path.write_bytes(bytes(data))
    assert slugs(load(path)) in (["page-suspect"], ["unreadable-page"])


EXTRA = {"a zero": b"\0", "zeros": bytes(40), "FF": b"\xff" * 3 + b"\0" * 4, "line end": b"\r\n"}


@pytest.mark.parametrize("kind", ["jpg", "pdf", "tif"])
@pytest.mark.parametrize("extra", EXTRA)
def test_padding_before_the_end_of_a_jpeg_is_no_damage(
    tmp_path: Path, paper: Gray, load: Load, extra: str, kind: str
) -> None:
    """Some cameras and copiers fill the data up before the end mark."""
    data = jpeg_of(paper)
    padded = data[:-2] + EXTRA[extra] + data[-2:]
    path = tmp_path / f"a.{kind}"
    if kind == "pdf":
        write_pdf(path, paper, data=padded)
    else:
        path.write_bytes(
            padded
            if kind == "jpg"
            else tiff(
                np.frombuffer(padded, np.uint8)[None], {256: paper.shape[1], 257: paper.shape[0], 278: 877, 259: 7}
            )
        )
    loaded = load(path)
    assert loaded.problems == ()
    assert np.abs(gray_of(loaded).astype(int) - paper).mean() < 2


def test_what_is_left_over_where_a_decoder_lost_its_place_is_damage(tmp_path: Path, load: Load) -> None:
    """A decoder that lost its place says the same as one that met padding: bytes too many before the end."""
    rng = np.random.default_rng(2)
    noise = cv2.GaussianBlur(rng.integers(0, 255, (400, 400)).astype(np.uint8), (0, 0), 2)
    data, said = jpeg_of(noise), 0
    for at in rng.integers(400, len(data) // 2, 60):
        path = tmp_path / "a.jpg"
        path.write_bytes(data[:at] + rng.integers(0, 254, 20).astype(np.uint8).tobytes() + data[at:])
        try:
            simplejpeg.decode_jpeg(path.read_bytes(), "GRAY", strict=True)
        except ValueError as error:
            said += "extraneous" in str(error)
            assert slugs(load(path)) in (["page-suspect"], ["unreadable-page"])
    assert said >= 3


def test_png_check_sums_are_checked(tmp_path: Path, paper: Gray, load: Load) -> None:
    """Pillow does not compare the sums of the chunks it decodes."""
    path = save(tmp_path / "a.png", Image.fromarray(paper))
    data = bytearray(path.read_bytes())
    at = data.index(b"IDAT")
    length = int.from_bytes(data[at - 4 : at], "big")
    data[at + 4 + length] ^= 0xFF
    path.write_bytes(bytes(data))
    assert "page-suspect" in slugs(load(path))


def _pages(path: Path, paper: Gray, count: int, compression: str = "tiff_lzw") -> Path:
    pictures = [Image.fromarray(np.roll(paper, 7 * number, axis=0)) for number in range(count)]
    if compression == "group4":
        pictures = [picture.convert("1", dither=Image.Dither.NONE) for picture in pictures]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], compression=compression)
    return path


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "jpeg", "group4", "tiff_adobe_deflate", "packbits"])
def test_all_pages_of_a_tiff_are_read_in_any_order(
    tmp_path: Path, paper: Gray, inspect: Inspect, load: Load, compression: str
) -> None:
    """Each page is its own, also when asked for backwards."""
    path = _pages(tmp_path / "a.tif", paper, 4, compression)
    assert (inspect(path).pages, inspect(path).problems) == (4, ())
    for index in (3, 0, 2, 1):
        assert np.mean(np.abs(gray_of(load(path, index)).astype(int) - np.roll(paper, 7 * index, axis=0))) < 8
    assert slugs(load(path, 4)) == ["unreadable-page"]


def test_cut_tiff_reports_the_missing_pages(tmp_path: Path, paper: Gray, inspect: Inspect, load: Load) -> None:
    """OpenCV returns three of five pages and says that all is well."""
    path = _pages(tmp_path / "a.tif", paper, 5)
    whole = path.read_bytes()
    for fraction in (0.35, 0.6, 0.9):
        path.write_bytes(whole[: int(len(whole) * fraction)])
        info = inspect(path)
        readable = [index for index in range(info.pages) if load(path, index).image is not None]
        assert len(readable) < 5
        assert [found.slug for found in info.problems] in (["missing-pages"], ["damaged-file"])


def test_strip_beyond_the_end_of_the_file_is_refused(tmp_path: Path, paper: Gray, load: Load) -> None:
    """libtiff would fill it with paper."""
    path = save(tmp_path / "a.tif", Image.fromarray(paper), compression="tiff_lzw")
    with Image.open(path) as picture:
        assert isinstance(picture, TiffImagePlugin.TiffImageFile)
        offset = picture.tag_v2[273][-1]
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", offset), struct.pack("<I", len(data) + 1000)))
    assert slugs(load(path)) == ["unreadable-page"]


def test_sizes_are_checked_before_decoding(tmp_path: Path, inspect: Inspect, load: Load) -> None:
    """A bomb ends in its header; A3 at 600 dpi passes."""
    bomb = save(tmp_path / "bomb.png", Image.new("1", (20000, 20000)))
    assert (inspect(bomb).pages, [found.slug for found in inspect(bomb).problems]) == (0, ["too-large"])
    small = save(tmp_path / "small.png", Image.new("L", (8, 8)))
    assert [found.slug for found in inspect(small).problems] == ["unreadable-page"]
    page = load(save(tmp_path / "a3.png", Image.new("1", (7016, 9921), 1)))
    assert gray_of(page).shape == (9921, 7016)
    assert slugs(load(tmp_path / "a3.png", 0, Limits(max_pixels=1_000_000))) == ["too-large"]


def test_large_files_are_read_from_the_disk(tmp_path: Path, paper: Gray, load: Load) -> None:
    """Above `cached_bytes` nothing is kept in memory; the result is the same."""
    for name in ("a.tif", "a.png", "a.pdf"):
        path = save(tmp_path / name, Image.fromarray(paper))
        assert np.array_equal(gray_of(load(path)), gray_of(load(path, 0, Limits(cached_bytes=10))))


def test_phone_pictures_are_read_where_the_extra_is_installed(
    tmp_path: Path, paper: Gray, inspect: Inspect, load: Load
) -> None:
    """One page, upright, with the grey levels of the picture; damaged ones are said to be so."""
    heif = pytest.importorskip("pillow_heif")
    path = tmp_path / "IMG_0001.HEIC"
    heif.from_pillow(Image.fromarray(paper).convert("RGB")).save(path, quality=90)
    assert (inspect(path).kind, inspect(path).pages, inspect(path).problems) == ("heif", 1, ())
    loaded = load(path)
    assert (loaded.turn, loaded.problems) == (0, ())
    assert np.abs(gray_of(loaded).astype(int) - paper).mean() < 3
    path.write_bytes(path.read_bytes()[:-400])
    assert [found.slug for found in (*inspect(path).problems, *load(path).problems)]


def test_phone_pictures_are_refused_without_the_extra(
    tmp_path: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their own name, also when a page is asked for that was counted while the extra was there."""
    monkeypatch.setattr("scanform.scan.codecs.heif.find_spec", lambda _: None)
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    assert slugs(load(path)) == ["phone-picture"]
