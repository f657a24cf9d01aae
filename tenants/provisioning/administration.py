"""Changes that operators make: tenants, database nodes, register environments. Each adds a row to the audit table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from haas.clock import Clock
from haas.database import Database, Transaction
from haas.jose import Sealer
from haas.settings import MAIN_NODE, Settings
from tenants.clients import store as clients
from tenants.keys.rotation import KeyRotation, rotate
from tenants.keys.store import signing_keys
from tenants.provisioning import theme_versions
from tenants.provisioning.owner import owner_transaction, registry_and_tenant
from tenants.provisioning.tenant_changes import (
    Alterations,
    ChangedTenant,
    CheckTheme,
    TenantChange,
    alterations,
    changed_theme,
)
from tenants.registry import store
from tenants.registry.errors import HostInUse, InvalidNode, TenantExists, TenantIncomplete, UnknownTenant
from tenants.registry.models import NodeState, RegisterEnvironment, Tenant, TenantState, ThemeFile
from tenants.retention import service as retention


class Administration:
    """Changes tenants with the provisioning login. `owner` is a Database that was opened with the owner's URLs."""

    def __init__(self, owner: Database, settings: Settings, clock: Clock) -> None:
        """No connection is opened before the first call."""
        self._owner = owner
        self._settings = settings
        self._clock = clock

    async def all(self) -> list[Tenant]:
        """Return the tenants in every state, ordered by slug."""
        async with owner_transaction(self._owner, self._settings) as tx:
            return await store.tenants(tx, self._settings)

    async def find(self, slug: str, *, incomplete: bool = False) -> Tenant:
        """Return the tenant with the slug. Tenants whose creation or removal has not finished need `incomplete=True`.

        Raise UnknownTenant, TenantIncomplete.
        """
        async with owner_transaction(self._owner, self._settings) as tx:
            tenant = await self._require_tenant(tx, slug)
        return tenant if incomplete else _require_complete(tenant)

    async def suspend(self, slug: str, *, actor: str) -> Tenant:
        """Suspend the tenant: it answers 503, except at addresses where a person or a recipient can end sharing.

        Raise UnknownTenant, TenantIncomplete.
        """
        return await self._set_state(slug, "suspended", "tenant.suspend", actor)

    async def resume(self, slug: str, *, actor: str) -> Tenant:
        """End the suspension of the tenant. Raise UnknownTenant, TenantIncomplete."""
        return await self._set_state(slug, "active", "tenant.resume", actor)

    async def remove(self, slug: str, *, actor: str) -> Tenant:
        """Delete the tenant and all its data. This cannot be undone. Raise UnknownTenant.

        Raise RecordsHeld while a legal hold keeps records of the tenant.

        Each tenant is removed in its own transaction, because a transaction that drops many schemas runs out of locks.
        If the tenant is not on the main node, a first transaction sets its state to `leaving`, and its row in the
        registry is deleted last, after its schema. If the removal is interrupted, the tenant is no longer
        served, and another call completes the removal.
        """
        async with owner_transaction(self._owner, self._settings) as registry:
            tenant = await self._require_tenant(registry, slug)
        if tenant.namespace.node != MAIN_NODE:
            async with registry_and_tenant(self._owner, self._settings, tenant.namespace) as (registry, tx):
                # This locks the row first, so that no other removal drops the schema meanwhile.
                await store.set_state(registry, tenant.id, "leaving", self._clock.now())
                await store.advance_revision(registry)
                await retention.refuse_removal_during_hold(tx, slug)
        await self._delete(tenant, actor)
        return tenant

    async def undo_creation(self, slug: str, tenant_id: UUID, *, actor: str) -> Tenant | None:
        """Remove what exists of the tenant with this slug and id if its creation was interrupted.

        Return the tenant if its creation was completed: then nothing is removed. Return None if nothing is left.
        """
        async with owner_transaction(self._owner, self._settings) as registry:
            tenant = await store.tenant(registry, self._settings, slug)
            if tenant is None or tenant.id != tenant_id:
                return None
            # This waits while another process still completes the creation, because that process has locked the row.
            if not await store.abandon_preparation(registry, tenant_id, self._clock.now()):
                return await store.tenant(registry, self._settings, slug)
        await self._delete(tenant, actor)
        return None

    async def rotate_keys(
        self, slug: str, sealer: Sealer, *, actor: str, compromised: bool = False, unless_since: datetime | None = None
    ) -> list[KeyRotation]:
        """Rotate the signing keys of a tenant. Raise UnknownTenant, TenantIncomplete, and what `rotate` raises.

        If the keys were rotated at `unless_since` or later, do nothing and return an empty list.
        """
        tenant = await self.find(slug)
        now = self._clock.now()
        async with registry_and_tenant(self._owner, self._settings, tenant.namespace) as (registry, tx):
            if unless_since is not None and any(
                key.state == "current" and key.state_at >= unless_since for key in await signing_keys(tx)
            ):
                return []
            rotated = await rotate(tx, tenant.id, slug, sealer, now, compromised=compromised)
            detail = {"compromised": compromised, "current": [each.current for each in rotated]}
            await store.append_audit(registry, actor=actor, action="keys.rotate", subject=slug, now=now, detail=detail)
        return rotated

    async def _delete(self, tenant: Tenant, actor: str) -> None:
        """Delete a tenant's row, schema and role, in one transaction, or in two if they are on two servers."""
        slug, (schema, role, _) = tenant.slug, tenant.namespace
        async with registry_and_tenant(self._owner, self._settings, tenant.namespace, "long") as (registry, tx):
            if not await store.delete_brand(registry, tenant.id):
                raise UnknownTenant(f"{slug} was removed by another command a moment ago")
            await retention.refuse_removal_during_hold(tx, slug)
            await store.append_audit(registry, actor=actor, action="tenant.remove", subject=slug, now=self._clock.now())
            await store.advance_revision(registry)
            await tx.driver.execute(
                f'DROP SCHEMA IF EXISTS "{schema}" CASCADE; SET LOCAL ROLE NONE; DROP ROLE IF EXISTS "{role}"'
            )

    async def change(self, slug: str, change: TenantChange, *, actor: str, check_theme: CheckTheme) -> ChangedTenant:
        """Change a tenant's name, theme, contacts, switches or hosts. Every process serves it within two seconds.

        The public host is the issuer, so it can be changed only while no software product is registered. Registered
        products use the endpoints on the secure host, so while one is registered, that host is changed only with
        `change.move_endpoints`. A product that registers while the change takes effect can still get the old hosts. To
        prevent this, suspend the tenant first.

        Raise UnknownTenant, TenantIncomplete, InvalidName, InvalidHost, InvalidChange, HostInUse, TenantExists (another
        tenant has one of the hosts), or what `check_theme` raises. Then nothing was changed.
        """
        async with owner_transaction(self._owner, self._settings) as registry:
            stored_settings = await store.lock_settings(registry, slug)
            before = _require_complete(await self._require_tenant(registry, slug))
            altered = alterations(before, change, check_theme)
            if not altered.audit_detail:
                return ChangedTenant(before=before, after=before)
            await self._require_movable_hosts(before, altered, move_endpoints=change.move_endpoints)
            values: dict[str, Any] = {}
            if altered.name is not None:
                values["name"] = altered.name
            if altered.theme is not None:
                values["theme"] = altered.theme
                await theme_versions.require_files(registry, before.id, altered.theme)
                await theme_versions.record_published(
                    registry, before.id, altered.theme, note=None, actor=actor, now=self._clock.now()
                )
            if altered.settings:  # the stored fields are kept, because a newer release may have added some
                values["settings"] = {**(stored_settings or {}), **altered.settings}
            if values:
                await store.update_brand(registry, before.id, values)
            await self._rename_hosts(registry, before, altered)
            await store.append_audit(
                registry,
                actor=actor,
                action="tenant.change",
                subject=slug,
                now=self._clock.now(),
                detail=altered.audit_detail,
            )
            await store.advance_revision(registry)
            after = await self._require_tenant(registry, slug)
        return ChangedTenant(before=before, after=after)

    async def save_theme(
        self,
        slug: str,
        theme: dict[str, Any],
        *,
        files: Sequence[ThemeFile] = (),
        note: str | None,
        actor: str,
        check_theme: CheckTheme,
    ) -> int:
        """Save a theme and its files as a draft and return its number. Contacts that it lacks are those of the brand.

        If the newest version has the same tokens, return its number: nothing is saved. Raise UnknownTenant,
        TenantIncomplete, InvalidChange, MissingThemeFile, or what `check_theme` raises.
        """
        async with owner_transaction(self._owner, self._settings) as registry:
            tenant = await self._locked_tenant(registry, slug)
            tokens = changed_theme(tenant, TenantChange(theme=theme))
            check_theme(tenant.name, tokens)
            for file in files:
                await store.put_theme_file(registry, tenant.id, file, self._clock.now())
            await theme_versions.require_files(registry, tenant.id, tokens)
            known = len(await store.theme_versions(registry, tenant.id))
            number = await theme_versions.save(
                registry,
                tenant.id,
                tokens,
                note=theme_versions.checked_note(note),
                actor=actor,
                now=self._clock.now(),
            )
            if number > known:
                await self._audit_theme(registry, "theme.save", slug, {"version": number}, actor)
        return number

    async def publish_theme(self, slug: str, number: int, *, actor: str, check_theme: CheckTheme) -> bool:
        """Publish a version of a theme, also an earlier one. Every process serves it within two seconds.

        Return False if it is published already. Raise UnknownTenant, TenantIncomplete, UnknownThemeVersion, or what
        `check_theme` raises: a version that an earlier release has accepted can be refused now.
        """
        async with owner_transaction(self._owner, self._settings) as registry:
            tenant = await self._locked_tenant(registry, slug)
            check_theme(tenant.name, await theme_versions.theme_with_number(registry, tenant, number))
            change = await theme_versions.publish(registry, tenant, number, actor=actor, now=self._clock.now())
            if change is None:
                return False
            await self._audit_theme(registry, "theme.publish", slug, {"version": change}, actor)
            await store.advance_revision(registry)
        return True

    async def _audit_theme(
        self, registry: Transaction, action: str, slug: str, detail: dict[str, Any], actor: str
    ) -> None:
        await store.append_audit(
            registry, actor=actor, action=action, subject=slug, now=self._clock.now(), detail=detail
        )

    async def _locked_tenant(self, registry: Transaction, slug: str) -> Tenant:
        await store.lock_settings(registry, slug)
        return _require_complete(await self._require_tenant(registry, slug))

    async def _rename_hosts(self, registry: Transaction, tenant: Tenant, altered: Alterations) -> None:
        try:
            await store.rename_hosts(registry, tenant.id, altered.hosts)
        except IntegrityError as error:
            names = ", ".join(altered.hosts.values())
            raise TenantExists(f"{names}: a host of this name belongs to another tenant") from error

    async def _require_movable_hosts(self, tenant: Tenant, altered: Alterations, *, move_endpoints: bool) -> None:
        """Raise HostInUse if registered software products use a host that is to be changed."""
        if not {"public", "secure"} & set(altered.hosts):
            return
        async with owner_transaction(self._owner, self._settings, tenant.namespace) as tx:
            products = await clients.number_of_products(tx)
        if products and "public" in altered.hosts:
            raise HostInUse(
                f"software products are registered ({products}) with the issuer {tenant.issuer}, which is the public"
                " host. A client must refuse another issuer (OpenID Connect Discovery 4.3), and `sub` is unique only"
                " within an issuer (OpenID Connect Core 5.7). The public host can be changed while none is registered"
            )
        if products and not move_endpoints:
            raise HostInUse(
                f"software products are registered ({products}) and use the endpoints at {tenant.hosts.secure}. Their"
                " requests would fail until they have read the discovery document again and the Register has published"
                " the new ResourceBaseUri. `--move-endpoints` changes the host nevertheless"
            )

    async def nodes(self) -> dict[str, NodeState]:
        """Return the states of the database nodes by node id."""
        async with owner_transaction(self._owner, self._settings) as tx:
            return await store.nodes(tx)

    async def set_node_state(self, node: str, state: NodeState, *, actor: str) -> None:
        """Allow new tenants on a database node (active) or not (draining). Raise InvalidNode if it is unknown."""
        async with owner_transaction(self._owner, self._settings) as tx:
            if not await store.set_node_state(tx, node, state):
                raise InvalidNode(f"there is no database node {node!r}; `haas node list` lists them")
            await store.append_audit(tx, actor=actor, action=f"node.{state}", subject=node, now=self._clock.now())

    async def register_environments(self) -> list[RegisterEnvironment]:
        """Return the register environments, ordered by id."""
        async with owner_transaction(self._owner, self._settings) as tx:
            return await store.register_environments(tx)

    async def put_register_environment(self, environment: RegisterEnvironment, *, actor: str) -> None:
        """Add a register environment, or replace its addresses."""
        async with owner_transaction(self._owner, self._settings) as tx:
            await store.put_register_environment(tx, environment)
            await store.append_audit(
                tx, actor=actor, action="register-environment.put", subject=environment.id, now=self._clock.now()
            )
            await store.advance_revision(tx)

    async def _set_state(self, slug: str, state: TenantState, action: str, actor: str) -> Tenant:
        async with owner_transaction(self._owner, self._settings) as tx:
            tenant = _require_complete(await self._require_tenant(tx, slug))
            if tenant.state != state:
                await store.set_state(tx, tenant.id, state, self._clock.now())
                await store.append_audit(tx, actor=actor, action=action, subject=slug, now=self._clock.now())
                await store.advance_revision(tx)
            return await self._require_tenant(tx, slug)

    async def _require_tenant(self, tx: Transaction, slug: str) -> Tenant:
        tenant = await store.tenant(tx, self._settings, slug)
        if tenant is None:
            raise UnknownTenant(f"there is no tenant {slug!r}; `haas tenant list` lists them")
        return tenant


def _require_complete(tenant: Tenant) -> Tenant:
    if not tenant.complete:
        raise TenantIncomplete(
            f"the tenant {tenant.slug!r} is {tenant.state}: `haas tenant remove {tenant.slug}` removes its parts"
        )
    return tenant
