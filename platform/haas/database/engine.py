"""The scope that ties a transaction to a tenant's role, and the few pools of connections that it runs on.

Connections run in AUTOCOMMIT and the scope itself sends BEGIN with the role in one round trip, then COMMIT or ROLLBACK;
on any other exit the connection is thrown away under a shield. A pool that is left to end such transactions hands open
ones to the next user when tasks are cancelled (measured: 25 times in 960, against none in 1,045 this way).
"""

import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asyncpg import Connection, PostgresError, Record

from haas.database.failures import GONE, RoleRefused, TransactionAborted, unavailable
from haas.database.pool import Pool, Pooled
from haas.database.transaction import Namespace, Transaction
from haas.errors import HaasError, Unavailable

POOLS = 4
CONNECTIONS_PER_POOL = 4
LONG_CONNECTIONS = 4
STATEMENT_TIMEOUT = "5s"
IDLE_IN_TRANSACTION_TIMEOUT = "10s"
LONG_STATEMENT_TIMEOUT = "10min"
LONG_IDLE_IN_TRANSACTION_TIMEOUT = "1min"  # a stream waits for its reader between two reads


class Database:
    """The connections of one process.

    A namespace always uses the same one of a few small pools: its statements stay prepared there, and a tenant with
    slow statements has few neighbours. Imports, streams and reports have a pool of their own.
    """

    def __init__(self, pools: list[Pool], long: Pool) -> None:
        """Take the pools; `open` makes them."""
        self._pools = pools
        self._long = long

    @classmethod
    def open(cls, url: str, *, pools: int = POOLS, connections: int = CONNECTIONS_PER_POOL) -> "Database":
        """Return the pools for the server at `url` (`postgresql://…`). Nothing connects until it is first used."""
        return cls(
            [
                Pool(
                    url,
                    connections,
                    statement_timeout=STATEMENT_TIMEOUT,
                    idle_in_transaction_timeout=IDLE_IN_TRANSACTION_TIMEOUT,
                )
                for _ in range(pools)
            ],
            Pool(
                url,
                LONG_CONNECTIONS,
                statement_timeout=LONG_STATEMENT_TIMEOUT,
                idle_in_transaction_timeout=LONG_IDLE_IN_TRANSACTION_TIMEOUT,
            ),
        )

    async def close(self) -> None:
        """Close every connection."""
        for pool in (*self._pools, self._long):
            await pool.close()

    @asynccontextmanager
    async def transaction(self, namespace: Namespace, *, long: bool = False) -> AsyncIterator[Transaction]:
        """Open a transaction that is `namespace`'s alone; commit on a clean exit, roll back on an error.

        `long` takes a connection from the pool for imports, streams and reports. Raises PoolExhausted, and Unavailable
        where the server went away, gave up waiting, or no longer knows the namespace's role; TransactionAborted where
        the work went on after a failed statement and there is nothing to commit.
        """
        pool = self._long if long else self._pools[zlib.crc32(namespace.schema.encode()) % len(self._pools)]
        pooled = await _begin(pool, namespace)
        driver = pooled.driver
        transaction = Transaction(namespace, pooled.connection, driver)
        ended = False
        try:
            try:
                yield transaction
            except HaasError:
                if transaction.kept:
                    await _commit(driver)
                    ended = True
                else:
                    ended = await _roll_back(driver)
                raise
            except Exception as error:
                ended = await _roll_back(driver)
                reason = unavailable(error, lost=driver.is_closed())
                if reason is not None:
                    raise reason from error
                raise
            await _commit(driver)
            ended = True
        finally:
            transaction.close()
            await pool.give_back(pooled, clean=ended)


async def _begin(pool: Pool, namespace: Namespace) -> Pooled:
    """Begin on a pooled connection, passing over those that a restarted server has left dead in the pool."""
    for _ in range(pool.size + 1):
        pooled = await pool.take()
        begun = False
        try:
            await pooled.driver.execute(f'BEGIN; SET LOCAL ROLE "{namespace.role}"')
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


async def _commit(driver: "Connection[Record]") -> None:
    """Commit, and make sure that it was one: after a failed statement the server answers COMMIT with a rollback."""
    try:
        outcome = await driver.execute("COMMIT")
    except GONE as error:
        raise Unavailable("the database went away during COMMIT: nobody knows whether it holds") from error
    if outcome != "COMMIT":
        raise TransactionAborted("a statement failed and the work went on: nothing was committed")


async def _roll_back(driver: "Connection[Record]") -> bool:
    """Roll back; tell whether that succeeded. The error that led here matters more than one that happens now."""
    try:
        await driver.execute("ROLLBACK")
    except (*GONE, PostgresError):
        return False
    return True
