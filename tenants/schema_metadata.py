"""The metadata of the two kinds of schema: the control schema of the deployment, and the schema of one tenant.

No foreign key and no query crosses from one tenant's schema to another, or from a tenant's schema to the control
schema. Times are aware and in UTC. A tenant's schema has no enum or composite types, because a change of such a type
would break statements that a connection has cached.
"""

from typing import Final

from sqlalchemy import DateTime, MetaData, Table
from sqlalchemy.dialects.postgresql import JSONB, UUID

from haas.database.statement import SCHEMA_TOKEN

_NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}

CONTROL_SCHEMA = "control"
control = MetaData(schema=CONTROL_SCHEMA, naming_convention=_NAMES)
tenant = MetaData(schema=SCHEMA_TOKEN, naming_convention=_NAMES)

Moment = DateTime(timezone=True)
Json = JSONB(none_as_null=True)
Uuid = UUID(as_uuid=True)

DENIED_PRIVILEGES: Final = "denied"
"""The key in `Table.info` of the privileges that a tenant's role does not have on the table, such as UPDATE and DELETE.

Default privileges grant SELECT, INSERT, UPDATE and DELETE on every new table to the role
(tenants/provisioning/service.py). The migration that creates the table revokes the privileges listed here
(ops/migrations/privileges.py).
"""


def denied_privileges(table: Table) -> tuple[str, ...]:
    """Return the privileges on `table` that a tenant's role does not have."""
    privileges: tuple[str, ...] = table.info.get(DENIED_PRIVILEGES, ())
    return privileges
