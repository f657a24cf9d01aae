"""Messages to the workers, through Valkey or Redis. A message names an actor and tells it to begin.

A message is only a signal: the work itself is recorded in PostgreSQL, where a periodic sweep finds it if the message is
lost. Therefore a request does not fail if its message cannot be sent, and a message that no worker has taken within a
minute is dropped.
"""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from time import monotonic
from typing import Any, Final

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.common import dq_name
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import AgeLimit, Middleware
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

QUEUE: Final = "default"
"""The queue of what somebody may wait for: deliveries of the outbox."""
SLOW_QUEUE: Final = "slow"
"""The queue of everything else: polls, feeds and sweeps, which can take minutes."""
NAMESPACE: Final = "haas"
MAXIMUM_AGE_MS = 60_000
TIMEOUT_SECONDS = 1.0
HEARTBEAT_TIMEOUT_SECONDS = 30
SECONDS_TO_SETTLE = 5.0
_ABOUT_A_LOST_CONNECTION: Final = ("Consumer encountered a connection error", "Failed to post_process_message")


class BrokerLog:
    """Logs one line when the broker is lost, and one when it answers again, however often it is tried in between.

    Dramatiq has several connections. One may still find out that it was closed when another one has answered. So a
    failure within `settle` seconds after the return belongs to the loss before it.

    It is thread-safe, because Dramatiq's threads use it too.
    """

    def __init__(self, settle: float = SECONDS_TO_SETTLE) -> None:
        """Assume that the broker answers."""
        self._lost = False
        self._settle = settle
        self._returned_at = -inf
        self._lock = threading.Lock()

    @property
    def is_up(self) -> bool:
        """Whether the broker has answered the last time, or was not asked yet."""
        return not self._lost

    def failed(self, error: Exception) -> None:
        """The broker did not answer."""
        with self._lock:
            is_new = not self._lost and monotonic() - self._returned_at >= self._settle
            self._lost = self._lost or is_new
        if is_new:
            logger.warning("broker.lost", extra={"reason": type(error).__name__})

    def answered(self) -> None:
        """The broker has answered."""
        if not self._lost:  # without the lock, because this is called for every message
            return
        with self._lock:
            before, self._lost = self._lost, False
            if before:
                self._returned_at = monotonic()
        if before:
            logger.warning("broker.returned")


class Broker(RedisBroker):
    """Dramatiq's broker, which logs in `log` whether the server answers."""

    def __init__(self, client: redis.Redis, log: BrokerLog, **options: Any) -> None:
        """`options` are those of RedisBroker."""
        super().__init__(client=client, **options)  # type: ignore[no-untyped-call]
        self.log = log

    @property
    def consumer_class(self) -> type[_RedisConsumer]:
        """The class of the objects that read the messages of one queue."""
        return _Consumer


class _Consumer(_RedisConsumer):
    """Treats every refusal of the server as a lost connection, after which Dramatiq connects again.

    A server that was the primary refuses writes with READONLY after a failover, and one that starts refuses everything.
    Dramatiq itself would drop the acknowledgement of a message then.
    """

    broker: Broker

    def __next__(self) -> Any:
        with self._refusals_as_lost_connections():
            message = super().__next__()  # type: ignore[no-untyped-call]
        self.broker.log.answered()
        return message

    def ack(self, message: Any) -> None:
        with self._refusals_as_lost_connections():
            super().ack(message)  # type: ignore[no-untyped-call]

    def nack(self, message: Any) -> None:
        with self._refusals_as_lost_connections():
            super().nack(message)  # type: ignore[no-untyped-call]

    def requeue(self, messages: Any) -> None:
        with self._refusals_as_lost_connections():
            super().requeue(messages)  # type: ignore[no-untyped-call]

    @contextmanager
    def _refusals_as_lost_connections(self) -> Iterator[None]:
        try:
            yield
        except ConnectionClosed as error:
            self.broker.log.failed(error.__context__ if isinstance(error.__context__, Exception) else error)
            raise
        except redis.RedisError as error:
            self.broker.log.failed(error)
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]


def _is_not_about_a_lost_connection(record: logging.LogRecord) -> bool:
    # Dramatiq repeats such lines every few seconds while the broker is lost. BrokerLog writes one for all of them.
    return not str(record.msg).startswith(_ABOUT_A_LOST_CONNECTION)


def open_broker(redis_url: str, log: BrokerLog | None = None) -> Broker:
    """Return the broker at `redis_url`. It connects when it is first used, so a process can start without the server.

    Brokers of one process can share a `log`, so that a loss is one line.

    Dramatiq's retries are not used: failed work is repeated from its row in PostgreSQL, at the time in that row.
    """
    middleware: list[Middleware] = [AgeLimit(max_age=MAXIMUM_AGE_MS)]
    client = redis.Redis.from_url(
        redis_url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        health_check_interval=15,
        # One retry without delay, if the server has closed the connection. The client's default retries wait longer.
        # A read-only server was replaced by another one: the client connects again, to where the name leads now.
        retry=Retry(NoBackoff(), retries=1),
        retry_on_error=[redis.exceptions.ReadOnlyError],
    )
    for queue in (QUEUE, dq_name(QUEUE), SLOW_QUEUE, dq_name(SLOW_QUEUE)):
        logging.getLogger(f"dramatiq.worker.ConsumerThread({queue})").addFilter(_is_not_about_a_lost_connection)
    return Broker(
        client=client,
        log=log or BrokerLog(),
        middleware=middleware,
        namespace=NAMESPACE,
        heartbeat_timeout=HEARTBEAT_TIMEOUT_SECONDS * 1000,
    )


class Jobs:
    """Sends messages to actors by name, so that the sender need not import them."""

    def __init__(self, broker: Broker) -> None:
        """Send messages through `broker`; see `open_broker`."""
        self._broker = broker

    async def enqueue(self, actor: str, *arguments: str | int, queue: str = QUEUE) -> bool:
        """Send a message to `actor` with `arguments`, which are ids only. Return whether the broker accepted it.

        A broker that does not answer raises no error, because the periodic sweep finds the work.
        """
        message: dramatiq.Message[object] = dramatiq.Message(
            queue_name=queue, actor_name=actor, args=arguments, kwargs={}, options={}
        )
        try:
            await asyncio.to_thread(self._broker.enqueue, message)
        except (redis.RedisError, dramatiq.BrokerConnectionError, OSError) as error:
            self._broker.log.failed(error)
            return False
        self._broker.log.answered()
        return True
