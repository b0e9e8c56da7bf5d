"""Releases of the data set: asked for, given, refused; append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_REFUSAL = "releases are only ever added"


def upgrade() -> None:
    """Create the table and the triggers that keep it append-only."""
    op.create_table(
        "release",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_release"),
        sa.UniqueConstraint("uuid", name="uq_release_uuid"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f'CREATE TRIGGER release_no_{act.lower()} BEFORE {act} ON "release" BEGIN SELECT RAISE(ABORT, '
                f"'{_REFUSAL}'); END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION release_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            f"'{_REFUSAL}'; END $$"
        )
        op.execute(
            'CREATE TRIGGER release_no_change BEFORE UPDATE OR DELETE ON "release" FOR EACH ROW EXECUTE FUNCTION '
            "release_append_only()"
        )
        op.execute(
            'CREATE TRIGGER release_no_truncate BEFORE TRUNCATE ON "release" FOR EACH STATEMENT EXECUTE FUNCTION '
            "release_append_only()"
        )
