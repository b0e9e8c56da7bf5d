"""Questionnaires begun on the web, as rows; each function works inside the caller's transaction."""

from collections.abc import Iterator
from dataclasses import fields
from typing import cast

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from scanform.model.web_draft import WebDraft
from scanform.store.engine import Transaction, insert_new
from scanform.store.tables import WebDraftContactRow, WebDraftRow

_COLUMNS = tuple(field.name for field in fields(WebDraft) if field.name != "contact")


def draft(tx: Transaction, draft_id: str) -> WebDraft | None:
    """The draft with this id."""
    return next(_drafts(tx, WebDraftRow.id == draft_id), None)


def drafts_of(tx: Transaction, token: str) -> list[WebDraft]:
    """The drafts of an access code, sent ones included, in order of their places."""
    return list(_drafts(tx, WebDraftRow.token == token))


def resumed(tx: Transaction, resume: str) -> WebDraft | None:
    """The draft whose personal code has this hash."""
    return next(_drafts(tx, WebDraftRow.resume == resume), None)


def unsent(tx: Transaction) -> list[WebDraft]:
    """All drafts that were not sent, oldest change first."""
    return sorted(_drafts(tx, WebDraftRow.sent_at.is_(None)), key=lambda found: found.changed_at)


def add_draft(tx: Transaction, new: WebDraft) -> bool:
    """Record a draft; False where its access code has one for this place."""
    if insert_new(tx, WebDraftRow, _values(new), WebDraftRow.id) is None:
        return False
    tx.execute(insert(WebDraftContactRow).values(draft_id=new.id, entries=dict(new.contact)))
    return True


def save_draft(tx: Transaction, changed: WebDraft) -> None:
    """Replace what is known of a draft."""
    tx.execute(update(WebDraftRow).where(WebDraftRow.id == changed.id).values(_values(changed)))
    row = WebDraftContactRow
    tx.execute(update(row).where(row.draft_id == changed.id).values(entries=dict(changed.contact)))


def next_number(tx: Transaction, questionnaire: str) -> int:
    """The number of the next response of a questionnaire."""
    highest = select(func.max(WebDraftRow.number)).where(WebDraftRow.questionnaire == questionnaire)
    return (tx.execute(highest).scalar() or 0) + 1


def alike(tx: Transaction, questionnaire: str, likeness: str) -> list[str]:
    """The responses that were sent with this likeness, oldest first."""
    query = select(WebDraftRow.response_id).where(
        WebDraftRow.likeness == likeness, WebDraftRow.questionnaire == questionnaire, WebDraftRow.sent_at.is_not(None)
    )
    return [str(name) for name in tx.execute(query.order_by(WebDraftRow.number)).scalars()]


def delete_unsent(tx: Transaction, before: str) -> int:
    """Delete the drafts not sent and last changed before a time; returns their number."""
    old = select(WebDraftRow.id).where(WebDraftRow.sent_at.is_(None), WebDraftRow.changed_at < before)
    names = list(tx.execute(old).scalars())
    for name in names:
        tx.execute(delete(WebDraftContactRow).where(WebDraftContactRow.draft_id == name))
        # a taken one keeps its number without content: a later response must not get it
        taken = tx.execute(select(WebDraftRow.number).where(WebDraftRow.id == name)).scalar()
        if taken is None:
            tx.execute(delete(WebDraftRow).where(WebDraftRow.id == name))
        else:
            tx.execute(
                update(WebDraftRow)
                .where(WebDraftRow.id == name)
                .values(token=None, resume=None, entries={}, stamps={}, sent_at=WebDraftRow.changed_at)
            )
    return len(names)


def _values(known: WebDraft) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(known, name) for name in _COLUMNS}
    stamps = {column: list(stamp) for column, stamp in known.stamps.items()}
    return {**values, "entries": dict(known.entries), "stamps": stamps}


def _drafts(tx: Transaction, *where: ColumnElement[bool]) -> Iterator[WebDraft]:
    query = select(*WebDraftRow.__table__.columns, WebDraftContactRow.entries.label("contact"))
    query = query.outerjoin(WebDraftContactRow, WebDraftContactRow.draft_id == WebDraftRow.id).where(*where)
    for row in tx.execute(query.order_by(WebDraftRow.place)).mappings():
        stamps = {column: (cast(int, at), str(view)) for column, (at, view) in row["stamps"].items()}
        yield WebDraft(**{**row, "stamps": stamps, "contact": row["contact"] or {}})
