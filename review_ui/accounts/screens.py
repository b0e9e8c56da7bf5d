"""Accounts at the station: logging in and out, links by which people choose a password, and what all pages share."""

import time
from typing import Final

from flask import Flask, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.exceptions import HTTPException

from review_ui.accounts.context import (
    LONGEST_NAME,
    TEXTS,
    AccountContext,
    browser_name,
    check_code,
    check_password,
    first_screen,
    logged_in,
    onward,
    typed,
)
from review_ui.accounts.logins import PAGE_OF, Logins
from review_ui.accounts.my_account import add_my_account
from review_ui.accounts.passwords import LONGEST
from review_ui.accounts.people import add_people
from review_ui.accounts.security import Guard
from review_ui.http.access import for_everybody, guard, needs
from review_ui.http.throttle import Throttle
from review_ui.http.web import texts_of
from scanform.i18n.texts import text
from scanform.model.account import Account, Stage
from scanform.workflow.people.accounts import AccountDesk

DENIAL_EVERY_S: Final = 60.0

DIALOG: Final = "accounts.dialog."


def add_accounts(app: Flask, desk: AccountDesk, language: str) -> AccountContext:
    """Require a login from every visitor, and add its pages."""
    logins = Logins(app, desk)
    guard(app, logins.who)
    policy = app.config["HEADERS"]["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'")
    app.config["HEADERS"] = {**app.config["HEADERS"], "Content-Security-Policy": policy}
    context = AccountContext(desk, logins, Guard(desk), Throttle(app, lambda: _meant(logins, desk)), language)
    app.extensions["scanform-accounts"] = context
    _share(app, context)
    _add_errors(app, context)
    _add_login(app, context)
    _add_login_in_place(app, context)
    _add_links(app, context)
    _add_time(app, context)
    add_my_account(app, context)
    add_people(app, context)
    if desk.config.issuer:
        from review_ui.accounts.oidc import add_oidc

        add_oidc(app, context)
    return context


def _share(app: Flask, context: AccountContext) -> None:
    """What every template can use: the current user and the texts about accounts."""

    @app.context_processor
    def shared() -> dict[str, object]:
        found = context.logins.present() if "login" in g else None
        return {
            "me": found.account if found else None,
            "account_text": lambda key, language: text(TEXTS + key, language),
            "password_longest": LONGEST,
            "browser_name": browser_name,
            "oidc": bool(context.desk.config.issuer),
        }


# --- errors ----------------------------------------------------------------------------------------------------------


def _add_errors(app: Flask, context: AccountContext) -> None:
    """People get a page, programs get JSON; neither reveals more than necessary."""
    told: dict[tuple[int, str], float] = {}

    @app.errorhandler(401)
    def unknown_person(_: HTTPException) -> ResponseReturnValue:
        if _wants_page() and request.method == "GET":
            back = request.full_path.rstrip("?") if request.path != "/" else None
            return context.go("login_page", next=back)
        return (
            _failure(context, 401, "Unauthorized", "expired") if _wants_page() else (jsonify(error="Unauthorized"), 401)
        )

    @app.errorhandler(403)
    def forbidden(_: HTTPException) -> ResponseReturnValue:
        found = context.logins.present() if "login" in g else None
        if found is not None:
            _tell_denial(context, found.account, told)
            if context.logins.must_set_up(found.account) and _wants_page() and request.method == "GET":
                return context.go("second_factor_page")
            if request.endpoint == "page" and _wants_page():
                return context.go(first_screen())
        return _failure(context, 403, "Forbidden", "denied")

    @app.errorhandler(CSRFError)
    def old_page(_: CSRFError) -> ResponseReturnValue:
        return _failure(context, 403, "csrf", "old-page")

    for number, key in ((400, "bad-request"), (404, "not-found"), (429, "too-often"), (503, "busy")):
        app.register_error_handler(
            number, lambda problem, number=number, key=key: _failure(context, number, problem.name, key)
        )


