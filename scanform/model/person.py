"""Who works at the review station, and what each role may do there."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """A person's role at the station; a person can have several."""

    STAFF = "staff"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Right(StrEnum):
    """One permitted action.

    OVERVIEW: see batches and lists of pages. HAND_IN: submit scans. PLACE: place pages that could not be read. REVIEW:
    decide doubtful values. CONTACT: see names and addresses, and uncovered pages with them. SECOND: second readings and
    adjudication. QUALITY: see error rates and release a data set. HISTORY: see the history of a value. SIGN: release in
    spite of a missed target. USERS: manage people.
    """

    OVERVIEW = "overview"
    HAND_IN = "hand-in"
    PLACE = "place"
    REVIEW = "review"
    CONTACT = "contact"
    SECOND = "second"
    QUALITY = "quality"
    HISTORY = "history"
    SIGN = "sign"
    USERS = "users"


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.STAFF: frozenset({Right.OVERVIEW, Right.HAND_IN, Right.PLACE, Right.CONTACT}),
    Role.REVIEWER: frozenset({Right.REVIEW, Right.SECOND}),
    Role.SUPERVISOR: frozenset(Right) - {Right.USERS, Right.SIGN},
    Role.ADMIN: frozenset({Right.USERS, Right.SIGN}),
}
"""A reviewer sees single crops and neither names nor results; an admin manages people and sees no answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person working at the station; their acts are signed with `name`."""

    name: str
    roles: frozenset[Role]

    @property
    def rights(self) -> frozenset[Right]:
        """All rights of the person's roles."""
        return frozenset(right for role in self.roles for right in RIGHTS[role])

    def may(self, right: Right) -> bool:
        """Whether one of the roles grants this right."""
        return right in self.rights
