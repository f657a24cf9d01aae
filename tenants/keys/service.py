"""A tenant's keys as the rest of the platform asks for them, opened and kept in memory for half a minute."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from haas.cache import CacheLimits, TimedCache
from haas.clock import Clock
from haas.database import Database, Transaction
from haas.jose import Algorithm, Sealer, SigningKey, Siv
from tenants.keys import rotation, store
from tenants.keys.creation import RESOURCE_ID, SUBJECT, create_keys, derivation_purpose, signing_purpose
from tenants.keys.errors import KeyMissing
from tenants.keys.opening import open_sealed
from tenants.keys.rotation import Rotated
from tenants.registry.models import Tenant

__all__ = ["Keyring", "create_keys"]

FRESH_FOR: Final = timedelta(seconds=30)
MAXIMUM_TENANTS: Final = 10_000


class _OpenKeys(msgspec.Struct, frozen=True):
    signing: Mapping[str, SigningKey]
    rows: list[store.KeyRow]
    resource_ids: Siv
    subject: bytes


class Keyring:
    """The keys of every tenant of this process; `sealer` holds the deployment's master key."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        """Read keys through `database` when they are first asked for."""
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._open: TimedCache[UUID, _OpenKeys] = TimedCache(clock, CacheLimits(fresh_for=FRESH_FOR), MAXIMUM_TENANTS)

    async def signing_key(self, tenant: Tenant, algorithm: Algorithm) -> SigningKey:
        """Return the key that signs now for `tenant`. Raises KeyMissing, KeysUnreadable."""
        try:
            return (self._open.fresh(tenant.id) or await self._keys(tenant)).signing[algorithm]
        except KeyError as error:
            raise KeyMissing(f"{tenant.slug} has no current {algorithm} key") from error

    async def published(self, tenant: Tenant) -> list[dict[str, Any]]:
        """Return the public JWKs of the tenant's JWKS document: next, current, and lately retired keys."""
        now = self._clock.now()
        return [key.public_jwk for key in (await self._keys(tenant)).rows if rotation.is_published(key, now)]

    async def resource_ids(self, tenant: Tenant) -> Siv:
        """Return what conceals the tenant's internal ids (CDS, ID Permanence)."""
        return (self._open.fresh(tenant.id) or await self._keys(tenant)).resource_ids

    async def subject_key(self, tenant: Tenant) -> bytes:
        """Return the key that pairwise subjects are derived with (OIDC Core 8.1)."""
        return (await self._keys(tenant)).subject

    async def rotate(self, tenant: Tenant, *, compromised: bool = False) -> list[Rotated]:
        """Rotate the tenant's signing keys; see `rotation.rotate`. Other processes follow within half a minute."""
        async with self._database.transaction(tenant.namespace) as tx:
            rotated = await rotation.rotate(
                tx, tenant.id, tenant.slug, self._sealer, self._clock.now(), compromised=compromised
            )
        self._open.forget(tenant.id)
        return rotated

    async def _keys(self, tenant: Tenant) -> _OpenKeys:
        async def load(last: _OpenKeys | None) -> _OpenKeys:
            async with self._database.transaction(tenant.namespace) as tx:
                return await self._read(tx, tenant, last)

        return await self._open.get(tenant.id, load)

    async def _read(self, tx: Transaction, tenant: Tenant, last: _OpenKeys | None) -> _OpenKeys:
        # A key that is already open is used again: importing an RSA key costs more than a signature.
        signing = {key.kid: key for key in last.signing.values()} if last else {}
        own = await rotation.data_sealer(tx, tenant.id, self._sealer)
        derivation = {
            row["purpose"]: open_sealed(own, row["sealed"], derivation_purpose(row["purpose"]))
            for row in await store.derivation_keys(tx)
        }
        rows = await store.signing_keys(tx)
        try:
            resource_ids, subject = Siv(derivation[RESOURCE_ID]), derivation[SUBJECT]
        except KeyError as error:
            raise KeyMissing(f"{tenant.slug} has no {error.args[0]} derivation key") from error
        return _OpenKeys(
            signing={
                row.algorithm: signing.get(row.kid)
                or store.opened(open_sealed(own, row.sealed, signing_purpose(row.kid)))
                for row in rows
                if row.state == "current" and row.sealed is not None
            },
            rows=rows,
            resource_ids=resource_ids,
            subject=subject,
        )
