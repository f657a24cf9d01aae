"""Two chains of Alembic revisions: `control`, run once, and `tenant`, run over every tenant's schema.

A revision never names a schema: it asks `op.get_context().version_table_schema`. It must also render as SQL without a
database (no reads, data changes as `op.execute`), because a new tenant's schema is made from the rendered chain.

Until the first release each chain is a single revision, written from the tables: after changing a table run
`haas migrate regenerate` and commit the result. `tests/ops/migrations/test_migrations.py` checks that
chains and tables agree.
"""
