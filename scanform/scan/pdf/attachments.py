"""Files inside a PDF: attachments, portfolios, files pinned to a page. Their pages are not pages of the PDF, and no
page of it shows them.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf

from scanform.scan.files.errors import NotOneImageError, printable
from scanform.scan.files.kinds import HEAD_BYTES, FileKind, kind_of
from scanform.scan.files.limits import Limits
from scanform.scan.files.source import scan_file
from scanform.scan.pdf.pdf_file import PdfFile, open_pdf
from scanform.scan.pdf.pdf_pictures import holds_pictures
from scanform.scan.pdf.pdf_walk import bounded_bytes

_TREE_DEPTH = 20
_STREAMS = ("/UF", "/F", "/Unix", "/Mac", "/DOS")
_NAMES = ("/UF", "/F", "/Desc", "/Unix", "/Mac", "/DOS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file inside a PDF: its name there, and its content, None if it cannot be unpacked or is too large."""

    name: str
    content: bytes | None

    @property
    def is_text(self) -> bool:
        """Whether it is data or a note rather than a scan: text, such as the XML of an invoice, that does not begin
        like a picture file.
        """
        if not self.content or kind_of(self.content[:HEAD_BYTES]) is not FileKind.UNKNOWN:
            return False
        try:
            return "\0" not in self.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return False


def attachments(path: str, limits: Limits) -> Iterator[Attachment]:
    """The files inside the PDF at `path`, each once, one after the other; nothing for other files. Raises ScanError if
    the PDF cannot be opened.
    """
    file = scan_file(path, limits)
    if file.kind is not FileKind.PDF:
        return
    document = open_pdf(file, limits)
    taken: dict[str, int] = {}
    for number, (name, stream) in enumerate(_streams(document.pdf)):
        taken[name] = taken.get(name, 0) + 1
        unique = name if taken[name] == 1 else f"{name} ({taken[name]})"
        if number >= limits.max_attachments:
            yield Attachment(name="…", content=None)
            return
        yield Attachment(name=unique, content=_content(stream, limits))


def is_cover(document: PdfFile) -> bool:
    """Whether the only page of a PDF is the cover shown by viewers without portfolio support: words, no picture, in
    front of the actual files.
    """
    pdf = document.pdf
    if document.pages != 1 or "/Collection" not in pdf.Root or holds_pictures(pdf.pages[0]):
        return False
    return next(_streams(pdf), None) is not None


def _streams(pdf: pikepdf.Pdf) -> Iterator[tuple[str, pikepdf.Stream]]:
    """Names and streams of all embedded files (ISO 32000-2, 7.11.4 and 14.13): in the name tree, pinned to pages,
    associated with the document or its pages.
    """
    seen: set[tuple[int, int]] = set()
    for spec in _specifications(pdf):
        files = _entry(spec, "/EF")
        stream = next((found for key in _STREAMS if isinstance(found := _entry(files, key), pikepdf.Stream)), None)
        if stream is None or (stream.objgen != (0, 0) and stream.objgen in seen):
            continue
        seen.add(stream.objgen)
        name = next(
            (
                str(found)
                for key in _NAMES
                if isinstance(found := _entry(spec, key), pikepdf.String) and str(found).strip()
            ),
            "",
        )
        yield printable(name) or "?", stream


def _specifications(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    yield from _named(_entry(_entry(pdf.Root, "/Names"), "/EmbeddedFiles"), 0, set())
    yield from _listed(_entry(pdf.Root, "/AF"))
    for page in pdf.pages:
        yield from _listed(_entry(page.obj, "/AF"))
        for note in _listed(_entry(page.obj, "/Annots")):
            if str(_entry(note, "/Subtype")) == "/FileAttachment" and (spec := _entry(note, "/FS")) is not None:
                yield spec
            yield from _listed(_entry(note, "/AF"))


def _named(node: pikepdf.Object | None, depth: int, seen: set[tuple[int, int]]) -> Iterator[pikepdf.Object]:
    """The values of a name tree (ISO 32000-1, 7.9.6), which may be damaged or contain cycles."""
    if (
        not isinstance(node, pikepdf.Dictionary)
        or depth > _TREE_DEPTH
        or (node.objgen != (0, 0) and node.objgen in seen)
    ):
        return
    seen.add(node.objgen)
    yield from _listed(_entry(node, "/Names"))[1::2]
    for kid in _listed(_entry(node, "/Kids")):
        yield from _named(kid, depth + 1, seen)


def _entry(holder: pikepdf.Object | None, key: str) -> pikepdf.Object | None:
    found: pikepdf.Object | None = holder.get(key) if isinstance(holder, pikepdf.Dictionary) else None
    return found


def _listed(value: pikepdf.Object | None) -> list[pikepdf.Object]:
    if isinstance(value, pikepdf.Array):
        return list(value)
    return [value] if isinstance(value, pikepdf.Dictionary) else []


def _content(stream: pikepdf.Stream, limits: Limits) -> bytes | None:
    try:
        return bounded_bytes(stream, limits.max_attachment_bytes)
    except (NotOneImageError, pikepdf.PdfError, ValueError, RuntimeError, zlib.error):
        return None
