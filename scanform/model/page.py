"""A scanned page: its place, its identity, its fate."""

from dataclasses import dataclass
from enum import StrEnum

Corners = tuple[tuple[float, float], ...]
"""Points in pixels of the decoded page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRef:
    """One page of one file: content hash (hex SHA-256), path as submitted, 0-based index. Small on purpose: this, never
    an array, is sent to workers.

    `part` is 0 for an image of one page; where it shows several sheets, each is a page of its own, numbered from 1 in
    the order in which a viewer shows them: from left to right, then downwards.
    """

    sha256: str
    path: str
    index: int
    part: int = 0

    @property
    def place(self) -> str:
        """The place of the page in its file as shown to people: "3" for the third page, "3.2" for the second sheet in
        the third image.
        """
        return f"{self.index + 1}.{self.part}" if self.part else str(self.index + 1)


class FoundBy(StrEnum):
    """How the identity of a page was found, most trusted first. CONTENT: a page without a code, known by its print."""

    CODE = "code"
    CODE_SEARCH = "code-search"
    TEXT = "text"
    CONTENT = "content"
    NEIGHBOURS = "neighbours"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What the page code says: layout digest, instance, 1-based page and number of pages."""

    digest: str
    instance: str
    page: int
    pages: int
    found_by: FoundBy = FoundBy.CODE


class Fate(StrEnum):
    """The fate of a page; every submitted page has exactly one."""

    READ = "read"
    REVIEW = "review"
    UNKNOWN_FORM = "unknown-form"
    BLANK = "blank"
    DUPLICATE = "duplicate"
    RESCAN = "re-scan"
    COPY = "copy"
    DAMAGED = "damaged"
    ERROR = "error"


REFUSED_FATES = frozenset({Fate.UNKNOWN_FORM, Fate.DAMAGED, Fate.ERROR, Fate.REVIEW})
"""Fates that make `ingest` end with exit code 11: a person has to check the paper or the file."""
