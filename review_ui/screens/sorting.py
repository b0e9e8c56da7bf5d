"""Sorting out pages that could not be placed: list, view, pictures; `workflow.pages.sort_pages` behind it."""

from collections.abc import Mapping
from dataclasses import asdict

from flask import Flask, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from review_ui.http.access import needs, person
from review_ui.http.web import asked_number, body_of, language_of, number_of, text_of, texts_of
from scanform.errors import UsageError
from scanform.i18n.texts import in_words, template
from scanform.model.person import Right
from scanform.workflow.pages.sort_pages import SortDesk

_TEXTS = "sort.ui."


def add_sorting(app: Flask, sorter: SortDesk, default: str) -> None:
    """Add the sort-out screen to an application."""
    _add_looks(app, sorter, default)
    _add_pictures(app, sorter)
    _add_acts(app, sorter, default)


def _add_looks(app: Flask, sorter: SortDesk, default: str) -> None:
    @app.get("/sort")
    @needs(Right.PLACE)
    def sort_page() -> ResponseReturnValue:
        language = language_of(default)
        other = "en" if language == "de" else "de"
        return render_template(
            "sort.html", language=language, other=other, t=lambda key: template(_TEXTS + key, language)
        )

    @app.get("/api/sort/session")
    @needs(Right.PLACE)
    def sort_session() -> ResponseReturnValue:
        return jsonify(csrf=generate_csrf(), texts=texts_of(_TEXTS, language_of(default)))

    @app.get("/api/pages")
    @needs(Right.PLACE)
    def pages() -> ResponseReturnValue:
        return jsonify(pages=[asdict(card) for card in sorter.cards(language=language_of(default))])

    @app.get("/api/pages/<int:number>")
    @needs(Right.PLACE)
    def page_view(number: int) -> ResponseReturnValue:
        form, page = request.args.get("form", ""), max(0, asked_number("number"))
        try:
            view = sorter.view(number, form=form, page=page, language=language_of(default))
        except UsageError as error:
            return jsonify(
                message=in_words(error.message, language_of(default)),
                remedy=in_words(error.remedy, language_of(default)),
            ), 422
        return jsonify(asdict(view)) if view else abort(404)


def _add_pictures(app: Flask, sorter: SortDesk) -> None:
    @app.get("/pages/<int:number>")
    @needs(Right.PLACE)
    def page_picture(number: int) -> ResponseReturnValue:
        turn = asked_number("turn")
        picture = sorter.picture(number, turn=turn, small=request.args.get("small") == "1") if turn % 90 == 0 else None
        return Response(picture, mimetype="image/jpeg") if picture else abort(404)

    @app.get("/blanks/<digest>/<int:number>")
    @needs(Right.PLACE)
    def blank_picture(digest: str, number: int) -> ResponseReturnValue:
        picture = sorter.blank(digest, number)
        return Response(picture, mimetype="image/png") if picture else abort(404)


def _add_acts(app: Flask, sorter: SortDesk, default: str) -> None:
    @app.post("/api/pages/<int:number>/place")
    @needs(Right.PLACE)
    def place(number: int) -> ResponseReturnValue:
        body = body_of()
        outcome = sorter.place(
            number,
            form=text_of(body, "form"),
            page=number_of(body, "number"),
            corners_px=_corners(body),
            reviewer=person().name,
            uuid=text_of(body, "uuid"),
            language=language_of(default),
        )
        return jsonify(asdict(outcome))

    @app.post("/api/pages/<int:number>/leave")
    @needs(Right.PLACE)
    def leave(number: int) -> ResponseReturnValue:
        return jsonify(left=sorter.leave(number, reviewer=person().name, uuid=text_of(body_of(), "uuid")))


def _corners(body: Mapping[str, object]) -> tuple[tuple[float, float], ...]:
    """Four pairs of numbers in a body; 400 for anything else."""
    given = body.get("corners")
    if not isinstance(given, list) or len(given) != 4:
        abort(400)
    return tuple((_number(corner, 0), _number(corner, 1)) for corner in given)


def _number(corner: object, place: int) -> float:
    if not isinstance(corner, list) or len(corner) != 2 or not isinstance(corner[place], int | float):
        abort(400)
    return float(corner[place])
