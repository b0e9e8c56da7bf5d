"""Accounts of a project: who may log in, browser logins, invitations, the security log.

Passwords and codes are checked by `review_ui`; the rules here hold for every page: a login ends when its account is
disabled or gets another role or another password; every act of an admin is on record; one admin always remains.
"""

import os
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from pathlib import Path
from typing import Literal
from uuid import uuid4

from scanform.config import LoginConfig
from scanform.errors import StoreError, words
from scanform.model.account import Account, AccountEvent, Stage, WebSession
from scanform.model.person import Role
from scanform.store import accounts as rows
from scanform.store.engine import Transaction
from scanform.workflow.project.project import Project

KEY_FILE = "accounts.key"
"""In the project folder: the key that encrypts second factors and signs cookies."""

KEY_BYTES = 32

TOKEN_BYTES = 32
"""256 random bits in an id or a link; 128 are required."""

AGENT_LENGTH = 200

INVITATION = timedelta(days=7)
CODE_TIME = timedelta(minutes=5)
"""How long the page waits for the code of the second factor."""

KEPT = timedelta(days=30)
"""How long ended logins stay on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a login ends: after `idle_s` of inactivity, after `absolute_s` in any case. `warn_s` before the former, the
    page warns.
    """

    idle_s: float = 1800.0
    absolute_s: float = 43200.0
    warn_s: float = 60.0


class LastAdminError(Exception):
    """No administrator would be left."""


