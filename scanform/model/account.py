"""Accounts of people who work at the station, their logins, and the log of both."""

from dataclasses import dataclass
from enum import StrEnum

from scanform.model.person import Person, Role


class Stage(StrEnum):
    """The stage of a login: the password was right but the second factor is missing, or it is complete."""

    CODE = "code"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account that may log in.

    `name` is what decisions are signed with, so it is never changed and never reused. `password` is a hash, None until
    the invitation was accepted; `totp` is the encrypted secret of the second factor and `totp_counter` the last of its
    codes used; `recovery` are encrypted codes, each valid once. `subject` is the identity given by the organisation's
    login service.
    """

    id: int
    name: str
    roles: frozenset[Role]
    active: bool
    uniquifier: str
    created_at: str
    email: str | None = None
    subject: str | None = None
    password: str | None = None
    totp: str | None = None
    totp_counter: int = 0
    recovery: tuple[str, ...] = ()
    invited_until: str | None = None

    @property
    def person(self) -> Person:
        """The person the station knows by this account."""
        return Person(name=self.name, roles=self.roles)

    @property
    def can_log_in(self) -> bool:
        """Whether the account is in use: not disabled, and with a password or known to the organisation's login
        service.
        """
        return self.active and (self.password is not None or self.subject is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSession:
    """One login in one browser. Its id is known to the browser only."""

    number: int
    account_id: int
    stage: Stage
    created_at: str
    seen_at: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """One line of the security log: what happened to the account `name`, done by `actor`; both None when nobody known
    was meant.
    """

    at: str
    kind: str
    name: str | None
    actor: str | None
    detail: str
