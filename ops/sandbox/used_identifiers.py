"""Replay protection: identifiers that are accepted only one time, also across a restart."""

import msgspec

from ops.sandbox.store import Collection, Store

LIMIT = 100_000


class UsedIdentifier(msgspec.Struct, frozen=True):
    """The record of a used identifier. It has no content: the identifier is the id of the document."""


class UsedIdentifiers:
    """Remembers which identifiers (`jti` claims) were used, up to the latest hundred thousand."""

    def __init__(self, store: Store) -> None:
        """Remember them in `store`."""
        self._used = Collection(store, "used-identifier", UsedIdentifier, limit=LIMIT)

    async def use(self, identifier: str) -> bool:
        """Mark `identifier` as used. Returns False when it was used before."""
        return await self._used.add(identifier, UsedIdentifier())
