"""Passwords and second factors of accounts: which are valid, used or outdated, checked so that the server stays free
for other requests.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import abort

from review_ui.accounts import password_hashes
from review_ui.accounts.second_factor import SecondFactors
from scanform.model.account import Account
from scanform.workflow.people.accounts import AccountDesk

HASHES_AT_ONCE = 2
WAITING_HASHES = 2
"""Number of threads that may hash or wait to hash; four of the server's eight are always free for other requests."""

PATIENCE_S = 5.0


class Guard:
    """Passwords and codes of one project. Slow work is limited to a few threads at a time."""

    def __init__(self, desk: AccountDesk) -> None:
        self._desk = desk
        self._factors = SecondFactors(desk.key_for)
        self._issuer = f"scanform {desk.survey}".strip()
        self._computing = threading.BoundedSemaphore(HASHES_AT_ONCE)
        self._waiting = threading.BoundedSemaphore(HASHES_AT_ONCE + WAITING_HASHES)

    # --- passwords ---------------------------------------------------------------------------------------------------

    def hashed(self, password: str) -> str:
        """The hash of a password; 503 when too many are being computed."""
        with self._turn():
            return password_hashes.hashed(password)

    def fits(self, password: str, account: Account | None) -> bool:
        """Whether it is the account's password. It takes the same time when there is no such account.

        An outdated hash is replaced by a current one. 503 when too many are being computed.
        """
        kept = account.password if account is not None else None
        with self._turn():
            if not password_hashes.fits(password, kept):
                return False
            if account is not None and kept is not None and password_hashes.is_outdated(kept):
                self._desk.renew(account.id, "password", kept, password_hashes.hashed(password))
            return True

    # --- second factor -----------------------------------------------------------------------------------------------

    def new_secret(self) -> str:
        """A secret for an authenticator app, encrypted."""
        return self._factors.new_secret()

    def secret_text(self, secret: str) -> str:
        """The secret for typing in."""
        return self._factors.text(secret)

    def secret_address(self, secret: str, account: Account) -> str:
        """The secret as a URL for a QR code."""
        return self._factors.address(secret, name=account.name, issuer=self._issuer)

    def code_fits(self, code: str, secret: str, account: Account) -> bool:
        """Whether a code is valid now; each is accepted once. A secret encrypted in the old format is converted to the
        current one.
        """
        step = self._factors.step(code, secret)
        if step is None or not self._desk.use_counter(account.id, step):
            return False
        renewed = self._factors.renewed(secret)
        if renewed != secret:
            self._desk.renew(account.id, "totp", secret, renewed)
        return True

    def set_second_factor(self, account: Account, secret: str) -> list[str]:
        """Store the secret, in one transaction with new recovery codes, which are returned and shown once; all logins
        end.
        """
        codes = self._factors.new_recovery_codes()
        self._desk.set_second_factor(account, totp=self._factors.renewed(secret), recovery=list(codes.values()))
        return list(codes)

    def recovery_code_fits(self, code: str, account: Account) -> bool:
        """Whether it is one of the account's recovery codes, which is then used up."""
        kept = self._factors.recovery_code(code, account.recovery)
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
