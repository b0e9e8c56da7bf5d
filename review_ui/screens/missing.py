"""Forms that lack pages, and pages to be scanned again; `workflow.pages.missing_pages` behind it. Plain forms, no
script.
"""

from collections.abc import Sequence
from uuid import uuid4

from flask import Flask, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.http.access import needs, person
from review_ui.http.web import language_of, sent_number
from scanform.i18n.texts import text
from scanform.model.person import Right
from scanform.workflow.insight.overview import fate_text
from scanform.workflow.pages.missing_pages import (
    LONGEST_REASON,
    accept,
    missing_pages,
    scan_again_csv,
    take_back,
    take_waiver_back,
    waive_pages,
)
from scanform.workflow.project.project import Project

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

    @app.post("/missing/pages/accept")
    @needs(Right.PLACE)
    def waive() -> ResponseReturnValue:
        language, reason = language_of(default), request.form.get("reason", "").strip()
        chosen = [found for entry in request.form.getlist("page") if (found := sent_number(entry))]
        if not reason or not chosen:
            refused = "refused-reason" if chosen else "refused-none"
            return _page(
                project, language, refused=refused, about="pages", chosen=chosen, kept=reason[:LONGEST_REASON]
            ), 422
        if not waive_pages(project, chosen, reviewer=person().name, reason=reason, uuid=request.form.get("uuid", "")):
            return _page(project, language, refused="refused-pages"), 409
        return redirect(url_for("missing_page", lang=language), 303)

    @app.post("/missing/pages/<int:number>/take-back")
    @needs(Right.PLACE)
    def take_page_back(number: int) -> ResponseReturnValue:
        if not take_waiver_back(project, number, reviewer=person().name):
            return _page(project, language_of(default), refused="refused-pages"), 409
        return redirect(url_for("missing_page", lang=language_of(default)), 303)


def _page(
    project: Project, language: str, *, refused: str = "", about: str = "", chosen: Sequence[int] = (), kept: str = ""
) -> str:
    return render_template(
        "missing.html",
        found=missing_pages(project, language=language),
        accepts=person().may(Right.PLACE),
        refused=refused,
        about=about,
        chosen=chosen,
        kept=kept,
        uuid=str(uuid4()),
        fate_text=lambda fate: fate_text(fate.value, language),
        listed=LISTED,
        longest=LONGEST_REASON,
        language=language,
        other="en" if language == "de" else "de",
        t=lambda key, **values: text(_TEXTS + key, language, **values),
    )
