"""What an admin does: invite people, give them roles, disable accounts, end logins; and the security log."""

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, abort, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.accounts.context import LONGEST_NAME, AccountContext, typed
from review_ui.http.access import needs
from scanform.model.account import Account
from scanform.model.person import Right, Role
from scanform.workflow.people.accounts import LastAdminError

LOGGED = 200
"""Number of security log entries on its page."""


def add_people(app: Flask, context: AccountContext) -> None:
    """Add the pages."""
    _add_list(app, context)
    _add_person(app, context)
    _add_acts(app, context)


def _add_list(app: Flask, context: AccountContext) -> None:
    @app.get("/users")
    @needs(Right.USERS)
    def people_page() -> ResponseReturnValue:
        return _list(context)

    @app.post("/users")
    @needs(Right.USERS)
    def invite() -> ResponseReturnValue:
        name, email, roles = " ".join(typed("name").split()), typed("email").strip(), _roles()
        problem = _wrong(name, email, roles)
        if problem:
            return _list(context, 422, problem=context.word(problem))
        made = context.desk.invite(actor=context.logins.mine().account, name=name, email=email, roles=roles)
        if made is None:
            return _list(context, 422, problem=context.word("taken"))
        account, token = made
        return _link(context, account, token)

    @app.get("/users/log")
    @needs(Right.USERS)
    def account_log() -> ResponseReturnValue:
        return context.show(
            "account_log.html", events=context.desk.events(LOGGED), kind_text=lambda kind: context.word(f"event-{kind}")
        )


def _list(context: AccountContext, status: int = 200, problem: str = "") -> ResponseReturnValue:
    facts = {
        "people": context.desk.everybody(),
        "roles": list(Role),
        "kept": typed("name")[:LONGEST_NAME],
        "kept_email": typed("email")[:LONGEST_NAME],
    }
    return context.show("users.html", status, problem=problem, chosen=_roles() if status != 200 else [], **facts)


def _wrong(name: str, email: str, roles: list[Role]) -> str:
    """What is wrong with an invitation; "" when nothing is."""
    if not 0 < len(name) <= LONGEST_NAME:
        return "name-missing"
    if email and not (
        0 < email.find("@") < len(email) - 1
        and len(email) <= LONGEST_NAME * 3
        and email.isprintable()
        and " " not in email
    ):
        return "email-wrong"
    return "" if roles else "roles-missing"


def _roles() -> list[Role]:
    """The roles that were ticked; 400 for one that does not exist."""
    try:
        return sorted({Role(name) for name in request.form.getlist("roles")})
    except ValueError:
        abort(400)


def _link(context: AccountContext, account: Account, token: str) -> ResponseReturnValue:
    """The page that shows a link once."""
    return context.show(
        "account_link.html", account=account, link=_public(url_for("invite_page", token=token, lang=context.language))
    )


def _public(path: str) -> str:
    parts = urlsplit(request.host_url)
    return f"{parts.scheme}://{parts.netloc}{path}"


def _add_person(app: Flask, context: AccountContext) -> None:
    @app.get("/users/<int:number>")
    @needs(Right.USERS)
    def person_page(number: int) -> ResponseReturnValue:
        return _person(context, _known(context, number))


def _known(context: AccountContext, number: int) -> Account:
    return context.desk.account(number) or abort(404)


def _person(context: AccountContext, account: Account, status: int = 200, problem: str = "") -> ResponseReturnValue:
    return context.show(
        "user.html", status, account=account, sessions=context.desk.sessions(account), roles=list(Role), problem=problem
    )


def _add_acts(app: Flask, context: AccountContext) -> None:
    @app.post("/users/<int:number>/roles")
    @needs(Right.USERS)
    def set_roles(number: int) -> ResponseReturnValue:
        account, roles = _known(context, number), _roles()
        if not roles:
            return _person(context, account, 422, context.word("roles-missing"))
        return _act(context, account, lambda actor: context.desk.set_roles(account, roles, actor=actor))

    @app.post("/users/<int:number>/active")
    @needs(Right.USERS)
    def set_active(number: int) -> ResponseReturnValue:
        account, active = _known(context, number), typed("active") == "1"
        return _act(context, account, lambda actor: context.desk.set_active(account, active, actor=actor))

    @app.post("/users/<int:number>/sessions/end")
    @needs(Right.USERS)
    def end_sessions_of(number: int) -> ResponseReturnValue:
        account = _known(context, number)
        return _act(context, account, lambda actor: context.desk.end_sessions(account, actor=actor))

    @app.post("/users/<int:number>/second-factor/off")
    @needs(Right.USERS)
    def drop_second_factor_of(number: int) -> ResponseReturnValue:
        account = _known(context, number)
        return _act(context, account, lambda actor: context.desk.remove_second_factor(account, actor=actor))

    @app.post("/users/<int:number>/reset")
    @needs(Right.USERS)
    def reset_link(number: int) -> ResponseReturnValue:
        account = _known(context, number)
        if not account.active:
            return _person(context, account, 422, context.word("disabled-first"))
        return _link(context, account, context.desk.reset_link(account, actor=context.logins.mine().account))


def _act(context: AccountContext, account: Account, act: Callable[[Account], None]) -> ResponseReturnValue:
    """Act on an account for the current user, who has to log in again if this ends their own logins."""
    actor = context.logins.mine().account
    try:
        act(actor)
    except LastAdminError:
        return _person(context, account, 422, context.word("last-admin"))
    if actor.id == account.id:
        return context.logins.forget(context.go("login_page"))
    return context.go("person_page", number=account.id)
