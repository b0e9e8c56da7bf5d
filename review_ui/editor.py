"""The layout editor's web application: one layout file, `workflow.foreign_forms.edit_layout` behind it."""

from collections.abc import Callable
from dataclasses import asdict

from flask import Flask, Response, abort, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from review_ui.app import hardened_app
from review_ui.http.access import alone, guard, needs
from review_ui.http.web import body_of, language_of, text_of, texts_of
from review_ui.server import bind_app, until_interrupted
from scanform.errors import StoreError, UsageError
from scanform.i18n.texts import in_words, template
from scanform.workflow.foreign_forms.edit_layout import LayoutEditor

_TEXTS = "edit.ui."


def create_editor(editor: LayoutEditor, *, language: str = "de", cookie: str = "scanform-edit") -> Flask:
    """The application for one layout file. `cookie` differs between programs on one host."""
    app = hardened_app(cookie)
    guard(app, alone("editor"))
    _add_pages(app, editor, language)
    _add_changes(app, editor, language)
    return app


def serve_editor(editor: LayoutEditor, *, port: int, language: str = "de", ready: Callable[[str], None]) -> None:
    """Serves the editor on this computer until interrupted; `ready` is called once with its address."""
    station = bind_app(create_editor(editor, language=language, cookie=f"scanform-edit-{port}"), port=port)
    with until_interrupted(station):
        ready(station.url)
        station.run()


def _add_pages(app: Flask, editor: LayoutEditor, default: str) -> None:
    @app.get("/")
    @needs()
    def page() -> ResponseReturnValue:
        language = language_of(default)
        other = "en" if language == "de" else "de"
        return render_template(
            "edit.html",
            language=language,
            other=other,
            name=editor.name,
            t=lambda key: template(_TEXTS + key, language),
        )

    @app.get("/api/session")
    @needs()
    def session_facts() -> ResponseReturnValue:
        return jsonify(csrf=generate_csrf(), texts=texts_of(_TEXTS, language_of(default)))

    @app.get("/api/layout")
    @needs()
    def layout() -> ResponseReturnValue:
        return jsonify(editor.state(language_of(default)))

    @app.get("/pictures/<int:number>")
    @needs()
    def picture(number: int) -> ResponseReturnValue:
        found = editor.picture(number)
        return Response(found, mimetype="image/png") if found else abort(404)


def _add_changes(app: Flask, editor: LayoutEditor, default: str) -> None:
    @app.post("/api/check")
    @needs()
    def check() -> ResponseReturnValue:
        try:
            return jsonify(remarks=[asdict(remark) for remark in editor.check(body_of(), language_of(default))])
        except UsageError:
            abort(400)

    @app.post("/api/save")
    @needs()
    def save() -> ResponseReturnValue:
        body = body_of()
        try:
            return jsonify(asdict(editor.save(body, text_of(body, "basis"), language_of(default))))
        except UsageError:
            abort(400)
        except StoreError as error:
            return jsonify(
                message=in_words(error.message, language_of(default)),
                remedy=in_words(error.remedy, language_of(default)),
            ), 422
