"""Comparing what a chain has made of a schema with the tables as they are declared."""

from typing import Any

from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text

from ops.migrations.chains import VERSION_TABLE, Chain

# Alembic compares no CHECK constraints and not all of an index: the server's own description says what it misses.
_CATALOGUE = text(
    """
    SELECT format('column %s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                  CASE WHEN a.attnotnull THEN ' NOT NULL' END, ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid))
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
       AND c.relname <> :version
    UNION ALL
    SELECT format('constraint %s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
     WHERE connamespace = to_regnamespace(:schema) AND conrelid::regclass::text NOT LIKE '%' || :version
    UNION ALL
    SELECT indexdef FROM pg_indexes WHERE schemaname = :schema AND tablename <> :version
    """
)


def moved(tables: MetaData, schema: str) -> MetaData:
    """Return the tables as they would be declared in `schema`."""
    copy = MetaData(naming_convention=tables.naming_convention)
    for table in tables.sorted_tables:
        table.to_metadata(copy, schema=schema)
    return copy


def differences(connection: Connection, chain: Chain, schema: str) -> list[Any]:
    """Return what Alembic sees differ between `schema` and the chain's tables."""
    return list(compare_metadata(_context(connection, schema), moved(chain.tables, schema)))


def operations(connection: Connection, chain: Chain, schema: str) -> MigrationScript:
    """Return the operations that make the chain's tables of `schema`, as far as Alembic sees."""
    return produce_migrations(_context(connection, schema), moved(chain.tables, schema))


def catalogue(connection: Connection, schema: str) -> list[str]:
    """Return what the tables of `schema` are made of, as the server describes it, without the schema's name."""
    rows = connection.execute(_CATALOGUE, {"schema": schema, "version": VERSION_TABLE}).scalars()
    return sorted(row.replace(f"{schema}.", "") for row in rows)


def _context(connection: Connection, schema: str) -> MigrationContext:
    def included(name: str | None, kind: str, _parents: object) -> bool:
        return name == schema if kind == "schema" else name != VERSION_TABLE

    options = {
        "include_schemas": True,
        "include_name": included,
        "compare_type": True,
        "compare_server_default": True,
        "version_table_schema": schema,
    }
    return MigrationContext.configure(connection, opts=options)
