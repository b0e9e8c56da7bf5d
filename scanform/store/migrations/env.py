"""Runs migrations on the connection that `scanform.store.engine` hands over, inside its transaction."""

from alembic import context

from scanform.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=False,
    render_as_batch=True,
)
context.run_migrations()
