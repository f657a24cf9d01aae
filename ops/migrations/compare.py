"""Compares a schema that a chain has upgraded with the declared tables."""

from typing import Any

from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text

from ops.migrations.chains import VERSION_TABLE, Chain

# Alembic does not compare CHECK constraints and conditions of indexes. The catalogue of the server has them.
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


def tables_in_schema(tables: MetaData, schema: str) -> MetaData:
    """Return a copy of the tables, declared in `schema`."""
    copy = MetaData(naming_convention=tables.naming_convention)
    for table in tables.sorted_tables:
        table.to_metadata(copy, schema=schema)
    return copy


def differences(connection: Connection, chain: Chain, schema: str) -> list[Any]:
    """Return the differences that Alembic finds between `schema` and the tables of the chain."""
    return list(compare_metadata(_context(connection, schema), tables_in_schema(chain.tables, schema)))


def operations(connection: Connection, chain: Chain, schema: str) -> MigrationScript:
    """Return the operations that change `schema` to the tables of the chain, as far as Alembic finds differences."""
    return produce_migrations(_context(connection, schema), tables_in_schema(chain.tables, schema))


def describe_schema(connection: Connection, schema: str) -> list[str]:
    """Return the definitions of columns, constraints and indexes of `schema`, without the name of the schema."""
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
