"""The rotation of signing keys. The states of a key are, in this order: next, current, retired, gone.

A key is published for some time before its first signature and after its last. Therefore the cached
copy of the JWKS at a recipient contains the key of every valid signature (RFC 7517; OIDC Core 10.1.1).
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from haas.database import Transaction
from haas.jose import SIGNING_ALGORITHMS, KeySealer, Sealer, SigningKey
from tenants.keys import store
from tenants.keys.creation import data_key_purpose, signing_key_row
from tenants.keys.errors import KeyMissing, KeyTooNew
from tenants.keys.opening import open_sealed
from tenants.keys.store import KeyRow

RECIPIENT_CACHE_LIFETIME: Final = timedelta(hours=24)
MAXIMUM_SIGNED_LIFETIME: Final = timedelta(hours=1)  # ID tokens and JARM responses expire after minutes
PUBLISHED_BEFORE_USE: Final = RECIPIENT_CACHE_LIFETIME
PUBLISHED_AFTER_USE: Final = RECIPIENT_CACHE_LIFETIME + MAXIMUM_SIGNED_LIFETIME


class KeyRotation(msgspec.Struct, frozen=True):
    """The rotation of the keys of one algorithm: the key ids in their new states."""

    algorithm: str
    current: str
    retired: str
    next: str


def is_published(key: KeyRow, now: datetime) -> bool:
    """Return whether the JWKS document of the tenant contains the key."""
    return key.state in ("next", "current") or (key.state == "retired" and now < key.state_at + PUBLISHED_AFTER_USE)


async def rotate(
    tx: Transaction, tenant_id: UUID, slug: str, sealer: Sealer, now: datetime, *, compromised: bool = False
) -> list[KeyRotation]:
    """For each algorithm, make the next key current, and create a new next key.

    The key that was current becomes `retired`, and stays published until everything that it signed has expired. If
    `compromised` is true, it becomes `gone` at once, and the age of the next key is not checked. Raise KeyTooNew,
    KeyMissing, KeysUnreadable.
    """
    await store.lock(tx)
    tenant_sealer = await data_key_sealer(tx, tenant_id, sealer)
    keys = await store.signing_keys(tx)
    rotated = []
    for algorithm in SIGNING_ALGORITHMS:
        current = _key_in_state(keys, slug, algorithm, "current")
        successor = _key_in_state(keys, slug, algorithm, "next")
        ready_at = successor.state_at + PUBLISHED_BEFORE_USE
        if now < ready_at and not compromised:
            raise KeyTooNew(slug, algorithm, ready_at)
        fresh = SigningKey.generate(algorithm)
        await store.set_state(tx, current.kid, "gone" if compromised else "retired", now)
        await store.set_state(tx, successor.kid, "current", now)
        await store.insert(tx, signing_key_row(tenant_sealer, fresh, "next", now))
        rotated.append(KeyRotation(algorithm, current=successor.kid, retired=current.kid, next=fresh.kid))
    await delete_retired_keys(tx, now)
    return rotated


async def delete_retired_keys(tx: Transaction, now: datetime) -> list[str]:
    """Delete the private part of retired keys that are not published any more. Return the ids of these keys."""
    expired = [key.kid for key in await store.signing_keys(tx) if key.state == "retired" and not is_published(key, now)]
    for kid in expired:
        await store.set_state(tx, kid, "gone", now)
    return expired


async def data_key_sealer(tx: Transaction, tenant_id: UUID, sealer: Sealer) -> KeySealer:
    """Return a sealer that uses the tenant's data key. Raise KeysUnreadable, KeyMissing."""
    for row in await store.data_keys(tx):
        return KeySealer(open_sealed(sealer, row["sealed"], data_key_purpose(tenant_id, row["id"])))
    raise KeyMissing(f"schema {tx.namespace.schema} contains no data key")


def _key_in_state(keys: list[KeyRow], slug: str, algorithm: str, state: str) -> KeyRow:
    for key in keys:
        if key.algorithm == algorithm and key.state == state:
            return key
    raise KeyMissing(f"{slug} has no {state} {algorithm} key")
