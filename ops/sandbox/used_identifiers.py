"""Replay protection: identifiers that are accepted only once, even after a restart."""

import msgspec

from ops.sandbox.store import Collection, Store

LIMIT = 100_000


class UsedIdentifier(msgspec.Struct, frozen=True):
    """The record of a used identifier. It has no content: the identifier is the id of the document."""


class UsedIdentifiers:
    """Stores the latest hundred thousand used identifiers (`jti` claims)."""

    def __init__(self, store: Store) -> None:
        """Store them in `store`."""
        self._used = Collection(store, "used-identifier", UsedIdentifier, limit=LIMIT)

    async def use(self, identifier: str) -> bool:
        """Mark `identifier` as used. Returns False when it was used before."""
        return await self._used.add(identifier, UsedIdentifier())
