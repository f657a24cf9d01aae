"""A client of HTTP/2 that can send malformed requests. It does not decode the headers of the answer (HPACK)."""

import asyncio
import ssl
from contextlib import suppress
from typing import Final, NamedTuple

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS, _CONTINUATION = 0, 1, 4, 9
_END_STREAM, _END_HEADERS = 1, 4
_HEAD: Final = 9


class Http2Answer(NamedTuple):
    headers: bytes
    """The header block as it was received, in which nginx does not compress the digits of most statuses."""
    body: bytes


def _frame(kind: int, flags: int, stream: int, content: bytes = b"") -> bytes:
    return len(content).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + content


def _literal(name: str, value: str) -> bytes:
    """A header without compression (RFC 7541 6.2.2)."""
    return b"\0" + b"".join(bytes((len(text),)) + text.encode() for text in (name, value))


async def ask_http2(
    context: ssl.SSLContext, port: int, host: str, path: str, *, method: str = "GET", **headers: str
) -> Http2Answer:
    """Send the headers of one request, and no body."""
    context.set_alpn_protocols(["h2"])
    fields = {":method": method, ":scheme": "https", ":path": path, ":authority": host, **headers}
    block = b"".join(_literal(name.replace("_", "-"), value) for name, value in fields.items())
    flags = _END_HEADERS if "content_length" in headers else _END_HEADERS | _END_STREAM
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
    try:
        writer.write(_PREFACE + _frame(_SETTINGS, 0, 0) + _frame(_HEADERS, flags, 1, block))
        return await asyncio.wait_for(_answer(reader), 10)
    finally:
        writer.close()
        with suppress(OSError):  # nginx closes the connection too, and TLS then reports what it still sends
            await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> Http2Answer:
    received = {_HEADERS: b"", _DATA: b""}
    while True:
        head = await reader.readexactly(_HEAD)
        content = await reader.readexactly(int.from_bytes(head[:3], "big"))
        kind = _HEADERS if head[3] == _CONTINUATION else head[3]
        if kind in received:
            received[kind] += content
            if head[4] & _END_STREAM:
                return Http2Answer(received[_HEADERS], received[_DATA])
