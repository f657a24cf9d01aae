"""Two chains of Alembic revisions: `control`, run once, and `tenant`, run over every tenant's schema.

A revision never names a schema: it asks `op.get_context().version_table_schema`. It must also render as SQL without a
database (no reads, data changes as `op.execute`), because a new tenant's schema is made from the rendered chain.

Until revision 0001 is frozen each chain is that single revision, written from the tables: after changing a table run
`haas migrate regenerate` and commit the result. From then on `haas migrate revision` writes the next revision.
`tests/ops/migrations/test_migrations.py` compares chains and tables.
"""
