"""What the clients of a trial were told, and the comparison with what the stack has stored.

A product that answers "created" must not lose it, whatever happens afterwards. So the ledger holds everything that was
acknowledged, and `compare` looks for each entry in the database.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from haas.digest import digest
from ops.deployment import Deployment
from ops.stack.embedded import Stack
from tenants.registry.models import Tenant

_STORED: Final = {
    "access tokens": "SELECT token_hash FROM access_token WHERE token_hash = ANY($1)",
    "pushed requests": "SELECT request_uri_hash FROM attempt WHERE request_uri_hash = ANY($1)",
}
_COUNTED_CALLS: Final = "SELECT coalesce(sum(calls), 0)::bigint FROM call_rollup"


class Failure(msgspec.Struct, frozen=True):
    """A request that was not answered as it should be."""

    operation: str
    reason: str


class Ledger:
    """The requests of one trial. Secrets are kept as their digests, by which the database knows them too."""

    def __init__(self) -> None:
        """Nothing was sent yet."""
        self.answered: Counter[str] = Counter()
        """The number of good answers, by operation."""
        self.failures: list[Failure] = []
        self._acknowledged: dict[str, set[bytes]] = {kind: set() for kind in _STORED}

    def acknowledge(self, kind: str, secret: str) -> None:
        """The stack has told a client that `secret` exists. `kind` is `access tokens` or `pushed requests`."""
        self._acknowledged[kind].add(digest(secret))

    @property
    def acknowledged(self) -> int:
        """The number of acknowledged entries."""
        return sum(map(len, self._acknowledged.values()))

    async def compare(self, stack: Stack, tenant: Tenant) -> list[str]:
        """Return what the tenant's schema does not have although it was acknowledged, as lines of text."""
        lost = []
        async with Deployment.open(stack.settings) as deployment:
            for kind, expected in self._acknowledged.items():
                async with deployment.database.transaction(tenant.namespace) as tx:
                    rows = await tx.driver.fetch(_in_schema(_STORED[kind], tenant), list(expected))
                missing = len(expected - {bytes(row[0]) for row in rows})
                if missing:
                    lost.append(f"{missing} of {len(expected)} {kind}")
        return lost


async def counted_calls(stack: Stack, tenants: Sequence[Tenant]) -> int:
    """Return how many calls are counted for Get Metrics. Those of the last seconds are in the memory of processes."""
    total = 0
    async with Deployment.open(stack.settings) as deployment:
        for tenant in tenants:
            async with deployment.database.transaction(tenant.namespace) as tx:
                total += await tx.driver.fetchval(_in_schema(_COUNTED_CALLS, tenant))
    return total


def _in_schema(statement: str, tenant: Tenant) -> str:
    return statement.replace(" FROM ", f' FROM "{tenant.namespace.schema}".')
