"""Who has answered; `workflow.insight.returns` and `workflow.printing.dispositions` behind it. Plain forms, no script.

Counts are open to everybody who sees the overview; names and addresses are contact data.
"""

from uuid import uuid4

from flask import Flask, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from review_ui.http.access import needs, person
from review_ui.http.web import language_of
from scanform.errors import UsageError
from scanform.i18n.texts import day_text, decimal_text, in_words, percent_text, text
from scanform.model.person import Right
from scanform.model.place import STAFF, Disposition
from scanform.model.response import Channel
from scanform.workflow.insight.returns import ALL, Where, curve_picture, field_work, names_of
from scanform.workflow.printing.dispositions import LONGEST_REASON, set_disposition, take_back
from scanform.workflow.printing.letters import letters_csv
from scanform.workflow.project.project import Project

_TEXTS = "returns.ui."

LISTED = 200
"""Places on the screen; the saved list has them all."""


def add_returns(app: Flask, project: Project, default: str) -> None:
    """Add the screen to an application."""

    @app.get("/returns")
    @needs(Right.OVERVIEW)
    def returns_page() -> ResponseReturnValue:
        return _page(project, language_of(default))

    @app.get("/returns.csv")
    @needs(Right.CONTACT)
    def outstanding_list() -> ResponseReturnValue:
        answer = Response(letters_csv(project, field_work(project, _where()).outstanding), mimetype="text/csv")
        name = text(_TEXTS + "file-name", language_of(default))
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @app.post("/returns")
    @needs(Right.CONTACT)
    def say_disposition() -> ResponseReturnValue:
        language, form = language_of(default), request.form
        said = next((one for one in STAFF if one.value == form.get("disposition")), None)
        kept = {name: form.get(name, "")[:LONGEST_REASON] for name in ("place", "disposition", "reason")}
        if said is None:
            return _page(project, language, refused=text(_TEXTS + "refused-none", language), kept=kept), 422
        try:
            set_disposition(
                project,
                kept["place"],
                said,
                reason=kept["reason"],
                reviewer=person().name,
                uuid=form.get("uuid", ""),
            )
        except UsageError as error:
            return _page(project, language, refused=in_words(error.message, language), kept=kept), 422
        return redirect(url_for("returns_page", lang=language), 303)

    @app.post("/returns/take-back")
    @needs(Right.CONTACT)
    def take_disposition_back() -> ResponseReturnValue:
        language = language_of(default)
        try:
            take_back(project, request.form.get("place", ""), reviewer=person().name)
        except UsageError as error:
            return _page(project, language, refused=in_words(error.message, language)), 409
        return redirect(url_for("returns_page", lang=language), 303)


def _where() -> Where:
    """What the address chooses; what is not known there chooses nothing."""
    channel = next((one for one in Channel if one.value == request.args.get("channel")), None)
    return Where(district=_named("district"), carrier=_named("carrier"), channel=channel)


def _named(kind: str) -> str | None:
    """The name that the address has for a filter: "=Nord" is Nord, "=" those without a name, anything else all."""
    given = request.args.get(kind, "")
    return given.removeprefix("=") if given.startswith("=") else None


def _page(project: Project, language: str, *, refused: str = "", kept: dict[str, str] | None = None) -> str:
    where = _where()
    found = field_work(project, where)
    districts, carriers = names_of(project)
    chosen = {name: request.args[name] for name in ("district", "carrier", "channel") if request.args.get(name)}
    return render_template(
        "returns.html",
        found=found,
        where=where,
        everything=where == ALL,
        chosen=chosen,
        districts=districts,
        carriers=carriers,
        all_channels=tuple(Channel),
        picture=Markup(curve_picture(found, language)),  # noqa: S704 - drawn by us, its texts escaped
        word=lambda key: text(f"report.{key}", language),
        contact=person().may(Right.CONTACT),
        staff=STAFF,
        dispositions=tuple(Disposition),
        refused=refused,
        kept=kept or {},
        uuid=str(uuid4()),
        listed=LISTED,
        longest=LONGEST_REASON,
        language=language,
        other="en" if language == "de" else "de",
        percent=lambda share: percent_text(share, language, places=1),
        number=lambda value: decimal_text(value, language, 1),
        day=lambda iso: day_text(iso, language),
        channel_text=lambda channel: text(f"report.channel-{channel.value}", language),
        disposition_text=lambda one: text(f"disposition.{one.value}", language),
        t=lambda key, **values: text(_TEXTS + key, language, **values),
    )
