"""Transactions with a tenant's role, on the connection pools of the node that holds the tenant.

Connections run in AUTOCOMMIT. `Database.transaction` itself sends BEGIN with the role in one round trip, then COMMIT or
ROLLBACK; on any other exit it closes the connection, shielded from cancellation. A pool that is left to end such
transactions gives open ones to the next user when tasks are cancelled (measured: 25 times in 960, against none in 1,045
this way).
"""

import logging
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from asyncpg import Connection, PostgresError, Record

from haas.database.failures import GONE, RoleRefused, TransactionAborted, UnknownNode, unavailable
from haas.database.pool import Pool, Pooled
from haas.database.transaction import Namespace, Transaction
from haas.errors import HaasError, Unavailable

logger = logging.getLogger(__name__)

POOLS = 4
CONNECTIONS_PER_POOL = 6
"""With four, requests waited for a connection while the process had processor time left (docs/performance.md)."""
LONG_CONNECTIONS = 4
STATEMENT_TIMEOUT = "5s"
IDLE_IN_TRANSACTION_TIMEOUT = "10s"
LONG_STATEMENT_TIMEOUT = "10min"
LONG_IDLE_IN_TRANSACTION_TIMEOUT = "1min"  # a stream waits for its reader between two reads


class NodePools:
    """The connections of one process to one database node.

    A schema always uses the same one of a few small pools: its statements stay prepared there, and a tenant with slow
    statements delays only the few tenants of its own pool. Imports, streams and reports have a pool of their own.
    """

    def __init__(self, url: str, pools: int, connections: int) -> None:
        """Make the pools for the server at `url` (`postgresql://…`). Nothing connects until it is first used."""
        self.small = [
            Pool(
                url,
                connections,
                statement_timeout=STATEMENT_TIMEOUT,
                idle_in_transaction_timeout=IDLE_IN_TRANSACTION_TIMEOUT,
                # Each connection plans the statements of each tenant of its pool. Planning one takes several times as
                # long as executing it, and its plan does not depend on the values.
                plan_cache_mode="force_generic_plan",
            )
            for _ in range(pools)
        ]
        self.long = Pool(
            url,
            LONG_CONNECTIONS,
            statement_timeout=LONG_STATEMENT_TIMEOUT,
            idle_in_transaction_timeout=LONG_IDLE_IN_TRANSACTION_TIMEOUT,
        )

    def of(self, schema: str) -> Pool:
        """Return the small pool that `schema` uses."""
        return self.small[zlib.crc32(schema.encode()) % len(self.small)]

    async def close(self) -> None:
        """Close every connection."""
        for pool in (*self.small, self.long):
            await pool.close()


class Database:
    """The connections of one process: a few pools for each database node."""

    def __init__(self, nodes: Mapping[str, NodePools]) -> None:
        """Take the pools by node; `open` makes them."""
        self._nodes = nodes

    @classmethod
    def open(
        cls, urls: Mapping[str, str], *, pools: int = POOLS, connections: int = CONNECTIONS_PER_POOL
    ) -> "Database":
        """Return the pools for the nodes of `urls` (id → `postgresql://…`). Nothing connects until it is first used."""
        return cls({node: NodePools(url, pools, connections) for node, url in urls.items()})

    async def close(self) -> None:
        """Close every connection."""
        for node in self._nodes.values():
            await node.close()

    @asynccontextmanager
    async def transaction(self, namespace: Namespace, *, long: bool = False) -> AsyncIterator[Transaction]:
        """Open a transaction with the role of `namespace`, on its node; commit at the end, roll back on an error.

        `long` takes a connection from the pool for imports, streams and reports. Raises Unavailable where the server
        went away, gave up waiting, or no longer knows the role, with the subclasses PoolExhausted, UnknownNode and
        RoleRefused; TransactionAborted where a statement failed, the block went on, and nothing could be committed.
        """
        try:
            pools = self._nodes[namespace.node]
        except KeyError:
            raise UnknownNode(namespace.node) from None
        pool = pools.long if long else pools.of(namespace.schema)
        pooled = await _begin(pool, namespace)
        driver = pooled.driver
        transaction = Transaction(namespace, pooled.connection, driver)
        ended = False
        try:
            try:
                yield transaction
            except HaasError:
                if transaction.commits_on_refusal:
                    await _commit(driver, transaction)
                    ended = True
                else:
                    ended = await _roll_back(driver)
                raise
            except Exception as error:
                ended = await _roll_back(driver) and await _repeated(driver, transaction)
                reason = unavailable(error, lost=driver.is_closed())
                if reason is not None:
                    raise reason from error
                raise
            await _commit(driver, transaction)
            ended = True
        finally:
            transaction.close()
            await pool.give_back(pooled, clean=ended)


def _begin_with_role(namespace: Namespace) -> str:
    return f'BEGIN; SET LOCAL ROLE "{namespace.role}"'


async def _begin(pool: Pool, namespace: Namespace) -> Pooled:
    """Begin on a pooled connection; skip and close those that died in the pool because the server was restarted."""
    for _ in range(pool.size + 1):
        pooled = await pool.take()
        begun = False
        try:
            await pooled.driver.execute(_begin_with_role(namespace))
            begun = True
        except GONE:
            continue
        except PostgresError as error:
            raise RoleRefused(f"the role {namespace.role} cannot be taken: {error}") from error
        finally:
            if not begun:
                await pool.give_back(pooled, clean=False)
        return pooled
    raise Unavailable("the database closes every connection")


async def _commit(driver: "Connection[Record]", transaction: Transaction) -> None:
    """Commit and check the answer: after a failed statement the server answers COMMIT with a rollback."""
    try:
        outcome = await driver.execute("COMMIT")
    except GONE as error:
        raise Unavailable(
            "the connection was lost during COMMIT: it is not known whether the transaction was committed"
        ) from error
    if outcome != "COMMIT":
        await _repeated(driver, transaction)
        raise TransactionAborted("a statement had failed before COMMIT: the server rolled the transaction back")


async def _repeated(driver: "Connection[Record]", transaction: Transaction) -> bool:
    """After a rollback, write again what must remain, in a transaction of its own; return whether nothing failed.

    A failure is not raised: it would hide the error that led here.
    """
    if transaction.repeat is None:
        return True
    try:
        await driver.execute(_begin_with_role(transaction.namespace))
        await transaction.repeat()
        await driver.execute("COMMIT")
    except Exception:
        logger.exception("database.not_repeated", extra={"schema": transaction.namespace.schema})
        return False
    return True


async def _roll_back(driver: "Connection[Record]") -> bool:
    """Roll back and tell whether that succeeded. A failure is not raised: it would hide the error that led here."""
    try:
        await driver.execute("ROLLBACK")
    except (*GONE, PostgresError):
        return False
    return True
