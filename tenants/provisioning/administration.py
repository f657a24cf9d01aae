"""Suspending, resuming and removing a tenant, each in one transaction with its line of audit."""

from haas.clock import Clock
from haas.database import Database, Transaction
from haas.settings import Settings
from tenants.provisioning.owner import owner_transaction
from tenants.registry import store
from tenants.registry.errors import NotServed, UnknownTenant
from tenants.registry.models import RegisterEnvironment, State, Tenant


class Administration:
    """Changes tenants through the provisioning login. `owner` is a Database opened with the owner's URL."""

    def __init__(self, owner: Database, settings: Settings, clock: Clock) -> None:
        """Keep the parts; nothing connects yet."""
        self._owner = owner
        self._settings = settings
        self._clock = clock

    async def all(self) -> list[Tenant]:
        """Return every tenant, by slug."""
        async with owner_transaction(self._owner, self._settings) as tx:
            return await store.tenants(tx, self._settings)

    async def find(self, slug: str) -> Tenant:
        """Return the tenant of that slug. Raises UnknownTenant."""
        async with owner_transaction(self._owner, self._settings) as tx:
            return await self._known(tx, slug)

    async def suspend(self, slug: str, *, actor: str) -> Tenant:
        """Let the tenant answer 503 except where a person or recipient can end sharing.

        Raises UnknownTenant, NotServed.
        """
        return await self._set_state(slug, "suspended", "tenant.suspend", actor)

    async def resume(self, slug: str, *, actor: str) -> Tenant:
        """Let the tenant serve again. Raises UnknownTenant, NotServed."""
        return await self._set_state(slug, "active", "tenant.resume", actor)

    async def remove(self, slug: str, *, actor: str) -> Tenant:
        """Delete the tenant with all its data, for good. Raises UnknownTenant.

        One tenant a transaction: dropping many schemas at once runs out of locks.
        """
        async with owner_transaction(self._owner, self._settings, long=True) as tx:
            tenant = await self._known(tx, slug)
            schema, role = tenant.namespace
            if not await store.delete_brand(tx, tenant.id):
                raise UnknownTenant(f"{slug} was removed by somebody else just now")
            await store.record(tx, actor=actor, action="tenant.remove", subject=slug, now=self._clock.now())
            await store.advance_revision(tx)
            await tx.driver.execute(f'DROP SCHEMA "{schema}" CASCADE; SET LOCAL ROLE NONE; DROP ROLE "{role}"')
        return tenant

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

    async def _set_state(self, slug: str, state: State, action: str, actor: str) -> Tenant:
        async with owner_transaction(self._owner, self._settings) as tx:
            tenant = await self._known(tx, slug)
            if tenant.state not in store.SERVED:
                raise NotServed(f"{slug} is {tenant.state}: only a tenant that is served can be suspended or resumed")
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
