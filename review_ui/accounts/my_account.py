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


def add_my_account(app: Flask, room: AccountContext) -> None:
    """Add the pages."""
    _add_overview(app, room)
    _add_password(app, room)
    _add_second_factor(app, room)


def _add_overview(app: Flask, room: AccountContext) -> None:
    @app.get("/account")
    @needs()
    def account_page() -> ResponseReturnValue:
        return _page(room)

    @app.post("/account/sessions/<int:number>/end")
    @needs()
    def end_session(number: int) -> ResponseReturnValue:
        mine = room.logins.mine()
        room.desk.end_session(mine.account, number)
        if number == mine.login.number:
            return room.logins.forget(room.go("login_page"))
        return room.go("account_page")

    @app.post("/account/sessions/end")
    @needs()
    def end_other_sessions() -> ResponseReturnValue:
        mine = room.logins.mine()
        room.desk.end_sessions(mine.account, actor=mine.account, but=mine.login.number)
        return room.go("account_page")


def _page(room: AccountContext, status: int = 200, **problems: str) -> ResponseReturnValue:
    mine = room.logins.mine()
    must = room.logins.must_set_up(mine.account)
    facts = {
        "account": mine.account,
        "sessions": room.desk.sessions(mine.account),
        "current": mine.login.number,
        "fresh": room.logins.fresh(),
        "must": must,
    }
    return room.show(
        "account.html", status, must_have=room.desk.must_have_second_factor(mine.account), problems=problems, **facts
    )


def _add_password(app: Flask, room: AccountContext) -> None:
    @app.post("/account/password")
    @needs()
    @room.throttle.slow
    def change_password() -> ResponseReturnValue:
        account = room.logins.mine().account
        if not room.guard.fits(typed("old"), account):
            room.desk.log("login-failed", account)
            return _page(room, 401, password=room.word("wrong-old"))
        problem = room.refuses(typed("password"), typed("again"), account, account.name)
        if problem:
            return _page(room, 422, password=problem)
        room.desk.set_password(account, room.guard.hashed(typed("password")))
        return logged_in(room, _again(room, account), lambda: room.go("account_page"))


def _again(room: AccountContext, account: Account) -> Account:
    """The account as it is now."""
    return room.desk.account(account.id) or account


def _add_second_factor(app: Flask, room: AccountContext) -> None:
    @app.post("/account/second-factor/start")
    @needs()
    @room.throttle.slow
    def start_second_factor() -> ResponseReturnValue:
        account = room.logins.mine().account
        if not _sure(room, account):
            return _page(room, 401, factor=room.word("wrong-old"))
        session[_WAITING] = room.guard.new_secret()
        return room.go("second_factor_page")

    @app.get("/account/second-factor")
    @needs()
    def second_factor_page() -> ResponseReturnValue:
        return _setup(room)

    @app.get("/account/second-factor.svg")
    @needs()
    def second_factor_picture() -> ResponseReturnValue:
        secret = session.get(_WAITING)
        if not secret:
            abort(404)
        code = segno.make(room.guard.secret_address(secret, room.logins.mine().account), micro=False)
        return Response(
            code.svg_inline(scale=6, border=4, dark="#000", light="#fff").replace(
                "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '
            ),
            mimetype="image/svg+xml",
        )

    @app.post("/account/second-factor")
    @needs()
    @room.throttle.slow
    def set_second_factor() -> ResponseReturnValue:
        account, secret = room.logins.mine().account, session.get(_WAITING)
        if not secret:
            return room.go("second_factor_page")
        if not room.guard.code_fits(typed("code"), secret, account):
            return _setup(room, 401, room.word("wrong-code"))
        codes = room.guard.set_second_factor(account, secret)
        return logged_in(
            room, _again(room, account), lambda: room.show("recovery.html", codes=codes, onward=first_screen())
        )

    @app.post("/account/second-factor/off")
    @needs()
    @room.throttle.slow
    def drop_second_factor() -> ResponseReturnValue:
        account = room.logins.mine().account
        if room.desk.must_have_second_factor(account):
            abort(403)
        if not room.guard.fits(typed("old"), account):
            return _page(room, 401, factor=room.word("wrong-old"))
        room.desk.remove_second_factor(account, actor=account)
        return logged_in(room, _again(room, account), lambda: room.go("account_page"))


def _setup(room: AccountContext, status: int = 200, problem: str = "") -> ResponseReturnValue:
    account, secret = room.logins.mine().account, session.get(_WAITING)
    text = room.guard.secret_text(secret) if secret else ""
    facts = {"secret": text, "account": account, "fresh": room.logins.fresh(), "must": room.logins.must_set_up(account)}
    return room.show("second_factor.html", status, problem=problem, **facts)


def _sure(room: AccountContext, account: Account) -> bool:
    """Whether the request comes from the account's owner: recently logged in, or with the password."""
    return room.logins.fresh() or room.guard.fits(typed("old"), account)
