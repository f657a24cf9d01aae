"""Messages to the workers, through Valkey or Redis. A message names an actor and tells it to begin.

A message is only a signal: the work itself is recorded in PostgreSQL, where a periodic sweep finds it if the message is
lost. Therefore a request does not fail if its message cannot be sent, and a message that no worker has taken within a
minute is dropped.
"""

import asyncio
import logging
from typing import Final

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, Middleware
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

QUEUE: Final = "default"
NAMESPACE: Final = "haas"
MAXIMUM_AGE_MS = 60_000
TIMEOUT_SECONDS = 1.0
HEARTBEAT_TIMEOUT_SECONDS = 30


def open_broker(redis_url: str) -> RedisBroker:
    """Return the broker at `redis_url`. It connects when it is first used, so a process can start without the server.

    Dramatiq's retries are not used: failed work is repeated from its row in PostgreSQL, at the time in that row.
    """
    middleware: list[Middleware] = [AgeLimit(max_age=MAXIMUM_AGE_MS)]
    client = redis.Redis.from_url(
        redis_url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        health_check_interval=15,
        # One retry without delay, if the server has closed the connection. The client's default retries wait longer.
        retry=Retry(NoBackoff(), retries=1),
    )
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=client,
        middleware=middleware,
        namespace=NAMESPACE,
        heartbeat_timeout=HEARTBEAT_TIMEOUT_SECONDS * 1000,
    )


class Jobs:
    """Sends messages to actors by name, so that the sender need not import them."""

    def __init__(self, broker: dramatiq.Broker) -> None:
        """Send messages through `broker`; see `open_broker`."""
        self._broker = broker

    async def enqueue(self, actor: str, *arguments: str | int) -> bool:
        """Send a message to `actor` with `arguments`, which are ids only. Return whether the broker accepted it.

        A broker that does not answer is logged and raises no error, because the periodic sweep finds the work.
        """
        message: dramatiq.Message[object] = dramatiq.Message(
            queue_name=QUEUE, actor_name=actor, args=arguments, kwargs={}, options={}
        )
        try:
            await asyncio.to_thread(self._broker.enqueue, message)
        except (redis.RedisError, dramatiq.BrokerConnectionError, OSError) as error:
            logger.warning("jobs.not_enqueued", extra={"actor": actor, "reason": type(error).__name__})
            return False
        return True
