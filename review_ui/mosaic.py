"""Many values of one question on one screen: groups and tiles; `workflow.review_mosaic` behind it. Decisions go the way of all others."""

from dataclasses import asdict

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from review_ui.web import card_data, language_of, texts_of
from scanform.i18n.texts import text
from scanform.workflow.review_fields import Desk
from scanform.workflow.review_mosaic import Mosaic

_TEXTS = "mosaic.ui."

MOST_TILES = 400
"""In one answer: two screens of the largest size and what is fetched ahead."""

HELP = (
    (("Enter",), "key-enter"),
    (("←", "→", "↑", "↓"), "key-arrows"),
    (("␣",), "key-space"),
    (("1", "9"), "key-digits"),
    (("0",), "key-zero"),
    (("Z",), "key-z"),
    (("C",), "key-c"),
    (("Esc",), "key-escape"),
    (("?",), "key-help"),
)


def add_mosaic(app: Flask, desk: Desk, default: str) -> None:
    """Add the screen to an application."""
    mosaic = Mosaic(desk)

    @app.get("/mosaic")
    def mosaic_page() -> ResponseReturnValue:
        language = language_of(default)
        other = "en" if language == "de" else "de"
        return render_template("mosaic.html", language=language, other=other, help=HELP, t=lambda key: text(_TEXTS + key, language))

    @app.get("/api/mosaic/session")
    def mosaic_session() -> ResponseReturnValue:
        return jsonify(csrf=generate_csrf(), texts=texts_of(_TEXTS, language_of(default)))

    @app.get("/api/mosaic")
    def groups() -> ResponseReturnValue:
        found = mosaic.groups(language=language_of(default))
        return jsonify(groups=[asdict(group) for group in found], counts=asdict(desk.counts()))

    @app.get("/api/mosaic/tiles")
    def tiles() -> ResponseReturnValue:
        limit = min(max(request.args.get("limit", 48, int), 1), MOST_TILES)
        found = mosaic.tiles(request.args.get("group", ""), limit, language=language_of(default))
        return jsonify(tiles=[{**(card_data(tile.card) or {}), "order": tile.order} for tile in found], counts=asdict(desk.counts()))
