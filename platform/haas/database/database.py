"""Transactions with a tenant's role, on the connection pools of the node that has the tenant's schema.

SQLAlchemy's connections are in AUTOCOMMIT mode. `Database.transaction` itself sends BEGIN with the role in one round
trip, and then COMMIT or ROLLBACK. If neither succeeds, it closes the connection, and a cancellation cannot interrupt
this. A pool that ends the transactions itself can give an open transaction to the next user of a connection when a task
is cancelled: in a measurement, this happened in 25 of 960 cancellations, and with this module in none of 1,045.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Literal

from asyncpg import PostgresError

from haas.database.failures import (
    DRIVER_ERRORS,
    RoleRefused,
    TransactionAborted,
    UnknownNode,
    ends_the_connection,
    not_now,
)
from haas.database.pool import Pool, Pooled
from haas.database.pool_metrics import PoolMetrics
from haas.database.transaction import Namespace, Transaction
from haas.errors import HaasError, Unavailable
from haas.traces import span

logger = logging.getLogger(__name__)

CONNECTIONS = 24
FEW_CONNECTIONS = 6
"""For a process that works for one tenant at a time."""
SHARE_OF_CONNECTIONS = 4
"""How many of them one schema may hold at the same time."""
PUBLIC_CONNECTIONS = 4
SHARE_OF_PUBLIC_POOL = 2
LONG_CONNECTIONS = 4
SHARE_OF_LONG_POOL = 2
SECONDS_TO_ANSWER = 1.5
"""How long a statement may take until the server counts as silent. A request is then answered within two seconds."""
MILLISECONDS_OF_A_STATEMENT = 1250
MILLISECONDS_TO_WAIT_FOR_A_LOCK = 1000
IDLE_IN_TRANSACTION_TIMEOUT = "10s"
LONG_SECONDS_TO_ANSWER = 605.0
LONG_STATEMENT_TIMEOUT = "10min"
LONG_IDLE_IN_TRANSACTION_TIMEOUT = "1min"  # a stream waits for its reader between two reads

Purpose = Literal["requests", "public", "long"]
"""What a transaction is for: a request; what is public, and the registry and the keys, which every request needs; or an
import, a stream or a report."""


class NodePools:
    """The connections of one process to one database node.

    A schema holds at most a share of each pool, so that a tenant with slow statements does not stop the others. Public
    information has a pool of its own: it never waits for requests that need a consent.
    """

    def __init__(self, url: str, connections: int, time_factor: int) -> None:
        """Make the pools for the server at `url` (`postgresql://…`). A pool connects when it is first used.

        The time limits of requests are multiplied by `time_factor`.
        """
        short = partial(
            Pool,
            url,
            seconds_to_answer=SECONDS_TO_ANSWER * time_factor,
            time_factor=time_factor,
            statement_timeout=f"{MILLISECONDS_OF_A_STATEMENT * time_factor}ms",
            lock_timeout=f"{MILLISECONDS_TO_WAIT_FOR_A_LOCK * time_factor}ms",
            idle_in_transaction_session_timeout=IDLE_IN_TRANSACTION_TIMEOUT,
            # Each connection plans the statements of each tenant that uses it. Planning one takes several times as
            # long as executing it, and its plan does not depend on the values.
            plan_cache_mode="force_generic_plan",
        )
        self.requests = short(connections, share=min(SHARE_OF_CONNECTIONS, connections))
        self.public = short(PUBLIC_CONNECTIONS, share=SHARE_OF_PUBLIC_POOL)
        self.long = Pool(
            url,
            LONG_CONNECTIONS,
            share=SHARE_OF_LONG_POOL,
            seconds_to_answer=LONG_SECONDS_TO_ANSWER,
            time_factor=time_factor,
            statement_timeout=LONG_STATEMENT_TIMEOUT,
            idle_in_transaction_session_timeout=LONG_IDLE_IN_TRANSACTION_TIMEOUT,
        )

    def pool_for(self, purpose: Purpose) -> Pool:
        """Return the pool for a purpose."""
        if purpose == "requests":
            return self.requests
        return self.public if purpose == "public" else self.long

    async def close(self) -> None:
        """Close every connection."""
        for pool in (self.requests, self.public, self.long):
            await pool.close()


class Database:
    """The connections of one process: a pool for each purpose on each database node."""

    def __init__(self, nodes: Mapping[str, NodePools]) -> None:
        """Take the pools of each node, by its id; see `open`."""
        self._nodes = nodes

    @classmethod
    def open(
        cls,
        urls: Mapping[str, str],
        *,
        connections: int = CONNECTIONS,
        time_factor: int = 1,
    ) -> "Database":
        """Return the pools for the nodes of `urls` (id → `postgresql://…`). A pool connects when it is first used.

        The time limits of requests are multiplied by `time_factor` (`Settings.database_time_factor`).
        """
        return cls({node: NodePools(url, connections, time_factor) for node, url in urls.items()})

    def metrics(self) -> PoolMetrics:
        """Return the source of the metrics of the pools."""
        pools = {}
        for node, found in self._nodes.items():
            pools[node, "requests"] = found.requests
            pools[node, "public"] = found.public
            pools[node, "long"] = found.long
        return PoolMetrics(pools)

    async def close(self) -> None:
        """Close every connection."""
        for node in self._nodes.values():
            await node.close()

    @asynccontextmanager
    async def transaction(self, namespace: Namespace, purpose: Purpose = "requests") -> AsyncIterator[Transaction]:
        """Begin a transaction with the role of `namespace` on its node. Commit it at the end, or roll back on an error.

        The connection comes from the pool for `purpose`. Raises Unavailable if the database cannot be reached, does not
        answer in time, or fails for a reason that does not depend on the request (`failures.NOT_NOW`), and its
        subclasses PoolExhausted, UnknownNode and RoleRefused. Raises TransactionAborted if a statement failed and the
        block caught the error.
        """
        try:
            pools = self._nodes[namespace.node]
        except KeyError:
            raise UnknownNode(namespace.node) from None
        pool = pools.pool_for(purpose)
        with span("database", purpose):
            pooled = await _begin(pool, namespace)
            driver = pooled.driver
            transaction = Transaction(namespace, pooled)
            ended = False
            try:
                try:
                    yield transaction
                except HaasError:
                    if transaction.commits_on_refusal:
                        await _commit(pooled, transaction)
                        ended = True
                    else:
                        ended = await _roll_back(pooled)
                    raise
                except Exception as error:
                    pool.terminate_if_standby(pooled, error)
                    ended = await _roll_back(pooled) and await _repeat_writes(pooled, transaction)
                    reason = not_now(error, lost=driver.is_closed())
                    if reason is not None:
                        raise reason from error
                    raise
                await _commit(pooled, transaction)
                ended = True
            finally:
                transaction.close()
                await pool.give_back(pooled, namespace.schema, clean=ended)


def _begin_with_role(namespace: Namespace) -> str:
    return f'BEGIN; SET LOCAL ROLE "{namespace.role}"'


async def _begin(pool: Pool, namespace: Namespace) -> Pooled:
    """Begin a transaction on a pooled connection."""
    if not pool.silent:
        return await _begin_on_the_first_open(pool, namespace)
    with pool.trial():
        return await _begin_on_the_first_open(pool, namespace, on_trial=True)


async def _begin_on_the_first_open(pool: Pool, namespace: Namespace, *, on_trial: bool = False) -> Pooled:
    """Close connections that the server has ended, and try the next one, unless the server is silent."""
    for _ in range(pool.size + 1):
        pooled = await pool.take(namespace.schema, on_trial=on_trial)
        begun = False
        try:
            await pooled.driver.execute(_begin_with_role(namespace))
            begun = True
        except (*DRIVER_ERRORS, PostgresError) as error:
            if not ends_the_connection(error):
                refused = RoleRefused(f"the role {namespace.role} cannot be taken: {error}")
                raise (not_now(error, lost=False) or refused) from error
            if pooled.was_silent:  # the next connection would not be answered either, and take as long
                raise Unavailable("the database does not answer") from error
            continue
        finally:
            if not begun:
                await pool.give_back(pooled, namespace.schema, clean=False)
        return pooled
    raise Unavailable("the database closes every connection")


async def _commit(pooled: Pooled, transaction: Transaction) -> None:
    """Commit, and check the server's answer: after a failed statement, the server rolls back at COMMIT."""
    pooled.begin_statement()
    try:
        outcome = await pooled.driver.execute("COMMIT")
    except (*DRIVER_ERRORS, PostgresError) as error:
        if ends_the_connection(error):
            raise Unavailable(
                "the connection was lost during COMMIT: it is not known whether the transaction was committed"
            ) from error
        reason = not_now(error, lost=False)
        if reason is None:
            raise
        raise reason from error
    if outcome != "COMMIT":
        await _repeat_writes(pooled, transaction)
        raise TransactionAborted("a statement had failed before COMMIT: the server rolled the transaction back")


async def _repeat_writes(pooled: Pooled, transaction: Transaction) -> bool:
    """Write again, after a rollback, what must remain, in a new transaction. Return False if that failed.

    A failure is logged and not raised: it would hide the error that caused the rollback.
    """
    if transaction.repeat is None:
        return True
    try:
        await pooled.driver.execute(_begin_with_role(transaction.namespace))
        await transaction.repeat()
        await pooled.driver.execute("COMMIT")
    except Exception:
        logger.exception("database.not_repeated", extra={"schema": transaction.namespace.schema})
        return False
    return True


async def _roll_back(pooled: Pooled) -> bool:
    """Roll back, and return whether that succeeded. A failure is not raised: it would hide the error before it."""
    pooled.begin_statement()
    try:
        await pooled.driver.execute("ROLLBACK")
    except (*DRIVER_ERRORS, PostgresError):
        return False
    return True
