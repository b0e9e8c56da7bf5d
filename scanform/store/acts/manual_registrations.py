"""Acts of people on pages that the machine could not place, append-only."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement

from scanform.model.page import FoundBy, Identity
from scanform.store.acts.append import append_act, in_order, last_number
from scanform.store.engine import Transaction
from scanform.store.records import ManualRegistration, ManualRegistrationKind
from scanform.store.tables import ManualRegistrationRow


def add_manual_registration(tx: Transaction, placement: ManualRegistration) -> bool:
    """Append an act; False when its uuid is known (sent twice)."""
    identity = placement.identity
    values: dict[str, object] = {
        "uuid": placement.uuid,
        "sha256": placement.sha256,
        "page_index": placement.index,
        "kind": placement.kind.value,
        "digest": identity.digest if identity else None,
        "instance": identity.instance if identity else None,
        "page": identity.page if identity else None,
        "pages": identity.pages if identity else None,
        "corners": [[float(x), float(y)] for x, y in placement.corners_px],
        "reviewer": placement.reviewer,
        "at": placement.at,
        "part": placement.part,
    }
    return append_act(tx, ManualRegistrationRow, values)


def manual_registrations(tx: Transaction, sha256: str | None = None) -> list[ManualRegistration]:
    """All acts, or those on the pages of one file, in order of arrival."""
    return _registrations(tx) if sha256 is None else _registrations(tx, ManualRegistrationRow.sha256 == sha256)


def acts_on(tx: Transaction, contents: Sequence[str]) -> list[ManualRegistration]:
    """All acts on the pages of files with these contents, in order of arrival."""
    return _registrations(tx, ManualRegistrationRow.sha256.in_(contents))


def last_manual_registration(tx: Transaction) -> int:
    """The number of the latest act, 0 when there is none."""
    return last_number(tx, ManualRegistrationRow)


def _registrations(tx: Transaction, *conditions: ColumnElement[bool]) -> list[ManualRegistration]:
    return [
        ManualRegistration(
            uuid=row.uuid,
            sha256=row.sha256,
            index=row.page_index,
            kind=ManualRegistrationKind(row.kind),
            identity=_identity(row.digest, row.instance, row.page, row.pages),
            corners_px=tuple((float(x), float(y)) for x, y in row.corners),
            reviewer=row.reviewer,
            at=row.at,
            part=row.part,
        )
        for row in in_order(tx, ManualRegistrationRow, *conditions)
    ]


def _identity(digest: str | None, instance: str | None, page: int | None, pages: int | None) -> Identity | None:
    if digest is None or instance is None or page is None or pages is None:
        return None
    return Identity(digest=digest, instance=instance, page=page, pages=pages, found_by=FoundBy.PERSON)
