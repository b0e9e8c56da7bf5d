"""Decoding the picture embedded in a PDF page, without rendering the page."""

import io
import math
import zlib

import cv2
import numpy as np
import pikepdf
from PIL import Image

from scanform.imaging.page_image import Gray
from scanform.model.problem import Problem
from scanform.scan.codecs.ccitt import decode_fax
from scanform.scan.codecs.jbig2 import decode_jbig2
from scanform.scan.codecs.jpeg import Decoded, decode_jpeg
from scanform.scan.codecs.libtiff_messages import native_messages
from scanform.scan.codecs.pixels import apply_table, gray_of_picture, gray_of_rgb, unpack_bits
from scanform.scan.files.errors import NotOneImageError, ScanError, problem, unreadable
from scanform.scan.files.limits import Limits
from scanform.scan.files.sizes import check_size
from scanform.scan.pdf.pdf_pictures import check_flate
from scanform.scan.pdf.pdf_walk import Matrix, filters
from scanform.scan.pdf.second_decoder import checked

_GRAY_SPACES = frozenset({"/DeviceGray", "/G", "/CalGray"})
_RGB_SPACES = frozenset({"/DeviceRGB", "/RGB", "/CalRGB"})
_START_OF_DATA = b"\xff\x93"
_HOLE_BYTES = 64
_SLACK_BYTES = 1 << 16
_PNG_PREDICTORS = 10
_BITS = frozenset({1, 2, 4, 8})
_CROOKED_DEG = 5.0
"""Pictures skewed by a greater angle are rendered by poppler."""


def decode_image(image: pikepdf.Object, limits: Limits) -> Decoded:
    """The pixels of an image XObject as grey (H, W).

    Raises NotOneImageError for kinds left to poppler (unusual colour spaces and filters), ScanError `unreadable-page`
    for damaged ones, `too-large`.
    """
    width, height = _size(image, limits)
    names, raw = _unwrapped(image, limits)
    last = names[-1] if names else ""
    if last in {"/DCTDecode", "/DCT"}:
        return _decode_dct(image, raw, limits)
    if last == "/JPXDecode":
        if _decode_array(image):
            raise NotOneImageError
        decoded = Decoded(gray=_decode_jpx(raw, limits), problems=_hole("JPX", raw[max(0, raw.find(_START_OF_DATA)) :]))
        return checked("JPX", image, decoded, limits)
    if last in {"/CCITTFaxDecode", "/CCF"}:
        fax = decode_fax(raw, _parms(image), width=width, height=height, again=limits.fax_again)
        decoded = Decoded(gray=_black_and_white(fax.gray, _table(image, 1)), problems=fax.problems)
        return (
            decoded if int(_parms(image).get("/K", 0)) < 0 else checked("CCITT", image, decoded, limits)
        )  # nothing else proves group 3
    if last == "/JBIG2Decode":
        samples, complained = decode_jbig2(
            raw, _globals(image), width=width, height=height, timeout_s=limits.render_seconds
        )
        decoded = checked(
            "JBIG2", image, Decoded(gray=apply_table(samples, _table(image, 1)), problems=_hole("JBIG2", raw)), limits
        )
        if complained and decoded.problems:
            raise NotOneImageError("JBIG2: decoders do not agree")  # poppler's result is the better guess
        return decoded
    return _decode_plain(image, names, raw, width=width, height=height)


def placement_turn(matrix: Matrix) -> tuple[int, bool]:
    """How a viewer shows the stored pixels: degrees clockwise (0, 90, 180, 270), and whether left and right are swapped
    before that.

    The unit square's first row is the top of the picture, so that an upright picture has the matrix (w, 0, 0, h, x, y).
    Raises NotOneImageError if the picture is skewed.
    """
    a, b, c, d, _, _ = matrix
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    angle = math.degrees(math.atan2(-b, a))
    turn = round(angle / 90) * 90
    skew = abs(math.degrees(math.atan2(-b, a) - math.atan2(c, d)))
    if abs(angle - turn) > _CROOKED_DEG or min(skew, abs(360 - skew)) > _CROOKED_DEG:
        raise NotOneImageError
    return turn % 360, mirrored


def _black_and_white(gray: Gray, table: Gray) -> Gray:
    """Maps samples 0 and 255 through the table."""
    if table.tolist() == [0, 255]:
        return gray
    return (
        np.asarray(cv2.bitwise_not(gray), dtype=np.uint8)
        if table.tolist() == [255, 0]
        else apply_table(gray & np.uint8(1), table)
    )


def _hole(name: str, coded: bytes) -> tuple[Problem, ...]:
    """Arithmetic coding never writes a long run of zeros, and its decoders notice nothing: such a run marks a lost
    piece of the file.
    """
    return _suspect(f"{name}: zeros in the data" if bytes(_HOLE_BYTES) in coded else "")


