"""Pages that came in twice, side by side; `workflow.pages.repeated_pages` behind it. Plain forms, no script."""

from uuid import uuid4

from flask import Flask, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.http.access import needs, person
from review_ui.http.web import language_of
from scanform.i18n.texts import text
from scanform.model.person import Right
from scanform.workflow.pages.repeated_pages import act_on, doubles, picture, said
from scanform.workflow.review.desk import Desk

_TEXTS = "doubles.ui."

LISTED = 30
"""Pairs on one screen; the others follow when these are done."""


def add_doubles(app: Flask, desk: Desk, default: str) -> None:
    """Add the screen to an application."""

    @app.get("/doubles")
    @needs(Right.PLACE)
    def doubles_page() -> ResponseReturnValue:
        return _page(desk, language_of(default))

    @app.post("/doubles")
    @needs(Right.PLACE)
    def say() -> ResponseReturnValue:
        kind, uuid = said(request.form.get("act", "")), request.form.get("uuid", "") or str(uuid4())
        if kind is None:
            abort(400)
        if not act_on(desk.project, request.form.get("key", ""), kind, reviewer=person().name, uuid=uuid):
            return _page(desk, language_of(default), refused=True), 409
        return redirect(url_for("doubles_page", lang=language_of(default)), 303)

    @app.get("/doubles/<int:number>.jpg")
    @needs(Right.PLACE)
    def double_picture(number: int) -> ResponseReturnValue:
        found = picture(desk, number)
        return Response(found, mimetype="image/jpeg") if found else abort(404)

    @app.get("/doubles/<int:number>/<question>.jpg")
    @needs(Right.PLACE)
    def double_question(number: int, question: str) -> ResponseReturnValue:
        found = picture(desk, number, question)
        return Response(found, mimetype="image/jpeg") if found else abort(404)


def _page(desk: Desk, language: str, *, refused: bool = False) -> str:
    return render_template(
        "doubles.html",
        pairs=doubles(desk.project, language=language)[:LISTED],
        refused=refused,
        fresh=lambda: str(uuid4()),
        language=language,
        other="en" if language == "de" else "de",
        t=lambda key, **values: text(_TEXTS + key, language, **values),
    )
