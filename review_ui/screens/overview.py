"""The first screen: what came in and what waits; every number leads to its list. Plain pages that work without
scripts.
"""

from hashlib import sha256

from flask import Flask, abort, g, make_response, render_template, request
from flask.typing import ResponseReturnValue

from review_ui.http.access import needs, person
from review_ui.http.web import asked_number, language_of
from scanform.i18n.texts import decimal_text, text
from scanform.model.person import Right
from scanform.workflow.insight.overview import SEEN_BY_PEOPLE, fate_text, overview, pages_of
from scanform.workflow.pages.collation_queue import WaitingCollations
from scanform.workflow.pages.repeated_pages import WaitingRepeats
from scanform.workflow.pages.sort_pages import SortDesk
from scanform.workflow.project.project import Project
from scanform.workflow.review.desk import Desk

_TEXTS = "overview.ui."

LISTED = 200
"""Pages per screen of a list."""


def add_overview(app: Flask, project: Project, desk: Desk, sorter: SortDesk | None, default: str) -> None:
    """Add the screens to an application."""
    doubles, joining = WaitingRepeats(project), WaitingCollations(project)

    @app.get("/overview")
    @needs(Right.OVERVIEW)
    def overview_page() -> ResponseReturnValue:
        language = language_of(default)
        unplaced, who = sorter.waiting() if sorter else 0, person()
        reviewer, contact = (who.name, who.may(Right.CONTACT)) if who.may(Right.REVIEW) else ("", True)
        found = overview(
            project,
            desk,
            unplaced=unplaced,
            doubles=doubles.count(),
            joining=joining.count(),
            reviewer=reviewer,
            contact=contact,
        )
        return _unless_known(
            render_template(
                "overview.html", found=found, urgent=SEEN_BY_PEOPLE, sorting=sorter is not None, **_common(language)
            )
        )

    @app.get("/overview/pages")
    @needs(Right.OVERVIEW)
    def pages_page() -> ResponseReturnValue:
        language = language_of(default)
        batch, fate, after = asked_number("batch"), request.args.get("fate", ""), asked_number("after")
        found = pages_of(project, batch, fate, limit=LISTED + 1, after=after, language=language)
        if found is None:
            abort(404)
        more = found[LISTED - 1].id if len(found) > LISTED else None
        return render_template(
            "overview_pages.html", pages=found[:LISTED], batch=batch, fate=fate, more=more, **_common(language)
        )


def _common(language: str) -> dict[str, object]:
    return {
        "language": language,
        "other": "en" if language == "de" else "de",
        "t": lambda key, **values: text(_TEXTS + key, language, **values),
        "seconds": lambda value: decimal_text(value, language, 1),
        "fate_text": lambda name: fate_text(name, language),
    }


def _unless_known(page: str) -> ResponseReturnValue:
    """The page, or a 304 when nothing has changed since the browser's last request."""
    answer = make_response(page)
    lasting = page.replace(
        g.get("csrf_token") or "\0", ""
    )  # the form token changes with every response; older ones stay valid
    answer.set_etag(sha256(lasting.encode()).hexdigest()[:32])
    return answer.make_conditional(request)
