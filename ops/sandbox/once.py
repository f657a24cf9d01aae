"""Identifiers that may be used a single time, also across a restart."""

import msgspec

from ops.sandbox.store import Collection, Store

LIMIT = 100_000


class Spent(msgspec.Struct, frozen=True):
    """A mark: the identifier is the document's id."""


class Once:
    """Remembers which identifiers (a `jti`) were used."""

    def __init__(self, store: Store) -> None:
        """Remember in `store`."""
        self._spent = Collection(store, "spent", Spent, limit=LIMIT)

    async def spend(self, identifier: str) -> bool:
        """Use `identifier`; False where it was used before."""
        return await self._spent.add(identifier, Spent())
