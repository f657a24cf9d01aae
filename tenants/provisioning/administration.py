"""Suspending, resuming and removing a tenant, and what else operators change. Each change has its row of the audit."""

from haas.clock import Clock
from haas.database import Database, Transaction
from haas.settings import MAIN_NODE, Settings
from tenants.provisioning.owner import owner_transaction, registry_and_tenant
from tenants.registry import store
from tenants.registry.errors import NodeRefused, TenantIncomplete, UnknownTenant
from tenants.registry.models import NodeState, RegisterEnvironment, Tenant, TenantState


class Administration:
    """Changes tenants through the provisioning login. `owner` is a Database opened with the owner's URLs."""

    def __init__(self, owner: Database, settings: Settings, clock: Clock) -> None:
        """Keep the parts; nothing connects yet."""
        self._owner = owner
        self._settings = settings
        self._clock = clock

    async def all(self) -> list[Tenant]:
        """Return every tenant, by slug."""
        async with owner_transaction(self._owner, self._settings) as tx:
            return await store.tenants(tx, self._settings)

    async def find(self, slug: str, *, incomplete: bool = False) -> Tenant:
        """Return the tenant of that slug.

        Raises UnknownTenant; and TenantIncomplete, unless `incomplete` tenants may be returned, too.
        """
        async with owner_transaction(self._owner, self._settings) as tx:
            tenant = await self._known(tx, slug)
        return tenant if incomplete else _complete(tenant)

    async def suspend(self, slug: str, *, actor: str) -> Tenant:
        """Let the tenant answer 503 except where a person or recipient can end sharing.

        Raises UnknownTenant, TenantIncomplete.
        """
        return await self._set_state(slug, "suspended", "tenant.suspend", actor)

    async def resume(self, slug: str, *, actor: str) -> Tenant:
        """Let the tenant serve again. Raises UnknownTenant, TenantIncomplete."""
        return await self._set_state(slug, "active", "tenant.resume", actor)

    async def remove(self, slug: str, *, actor: str) -> Tenant:
        """Delete the tenant with all its data, for good. Raises UnknownTenant.

        One tenant a transaction: dropping many schemas at once runs out of locks. On another node than the control
        schema's the tenant is first marked as leaving, and the registry forgets it last: a removal that is interrupted
        leaves a tenant that is not served, and removing it again completes the removal.
        """
        async with owner_transaction(self._owner, self._settings) as registry:
            tenant = await self._known(registry, slug)
            if tenant.namespace.node != MAIN_NODE:
                await store.set_state(registry, tenant.id, "leaving", self._clock.now())
                await store.advance_revision(registry)
        schema, role, _ = tenant.namespace
        async with registry_and_tenant(self._owner, self._settings, tenant.namespace, long=True) as (registry, tx):
            if not await store.delete_brand(registry, tenant.id):
                raise UnknownTenant(f"{slug} was removed by somebody else just now")
            await store.record(registry, actor=actor, action="tenant.remove", subject=slug, now=self._clock.now())
            await store.advance_revision(registry)
            await tx.driver.execute(
                f'DROP SCHEMA IF EXISTS "{schema}" CASCADE; SET LOCAL ROLE NONE; DROP ROLE IF EXISTS "{role}"'
            )
        return tenant

    async def nodes(self) -> dict[str, NodeState]:
        """Return the state of each database node, by id."""
        async with owner_transaction(self._owner, self._settings) as tx:
            return await store.nodes(tx)

    async def set_node_state(self, node: str, state: NodeState, *, actor: str) -> None:
        """Let a database node take new tenants, or no more. Raises NodeRefused where it is not known."""
        async with owner_transaction(self._owner, self._settings) as tx:
            if not await store.set_node_state(tx, node, state):
                raise NodeRefused(f"there is no database node {node!r}; `haas node list` lists them")
            await store.record(tx, actor=actor, action=f"node.{state}", subject=node, now=self._clock.now())

    async def register_environments(self) -> list[RegisterEnvironment]:
        """Return the register environments, by id."""
        async with owner_transaction(self._owner, self._settings) as tx:
            return await store.register_environments(tx)

    async def put_register_environment(self, environment: RegisterEnvironment, *, actor: str) -> None:
        """Add a register environment, or correct its addresses."""
        async with owner_transaction(self._owner, self._settings) as tx:
            await store.put_register_environment(tx, environment)
            await store.record(
                tx, actor=actor, action="register-environment.put", subject=environment.id, now=self._clock.now()
            )
            await store.advance_revision(tx)

    async def _set_state(self, slug: str, state: TenantState, action: str, actor: str) -> Tenant:
        async with owner_transaction(self._owner, self._settings) as tx:
            tenant = _complete(await self._known(tx, slug))
            if tenant.state != state:
                await store.set_state(tx, tenant.id, state, self._clock.now())
                await store.record(tx, actor=actor, action=action, subject=slug, now=self._clock.now())
                await store.advance_revision(tx)
            return await self._known(tx, slug)

    async def _known(self, tx: Transaction, slug: str) -> Tenant:
        tenant = await store.tenant(tx, self._settings, slug)
        if tenant is None:
            raise UnknownTenant(f"there is no tenant {slug!r}; `haas tenant list` lists them")
        return tenant


def _complete(tenant: Tenant) -> Tenant:
    if not tenant.complete:
        raise TenantIncomplete(
            f"the tenant {tenant.slug!r} is {tenant.state}: `haas tenant remove {tenant.slug}` removes what is there"
        )
    return tenant
