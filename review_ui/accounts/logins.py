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
"""Header in which a page says whose it is: the account's number. A page of one person is not served with the login
of another.
"""

FRESH_S = 300
"""Whoever has logged in just now is not asked for the password again."""


@dataclass(frozen=True, slots=True)
class Present:
    """A login that lasts, and its account."""

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
        """Find the login of the request; acts prolong it, what pages ask for by themselves does not."""
        found = self._desk.session(request.cookies.get(self.cookie, "")) if request.endpoint != "static" else None
        g.login = Present(*found) if found else None
        if found and found[0].stage is Stage.FULL and _is_act():
            self._desk.acted(found[0])

    def present(self) -> Present | None:
        """The complete login of the request, unless its page is another person's."""
        found: Present | None = g.login
        if found is None or found.login.stage is not Stage.FULL or not self._own_page(found.account):
            return None
        return found

    def waiting(self) -> Present | None:
        """The login of the request that lacks the code of the second factor."""
        found: Present | None = g.login
        return (
            found if found is not None and found.login.stage is Stage.CODE and self._own_page(found.account) else None
        )

    def who(self) -> Person | None:
        """Who asks. Whoever must have a second factor and has none yet may do nothing but set it up."""
        found = self.present()
        if found is None:
            return None
        if self.must_set_up(found.account):
            return Person(name=found.account.name, roles=frozenset())
        return found.account.person

    def must_set_up(self, account: Account) -> bool:
        """Whether the account lacks a second factor that it must have."""
        return account.totp is None and self._desk.must_have_second_factor(account)

    def mine(self) -> Present:
        """The complete login of the request; only where a login is asked for."""
        found = self.present()
        if found is None:
            abort(401)
        return found

    def fresh(self) -> bool:
        """Whether the login of the request is so young that the password need not be asked for."""
        return self._desk.limits.absolute_s - FRESH_S < self._desk.absolute_left_s(self.mine().login)

    @staticmethod
    def _own_page(account: Account) -> bool:
        return request.headers.get(PAGE_OF, str(account.id)) == str(account.id)

    # --- beginning and ending ----------------------------------------------------------------------------------------

    def begin(self, account: Account, stage: Stage, respond: Callable[[], ResponseReturnValue]) -> Response:
        """Begin a login with a new id, then answer; whatever the browser had before is void, planted ids as well."""
        token = self._desk.open_session(
            account, stage=stage, agent=request.user_agent.string, instead_of=request.cookies.get(self.cookie, "")
        )
        session.clear()
        g.pop("csrf_token", None)  # the token for forms is a new one, too
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
        """Take the cookies away, and what the browser may have kept of the pages."""
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
    """Tell caches on the way that answers depend on who is logged in."""
    response.vary.add("Cookie")
    return response


def _is_act() -> bool:
    """Whether a person has done something: sent something or opened a page, not a page that refreshes itself."""
    return request.method == "POST" or request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
