"""Texts of survey tools are HTML, ours are plain paragraphs."""

import html
import re
from html.parser import HTMLParser

_PARAGRAPHS = frozenset({"p", "br", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6"})
_SILENT = frozenset({"script", "style"})
_MEDIA = frozenset({"img", "video", "audio", "iframe", "object", "embed"})


def to_html(text: str) -> str:
    """A text as HTML on one line; braces are written as entities, because LimeSurvey would calculate what stands
    between them.
    """
    escaped = html.escape(text, quote=True).replace("{", "&#123;").replace("}", "&#125;")
    return escaped.replace("\n", "<br />")


class _Reader(HTMLParser):
    """Collects the visible text; the address of a link stands behind its words, as paper has no links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.classes: list[str] = []
        self.media = False
        self._silent = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes classes, links and media; begins a paragraph."""
        found = dict(attrs)
        self.classes += (found.get("class") or "").split()
        self.media = self.media or tag in _MEDIA
        self._silent += tag in _SILENT
        if tag in _PARAGRAPHS:
            self.parts.append("\n")
        if tag == "a":
            self._links.append(((found.get("href") or "").strip(), len(self.parts)))

    def handle_endtag(self, tag: str) -> None:
        """Ends a paragraph or a link."""
        if tag in _SILENT and self._silent:
            self._silent -= 1
        if tag in _PARAGRAPHS:
            self.parts.append("\n")
        if tag == "a" and self._links:
            address, start = self._links.pop()
            shown = address.removeprefix("mailto:")
            if shown and shown not in "".join(self.parts[start:]):
                self.parts.append(f" ({shown})")

    def handle_data(self, data: str) -> None:
        """Line breaks in the source are spaces."""
        if not self._silent:
            self.parts.append(re.sub(r"[^\S\N{NO-BREAK SPACE}]+", " ", data))


def _read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader


def to_plain(text: str) -> str:
    """The visible text of HTML: single spaces, one line per paragraph."""
    lines = "".join(_read(text).parts).replace("\N{ZERO WIDTH NO-BREAK SPACE}", "").split("\n")
    return "\n".join(line for line in (" ".join(one.split()) for one in lines) if line)


def has_media(text: str) -> bool:
    """Whether a picture, film or the like stands in the text."""
    return "<" in text and _read(text).media


def classes_of(text: str) -> tuple[str, ...]:
    """The CSS classes named in HTML."""
    return tuple(_read(text).classes) if "<" in text else ()
