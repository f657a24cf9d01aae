"""The sandbox's storage: JSON documents in one SQLite file. Written documents survive `kill -9` of the process.

All statements run on one thread, one after the other, so that the read and the write of a change are not interleaved.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

Document = TypeVar("Document", bound=msgspec.Struct)
Result = TypeVar("Result")

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS document (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (kind, id)
    )
"""


class Store:
    """The SQLite file and the only thread that uses it."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path`; create it when it does not exist."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-store")
        self._connection = self._thread.submit(_opened, path).result()

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` in a new transaction."""

        def in_transaction() -> Result:
            with self._connection:
                return work(self._connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, in_transaction)

    def close(self) -> None:
        """Close the file after the work that is still running."""
        self._thread.submit(self._connection.close).result()
        self._thread.shutdown()


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(_SCHEMA)
    connection.commit()
    return connection


class Collection(Generic[Document]):
    """The documents of one kind, each under an id, in the order in which they were first written."""

    def __init__(self, store: Store, kind: str, model: type[Document], *, limit: int) -> None:
        """Keep documents of `model`. When there are more than `limit`, the oldest is deleted."""
        self._store = store
        self._kind = kind
        self._decoder = msgspec.json.Decoder(model)
        self._limit = limit

    async def get(self, key: str) -> Document | None:
        """Return the document under `key`, or None."""
        row = await self._store.run(
            lambda connection: connection.execute(
                "SELECT body FROM document WHERE kind = ? AND id = ?", (self._kind, key)
            ).fetchone()
        )
        return None if row is None else self._decoder.decode(row[0])

    async def all(self) -> list[Document]:
        """Return every document, oldest first."""
        return [document for _, document in await self.since(0)]

    async def since(self, sequence: int) -> list[tuple[int, Document]]:
        """Return the documents first written after `sequence`, each with its own sequence number, oldest first."""
        rows = await self._store.run(
            lambda connection: connection.execute(
                "SELECT sequence, body FROM document WHERE kind = ? AND sequence > ? ORDER BY sequence",
                (self._kind, sequence),
            ).fetchall()
        )
        return [(number, self._decoder.decode(body)) for number, body in rows]

    async def by_id(self) -> dict[str, Document]:
        """Return every document by its id, oldest first."""
        rows = await self._store.run(
            lambda connection: connection.execute(
                "SELECT id, body FROM document WHERE kind = ? ORDER BY sequence", (self._kind,)
            ).fetchall()
        )
        return {key: self._decoder.decode(body) for key, body in rows}

    async def put(self, key: str, document: Document) -> None:
        """Write `document` under `key`; an existing document is replaced."""
        await self._store.run(lambda connection: self._write(connection, key, document))

    async def add(self, key: str, document: Document) -> bool:
        """Write `document` under `key` unless one exists. Returns whether it was written."""

        def work(connection: sqlite3.Connection) -> bool:
            if connection.execute("SELECT 1 FROM document WHERE kind = ? AND id = ?", (self._kind, key)).fetchone():
                return False
            self._write(connection, key, document)
            return True

        return await self._store.run(work)

    async def change(self, key: str, change: Callable[[Document], Document]) -> Document | None:
        """Replace the document under `key` by the result of `change`. Returns None when there is no document."""

        def work(connection: sqlite3.Connection) -> Document | None:
            row = connection.execute(
                "SELECT body FROM document WHERE kind = ? AND id = ?", (self._kind, key)
            ).fetchone()
            if row is None:
                return None
            changed = change(self._decoder.decode(row[0]))
            self._write(connection, key, changed)
            return changed

        return await self._store.run(work)

    async def remove(self, key: str) -> bool:
        """Remove the document under `key`. Returns whether there was one."""
        removed = await self._store.run(
            lambda connection: (
                connection.execute("DELETE FROM document WHERE kind = ? AND id = ?", (self._kind, key)).rowcount
            )
        )
        return removed > 0

    async def clear(self) -> None:
        """Remove every document."""
        await self._store.run(
            lambda connection: connection.execute("DELETE FROM document WHERE kind = ?", (self._kind,))
        )

    def _write(self, connection: sqlite3.Connection, key: str, document: Any) -> None:
        connection.execute(
            "INSERT INTO document (kind, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (self._kind, key, msgspec.json.encode(document)),
        )
        connection.execute(
            "DELETE FROM document WHERE kind = ? AND sequence <= ("
            "SELECT sequence FROM document WHERE kind = ? ORDER BY sequence DESC LIMIT 1 OFFSET ?)",
            (self._kind, self._kind, self._limit),
        )
