"""Collation: pages with one printed number that may belong to several people, and files whose numbers contradict their
sheets; `workflow.pages.collate` and `workflow.settling.contradicting_files` behind it. Plain forms that work without
scripts; a script adds moving pages by mouse.
"""

from uuid import uuid4

from flask import Flask, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.http.access import needs, person
from review_ui.http.web import language_of, sent_number
from scanform.i18n.texts import problem_text, text
from scanform.model.person import Right
from scanform.model.problem import Problem
from scanform.workflow.pages import collate
from scanform.workflow.project.project import Project
from scanform.workflow.settling import contradicting_files

_TEXTS = "joining.ui."

LISTED = 30
"""Printed numbers, and files, on one screen; the others follow when these are done."""

SHOWN_SHEETS = 6
"""Maximum sheets of a file shown as pictures; all are named."""


def add_joining(app: Flask, project: Project, default: str) -> None:
    """Add the screens to an application."""

    @app.get("/joining")
    @needs(Right.PLACE)
    def joining_page() -> ResponseReturnValue:
        return _list(project, language_of(default))

    @app.get("/joining/<form>")
    @needs(Right.PLACE)
    def joining_form(form: str) -> ResponseReturnValue:
        return _one(project, form, language_of(default))

    @app.post("/joining/<form>")
    @needs(Right.PLACE)
    def join_pages(form: str) -> ResponseReturnValue:
        language = language_of(default)
        refused = _act(project, form)
        if refused:
            return _one(project, form, language, refused=refused), 409 if refused == "changed" else 422
        return redirect(url_for("joining_form", form=form, lang=language), 303)

    @app.post("/joining/sheets")
    @needs(Right.PLACE)
    def say_sheets() -> ResponseReturnValue:
        language, key, said = language_of(default), request.form.get("key", ""), request.form.get("act", "")
        uuid = request.form.get("uuid", "") or str(uuid4())
        if said == "undo":
            refused = contradicting_files.take_back(project, key, reviewer=person().name, uuid=uuid)
        else:
            refused = contradicting_files.say(project, key, said, reviewer=person().name, uuid=uuid)
        if refused:
            return _list(project, language, refused=refused), 409
        return redirect(url_for("joining_page", lang=language), 303)


def _act(project: Project, form: str) -> str:
    """Apply the submitted form; returns why it is refused, "" when it is done."""
    sent, who = request.form, person().name
    key, uuid, act = sent.get("key", ""), sent.get("uuid", "") or str(uuid4()), sent.get("act", "")
    if act == "undo":
        return collate.take_back(project, form, key, reviewer=who, uuid=uuid)
    if act == "addressee":
        return collate.name_addressee(project, form, key, _copy(sent.get("copy", "")), reviewer=who, uuid=uuid)
    if act != "arrange":
        abort(400)
    said = {name.removeprefix("page-"): value for name, value in sent.items() if name.startswith("page-")}
    numbers = [(sent_number(page), sent_number(copy)) for page, copy in said.items()]
    where = {page: copy for page, copy in numbers if page is not None and copy}
    return collate.arrange(project, form, key, where, reviewer=who, uuid=uuid)


def _copy(said: str) -> int:
    """The number of a copy, -1 for none."""
    found = sent_number(said)
    return -1 if found is None else found


def _list(project: Project, language: str, *, refused: str = "") -> str:
    files = contradicting_files.held_files(project)
    return render_template(
        "joining.html",
        found=collate.gatherings(project),
        files=files,
        refused=refused,
        listed=LISTED,
        shown=SHOWN_SHEETS,
        pattern=lambda name: problem_text(Problem(slug=f"sheets-{name}"), language),
        **_common(language),
    )


def _one(project: Project, form: str, language: str, *, refused: str = "") -> str:
    found = collate.gathering(project, form)
    if found is None:
        abort(404)
    return render_template(
        "joining_form.html", found=found, refused=refused, nobody=collate.NOBODY, **_common(language)
    )


def _common(language: str) -> dict[str, object]:
    return {
        "fresh": lambda: str(uuid4()),
        "language": language,
        "other": "en" if language == "de" else "de",
        "t": lambda key, **values: text(_TEXTS + key, language, **values),
    }
