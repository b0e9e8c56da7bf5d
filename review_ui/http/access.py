"""Who asks, and what they may do: every URL declares the rights it requires; one that declares none is refused."""

from collections.abc import Callable
from functools import wraps
from typing import Final, TypeVar, cast

from flask import Flask, abort, current_app, g, request
from flask.typing import ResponseReturnValue

from review_ui.http.web import card_data
from scanform.model.person import Person, Right, Role
from scanform.workflow.people.accounts import AccountDesk
from scanform.workflow.review.cards import Card
from scanform.workflow.review.rights import Sight

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

EVERYBODY: Final = "everybody"
"""Marks URLs that need no login."""

ITEM: Final = "item"
"""Parameters by which URLs and bodies name their value."""

_TAKES = "_takes_rights"
_VALUES = "scanform-values"


def needs(*rights: Right, shows: Sight | None = None) -> Callable[[View], View]:
    """Marks a view: open to anyone with one of `rights`, or, without any, to anyone who is logged in. `shows` is
    what it shows of the value that its URL or its body names.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: object, **values: object) -> ResponseReturnValue:
            _refuse_values(shows)
            return view(*args, **values)

        setattr(guarded, _TAKES, frozenset(rights))
        return cast("View", guarded)

    return mark


def for_everybody(view: View) -> View:
    """Marks a view that needs no login."""
    setattr(view, _TAKES, EVERYBODY)
    return view


def taken_rights(app: Flask, endpoint: str) -> frozenset[Right] | str | None:
    """What an endpoint requires: rights, EVERYBODY, or None for one that declares nothing and is refused."""
    if endpoint == "static":
        return EVERYBODY
    return cast("frozenset[Right] | str | None", getattr(app.view_functions[endpoint], _TAKES, None))


def guard(app: Flask, who: Callable[[], Person | None]) -> None:
    """Let `who` identify the user before each request, and refuse what they may not do: 401 without a login, 403
    without the right.
    """

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


def guard_values(app: Flask, may_see: Callable[[str, Person, Sight], bool]) -> None:
    """Let `may_see` decide which values the current user may see."""
    app.extensions[_VALUES] = may_see


def _refuse_values(shows: Sight | None) -> None:
    """Before each view, refuse a value that the current user may not see: 403, and 403 as well where a view does not
    declare what it shows of it.

    The desk judges decisions about values, within the act that writes them.
    """
    may_see, named = current_app.extensions.get(_VALUES), _named_value()
    if may_see is not None and named is not None and (shows is None or not may_see(named, person(), shows)):
        abort(403)


def _named_value() -> str | None:
    """The value that a request is about, as its URL or its body names it."""
    in_address = (request.view_args or {}).get(ITEM)
    if in_address is not None:
        return str(in_address)
    body = request.get_json(silent=True) if request.is_json else None
    named = body.get(ITEM) if isinstance(body, dict) else None
    return named if isinstance(named, str) else None


def opens(endpoint: str) -> bool:
    """Whether the current user may open another URL; screens show links to those only."""
    takes = taken_rights(current_app, endpoint) if endpoint in current_app.view_functions else None
    if takes is None or isinstance(takes, str):
        return takes is not None
    found = g.get("person")
    return found is not None and (not takes or bool(takes & found.rights))


def person() -> Person:
    """The current user; only in views that require rights."""
    return cast("Person", g.person)


def alone(name: str, accounts: AccountDesk | None = None) -> Callable[[], Person | None]:
    """For a station without accounts: anyone who reaches it acts as `name` and may do everything, until there are
    `accounts`.
    """
    only = Person(name=name, roles=frozenset(Role))
    return lambda: None if accounts and accounts.exist() else only


def shown_card(card: Card | None) -> dict[str, object] | None:
    """A card as the current user's screen gets it."""
    return card_data(card, whole_page=person().may(Right.CONTACT))
