"""Small values in Valkey or Redis that all processes change, such as the state of a limit.

Nothing that must survive is kept there. If the server does not answer, the caller uses a value of its own process.
"""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

import redis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

logger = logging.getLogger(__name__)

NAMESPACE: Final = "haas:shared:"
TIMEOUT_SECONDS: Final = 0.25
SECONDS_BETWEEN_TRIES: Final = 2.0
"""How long the server is left alone after it has failed, so that not every call waits for it."""
SECONDS_KEPT: Final = 24 * 60 * 60
"""After how long without a change the server forgets a value. It does not decide whether a value is valid."""
TRIES: Final = 20
_REPLACE: Final = """
local stored = redis.call('GET', KEYS[1])
if (stored or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""


class SharedValues:
    """Values by key. Each change is computed in this process, and made only if the value has not changed meanwhile."""

    def __init__(self, url: str | None) -> None:
        """Take the URL of the server; None: there is none. It connects when it is first used."""
        self._redis: Redis | None = None
        if url is not None:
            self._redis = Redis.from_url(
                url,
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
                # One retry without delay, if the server has closed the connection.
                retry=Retry(NoBackoff(), retries=1),
            )
        self._failed_at: float | None = None
        self._locks: dict[str, asyncio.Lock] = {}

    async def update(self, key: str, change: Callable[[bytes | None], bytes]) -> bool:
        """Replace the value of `key` by `change(value)`. Return False if the server does not answer.

        `change` gets None if there is no value. It must not return an empty value. It can be called several times: only
        its last result was stored.
        """
        if self._redis is None or self._is_left_alone():
            return False
        try:
            async with self._locks.setdefault(key, asyncio.Lock()):  # only other processes can come in between
                is_changed = await self._replace(self._redis, NAMESPACE + key, change)
        except (redis.RedisError, OSError) as error:
            self._failed(type(error).__name__)
            return False
        if is_changed:
            self._answered()
        else:
            self._failed("contention")
        return is_changed

    @property
    def is_up(self) -> bool:
        """Whether the server has answered the last time, or was not asked yet."""
        return self._failed_at is None

    async def close(self) -> None:
        """Close the connections."""
        if self._redis is not None:
            await self._redis.aclose()

    async def _replace(self, server: Redis, name: str, change: Callable[[bytes | None], bytes]) -> bool:
        for _ in range(TRIES):
            stored = await server.get(name)
            changed = change(stored if isinstance(stored, bytes) else None)
            if await server.eval(_REPLACE, 1, name, stored or b"", changed, SECONDS_KEPT):
                return True
        return False

    def _is_left_alone(self) -> bool:
        return self._failed_at is not None and monotonic() - self._failed_at < SECONDS_BETWEEN_TRIES

    def _answered(self) -> None:
        if self._failed_at is not None:
            self._failed_at = None
            logger.warning("shared_values.returned")

    def _failed(self, reason: str) -> None:
        if self._failed_at is None:
            logger.warning("shared_values.lost", extra={"reason": reason})
        self._failed_at = monotonic()
