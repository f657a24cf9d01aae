"""Sessions of browsers: the rules that are the same for every surface.

A session is identified by a secret of 256 bits that only the browser stores, in a cookie. The server stores the SHA-256
of the secret. A sign-in ends the session before it and begins one with a new secret, so that a secret which somebody
else put into the browser is never signed in (session fixation).
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar

import msgspec

from haas.database import Transaction
from haas.digest import digest

_SECRET_BYTES: Final = 32
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def new_secret() -> str:
    """Return a secret of 256 bits for a new session."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def is_well_formed_secret(secret: str) -> bool:
    """Return whether a cookie's value has the form of a session secret."""
    return _SECRET.match(secret) is not None


class SessionLimits(msgspec.Struct, frozen=True, kw_only=True):
    """For how long a session is valid."""

    idle: timedelta
    """After the last use."""
    lifetime: timedelta
    """After the beginning, however often the session is used."""


class SessionTimes(Protocol):
    """The times of a stored session that has not been ended."""

    @property
    def created_at(self) -> datetime:
        """The beginning of the session."""
        ...

    @property
    def seen_at(self) -> datetime:
        """The last use of the session."""
        ...


StoredSession_co = TypeVar("StoredSession_co", bound=SessionTimes, covariant=True)
StoredSession = TypeVar("StoredSession", bound=SessionTimes)


class SessionStore(Protocol[StoredSession_co]):
    """The stored sessions of one surface. `token_hash` is the SHA-256 of a session's secret."""

    async def load_session(self, tx: Transaction, token_hash: bytes) -> StoredSession_co | None:
        """Return a session and lock it until the transaction ends. Return None if it is unknown or was ended."""
        ...

    async def record_session_use(self, tx: Transaction, token_hash: bytes, now: datetime) -> None:
        """Store `now` as the time of the last use."""
        ...

    async def end_session(self, tx: Transaction, token_hash: bytes, now: datetime) -> None:
        """End a session. Do nothing if it is unknown or was ended."""
        ...


class Sessions(Generic[StoredSession]):
    """The sessions of one surface, with the limits of that surface."""

    def __init__(self, store: SessionStore[StoredSession], limits: SessionLimits) -> None:
        """Take where the sessions are stored, and for how long they are valid."""
        self._store = store
        self.limits = limits

    async def current(self, tx: Transaction, secret: str, now: datetime) -> StoredSession | None:
        """Return the session with this secret. Return None if it is unknown, was ended, is idle too long or too old."""
        session = await self.not_ended(tx, secret)
        if session is None:
            return None
        idle, age = now - session.seen_at, now - session.created_at
        return session if idle < self.limits.idle and age < self.limits.lifetime else None

    def times_out_at(self, session: SessionTimes, now: datetime) -> datetime:
        """Return when a session ends that is used at `now` and not again."""
        return min(now + self.limits.idle, session.created_at + self.limits.lifetime)

    async def not_ended(self, tx: Transaction, secret: str) -> StoredSession | None:
        """Return the session with this secret, even if its time is over. Return None if it is unknown or was ended."""
        return await self._store.load_session(tx, digest(secret)) if secret else None

    async def record_use(self, tx: Transaction, secret: str, now: datetime) -> None:
        """Record that a session was used."""
        await self._store.record_session_use(tx, digest(secret), now)

    async def end(self, tx: Transaction, secret: str, now: datetime) -> None:
        """End the session with this secret."""
        await self._store.end_session(tx, digest(secret), now)

    async def replace(
        self, tx: Transaction, secret: str, now: datetime, add: Callable[[bytes], Awaitable[None]]
    ) -> str:
        """End the session with this secret, and add one with a new secret by `add(token_hash)`. Return the new secret.

        `secret` is empty if the browser had no session.
        """
        if secret:
            await self.end(tx, secret, now)
        replacement = new_secret()
        await add(digest(replacement))
        return replacement
