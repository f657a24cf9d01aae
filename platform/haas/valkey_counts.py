"""The counts of `haas.shared_limits` in Valkey or Redis: one script, one round trip for all limits of a call."""

import asyncio
import logging
from collections.abc import Sequence
from math import inf
from time import monotonic
from typing import Any, Final

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from haas.shared_limits import SECONDS_KEPT_LONGER, Asked, CountLimit, Limit, NotShared, Refusal

logger = logging.getLogger(__name__)

SECONDS_TO_ANSWER: Final = 0.1
"""How long a call waits for Valkey. A call that is late by this is better than a call that is refused."""
SECONDS_BETWEEN_TRIES: Final = 1.0
"""While Valkey does not answer, one call in this time tries it. The others do not wait for it."""
_CONNECTIONS: Final = 8
_PREFIX: Final = "limit"

# For each key, ARGV has six fixed values (kind, most, milliseconds until the key can be forgotten, since, event,
# number of pairs) and then the untold events as pairs of time and event. For a count, `since` is what is untold.
# The first pass counts what is untold and looks for a limit in which the call does not fit. Only if it fits in all of
# them, the second pass counts the call. The answer is empty, or the number of the key and the time of its first event.
_SCRIPT: Final = """
local now, at, kinds, refused = ARGV[1], 2, {}, nil
for number, key in ipairs(KEYS) do
    local kind, most, kept, since, event, pairs = unpack(ARGV, at, at + 5)
    at = at + 6
    kinds[number] = {kind, event, kept}
    if kind == 'count' then
        local total = tonumber(redis.call('INCRBY', key, since))
        if total >= tonumber(most) and not refused then refused = {number} end
    else
        redis.call('ZREMRANGEBYSCORE', key, '-inf', since)
        for _ = 1, tonumber(pairs) do
            redis.call('ZADD', key, 'NX', ARGV[at], ARGV[at + 1])
            at = at + 2
        end
        local known = redis.call('ZSCORE', key, event)
        if not known and redis.call('ZCARD', key) >= tonumber(most) and not refused then
            refused = {number, redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]}
        end
    end
    redis.call('PEXPIRE', key, kept)
end
if refused then return refused end
for number, key in ipairs(KEYS) do
    local kind, event, kept = unpack(kinds[number])
    if kind == 'count' then
        redis.call('INCR', key)
    else
        redis.call('ZADD', key, 'NX', now, event)
    end
    redis.call('PEXPIRE', key, kept)
end
return {}
"""


class ValkeyCounts:
    """The counts at a server. It connects when it is first asked, so a process can start without the server."""

    def __init__(self, url: str, *, seconds: float = SECONDS_TO_ANSWER) -> None:
        """Use the server at `url` (`redis://…`). A call waits `seconds` for it; only tests wait longer."""
        self._seconds = seconds
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=seconds,  # for a connection that another call uses
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), retries=1),  # if the server has closed an idle connection
        )
        self._client = redis.asyncio.Redis.from_pool(pool)
        self._script = self._client.register_script(_SCRIPT)
        self._lost = False
        self._tried_at = -inf
        self._not_shared = 0

    async def ask(self, asked: Sequence[Asked], now: float) -> Refusal | None:
        """See `haas.shared_limits.SharedCounts`. Raise NotShared."""
        if self._lost and monotonic() - self._tried_at < SECONDS_BETWEEN_TRIES:
            self._not_shared += 1
            raise NotShared("Valkey did not answer a moment ago")
        self._tried_at = monotonic()
        keys, arguments = [_key(each.limit) for each in asked], [_number(now)]
        for each in asked:
            arguments += _arguments(each, now)
        try:
            async with asyncio.timeout(self._seconds):
                answer: list[Any] = await self._script(keys=keys, args=arguments)
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)
            raise NotShared("Valkey does not answer") from error
        self._answered()
        if not answer:
            return None
        number, *oldest = answer
        return Refusal(asked[number - 1].limit, float(oldest[0]) if oldest else None)

    @property
    def is_up(self) -> bool:
        """Whether the server has answered the last time, or was not asked yet."""
        return not self._lost

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _failed(self, error: Exception) -> None:
        self._not_shared += 1
        if not self._lost:
            self._lost = True
            logger.warning("limits.not_shared", extra={"reason": type(error).__name__})

    def _answered(self) -> None:
        if self._lost:
            logger.warning("limits.shared_again", extra={"calls": self._not_shared})
            self._lost, self._not_shared = False, 0


def _key(limit: Limit) -> str:
    window = _number(limit.begins) if isinstance(limit, CountLimit) else ""
    return ":".join((_PREFIX, limit.name, *map(str, limit.key), window))


def _arguments(asked: Asked, now: float) -> list[str]:
    limit, untold = asked
    kept = str(max(1, int((limit.ends - now + SECONDS_KEPT_LONGER) * 1000)))
    if isinstance(limit, CountLimit):
        return ["count", str(limit.most), kept, str(untold), "", "0"]
    events = () if isinstance(untold, int) else untold
    pairs = [text for at, event in events for text in (_number(at), event)]
    return ["events", str(limit.most), kept, _number(limit.since), limit.event, str(len(events)), *pairs]


def _number(seconds: float) -> str:
    return f"{seconds:.6f}"
