"""What became of a value, and the page it was read from; `workflow.review.value_history` behind it. Plain pages that
work without scripts.
"""

from urllib.parse import quote

from flask import Flask, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from review_ui.http.access import needs, person
from review_ui.http.web import language_of
from scanform.i18n.texts import text
from scanform.model.person import Right
from scanform.workflow.review.desk import Desk, Sight
from scanform.workflow.review.value_history import page_facts, page_picture, value_history

_TEXTS = "history.ui."

SIZES = ("1", "2", "3")
"""Zoom steps of a page: full width, twice, three times."""


def add_history(app: Flask, desk: Desk, default: str) -> None:
    """Add the screens to an application."""

    @app.get("/history/<path:item>")
    @needs(Right.HISTORY, shows=Sight.VALUE)
    def history_page(item: str) -> ResponseReturnValue:
        language = language_of(default)
        found = value_history(desk, item, reviewer=person().name, language=language)
        if found is None:
            abort(404)
        return render_template("history.html", found=found, item=item, **_common(language))

    @app.get("/page/<form>/<int:number>")
    @needs(Right.CONTACT)
    def form_page(form: str, number: int) -> ResponseReturnValue:
        language = language_of(default)
        found = page_facts(desk, form, number, person=person(), language=language)
        if found is None:
            abort(404)
        size = request.args.get("size", "1")
        return render_template(
            "page.html", found=found, size=size if size in SIZES else "1", sizes=SIZES, **_common(language)
        )

    @app.get("/page/<form>/<int:number>.jpg")
    @needs(Right.CONTACT)
    def form_picture(form: str, number: int) -> ResponseReturnValue:
        picture = page_picture(desk, form, number)
        return Response(picture, mimetype="image/jpeg") if picture else abort(404)


def _common(language: str) -> dict[str, object]:
    return {
        "language": language,
        "other": "en" if language == "de" else "de",
        "quote": quote,
        "t": lambda key, **values: text(_TEXTS + key, language, **values),
    }