def _size(image: pikepdf.Object, limits: Limits) -> tuple[int, int]:
    try:
        width, height = int(image["/Width"]), int(image["/Height"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise NotOneImageError from error
    if (
        width * height <= limits.max_pixels
        and not limits.min_side_px <= min(width, height) <= max(width, height) <= limits.max_side_px
    ):
        raise NotOneImageError  # stretched over the page; rendered, it has the size of paper
    check_size(width=width, height=height, limits=limits)
    return width, height


def _unwrapped(image: pikepdf.Object, limits: Limits) -> tuple[list[str], bytes]:
    """The remaining filters (at most one) and the data before them; a Flate wrapper around another is removed."""
    names, raw = filters(image), image.read_raw_bytes()
    if len(names) == 2 and names[0] in {"/FlateDecode", "/Fl"} and "/DecodeParms" not in image:
        inflater = zlib.decompressobj()
        try:
            raw = inflater.decompress(raw, 4 * limits.max_pixels)
        except zlib.error as error:
            raise unreadable(error) from error
        names = names[1:]
    if len(names) > 1 or not raw:
        raise NotOneImageError if raw else unreadable("the picture has no data")
    return names, raw


def _decode_dct(image: pikepdf.Object, raw: bytes, limits: Limits) -> Decoded:
    space, decode = _space(image), _decode_array(image)
    if space not in _GRAY_SPACES | _RGB_SPACES or "/ColorTransform" in _parms(image):
        raise NotOneImageError
    decoded = decode_jpeg(raw, limits)
    if not decode or decode == [0.0, 1.0] * (len(decode) // 2):
        return decoded
    if decode != [1.0, 0.0] or space not in _GRAY_SPACES:
        raise NotOneImageError
    return Decoded(gray=255 - decoded.gray, problems=decoded.problems)


def _decode_jpx(raw: bytes, limits: Limits) -> Gray:
    try:
        with native_messages(), Image.open(io.BytesIO(raw), formats=("JPEG2000",)) as picture:
            check_size(width=picture.width, height=picture.height, limits=limits)
            return gray_of_picture(picture)
    except (ScanError, MemoryError):
        raise
    except Exception as error:  # decoders raise anything on hostile bytes; re-raised as ScanError
        raise unreadable(error) from error


def _decode_plain(image: pikepdf.Object, names: list[str], raw: bytes, *, width: int, height: int) -> Decoded:
    """Unpacked or Flate samples: grey or indexed of 1 to 8 bits, or RGB of 8."""
    stencil = bool(image.get("/ImageMask", False))
    bits = 1 if stencil else int(image.get("/BitsPerComponent", 8))
    rgb = not stencil and _space(image) in _RGB_SPACES
    if bits not in _BITS or (rgb and (bits != 8 or _decode_array(image))):
        raise NotOneImageError
    table = None if rgb else _table(image, bits)
    row = (width * bits * (3 if rgb else 1) + 7) // 8
    data, problems = _samples(image, names, raw, width=width, height=height, bits=bits, rgb=rgb)
    if len(data) < row * height:
        raise unreadable(f"the picture ends after {len(data)} of {row * height} bytes")
    if table is None:
        return Decoded(
            gray=gray_of_rgb(np.frombuffer(data, dtype=np.uint8, count=row * height).reshape(height, width, 3)),
            problems=problems,
        )
    if bits < 8:
        return Decoded(
            gray=apply_table(unpack_bits(data, width=width, height=height, bits=bits), table), problems=problems
        )
    samples = np.frombuffer(data, dtype=np.uint8, count=row * height).reshape(height, width)
    return Decoded(gray=apply_table(samples, table), problems=problems)


def _samples(
    image: pikepdf.Object, names: list[str], raw: bytes, *, width: int, height: int, bits: int, rgb: bool
) -> tuple[bytes, tuple[Problem, ...]]:
    """The samples of a Flate or uncompressed picture; never more bytes than the picture has."""
    if not names:
        return raw, ()
    parms = _parms(image)
    predictor = int(parms.get("/Predictor", 1))
    if names[0] not in {"/FlateDecode", "/Fl"} or 1 < predictor < _PNG_PREDICTORS:
        raise NotOneImageError
    if predictor >= _PNG_PREDICTORS:
        if (
            int(parms.get("/Columns", 1)) != width
            or int(parms.get("/BitsPerComponent", 8)) != bits
            or int(parms.get("/Colors", 1)) != (3 if rgb else 1)
        ):
            raise NotOneImageError
        damage = check_flate(raw, 4 * width * height * (3 if rgb else 1))
        return _unfilter(raw, width=width, height=height, bits=bits, rgb=rgb), _suspect(damage)
    return _inflate(raw, (width * bits * (3 if rgb else 1) + 7) // 8 * height)


def _inflate(raw: bytes, expected: int) -> tuple[bytes, tuple[Problem, ...]]:
    """`expected` bytes of Flate data; suspect if data and checksum (RFC 1950) do not end where the picture ends."""
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(raw, expected)
    except zlib.error as error:
        raise unreadable(error) from error
    try:
        inflater.decompress(inflater.unconsumed_tail, _SLACK_BYTES)
    except zlib.error as error:
        return data, _suspect(f"Flate: {error}")
    return data, _suspect("" if inflater.eof else "Flate: data do not end with the picture")


def _suspect(damage: str) -> tuple[Problem, ...]:
    return (problem("page-suspect", detail=damage),) if damage else ()


def _unfilter(raw: bytes, *, width: int, height: int, bits: int, rgb: bool) -> bytes:
    """Samples of a picture with PNG predictors: its data have the format of a PNG file, so Pillow reads them as one."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([bits, 2 if rgb else 0, 0, 0, 0])
    chunks = b"".join(_chunk(name, body) for name, body in ((b"IHDR", header), (b"IDAT", raw), (b"IEND", b"")))
    try:
        with Image.open(io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunks), formats=("PNG",)) as picture:
            picture.load()
            gray = np.array(picture if rgb or bits == 8 else picture.convert("L"))
    except MemoryError:
        raise
    except Exception as error:  # decoders raise anything on hostile bytes; re-raised as ScanError
        raise unreadable(error) from error
    return gray.tobytes() if rgb or bits == 8 else _pack(gray, bits)


def _pack(gray: Gray, bits: int) -> bytes:
    """Grey values 0..255 back to packed samples of 1, 2 or 4 bits (rows padded to bytes)."""
    per_byte = 8 // bits
    samples = (gray >> (8 - bits)).astype(np.uint8)
    padded = np.pad(samples, ((0, 0), (0, -samples.shape[1] % per_byte)))
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    packed: Gray = np.bitwise_or.reduce(padded.reshape(len(gray), -1, per_byte) << shifts, axis=2)
    return packed.astype(np.uint8).tobytes()


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def _table(image: pikepdf.Object, bits: int) -> Gray:
    """Grey value of each possible sample, after /Decode and the colour space."""
    levels, decode = 1 << bits, _decode_array(image)
    if bool(image.get("/ImageMask", False)):
        return np.array([255, 0] if decode == [1.0, 0.0] else [0, 255], dtype=np.uint8)
    value = image.get("/ColorSpace")
    if isinstance(value, pikepdf.Array) and str(value[0]) in {"/Indexed", "/I"}:
        if decode and decode != [0.0, float(levels - 1)]:
            raise NotOneImageError
        return _palette(value)
    if _space(image) not in _GRAY_SPACES:
        raise NotOneImageError
    low, high = decode if len(decode) == 2 else (0.0, 1.0)
    return np.asarray(np.rint(np.clip(np.linspace(low, high, levels), 0, 1) * 255), dtype=np.uint8)


def _palette(space: pikepdf.Array) -> Gray:
    base = _plain_space(space[1])
    entries = space[3].read_bytes() if isinstance(space[3], pikepdf.Stream) else bytes(space[3])
    if base in _GRAY_SPACES:
        return np.frombuffer(entries, dtype=np.uint8)[:256]
    if base not in _RGB_SPACES or len(entries) < 3:
        raise NotOneImageError
    colours = np.frombuffer(entries[: len(entries) // 3 * 3], dtype=np.uint8).reshape(1, -1, 3)
    return np.asarray(gray_of_rgb(colours)[0, :256])


def _space(image: pikepdf.Object) -> str:
    return _plain_space(image.get("/ColorSpace", pikepdf.Name.DeviceGray))


def _plain_space(value: pikepdf.Object) -> str:
    """The device space equivalent to a colour space for telling ink from paper; others keep their own name."""
    if not isinstance(value, pikepdf.Array):
        return str(value)
    name = str(value[0])
    if name == "/ICCBased":
        return {1: "/DeviceGray", 3: "/DeviceRGB"}.get(int(value[1].get("/N", 0)), name)
    return name


def _decode_array(image: pikepdf.Object) -> list[float]:
    value = image.get("/Decode")
    return [float(number) for number in value] if isinstance(value, pikepdf.Array) else []


def _parms(image: pikepdf.Object) -> dict[str, pikepdf.Object]:
    """Parameters of the last filter."""
    value = image.get("/DecodeParms", image.get("/DP"))
    if isinstance(value, pikepdf.Array):
        value = value[len(value) - 1] if len(value) else None
    return dict(value.items()) if isinstance(value, pikepdf.Dictionary) else {}


def _globals(image: pikepdf.Object) -> bytes:
    stream = _parms(image).get("/JBIG2Globals")
    return (
        stream.read_raw_bytes()
        if isinstance(stream, pikepdf.Stream) and not filters(stream)
        else stream.read_bytes()
        if stream is not None
        else b""
    )
