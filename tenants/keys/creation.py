"""A new tenant's key set: a data key, signing keys in use and in waiting, and the keys that ids are derived from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from haas.database import Transaction
from haas.jose import SIGNING_ALGORITHMS, KeySealer, Sealer, SigningKey, new_key
from tenants.keys import tables

DATA_KEY_ID: Final = "1"
RESOURCE_ID: Final = "resource-id"
SUBJECT: Final = "subject"
# AES-SIV takes two AES-256 keys (RFC 5297 2.2); the subject key feeds an HMAC-SHA-256.
_DERIVATION_KEY_BYTES: Final = {RESOURCE_ID: 64, SUBJECT: 32}


class NewSigningKey(NamedTuple):
    """A signing key and the state it starts in."""

    state: Literal["next", "current"]
    key: SigningKey


def generate_signing_keys() -> list[NewSigningKey]:
    """Make a current and a next key for each algorithm. RSA keys cost tens of milliseconds of processor time each."""
    return [
        NewSigningKey(state, SigningKey.generate(algorithm))
        for algorithm in SIGNING_ALGORITHMS
        for state in ("current", "next")
    ]


async def create_keys(
    tx: Transaction, tenant_id: UUID, sealer: Sealer, signing_keys: Sequence[NewSigningKey], now: datetime
) -> None:
    """Give a new tenant its keys, in the transaction that makes its schema; `sealer` holds the master key."""
    data_key = new_key()
    own = KeySealer(data_key)
    await tx.execute(
        tables.data_key.insert(),
        {
            "id": DATA_KEY_ID,
            "sealed": sealer.seal(data_key, data_key_purpose(tenant_id, DATA_KEY_ID)),
            "created_at": now,
        },
    )
    await tx.execute(
        tables.signing_key.insert(), [signing_key_row(own, new.key, new.state, now) for new in signing_keys]
    )
    await tx.execute(
        tables.derivation_key.insert(),
        [
            {"purpose": purpose, "sealed": own.seal(new_key(size), derivation_purpose(purpose)), "created_at": now}
            for purpose, size in _DERIVATION_KEY_BYTES.items()
        ],
    )


def signing_key_row(own: Sealer, key: SigningKey, state: str, now: datetime) -> dict[str, object]:
    """Return the row of a signing key, its private part sealed with the tenant's data key."""
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": state,
        "public_jwk": key.public_jwk(),
        "sealed": own.seal(msgspec.json.encode(key.private_jwk()), signing_purpose(key.kid)),
        "created_at": now,
        "state_at": now,
    }


def data_key_purpose(tenant_id: UUID, key_id: str) -> str:
    """Bind a data key to its tenant: a row copied into another tenant's schema does not open there."""
    return f"data-key/{tenant_id}/{key_id}"


def signing_purpose(kid: str) -> str:
    """Bind a signing key's private part to its id."""
    return f"signing-key/{kid}"


def derivation_purpose(purpose: str) -> str:
    """Bind a derivation key to what it derives."""
    return f"derivation-key/{purpose}"
