"""Releasing the data set, and what people see of their own work; `workflow.dataset.release` and
`workflow.review.reviewer_figures` behind it. Plain forms, no script.
"""

from math import ceil
from uuid import uuid4

from flask import Flask, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.http.access import needs, person
from review_ui.http.web import language_of
from scanform.i18n.texts import percent_text, text
from scanform.model.person import Right
from scanform.model.release import Step
from scanform.workflow.dataset.release import LONGEST_REASON, ReleaseDesk
from scanform.workflow.review.reviewer_figures import own_figures

_TEXTS = "release.ui."
_OWN_TEXTS = "figures.ui."


def add_release(app: Flask, releases: ReleaseDesk, default: str) -> None:
    """Add the screen to an application."""

    @app.get("/release")
    @needs(Right.QUALITY, Right.SIGN)
    def release_page() -> ResponseReturnValue:
        return _page(releases, language_of(default))

    @app.post("/release")
    @needs(Right.QUALITY, Right.SIGN)
    def release() -> ResponseReturnValue:
        try:
            step = Step(request.form.get("step", ""))
        except ValueError:
            abort(400)
        language, reason = language_of(default), request.form.get("reason", "")
        refused = releases.act(
            step,
            person(),
            uuid=request.form.get("uuid", "") or str(uuid4()),
            digest=request.form.get("digest", ""),
            reason=reason,
        )
        if refused:
            return _page(releases, language, refused=refused, kept=reason[:LONGEST_REASON]), 422
        return redirect(url_for("release_page", lang=language), 303)


def _page(releases: ReleaseDesk, language: str, *, refused: str = "", kept: str = "") -> str:
    return render_template(
        "release.html",
        now=releases.readiness(),
        signs=person().may(Right.SIGN),
        releases=person().may(Right.QUALITY),
        refused=refused,
        kept=kept,
        uuid=str(uuid4()),
        longest=LONGEST_REASON,
        language=language,
        other="en" if language == "de" else "de",
        percent=lambda fraction: percent(fraction, language),
        t=lambda key, **values: text(_TEXTS + key, language, **values),
    )


def add_own_figures(app: Flask, releases: ReleaseDesk, default: str) -> None:
    """Add the screen on which people see their own figures."""

    @app.get("/figures")
    @needs(Right.REVIEW, Right.SECOND)
    def own_page() -> ResponseReturnValue:
        language = language_of(default)
        return render_template(
            "figures.html",
            found=own_figures(releases.project, person().name),
            language=language,
            other="en" if language == "de" else "de",
            percent=lambda fraction: percent(fraction, language),
            t=lambda key, **values: text(_OWN_TEXTS + key, language, **values),
        )


def percent(fraction: float, language: str) -> str:
    """A fraction in per cent, rounded up in the last digit: a bound must not look better than it is."""
    return percent_text(ceil(round(fraction * 10_000, 6)) / 10_000, language, places=2)
