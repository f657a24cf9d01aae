"""Empty tenants that tests use one after another: making and removing one takes ten times as long as emptying it."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

import asyncpg

from ops.deployment import Deployment
from ops.migrations.cluster import with_database
from tenants.keys.creation import NewSigningKey
from tenants.registry.errors import UnknownTenant
from tenants.registry.models import Tenant
from tenants.schema_metadata import CONTROL_SCHEMA
from tenants.tables import tenant as tenant_metadata

TABLES = [table.name for table in tenant_metadata.tables.values()]


class _State(NamedTuple):
    """What a test can leave of a tenant."""

    filled: frozenset[str]
    """The tables that have rows."""
    rest: str
    """A digest of everything else that a test can change, and of the rows that every new tenant has."""


class SpareTenants:
    """The spare tenants of one deployment.

    After a test, the rows that it added are deleted. If it changed anything else, such as the tenant's settings, keys,
    privileges or tables, or if it added an entry to the provider's audit trail, its tenant is removed.
    What Valkey and the caches of processes hold for the id of a tenant is kept.
    """

    def __init__(
        self, deployment: Deployment, superuser: asyncpg.Connection, keys: Iterator[Sequence[NewSigningKey]]
    ) -> None:
        """`superuser` is a connection to the database of the deployment, on which no other code works."""
        self._deployment, self._superuser, self._keys = deployment, superuser, keys
        self._spare: list[tuple[Tenant, _State]] = []

    @classmethod
    @asynccontextmanager
    async def open(
        cls, deployment: Deployment, superuser_url: str, keys: Iterator[Sequence[NewSigningKey]]
    ) -> AsyncIterator["SpareTenants"]:
        """Yield the spare tenants of a deployment. None is made before the first one is borrowed."""
        connection = await asyncpg.connect(with_database(superuser_url, deployment.settings.role_prefix))
        try:
            # Rows are deleted in any order, and no trigger refuses it.
            await connection.execute("SET session_replication_role = replica")
            yield cls(deployment, connection, keys)
        finally:
            await connection.close()

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[Tenant]:
        """Yield a tenant that nobody else has until the block ends, and that is as a new one."""
        tenant, new = self._spare.pop() if self._spare else await self._make()
        # The tenant contains the Register's addresses, which tests of an application change for the whole deployment.
        tenant = await self._deployment.administration.find(tenant.slug)
        yield tenant
        if await self._restore(tenant, new):
            self._spare.append((tenant, new))
        else:
            with suppress(UnknownTenant):
                await self._deployment.administration.remove(tenant.slug, actor="tests")

    async def _make(self) -> tuple[Tenant, _State]:
        tenant = await self._deployment.new_tenant(signing_keys=next(self._keys))
        filled = await self._filled(tenant)
        return tenant, _State(filled, await self._rest(tenant, filled))

    async def _restore(self, tenant: Tenant, new: _State) -> bool:
        """Delete the rows that were added. Return whether the tenant is as a new one again."""
        try:
            added = await self._filled(tenant) - new.filled
            if await self._rest(tenant, new.filled) != new.rest:
                return False
        except asyncpg.UndefinedTableError:  # the test has removed the tenant or a table
            return False
        if added:
            await self._superuser.execute(
                ";".join(f"DELETE FROM {tenant.namespace.schema}.{name}" for name in sorted(added))
            )
        return True

    async def _filled(self, tenant: Tenant) -> frozenset[str]:
        schema = tenant.namespace.schema
        statement = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {schema}.{name})" for name in TABLES)
        return frozenset(row[0] for row in await self._superuser.fetch(statement))

    async def _rest(self, tenant: Tenant, filled: frozenset[str]) -> str:
        schema, role, control = tenant.namespace.schema, tenant.namespace.role, CONTROL_SCHEMA
        parts = (
            f"SELECT brand::text FROM {control}.brand WHERE id = $1",
            f"SELECT host::text FROM {control}.host WHERE brand_id = $1",
            f"SELECT theme_version::text FROM {control}.theme_version WHERE brand_id = $1",
            f"SELECT theme_file::text FROM {control}.theme_file WHERE brand_id = $1",
            f"SELECT brand_participant::text FROM {control}.brand_participant WHERE brand_id = $1",
            (
                f"SELECT market_participant::text FROM {control}.market_participant"
                f" JOIN {control}.brand USING (retailer_id) WHERE brand.id = $1"
            ),
            f"SELECT audit::text FROM {control}.audit WHERE subject = $2",
            f"SELECT provision_request::text FROM {control}.provision_request WHERE strpos(subject, $2) > 0",
            (
                "SELECT concat_ws(' ', oid, relname, relowner, relacl::text, relnatts, relchecks, reloptions::text)"
                f" FROM pg_class WHERE relnamespace = '{schema}'::regnamespace"
            ),
            (
                f"SELECT pg_trigger::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
                f" WHERE relnamespace = '{schema}'::regnamespace"
            ),
            f"SELECT pg_namespace::text FROM pg_namespace WHERE nspname = '{schema}'",
            f"SELECT pg_auth_members::text FROM pg_auth_members WHERE '{role}'::regrole IN (roleid, member)",
            f"SELECT pg_db_role_setting::text FROM pg_db_role_setting WHERE setrole = '{role}'::regrole",
            f"SELECT version_num FROM {schema}.alembic_version",
            *(f"SELECT concat('{name}', row::text) FROM {schema}.{name} AS row" for name in sorted(filled)),
        )
        rest: str = await self._superuser.fetchval(
            f"SELECT md5(string_agg(part, ',' ORDER BY part)) FROM ({' UNION ALL '.join(parts)}) AS parts (part)",
            tenant.id,
            tenant.slug,
        )
        return rest
