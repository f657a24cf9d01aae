"""Creating a tenant whole or not at all: role, schema, tables, grants, keys, hosts and theme in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import msgspec
from sqlalchemy.exc import IntegrityError

from haas.clock import Clock
from haas.database import Database, Namespace, Transaction
from haas.jose import Sealer
from haas.settings import Settings
from tenants.clients.register_client import create_register_client
from tenants.keys.creation import NewSigningKey, create_keys, generate_signing_keys
from tenants.provisioning.owner import owner_transaction
from tenants.registry import store
from tenants.registry.errors import TenantExists, UnknownRegisterEnvironment
from tenants.registry.models import NewTenant, Tenant
from tenants.registry.names import Hosts, Roles, checked_slug, tenant_schema

SCHEMA_PLACEHOLDER = "__tenant_schema__"


class Provisioner:
    """Creates tenants through the provisioning login.

    `script` is the tenant migrations rendered as SQL for SCHEMA_PLACEHOLDER, so that all tables are made in one round
    trip. `owner` is a Database opened with the owner's URL.
    """

    def __init__(self, owner: Database, settings: Settings, sealer: Sealer, clock: Clock, script: str) -> None:
        """Keep the parts; nothing connects yet."""
        self._owner = owner
        self._settings = settings
        self._sealer = sealer
        self._clock = clock
        self._script = script
        self._roles = Roles(settings.role_prefix)

    async def create(
        self, new: NewTenant, *, actor: str, signing_keys: Sequence[NewSigningKey] | None = None
    ) -> Tenant:
        """Create a tenant and return it.

        `signing_keys` were made by `generate_signing_keys`, for callers that create many. Raises BadSlug, TenantExists,
        UnknownRegisterEnvironment; then nothing of the tenant is left.
        """
        namespace = Namespace(tenant_schema(checked_slug(new.slug)), self._roles.tenant(new.slug))
        keys = signing_keys or generate_signing_keys()
        tenant_id, now = uuid4(), self._clock.now()
        async with owner_transaction(self._owner, self._settings, namespace.schema, long=True) as tx:
            await self._register(tx, new, tenant_id, namespace, now)
            await self._make_schema(tx, namespace)
            await create_keys(tx, tenant_id, self._sealer, keys, now)
            await store.record(tx, actor=actor, action="tenant.create", subject=new.slug, now=now)
            await store.advance_revision(tx)
            tenant = await store.tenant(tx, self._settings, new.slug)
            if tenant is None:
                raise AssertionError("a tenant that was just created must be there")
            await create_register_client(tx, tenant.register_environment.jwks_uri, now)
        return tenant

    async def _register(
        self, tx: Transaction, new: NewTenant, tenant_id: UUID, namespace: Namespace, now: datetime
    ) -> None:
        environments = [each.id for each in await store.register_environments(tx)]
        if new.register_environment_id not in environments:
            raise UnknownRegisterEnvironment(
                f"there is no register environment {new.register_environment_id!r};"
                f" known: {', '.join(environments) or 'none yet'}; `haas register put` adds one"
            )
        if await store.tenant(tx, self._settings, new.slug) is not None:
            raise TenantExists(f"a tenant {new.slug!r} exists already: choose another slug")
        values = {
            "id": tenant_id,
            "slug": new.slug,
            "retailer_id": await store.retailer_id(tx, new.retailer, now),
            "register_environment_id": new.register_environment_id,
            "register_brand_id": new.register_brand_id,
            "name": new.name,
            "state": "active",
            "schema_name": namespace.schema,
            "role_name": namespace.role,
            "theme": new.theme,
            "settings": msgspec.to_builtins(new.settings),
            "created_at": now,
            "state_at": now,
        }
        try:
            await store.insert_brand(tx, values, new.hosts or Hosts.below(f"{new.slug}.{self._settings.domain}"))
        except IntegrityError as error:
            raise TenantExists(f"the slug {new.slug!r} or one of its hosts is taken by another tenant") from error

    async def _make_schema(self, tx: Transaction, namespace: Namespace) -> None:
        """Make role, schema and tables in one round trip. Every name was checked and needs no quoting."""
        schema, role, owner = namespace.schema, namespace.role, self._roles.owner
        statements = (
            # The provisioning login may create roles; the owner of the objects may not.
            "SET LOCAL ROLE NONE",
            f"CREATE ROLE {role} NOLOGIN",
            # Without INHERIT FALSE the application could read this tenant with no role set at all.
            f"GRANT {role} TO {self._roles.app} WITH INHERIT FALSE, SET TRUE",
            f"CREATE SCHEMA {schema} AUTHORIZATION {owner}",
            f"SET LOCAL ROLE {owner}",
            f"GRANT USAGE ON SCHEMA {schema} TO {role}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
            self._script.replace(SCHEMA_PLACEHOLDER, schema).rstrip("; \n"),
            f"REVOKE ALL ON {schema}.alembic_version FROM {role}",
        )
        try:
            await tx.driver.execute(";\n".join(statements))
        except (asyncpg.DuplicateObjectError, asyncpg.DuplicateSchemaError) as error:
            raise TenantExists(
                f"schema {schema} or role {role} is left from something else than a tenant of this deployment:"
                " remove it by hand, or choose another slug"
            ) from error
