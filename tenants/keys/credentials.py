"""The credentials of a tenant for other servers, encrypted with its data key. Each kind of server has a table."""

from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from haas.database import Transaction
from haas.jose import Sealer
from tenants.keys.opening import open_sealed
from tenants.keys.rotation import data_key_sealer
from tenants.keys.store import CredentialTable


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential with its decrypted secret. Printing the object does not show the secret."""

    kind: str
    presented: str = ""
    """The part that the other server sees beside the secret. Empty if there is none."""
    secret: str
    changed_at: datetime

    def __repr__(self) -> str:
        """Show only the kind, because tracebacks and logs may contain this text."""
        return f"{type(self).__name__}(kind={self.kind!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Show only the kind in the output of the library rich as well."""
        return [("kind", self.kind)]


_Credential = TypeVar("_Credential", bound=Credential)


class Credentials(Generic[_Credential]):
    """The credentials for one kind of server. `sealer` uses the master key of the deployment."""

    def __init__(self, table: CredentialTable, made: type[_Credential], purpose: str) -> None:
        """`purpose` is part of what binds an encrypted secret to its kind: never change it."""
        self._table = table
        self._made = made
        self._purpose = purpose

    async def save(self, tx: Transaction, tenant_id: UUID, sealer: Sealer, new: _Credential) -> None:
        """Store a credential, replacing one of the same kind. Raises KeysUnreadable."""
        sealed = (await data_key_sealer(tx, tenant_id, sealer)).seal(new.secret.encode(), self._purpose_of(new.kind))
        await self._table.save(tx, new.kind, new.presented, sealed, new.changed_at)

    async def find(self, tx: Transaction, tenant_id: UUID, sealer: Sealer, kind: str) -> _Credential | None:
        """Return a credential with its decrypted secret, or None. Raises KeysUnreadable."""
        row = await self._table.load(tx, kind)
        if row is None:
            return None
        tenant_sealer = await data_key_sealer(tx, tenant_id, sealer)
        secret = open_sealed(tenant_sealer, row["sealed"], self._purpose_of(kind)).decode()
        return self._made(kind=kind, presented=row["presented"], secret=secret, changed_at=row["changed_at"])

    async def remove(self, tx: Transaction, kind: str) -> None:
        """Delete a credential. Do nothing if there is none."""
        await self._table.delete(tx, kind)

    def _purpose_of(self, kind: str) -> str:
        """Return the purpose that binds an encrypted secret to its kind. The data key binds it to the tenant."""
        return f"{self._purpose}/{kind}"
