"""Many values of one question on one screen: groups and tiles; `workflow.review.mosaic` behind it. Decisions are sent
like all others.
"""

from dataclasses import asdict

from flask import Flask, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from review_ui.http.access import needs, person, shown_card
from review_ui.http.web import body_of, language_of, names_of, number_of, text_of, texts_of
from review_ui.screens.preferences import key_facts
from scanform.i18n.texts import template
from scanform.model.person import Right
from scanform.workflow.review.desk import Desk
from scanform.workflow.review.mosaic import Mosaic

_TEXTS = "mosaic.ui."

MOST_TILES = 400
"""Maximum cards in one response: two screens of the largest size, and those fetched ahead."""


def add_mosaic(app: Flask, desk: Desk, default: str) -> None:
    """Add the screen to an application."""
    mosaic = Mosaic(desk)

    @app.get("/mosaic")
    @needs(Right.REVIEW)
    def mosaic_page() -> ResponseReturnValue:
        language = language_of(default)
        other = "en" if language == "de" else "de"
        keys = key_facts(desk.project, "mosaic", language)
        return render_template(
            "mosaic.html", language=language, other=other, t=lambda key: template(_TEXTS + key, language), **keys
        )

    @app.get("/api/mosaic/session")
    @needs(Right.REVIEW)
    def mosaic_session() -> ResponseReturnValue:
        return jsonify(csrf=generate_csrf(), texts=texts_of(_TEXTS, language_of(default)))

    @app.get("/api/mosaic")
    @needs(Right.REVIEW)
    def groups() -> ResponseReturnValue:
        found = mosaic.groups(person().name, contact=person().may(Right.CONTACT), language=language_of(default))
        return jsonify(
            groups=[asdict(group) for group in found],
            counts=desk.counts(person().name, contact=person().may(Right.CONTACT)).told(),
        )

    @app.post("/api/mosaic/claim")
    @needs(Right.REVIEW)
    def tiles() -> ResponseReturnValue:
        body = body_of()
        limit = min(max(number_of(body, "limit"), 1), MOST_TILES)
        found = mosaic.tiles(
            text_of(body, "group"),
            limit,
            reviewer=person().name,
            shown=names_of(body, "shown"),
            contact=person().may(Right.CONTACT),
            language=language_of(default),
        )
        return jsonify(
            tiles=[{**(shown_card(tile.card) or {}), "order": tile.order} for tile in found],
            counts=desk.counts(person().name, contact=person().may(Right.CONTACT)).told(),
        )
