"""The SQL of the keys of a tenant."""

from datetime import datetime
from typing import Any

import msgspec
from asyncpg import Record
from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Statement, Transaction
from haas.jose import SigningKey
from tenants.keys.tables import data_key, derivation_key, signing_key

_DATA_KEYS = Statement(select(data_key.c.id, data_key.c.sealed))
_DERIVATION_KEYS = Statement(select(derivation_key.c.purpose, derivation_key.c.sealed))
_SIGNING_KEYS = Statement(
    select(
        signing_key.c.kid,
        signing_key.c.algorithm,
        signing_key.c.state,
        signing_key.c.public_jwk,
        signing_key.c.sealed,
        signing_key.c.created_at,
        signing_key.c.state_at,
    ).order_by(signing_key.c.algorithm, signing_key.c.created_at, signing_key.c.kid)
)


class KeyRow(msgspec.Struct, frozen=True):
    """A row of the table `signing_key`."""

    kid: str
    algorithm: str
    state: str
    public_jwk: dict[str, Any]
    sealed: bytes | None
    created_at: datetime
    state_at: datetime


async def data_keys(tx: Transaction) -> list[Record]:
    """Return the tenant's sealed data keys."""
    return await tx.rows(_DATA_KEYS)


async def derivation_keys(tx: Transaction) -> list[Record]:
    """Return the tenant's sealed derivation keys."""
    return await tx.rows(_DERIVATION_KEYS)


async def signing_keys(tx: Transaction) -> list[KeyRow]:
    """Return the tenant's signing keys in every state, ordered by algorithm and age."""
    return [KeyRow(**row) for row in await tx.rows(_SIGNING_KEYS)]


async def lock(tx: Transaction) -> None:
    """Lock the tenant's keys until the transaction ends, so that only one rotation runs at a time."""
    await tx.execute(select(data_key.c.id).with_for_update())


async def set_state(tx: Transaction, kid: str, state: str, now: datetime) -> None:
    """Change the state of a key. In the state `gone` its private part is deleted."""
    values: dict[str, object] = {"state": state, "state_at": now}
    if state == "gone":
        values["sealed"] = None
    await tx.execute(signing_key.update().where(signing_key.c.kid == kid).values(values))


async def insert(tx: Transaction, row: dict[str, object]) -> None:
    """Add a signing key. `row` comes from `creation.signing_key_row`."""
    await tx.execute(signing_key.insert(), row)


def signing_key_from_json(private: bytes) -> SigningKey:
    """Return the key of an unsealed private JWK."""
    return SigningKey.from_jwk(msgspec.json.decode(private))


class CredentialTable:
    """The SQL of a table of credentials, which has the columns kind, presented, sealed and changed_at."""

    def __init__(self, table: Table) -> None:
        """`kind` is the primary key of the table."""
        self._table = table
        columns = (table.c.presented, table.c.sealed, table.c.changed_at)
        self._load = Statement(select(*columns).where(table.c.kind == bindparam("kind")))

    async def save(self, tx: Transaction, kind: str, presented: str, sealed: bytes, now: datetime) -> None:
        """Store an encrypted credential, replacing a stored one of the same kind."""
        values = {"presented": presented, "sealed": sealed, "changed_at": now}
        new = upsert(self._table).values(kind=kind, **values)
        await tx.execute(new.on_conflict_do_update(index_elements=[self._table.c.kind], set_=values))

    async def load(self, tx: Transaction, kind: str) -> Record | None:
        """Return the row of a credential, or None."""
        return await tx.row(self._load, kind=kind)

    async def delete(self, tx: Transaction, kind: str) -> None:
        """Delete a credential."""
        await tx.execute(delete(self._table).where(self._table.c.kind == kind))
