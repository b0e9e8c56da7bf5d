"""The ledger's rows: batches, files, pages, readings, forms. Each function works inside the caller's transaction.

What the rows *mean* (which page is a re-scan, which belongs to a photocopy) is decided in
`scanform.workflow.settling.assign_fates`.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import aliased

from scanform.imaging.page_map import PageMap
from scanform.model.page import Corners, Fate, FoundBy, Identity, PageRef
from scanform.model.problem import Problem
from scanform.model.reading import PageReading
from scanform.page_result import PageResult
from scanform.store.codec import from_list, from_plain, to_list, to_object
from scanform.store.engine import Transaction, insert_new
from scanform.store.records import Batch, FileRecord, FormRecord, NewFile, PageRecord, SheetRecord
from scanform.store.tables import BatchRow, FileRow, FormRow, PageRow, ReadingRow

_CHUNK = 500


def add_batch(tx: Transaction, *, kind: str, label: str, at: str) -> int:
    """Open a batch; returns its number."""
    return tx.execute(
        insert(BatchRow).values(kind=kind, label=label, created_at=at, withdrawn_at=None).returning(BatchRow.id)
    ).scalar_one()


def unfinished_batch(tx: Transaction, *, kind: str, label: str) -> int | None:
    """The latest batch of this kind and label that counts and has waiting pages: an interrupted run continues it."""
    query = (
        select(BatchRow.id)
        .join(FileRow, FileRow.batch_id == BatchRow.id)
        .join(PageRow, PageRow.file_id == FileRow.id)
        .where(BatchRow.kind == kind, BatchRow.label == label, PageRow.fate.is_(None), _counts(True))
        .order_by(BatchRow.id.desc())
    )
    return tx.execute(query.limit(1)).scalar()


def labelled_batch(tx: Transaction, *, kind: str, label: str) -> int | None:
    """The latest batch of this kind and label that counts."""
    query = select(BatchRow.id).where(BatchRow.kind == kind, BatchRow.label == label, _counts(True))
    return tx.execute(query.order_by(BatchRow.id.desc()).limit(1)).scalar()


def batches(tx: Transaction) -> list[Batch]:
    """All batches, oldest first, including withdrawn ones."""
    rows = tx.execute(
        select(BatchRow.id, BatchRow.kind, BatchRow.label, BatchRow.created_at, BatchRow.withdrawn_at).order_by(
            BatchRow.id
        )
    )
    return [Batch(**row._mapping) for row in rows]


def set_withdrawn(tx: Transaction, batch_id: int, at: str | None) -> None:
    """Withdraw a batch (`at` is when) or restore it (None); its files become unknown, or known again."""
    tx.execute(update(BatchRow).where(BatchRow.id == batch_id).values(withdrawn_at=at))
    files = tx.execute(select(FileRow.id, FileRow.location, FileRow.sha256).where(FileRow.batch_id == batch_id)).all()
    for file in files:
        key = None if at is not None else _free_key(tx, file.id, known_key(file.location, file.sha256))
        tx.execute(update(FileRow).where(FileRow.id == file.id).values(known_key=key))


def known_key(location: str, sha256: str) -> str:
    """Identifies a file by location and content, unique among the files that count."""
    return hashlib.sha256(f"{location}\0{sha256}".encode()).hexdigest()


def _free_key(tx: Transaction, file_id: int, key: str) -> str:
    """`key`, or a new one when the file was submitted again while its batch was withdrawn (its pages are then
    duplicates).
    """
    taken = tx.execute(select(FileRow.id).where(FileRow.known_key == key)).first()
    return key if taken is None else f"{key}#{file_id}"


def add_file(tx: Transaction, batch_id: int, file: NewFile) -> int | None:
    """Record a file and its pages (at least one), all waiting; None when the same content from the same location is
    known.
    """
    values = {
        "batch_id": batch_id,
        "path": file.path,
        "location": file.location,
        "sha256": file.sha256,
        "size": file.size,
        "kind": file.kind,
        "pages": file.pages,
        "archived": file.archived,
        "problems": to_list(file.problems),
        "known_key": known_key(file.location, file.sha256),
    }
    file_id = insert_new(tx, FileRow, values, FileRow.id)
    if file_id is not None:
        tx.execute(
            insert(PageRow),
            [{"file_id": file_id, "page_index": index, "fate": None} for index in range(max(1, file.pages))],
        )
    return file_id


def reopen_refused(tx: Transaction, file: NewFile) -> bool:
    """A refused file can now be opened: give it its pages, all waiting. False when it was not refused."""
    key = known_key(file.location, file.sha256)
    number = tx.execute(select(FileRow.id).where(FileRow.known_key == key, FileRow.pages == 0)).scalar()
    if number is None:
        return False
    changed = {
        "pages": file.pages,
        "kind": file.kind,
        "size": file.size,
        "archived": file.archived,
        "problems": to_list(file.problems),
    }
    tx.execute(update(FileRow).where(FileRow.id == number).values(changed))
    reading = tx.execute(select(PageRow.reading_id).where(PageRow.file_id == number)).scalar()
    if reading is not None:
        forget_reading(tx, reading)
    more = [{"file_id": number, "page_index": index, "fate": None} for index in range(1, file.pages)]
    if more:
        tx.execute(insert(PageRow), more)
    return True


def is_known(tx: Transaction, location: str, sha256: str) -> bool:
    """Whether this content from this location already counts."""
    return tx.execute(select(FileRow.id).where(FileRow.known_key == known_key(location, sha256))).first() is not None


def files(tx: Transaction, *, withdrawn: bool = False) -> list[FileRecord]:
    """All files that count (or those of withdrawn batches), in order of submission."""
    query = (
        select(FileRow)
        .join(BatchRow, BatchRow.id == FileRow.batch_id)
        .where(_counts(not withdrawn))
        .order_by(FileRow.id)
    )
    return [
        FileRecord(
            id=row.id,
            batch_id=row.batch_id,
            path=row.path,
            sha256=row.sha256,
            pages=row.pages,
            archived=row.archived,
            problems=from_list(Problem, row.problems),
        )
        for row in tx.execute(query)
    ]


def _counts(active: bool) -> ColumnElement[bool]:
    return BatchRow.withdrawn_at.is_(None) if active else BatchRow.withdrawn_at.is_not(None)


def waiting_pages(tx: Transaction) -> list[PageRecord]:
    """Pages without a fate, in order of submission."""
    return _page_records(tx, _page_query().where(PageRow.fate.is_(None), _counts(True)))


def pages_of(tx: Transaction, file_keys: Iterable[str]) -> list[PageRecord]:
    """The pages of the files with these known keys."""
    found: list[PageRecord] = []
    for keys in _chunks(sorted(set(file_keys))):
        found += _page_records(tx, _page_query().where(FileRow.known_key.in_(keys)))
    return found


def batch_counts(tx: Transaction) -> dict[int, dict[Fate | None, int]]:
    """Number of pages of each batch, withdrawn or not, by fate; None counts those waiting to be read."""
    query = (
        select(FileRow.batch_id, PageRow.fate, func.count())
        .join(FileRow, FileRow.id == PageRow.file_id)
        .group_by(FileRow.batch_id, PageRow.fate)
    )
    found: dict[int, dict[Fate | None, int]] = {}
    for batch, fate, count in tx.execute(query):
        found.setdefault(batch, {})[Fate(fate) if fate else None] = count
    return found


def batch_pages(tx: Transaction, batch_id: int, fate: Fate | None, *, limit: int, after: int = 0) -> list[PageRecord]:
    """Pages of a batch with a fate (None: not read yet), in order of arrival, starting after the page `after`."""
    with_fate = PageRow.fate.is_(None) if fate is None else PageRow.fate == fate.value
    return _page_records(
        tx,
        _page_query()
        .where(FileRow.batch_id == batch_id, with_fate, PageRow.id > after)
        .order_by(PageRow.id)
        .limit(limit),
    )


def pages_with_fate(tx: Transaction, fates: Iterable[Fate]) -> list[PageRecord]:
    """The pages that count and have one of these fates."""
    return _page_records(tx, _page_query().where(PageRow.fate.in_([fate.value for fate in fates]), _counts(True)))


def page_record(tx: Transaction, page_id: int) -> PageRecord:
    """One page."""
    return _page_records(tx, _page_query().where(PageRow.id == page_id))[0]


def find_page(tx: Transaction, page_id: int) -> PageRecord | None:
    """One page that counts, or None."""
    return next(iter(_page_records(tx, _page_query().where(PageRow.id == page_id, _counts(True)))), None)


def page_fate(tx: Transaction, page_id: int) -> Fate | None:
    """The fate of a page, None while it waits."""
    fate = tx.execute(select(PageRow.fate).where(PageRow.id == page_id)).scalar()
    return Fate(fate) if fate else None


def pages_of_files(tx: Transaction, file_ids: Iterable[int]) -> list[PageRecord]:
    """All pages of these files."""
    return _page_records(tx, _page_query().where(PageRow.file_id.in_(sorted(set(file_ids)))))


def pages_at(tx: Transaction, sha256: str, index: int) -> list[PageRecord]:
    """The pages that count with this content; for an image that shows several sheets all of them."""
    return _page_records(tx, _page_query().where(FileRow.sha256 == sha256, PageRow.page_index == index, _counts(True)))


def further_sheets(tx: Transaction, *, withdrawn: bool = False) -> int:
    """Number of pages in excess of one per image, because images show several sheets."""
    query = (
        select(func.count())
        .select_from(PageRow)
        .join(FileRow, FileRow.id == PageRow.file_id)
        .join(BatchRow, BatchRow.id == FileRow.batch_id)
        .where(PageRow.part > 1, _counts(not withdrawn))
    )
    return tx.execute(query).scalar_one()


def parts_read(tx: Transaction, ref: PageRef) -> tuple[int, ...]:
    """The parts of the image `ref` (or of the image it is part of) that have a reading: (0,) for an image of one page,
    () for an unread one.
    """
    query = select(ReadingRow.part).where(ReadingRow.sha256 == ref.sha256, ReadingRow.page_index == ref.index)
    return tuple(tx.execute(query.order_by(ReadingRow.part)).scalars())


def divide_page(tx: Transaction, page: PageRecord, parts: Sequence[int]) -> list[PageRecord]:
    """The pages of an image once its number of sheets is known: `page` itself becomes the first of `parts`, the others
    are added.
    """
    tx.execute(update(PageRow).where(PageRow.id == page.id).values(part=parts[0]))
    for part in parts[1:]:
        values = {"file_id": page.file_id, "page_index": page.ref.index, "part": part, "fate": None}
        insert_new(tx, PageRow, values, PageRow.id)
    query = _page_query().where(PageRow.file_id == page.file_id, PageRow.page_index == page.ref.index)
    return _page_records(tx, query)


def divide_reading(tx: Transaction, number: int, ref: PageRef, own: int, others: Sequence[int]) -> list[PageRecord]:
    """Turn a page that was treated as a whole image into one of several sheets in it, wherever it came in; returns the
    pages of the `others`, which are new.
    """
    files = select(FileRow.id).where(FileRow.sha256 == ref.sha256)
    there = (PageRow.page_index == ref.index, PageRow.file_id.in_(files))
    tx.execute(update(ReadingRow).where(ReadingRow.id == number).values(part=own))
    for row in tx.execute(select(PageRow.id, PageRow.file_id).where(*there, PageRow.part == 0)).all():
        tx.execute(update(PageRow).where(PageRow.id == row.id).values(part=own))
        tx.execute(
            insert(PageRow),
            [{"file_id": row.file_id, "page_index": ref.index, "part": part, "fate": None} for part in others],
        )
    return _page_records(tx, _page_query().where(*there, PageRow.part.in_(others)))


def forget_sheets(tx: Transaction, ref: PageRef) -> None:
    """Undo the division of an image into sheets, wherever it came in: its first page represents it again and waits to
    be reread.
    """
    files = select(FileRow.id).where(FileRow.sha256 == ref.sha256)
    there = (PageRow.page_index == ref.index, PageRow.file_id.in_(files))
    tx.execute(delete(PageRow).where(*there, PageRow.part > 1))
    tx.execute(update(PageRow).where(*there).values(reading_id=None, fate=None, part=0))
    tx.execute(delete(ReadingRow).where(ReadingRow.sha256 == ref.sha256, ReadingRow.page_index == ref.index))


def pages_of_content(tx: Transaction, sha256: str) -> list[PageRecord]:
    """The pages that count of all files with these bytes."""
    return _page_records(tx, _page_query().where(FileRow.sha256 == sha256, _counts(True)))


def pages_of_batch(tx: Transaction, batch_id: int) -> list[PageRecord]:
    """The pages of one batch, withdrawn or not."""
    return _page_records(tx, _page_query().where(FileRow.batch_id == batch_id))


def _page_query() -> Select[tuple[object, ...]]:
    return (
        select(  # type: ignore[return-value]  # more columns than SQLAlchemy types one by one
            PageRow.id,
            PageRow.file_id,
            PageRow.page_index,
            PageRow.part,
            PageRow.fate,
            PageRow.reading_id,
            FileRow.batch_id,
            FileRow.path,
            FileRow.sha256,
            FileRow.archived,
            FileRow.pages.label("file_pages"),
            FileRow.problems.label("file_problems"),
            ReadingRow.outcome,
            ReadingRow.digest,
            ReadingRow.instance,
            ReadingRow.page,
            ReadingRow.pages,
            ReadingRow.found_by,
            ReadingRow.seen_page,
            ReadingRow.problems,
            ReadingRow.milliseconds,
            ReadingRow.region,
            FormRow.form_id,
        )
        .join(FileRow, FileRow.id == PageRow.file_id)
        .join(BatchRow, BatchRow.id == FileRow.batch_id)
        .outerjoin(ReadingRow, ReadingRow.id == PageRow.reading_id)
        .outerjoin(FormRow, FormRow.id == ReadingRow.form_pk)
        .order_by(PageRow.file_id, PageRow.page_index, PageRow.part)
    )


def _page_records(tx: Transaction, query: Select[tuple[object, ...]]) -> list[PageRecord]:
    return [
        PageRecord(
            id=row.id,
            file_id=row.file_id,
            batch_id=row.batch_id,
            ref=PageRef(sha256=row.sha256, path=row.path, index=row.page_index, part=row.part),
            archived=row.archived,
            fate=Fate(row.fate) if row.fate else None,
            reading_id=row.reading_id,
            outcome=Fate(row.outcome) if row.outcome else None,
            identity=_identity(row),
            form_id=row.form_id,
            problems=from_list(Problem, row.problems or []),
            file_problems=from_list(Problem, row.file_problems),
            milliseconds=row.milliseconds or 0.0,
            seen_page=row.seen_page,
            file_pages=row.file_pages,
            region=tuple((float(x), float(y)) for x, y in row.region or ()),
        )
        for row in tx.execute(query)
    ]


def _identity(row: Row[tuple[object, ...]]) -> Identity | None:
    if row.digest is None:
        return None
    return Identity(
        digest=row.digest, instance=row.instance, page=row.page, pages=row.pages, found_by=FoundBy(row.found_by)
    )


def reading_id(tx: Transaction, ref: PageRef) -> int | None:
    """The reading of this content, if it was read before."""
    query = select(ReadingRow.id).where(*_is_of(ref))
    return tx.execute(query).scalar()


def _is_of(ref: PageRef) -> tuple[ColumnElement[bool], ...]:
    """Whether a reading belongs to that page."""
    return ReadingRow.sha256 == ref.sha256, ReadingRow.page_index == ref.index, ReadingRow.part == ref.part


def save_reading(tx: Transaction, result: PageResult, *, at: str) -> int:
    """Store the result of a worker; a result another run stored first for the same content stays. Returns its
    number.
    """
    values = {
        "sha256": result.ref.sha256,
        "page_index": result.ref.index,
        "part": result.ref.part,
        "form_pk": None,
        "unsure_copy": False,
    } | _reading_values(result, at)
    saved = insert_new(tx, ReadingRow, values, ReadingRow.id)
    if saved is None:
        saved = reading_id(tx, result.ref)
    if saved is None:
        raise RuntimeError("a reading that could neither be stored nor found")
    return saved


def replace_reading(tx: Transaction, number: int, result: PageResult, *, at: str) -> None:
    """Store a new reading of the same content (read again, or with an identity given by a person)."""
    tx.execute(update(ReadingRow).where(ReadingRow.id == number).values(_reading_values(result, at)))


def _reading_values(result: PageResult, at: str) -> dict[str, object]:
    identity = result.identity
    return {
        "outcome": result.outcome.value,
        "digest": identity.digest if identity else None,
        "instance": identity.instance if identity else None,
        "page": identity.page if identity else None,
        "pages": identity.pages if identity else None,
        "found_by": identity.found_by.value if identity else None,
        "seen_page": result.seen_page,
        "tier": result.page_map.tier.value if result.page_map else None,
        "residual_mm": result.page_map.residual_mm if result.page_map else None,
        "turn": result.turn,
        "region": [[float(x), float(y)] for x, y in result.region] or None,
        "page_map": to_object(result.page_map) if result.page_map else None,
        "ink": result.ink,
        "content": to_object(result.reading) if result.reading else None,
        "problems": to_list(result.problems),
        "milliseconds": result.milliseconds,
        "read_at": at,
    }


def set_identity(tx: Transaction, number: int, identity: Identity, problems: tuple[Problem, ...]) -> None:
    """Give a reading the identity inferred from neighbouring pages (or given by a person), and its new problems."""
    content = tx.execute(select(ReadingRow.content).where(ReadingRow.id == number)).scalar()
    changed: dict[str, object] = {
        "digest": identity.digest,
        "instance": identity.instance,
        "found_by": identity.found_by.value,
        "problems": to_list(problems),
    }
    if content is not None:
        changed["content"] = to_object(replace(from_plain(PageReading, content), identity=identity, problems=problems))
    tx.execute(update(ReadingRow).where(ReadingRow.id == number).values(changed))


def inks(tx: Transaction, *, digest: str, page: int, after: int) -> list[tuple[int, bytes]]:
    """Ink fingerprints of all readings of this page of an edition stored after reading `after`, with their numbers."""
    query = select(ReadingRow.id, ReadingRow.ink).where(
        ReadingRow.digest == digest,
        ReadingRow.page == page,
        ReadingRow.outcome == Fate.READ.value,
        ReadingRow.id > after,
    )
    return [(row.id, row.ink) for row in tx.execute(query.order_by(ReadingRow.id))]


def forget_reading(tx: Transaction, number: int) -> None:
    """Drop a failed reading; its pages wait to be read again."""
    tx.execute(update(PageRow).where(PageRow.reading_id == number).values(reading_id=None, fate=None))
    tx.execute(delete(ReadingRow).where(ReadingRow.id == number))


def page_maps(tx: Transaction, ref: PageRef) -> tuple[PageMap | None, int]:
    """The registration of a page and its rotation for a viewer (clockwise degrees); (None, 0) when it was not read."""
    row = tx.execute(select(ReadingRow.page_map, ReadingRow.turn).where(*_is_of(ref))).first()
    if row is None:
        return None, 0
    return (from_plain(PageMap, row.page_map) if row.page_map else None), row.turn


def region_of(tx: Transaction, ref: PageRef) -> Corners:
    """The corners of a sheet in an image that shows several, in pixels of the decoded page; () for other pages."""
    found = tx.execute(select(ReadingRow.region).where(*_is_of(ref))).scalar()
    return tuple((float(x), float(y)) for x, y in found or ())


def link_page(tx: Transaction, page_id: int, reading: int) -> None:
    """Link a page to its reading."""
    tx.execute(update(PageRow).where(PageRow.id == page_id).values(reading_id=reading))


def sheets(tx: Transaction, *, digest: str, instance: str) -> list[SheetRecord]:
    """All pages with this printed identity, including those of withdrawn batches, in order of submission."""
    return _sheets(tx, _sheet_query().where(ReadingRow.digest == digest, ReadingRow.instance == instance))


def state_of_pages(tx: Transaction) -> tuple[object, ...]:
    """A small value that changes when pages come, are read, or are withdrawn."""
    readings = tx.execute(select(func.count(), func.max(ReadingRow.id), func.max(ReadingRow.read_at))).one()
    return (*readings, tuple(sorted((fate.value if fate else "", count) for fate, count in fate_counts(tx).items())))


def identities_with_repeats(tx: Transaction) -> list[tuple[str, str]]:
    """(digest, instance) of the printed identities with a page that came in more than once, counted by content."""
    query = (
        select(ReadingRow.digest, ReadingRow.instance)
        .where(ReadingRow.outcome == Fate.READ.value, ReadingRow.digest.is_not(None))
        .group_by(ReadingRow.digest, ReadingRow.instance, ReadingRow.page)
        .having(func.count() > 1)
        .distinct()
    )
    return sorted({(row.digest or "", row.instance or "") for row in tx.execute(query)})


def identities_with_copies(tx: Transaction) -> list[tuple[str, str]]:
    """(digest, instance) of the printed identities with several known forms: photocopies filled by others."""
    query = select(FormRow.digest, FormRow.instance).where(FormRow.copy > 1).distinct()
    return sorted((row.digest, row.instance) for row in tx.execute(query))


def sheets_of_reading(tx: Transaction, reading: int) -> list[SheetRecord]:
    """All pages with the content of this reading, in order of submission."""
    return _sheets(tx, _sheet_query().where(ReadingRow.id == reading))


def _sheet_query() -> Select[tuple[object, ...]]:
    return (
        select(  # type: ignore[return-value]  # more columns than SQLAlchemy types one by one
            PageRow.id,
            PageRow.file_id,
            PageRow.page_index,
            PageRow.part,
            _before().label("before"),
            PageRow.fate,
            PageRow.reading_id,
            FileRow.batch_id,
            FileRow.path,
            FileRow.sha256,
            BatchRow.withdrawn_at,
            BatchRow.created_at,
            ReadingRow.outcome,
            ReadingRow.digest,
            ReadingRow.instance,
            ReadingRow.page,
            ReadingRow.pages,
            ReadingRow.found_by,
            ReadingRow.ink,
            ReadingRow.unsure_copy,
            FormRow.copy.label("copy_number"),
        )
        .join(FileRow, FileRow.id == PageRow.file_id)
        .join(BatchRow, BatchRow.id == FileRow.batch_id)
        .join(ReadingRow, ReadingRow.id == PageRow.reading_id)
        .outerjoin(FormRow, FormRow.id == ReadingRow.form_pk)
        .order_by(PageRow.file_id, PageRow.page_index, PageRow.part)
    )


def _before() -> ScalarSelect[int]:
    """Number of pages before a page in its file in excess of one per image, because images show several sheets."""
    other = aliased(PageRow)
    lies_before = or_(
        other.page_index < PageRow.page_index, and_(other.page_index == PageRow.page_index, other.part <= PageRow.part)
    )
    return (
        select(func.count())
        .where(other.file_id == PageRow.file_id, other.part > 1, lies_before)
        .correlate(PageRow)
        .scalar_subquery()
    )


def _sheets(tx: Transaction, query: Select[tuple[object, ...]]) -> list[SheetRecord]:
    return [
        SheetRecord(
            page_id=row.id,
            reading_id=row.reading_id,
            file_id=row.file_id,
            index=row.page_index,
            part=row.part,
            further=row.before,
            batch_id=row.batch_id,
            active=row.withdrawn_at is None,
            fate=Fate(row.fate) if row.fate else None,
            outcome=Fate(row.outcome),
            page=row.page,
            copy=row.copy_number,
            ink=row.ink,
            unsure_copy=row.unsure_copy,
            path=row.path,
            sha256=row.sha256,
            handed_in_at=row.created_at,
            identity=_identity(row),
        )
        for row in tx.execute(query)
    ]


def set_fates(tx: Transaction, fates: Mapping[int, Fate | None]) -> None:
    """Set the fates of pages (None: waiting again)."""
    for page_id, fate in fates.items():
        tx.execute(update(PageRow).where(PageRow.id == page_id).values(fate=fate.value if fate else None))


def add_form(
    tx: Transaction, *, form_id: str, digest: str, instance: str, copy: int, pages: int, token: str | None
) -> int:
    """The number of the form with this identity and copy; recorded if new."""
    values = {"form_id": form_id, "digest": digest, "instance": instance, "copy": copy, "pages": pages, "token": token}
    number = insert_new(tx, FormRow, values, FormRow.id)
    if number is None:
        number = tx.execute(select(FormRow.id).where(FormRow.form_id == form_id)).scalar_one()
    return number


def forms(tx: Transaction, *, digest: str, instance: str) -> list[FormRecord]:
    """The forms with this printed identity: the first and its photocopies."""
    columns = (
        FormRow.id,
        FormRow.form_id,
        FormRow.digest,
        FormRow.instance,
        FormRow.copy.label("copy_number"),
        FormRow.pages,
        FormRow.token,
    )
    rows = tx.execute(
        select(*columns).where(FormRow.digest == digest, FormRow.instance == instance).order_by(FormRow.copy)
    )
    return [
        FormRecord(
            id=row.id,
            form_id=row.form_id,
            digest=row.digest,
            instance=row.instance,
            copy=row.copy_number,
            pages=row.pages,
            token=row.token,
        )
        for row in rows
    ]


def set_form(tx: Transaction, reading: int, form_pk: int | None, *, unsure: bool = False) -> None:
    """Assign a reading to a form, and record whether that was uncertain."""
    tx.execute(update(ReadingRow).where(ReadingRow.id == reading).values(form_pk=form_pk, unsure_copy=unsure))


def contents(tx: Transaction, readings: Sequence[int]) -> dict[int, PageReading]:
    """The fields read, by reading number."""
    rows = tx.execute(select(ReadingRow.id, ReadingRow.content).where(ReadingRow.id.in_(readings)))
    return {row.id: from_plain(PageReading, row.content) for row in rows if row.content is not None}


def fate_counts(tx: Transaction, *, withdrawn: bool = False) -> dict[Fate | None, int]:
    """Number of pages by fate; None counts those waiting to be read."""
    query = (
        select(PageRow.fate, func.count())
        .join(FileRow, FileRow.id == PageRow.file_id)
        .join(BatchRow, BatchRow.id == FileRow.batch_id)
        .where(_counts(not withdrawn))
        .group_by(PageRow.fate)
    )
    return {Fate(fate) if fate else None: count for fate, count in tx.execute(query)}


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
