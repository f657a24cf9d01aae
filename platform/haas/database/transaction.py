"""A transaction that belongs to one schema and role, and ends with it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from asyncpg import Connection, Record
from sqlalchemy import CursorResult, Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from haas.database.statement import SCHEMA_TOKEN, Statement


class Namespace(NamedTuple):
    """Where a transaction lives: the schema it reads and writes, and the role that may do so."""

    schema: str
    role: str


class Transaction:
    """What a store writes SQL through. It neither commits nor rolls back: the session boundary does."""

    __slots__ = ("_connection", "_driver", "_ended", "_keep", "namespace")

    def __init__(self, namespace: Namespace, connection: AsyncConnection, driver: "Connection[Record]") -> None:
        """Bind the namespace to a connection on which the transaction has begun."""
        self.namespace = namespace
        self._connection = connection
        self._driver = driver
        self._keep = False
        self._ended = False

    async def execute(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run a Core statement; with a sequence of values, once for each."""
        self._check()
        options = {"schema_translate_map": {SCHEMA_TOKEN: self.namespace.schema}}
        return await self._connection.execute(statement, values, execution_options=options)

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

    @property
    def driver(self) -> "Connection[Record]":
        """The asyncpg connection, for bulk loading (COPY) and server-side cursors. Never keep it: ask each time."""
        self._check()
        return self._driver

    def keep(self) -> None:
        """Let what was written stand even when the work ends in a HaasError from here on.

        For facts that must outlive a refusal: a spent `jti`, a counted failure, the tokens of a replayed code revoked.
        """
        self._keep = True

    def close(self) -> None:
        """Refuse all further use: the connection may be another tenant's by then. For the session boundary alone."""
        self._ended = True

    def _check(self) -> None:
        if self._ended:
            raise RuntimeError("this transaction has ended: its connection belongs to somebody else")

    @property
    def kept(self) -> bool:
        """Whether a HaasError commits instead of rolling back."""
        return self._keep
