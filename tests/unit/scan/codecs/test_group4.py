"""Group 4: what is proved is right, what is damaged is not proved, and what cannot be proved is checked by encoding
it again.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scanform.imaging.page_image import Gray
from scanform.scan.codecs import ccitt
from scanform.scan.codecs.ccitt import decode_fax, encode_group4
from scanform.scan.codecs.group4 import decode_group4, end_mark
from scanform.scan.files.errors import ScanError
from scanform.scan.load import LoadedPage

HEIGHT, WIDTH = 877, 620
PARMS = {"/K": -1, "/Columns": WIDTH}


@pytest.fixture(scope="module")
def page() -> Gray:
    """Samples (1 = black) with frames, bars and letters of noise, about as much as on a form."""
    rng, black = np.random.default_rng(3), np.zeros((HEIGHT, WIDTH), np.uint8)
    for _ in range(60):
        y, x = int(rng.integers(40, HEIGHT - 60)), int(rng.integers(30, WIDTH - 60))
        black[y : y + 20, x : x + 2] = black[y : y + 20, x + 20 : x + 22] = 1
        black[y : y + 2, x : x + 22] = black[y + 18 : y + 20, x : x + 22] = 1
        black[y : y + 9, x + 28 : x + 50] |= (rng.random((9, 22)) < 0.4).astype(np.uint8)
    return black


def test_whole_data_are_proved(page: Gray) -> None:
    """The pixels are those that were encoded."""
    gray = decode_group4([encode_group4(page)], width=WIDTH, rows=[HEIGHT])
    assert gray is not None
    np.testing.assert_array_equal(gray, np.where(page, 0, 255))


def test_strips_are_proved_one_by_one(page: Gray) -> None:
    """Several strips, the last one shorter; damage in any of them is no proof."""
    rows = [300, 300, 277]
    strips = [encode_group4(part) for part in np.split(page, [300, 600])]
    gray = decode_group4(strips, width=WIDTH, rows=rows)
    assert gray is not None
    np.testing.assert_array_equal(gray, np.where(page, 0, 255))
    assert (
        decode_group4([strips[0], strips[0], strips[2]], width=WIDTH, rows=rows) is not None
    )  # whole, though another picture
    assert decode_group4([strips[0], strips[2], strips[1]], width=WIDTH, rows=rows) is None
    assert decode_group4(strips, width=WIDTH, rows=[300, 299, 278]) is None
    assert decode_group4(strips[:2], width=WIDTH, rows=rows) is None


@pytest.mark.parametrize("padding", [b"", b"\0", b"\0\0\0", b"\r\n", b"\n"])
def test_end_mark_is_found_before_padding(page: Gray, padding: bytes) -> None:
    """At any bit, with what files put behind it."""
    for height in range(60, 76):
        data = encode_group4(page[:height])
        at = end_mark(data + padding)
        assert at is not None
        bits = "".join(f"{byte:08b}" for byte in data)
        assert bits[at : at + 24] == "000000000001" * 2
        assert set(bits[at + 24 :]) <= {"0"}
    assert end_mark(data[:-3]) is None
    assert end_mark(b"") is None
    assert end_mark(bytes(100)) is None


FOLLOWING: dict[str, bytes] = {
    "the end mark again": bytes.fromhex("001001"),
    "the end mark twice again": bytes.fromhex("001001001001"),
    "the rest of a TIFF": bytes.fromhex(
        "0b00000103000100000038cd00001c01030001000000010000000000000064000000010000006400000001"
    ),
    "the end mark and the rest of a TIFF": bytes.fromhex("0010010b00000103000100000038cd00001c010300"),
    "text": b"\nendstream of another program" * 20,
    "another page": bytes.fromhex("26a04c02bfffffffffff"),
}


@pytest.mark.fast_cases(7)
@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("following", FOLLOWING)
def test_what_follows_the_end_mark_is_no_damage(page: Gray, following: str, *, again: bool) -> None:
    """Sharp copiers write the mark twice, Pillow hands on the rest of its file; at any bit of a byte."""
    for height in range(860, 877):
        decoded = decode_fax(
            encode_group4(page[:height]) + FOLLOWING[following], PARMS, width=WIDTH, height=height, again=again
        )
        assert decoded.problems == ()
        np.testing.assert_array_equal(decoded.gray, np.where(page[:height], 0, 255))


def test_the_mark_repeated_without_a_gap_is_no_damage(page: Gray) -> None:
    """The second end mark follows the first one bit by bit, as copiers write it."""
    for height in range(860, 877):
        data = encode_group4(page[:height])
        at = end_mark(data)
        assert at is not None
        bits = "".join(f"{byte:08b}" for byte in data)[:at] + "000000000001" * 4
        twice = int(bits + "0" * (-len(bits) % 8), 2).to_bytes(-(-len(bits) // 8), "big")
        assert end_mark(twice) == at
        assert decode_fax(twice, PARMS, width=WIDTH, height=height).problems == ()


def test_a_one_bit_pdf_of_pillow_is_whole(tmp_path: Path, page: Gray, load: Callable[..., LoadedPage]) -> None:
    """Its fax data are followed by the directory of a TIFF."""
    path = tmp_path / "a.pdf"
    Image.fromarray(np.where(page, 0, 255).astype(np.uint8)).convert("1").save(path, resolution=100)
    loaded = load(path)
    assert loaded.problems == ()
    assert loaded.image is not None
    np.testing.assert_array_equal(loaded.image.gray, np.where(page, 0, 255))


def _cut_with_more_behind(data: bytes, rng: np.random.Generator) -> bytes:
    return _cut_and_closed(data, rng) + FOLLOWING["the rest of a TIFF"]


def test_wrong_numbers_of_rows_are_not_proved(page: Gray) -> None:
    """Even where the bottom of the page is white and a row costs one bit."""
    data = encode_group4(page)
    for height in (HEIGHT - 1, HEIGHT + 1, HEIGHT + 8):
        assert decode_group4([data], width=WIDTH, rows=[height]) is None


def test_narrow_pictures_are_not_proved() -> None:
    """The row that proves the rest has to fit."""
    black = np.zeros((50, 100), np.uint8)
    assert decode_group4([encode_group4(black)], width=100, rows=[50]) is None
    assert decode_fax(encode_group4(black), {"/K": -1, "/Columns": 100}, width=100, height=50).problems == ()


def test_data_without_end_mark_are_encoded_again(page: Gray, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some encoders leave it away; nothing is wrong with their pages, and damage is still found. With the mark that
    can be left out.
    """
    data = encode_group4(page)
    at = end_mark(data)
    assert at is not None
    bare = data[: at // 8] + bytes([data[at // 8] & 0xFF << 8 - at % 8 & 0xFF])
    assert end_mark(bare) is None
    decoded = decode_fax(bare, PARMS, width=WIDTH, height=HEIGHT)
    assert decoded.problems == ()
    np.testing.assert_array_equal(decoded.gray, np.where(page, 0, 255))
    assert decode_fax(bare[: len(bare) // 2], PARMS, width=WIDTH, height=HEIGHT).problems
    monkeypatch.setattr(ccitt, "encode_group4", lambda samples: pytest.fail("encoded again"))
    assert decode_fax(data, PARMS, width=WIDTH, height=HEIGHT, again=False).problems == ()
    with pytest.raises(pytest.fail.Exception):
        decode_fax(data, PARMS, width=WIDTH, height=HEIGHT)


def _cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(len(data) // 20, len(data) - 3))]


def _cut_and_closed(data: bytes, rng: np.random.Generator) -> bytes:
    return _cut(data, rng) + bytes.fromhex("001001")


def _zeros_at_the_end(data: bytes, rng: np.random.Generator) -> bytes:
    return _cut(data, rng).ljust(len(data), b"\0")


def _hole(data: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(len(data) // 20, len(data) - 30))
    return data[:at] + bytes(20) + data[at + 20 :]


def _lost_piece(data: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(len(data) // 20, len(data) - 60))
    return data[:at] + data[at + 50 :]


def _flipped_bit(data: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(len(data) // 20, len(data) - 4))
    return data[:at] + bytes([data[at] ^ 1 << int(rng.integers(8))]) + data[at + 1 :]


@pytest.mark.parametrize(
    "damage", [_cut, _cut_and_closed, _cut_with_more_behind, _zeros_at_the_end, _hole, _lost_piece, _flipped_bit]
)
@pytest.mark.parametrize("again", [True, False])
@pytest.mark.fast_cases(3)
def test_damage_is_said_or_changes_next_to_nothing(
    page: Gray, damage: Callable[[bytes, np.random.Generator], bytes], *, again: bool
) -> None:
    """Each kind at 40 places: the share of pixels that are wrong without a word stays below 0.1 %, and cuts and
    holes are all found.
    """
    data, rng, found = encode_group4(page), np.random.default_rng(9), Counter[str]()
    for _ in range(40):
        broken = damage(data, rng)
        try:
            decoded = decode_fax(broken, PARMS, width=WIDTH, height=HEIGHT, again=again)
        except ScanError:
            found["said"] += 1
            continue
        wrong = float(np.mean(decoded.gray != np.where(page, 0, 255)))
        found["said" if decoded.problems else "harmless" if wrong == 0 else "silent"] += 1
        assert decoded.problems or wrong < 0.001
    assert found["silent"] <= (6 if damage is _flipped_bit else 0)


@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("orientation", [1, 2, 3, 6, 7])
@pytest.mark.parametrize("fill_order", [1, 2])
@pytest.mark.fast_cases(5)
def test_tiff_is_the_same_proved_or_not(
    tmp_path: Path,
    page: Gray,
    load: Callable[..., LoadedPage],
    monkeypatch: pytest.MonkeyPatch,
    photometric: int,
    orientation: int,
    fill_order: int,
) -> None:
    """Photometric interpretation, orientation and order of bits are applied as Pillow applies them."""
    path = tmp_path / "a.tif"
    tags = {274: orientation, 262: photometric, 266: fill_order}
    Image.fromarray(np.where(page, 0, 255).astype(np.uint8)).convert("1").save(
        path, compression="group4", tiffinfo=tags
    )
    with Image.open(path) as picture:
        assert {tag: picture.tag_v2[tag] for tag in (262, 266)} == {262: photometric, 266: fill_order}
    with monkeypatch.context() as patch:
        patch.setattr("PIL.TiffImagePlugin.TiffImageFile.convert", lambda *_: pytest.fail("not proved"))
        seen = load(path)
    monkeypatch.setattr("scanform.scan.codecs.tiff.decode_group4", lambda *_, **__: None)
    other = load(path)
    assert seen.image is not None
    assert other.image is not None
    np.testing.assert_array_equal(seen.image.gray, other.image.gray)
    assert (seen.turn, seen.problems, seen.image.dpi) == (other.turn, other.problems, other.image.dpi)
