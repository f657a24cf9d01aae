"""Creates the keys of a new tenant: a data key, current and next signing keys, and keys for deriving ids."""

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
# AES-SIV uses two AES-256 keys (RFC 5297 2.2). The subject key is used with HMAC-SHA-256.
_DERIVATION_KEY_BYTES: Final = {RESOURCE_ID: 64, SUBJECT: 32}


class NewSigningKey(NamedTuple):
    """A new signing key and its first state."""

    state: Literal["next", "current"]
    key: SigningKey


def generate_signing_keys() -> list[NewSigningKey]:
    """Return a current and a next key for each algorithm. Each RSA key takes tens of milliseconds of processor time."""
    return [
        NewSigningKey(state, SigningKey.generate(algorithm))
        for algorithm in SIGNING_ALGORITHMS
        for state in ("current", "next")
    ]


async def create_keys(
    tx: Transaction, tenant_id: UUID, sealer: Sealer, signing_keys: Sequence[NewSigningKey], now: datetime
) -> None:
    """Create the keys of a new tenant, in the transaction that creates its schema. `sealer` uses the master key."""
    data_key = new_key()
    tenant_sealer = KeySealer(data_key)
    await tx.execute(
        tables.data_key.insert(),
        {
            "id": DATA_KEY_ID,
            "sealed": sealer.seal(data_key, data_key_purpose(tenant_id, DATA_KEY_ID)),
            "created_at": now,
        },
    )
    await tx.execute(
        tables.signing_key.insert(), [signing_key_row(tenant_sealer, new.key, new.state, now) for new in signing_keys]
    )
    await tx.execute(
        tables.derivation_key.insert(),
        [
            {
                "purpose": purpose,
                "sealed": tenant_sealer.seal(new_key(size), derivation_purpose(purpose)),
                "created_at": now,
            }
            for purpose, size in _DERIVATION_KEY_BYTES.items()
        ],
    )


def signing_key_row(tenant_sealer: Sealer, key: SigningKey, state: str, now: datetime) -> dict[str, object]:
    """Return the row of a signing key. `tenant_sealer` seals the private part with the tenant's data key."""
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": state,
        "public_jwk": key.public_jwk(),
        "sealed": tenant_sealer.seal(msgspec.json.encode(key.private_jwk()), signing_purpose(key.kid)),
        "created_at": now,
        "state_at": now,
    }


def data_key_purpose(tenant_id: UUID, key_id: str) -> str:
    """Return the purpose of a sealed data key. A copy of the row in another tenant's schema cannot be unsealed."""
    return f"data-key/{tenant_id}/{key_id}"


def signing_purpose(kid: str) -> str:
    """Return the purpose of the sealed private part of a signing key."""
    return f"signing-key/{kid}"


def derivation_purpose(purpose: str) -> str:
    """Return the purpose of a sealed derivation key. `purpose` is RESOURCE_ID or SUBJECT."""
    return f"derivation-key/{purpose}"
