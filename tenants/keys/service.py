"""The keys of tenants, unsealed and kept in memory for half a minute."""

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
from tenants.keys.rotation import KeyRotation
from tenants.registry.models import Tenant

__all__ = ["Keyring", "create_keys"]

FRESH_FOR: Final = timedelta(seconds=30)
RETRY_AFTER: Final = timedelta(seconds=2)
PATIENCE: Final = timedelta(seconds=0.2)
"""How long a request waits until keys are read again before it uses the last ones."""
MAXIMUM_TENANTS: Final = 10_000


class _TenantKeys(msgspec.Struct, frozen=True):
    signing: Mapping[str, SigningKey]
    rows: list[store.KeyRow]
    resource_id_cipher: Siv
    subject: bytes


class Keyring:
    """The keys of every tenant that this process serves. `sealer` uses the master key of the deployment."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        """Nothing is read from `database` before the first call."""
        self._database = database
        self._sealer = sealer
        self._clock = clock
        # While the database is unavailable, the last keys stay usable, because they cannot be rotated either.
        limits = CacheLimits(fresh_for=FRESH_FOR, usable_for=timedelta.max, retry_after=RETRY_AFTER, patience=PATIENCE)
        self._unsealed: TimedCache[UUID, _TenantKeys] = TimedCache(clock, limits, MAXIMUM_TENANTS)

    async def signing_key(self, tenant: Tenant, algorithm: Algorithm) -> SigningKey:
        """Return the current key of `tenant` for the algorithm. Raise KeyMissing, KeysUnreadable."""
        try:
            return (self._unsealed.fresh(tenant.id) or await self._keys(tenant)).signing[algorithm]
        except KeyError as error:
            raise KeyMissing(f"{tenant.slug} has no current {algorithm} key") from error

    async def published_jwks(self, tenant: Tenant) -> list[dict[str, Any]]:
        """Return the JWKs of the tenant's JWKS document: next and current keys, and keys that retired recently."""
        now = self._clock.now()
        return [key.public_jwk for key in (await self._keys(tenant)).rows if rotation.is_published(key, now)]

    async def resource_id_cipher(self, tenant: Tenant) -> Siv:
        """Return the AES-SIV cipher that turns internal ids of the tenant into resource ids (CDS, ID Permanence)."""
        return (self._unsealed.fresh(tenant.id) or await self._keys(tenant)).resource_id_cipher

    async def subject_key(self, tenant: Tenant) -> bytes:
        """Return the key with which pairwise subjects are derived (OIDC Core 8.1)."""
        return (await self._keys(tenant)).subject

    async def rotate(self, tenant: Tenant, *, compromised: bool = False) -> list[KeyRotation]:
        """Rotate the tenant's signing keys; see `rotation.rotate`. Other processes use them within half a minute."""
        async with self._database.transaction(tenant.namespace) as tx:
            rotated = await rotation.rotate(
                tx, tenant.id, tenant.slug, self._sealer, self._clock.now(), compromised=compromised
            )
        self._unsealed.forget(tenant.id)
        return rotated

    async def _keys(self, tenant: Tenant) -> _TenantKeys:
        async def load(last: _TenantKeys | None) -> _TenantKeys:
            async with self._database.transaction(tenant.namespace, "public") as tx:
                return await self._read(tx, tenant, last)

        return await self._unsealed.get(tenant.id, load)

    async def _read(self, tx: Transaction, tenant: Tenant, last: _TenantKeys | None) -> _TenantKeys:
        # Keys that were unsealed before are reused, because importing an RSA key takes longer than a signature.
        signing = {key.kid: key for key in last.signing.values()} if last else {}
        tenant_sealer = await rotation.data_key_sealer(tx, tenant.id, self._sealer)
        derivation = {
            row["purpose"]: open_sealed(tenant_sealer, row["sealed"], derivation_purpose(row["purpose"]))
            for row in await store.derivation_keys(tx)
        }
        rows = await store.signing_keys(tx)
        try:
            resource_id_cipher, subject = Siv(derivation[RESOURCE_ID]), derivation[SUBJECT]
        except KeyError as error:
            raise KeyMissing(f"{tenant.slug} has no {error.args[0]} derivation key") from error
        return _TenantKeys(
            signing={
                row.algorithm: signing.get(row.kid)
                or store.signing_key_from_json(open_sealed(tenant_sealer, row.sealed, signing_purpose(row.kid)))
                for row in rows
                if row.state == "current" and row.sealed is not None
            },
            rows=rows,
            resource_id_cipher=resource_id_cipher,
            subject=subject,
        )
