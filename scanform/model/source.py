"""A survey tool's facts about an online response beside its answers: they identify the response and show which revision
is newer.

None means that the export had no such column, "" that the cell was empty: a missing column says nothing.
"""

from dataclasses import dataclass, fields

from scanform.model.response import Response

MINUTE = 16
"""Characters of an ISO time without its seconds: spreadsheets drop them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """Token, first access and random seed of a response, which never change, and its progress; times as the server's
    clock showed them.
    """

    token: str | None = None
    startdate: str | None = None
    seed: str | None = None
    datestamp: str | None = None
    submitdate: str | None = None
    lastpage: str | None = None

    def differences(self, other: "SourceFacts") -> tuple[str, ...]:
        """Why the two cannot be one response: the names of facts known for both that differ."""
        return tuple(name for name, same in self._compared(other) if not same)

    def is_of_another(self, other: "SourceFacts") -> bool:
        """Whether the two are surely two people's: a response may be submitted again, but it has one token, one first
        access, one seed.
        """
        return any(name != "submitdate" for name in self.differences(other))

    def agrees(self, other: "SourceFacts") -> bool:
        """Whether the two agree in all facts known for both, and there are any."""
        compared = self._compared(other)
        return bool(compared) and all(same for _, same in compared)

    def _compared(self, other: "SourceFacts") -> list[tuple[str, bool]]:
        """The constant facts known for both; the time of submission only where there is nothing better."""
        known = [
            (name, str(getattr(self, name) or ""), str(getattr(other, name) or ""))
            for name in ("token", "startdate", "seed", "submitdate")
        ]
        compared = [
            (name, one[:MINUTE] == two[:MINUTE] if name.endswith("date") else one == two)
            for name, one, two in known
            if one and two
        ]
        lasting = [found for found in compared if found[0] != "submitdate"]
        return lasting or compared

    def is_newer(self, other: "SourceFacts") -> bool:
        """Whether this is surely a later state of the response than `other`: by its last action, its submission, its
        last page, in this order.
        """
        for name in ("datestamp", "submitdate"):
            one, two = (getattr(self, name) or "")[:MINUTE], (getattr(other, name) or "")[:MINUTE]
            if one and two and one != two:
                return one > two
        if (
            self.submitdate is not None
            and other.submitdate is not None
            and bool(self.submitdate) != bool(other.submitdate)
        ):
            return bool(self.submitdate)
        pages = self.lastpage or "", other.lastpage or ""
        return all(page.isdigit() for page in pages) and int(pages[0]) > int(pages[1])

    def laid_over(self, older: "SourceFacts") -> "SourceFacts":
        """These facts, with gaps filled from the older ones."""
        return SourceFacts(
            **{field.name: getattr(self, field.name) or getattr(older, field.name) for field in fields(self)}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """The columns missing from an export: `columns` of answers, and `options` (question, option) of questions otherwise
    present.
    """

    columns: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One row of an export: `id` is that of the source survey, `response` the content of the row; its id in the project
    is assigned later.
    """

    id: str
    response: Response
    facts: SourceFacts
