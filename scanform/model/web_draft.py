"""A questionnaire begun on the web."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class WebDraft:
    """A questionnaire begun on the web. `entries` and `contact` are what was typed by column, `stamps` (version, page
    view) of the last change of each; `reached` counts the pages gone through.

    `likeness` is a hash by which two responses without an access code may be recognised as the same one sent twice.
    """

    id: str
    questionnaire: str
    token: str | None
    place: int
    language: str
    created_at: str
    changed_at: str
    resume: str | None = None
    entries: Mapping[str, str] = field(default_factory=dict)
    contact: Mapping[str, str] = field(default_factory=dict)
    stamps: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    reached: int = 0
    version: int = 0
    number: int | None = None
    response_id: str | None = None
    sent_at: str | None = None
    likeness: str | None = None

    @property
    def typed(self) -> dict[str, str]:
        """Everything typed, by column."""
        return {**self.entries, **self.contact}
