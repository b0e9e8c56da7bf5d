"""Decisions as screens send them."""

from collections.abc import Mapping

from flask import abort

from review_ui.http.web import is_number, text_of
from scanform.model.review import DecisionKind
from scanform.workflow.review.desk import Submission


def submissions_of(body: Mapping[str, object]) -> list[Submission]:
    """The decisions in a body; 400 when there are none."""
    entries = body.get("decisions")
    if not isinstance(entries, list):
        abort(400)
    return [_submission(entry) for entry in entries]


def _submission(entry: object) -> Submission:
    if not isinstance(entry, dict):
        abort(400)
    version, undoes = entry.get("version"), entry.get("undoes")
    screen, ms = entry.get("screen", ""), entry.get("ms", 0)
    if (
        not is_number(version)
        or not (undoes is None or isinstance(undoes, str))
        or not isinstance(screen, str)
        or not is_number(ms)
    ):
        abort(400)
    try:
        kind = DecisionKind(text_of(entry, "kind"))
    except ValueError:
        abort(400)
    return Submission(
        uuid=text_of(entry, "uuid"),
        item=text_of(entry, "item"),
        version=version,
        basis=text_of(entry, "basis"),
        kind=kind,
        from_value=text_of(entry, "from"),
        to_value=text_of(entry, "to"),
        undoes=undoes,
        screen=screen,
        ms=ms,
    )
