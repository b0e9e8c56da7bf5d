"""What people did with pages that the machine could not place: rows that are only ever added."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select

from scanform.model.page import FoundBy, Identity
from scanform.store.acts.seals import add_seal
from scanform.store.engine import Transaction, insert_new
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
    sequence = insert_new(tx, ManualRegistrationRow, values, ManualRegistrationRow.sequence)
    if sequence is not None:
        add_seal(tx, "placement", sequence, values)
    return sequence is not None


def manual_registrations(tx: Transaction, sha256: str | None = None) -> list[ManualRegistration]:
    """All acts, or those on the pages of one file, in the order in which they arrived."""
    query = select(ManualRegistrationRow).order_by(ManualRegistrationRow.sequence)
    return _placements(tx, query if sha256 is None else query.where(ManualRegistrationRow.sha256 == sha256))


def acts_on(tx: Transaction, contents: Sequence[str]) -> list[ManualRegistration]:
    """All acts on the pages of files with these contents, in the order in which they arrived."""
    return _placements(tx, select(ManualRegistrationRow).where(ManualRegistrationRow.sha256.in_(contents)).order_by(ManualRegistrationRow.sequence))


def last_manual_registration(tx: Transaction) -> int:
    """The number of the latest act, 0 when there is none."""
    return tx.execute(select(func.max(ManualRegistrationRow.sequence))).scalar() or 0


def _placements(tx: Transaction, query: Select[ManualRegistrationRow]) -> list[ManualRegistration]:
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
        for row in tx.execute(query)
    ]


def _identity(digest: str | None, instance: str | None, page: int | None, pages: int | None) -> Identity | None:
    if digest is None or instance is None or page is None or pages is None:
        return None
    return Identity(digest=digest, instance=instance, page=page, pages=pages, found_by=FoundBy.PERSON)
