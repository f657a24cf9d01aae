"""The statements that a loaded schema of a tenant needs: its privileges, and the end of what must not come back."""

from collections.abc import Collection, Iterator
from typing import Final

from haas.database import Namespace
from ops.migrations.chains import TENANT, VERSION_TABLE
from tenants.schema_metadata import denied_privileges

_OF_BROWSERS: Final = ("session", "challenge")
"""A session that was ended after the backup must not be open again. The order is that of the foreign keys."""


def revoke_denied(namespace: Namespace, tables: Collection[str]) -> Iterator[str]:
    """Yield the statements that revoke what the tenant's role may not do with the `tables` of its schema."""
    schema, role = namespace.schema, namespace.role
    yield f"REVOKE ALL ON {schema}.{VERSION_TABLE} FROM {role}"
    for table in TENANT.tables.sorted_tables:
        if table.name in tables and (denied := denied_privileges(table)):
            yield f"REVOKE {', '.join(denied)} ON {schema}.{table.name} FROM {role}"


def end_sessions(schema: str, tables: Collection[str]) -> Iterator[str]:
    """Yield the statements that end the sessions of browsers, and the one-time passwords."""
    for table in _OF_BROWSERS:
        if table in tables:
            yield f"DELETE FROM {schema}.{table}"
