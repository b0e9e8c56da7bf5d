"""The review station's web application: HTTP in, `workflow.review.desk` behind it, nothing else.

GET never changes anything; every change is a POST with JSON, a CSRF token in X-CSRFToken, and the program's own origin.
"""

import logging
import secrets

from flask import Flask, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.exceptions import HTTPException

from review_ui.accounts.screens import add_accounts
from review_ui.http.access import alone, guard, guard_values, needs, person, shown_card
from review_ui.http.submissions import submissions_of
from review_ui.http.web import NumberInAddress, body_of, language_of, names_of, number_of, tell_times, text_of, texts_of
from review_ui.screens.collation import add_joining
from review_ui.screens.double_verification import add_second
from review_ui.screens.history import add_history
from review_ui.screens.missing import add_missing
from review_ui.screens.mosaic import add_mosaic
from review_ui.screens.overview import add_overview
from review_ui.screens.preferences import add_preferences, key_facts
from review_ui.screens.repeated_pages import add_doubles
from review_ui.screens.returns import add_returns
from review_ui.screens.sorting import add_sorting
from review_ui.screens.upload import add_upload
from scanform.i18n.texts import template
from scanform.model.person import Right
from scanform.web.hardening import harden
from scanform.web.proxy import behind_proxy
from scanform.workflow.intake.upload_desk import UploadDesk
from scanform.workflow.pages.sort_pages import SortDesk
from scanform.workflow.people.accounts import AccountDesk
from scanform.workflow.project.time_zone import readers_zone
from scanform.workflow.review.desk import Desk, Sight

log = logging.getLogger(__name__)

LARGEST_REQUEST = 1_000_000
"""Maximum size of a request body in bytes; a full outbox takes about 20,000."""

MOST_CARDS = 200
"""Maximum cards in one response."""

_TEXTS = "review.ui."


def create_app(
    desk: Desk,
    *,
    reviewer: str = "",
    accounts: AccountDesk | None = None,
    proxy: str = "",
    sorter: SortDesk | None = None,
    uploads: UploadDesk | None = None,
    language: str = "de",
    cookie: str = "scanform-review",
) -> Flask:
    """The application over `desk`, with `sorter` for pages that could not be placed and `uploads` for submitted files.

    Decisions are signed with the person's name in `accounts`, or with `reviewer` where there are none. `proxy` is the
    https address of a reverse proxy on this computer. `cookie` differs between programs on one host.
    """
    app = hardened_app(cookie)
    tell_times(app, readers_zone(desk.project.config))
    if proxy:
        behind_proxy(app, proxy)
    if accounts is None:
        guard(app, alone(reviewer, AccountDesk(desk.project)))
    else:
        add_accounts(app, accounts, language)
    guard_values(app, desk.may_see)
    _add_pages(app, desk, sorter, language)
    _add_changes(app, desk, sorter, language)
    add_mosaic(app, desk, language)
    add_preferences(app, desk.project, language)
    add_overview(app, desk.project, desk, sorter, language)
    add_history(app, desk, language)
    add_missing(app, desk.project, language)
    add_returns(app, desk.project, language)
    add_doubles(app, desk, language)
    add_joining(app, desk.project, language)
    add_second(app, desk, language, lambda task, asked: _field_page(desk, task, asked, sorting=sorter is not None))
    if sorter is not None:
        add_sorting(app, sorter, language)
    if uploads is not None:
        add_upload(app, uploads, language)
    return app


def hardened_app(cookie: str) -> Flask:
    """An application without pages that serves only browsers on this computer: host names, origins, CSRF tokens,
    headers.
    """
    app = Flask(__name__)
    app.url_map.converters["int"] = NumberInAddress
    harden(app, cookie=cookie, key=secrets.token_bytes(32), largest=LARGEST_REQUEST)
    app.config["SESSION_COOKIE_SAMESITE"] = "Strict"
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    _add_errors(app)
    return app


def _add_errors(app: Flask) -> None:
    @app.errorhandler(CSRFError)
    def csrf(_: CSRFError) -> ResponseReturnValue:
        return jsonify(error="csrf"), 403

    @app.errorhandler(HTTPException)
    def known(problem: HTTPException) -> ResponseReturnValue:
        return jsonify(error=problem.name), problem.code or 500

    @app.errorhandler(Exception)
    def unknown(problem: Exception) -> ResponseReturnValue:
        log.error("request to %s failed: %s", request.endpoint, type(problem).__name__, exc_info=problem)
        return jsonify(error="internal"), 500


