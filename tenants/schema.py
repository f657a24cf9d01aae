"""The two schemas: what the deployment knows of its tenants, and what one tenant owns.

No foreign key and no query crosses from one tenant's schema to another, or between a tenant's and the control schema.
Times are aware and in UTC. There are no enum or composite types in a tenant's schema: a cached statement would break
when they change.
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

DENIED: Final = "denied"
"""In `Table.info`: the privileges on the table that a tenant's role does not have, such as UPDATE and DELETE.

Default privileges give the role all four on every new table (tenants/provisioning/service.py). The migration that makes
the table takes these away again (ops/migrations/privileges.py).
"""


def denied(table: Table) -> tuple[str, ...]:
    """Return the privileges on `table` that a tenant's role does not have."""
    privileges: tuple[str, ...] = table.info.get(DENIED, ())
    return privileges
