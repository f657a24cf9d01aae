"""A small application that returns the request that it received."""

import asyncio
import os

import msgspec

from haas.http import AsgiReceive, AsgiScope, AsgiSend

_LARGE = ("text/html", "image/svg+xml")
"""The content types that a request can ask for. Such an answer is longer."""


class Echo:
    def __init__(self, name: str) -> None:
        self._name = name

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        assert scope["type"] == "http"
        size, more = 0, True
        while more:
            message = await receive()
            assert message["type"] == "http.request"
            size += len(message["body"])
            more = message["more_body"]
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        told = {"name": self._name, "method": scope["method"], "path": scope["path"], "headers": headers, "size": size}
        body = msgspec.json.encode(told)
        kind = dict(headers).get("accept", "")
        if kind in _LARGE:
            body += b" " * 2_000
        await send(
            {
                "type": "http.response.start",
                "status": 400 if dict(headers).get("haas-refused") else 200,
                "headers": [
                    (b"content-type", kind.encode() if kind in _LARGE else b"application/json"),
                    (b"content-length", str(len(body)).encode()),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body, "more_body": False})


def create() -> Echo:
    return Echo(os.environ["ECHO_NAME"])


class Impatient:
    """Answers 408 after the first part of a body, as the application does when the rest does not arrive in time."""

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        assert scope["type"] == "http"
        await receive()
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 408, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def create_impatient() -> Impatient:
    return Impatient()


class Held:
    """Holds every GET request until a POST request comes, which answers how many requests it has released.

    A PUT request answers how many requests are held.
    """

    def __init__(self) -> None:
        self._released = asyncio.Event()
        self._held = 0

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        assert scope["type"] == "http"
        await receive()
        if scope["method"] == "GET":
            self._held += 1
            await self._released.wait()
        elif scope["method"] == "POST":
            self._released.set()
        body = str(self._held).encode()
        headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def create_held() -> Held:
    return Held()


class Counts:
    """Keeps the refusals that the proxy sends. It takes none until a PUT request comes. A GET request answers them."""

    def __init__(self) -> None:
        self._taking = False
        self._taken: list[object] = []

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        assert scope["type"] == "http"
        received = (await receive())["body"]
        status, body = 200, b""
        if dict(scope["headers"]).get(b"haas-refusals"):
            status = 204 if self._taking else 503
            self._taken += msgspec.json.decode(received) if self._taking else []
        elif scope["method"] == "PUT":
            self._taking = True
        else:
            body = msgspec.json.encode(self._taken)
        headers = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def create_counts() -> Counts:
    return Counts()