def _tell_denial(context: AccountContext, account: Account, told: dict[tuple[int, str], float]) -> None:
    """Log a refusal; the same one again only after a while, so that nobody can flood the log."""
    what, now = (account.id, f"{request.method} {request.endpoint}"), time.monotonic()
    if now - told.get(what, float("-inf")) > DENIAL_EVERY_S:
        told[what] = now
        context.desk.log("denied", account, what[1], actor=account)


def _failure(context: AccountContext, status: int, name: str, key: str) -> ResponseReturnValue:
    if _wants_page():
        return context.show(
            "account_error.html", status, problem=context.word(f"{key}-title"), text=context.word(f"{key}-text")
        )
    return jsonify(error=name), status


def _wants_page() -> bool:
    """Whether a person sees the response, not a script."""
    if request.path.startswith(("/api/", "/static/")):
        return False
    mode = request.headers.get("Sec-Fetch-Mode")
    return mode == "navigate" or (mode is None and "text/html" in request.headers.get("Accept", ""))


# --- logging in ------------------------------------------------------------------------------------------------------


def _meant(logins: Logins, desk: AccountDesk) -> str:
    """Whom the request wants to log in; "" where it names nobody."""
    found, name = _named(logins, desk), typed("name")
    if found is not None:
        return f"account {found.id}"
    return f"name {name.casefold()[:LONGEST_NAME]}" if name else ""


def _named(logins: Logins, desk: AccountDesk) -> Account | None:
    """Whose password, code or link it is: the owner of the login that lacks a code or of the link, the person named, or
    the current user who is asked again.
    """
    here, token = request.endpoint, (request.view_args or {}).get("token")
    if here in {"login_code", "login_code_in_place"}:
        waiting = logins.waiting()
        return waiting.account if waiting else None
    if token is not None:
        return desk.invited(str(token)) if here in {"invite_page", "accept"} else None
    present = logins.present()
    return (
        desk.named(typed("name")) if here in {"login_try", "login_in_place"} else present.account if present else None
    )


def _add_login(app: Flask, context: AccountContext) -> None:
    @app.get("/login")
    @for_everybody
    def login_page() -> ResponseReturnValue:
        if not context.desk.exist():
            return context.show(
                "account_error.html", problem=context.word("nobody-title"), text=context.word("nobody-text")
            )
        return context.show("login.html", next=request.args.get("next", ""), name="", problem="")

    @app.post("/login")
    @for_everybody
    @context.throttle.slow
    def login_try() -> ResponseReturnValue:
        account = check_password(context, typed("name"), typed("password"))
        if account is None:
            return context.show(
                "login.html", 401, next=typed("next"), name=typed("name")[:LONGEST_NAME], problem=context.word("wrong")
            )
        if account.totp:
            return context.logins.begin(
                account, Stage.CODE, lambda: context.go("login_code_page", next=typed("next") or None)
            )
        return logged_in(context, account, lambda: onward(context, typed("next")))

    @app.get("/login/code")
    @for_everybody
    def login_code_page() -> ResponseReturnValue:
        if context.logins.waiting() is None:
            return context.go("login_page")
        return context.show("login_code.html", next=request.args.get("next", ""), problem="")

    @app.post("/login/code")
    @for_everybody
    @context.throttle.slow
    def login_code() -> ResponseReturnValue:
        waiting = context.logins.waiting()
        if waiting is None:
            return context.go("login_page")
        if not check_code(context, waiting.account, typed("code")):
            return context.show("login_code.html", 401, next=typed("next"), problem=context.word("wrong-code"))
        return logged_in(context, waiting.account, lambda: onward(context, typed("next")))

    @app.post("/logout")
    @needs()
    def logout() -> ResponseReturnValue:
        mine = context.logins.mine()
        context.desk.end_session(mine.account, mine.login.number, kind="logout")
        return context.logins.forget(context.go("login_page"))


