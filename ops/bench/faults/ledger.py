"""What the clients of a trial were told, and the comparison with what the stack has stored.

A product that answers "created" must not lose it, whatever happens afterwards. So the ledger holds everything that was
acknowledged by one brand, and `compare` looks for each entry in the database. `ops/bench/faults/uses.py` uses the
entries again through the API.
"""

from collections import Counter
from collections.abc import Container, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from haas.digest import digest
from ops.deployment import Deployment
from ops.sandbox.recipient.answers import Refused
from ops.stack.embedded import Stack
from tenants.registry.models import Tenant

_STORED: Final = {
    "access tokens": "SELECT token_hash FROM access_token WHERE token_hash = ANY($1)",
    "revoked access tokens": (
        "SELECT token_hash FROM access_token WHERE token_hash = ANY($1) AND revoked_at IS NOT NULL"
    ),
    "pushed requests": "SELECT request_uri_hash FROM attempt WHERE request_uri_hash = ANY($1)",
    "used requests": (
        "SELECT request_uri_hash FROM attempt WHERE request_uri_hash = ANY($1) AND request_uri_used_at IS NOT NULL"
    ),
    "used codes": "SELECT code_hash FROM attempt WHERE code_hash = ANY($1) AND code_used_at IS NOT NULL",
    "consents": (
        "SELECT sha256(id::text::bytea) FROM arrangement"
        " WHERE sha256(id::text::bytea) = ANY($1) AND active_at IS NOT NULL AND ended_at IS NULL"
    ),
    "ended consents": (
        "SELECT sha256(id::text::bytea) FROM arrangement"
        " WHERE sha256(id::text::bytea) = ANY($1) AND ended_at IS NOT NULL"
    ),
}
"""By kind: the digests of those entries that are stored. Used assertions are not here: housekeeping deletes them."""
KINDS: Final = (*_STORED, "used assertions", "notices")
"""A notice is what a recipient is sent when a person stops sharing. Its proof is the id of the arrangement."""
_COUNTED_CALLS: Final = (
    "SELECT coalesce(sum(calls), 0)::bigint FROM call_rollup",
    "SELECT coalesce(sum(calls), 0)::bigint FROM call_quarter_hour",
)
_NOT_NOW: Final = frozenset({502, 503})


class Failure(msgspec.Struct, frozen=True):
    """A request that was not answered as it should be.

    `not_now`: the client was told to repeat it, or cut off, while the stack was disturbed.
    """

    operation: str
    reason: str
    not_now: bool


class _Answer(msgspec.Struct):
    """A line of the proxy's access log. Other members are ignored."""

    host: str
    seconds: str


class Entry(msgspec.Struct, frozen=True):
    """Something that was acknowledged. `proof` is what a client needs to use it again, until `usable_until`."""

    proof: Any
    usable_until: datetime | None = None


class Ledger:
    """What one brand has answered in one trial. The entries have the digests by which the database knows them."""

    def __init__(self) -> None:
        """Nothing was sent yet."""
        self.sent = 0
        self.answered: Counter[str] = Counter()
        """The number of good answers, by operation."""
        self.failures: list[Failure] = []
        self.wrong: list[str] = []
        """What must never happen and did, as lines of text."""
        self._entries: dict[str, dict[bytes, Entry]] = {kind: {} for kind in KINDS}

    def acknowledge(self, kind: str, secret: str, proof: Any, usable_until: datetime | None = None) -> None:
        """The stack has told a client that `secret`, an entry of this kind, exists. `kind` is one of KINDS."""
        self._entries[kind][digest(secret)] = Entry(proof, usable_until)

    def forget(self, kind: str, secret: str) -> None:
        """A client is about to end what `secret` stands for. Until that is acknowledged, both states are right."""
        self._entries[kind].pop(digest(secret), None)

    def entries(self, kind: str) -> list[Entry]:
        """Return the entries of a kind, the oldest first."""
        return list(self._entries[kind].values())

    def fail(self, operation: str, error: Exception, *, not_now: bool) -> None:
        """Note a request that failed."""
        self.failures.append(Failure(operation, f"{type(error).__name__}: {error}", not_now))

    @property
    def acknowledged(self) -> int:
        """The number of acknowledged entries."""
        return sum(map(len, self._entries.values()))

    async def compare(self, stack: Stack, tenant: Tenant) -> list[str]:
        """Return what the tenant's schema does not have although it was acknowledged, as lines of text."""
        lost = []
        async with Deployment.open(stack.settings) as deployment:
            for kind, statement in _STORED.items():
                expected = self._entries[kind].keys()
                async with deployment.database.transaction(tenant.namespace) as tx:
                    rows = await tx.driver.fetch(_in_schema(statement, tenant), list(expected))
                missing = len(expected - {bytes(row[0]) for row in rows})
                if missing:
                    lost.append(f"not stored: {missing} of {len(expected)} {kind}")
        return lost


def is_not_now(error: Exception) -> bool:
    """Return whether a client may see this error while a part restarts.

    That is: no connection, or a connection that was cut; or 502 or 503 with Retry-After. A time limit that was exceeded
    is not: the stack must say that it cannot answer.
    """
    if isinstance(error, httpx.TransportError):
        return not isinstance(error, httpx.TimeoutException)
    return isinstance(error, Refused) and says_not_now(error.status, error.response.headers)


def says_not_now(status: int, headers: Any) -> bool:
    """Return whether a response says that the request can be repeated later: 502 or 503, with Retry-After."""
    return status in _NOT_NOW and "retry-after" in headers


async def counted_calls(stack: Stack, tenants: Sequence[Tenant]) -> int:
    """Return how many calls are counted for Get Metrics. Those of the last seconds are in the memory of processes."""
    total = 0
    async with Deployment.open(stack.settings) as deployment:
        for tenant in tenants:
            async with deployment.database.transaction(tenant.namespace) as tx:
                for statement in _COUNTED_CALLS:
                    total += await tx.driver.fetchval(_in_schema(statement, tenant))
    return total


def slowest_answer(access_log: Path, hosts: Container[str]) -> float:
    """Return the longest time in seconds that the proxy took for an answer from one of `hosts`, of whatever status.

    The proxy's own time is used: the clients of a trial wait for each other's connections and for the processor.
    """
    with access_log.open("rb") as lines:
        answers = [msgspec.json.decode(line, type=_Answer) for line in lines]
    return max((float(answer.seconds) for answer in answers if answer.host in hosts), default=0.0)


def _in_schema(statement: str, tenant: Tenant) -> str:
    return statement.replace(" FROM ", f' FROM "{tenant.namespace.schema}".')
