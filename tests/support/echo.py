"""A small application that returns the request that it received."""

import os

import msgspec

from haas.http import AsgiReceive, AsgiScope, AsgiSend


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
        await send(
            {
                "type": "http.response.start",
                "status": 400 if dict(headers).get("haas-refused") else 200,
                "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
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
