"""Accounts, logins in browsers, and the security log, which is append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_REFUSAL = "the security log is only ever added to"


def upgrade() -> None:
    """Create the tables and close the log."""
    _accounts()
    _sessions()
    _events()
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER account_event_no_{act.lower()} BEFORE {act} ON account_event BEGIN SELECT "
                f"RAISE(ABORT, '{_REFUSAL}'); END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION account_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            f"'{_REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER account_event_no_change BEFORE UPDATE OR DELETE ON account_event FOR EACH ROW EXECUTE "
            "FUNCTION account_event_append_only()"
        )
        op.execute(
            "CREATE TRIGGER account_event_no_truncate BEFORE TRUNCATE ON account_event FOR EACH STATEMENT EXECUTE "
            "FUNCTION account_event_append_only()"
        )


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("uniquifier", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("totp", sa.Text(), nullable=True),
        sa.Column("totp_counter", sa.Integer(), nullable=False),
        sa.Column("recovery", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("invited", sa.Text(), nullable=True),
        sa.Column("invited_until", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        *(
            sa.UniqueConstraint(name, name=f"uq_account_{name}")
            for name in ("name_key", "email_key", "subject", "uniquifier", "invited")
        ),
    )


def _sessions() -> None:
    op.create_table(
        "web_session",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_web_session"),
        sa.UniqueConstraint("key", name="uq_web_session_key"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_web_session_account_id"),
    )
    op.create_index("ix_web_session_account_id", "web_session", ["account_id"])


def _events() -> None:
    op.create_table(
        "account_event",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_account_event"),
    )
