"""Double verification: second readings, adjudication, and what both say about quality;
`workflow.review.double_verification` behind it.
"""

from collections.abc import Callable

from flask import Flask, jsonify, render_template
from flask.typing import ResponseReturnValue

from review_ui.http.access import needs, person, shown_card
from review_ui.http.submissions import submissions_of
from review_ui.http.web import body_of, language_of, names_of, number_of
from review_ui.screens.release import add_own_figures, add_release, percent
from scanform.i18n.texts import decimal_text, text
from scanform.model.person import Person, Right
from scanform.workflow.dataset.release import ReleaseDesk
from scanform.workflow.review.desk import Counts, Desk
from scanform.workflow.review.double_verification import VerificationDesk
from scanform.workflow.review.reviewer_figures import figures

_TEXTS = "quality.ui."

MOST_CARDS = 200
"""Maximum cards in one response."""


def add_second(app: Flask, desk: Desk, default: str, field_page: Callable[[str, str], str]) -> None:
    """Add the screens to an application; `field_page` draws the screen for single values (task, language)."""
    again = VerificationDesk(desk)
    _add_looks(app, again, default, field_page)
    _add_quality(app, again, desk, default)
    releases = ReleaseDesk(desk, again)
    add_release(app, releases, default)
    add_own_figures(app, releases, default)


def _add_looks(app: Flask, again: VerificationDesk, default: str, field_page: Callable[[str, str], str]) -> None:
    @app.get("/<any(second,third):task>")
    @needs(Right.SECOND)
    def again_page(task: str) -> ResponseReturnValue:
        return field_page(task, language_of(default))

    @app.post("/api/<any(second,third):task>/claim")
    @needs(Right.SECOND)
    def claim_again(task: str) -> ResponseReturnValue:
        body, who, third = body_of(), person(), task == "third"
        limit = min(max(number_of(body, "limit"), 1), MOST_CARDS)
        shown, contact = names_of(body, "shown"), who.may(Right.CONTACT)
        cards = again.claim(
            limit, reviewer=who.name, third=third, shown=shown, contact=contact, language=language_of(default)
        )
        return jsonify(
            cards=[shown_card(card) for card in cards], counts=_counts(again, who, third=third).told(), pages=0
        )

    @app.post("/api/<any(second,third):task>/decisions")
    @needs(Right.SECOND)
    def decide_again(task: str) -> ResponseReturnValue:
        who, third = person(), task == "third"
        outcomes = again.decide(
            submissions_of(body_of()), reviewer=who.name, third=third, person=who, language=language_of(default)
        )
        answer = [
            {"uuid": o.uuid, "result": o.result, "message": o.message, "card": shown_card(o.card)} for o in outcomes
        ]
        return jsonify(outcomes=answer, counts=_counts(again, who, third=third).told())

    @app.post("/api/<any(second,third):task>/undo")
    @needs(Right.SECOND)
    def undo_again(task: str) -> ResponseReturnValue:
        return jsonify(card=None, counts=_counts(again, person(), third=task == "third").told())


def _counts(again: VerificationDesk, who: Person, *, third: bool) -> Counts:
    """Counts of the values that the current user can reach here."""
    return again.counts(who.name, third=third, contact=who.may(Right.CONTACT))


def _add_quality(app: Flask, again: VerificationDesk, desk: Desk, default: str) -> None:
    @app.get("/quality")
    @needs(Right.QUALITY)
    def quality_page() -> ResponseReturnValue:
        language = language_of(default)
        return render_template(
            "quality.html",
            found=again.quality(),
            people=figures(desk.project, person()),
            seconds=lambda value: decimal_text(value, language, 1),
            wording=lambda code: _wording(desk, code, language),
            percent=lambda fraction: percent(fraction, language),
            language=language,
            other="en" if language == "de" else "de",
            t=lambda key, **values: text(_TEXTS + key, language, **values),
        )


def _wording(desk: Desk, code: str, language: str) -> str:
    """A question's wording; its code where no questionnaire has it."""
    found = (questionnaire.question(code) for questionnaire in desk.project.questionnaires.values())
    return next((question.text.get(language) for question in found if question is not None), code)
