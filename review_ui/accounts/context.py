"""What all account pages share: who is logged in, how passwords are checked, where people go next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from flask import Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from review_ui.accounts.logins import Logins
from review_ui.accounts.password_hashes import normal
from review_ui.accounts.passwords import LONGEST, SHORTEST, SHORTEST_ALONE, objection
from review_ui.accounts.security import Guard
from review_ui.http.access import opens
from review_ui.http.throttle import Throttle
from review_ui.http.web import language_of
from scanform.i18n.texts import text
from scanform.model.account import Account, Stage
from scanform.workflow.people.accounts import AccountDesk

TEXTS: Final = "accounts.ui."

FIRST_SCREENS: Final = ("overview_page", "page", "sort_page", "people_page", "account_page")
"""Landing pages in order of preference: people land on the first one that they may open."""

LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class AccountContext:
    """What the account pages work with."""

    desk: AccountDesk
    logins: Logins
    guard: Guard
    throttle: Throttle
    default: str

    @property
    def language(self) -> str:
        """The language that the request asks for."""
        return language_of(self.default)

    def word(self, key: str, **values: object) -> str:
        """A text of these pages."""
        return text(TEXTS + key, self.language, **values)

    def show(self, template: str, status: int = 200, **values: object) -> tuple[str, int]:
        """One of these pages."""
        language = self.language
        other = "en" if language == "de" else "de"
        return render_template(template, language=language, other=other, t=self.word, **values), status

    def go(self, endpoint: str, **values: object) -> Response:
        """Redirect to another of these pages."""
        # url_for's types know no plain str values
        return current_app.make_response(redirect(url_for(endpoint, lang=self.language, **values), 303))  # type: ignore[arg-type]

    def refuses(self, password: str, again: str, account: Account | None, name: str) -> str:
        """In words, why a new password is refused; "" when it is accepted."""
        if password != again:
            return self.word("passwords-differ")
        alone = account is None or (account.totp is None and not self.desk.must_have_second_factor(account))
        words = [
            name,
            self.desk.survey,
            "scanform",
            *(account.email.split("@")[:1] if account and account.email else []),
        ]
        why = objection(normal(password), alone=alone, words=words)
        return self.word(why, shortest=SHORTEST_ALONE if alone else SHORTEST, longest=LONGEST) if why else ""


def typed(field: str) -> str:
    """A field of the submitted form or JSON."""
    sent = request.get_json(silent=True) if request.is_json else request.form
    value = sent.get(field, "") if isinstance(sent, Mapping) else ""
    return value if isinstance(value, str) else ""


def first_screen() -> str:
    """The endpoint on which the current user lands."""
    return next((endpoint for endpoint in FIRST_SCREENS if opens(endpoint)), "account_page")


def check_password(context: AccountContext, name: str, password: str) -> Account | None:
    """The account, if name and password are right and it is enabled."""
    found = context.desk.named(name) if 0 < len(name) <= LONGEST_NAME else None
    usable = found if found is not None and found.active else None
    if len(password) <= LONGEST and context.guard.fits(password, usable):
        return usable
    context.desk.log("login-failed", found)
    return None


def check_code(context: AccountContext, account: Account, code: str) -> bool:
    """Whether a code of the second factor, or a recovery code, is right."""
    if (
        len(code) <= LONGEST_NAME
        and account.totp
        and (context.guard.code_fits(code, account.totp, account) or context.guard.recovery_code_fits(code, account))
    ):
        return True
    context.desk.log("code-failed", account)
    return False


def logged_in(context: AccountContext, account: Account, respond: Callable[[], ResponseReturnValue]) -> Response:
    """Begin the complete login of an account, then respond."""
    answer = context.logins.begin(account, Stage.FULL, respond)
    context.throttle.remember(account, answer)
    return answer


def onward(context: AccountContext, target: str) -> ResponseReturnValue:
    """Redirect to the page that somebody wanted, or to the first one that they may see."""
    return redirect(target, 303) if is_own_page(target) else context.go(first_screen())


def is_own_page(target: str) -> bool:
    """Whether a URL is a page of this program that the current user may open."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return False
    try:
        # the adapter is None only without a request
        endpoint, _ = current_app.create_url_adapter(request).match(parts.path, method="GET")  # type: ignore[union-attr]
    except (HTTPException, RequestRedirect):
        return False
    return opens(endpoint)


_BROWSERS: Final = (
    ("Firefox", "Firefox"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """The usual name of the browser with the user agent `agent`; the agent's own name for an uncommon one."""
    found = [next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name) or agent
