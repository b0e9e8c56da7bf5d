"""The kind of a file, determined from its first bytes and never from its name."""

from enum import StrEnum

HEAD_BYTES = 1024
"""Number of bytes examined; a PDF header may be anywhere in them (ISO 32000-1, implementation note 13)."""


class FileKind(StrEnum):
    """The families of files that can hold scanned pages."""

    PDF = "pdf"
    TIFF = "tiff"
    JPEG = "jpeg"
    PNG = "png"
    PICTURE = "picture"
    HEIF = "heif"
    UNKNOWN = "unknown"


_MAGIC: tuple[tuple[bytes, FileKind], ...] = (
    (b"%PDF-", FileKind.PDF),
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"II*\x00", FileKind.TIFF),
    (b"MM\x00*", FileKind.TIFF),
    (b"II+\x00", FileKind.TIFF),
    (b"MM\x00+", FileKind.TIFF),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", FileKind.PICTURE),
    (b"\xff\x4f\xff\x51", FileKind.PICTURE),
)
_JPEG_LS = b"\xff\xd8\xff\xf7"
_FOREIGN = (
    b"PK",
    b"\x7fELF",
    b"MZ",
    b"\x1f\x8b",
    b"BZh",
    b"7z\xbc\xaf",
    b"\xfd7zXZ",
    b"Rar!",
    b"%!PS",
    b"<",
    b"push ",
    b"#!",
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset(
    {
        b"heic",
        b"heix",
        b"heim",
        b"heis",
        b"hevc",
        b"hevx",
        b"hevm",
        b"hevs",
        b"mif1",
        b"mif2",
        b"msf1",
        b"miaf",
        b"heif",
    }
)
"""Phone pictures (ISO/IEC 23008-12); the generic brands, mif1 and msf1, are also used by AVIF files, which name their
own brand among the compatible ones.
"""


def kind_of(head: bytes) -> FileKind:
    """The kind of a file that begins with `head` (at least its first `HEAD_BYTES`, or all of it)."""
    if head.startswith(_JPEG_LS):
        return FileKind.UNKNOWN
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    brands = _brands(head)
    if brands & _AVIF_BRANDS or _is_picture(head):
        return FileKind.PICTURE
    if brands & _HEIF_BRANDS:
        return FileKind.HEIF
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_FOREIGN):
        return FileKind.UNKNOWN
    return FileKind.PDF if b"%PDF-" in head[:HEAD_BYTES] else FileKind.UNKNOWN


def _is_picture(head: bytes) -> bool:
    bmp = head.startswith(b"BM") and len(head) > 26 and head[6:10] == b"\x00\x00\x00\x00"
    webp = head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    return bmp or webp


def _brands(head: bytes) -> frozenset[bytes]:
    """The brands of a file of the ISO media family (ISO/IEC 14496-12, 4.3): the major brand and the compatible ones."""
    if head[4:8] != b"ftyp":
        return frozenset()
    end = min(len(head), max(12, int.from_bytes(head[:4], "big")))
    return frozenset({head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))})
