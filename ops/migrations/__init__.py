"""Two chains of Alembic revisions: `control` for the control schema, and `tenant` for the schema of every tenant.

A revision must not contain the name of a schema. It reads the name from `op.get_context().version_table_schema`. It
must also be renderable as SQL without a database (no queries; changes of data with `op.execute`), because the schema of
a new tenant is created from the rendered chain.

After a change of a table run `haas migrate revision`, which writes the next revision, and commit the result. A revision
that a deployment may have run must not be changed: `frozen.sha256` has its digest.
`tests/ops/migrations/test_migrations.py` compares chains and tables.
"""
