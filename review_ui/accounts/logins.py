"""Logins in browsers: a cookie with a random id, whose row in the project's store says whose it is and how long it
lasts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, abort, current_app, g, request, session
from flask.typing import ResponseReturnValue

from scanform.model.account import Account, Stage, WebSession
from scanform.model.person import Person
from scanform.workflow.people.accounts import AccountDesk

PAGE_OF: Final = "X-Person"
"""Header in which a page names its owner's account number. One person's page is never served with another's login.
"""

FRESH_S = 300
"""Anyone who logged in this recently is not asked for the password again."""


@dataclass(frozen=True, slots=True)
class Present:
    """A valid login and its account."""

    login: WebSession
    account: Account


class Logins:
    """The logins of one application."""

    def __init__(self, app: Flask, desk: AccountDesk) -> None:
        self._desk = desk
        name = app.config["SESSION_COOKIE_NAME"]
        self.cookie = f"{name}-login"
        app.config["SECRET_KEY"] = desk.key_for("cookies")
        app.before_request(self._recognise)
        app.after_request(_varies)

    # --- who asks ----------------------------------------------------------------------------------------------------

    def _recognise(self) -> None:
        """Find the login of the request. Acts prolong it; automatic requests of pages do not."""
        found = self._desk.session(request.cookies.get(self.cookie, "")) if request.endpoint != "static" else None
        g.login = Present(*found) if found else None
        if found and found[0].stage is Stage.FULL and _is_act():
            self._desk.acted(found[0])

    def present(self) -> Present | None:
        """The complete login of the request, unless its page belongs to another person."""
        found: Present | None = g.login
        if found is None or found.login.stage is not Stage.FULL or not self._own_page(found.account):
            return None
        return found

    def waiting(self) -> Present | None:
        """The login of the request that still lacks the code of the second factor."""
        found: Present | None = g.login
        return (
            found if found is not None and found.login.stage is Stage.CODE and self._own_page(found.account) else None
        )

    def who(self) -> Person | None:
        """The current user. Anyone who must have a second factor and has none yet may only set it up."""
        found = self.present()
        if found is None:
            return None
        if self.must_set_up(found.account):
            return Person(name=found.account.name, roles=frozenset())
        return found.account.person

    def must_set_up(self, account: Account) -> bool:
        """Whether the account lacks a required second factor."""
        return account.totp is None and self._desk.must_have_second_factor(account)

    def mine(self) -> Present:
        """The complete login of the request; only for views that require one."""
        found = self.present()
        if found is None:
            abort(401)
        return found

    def fresh(self) -> bool:
        """Whether the login of the request is recent enough to skip asking for the password."""
        return self._desk.limits.absolute_s - FRESH_S < self._desk.absolute_left_s(self.mine().login)

    @staticmethod
    def _own_page(account: Account) -> bool:
        return request.headers.get(PAGE_OF, str(account.id)) == str(account.id)

    # --- beginning and ending ----------------------------------------------------------------------------------------

    def begin(self, account: Account, stage: Stage, respond: Callable[[], ResponseReturnValue]) -> Response:
        """Begin a login with a new id, then respond; whatever the browser had before becomes void, planted ids as well."""
        token = self._desk.open_session(
            account, stage=stage, agent=request.user_agent.string, instead_of=request.cookies.get(self.cookie, "")
        )
        session.clear()
        g.pop("csrf_token", None)  # the form token is renewed, too
        if stage is Stage.FULL:
            g.person = account.person
        answer = current_app.make_response(respond())
        answer.set_cookie(
            self.cookie,
            token,
            path="/",
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
            httponly=True,
            samesite="Strict",
        )
        return answer

    def forget(self, response: ResponseReturnValue) -> Response:
        """Delete the cookies and anything the browser may have stored of the pages."""
        session.clear()
        answer = current_app.make_response(response)
        answer.delete_cookie(
            self.cookie,
            path="/",
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
            httponly=True,
            samesite="Strict",
        )
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        return answer


def _varies(response: Response) -> Response:
    """Tell intermediate caches that responses depend on who is logged in."""
    response.vary.add("Cookie")
    return response


def _is_act() -> bool:
    """Whether a person did something: sent something or opened a page, not a page that refreshes itself."""
    return request.method == "POST" or request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