def _add_login_in_place(app: Flask, context: AccountContext) -> None:
    """The same for a page that stays open: only the page's owner can log in again there."""

    @app.get("/api/login")
    @for_everybody
    def login_facts() -> ResponseReturnValue:
        return jsonify(csrf=generate_csrf(), texts=texts_of(DIALOG, context.language))

    @app.post("/api/login")
    @for_everybody
    @context.throttle.slow
    def login_in_place() -> ResponseReturnValue:
        account = check_password(context, typed("name"), typed("password"))
        if account is None or request.headers.get(PAGE_OF) != str(account.id):
            return jsonify(error="wrong"), 401
        if account.totp:
            return context.logins.begin(account, Stage.CODE, lambda: jsonify(needs="code", csrf=generate_csrf()))
        return logged_in(context, account, lambda: jsonify(csrf=generate_csrf()))

    @app.post("/api/login/code")
    @for_everybody
    @context.throttle.slow
    def login_code_in_place() -> ResponseReturnValue:
        waiting = context.logins.waiting()
        if waiting is None or not check_code(context, waiting.account, typed("code")):
            return jsonify(error="wrong" if waiting else "over"), 401
        return logged_in(context, waiting.account, lambda: jsonify(csrf=generate_csrf()))


# --- links by which people choose a password -------------------------------------------------------------------------


def _add_links(app: Flask, context: AccountContext) -> None:
    @app.get("/start/<token>")
    @for_everybody
    @context.throttle.slow
    def start_page(token: str) -> ResponseReturnValue:
        return (
            context.show("set_password.html", first=True, name="", problem="")
            if context.desk.may_start(token)
            else _void(context)
        )

    @app.post("/start/<token>")
    @for_everybody
    @context.throttle.slow
    def start(token: str) -> ResponseReturnValue:
        if not context.desk.may_start(token):
            return _void(context)
        name, password = " ".join(typed("name").split()), typed("password")
        problem = (
            context.word("name-missing")
            if not 0 < len(name) <= LONGEST_NAME
            else context.refuses(password, typed("again"), None, name)
        )
        if problem:
            return context.show("set_password.html", 422, first=True, name=name[:LONGEST_NAME], problem=problem)
        made = context.desk.start(token, name, context.guard.hashed(password))
        return logged_in(context, made, lambda: context.go(first_screen())) if made else _void(context)

    @app.get("/invite/<token>")
    @for_everybody
    @context.throttle.slow
    def invite_page(token: str) -> ResponseReturnValue:
        account = context.desk.invited(token)
        return (
            context.show("set_password.html", first=False, name=account.name, problem="") if account else _void(context)
        )

    @app.post("/invite/<token>")
    @for_everybody
    @context.throttle.slow
    def accept(token: str) -> ResponseReturnValue:
        account = context.desk.invited(token)
        if account is None:
            return _void(context)
        problem = context.refuses(typed("password"), typed("again"), account, account.name)
        if problem:
            return context.show("set_password.html", 422, first=False, name=account.name, problem=problem)
        made = context.desk.accept(token, context.guard.hashed(typed("password")))
        if made is None:
            return _void(context)
        if made.totp:
            return context.go("login_page")
        return logged_in(context, made, lambda: context.go(first_screen()))


def _void(context: AccountContext) -> ResponseReturnValue:
    """An invalid link: guessing one counts as guessing a password."""
    context.throttle.failed()
    return context.show("account_error.html", 404, problem=context.word("void-title"), text=context.word("void-text"))


# --- how long a login lasts ------------------------------------------------------------------------------------------


def _add_time(app: Flask, context: AccountContext) -> None:
    @app.get("/api/time-left")
    @needs()
    def time_left() -> ResponseReturnValue:
        login = context.logins.mine().login
        return jsonify(
            left_s=context.desk.left_s(login),
            final_s=context.desk.absolute_left_s(login),
            warn_s=context.desk.limits.warn_s,
        )

    @app.post("/api/stay")
    @needs()
    def stay() -> ResponseReturnValue:
        context.desk.acted(context.logins.mine().login, at_once=True)
        return jsonify(stayed=True)
