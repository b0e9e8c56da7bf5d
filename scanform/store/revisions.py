"""Online responses as imported: surveys, revisions, listings, formats, versions by content; all inside the caller's
transaction.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import cast

from sqlalchemy import func, insert, select

from scanform.model.column_format import FormatKind
from scanform.model.response import Answer, Response
from scanform.model.source import Lacking, SourceFacts
from scanform.store.acts.append import append_act, in_order
from scanform.store.codec import from_plain, to_object
from scanform.store.engine import Transaction
from scanform.store.records import KnownSource, Listing, ResponseWithdrawal, Revision, SourceSurvey
from scanform.store.tables import (
    AnswerVersionRow,
    BatchRow,
    FormatRow,
    ListingRow,
    ResponseRow,
    ResponseWithdrawalRow,
    RevisionRow,
    SourceSurveyRow,
)

_CHUNK = 500

_WITHDRAWAL = ("uuid", "response_id", "withdrawn", "reason", "reviewer", "at")
"""The columns of a withdrawal, named like the attributes of `ResponseWithdrawal`."""


def surveys(tx: Transaction, questionnaire: str | None = None) -> list[SourceSurvey]:
    """The source surveys, of one questionnaire or of all, oldest first."""
    query = select(
        SourceSurveyRow.id, SourceSurveyRow.questionnaire, SourceSurveyRow.name, SourceSurveyRow.prefix
    ).order_by(SourceSurveyRow.id)
    if questionnaire is not None:
        query = query.where(SourceSurveyRow.questionnaire == questionnaire)
    return [SourceSurvey(**row._mapping) for row in tx.execute(query)]


def add_survey(tx: Transaction, *, questionnaire: str, name: str, prefix: str) -> SourceSurvey:
    """Record a source survey that is new."""
    values = {"questionnaire": questionnaire, "name": name, "prefix": prefix}
    number = tx.execute(insert(SourceSurveyRow).values(values).returning(SourceSurveyRow.id)).scalar_one()
    return SourceSurvey(id=number, **values)


def add_revision(tx: Transaction, revision: Revision) -> None:
    """Record what an import said about a response; the response itself is already stored."""
    tx.execute(
        insert(RevisionRow).values(
            batch_id=revision.batch_id,
            survey_id=revision.survey_id,
            source_id=revision.source_id,
            response_id=revision.response.id,
            facts=to_object(revision.facts),
            lacking=to_object(revision.lacking),
            content=to_object(revision.response) if revision.same_as is None else None,
            same_as=revision.same_as,
        )
    )


def revisions(tx: Transaction, response_ids: Iterable[str]) -> dict[str, list[Revision]]:
    """The revisions of these responses that count, by response, oldest import first; repeated content is
    loaded once.
    """
    found: dict[str, list[Revision]] = {}
    names = sorted(set(response_ids))
    columns = [column for column in RevisionRow.__table__.columns if column.name != "content"]
    for start in range(0, len(names), _CHUNK):
        query = (
            select(*columns).join(BatchRow, BatchRow.id == RevisionRow.batch_id).where(BatchRow.withdrawn_at.is_(None))
        )
        rows = (
            tx.execute(
                query.where(RevisionRow.response_id.in_(names[start : start + _CHUNK])).order_by(RevisionRow.batch_id)
            )
            .mappings()
            .all()
        )
        contents = _contents(tx, {row["same_as"] or row["id"] for row in rows})
        for row in rows:
            found.setdefault(row["response_id"], []).append(
                Revision(
                    batch_id=row["batch_id"],
                    survey_id=row["survey_id"],
                    source_id=row["source_id"],
                    facts=from_plain(SourceFacts, row["facts"]),
                    lacking=from_plain(Lacking, row["lacking"]),
                    response=contents[row["same_as"] or row["id"]],
                    id=row["id"],
                    same_as=row["same_as"],
                )
            )
    return found


def _contents(tx: Transaction, numbers: Iterable[int]) -> dict[int, Response]:
    wanted = sorted(numbers)
    found: dict[int, Response] = {}
    for start in range(0, len(wanted), _CHUNK):
        query = select(RevisionRow.id, RevisionRow.content).where(RevisionRow.id.in_(wanted[start : start + _CHUNK]))
        found |= {row.id: from_plain(Response, row.content) for row in tx.execute(query)}
    return found


def known_sources(tx: Transaction, survey_id: int) -> list[KnownSource]:
    """All identifying features ever imported for the responses of a survey, including withdrawn batches, oldest import
    first.
    """
    query = (
        select(RevisionRow.source_id, RevisionRow.response_id, RevisionRow.facts)
        .where(RevisionRow.survey_id == survey_id)
        .order_by(RevisionRow.batch_id)
    )
    return [
        KnownSource(id=row.source_id, response_id=row.response_id, facts=from_plain(SourceFacts, row.facts))
        for row in tx.execute(query)
    ]


def is_revised(tx: Transaction, response_id: str) -> bool:
    """Whether a response came by import, withdrawn or not."""
    return tx.execute(select(RevisionRow.id).where(RevisionRow.response_id == response_id).limit(1)).first() is not None


def is_in_batch(tx: Transaction, response_id: str, batch_id: int) -> bool:
    """Whether a batch has a revision of a response."""
    query = select(RevisionRow.id).where(RevisionRow.response_id == response_id, RevisionRow.batch_id == batch_id)
    return tx.execute(query.limit(1)).first() is not None


def responses_of_batch(tx: Transaction, batch_id: int) -> list[str]:
    """The responses contained in an import."""
    return list(
        tx.execute(
            select(RevisionRow.response_id).where(RevisionRow.batch_id == batch_id).order_by(RevisionRow.response_id)
        ).scalars()
    )


def add_listing(tx: Transaction, listing: Listing) -> None:
    """Record the responses in the file of an import."""
    tx.execute(
        insert(ListingRow).values(
            batch_id=listing.batch_id, survey_id=listing.survey_id, older=listing.older, ids=list(listing.ids)
        )
    )


def latest_listing(tx: Transaction, survey_id: int) -> Listing | None:
    """The listing of the latest import of a survey that counts and was not older than what was known."""
    query = select(ListingRow.batch_id, ListingRow.survey_id, ListingRow.older, ListingRow.ids).join(
        BatchRow, BatchRow.id == ListingRow.batch_id
    )
    query = query.where(ListingRow.survey_id == survey_id, ListingRow.older.is_(False), BatchRow.withdrawn_at.is_(None))
    row = tx.execute(query.order_by(ListingRow.batch_id.desc()).limit(1)).first()
    return (
        None
        if row is None
        else Listing(batch_id=row.batch_id, survey_id=row.survey_id, older=row.older, ids=tuple(row.ids))
    )


def add_formats(tx: Transaction, batch_id: int, survey_id: int, readings: Mapping[tuple[str, FormatKind], str]) -> None:
    """Record how the columns of an import file were read."""
    rows = [[column, kind.value, reading] for (column, kind), reading in sorted(readings.items())]
    tx.execute(insert(FormatRow).values(batch_id=batch_id, survey_id=survey_id, readings=rows))


def formats(tx: Transaction, survey_id: int) -> dict[tuple[str, FormatKind], str]:
    """How the columns of the exports of a survey were read by the imports that count, the latest for each column."""
    query = (
        select(FormatRow.readings)
        .join(BatchRow, BatchRow.id == FormatRow.batch_id)
        .where(FormatRow.survey_id == survey_id)
    )
    found: dict[tuple[str, FormatKind], str] = {}
    for readings in tx.execute(query.where(BatchRow.withdrawn_at.is_(None)).order_by(FormatRow.batch_id)).scalars():
        found |= {(column, FormatKind(kind)): reading for column, kind, reading in cast(list[list[str]], readings)}
    return found


def counted_sources(tx: Transaction, survey_id: int) -> dict[str, str]:
    """The responses that count, by number of the source survey."""
    query = select(RevisionRow.source_id, RevisionRow.response_id).join(
        ResponseRow, ResponseRow.id == RevisionRow.response_id
    )
    query = query.where(RevisionRow.survey_id == survey_id, ResponseRow.withdrawn.is_(False)).distinct()
    return {row.source_id: row.response_id for row in tx.execute(query)}


def versions_by_content(
    tx: Transaction, response: Response, renames: Mapping[str, str] | None = None
) -> dict[str, int]:
    """The version of each answer by column: content seen before has its version again, new content gets the next, which
    is recorded. `renames` maps former columns to present ones.
    """
    known: dict[str, dict[str, int]] = {}
    query = select(AnswerVersionRow.column_name, AnswerVersionRow.version, AnswerVersionRow.digest).where(
        AnswerVersionRow.response_id == response.id
    )
    for row in tx.execute(query):
        known.setdefault((renames or {}).get(row.column_name, row.column_name), {})[row.digest] = row.version
    found: dict[str, int] = {}
    fresh: list[dict[str, object]] = []
    for answer in response.answers:
        before, digest = known.get(answer.column, {}), digest_of(answer)
        found[answer.column] = before.get(digest, max(before.values(), default=0) + 1)
        if digest not in before:
            fresh.append(
                {
                    "response_id": response.id,
                    "column_name": answer.column,
                    "version": found[answer.column],
                    "digest": digest,
                }
            )
    if fresh:
        tx.execute(insert(AnswerVersionRow), fresh)
    return found


def digest_of(answer: Answer) -> str:
    """The hash of what a person sees of an answer; a different hash is a different version."""
    missing = None if answer.missing is None else int(answer.missing)
    offered = [list(answer.not_offered)] if answer.not_offered else []
    raw = [] if answer.raw is None else [answer.raw]
    content = json.dumps(
        [answer.value, missing, list(answer.problems), *offered, *raw], ensure_ascii=False, separators=(",", ":")
    )
    return sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def add_withdrawal(tx: Transaction, act: ResponseWithdrawal) -> bool:
    """Append what somebody did; False when its uuid is known (a repeated sending)."""
    values = {name: getattr(act, name) for name in _WITHDRAWAL}
    return append_act(tx, ResponseWithdrawalRow, values)


def withdrawals(tx: Transaction) -> dict[str, ResponseWithdrawal]:
    """The act in force by response: the latest withdrawal or restoration."""
    latest = select(func.max(ResponseWithdrawalRow.sequence)).group_by(ResponseWithdrawalRow.response_id)
    rows = in_order(tx, ResponseWithdrawalRow, ResponseWithdrawalRow.sequence.in_(latest))
    return {row.response_id: ResponseWithdrawal(**{name: getattr(row, name) for name in _WITHDRAWAL}) for row in rows}
