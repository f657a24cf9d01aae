"""The way from one process to the workers: a message in Valkey or Redis that names an actor.

A message is a wake-up, never a record: what must happen stands in Postgres, and a sweep finds it there when the message
was lost. So nothing here fails a request, and a message that nobody took within a minute is worth nothing.
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
SECONDS_TO_ANSWER = 1.0
SECONDS_UNTIL_A_WORKER_IS_GONE = 30


def open_broker(redis_url: str) -> RedisBroker:
    """Return the broker at `redis_url`. Nothing connects until it is first used, nor fails while the server is away.

    Without Dramatiq's retries: what failed is retried from its row in Postgres, when the row says so.
    """
    middleware: list[Middleware] = [AgeLimit(max_age=MAXIMUM_AGE_MS)]
    client = redis.Redis.from_url(
        redis_url,
        socket_timeout=SECONDS_TO_ANSWER,
        socket_connect_timeout=SECONDS_TO_ANSWER,
        health_check_interval=15,
        # Once more at once, for a connection that had gone stale. The client's own way is to wait ten seconds.
        retry=Retry(NoBackoff(), retries=1),
    )
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=client,
        middleware=middleware,
        namespace=NAMESPACE,
        heartbeat_timeout=SECONDS_UNTIL_A_WORKER_IS_GONE * 1000,
    )


class Jobs:
    """Wakes actors by their names, so that who asks need not import who works."""

    def __init__(self, broker: dramatiq.Broker) -> None:
        """Send through `broker`, which `open_broker` makes."""
        self._broker = broker

    async def enqueue(self, actor: str, *arguments: str | int) -> bool:
        """Wake `actor` with `arguments`: ids, never contents. Tell whether the broker took the message.

        A broker that does not answer is logged, and no error: a sweep does what the message would have begun.
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
