"""A load generator that needs little processor time itself.

It uses one thread and non-blocking TLS sockets. It reads HTTP/1.1 responses by their length. The requests are prepared
before the measurement starts. A fixed number of requests is in progress: after each response, the next one is sent.
"""

import math
import selectors
import socket
import ssl
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final, Self

import msgspec

_CHUNK: Final = 1 << 18
_LARGEST_REQUEST: Final = 1 << 18
_TIMEOUT: Final = 30.0
_TOO_BUSY: Final = b"HTTP/1.1 503 "
_END_OF_HEAD: Final = b"\r\n\r\n"
_END_OF_CHUNKS: Final = b"0\r\n\r\n"


class LoadError(Exception):
    """The stack sent an unexpected response or no response."""


class Target(msgspec.Struct, frozen=True):
    """One host, and the requests to send to it. Each connection is used for one host only."""

    host: str
    requests: Iterator[bytes]


class Measured(msgspec.Struct, frozen=True):
    """The result of a run. Times are in seconds, and 503 answers count only in `too_busy`."""

    seconds: float
    latencies: list[float]
    """For each answer, the time until it was complete."""
    too_busy: int
    """The number of 503 answers."""
    first_bytes: list[float] = []
    """For each answer, the time until the first byte of its body."""
    received_bytes: int = 0
    """The bytes of all answers with their heads, as HTTP sends them."""

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    @property
    def bytes_per_second(self) -> float:
        """Bytes of answers per second."""
        return self.received_bytes / self.seconds

    def percentile(self, percent: float) -> float:
        """Return the latency in seconds that `percent` of the answers did not exceed. Infinity without an answer."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else math.inf


class Load:
    """Kept-alive connections to the targets. Each one is opened and used once before the measurement."""

    def __init__(
        self, address: tuple[str, int], context: ssl.SSLContext, targets: Sequence[Target], expected: int
    ) -> None:
        """Connect to `address` with each target's host name.

        `expected` is the expected status. Responses with 503 are counted separately. Any other status ends the run.
        """
        self._address = address
        self._context = context
        self._targets = targets
        self._expected = expected
        self._connections: list[_Connection] = []

    def __enter__(self) -> Self:
        """Open the connections. Raises LoadError and OSError."""
        try:
            for target in self._targets:
                connection = _Connection(self._address, self._context, target, self._expected)
                self._connections.append(connection)
                connection.warm_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        for connection in self._connections:
            connection.socket.close()

    def run(self, seconds: float, concurrency: int) -> Measured:
        """Keep `concurrency` requests in progress, on the connections in turn, until the time is over or none is left.

        Raises LoadError.
        """
        idle = deque(self._connections)
        latencies: list[float] = []
        first_bytes: list[float] = []
        too_busy = received_bytes = 0
        with selectors.DefaultSelector() as selector:
            for connection in self._connections:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            began = time.perf_counter()
            ends, in_progress = began + seconds, 0
            for _ in range(min(concurrency, len(idle))):
                in_progress += idle.popleft().send()
            while in_progress:
                ready = selector.select(_TIMEOUT)
                if not ready:
                    raise LoadError(f"no host answered within {_TIMEOUT:.0f} s")
                for key, _ in ready:
                    connection = key.data
                    if not connection.receive():
                        continue
                    now = time.perf_counter()
                    if connection.was_refused():
                        too_busy += 1
                    else:
                        latencies.append(now - connection.sent_at)
                        first_bytes.append((connection.body_began_at or now) - connection.sent_at)
                        received_bytes += connection.received_bytes
                    idle.append(connection)
                    in_progress -= 1
                    if now < ends:
                        in_progress += idle.popleft().send()
            return Measured(time.perf_counter() - began, latencies, too_busy, first_bytes, received_bytes)


class _Connection:
    """One kept-alive connection with at most one request in progress."""

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, target: Target, expected: int) -> None:
        plain = socket.create_connection(address, timeout=_TIMEOUT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LARGEST_REQUEST)
        try:
            self.socket = context.wrap_socket(plain, server_hostname=target.host)
        except OSError:
            plain.close()
            raise
        self.socket.setblocking(False)
        self.sent_at = 0.0
        self.body_began_at = 0.0
        self._target = target
        self._status = b"HTTP/1.1 %d " % expected
        self._received = bytearray()

    def send(self) -> int:
        """Send the next request. Return 1, or 0 if no request is left."""
        request = next(self._target.requests, None)
        if request is None:
            return 0
        self._received.clear()
        self.body_began_at = 0.0
        self.sent_at = time.perf_counter()
        # Only one request is in progress on the connection, so it fits into the socket's buffer. `send` takes one TLS
        # record of it at a time.
        sent = 0
        try:
            while sent < len(request):
                sent += self.socket.send(memoryview(request)[sent:])
        except ssl.SSLWantWriteError:
            raise LoadError("a request did not fit into the socket's buffer") from None
        return 1

    @property
    def received_bytes(self) -> int:
        """The number of bytes of the answer so far."""
        return len(self._received)

    def warm_up(self) -> None:
        """Send a request and wait for the response, so that the cost of the first request is not measured."""
        self.send()
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            while not self.receive():
                if not selector.select(_TIMEOUT):
                    raise LoadError(f"{self._target.host} did not answer within {_TIMEOUT:.0f} s")
        self.was_refused()

    def receive(self) -> bool:
        """Read the available bytes. Return whether the answer is complete. Raises LoadError."""
        while True:
            try:
                data = self.socket.recv(_CHUNK)
            except ssl.SSLWantReadError:
                break
            if not data:
                raise LoadError(f"{self._target.host} closed the connection")
            self._received += data
            if not self.body_began_at and 0 <= self._received.find(_END_OF_HEAD) < len(self._received) - 4:
                self.body_began_at = time.perf_counter()
        return self._is_complete()

    def was_refused(self) -> bool:
        """Return whether the answer is 503. Raises LoadError for any other unexpected status."""
        if self._received.startswith(self._status):
            return False
        if self._received.startswith(_TOO_BUSY):
            return True
        raise LoadError(f"{self._target.host} answered {bytes(self._received[:600])!r}")

    def _is_complete(self) -> bool:
        end = self._received.find(_END_OF_HEAD)
        if end < 0:
            return False
        head = bytes(self._received[:end]).lower()
        body = len(self._received) - end - 4
        length = head.find(b"\r\ncontent-length: ")
        if length >= 0:
            whole = body >= int(head[length + 18 :].split(b"\r\n", 1)[0])
        else:
            whole = self._received.endswith(_END_OF_CHUNKS)
        return whole
