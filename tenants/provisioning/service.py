"""Creating a tenant completely or not at all: role, schema, tables, grants, keys, hosts and theme.

On the main node, which also has the control schema, this is one transaction. On another node there are three. The first
commits the tenant's row in the registry with the state `preparing`, in which the tenant is not served. Then one
transaction on each of the two servers does the rest. If they are interrupted, every tenant schema on the node has a row
in the registry, and `haas tenant remove` removes the schema and the row.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import msgspec
from sqlalchemy.exc import IntegrityError

from haas.clock import Clock
from haas.database import Database, Namespace, Transaction
from haas.errors import HaasError
from haas.jose import Sealer
from haas.settings import MAIN_NODE, Settings
from tenants.clients.cdr_register import add_cdr_register_client
from tenants.keys.creation import NewSigningKey, create_keys, generate_signing_keys
from tenants.provisioning.owner import owner_transaction, registry_and_tenant
from tenants.provisioning.theme_versions import record_published, require_files
from tenants.registry import store
from tenants.registry.errors import InvalidNode, TenantExists, TenantIncomplete, UnknownRegisterEnvironment
from tenants.registry.models import NewTenant, Tenant
from tenants.registry.names import Hosts, Roles, checked_name, checked_slug, tenant_schema

logger = logging.getLogger(__name__)

SCHEMA_PLACEHOLDER = "__tenant_schema__"


def role_statements(roles: Roles, role: str) -> tuple[str, ...]:
    """Return the statements that create the role of a tenant. Every name was validated and needs no quoting."""
    return (
        # The provisioning login may create roles; the owner of the objects may not.
        "SET LOCAL ROLE NONE",
        f"CREATE ROLE {role} NOLOGIN",
        # Without INHERIT FALSE these logins could read this tenant without setting a role.
        f"GRANT {role} TO {roles.app}, {roles.operator} WITH INHERIT FALSE, SET TRUE",
    )


def schema_statements(roles: Roles, namespace: Namespace) -> tuple[str, ...]:
    """Return the statements that create the empty schema of a tenant. Its role may use each table made after them."""
    schema, role = namespace.schema, namespace.role
    return (
        "SET LOCAL ROLE NONE",
        f"CREATE SCHEMA {schema} AUTHORIZATION {roles.owner}",
        f"SET LOCAL ROLE {roles.owner}",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    )


class Provisioner:
    """Creates tenants with the provisioning login.

    `script` is the SQL of all tenant migrations for a schema named SCHEMA_PLACEHOLDER, so that one round trip creates
    all tables. `owner` is a Database that was opened with the owner's URLs.
    """

    def __init__(self, owner: Database, settings: Settings, sealer: Sealer, clock: Clock, script: str) -> None:
        """No connection is opened before the first call."""
        self._owner = owner
        self._settings = settings
        self._sealer = sealer
        self._clock = clock
        self._script = script
        self._roles = Roles(settings.role_prefix)

    async def create(
        self,
        new: NewTenant,
        *,
        actor: str,
        signing_keys: Sequence[NewSigningKey] | None = None,
        tenant_id: UUID | None = None,
    ) -> Tenant:
        """Create a tenant and return it. `tenant_id` is its id; by default a new one.

        `signing_keys` are keys that the caller made with `generate_signing_keys`. If None, new keys are generated.

        Raise InvalidSlug, InvalidName, InvalidHost, TenantExists, UnknownRegisterEnvironment or InvalidNode: then
        nothing was created. Raise TenantIncomplete if it is unknown whether the last two transactions were committed.
        """
        namespace = Namespace(tenant_schema(checked_slug(new.slug)), self._roles.tenant(new.slug), new.node)
        checked_name(new.name)
        checked_name(new.retailer)
        keys = signing_keys or generate_signing_keys()
        tenant_id, now = tenant_id or uuid4(), self._clock.now()
        async with self._transactions_with_new_brand(new, tenant_id, namespace, now, actor=actor) as (registry, tx):
            await self._create_schema(tx, namespace)
            await create_keys(tx, tenant_id, self._sealer, keys, now)
            await store.append_audit(registry, actor=actor, action="tenant.create", subject=new.slug, now=now)
            await store.advance_revision(registry)
            tenant = await store.tenant(registry, self._settings, new.slug)
            if tenant is None:
                raise AssertionError("the tenant that was just created is missing")
            await add_cdr_register_client(tx, tenant.register_environment.jwks_uri, now)
        return tenant

    @asynccontextmanager
    async def _transactions_with_new_brand(
        self, new: NewTenant, tenant_id: UUID, namespace: Namespace, now: datetime, *, actor: str
    ) -> AsyncIterator[tuple[Transaction, Transaction]]:
        """Add the brand; yield the transactions in which the rest is created, as `registry_and_tenant` does."""
        if namespace.node == MAIN_NODE:
            async with owner_transaction(self._owner, self._settings, namespace, "long") as tx:
                await self._insert_brand(tx, new, tenant_id, namespace, now, actor=actor)
                yield tx, tx
            return
        async with owner_transaction(self._owner, self._settings) as registry:
            await self._insert_brand(registry, new, tenant_id, namespace, now, actor=actor)
        completed = False
        try:
            async with registry_and_tenant(self._owner, self._settings, namespace, "long") as (registry, tx):
                # This locks the row until the end, so that nobody can remove the tenant meanwhile.
                if not await store.end_preparation(registry, tenant_id, now):
                    raise TenantIncomplete(f"the tenant {new.slug!r} was removed while it was being created")
                yield registry, tx
                completed = True
        except BaseException as error:
            if not completed:  # the transaction on the node was rolled back
                await self._delete_brand(tenant_id, new.slug)
            elif isinstance(error, HaasError):
                raise TenantIncomplete(
                    f"it is not known whether the tenant {new.slug!r} was created: `haas tenant list` shows its state;"
                    f" if the state is preparing, `haas tenant remove {new.slug}` removes its parts"
                ) from error
            raise

    async def _delete_brand(self, tenant_id: UUID, slug: str) -> None:
        """Delete the registry row of a tenant whose creation on its node was rolled back."""
        try:
            async with owner_transaction(self._owner, self._settings) as registry:
                await store.delete_brand(registry, tenant_id)
        except HaasError:
            # The caller raises the original error. The row stays in the state `preparing`.
            logger.warning("tenant.row_not_deleted", extra={"tenant": slug})

    async def _insert_brand(
        self, tx: Transaction, new: NewTenant, tenant_id: UUID, namespace: Namespace, now: datetime, *, actor: str
    ) -> None:
        """Add the brand, its hosts and theme. The state is `preparing` if another transaction creates the schema."""
        nodes = await store.nodes(tx)
        if nodes.get(namespace.node) != "active":
            raise InvalidNode(
                f"the database node {namespace.node!r} accepts no new tenants; nodes that do:"
                f" {', '.join(node for node, state in nodes.items() if state == 'active') or 'none'}."
                " `haas migrate` adds the nodes of the settings"
            )
        environments = [each.id for each in await store.register_environments(tx)]
        if new.register_environment_id not in environments:
            raise UnknownRegisterEnvironment(
                f"there is no register environment {new.register_environment_id!r};"
                f" known: {', '.join(environments) or 'none yet'}; `haas register put` adds one"
            )
        existing = await store.tenant(tx, self._settings, new.slug)
        if existing is not None and existing.complete:
            raise TenantExists(f"a tenant {new.slug!r} exists already: choose another slug")
        if existing is not None:
            raise TenantExists(
                f"a tenant {new.slug!r} is {existing.state}: `haas tenant remove {new.slug}` removes its parts"
            )
        values = {
            "id": tenant_id,
            "slug": new.slug,
            "retailer_id": await store.get_or_add_retailer(tx, new.retailer, now),
            "register_environment_id": new.register_environment_id,
            "register_brand_id": new.register_brand_id,
            "name": new.name,
            "state": "active" if namespace.node == MAIN_NODE else "preparing",
            "node": namespace.node,
            "schema_name": namespace.schema,
            "role_name": namespace.role,
            "theme": new.theme,
            "settings": msgspec.to_builtins(new.settings),
            "created_at": now,
            "state_at": now,
        }
        try:
            await store.insert_brand(
                tx, values, new.hosts or Hosts.from_public_host(f"{new.slug}.{self._settings.domain}")
            )
        except IntegrityError as error:
            raise TenantExists(f"the slug {new.slug!r} or one of its hosts is taken by another tenant") from error
        await require_files(tx, tenant_id, new.theme)
        await record_published(tx, tenant_id, new.theme, note=None, actor=actor, now=now)

    async def _create_schema(self, tx: Transaction, namespace: Namespace) -> None:
        """Create role, schema and tables in one round trip."""
        schema = namespace.schema
        statements = (
            *role_statements(self._roles, namespace.role),
            *schema_statements(self._roles, namespace),
            self._script.replace(SCHEMA_PLACEHOLDER, schema).rstrip("; \n"),
            f"REVOKE ALL ON {schema}.alembic_version FROM {namespace.role}",
        )
        try:
            await tx.driver.execute(";\n".join(statements))
        except (asyncpg.DuplicateObjectError, asyncpg.DuplicateSchemaError) as error:
            raise TenantExists(
                f"schema {schema} or role {namespace.role} exists, but no tenant of this deployment uses it:"
                " drop it by hand, or choose another slug"
            ) from error
