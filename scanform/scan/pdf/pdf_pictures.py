"""Checks the pictures of a page rendered by poppler, which paints what it can decode and reports little of the rest."""

import zlib
from collections.abc import Iterator

import pikepdf

from scanform.scan.codecs.jpeg import check_jpeg
from scanform.scan.files.limits import Limits
from scanform.scan.pdf.pdf_walk import filters

_DEPTH = 4
_MOST_PICTURES = 200
_STEP_BYTES = 1 << 20


def is_no_scan(page: pikepdf.Page) -> bool:
    """Whether the page never was a scan: it uses fonts or shadings, no pictures and no contents outside the file."""
    resources = page.obj.get("/Resources")
    if not isinstance(resources, pikepdf.Dictionary) or any("/F" in part for part in _contents(page)):
        return False
    return bool(resources.get("/Font") or resources.get("/Shading")) and not resources.get("/XObject")


def holds_pictures(page: pikepdf.Page) -> bool:
    """Whether the page, or a form that it uses, may show a picture: one named in its resources, or contents outside the
    file.
    """
    return (
        any("/F" in part for part in _contents(page))
        or next(_pictures(page.obj.get("/Resources"), 0), None) is not None
    )


def picture_damage(page: pikepdf.Page, limits: Limits) -> tuple[str, ...]:
    """What is wrong with the data of the pictures of `page`, in words: truncated or corrupt JPEG and Flate, no data,
    data in another file.
    """
    found = ["contents in another file"] if any("/F" in part for part in _contents(page)) else []
    for number, image in enumerate(_pictures(page.obj.get("/Resources"), 0)):
        if number >= _MOST_PICTURES:
            break
        try:
            damage = _damage(image, limits)
        except (pikepdf.PdfError, ValueError, TypeError, KeyError) as error:
            damage = f"picture: {error}"
        if damage:
            found.append(damage)
    return tuple(found)


def _contents(page: pikepdf.Page) -> list[pikepdf.Stream]:
    value = page.obj.get("/Contents")
    parts = list(value) if isinstance(value, pikepdf.Array) else [value]
    return [part for part in parts if isinstance(part, pikepdf.Stream)]


def _pictures(resources: pikepdf.Object | None, depth: int) -> Iterator[pikepdf.Object]:
    """Image XObjects in the resources of a page and its forms."""
    shared = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    if not isinstance(shared, pikepdf.Dictionary) or depth > _DEPTH:
        return
    for value in list(shared.values())[:_MOST_PICTURES]:
        if not isinstance(value, pikepdf.Stream):
            continue
        if str(value.get("/Subtype")) == "/Image":
            yield value
        elif str(value.get("/Subtype")) == "/Form" and depth < _DEPTH:
            yield from _pictures(value.get("/Resources"), depth + 1)


def _damage(image: pikepdf.Object, limits: Limits) -> str:
    if "/F" in image:
        return "picture in another file"
    raw, names = image.read_raw_bytes(), filters(image)
    if not raw:
        return "picture without data"
    if names == ["/DCTDecode"]:
        return check_jpeg(raw, limits)
    if names == ["/FlateDecode"]:
        return check_flate(raw, 4 * limits.max_pixels)
    return ""


def check_flate(raw: bytes, limit: int) -> str:
    """What is wrong with Flate data, in words. They are unpacked piecewise and discarded; nothing beyond `limit` bytes
    is checked.
    """
    inflater, size, data = zlib.decompressobj(), 0, raw
    try:
        while data and not inflater.eof and size < limit:
            size += len(inflater.decompress(data, _STEP_BYTES))
            data = inflater.unconsumed_tail
    except zlib.error as error:
        return f"Flate: {error}"
    return "" if inflater.eof or data else "Flate: data end too early"
