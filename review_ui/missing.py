"""Forms that lack pages, and pages to be scanned again; `workflow.missing_pages` behind it. Plain forms, no script."""

from flask import Flask, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.access import needs, person
from review_ui.web import language_of
from scanform.i18n.texts import text
from scanform.model.person import Right
from scanform.workflow.missing_pages import LONGEST_REASON, accept, missing_pages, scan_again_csv, take_back
from scanform.workflow.project import Project

_TEXTS = "missing.ui."

LISTED = 200
"""Forms, and pages, on the screen; the saved list has them all."""


def add_missing(app: Flask, project: Project, default: str) -> None:
    """Add the screen to an application."""

    @app.get("/missing")
    @needs(Right.OVERVIEW)
    def missing_page() -> ResponseReturnValue:
        return _page(project, language_of(default))

    @app.get("/missing.csv")
    @needs(Right.OVERVIEW)
    def missing_list() -> ResponseReturnValue:
        language = language_of(default)
        answer = Response(scan_again_csv(project, language=language), mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="{text(_TEXTS + "file-name", language)}"'
        return answer

    @app.post("/missing/<form>/accept")
    @needs(Right.PLACE)
    def accept_incomplete(form: str) -> ResponseReturnValue:
        language, reason = language_of(default), request.form.get("reason", "").strip()
        if not reason:
            return _page(project, language, refused="refused-reason", about=form), 422
        if not accept(project, form, reviewer=person().name, reason=reason, uuid=request.form.get("uuid", "")):
            return _page(project, language, refused="refused"), 409
        return redirect(url_for("missing_page", lang=language), 303)

    @app.post("/missing/<form>/take-back")
    @needs(Right.PLACE)
    def take_acceptance_back(form: str) -> ResponseReturnValue:
        if not take_back(project, form, reviewer=person().name):
            return _page(project, language_of(default), refused="refused"), 409
        return redirect(url_for("missing_page", lang=language_of(default)), 303)


def _page(project: Project, language: str, *, refused: str = "", about: str = "") -> str:
    return render_template(
        "missing.html",
        found=missing_pages(project, language=language),
        accepts=person().may(Right.PLACE),
        refused=refused,
        about=about,
        listed=LISTED,
        longest=LONGEST_REASON,
        language=language,
        other="en" if language == "de" else "de",
        when=lambda at: at[:16].replace("T", " "),
        t=lambda key, **values: text(_TEXTS + key, language, **values),
    )
