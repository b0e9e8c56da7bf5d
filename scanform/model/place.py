"""Places of the recipient register: whoever is asked, with the token of its questionnaire, and how far each one got."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place of the register. `token` stays verbatim; name and address are contact data.

    `carrier` runs the place, "" where unknown; one carrier may run several. `further` are the other columns of its
    lists, (heading, text).
    """

    place_id: str
    token: str
    name: str | None = None
    address: tuple[str, ...] = ()
    carrier: str = ""
    district: str = ""
    further: tuple[tuple[str, str], ...] = ()


class Disposition(StrEnum):
    """How far a place got (GESIS Survey Guidelines, doi:10.15465/gesis-sg_en_026, after the Standard Definitions of
    AAPOR): nothing sent yet, sent, questionnaire opened online, answered in part, answered, refused, letter came back,
    not one of those to be asked.
    """

    NOT_SENT = "not-sent"
    SENT = "sent"
    OPENED = "opened"
    PARTIAL = "partial"
    COMPLETE = "complete"
    REFUSED = "refused"
    UNDELIVERABLE = "undeliverable"
    INELIGIBLE = "ineligible"


STAFF = (Disposition.SENT, Disposition.REFUSED, Disposition.UNDELIVERABLE, Disposition.INELIGIBLE)
"""What people may set: everything else follows from what came in."""

OUTSTANDING = frozenset({Disposition.SENT, Disposition.OPENED})
"""Those who got a questionnaire and may be reminded of it."""

UNREACHABLE = frozenset({Disposition.REFUSED, Disposition.UNDELIVERABLE, Disposition.INELIGIBLE})
"""Those to whom nothing is sent."""
