"""Printed forms: drawing identities that no other form of the project has. Works inside the caller's transaction."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, delete, insert, select

from scanform.store.engine import Transaction, alike, insert_new
from scanform.store.records import Issued
from scanform.store.tables import IssuedRow, RecipientRow


def issue(tx: Transaction, form: Issued) -> bool:
    """Record a form to be printed; False when its instance is taken by a different form.

    The same form has the same layout and the same token (given, not None); printing it again is a reprint of the same
    sheet.
    """
    values = {
        "instance": form.instance,
        "digest": form.digest,
        "form_id": form.form_id,
        "token": form.token,
        "printed_at": form.printed_at,
    }
    number = insert_new(tx, IssuedRow, values, IssuedRow.id)
    if number is None:
        known = issued_form(tx, form.instance)
        return known is not None and is_same(known, form)
    if form.name is not None or form.address:
        tx.execute(insert(RecipientRow).values(issued_id=number, name=form.name, address=list(form.address)))
    return True


def is_same(known: Issued, form: Issued) -> bool:
    """Whether a form is the recorded sheet: same layout, same token (given, not None)."""
    return form.token is not None and (known.token, known.digest) == (form.token, form.digest)


def forget_recipient(tx: Transaction, token: str) -> int:
    """Forget name and address on the forms printed for a token; how many bore any."""
    forms = select(IssuedRow.id).where(IssuedRow.token == token)
    return tx.execute(delete(RecipientRow).where(RecipientRow.issued_id.in_(forms))).rowcount


def issued_form(tx: Transaction, instance: str) -> Issued | None:
    """The printed form with this instance."""
    return next(_issued(tx, IssuedRow.instance == instance), None)


def issued_for(tx: Transaction, token: str) -> list[Issued]:
    """The forms printed for a token, oldest first."""
    return list(_issued(tx, IssuedRow.token == token))


def issued_alike(tx: Transaction, token: str) -> list[Issued]:
    """The forms printed for a token or for one that `alike` does not tell from it, oldest first."""
    return list(_issued(tx, (IssuedRow.token == token) | alike(IssuedRow.token, token)))


def all_issued(tx: Transaction) -> list[Issued]:
    """All printed forms, oldest first."""
    return list(_issued(tx))


def _issued(tx: Transaction, *where: ColumnElement[bool]) -> Iterator[Issued]:
    query = (
        select(IssuedRow, RecipientRow.name, RecipientRow.address)
        .outerjoin(RecipientRow, RecipientRow.issued_id == IssuedRow.id)
        .where(*where)
    )
    for row in tx.execute(query.order_by(IssuedRow.id)):
        yield Issued(
            instance=row.instance,
            digest=row.digest,
            form_id=row.form_id,
            token=row.token,
            printed_at=row.printed_at,
            name=row.name,
            address=tuple(row.address or ()),
        )
