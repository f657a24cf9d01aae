"""Transactions with a tenant's role, on the connection pools of the node that has the tenant's schema.

SQLAlchemy's connections are in AUTOCOMMIT mode. `Database.transaction` itself sends BEGIN with the role in one round
trip, and then COMMIT or ROLLBACK. If neither succeeds, it closes the connection, and a cancellation cannot interrupt
this. A pool that ends the transactions itself can give an open transaction to the next user of a connection when a task
is cancelled: in a measurement, this happened in 25 of 960 cancellations, and with this module in none of 1,045.
"""

import logging
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from asyncpg import Connection, PostgresError, Record

from haas.database.failures import CONNECTION_ERRORS, RoleRefused, TransactionAborted, UnknownNode, unavailable
from haas.database.pool import Pool, Pooled
from haas.database.transaction import Namespace, Transaction
from haas.errors import HaasError, Unavailable

logger = logging.getLogger(__name__)

POOLS = 4
CONNECTIONS_PER_POOL = 6
"""With four, requests waited for a connection while the process had processor time left (docs/performance.md)."""
SHARE_OF_POOL = 4
"""How many connections of a pool one schema may hold at the same time."""
LONG_CONNECTIONS = 4
SHARE_OF_LONG_POOL = 2
STATEMENT_TIMEOUT = "5s"
IDLE_IN_TRANSACTION_TIMEOUT = "10s"
LONG_STATEMENT_TIMEOUT = "10min"
LONG_IDLE_IN_TRANSACTION_TIMEOUT = "1min"  # a stream waits for its reader between two reads


class NodePools:
    """The connections of one process to one database node.

    There are a few small pools, and a schema always uses the same one, so that its statements stay prepared there. A
    schema holds at most a share of its pool, so that a tenant with slow statements does not stop the others. Imports,
    streams and reports use the pool `long`.
    """

    def __init__(self, url: str, pools: int, connections: int) -> None:
        """Make the pools for the server at `url` (`postgresql://…`). A pool connects when it is first used."""
        self.small = [
            Pool(
                url,
                connections,
                share=min(SHARE_OF_POOL, connections),
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
            share=SHARE_OF_LONG_POOL,
            statement_timeout=LONG_STATEMENT_TIMEOUT,
            idle_in_transaction_timeout=LONG_IDLE_IN_TRANSACTION_TIMEOUT,
        )

    def small_pool_of(self, schema: str) -> Pool:
        """Return the small pool that `schema` uses."""
        return self.small[zlib.crc32(schema.encode()) % len(self.small)]

    async def close(self) -> None:
        """Close every connection."""
        for pool in (*self.small, self.long):
            await pool.close()


class Database:
    """The connections of one process: a few pools for each database node."""

    def __init__(self, nodes: Mapping[str, NodePools]) -> None:
        """Take the pools of each node, by its id; see `open`."""
        self._nodes = nodes

    @classmethod
    def open(
        cls, urls: Mapping[str, str], *, pools: int = POOLS, connections: int = CONNECTIONS_PER_POOL
    ) -> "Database":
        """Return the pools for the nodes of `urls` (id → `postgresql://…`). A pool connects when it is first used."""
        return cls({node: NodePools(url, pools, connections) for node, url in urls.items()})

    async def close(self) -> None:
        """Close every connection."""
        for node in self._nodes.values():
            await node.close()

    @asynccontextmanager
    async def transaction(self, namespace: Namespace, *, long: bool = False) -> AsyncIterator[Transaction]:
        """Begin a transaction with the role of `namespace` on its node. Commit it at the end, or roll back on an error.

        With `long`, the connection comes from the pool for imports, streams and reports. Raises Unavailable if the
        database cannot be reached, ends the connection, or cancels a statement, and its subclasses PoolExhausted,
        UnknownNode and RoleRefused. Raises TransactionAborted if a statement failed and the block caught the error.
        """
        try:
            pools = self._nodes[namespace.node]
        except KeyError:
            raise UnknownNode(namespace.node) from None
        pool = pools.long if long else pools.small_pool_of(namespace.schema)
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
                ended = await _roll_back(driver) and await _repeat_writes(driver, transaction)
                reason = unavailable(error, lost=driver.is_closed())
                if reason is not None:
                    raise reason from error
                raise
            await _commit(driver, transaction)
            ended = True
        finally:
            transaction.close()
            await pool.give_back(pooled, namespace.schema, clean=ended)


def _begin_with_role(namespace: Namespace) -> str:
    return f'BEGIN; SET LOCAL ROLE "{namespace.role}"'


async def _begin(pool: Pool, namespace: Namespace) -> Pooled:
    """Begin a transaction on a pooled connection. Close connections that the server has ended, and try the next one."""
    for _ in range(pool.size + 1):
        pooled = await pool.take(namespace.schema)
        begun = False
        try:
            await pooled.driver.execute(_begin_with_role(namespace))
            begun = True
        except CONNECTION_ERRORS:
            continue
        except PostgresError as error:
            raise RoleRefused(f"the role {namespace.role} cannot be taken: {error}") from error
        finally:
            if not begun:
                await pool.give_back(pooled, namespace.schema, clean=False)
        return pooled
    raise Unavailable("the database closes every connection")


async def _commit(driver: "Connection[Record]", transaction: Transaction) -> None:
    """Commit, and check the server's answer: after a failed statement, the server rolls back at COMMIT."""
    try:
        outcome = await driver.execute("COMMIT")
    except CONNECTION_ERRORS as error:
        raise Unavailable(
            "the connection was lost during COMMIT: it is not known whether the transaction was committed"
        ) from error
    if outcome != "COMMIT":
        await _repeat_writes(driver, transaction)
        raise TransactionAborted("a statement had failed before COMMIT: the server rolled the transaction back")


async def _repeat_writes(driver: "Connection[Record]", transaction: Transaction) -> bool:
    """Write again, after a rollback, what must remain, in a new transaction. Return False if that failed.

    A failure is logged and not raised: it would hide the error that caused the rollback.
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
    """Roll back, and return whether that succeeded. A failure is not raised: it would hide the error before it."""
    try:
        await driver.execute("ROLLBACK")
    except (*CONNECTION_ERRORS, PostgresError):
        return False
    return True