class AccountDesk:
    """The accounts of one project. Thread-safe; `clock` gives the time."""

    def __init__(
        self,
        project: Project,
        *,
        limits: Limits | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        config = project.config.login
        self._store = project.store
        self._clock = clock
        self._start = ""
        self._exist = False
        self.config: LoginConfig = config
        self.survey = project.config.name
        self.limits = limits or _limits(config)
        self.folder = project.folder

    def key_for(self, purpose: str) -> bytes:
        """A secret key of this project for one purpose."""
        return digest(_kept_key(self.folder / KEY_FILE), purpose.encode(), "sha256")

    def must_have_second_factor(self, account: Account) -> bool:
        """Whether one of the roles requires a second factor."""
        elsewhere = account.password is None and account.subject is not None  # then the login service asks for it
        return not elsewhere and bool(set(self.config.second_factor.split()) & account.roles)

    # --- the first account -------------------------------------------------------------------------------------------

    def exist(self) -> bool:
        """Whether there are accounts."""
        if not self._exist:
            with self._store.reading() as tx:
                self._exist = rows.has_accounts(tx)
        return self._exist

    def start_token(self) -> str:
        """The token of a link that makes the first admin; valid once, and until the program ends."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._start = _hashed(token)
        return token

    def may_start(self, token: str) -> bool:
        """Whether this is that token, and still valid."""
        return bool(self._start) and compare_digest(_hashed(token), self._start) and not self.exist()

    def start(self, token: str, name: str, password: str) -> Account | None:
        """Make the first admin; None when the token is no longer valid."""
        if not self.may_start(token):
            return None
        with self._store.writing() as tx:
            if rows.has_accounts(tx):
                return None
            made = rows.add_account(
                tx, name=_clean(name), email=None, roles={Role.ADMIN}, uniquifier=uuid4().hex, at=self._now()
            )
            assert made is not None
            rows.change_account(tx, made, {"password": password})
            self._log(tx, "started", made, made)
            self._start = ""
            return rows.by_id(tx, made)

    # --- queries -----------------------------------------------------------------------------------------------------

    def everybody(self) -> list[Account]:
        """All accounts, by name."""
        with self._store.reading() as tx:
            return rows.accounts(tx)

    def account(self, account_id: int) -> Account | None:
        """The account with this number."""
        with self._store.reading() as tx:
            return rows.by_id(tx, account_id)

    def named(self, name: str) -> Account | None:
        """The account with this name."""
        with self._store.reading() as tx:
            return rows.by_name(tx, name)

    def known_elsewhere(self, subject: str, email: str) -> Account | None:
        """The account of a person authenticated by the organisation's login service. The first time the e-mail address
        given by an admin is matched, after that only the subject.
        """
        with self._store.writing() as tx:
            found = rows.by_subject(tx, subject)
            if found is None and email:
                found = rows.by_email(tx, email)
                if found is None or found.subject is not None:
                    return None
                rows.change_account(tx, found.id, {"subject": subject})
                self._log(tx, "linked", found.id, None)
            return rows.by_id(tx, found.id) if found else None

    def events(self, limit: int) -> list[AccountEvent]:
        """The latest lines of the security log."""
        with self._store.reading() as tx:
            return rows.events(tx, limit)

    # --- browser logins ----------------------------------------------------------------------------------------------

    def open_session(self, account: Account, *, stage: Stage, agent: str, instead_of: str = "") -> str:
        """Begin a login; returns its id, which is not stored. The login `instead_of` which it begins is ended."""
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._now()
        with self._store.writing() as tx:
            former = rows.session(tx, _hashed(instead_of)) if instead_of else None
            if former is not None:
                rows.end_sessions(tx, former.account_id, now, number=former.number)
            rows.forget_sessions(tx, self._at(-KEPT))
            rows.add_session(
                tx, key=_hashed(token), account_id=account.id, stage=stage, agent=_clean(agent)[:AGENT_LENGTH], at=now
            )
            if stage is Stage.FULL:
                self._log(tx, "login", account.id, account.id)
        return token

    def session(self, token: str) -> tuple[WebSession, Account] | None:
        """The login with this id and its account, unless either has ended."""
        if not token:
            return None
        with self._store.reading() as tx:
            found = rows.session(tx, _hashed(token))
            account = rows.by_id(tx, found.account_id) if found else None
        if found is None or account is None or not account.active or self.left_s(found) <= 0:
            return None
        return found, account

    def left_s(self, session: WebSession) -> float:
        """Seconds until the login ends without activity."""
        now = self._clock()
        if session.stage is Stage.CODE:
            return (datetime.fromisoformat(session.created_at) + CODE_TIME - now).total_seconds()
        idle = datetime.fromisoformat(session.seen_at) + timedelta(seconds=self.limits.idle_s)
        return min((idle - now).total_seconds(), self.absolute_left_s(session))

    def absolute_left_s(self, session: WebSession) -> float:
        """Seconds until the login ends in any case."""
        return (
            datetime.fromisoformat(session.created_at) + timedelta(seconds=self.limits.absolute_s) - self._clock()
        ).total_seconds()

    def acted(self, session: WebSession, *, at_once: bool = False) -> None:
        """Record activity; acts in quick succession are recorded once, unless `at_once`."""
        gone_s = (self._clock() - datetime.fromisoformat(session.seen_at)).total_seconds()
        if at_once or gone_s > min(60.0, self.limits.idle_s / 20):
            with self._store.writing() as tx:
                rows.touch_session(tx, session.number, self._now())

    def sessions(self, account: Account) -> list[WebSession]:
        """Complete active logins of an account, latest first."""
        with self._store.reading() as tx:
            return [
                found for found in rows.sessions(tx, account.id) if found.stage is Stage.FULL and self.left_s(found) > 0
            ]

    def end_session(self, account: Account, number: int, *, kind: str = "session-ended") -> None:
        """End one login of an account."""
        with self._store.writing() as tx:
            if rows.end_sessions(tx, account.id, self._now(), number=number):
                self._log(tx, kind, account.id, account.id)

    def end_sessions(self, account: Account, *, actor: Account, but: int | None = None) -> None:
        """End all logins of an account, or all `but` one."""
        with self._store.writing() as tx:
            rows.end_sessions(tx, account.id, self._now(), but=but)
            self._log(tx, "sessions-ended", account.id, actor.id)

    # --- changes by the account's owner ------------------------------------------------------------------------------

    def renew(self, account_id: int, kind: Literal["password", "totp"], was: str, now: str) -> None:
        """Store the same secret in another form (newly hashed or encrypted), unless it has been changed or removed
        meanwhile. No login ends.
        """
        with self._store.writing() as tx:
            rows.replace_secret(tx, account_id, kind, was, now)

    def set_password(self, account: Account, password: str) -> None:
        """Set a new password (its hash): all logins end, links to set one become void."""
        with self._store.writing() as tx:
            rows.change_account(
                tx,
                account.id,
                {"password": password, "uniquifier": uuid4().hex, "invited": None, "invited_until": None},
            )
            rows.end_sessions(tx, account.id, self._now())
            self._log(tx, "password", account.id, account.id)

    def set_second_factor(self, account: Account, *, totp: str, recovery: Collection[str]) -> None:
        """Set a second factor (in its stored form) with its recovery codes; all logins end."""
        with self._store.writing() as tx:
            rows.change_account(tx, account.id, {"totp": totp, "recovery": list(recovery)})
            self._log(tx, "second-factor", account.id, account.id)
            rows.end_sessions(tx, account.id, self._now())
            self._log(tx, "sessions-ended", account.id, account.id)

    def use_counter(self, account_id: int, counter: int) -> bool:
        """Mark a code of the second factor as used; False when it was used before."""
        with self._store.writing() as tx:
            return rows.use_counter(tx, account_id, counter)

    def take_recovery_code(self, account_id: int, kept: str) -> bool:
        """Remove a recovery code (in its stored form); False when it is already gone."""
        with self._store.writing() as tx:
            found = rows.by_id(tx, account_id)
            if found is None or kept not in found.recovery:
                return False
            rows.change_account(tx, account_id, {"recovery": [code for code in found.recovery if code != kept]})
            self._log(tx, "recovery-code", account_id, account_id)
            return True

    def remove_second_factor(self, account: Account, *, actor: Account) -> None:
        """Remove an account's second factor; all its logins end."""
        with self._store.writing() as tx:
            rows.change_account(
                tx, account.id, {"totp": None, "totp_counter": 0, "recovery": [], "uniquifier": uuid4().hex}
            )
            rows.end_sessions(tx, account.id, self._now())
            self._log(tx, "second-factor-off", account.id, actor.id)

    # --- acts of an admin --------------------------------------------------------------------------------------------

    def invite(self, *, actor: Account, name: str, email: str, roles: Collection[Role]) -> tuple[Account, str] | None:
        """Make an account and the token of a link by which its owner chooses a password; None when name or e-mail are
        taken.
        """
        with self._store.writing() as tx:
            made = rows.add_account(
                tx, name=_clean(name), email=_clean(email) or None, roles=roles, uniquifier=uuid4().hex, at=self._now()
            )
            if made is None:
                return None
            token = self._invitation(tx, made)
            self._log(tx, "invited", made, actor.id, " ".join(sorted(roles)))
            account = rows.by_id(tx, made)
        assert account is not None
        return account, token

    def reset_link(self, account: Account, *, actor: Account) -> str:
        """The token of a link by which its owner sets a new password; an earlier link becomes void."""
        with self._store.writing() as tx:
            token = self._invitation(tx, account.id)
            self._log(tx, "reset-link", account.id, actor.id)
        return token

    def invited(self, token: str) -> Account | None:
        """The account of a link that is still valid."""
        with self._store.reading() as tx:
            return self._invited(tx, token)

    def _invited(self, tx: Transaction, token: str) -> Account | None:
        found = rows.by_invitation(tx, _hashed(token))
        if found is None or not found.active or found.invited_until is None or found.invited_until < self._now():
            return None
        return found

    def accept(self, token: str, password: str) -> Account | None:
        """Set the password (its hash) through a link, which becomes void; all logins end. None when the link is no
        longer valid.
        """
        with self._store.writing() as tx:
            found = self._invited(tx, token)
            if found is None:
                return None
            rows.change_account(
                tx, found.id, {"password": password, "uniquifier": uuid4().hex, "invited": None, "invited_until": None}
            )
            rows.end_sessions(tx, found.id, self._now())
            self._log(tx, "password", found.id, found.id)
            return rows.by_id(tx, found.id)

    def set_roles(self, account: Account, roles: Collection[Role], *, actor: Account) -> None:
        """Change the roles; all logins of the account end. Raises LastAdminError."""
        with self._store.writing() as tx:
            rows.change_account(tx, account.id, {"roles": sorted(roles), "uniquifier": uuid4().hex})
            rows.end_sessions(tx, account.id, self._now())
            self._log(tx, "roles", account.id, actor.id, " ".join(sorted(roles)))
            _refuse_no_admin(tx)

    def set_active(self, account: Account, active: bool, *, actor: Account) -> None:
        """Disable an account, which ends its logins and voids its link, or enable it again. Raises LastAdminError."""
        with self._store.writing() as tx:
            rows.change_account(
                tx, account.id, {"active": active, "uniquifier": uuid4().hex, "invited": None, "invited_until": None}
            )
            rows.end_sessions(tx, account.id, self._now())
            self._log(tx, "enabled" if active else "disabled", account.id, actor.id)
            _refuse_no_admin(tx)

    def log(self, kind: str, account: Account | None, detail: str = "", *, actor: Account | None = None) -> None:
        """Add a line to the security log. `detail` never contains typed text."""
        with self._store.writing() as tx:
            self._log(tx, kind, account.id if account else None, actor.id if actor else None, detail)

    def _invitation(self, tx: Transaction, account_id: int) -> str:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        until = self._at(INVITATION)
        rows.change_account(tx, account_id, {"invited": _hashed(token), "invited_until": until})
        return token

    def _log(self, tx: Transaction, kind: str, account_id: int | None, actor_id: int | None, detail: str = "") -> None:
        rows.add_event(tx, at=self._now(), kind=kind, account_id=account_id, actor_id=actor_id, detail=detail)

    def _now(self) -> str:
        return self._at(timedelta())

    def _at(self, later: timedelta) -> str:
        return (self._clock() + later).astimezone(UTC).isoformat(timespec="milliseconds")


def _limits(config: LoginConfig) -> Limits:
    """The limits of a project; with a very short idle limit the page warns at half of it."""
    idle_s = config.idle_minutes * 60.0
    return Limits(idle_s=idle_s, absolute_s=config.absolute_hours * 3600.0, warn_s=min(Limits().warn_s, idle_s / 2))


def _refuse_no_admin(tx: Transaction) -> None:
    """Raise, which rolls back the transaction, unless an administrator is left."""
    if not any(account.can_log_in and Role.ADMIN in account.roles for account in rows.accounts(tx)):
        raise LastAdminError


def _clean(name: str) -> str:
    """Without invisible characters, and with single spaces."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _kept_key(path: Path) -> bytes:
    """The key in a file that only its owner may read; created if there is none."""
    try:
        if not path.exists():
            _make_key(path)
        return bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise StoreError(
            words("accounts.bad-key", path=str(path)), remedy=words("accounts.bad-key-remedy"), slug="accounts-key"
        ) from error


def _make_key(path: Path) -> None:
    """Write a new key; if another process creates one at the same moment, the first one counts."""
    scratch = path.with_name(f".{path.name}.{uuid4().hex}")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_bytes(KEY_BYTES).hex() + "\n")
    try:
        os.link(scratch, path)
    except FileExistsError:
        pass
    finally:
        scratch.unlink()
