"""Two chains of Alembic revisions: `control` for the control schema, and `tenant` for the schema of every tenant.

A revision must not contain the name of a schema. It reads the name from `op.get_context().version_table_schema`. It
must also be renderable as SQL without a database (no queries; changes of data with `op.execute`), because the schema of
a new tenant is created from the rendered chain.

Until revision 0001 is frozen, it is the only revision of each chain and is generated from the tables: after a change of
a table run `haas migrate regenerate` and commit the result. Once it is frozen, `haas migrate revision` writes the next
revision. `tests/ops/migrations/test_migrations.py` compares chains and tables.
"""
