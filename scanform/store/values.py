"""Responses, answers, decisions and links as rows. Each function works inside the caller's transaction."""

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, RowMapping, bindparam, delete, distinct, func, insert, select, update

from scanform.model.problem import Problem
from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate
from scanform.model.response import Answer, Channel, Evidence, Missing, Response, Status
from scanform.model.review import Decision, DecisionKind
from scanform.store.acts.append import append_act, in_order, last_number
from scanform.store.codec import from_list, from_plain, to_list, to_object
from scanform.store.engine import Transaction, insert_new
from scanform.store.records import Link
from scanform.store.tables import AnswerRow, DecisionRow, LinkRow, ResponseRow

_MACHINE_VALUE = ("value", "missing", "problems", "not_offered", "raw")
"""Fields whose change makes an answer a new version: a person who reviewed the old one has not seen the new one."""


def load_responses(
    tx: Transaction, *, questionnaire: str | None = None, response_id: str | None = None
) -> list[Response]:
    """Responses that count, in order of id, with values as stored."""
    query = select(ResponseRow).where(ResponseRow.withdrawn.is_(False)).order_by(ResponseRow.id)
    answers = (
        select(AnswerRow)
        .join(ResponseRow, ResponseRow.id == AnswerRow.response_id)
        .order_by(AnswerRow.response_id, AnswerRow.position)
    )
    answers = answers.where(ResponseRow.withdrawn.is_(False))
    if questionnaire is not None:
        query, answers = (
            query.where(ResponseRow.questionnaire == questionnaire),
            answers.where(ResponseRow.questionnaire == questionnaire),
        )
    if response_id is not None:
        query, answers = query.where(ResponseRow.id == response_id), answers.where(ResponseRow.id == response_id)
    found: dict[str, list[Answer]] = {}
    for row in tx.execute(answers):
        found.setdefault(row.response_id, []).append(_answer(row._mapping))
    return [_response(row._mapping, tuple(found.get(row.id, ()))) for row in tx.execute(query)]


def questionnaires_by_response(tx: Transaction) -> dict[str, str]:
    """The questionnaire of each response by id, including withdrawn ones: the names taken, and for what."""
    return {row.id: row.questionnaire for row in tx.execute(select(ResponseRow.id, ResponseRow.questionnaire))}


def counting(tx: Transaction, response_ids: Iterable[str]) -> frozenset[str]:
    """Those of these responses that count: not withdrawn."""
    query = select(ResponseRow.id).where(ResponseRow.id.in_(sorted(response_ids)), ResponseRow.withdrawn.is_(False))
    return frozenset(tx.execute(query).scalars())


def _response(row: RowMapping, answers: tuple[Answer, ...]) -> Response:
    return Response(
        id=row["id"],
        questionnaire=row["questionnaire"],
        version=row["version"],
        channel=Channel(row["channel"]),
        answers=answers,
        token=row["token"],
        place_id=row["place_id"],
        received_at=row["received_at"],
        complete=row["complete"],
        pages_missing=tuple(row["pages_missing"]),
        problems=from_list(Problem, row["problems"]),
    )


def _answer(row: RowMapping) -> Answer:
    return Answer(
        question=row["question"],
        kind=QuestionKind(row["kind"]),
        value=row["value"],
        confidence=row["confidence"],
        status=Status(row["status"]),
        option=row["option"],
        missing=None if row["missing"] is None else Missing(row["missing"]),
        reader=row["reader"],
        page=row["page"],
        evidence=None if row["evidence"] is None else from_plain(Evidence, row["evidence"]),
        candidates=from_list(Candidate, row["candidates"]),
        problems=tuple(row["problems"]),
        not_offered=tuple(row["not_offered"] or ()),
        raw=row["raw"],
    )


def save_response(
    tx: Transaction, response: Response, *, batch_id: int | None, versions: Mapping[str, int] | None = None
) -> None:
    """Store or replace a response. An answer with a changed machine value gets the next version, or the one given by
    `versions`; decisions stay.
    """
    values = _response_values(response, batch_id)
    if insert_new(tx, ResponseRow, {"id": response.id} | values, ResponseRow.id) is None:
        tx.execute(update(ResponseRow).where(ResponseRow.id == response.id).values(values))
    stored = tx.execute(select(AnswerRow.__table__).where(AnswerRow.response_id == response.id))
    known = {row["column_name"]: row for row in stored.mappings()}
    fresh: list[dict[str, object]] = []
    changed: list[dict[str, object]] = []
    for position, answer in enumerate(response.answers):
        given = None if versions is None else versions.get(answer.column)
        row = _answer_values(answer) | {"position": position, "version": given or 1}
        old = known.pop(answer.column, None)
        if old is None:
            fresh.append(row | {"response_id": response.id, "column_name": answer.column})
            continue
        row["version"] = given or old["version"] + any(old[name] != row[name] for name in _MACHINE_VALUE)
        if any(old[name] != item for name, item in row.items()):
            changed.append(row | {"key": answer.column})
    if fresh:
        tx.execute(insert(AnswerRow), fresh)
    if changed:
        tx.execute(
            update(AnswerRow).where(AnswerRow.response_id == response.id, AnswerRow.column_name == bindparam("key")),
            changed,
        )
    if known:
        tx.execute(delete(AnswerRow).where(AnswerRow.response_id == response.id, AnswerRow.column_name.in_(known)))


def _response_values(response: Response, batch_id: int | None) -> dict[str, object]:
    return {
        "questionnaire": response.questionnaire,
        "version": response.version,
        "channel": response.channel.value,
        "token": response.token,
        "place_id": response.place_id,
        "received_at": response.received_at,
        "complete": response.complete,
        "pages_missing": list(response.pages_missing),
        "problems": to_list(response.problems),
        "batch_id": batch_id,
        "withdrawn": False,
    }