def _add_pages(app: Flask, desk: Desk, sorter: SortDesk | None, default: str) -> None:
    @app.get("/")
    @needs(Right.REVIEW)
    def page() -> ResponseReturnValue:
        return _field_page(desk, "", language_of(default), sorting=sorter is not None)

    @app.get("/api/session")
    @needs()
    def session_facts() -> ResponseReturnValue:
        return jsonify(csrf=generate_csrf(), texts=texts_of(_TEXTS, language_of(default)))

    @app.get("/api/items/<path:item>")
    @needs(Right.REVIEW, shows=Sight.VALUE)
    def one(item: str) -> ResponseReturnValue:
        card = desk.card(item, reviewer=person().name, language=language_of(default))
        return jsonify(shown_card(card)) if card else abort(404)

    @app.get("/api/lists/<edition>/<question>")
    @needs(Right.REVIEW, Right.SECOND)
    def listed(edition: str, question: str) -> ResponseReturnValue:
        found = desk.listed(edition, question)
        return jsonify(values=found) if found else abort(404)

    @app.get("/crops/<path:item>")
    @needs(Right.REVIEW, shows=Sight.PICTURE)
    def crop(item: str) -> ResponseReturnValue:
        whole = request.args.get("context") == "1"
        if whole and not person().may(Right.CONTACT):
            abort(403)
        picture = desk.crop(item, context=whole, tight=request.args.get("tight") == "1")
        return Response(picture, mimetype="image/jpeg") if picture else abort(404)


def _field_page(desk: Desk, task: str, language: str, *, sorting: bool) -> str:
    """The screen on which values are decided one by one: doubtful ones, or, for a `task` "second" or "third", those in
    double verification.
    """
    other = "en" if language == "de" else "de"
    keys = key_facts(desk.project, "field", language)
    return render_template(
        "review.html",
        task=task,
        language=language,
        other=other,
        sorting=sorting,
        t=lambda key: template(_TEXTS + key, language),
        **keys,
    )


def _add_changes(app: Flask, desk: Desk, sorter: SortDesk | None, default: str) -> None:
    @app.post("/api/claim")
    @needs(Right.REVIEW)
    def claim() -> ResponseReturnValue:
        body = body_of()
        limit = min(max(number_of(body, "limit"), 1), MOST_CARDS)
        contact = person().may(Right.CONTACT)
        first = text_of(body, "first") if "first" in body else ""
        cards = desk.claim(
            limit,
            reviewer=person().name,
            shown=names_of(body, "shown"),
            contact=contact,
            first=first,
            language=language_of(default),
        )
        pages = sorter.waiting() if sorter and person().may(Right.PLACE) else 0
        return jsonify(
            cards=[shown_card(card) for card in cards],
            counts=desk.counts(person().name, contact=person().may(Right.CONTACT)).told(),
            pages=pages,
        )

    @app.post("/api/decisions")
    @needs(Right.REVIEW)
    def decide() -> ResponseReturnValue:
        outcomes = desk.decide(
            submissions_of(body_of()), reviewer=person().name, person=person(), language=language_of(default)
        )
        answer = [
            {"uuid": o.uuid, "result": o.result, "message": o.message, "card": shown_card(o.card)} for o in outcomes
        ]
        return jsonify(outcomes=answer, counts=desk.counts(person().name, contact=person().may(Right.CONTACT)).told())

    @app.post("/api/undo")
    @needs(Right.REVIEW)
    def undo() -> ResponseReturnValue:
        card = desk.undo(person().name, person=person(), language=language_of(default))
        return jsonify(
            card=shown_card(card), counts=desk.counts(person().name, contact=person().may(Right.CONTACT)).told()
        )

    @app.post("/api/check")
    @needs(Right.REVIEW, shows=Sight.PICTURE)
    def check() -> ResponseReturnValue:
        body = body_of()
        message = desk.check(text_of(body, "item"), text_of(body, "text"), language=language_of(default))
        return jsonify(ok=not message, message=message) if message is not None else abort(404)
