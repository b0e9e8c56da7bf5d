"""The recipient register: places with their tokens, the history of each, and dispositions set by people (append-only).

Every token that was printed becomes a place, with the name and address of its latest form.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_REFUSAL = "dispositions are only ever added"


def upgrade() -> None:
    """Create the tables and the triggers that keep dispositions append-only; register the recipients of old forms."""
    op.create_table(
        "place",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("further", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_place"),
        sa.UniqueConstraint("place_id", name="uq_place_place_id"),
        sa.UniqueConstraint("token", name="uq_place_token"),
    )
    op.create_table(
        "place_change",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_place_change"),
    )
    op.create_index("ix_place_change_place_id", "place_change", ["place_id"], unique=False)
    _create_dispositions()
    _fill(op.get_bind())


def _create_dispositions() -> None:
    name = "disposition"
    op.create_table(
        name,
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_disposition"),
        sa.UniqueConstraint("uuid", name="uq_disposition_uuid"),
    )
    op.create_index("ix_disposition_token", name, ["token"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {name}_no_{act.lower()} BEFORE {act} ON {name} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION {name}_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} FOR EACH STATEMENT EXECUTE FUNCTION {name}_append_only()"
        )


def _fill(bind: sa.Connection) -> None:
    """A place for each printed token, numbered in the order in which they were first printed."""
    meta = sa.MetaData()
    issued, recipient, place, change = (
        sa.Table(name, meta, autoload_with=bind) for name in ("issued", "recipient", "place", "place_change")
    )
    query = (
        sa.select(issued.c.token, issued.c.printed_at, recipient.c.issued_id, recipient.c.name, recipient.c.address)
        .outerjoin(recipient, recipient.c.issued_id == issued.c.id)
        .where(issued.c.token.is_not(None), issued.c.token != "")
        .order_by(issued.c.id)
    )
    first: dict[str, str] = {}
    latest: dict[str, tuple[str | None, list[str]]] = {}
    for row in bind.execute(query):
        first.setdefault(row.token, row.printed_at)
        if row.issued_id is not None:
            latest[row.token] = (row.name, list(row.address))
    for number, (token, at) in enumerate(first.items(), start=1):
        name, address = latest.get(token, (None, []))
        facts = {"place_id": f"P{number:05}", "token": token, "name": name, "address": address}
        bind.execute(sa.insert(place).values(**facts, carrier="", district="", further=[]))
        bind.execute(
            sa.insert(change).values(
                place_id=facts["place_id"], kind="added", changes={}, source="printed", reviewer="", at=at
            )
        )
