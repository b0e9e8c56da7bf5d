"""What people do with their own account: password, second factor, logins in other browsers."""

from typing import Final

import segno
from flask import Flask, Response, abort, session
from flask.typing import ResponseReturnValue

from review_ui.accounts.context import AccountContext, first_screen, logged_in, typed
from review_ui.http.access import needs
from scanform.model.account import Account

_WAITING: Final = "second-factor"
"""Where the secret of a second factor (encrypted) waits in the cookie until its first code is right."""


def add_my_account(app: Flask, context: AccountContext) -> None:
    """Add the pages."""
    _add_overview(app, context)
    _add_password(app, context)
    _add_second_factor(app, context)


def _add_overview(app: Flask, context: AccountContext) -> None:
    @app.get("/account")
    @needs()
    def account_page() -> ResponseReturnValue:
        return _page(context)

    @app.post("/account/sessions/<int:number>/end")
    @needs()
    def end_session(number: int) -> ResponseReturnValue:
        mine = context.logins.mine()
        context.desk.end_session(mine.account, number)
        if number == mine.login.number:
            return context.logins.forget(context.go("login_page"))
        return context.go("account_page")

    @app.post("/account/sessions/end")
    @needs()
    def end_other_sessions() -> ResponseReturnValue:
        mine = context.logins.mine()
        context.desk.end_sessions(mine.account, actor=mine.account, but=mine.login.number)
        return context.go("account_page")


def _page(context: AccountContext, status: int = 200, **problems: str) -> ResponseReturnValue:
    mine = context.logins.mine()
    must = context.logins.must_set_up(mine.account)
    facts = {
        "account": mine.account,
        "sessions": context.desk.sessions(mine.account),
        "current": mine.login.number,
        "fresh": context.logins.fresh(),
        "must": must,
    }
    return context.show(
        "account.html", status, must_have=context.desk.must_have_second_factor(mine.account), problems=problems, **facts
    )


def _add_password(app: Flask, context: AccountContext) -> None:
    @app.post("/account/password")
    @needs()
    @context.throttle.slow
    def change_password() -> ResponseReturnValue:
        account = context.logins.mine().account
        if not context.guard.fits(typed("old"), account):
            context.desk.log("login-failed", account)
            return _page(context, 401, password=context.word("wrong-old"))
        problem = context.refuses(typed("password"), typed("again"), account, account.name)
        if problem:
            return _page(context, 422, password=problem)
        context.desk.set_password(account, context.guard.hashed(typed("password")))
        return logged_in(context, _again(context, account), lambda: context.go("account_page"))


def _again(context: AccountContext, account: Account) -> Account:
    """The account as it is now."""
    return context.desk.account(account.id) or account


def _add_second_factor(app: Flask, context: AccountContext) -> None:
    @app.post("/account/second-factor/start")
    @needs()
    @context.throttle.slow
    def start_second_factor() -> ResponseReturnValue:
        account = context.logins.mine().account
        if not _sure(context, account):
            return _page(context, 401, factor=context.word("wrong-old"))
        session[_WAITING] = context.guard.new_secret()
        return context.go("second_factor_page")

    @app.get("/account/second-factor")
    @needs()
    def second_factor_page() -> ResponseReturnValue:
        return _setup(context)

    @app.get("/account/second-factor.svg")
    @needs()
    def second_factor_picture() -> ResponseReturnValue:
        secret = session.get(_WAITING)
        if not secret:
            abort(404)
        code = segno.make(context.guard.secret_address(secret, context.logins.mine().account), micro=False)
        return Response(
            code.svg_inline(scale=6, border=4, dark="#000", light="#fff").replace(
                "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '
            ),
            mimetype="image/svg+xml",
        )

    @app.post("/account/second-factor")
    @needs()
    @context.throttle.slow
    def set_second_factor() -> ResponseReturnValue:
        account, secret = context.logins.mine().account, session.get(_WAITING)
        if not secret:
            return context.go("second_factor_page")
        if not context.guard.code_fits(typed("code"), secret, account):
            return _setup(context, 401, context.word("wrong-code"))
        codes = context.guard.set_second_factor(account, secret)
        return logged_in(
            context, _again(context, account), lambda: context.show("recovery.html", codes=codes, onward=first_screen())
        )

    @app.post("/account/second-factor/off")
    @needs()
    @context.throttle.slow
    def drop_second_factor() -> ResponseReturnValue:
        account = context.logins.mine().account
        if context.desk.must_have_second_factor(account):
            abort(403)
        if not context.guard.fits(typed("old"), account):
            return _page(context, 401, factor=context.word("wrong-old"))
        context.desk.remove_second_factor(account, actor=account)
        return logged_in(context, _again(context, account), lambda: context.go("account_page"))


def _setup(context: AccountContext, status: int = 200, problem: str = "") -> ResponseReturnValue:
    account, secret = context.logins.mine().account, session.get(_WAITING)
    text = context.guard.secret_text(secret) if secret else ""
    facts = {
        "secret": text,
        "account": account,
        "fresh": context.logins.fresh(),
        "must": context.logins.must_set_up(account),
    }
    return context.show("second_factor.html", status, problem=problem, **facts)


def _sure(context: AccountContext, account: Account) -> bool:
    """Whether the request comes from the account's owner: recently logged in, or with the password."""
    return context.logins.fresh() or context.guard.fits(typed("old"), account)
