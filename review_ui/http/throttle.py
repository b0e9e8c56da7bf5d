"""The only door to Flask-Limiter: guessing passwords is slow, and nobody can lock somebody else out by guessing.

Only failures count, those at all entry points together: password, code of the second factor, link, login service, and
the password asked for again. A browser in which somebody has logged in before carries a signed cookie and is counted
separately, so failures elsewhere do not affect it. Without such a cookie, failures count per name and address, per
address, and per name. Where nobody is named (an invalid link, a refusal by the login service) they count for the
address alone, or else ten of them would lock out an office.
"""

import secrets
from collections.abc import Callable
from typing import Final, cast

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from itsdangerous import BadSignature, URLSafeSerializer

from review_ui.http.access import View
from scanform.model.account import Account

PER_PAIR: Final = "10 per 10 minutes"
PER_ADDRESS: Final = "100 per 10 minutes"
"""Higher, because an office may share one address."""

PER_NAME: Final = "300 per hour"

_DOORS: Final = "logins"
"""The common counter of all entry points."""

KNOWN_FOR_S: Final = 180 * 24 * 3600


class Throttle:
    """Counts failures of one application in its memory."""

    def __init__(self, app: Flask, meant: Callable[[], str]) -> None:
        """`meant` returns whom the request wants to log in: "account 7", or a name that nobody has; "" where it names
        nobody.
        """
        self._limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=False)
        self._meant = meant
        self.cookie = f"{app.config['SESSION_COOKIE_NAME']}-known"

    def slow(self, view: View) -> View:
        """Refuse a view with 429 after too many failures at any such view: 401 responses and calls of `failed`."""
        for limit, key, exempt in (
            (PER_PAIR, self._pair, self._names_nobody),
            (PER_ADDRESS, self._address, None),
            (PER_NAME, self._name, self._names_nobody),
        ):
            view = cast(
                "View",
                self._limiter.shared_limit(limit, scope=_DOORS, key_func=key, deduct_when=_failed, exempt_when=exempt)(
                    view
                ),
            )
        return view

    def remember(self, account: Account, answer: Response) -> None:
        """Mark the browser as one in which this person has logged in."""
        if self._known() == account.id:
            return
        value = _signer().dumps([account.id, secrets.token_urlsafe(16)])
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        answer.set_cookie(
            self.cookie, value, path="/", max_age=KNOWN_FOR_S, secure=secure, httponly=True, samesite="Strict"
        )

    @staticmethod
    def failed() -> None:
        """Count this request as a failure, whatever the response."""
        g.login_failed = True

    def _pair(self) -> str:
        return self._device() or f"{self._meant()} from {get_remote_address()}"

    def _address(self) -> str:
        return self._device() or get_remote_address()

    def _name(self) -> str:
        return self._device() or self._meant()

    def _names_nobody(self) -> bool:
        return not self._meant()

    def _device(self) -> str:
        """The browser, if the person meant has logged in there before."""
        known = self._known()
        return (
            f"browser {request.cookies[self.cookie]}"
            if known is not None and self._meant() == f"account {known}"
            else ""
        )

    def _known(self) -> int | None:
        try:
            account, _ = _signer().loads(request.cookies.get(self.cookie, ""))
        except (BadSignature, ValueError, TypeError):
            return None
        return account if isinstance(account, int) else None


def _failed(answer: Response) -> bool:
    return answer.status_code == 401 or bool(g.get("login_failed"))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="known browser")
