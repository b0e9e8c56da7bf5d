"""A chain of hashes over decisions and placements; append-only. What is there already is sealed as it stands."""

import sqlalchemy as sa
from alembic import op

from scanform.store.acts.seals import seal_everything

revision = "0003"
down_revision = "0002"

_REFUSAL = "seals are only ever added"


def upgrade() -> None:
    """Create the table, seal what is there, then close it."""
    op.create_table(
        "seal",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_seal"),
        sa.UniqueConstraint("kind", "sequence", name="uq_seal_kind"),
    )
    seal_everything(op.get_bind())
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER seal_no_{act.lower()} BEFORE {act} ON seal BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); "
                f"END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION seal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            f"'{_REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER seal_no_change BEFORE UPDATE OR DELETE ON seal FOR EACH ROW EXECUTE FUNCTION "
            "seal_append_only()"
        )
        op.execute(
            "CREATE TRIGGER seal_no_truncate BEFORE TRUNCATE ON seal FOR EACH STATEMENT EXECUTE FUNCTION "
            "seal_append_only()"
        )
