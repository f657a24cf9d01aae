"""A transaction that belongs to one schema and one role."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from asyncpg import Connection, Record
from sqlalchemy import CursorResult, Executable

from haas.database.pool import Pooled
from haas.database.statement import SCHEMA_TOKEN, Statement
from haas.settings import MAIN_NODE

ROWS_FETCHED_AT_ONCE: Final = 50


class Namespace(NamedTuple):
    """What a transaction can use: a schema, the role that has rights on it, and the database node that holds both."""

    schema: str
    role: str
    node: str = MAIN_NODE


class Transaction:
    """Runs a store's SQL. It neither commits nor rolls back: `Database.transaction` does that when its block ends."""

    __slots__ = ("_ended", "_pooled", "commits_on_refusal", "namespace", "repeat")

    def __init__(self, namespace: Namespace, pooled: Pooled) -> None:
        """Use a connection on which the transaction has begun with the role of `namespace`."""
        self.namespace = namespace
        self.commits_on_refusal = False
        """Whether the transaction is committed if a HaasError ends the block."""
        self.repeat: Callable[[], Awaitable[object]] | None = None
        """The function that writes again, after a rollback, what must remain after every error."""
        self._pooled = pooled
        self._ended = False

    async def execute(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run a Core statement. With a sequence of values, run it once for each element."""
        self._check()
        options = {"schema_translate_map": {SCHEMA_TOKEN: self.namespace.schema}}
        return await self._pooled.connection.execute(statement, values, execution_options=options)

    async def rows(self, statement: Statement, **values: object) -> list[Record]:
        """Run a hot statement and return all its rows."""
        sql, ordered = statement.bind(self.namespace.schema, values)
        records: list[Record] = await self.driver.fetch(sql, *ordered)
        return records

    async def row(self, statement: Statement, **values: object) -> Record | None:
        """Run a hot statement and return its first row, or None."""
        sql, ordered = statement.bind(self.namespace.schema, values)
        return await self.driver.fetchrow(sql, *ordered)

    async def scalar(self, statement: Statement, **values: object) -> Any:
        """Run a hot statement and return the first column of its first row, or None."""
        sql, ordered = statement.bind(self.namespace.schema, values)
        return await self.driver.fetchval(sql, *ordered)

    async def cursor(self, statement: Statement, **values: object) -> AsyncGenerator[Record, None]:
        """Run a hot statement and yield its rows. Only a few of them are in memory at once."""
        sql, ordered = statement.bind(self.namespace.schema, values)
        async for record in self.driver.cursor(sql, *ordered, prefetch=ROWS_FETCHED_AT_ONCE):
            yield record

    async def use_one_snapshot(self) -> None:
        """Let all statements see the data of one moment, and wait for locks for a second only.

        Call this before the first statement.
        """
        await self.driver.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL lock_timeout = '1s'")

    @property
    def driver(self) -> "Connection[Record]":
        """The asyncpg connection, for bulk loading (COPY) and server-side cursors. Do not store it."""
        self._check()
        return self._pooled.driver

    def commit_on_refusal(self, repeat: Callable[[], Awaitable[object]] | None = None) -> None:
        """Commit the transaction from now on, even if a HaasError ends the block and the request is refused.

        This is for facts that must be recorded although the request is refused: a `jti` that was used, a wrong password
        that was counted, the tokens that were revoked because their code was presented twice. After any other exception
        the transaction is still rolled back. Then `repeat`, if given, writes the fact again, and this is committed.
        """
        self.commits_on_refusal = True
        self.repeat = repeat

    def close(self) -> None:
        """Refuse all further use, because another tenant may use the connection next. Only `Database` calls this."""
        self._ended = True

    def _check(self) -> None:
        self._pooled.begin_statement()
        if self._ended:
            raise RuntimeError("this transaction has ended: its connection may be in use by another tenant")
