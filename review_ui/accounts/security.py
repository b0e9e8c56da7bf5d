"""The only door to Flask-Security: passwords (argon2), codes of the second factor (TOTP), recovery codes, over the accounts of the project.

Its pages, its cookies and its mails are not used: logins are rows that the project's store can end (see `review_ui.accounts.logins`).
"""

import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from flask import Flask, abort
from flask_security import RoleMixin, Security, Totp, UserDatastore, UserMixin, hash_password, verify_password

from scanform.model.account import Account
from scanform.workflow.people.accounts import AccountDesk

ARGON2: Final = {"argon2__memory_cost": 19 * 1024, "argon2__time_cost": 2, "argon2__parallelism": 1}
"""19 MiB, two passes, one lane: OWASP's size; 70 ms where the library's own defaults took 440 ms (measured)."""

HASHES_AT_ONCE = 2
WAITING_HASHES = 2
"""So many threads may hash and wait to hash; of the server's eight, four are always free for other requests."""

PATIENCE_S = 5.0

RECOVERY_CODES = 8

CODE_WINDOW_S = 30
"""A code counts this long before and after its time."""

_METHOD = "authenticator"


class RoleName(RoleMixin):
    """A role as the library sees it."""

    def __init__(self, name: str) -> None:
        self.name = name


class Login(UserMixin):
    """An account as the library sees it."""

    fs_uniquifier: str = ""

    def __init__(self, account: Account) -> None:
        self.id = account.id
        self.email = account.name
        self.password = account.password
        self.active = account.active
        self.fs_uniquifier = account.uniquifier
        self.roles = [RoleName(role.value) for role in sorted(account.roles)]
        self.tf_primary_method = _METHOD if account.totp else None
        self.tf_totp_secret = account.totp
        self.tf_phone_number = None
        self.mf_recovery_codes = list(account.recovery)
        self.loaded = account
        self.held = False


class AccountStore(UserDatastore):
    """Finds and keeps accounts for the library, in the project's database."""

    def __init__(self, desk: AccountDesk) -> None:
        super().__init__(Login, RoleName)
        self._desk = desk

    def find_user(self, case_insensitive: bool = False, **wanted: Any) -> Login | None:
        """The account with this number, mark or name; names are the same however they are written."""
        ((by, value),) = wanted.items()
        look: dict[str, Callable[[Any], Account | None]] = {"id": self._desk.account, "fs_uniquifier": self._desk.marked, "email": self._desk.named}
        found = look[by](value)
        return Login(found) if found else None

    def find_role(self, role: str) -> RoleName:
        """The role of this name."""
        return RoleName(role)

    def put(self, model: Login) -> Login:
        """Keep what the library sets of its own accord (hash, second factor, recovery codes), and nothing that it left alone: another program may have changed
        that meanwhile. What is `held` is written later, together with what belongs to it.
        """
        now = {"password": model.password, "totp": model.tf_totp_secret, "recovery": model.mf_recovery_codes or []}
        before = {"password": model.loaded.password, "totp": model.loaded.totp, "recovery": list(model.loaded.recovery)}
        changed: dict[str, object] = {name: value for name, value in now.items() if value != before[name]}
        if changed and not model.held:
            self._desk.keep(model.id, changed)
        return model

    def delete(self, model: Login) -> None:
        """Accounts are never deleted."""
        raise NotImplementedError

    def commit(self) -> None:
        """`put` has written already."""


class OnceOnlyTotp(Totp):
    """Codes of the second factor, each of which is good once."""

    desk: AccountDesk

    def get_last_counter(self, user: Any) -> int | None:
        """The last code that was used."""
        found = self.desk.account(user.id)
        return found.totp_counter or None if found else None

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        """The code is used now; raises the library's own error when another request was faster."""
        if not self.desk.use_counter(user.id, tmatch.counter):
            from passlib.exc import UsedTokenError

            raise UsedTokenError


