"""Who asks, and what they may: every address names the rights that it takes, and one that names none is refused."""

from collections.abc import Callable
from typing import Final, TypeVar, cast

from flask import Flask, abort, current_app, g, request
from flask.typing import ResponseReturnValue

from review_ui.web import card_data
from scanform.model.person import Person, Right, Role
from scanform.workflow.accounts import AccountDesk
from scanform.workflow.review_cards import Card

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

EVERYBODY: Final = "everybody"
"""Marks addresses that need no login."""

_TAKES = "_takes_rights"


def needs(*rights: Right) -> Callable[[View], View]:
    """Marks a view: whoever has one of `rights` may ask for it; without any given, whoever has logged in."""

    def mark(view: View) -> View:
        setattr(view, _TAKES, frozenset(rights))
        return view

    return mark


def for_everybody(view: View) -> View:
    """Marks a view that needs no login."""
    setattr(view, _TAKES, EVERYBODY)
    return view


def taken_rights(app: Flask, endpoint: str) -> frozenset[Right] | str | None:
    """What an endpoint takes: rights, EVERYBODY, or None for one that says nothing and is refused."""
    if endpoint == "static":
        return EVERYBODY
    return cast("frozenset[Right] | str | None", getattr(app.view_functions[endpoint], _TAKES, None))


def guard(app: Flask, who: Callable[[], Person | None]) -> None:
    """Let `who` say who asks, before each request, and refuse what they may not: 401 without a login, 403 without the right."""

    @app.before_request
    def check() -> None:
        if request.endpoint is None:
            return
        takes = taken_rights(current_app, request.endpoint)
        if takes is None:
            abort(403)
        if isinstance(takes, str):
            return
        found = who()
        if found is None:
            abort(401)
        g.person = found
        if takes and not takes & found.rights:
            abort(403)

    @app.context_processor
    def ways() -> dict[str, object]:
        return {"opens": opens}


def opens(endpoint: str) -> bool:
    """Whether who asks may open another address; screens show links to those only."""
    takes = taken_rights(current_app, endpoint) if endpoint in current_app.view_functions else None
    if takes is None or isinstance(takes, str):
        return takes is not None
    found = g.get("person")
    return found is not None and (not takes or bool(takes & found.rights))


def person() -> Person:
    """Who asks; only in views that take rights."""
    return cast("Person", g.person)


def alone(name: str, accounts: AccountDesk | None = None) -> Callable[[], Person | None]:
    """For a station without accounts: whoever reaches it acts as `name` and may do everything, until there are `accounts`."""
    only = Person(name=name, roles=frozenset(Role))
    return lambda: None if accounts and accounts.exist() else only


def shown_card(card: Card | None) -> dict[str, object] | None:
    """A card as the screen of whoever asks gets it."""
    return card_data(card, whole_page=person().may(Right.CONTACT))
