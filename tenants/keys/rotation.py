"""How a signing key moves: next, current, retired, gone.

A key is published a while before it first signs and a while after it last did, so that no recipient meets a signature
by a key that its cached copy of our JWKS does not list (RFC 7517; OIDC Core 10.1.1).
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from haas.database import Transaction
from haas.jose import SIGNING_ALGORITHMS, KeySealer, Sealer, SigningKey
from tenants.keys import store
from tenants.keys.creation import data_key_purpose, signing_key_row
from tenants.keys.errors import KeyMissing, KeyTooYoung
from tenants.keys.opening import open_sealed
from tenants.keys.store import KeyRow

RECIPIENT_CACHE: Final = timedelta(hours=24)
LONGEST_SIGNED_LIFE: Final = timedelta(hours=1)  # ID tokens and JARM responses live minutes
PUBLISHED_BEFORE_USE: Final = RECIPIENT_CACHE
PUBLISHED_AFTER_USE: Final = RECIPIENT_CACHE + LONGEST_SIGNED_LIFE


class Rotated(msgspec.Struct, frozen=True):
    """What one rotation of one algorithm did, by key ids."""

    algorithm: str
    current: str
    retired: str
    next: str


def is_published(key: KeyRow, now: datetime) -> bool:
    """Tell whether a key belongs in the tenant's JWKS document."""
    return key.state in ("next", "current") or (key.state == "retired" and now < key.state_at + PUBLISHED_AFTER_USE)


async def rotate(
    tx: Transaction, tenant_id: UUID, slug: str, sealer: Sealer, now: datetime, *, compromised: bool = False
) -> list[Rotated]:
    """Make the next key of each algorithm current and a new one next.

    The key that was current stays published until nothing it signed can be in use; where it may be `compromised` it is
    gone at once, and the next key signs however young it is. Raises KeyTooYoung, KeyMissing, KeysUnreadable.
    """
    await store.lock(tx)
    own = await data_sealer(tx, tenant_id, sealer)
    keys = await store.signing_keys(tx)
    rotated = []
    for algorithm in SIGNING_ALGORITHMS:
        current, successor = _one(keys, slug, algorithm, "current"), _one(keys, slug, algorithm, "next")
        ready_at = successor.state_at + PUBLISHED_BEFORE_USE
        if now < ready_at and not compromised:
            raise KeyTooYoung(slug, algorithm, ready_at)
        fresh = SigningKey.generate(algorithm)
        await store.set_state(tx, current.kid, "gone" if compromised else "retired", now)
        await store.set_state(tx, successor.kid, "current", now)
        await store.insert(tx, signing_key_row(own, fresh, "next", now))
        rotated.append(Rotated(algorithm, current=successor.kid, retired=current.kid, next=fresh.kid))
    await forget_retired(tx, now)
    return rotated


async def forget_retired(tx: Transaction, now: datetime) -> list[str]:
    """Delete the private part of keys that have been retired for long enough; return their ids."""
    done = [key.kid for key in await store.signing_keys(tx) if key.state == "retired" and not is_published(key, now)]
    for kid in done:
        await store.set_state(tx, kid, "gone", now)
    return done


async def data_sealer(tx: Transaction, tenant_id: UUID, sealer: Sealer) -> KeySealer:
    """Return what seals under the tenant's data key. Raises KeysUnreadable, KeyMissing."""
    for row in await store.data_keys(tx):
        return KeySealer(open_sealed(sealer, row["sealed"], data_key_purpose(tenant_id, row["id"])))
    raise KeyMissing(f"schema {tx.namespace.schema} holds no data key")


def _one(keys: list[KeyRow], slug: str, algorithm: str, state: str) -> KeyRow:
    for key in keys:
        if key.algorithm == algorithm and key.state == state:
            return key
    raise KeyMissing(f"{slug} has no {state} {algorithm} key")