class Guard:
    """Passwords and codes of one application. What takes long is done by few threads at a time."""

    def __init__(self, app: Flask, desk: AccountDesk) -> None:
        self._desk = desk
        self._app = app
        app.config.update(_settings(desk))
        self._totp = type("ProjectTotp", (OnceOnlyTotp,), {"desk": desk})
        self._library = Security(app, AccountStore(desk), register_blueprint=False, totp_cls=self._totp)
        self._library.login_manager.request_loader(lambda _: None)  # tokens in requests are no logins here
        self._computing = threading.BoundedSemaphore(HASHES_AT_ONCE)
        self._waiting = threading.BoundedSemaphore(HASHES_AT_ONCE + WAITING_HASHES)
        with app.app_context():
            self._nobody = hash_password("nobody has this password")

    def hashed(self, password: str) -> str:
        """The hash of a password; 503 when too many are being computed."""
        with self._turn():
            return str(hash_password(self.normal(password)))

    def fits(self, password: str, account: Account | None) -> bool:
        """Whether it is the account's password. It takes the same time when there is no such account."""
        with self._turn():
            known = account.password if account is not None and account.password else None
            return bool(verify_password(self.normal(password), known or self._nobody)) and known is not None

    def normal(self, password: str) -> str:
        """One way to write each character."""
        return str(self._library._password_util.normalize(password))

    # --- second factor -----------------------------------------------------------------------------------------------

    def new_secret(self) -> str:
        """A secret for an app that shows codes, encrypted."""
        return str(self._library.totp_factory.generate_totp_secret())

    def secret_text(self, secret: str) -> str:
        """The secret to be typed in."""
        return str(self._library.totp_factory.get_totp_pretty_key(secret))

    def secret_address(self, secret: str, account: Account) -> str:
        """The secret as an app reads it from a picture."""
        return str(self._library.totp_factory.get_totp_uri(account.name, secret))

    def code_fits(self, code: str, secret: str, account: Account) -> bool:
        """Whether a code is right now; each is good once."""
        digits = "".join(code.split())
        return digits.isascii() and digits.isdigit() and bool(self._library.totp_factory.verify_totp(digits, secret, Login(account), window=CODE_WINDOW_S))

    def set_second_factor(self, account: Account, secret: str) -> list[str]:
        """Keep the secret, in one transaction with new recovery codes, which are returned and shown once; all logins end."""
        login = Login(account)
        login.held = True
        self._library.datastore.tf_set(login, _METHOD, totp_secret=secret)
        codes = self._library._mf_recovery_codes_util.create_recovery_codes(login)
        self._desk.set_second_factor(account, totp=str(login.tf_totp_secret), recovery=login.mf_recovery_codes or [])
        return [str(code) for code in codes]

    def recovery_code_fits(self, code: str, account: Account) -> bool:
        """Whether it is one of the account's recovery codes, which is used up then."""
        plain = self._library._mf_recovery_codes_util._decrypt_codes(list(account.recovery))
        typed = code.strip().lower()
        kept = next((kept for kept, known in zip(account.recovery, plain, strict=False) if known == typed), None)
        return kept is not None and self._desk.take_recovery_code(account.id, kept)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._waiting.acquire(blocking=False):
            abort(503)
        try:
            if not self._computing.acquire(timeout=PATIENCE_S):
                abort(503)
            try:
                yield
            finally:
                self._computing.release()
        finally:
            self._waiting.release()


_UNUSED_TIMES = [
    *(f"SECURITY_{name}_WITHIN" for name in ("LOGIN", "CHANGE_EMAIL", "CONFIRM_EMAIL", "RESET_PASSWORD")),
    *(f"SECURITY_{name}_WITHIN" for name in ("TWO_FACTOR_SETUP", "US_SETUP", "WAN_REGISTER", "WAN_SIGNIN")),
    "SECURITY_TWO_FACTOR_LOGIN_VALIDITY",
]
"""The library warns of its own defaults of these."""


def _settings(desk: AccountDesk) -> dict[str, object]:
    return {
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SINGLE_HASH": {"argon2"},
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": ARGON2,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": RECOVERY_CODES,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [urlsafe_b64encode(desk.key_for("recovery codes"))],
        "SECURITY_TOTP_SECRETS": {"1": desk.key_for("second factor").hex()},
        "SECURITY_TOTP_ISSUER": f"scanform {desk.survey}".strip(),
        "SECURITY_USE_REGISTER_V2": True,
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
        **dict.fromkeys(_UNUSED_TIMES, timedelta(minutes=5)),
    }
