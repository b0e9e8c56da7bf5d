"""An online response is what its revisions say: source surveys, what each import said, which contents had which
version, single withdrawals.

What is known of online responses becomes their first revision, under a source survey that has the questionnaire's name.
"""

import json
from collections.abc import Mapping
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_REFUSAL = "withdrawals are only ever added"
_ONLINE = "online-"
_NOT_IN_VERSION = -5


def upgrade() -> None:
    """Create the tables, and the trigger that keeps withdrawals append-only; turn known online responses into
    revisions.
    """
    _create()
    _create_withdrawals()
    _fill(op.get_bind())


def _create() -> None:
    op.create_table(
        "source_survey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("questionnaire", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_source_survey"),
        sa.UniqueConstraint("prefix", name="uq_source_survey_prefix"),
        sa.UniqueConstraint("questionnaire", "name", name="uq_source_survey_questionnaire"),
    )
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("lacking", sa.JSON(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("same_as", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_revision_batch_id"),
        sa.ForeignKeyConstraint(["survey_id"], ["source_survey.id"], name="fk_revision_survey_id"),
        sa.ForeignKeyConstraint(["same_as"], ["revision.id"], name="fk_revision_same_as"),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sa.UniqueConstraint("batch_id", "response_id", name="uq_revision_batch_id"),
    )
    op.create_index("ix_revision_survey_id", "revision", ["survey_id"], unique=False)
    op.create_index("ix_revision_response_id", "revision", ["response_id"], unique=False)
    op.create_table(
        "listing",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("older", sa.Boolean(), nullable=False),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_listing_batch_id"),
        sa.ForeignKeyConstraint(["survey_id"], ["source_survey.id"], name="fk_listing_survey_id"),
        sa.PrimaryKeyConstraint("batch_id", name="pk_listing"),
    )
    op.create_index("ix_listing_survey_id", "listing", ["survey_id"], unique=False)
    op.create_table(
        "answer_version",
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("response_id", "column_name", "version", name="pk_answer_version"),
    )


def _create_withdrawals() -> None:
    op.create_table(
        "response_withdrawal",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_response_withdrawal"),
        sa.UniqueConstraint("uuid", name="uq_response_withdrawal_uuid"),
    )
    op.create_index("ix_response_withdrawal_response_id", "response_withdrawal", ["response_id"], unique=False)
    name = "response_withdrawal"
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {name}_no_{act.lower()} BEFORE {act} ON {name} BEGIN SELECT RAISE(ABORT, "
                f"'{_REFUSAL}'); END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            f"'{_REFUSAL}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION "
            f"{name}_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} FOR EACH STATEMENT EXECUTE FUNCTION "
            f"{name}_append_only()"
        )


def _fill(bind: sa.Connection) -> None:
    meta = sa.MetaData()
    batch, response, answer = (sa.Table(name, meta, autoload_with=bind) for name in ("batch", "response", "answer"))
    survey, revisions, versions = (
        sa.Table(name, meta, autoload_with=bind) for name in ("source_survey", "revision", "answer_version")
    )
    imported = (
        sa.select(response)
        .join(batch, batch.c.id == response.c.batch_id)
        .where(batch.c.kind == "digital", response.c.channel == "online")
    )
    surveys: dict[tuple[str, str], int] = {}
    for row in bind.execute(imported.order_by(response.c.id)).mappings().all():
        prefix = next(
            (found for found in (f"{_ONLINE}{row['questionnaire']}-", _ONLINE) if row["id"].startswith(found)), None
        )
        if prefix is None:
            continue
        key = (row["questionnaire"], prefix)
        if key not in surveys:
            if any(
                known == prefix for _, known in surveys
            ):  # two questionnaires under one prefix: never written, and never mixed up
                continue
            name = (
                row["questionnaire"]
                if all(code != row["questionnaire"] for code, _ in surveys)
                else f"{row['questionnaire']}-2"
            )
            values = {"questionnaire": row["questionnaire"], "name": name, "prefix": prefix}
            surveys[key] = bind.execute(sa.insert(survey).values(values).returning(survey.c.id)).scalar_one()
        answers = (
            bind.execute(sa.select(answer).where(answer.c.response_id == row["id"]).order_by(answer.c.position))
            .mappings()
            .all()
        )
        gone = [one["column_name"] for one in answers if one["missing"] == _NOT_IN_VERSION]
        stored = {
            "batch_id": row["batch_id"],
            "survey_id": surveys[key],
            "source_id": row["id"].removeprefix(prefix),
            "response_id": row["id"],
            "facts": {"token": row["token"]} if row["token"] else {},
            "lacking": {"columns": gone} if gone else {},
            "content": _content(row, [_answer(one) for one in answers]),
        }
        bind.execute(sa.insert(revisions).values(stored))
        if answers:
            rows = [
                {
                    "response_id": row["id"],
                    "column_name": a["column_name"],
                    "version": a["version"],
                    "digest": _digest(a),
                }
                for a in answers
            ]
            bind.execute(sa.insert(versions), rows)


def _content(row: sa.RowMapping, answers: list[dict[str, object]]) -> dict[str, object]:
    names = (
        "id",
        "questionnaire",
        "version",
        "channel",
        "token",
        "place_id",
        "received_at",
        "complete",
        "pages_missing",
        "problems",
    )
    return _told({name: row[name] for name in names} | {"answers": answers})


def _answer(row: sa.RowMapping) -> dict[str, object]:
    names = (
        "question",
        "kind",
        "value",
        "confidence",
        "status",
        "option",
        "missing",
        "reader",
        "page",
        "evidence",
        "candidates",
        "problems",
    )
    return _told({name: row[name] for name in names})


def _told(plain: Mapping[str, object]) -> dict[str, object]:
    """Absent values and empty lists are left out."""
    return {name: value for name, value in plain.items() if value is not None and value != []}


def _digest(row: sa.RowMapping) -> str:
    content = json.dumps(
        [row["value"], row["missing"], list(row["problems"])], ensure_ascii=False, separators=(",", ":")
    )
    return sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