def _answer_values(answer: Answer) -> dict[str, object]:
    return {
        "question": answer.question,
        "option": answer.option,
        "kind": answer.kind.value,
        "value": answer.value,
        "confidence": float(answer.confidence),
        "status": answer.status.value,
        "missing": None if answer.missing is None else int(answer.missing),
        "reader": answer.reader,
        "page": answer.page,
        "evidence": None if answer.evidence is None else to_object(answer.evidence),
        "candidates": to_list(answer.candidates),
        "problems": list(answer.problems),
        "not_offered": list(answer.not_offered) or None,
        "raw": answer.raw,
    }


def set_response_withdrawn(tx: Transaction, response_id: str, withdrawn: bool) -> None:
    """Withdraw a response or restore it."""
    tx.execute(update(ResponseRow).where(ResponseRow.id == response_id).values(withdrawn=withdrawn))


def set_batch_responses_withdrawn(tx: Transaction, batch_id: int, withdrawn: bool, *, but_channel: Channel) -> None:
    """The same for all responses of a batch, except those of one channel."""
    tx.execute(
        update(ResponseRow)
        .where(ResponseRow.batch_id == batch_id, ResponseRow.channel != but_channel.value)
        .values(withdrawn=withdrawn)
    )


def versions(tx: Transaction, response_id: str) -> dict[str, int]:
    """The version of each answer, by column."""
    return {
        row.column_name: row.version
        for row in tx.execute(
            select(AnswerRow.column_name, AnswerRow.version).where(AnswerRow.response_id == response_id)
        )
    }


def reasons(tx: Transaction, response_id: str) -> dict[str, tuple[str, ...]]:
    """The reasons for review of each answer, by column."""
    query = select(AnswerRow.column_name, AnswerRow.problems).where(AnswerRow.response_id == response_id)
    return {row.column_name: tuple(row.problems) for row in tx.execute(query)}


def all_versions(tx: Transaction) -> dict[str, dict[str, int]]:
    """The versions of all answers, by response and column."""
    found: dict[str, dict[str, int]] = {}
    for row in tx.execute(select(AnswerRow.response_id, AnswerRow.column_name, AnswerRow.version)):
        found.setdefault(row.response_id, {})[row.column_name] = row.version
    return found


def decisions(tx: Transaction, response_id: str | None = None) -> list[Decision]:
    """Decisions in order of arrival."""
    return _decisions(tx) if response_id is None else _decisions(tx, DecisionRow.response_id == response_id)


def decisions_after(tx: Transaction, sequence: int) -> list[Decision]:
    """Decisions that arrived after the one with this number."""
    return _decisions(tx, DecisionRow.sequence > sequence)


def last_decision(tx: Transaction) -> int:
    """The number of the latest decision, 0 when there is none."""
    return last_number(tx, DecisionRow)


def number_of(tx: Transaction, uuid: str) -> int:
    """The number of a decision, 0 when there is none with this uuid."""
    return tx.execute(select(DecisionRow.sequence).where(DecisionRow.uuid == uuid)).scalar() or 0


def author_of(tx: Transaction, uuid: str) -> str | None:
    """Who made the decision with this uuid, None when there is none."""
    return tx.execute(select(DecisionRow.reviewer).where(DecisionRow.uuid == uuid)).scalar()


def _decisions(tx: Transaction, *conditions: ColumnElement[bool]) -> list[Decision]:
    return [
        Decision(
            uuid=row.uuid,
            item=row.item,
            version=row.version,
            reviewer=row.reviewer,
            kind=DecisionKind(row.kind),
            from_value=row.from_value,
            to_value=row.to_value,
            at=row.at,
            undoes=row.undoes,
        )
        for row in in_order(tx, DecisionRow, *conditions)
    ]


def decided_forms(tx: Transaction) -> int:
    """Number of forms with a decision by anybody."""
    return tx.execute(select(func.count(distinct(DecisionRow.response_id)))).scalar_one()


def decided_items(tx: Transaction, reviewer: str) -> list[str]:
    """The values that somebody has decided, postponed or undone, each once."""
    return list(tx.execute(select(DecisionRow.item).where(DecisionRow.reviewer == reviewer).distinct()).scalars())


def add_decision(tx: Transaction, decision: Decision) -> bool:
    """Append a decision; False when its uuid is known (a repeated sending)."""
    values = {
        "uuid": decision.uuid,
        "item": decision.item,
        "response_id": decision.item.rpartition("/")[0],
        "version": decision.version,
        "reviewer": decision.reviewer,
        "kind": decision.kind.value,
        "from_value": decision.from_value,
        "to_value": decision.to_value,
        "at": decision.at,
        "undoes": decision.undoes,
    }
    return append_act(tx, DecisionRow, values)


def add_links(tx: Transaction, links: Iterable[Link]) -> int:
    """Record new links; returns their number."""
    values = (
        {
            "first": link.first,
            "second": link.second,
            "rule": link.rule,
            "probability": link.probability,
            "linked_at": link.at,
        }
        for link in links
    )
    return sum(insert_new(tx, LinkRow, value, LinkRow.id) is not None for value in values)


def replace_links(tx: Transaction, links: Iterable[Link]) -> None:
    """Replace the links of the previous merge by those of a new one."""
    tx.execute(delete(LinkRow))
    add_links(tx, links)


def links(tx: Transaction) -> list[Link]:
    """All links, oldest first."""
    rows = tx.execute(
        select(LinkRow.first, LinkRow.second, LinkRow.rule, LinkRow.probability, LinkRow.linked_at).order_by(LinkRow.id)
    )
    return [
        Link(first=row.first, second=row.second, rule=row.rule, probability=row.probability, at=row.linked_at)
        for row in rows
    ]
