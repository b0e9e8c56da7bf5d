"""The review station's web application: HTTP in, `workflow.review_fields` behind it, nothing else.

GET never changes anything; every change is a POST with JSON, a CSRF token in X-CSRFToken, and the program's own origin.
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from flask import Flask, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from werkzeug.exceptions import HTTPException

from review_ui.mosaic import add_mosaic
from review_ui.overview import add_overview
from review_ui.sorting import add_sorting
from review_ui.web import body_of, card_data, language_of, text_of, texts_of
from scanform.i18n.texts import text
from scanform.model.review import DecisionKind
from scanform.workflow.review_fields import Desk, Submission
from scanform.workflow.sort_pages import SortDesk

log = logging.getLogger(__name__)

HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""The names under which the program answers; another one means that a foreign page points its own name here."""

LARGEST_REQUEST = 1_000_000
"""Bytes; a full outbox is about 20,000."""

MOST_CARDS = 200
"""Cards in one answer."""

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

HELP: Final = (
    (("Enter",), "key-enter"),
    (("1", "9"), "key-digits"),
    (("A", "B"), "key-letters"),
    (("0",), "key-zero"),
    (("X",), "key-x"),
    (("M",), "key-m"),
    (("␣",), "key-space"),
    (("Z",), "key-z"),
    (("C",), "key-c"),
    (("+", "−"), "key-zoom"),
    (("Alt+1", "Alt+3"), "key-alt"),
    (("Alt+0", "Alt+X"), "key-alt-letters"),
    (("Esc",), "key-escape"),
    (("?",), "key-help"),
)

_TEXTS = "review.ui."


def create_app(desk: Desk, *, reviewer: str, sorter: SortDesk | None = None, language: str = "de", cookie: str = "scanform-review") -> Flask:
    """The application over `desk`, and over `sorter` for pages that could not be placed; what people decide is signed with `reviewer`.

    `cookie` differs between programs on one host.
    """
    app = hardened_app(cookie)
    _add_pages(app, desk, sorter, language)
    _add_changes(app, desk, reviewer, language)
    add_mosaic(app, desk, language)
    add_overview(app, desk.project, desk, sorter, language)
    if sorter is not None:
        add_sorting(app, sorter, reviewer, language)
    return app


def hardened_app(cookie: str) -> Flask:
    """An application without pages that answers only this computer's own browser: host names, origins, CSRF tokens, headers."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=secrets.token_bytes(32),
        SESSION_COOKIE_NAME=cookie,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    CSRFProtect(app)
    app.before_request(_own_host_only)
    app.before_request(_own_origin_only)
    app.after_request(_harden)
    _add_errors(app)
    return app


def _own_host_only() -> None:
    """Refuses requests under another name than this computer's own (DNS rebinding)."""
    name = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdigit() else request.host
    if name not in HOSTS:
        abort(400)


def _own_origin_only() -> None:
    """Refuses what a foreign page asks for; links that a person follows are fine."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    navigation = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if site not in {"same-origin", "none"} and not navigation:
        abort(403)


def _harden(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


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
    def page() -> ResponseReturnValue:
        language = language_of(default)
        other = "en" if language == "de" else "de"
        return render_template("review.html", language=language, other=other, help=HELP, sorting=sorter is not None, t=lambda key: text(_TEXTS + key, language))

    @app.get("/api/session")
    def session_facts() -> ResponseReturnValue:
        return jsonify(csrf=generate_csrf(), texts=texts_of(_TEXTS, language_of(default)))

    @app.get("/api/queue")
    def queue() -> ResponseReturnValue:
        limit = min(max(request.args.get("limit", 40, int), 1), MOST_CARDS)
        cards = desk.queue(limit, request.args.get("after", ""), language=language_of(default))
        pages = sorter.waiting() if sorter else 0
        return jsonify(cards=[card_data(card) for card in cards], counts=asdict(desk.counts()), pages=pages)

    @app.get("/api/items/<path:item>")
    def one(item: str) -> ResponseReturnValue:
        card = desk.card(item, language=language_of(default))
        return jsonify(card_data(card)) if card else abort(404)

    @app.get("/crops/<path:item>")
    def crop(item: str) -> ResponseReturnValue:
        picture = desk.crop(item, context=request.args.get("context") == "1", tight=request.args.get("tight") == "1")
        return Response(picture, mimetype="image/jpeg") if picture else abort(404)


def _add_changes(app: Flask, desk: Desk, reviewer: str, default: str) -> None:
    @app.post("/api/decisions")
    def decide() -> ResponseReturnValue:
        outcomes = desk.decide(_submissions(body_of()), reviewer=reviewer, language=language_of(default))
        answer = [{"uuid": o.uuid, "result": o.result, "message": o.message, "card": card_data(o.card)} for o in outcomes]
        return jsonify(outcomes=answer, counts=asdict(desk.counts()))

    @app.post("/api/undo")
    def undo() -> ResponseReturnValue:
        card = desk.undo(reviewer, language=language_of(default))
        return jsonify(card=card_data(card), counts=asdict(desk.counts()))

    @app.post("/api/check")
    def check() -> ResponseReturnValue:
        body = body_of()
        message = desk.check(text_of(body, "item"), text_of(body, "text"), language=language_of(default))
        return jsonify(ok=not message, message=message) if message is not None else abort(404)


def _submissions(body: Mapping[str, object]) -> list[Submission]:
    entries = body.get("decisions")
    if not isinstance(entries, list):
        abort(400)
    return [_submission(entry) for entry in entries]


def _submission(entry: object) -> Submission:
    if not isinstance(entry, dict):
        abort(400)
    version, undoes = entry.get("version"), entry.get("undoes")
    screen, ms = entry.get("screen", ""), entry.get("ms", 0)
    if not isinstance(version, int) or not (undoes is None or isinstance(undoes, str)) or not isinstance(screen, str) or not isinstance(ms, int):
        abort(400)
    try:
        kind = DecisionKind(text_of(entry, "kind"))
    except ValueError:
        abort(400)
    return Submission(
        uuid=text_of(entry, "uuid"),
        item=text_of(entry, "item"),
        version=version,
        basis=text_of(entry, "basis"),
        kind=kind,
        from_value=text_of(entry, "from"),
        to_value=text_of(entry, "to"),
        undoes=undoes,
        screen=screen,
        ms=ms,
    )
