"""Reasons are a list: why a person should look at an answer, and at a zone that was read. What stood alone is the
first of its list.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_ROWS = 500
"""Readings that are held in memory at once; each has some 20 kB."""


def upgrade() -> None:
    """Answers get a column with a list, readings of pages lists in their content."""
    op.add_column("answer", sa.Column("problems", sa.JSON(), nullable=False, server_default="[]"))
    answer = sa.table("answer", sa.column("problem", sa.Text), sa.column("problems", sa.JSON))
    bind = op.get_bind()
    for slug in (
        bind.execute(sa.select(answer.c.problem).where(answer.c.problem.is_not(None)).distinct()).scalars().all()
    ):
        bind.execute(sa.update(answer).where(answer.c.problem == slug).values(problems=slug.split()))
    op.drop_column("answer", "problem")
    _readings(bind)


def _readings(bind: sa.Connection) -> None:
    reading = sa.table("reading", sa.column("id", sa.Integer), sa.column("content", sa.JSON(none_as_null=True)))
    numbers = (
        bind.execute(sa.select(reading.c.id).where(reading.c.content.is_not(None)).order_by(reading.c.id))
        .scalars()
        .all()
    )
    for start in range(0, len(numbers), _ROWS):
        rows = bind.execute(
            sa.select(reading.c.id, reading.c.content).where(reading.c.id.in_(numbers[start : start + _ROWS]))
        ).all()
        changed = [
            {
                "key": row.id,
                "content": {**row.content, "fields": [_field(field) for field in row.content.get("fields", ())]},
            }
            for row in rows
        ]
        bind.execute(sa.update(reading).where(reading.c.id == sa.bindparam("key")), changed)


def _field(field: dict[str, object]) -> dict[str, object]:
    """A zone with its reason as a list."""
    kept = {name: value for name, value in field.items() if name != "problem"}
    return kept | {"problems": str(field["problem"]).split()} if field.get("problem") else kept
