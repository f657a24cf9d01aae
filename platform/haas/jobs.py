"""Messages to the workers, through Valkey or Redis. A message names an actor and tells it to begin.

A message is only a signal: the work itself is a row in Postgres, where a periodic sweep finds it if the message was
lost. For this reason an error here never fails a request, and a message that was not taken within a minute is dropped.
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
    """Return the broker at `redis_url`. It connects when it is first used, so that no server is needed before.

    Dramatiq's retries are not used: work that failed is retried from its row in Postgres, at the time in that row.
    """
    middleware: list[Middleware] = [AgeLimit(max_age=MAXIMUM_AGE_MS)]
    client = redis.Redis.from_url(
        redis_url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        health_check_interval=15,
        # One retry without delay, for a connection that the server has closed. The client's default waits ten seconds.
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
        """Send through `broker`; see `open_broker`."""
        self._broker = broker

    async def enqueue(self, actor: str, *arguments: str | int) -> bool:
        """Send a message to `actor` with `arguments`, which are ids only. Return whether the broker accepted it.

        If the broker does not answer, this is logged and no error is raised: the periodic sweep finds the work.
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
