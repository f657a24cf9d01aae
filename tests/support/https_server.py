"""A real HTTPS server: the web servers of data recipients and of the Register, and the gateway for text messages."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec

from haas.settings import Settings
from ops.pki.authority import Validity, chain_pem, name, new_root
from ops.pki.keys import key_to_pem, new_key

DOMAIN = "cdr-sandbox.localhost"
HOST = f"recipient.{DOMAIN}"
Answer = tuple[int, bytes]
"""Status and body, which is JSON."""


class ReceivedRequest(msgspec.Struct, frozen=True):
    """A request that reached the server."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


class HttpsServer:
    """Answers under every name of the sandbox's domain, and keeps the requests that it received.

    A published document is the answer to its path. Every other request is answered by `answer`, which a test may
    replace; it is 204 at first.
    """

    def __init__(self, folder: Path) -> None:
        """Make a root certificate in `folder`, and a certificate for every name of the domain."""
        validity = Validity.starting(datetime.now(UTC), timedelta(days=2))
        root, key = new_root(name("Root of the tests"), validity), new_key()
        certificate = root.sign_server(f"*.{DOMAIN}", key.public_key(), validity)
        served = folder / "server.pem"
        served.write_bytes(chain_pem([certificate]) + key_to_pem(key))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(served)
        self.roots = folder / "roots.pem"
        self.roots.write_bytes(chain_pem([root.certificate]))
        self.port = 0
        self.reset()

    def reset(self) -> None:
        """Forget the requests, the documents and the answer that a test gave."""
        self.requests: list[ReceivedRequest] = []
        self._documents: dict[str, Answer] = {}
        self.answer: Callable[[ReceivedRequest], Answer] = lambda _: (204, b"")
        self.respond: Callable[[ReceivedRequest], bytes | None] = lambda _: None
        """Returns a whole response with its head, which may be broken; None: `answer` answers."""
        self.headers: dict[str, str] = {}
        """Further headers of every answer."""

    def origin(self, label: str) -> str:
        """Return the origin of a host by its first label, which may carry credentials."""
        return f"https://{label}.{DOMAIN}:{self.port}"

    def publish(self, path: str, document: object, *, status: int = 200) -> str:
        """Answer `path` with `document` from now on, encoded as JSON unless it is bytes; return its URL."""
        self._documents[path] = status, document if isinstance(document, bytes) else msgspec.json.encode(document)
        return f"https://{HOST}:{self.port}{path}"

    def settings(self, settings: Settings, **changes: object) -> Settings:
        """Return settings that resolve names of the sandbox's domain to this server and trust its root."""
        ours = {"host_map": {f"*.{DOMAIN}": "127.0.0.1"}, "trusted_roots": self.roots, **changes}
        return msgspec.structs.replace(settings, **ours)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["HttpsServer"]:
        """Serve until the block ends; the port stays the same when it is served again."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {
                key.lower(): value.strip() for key, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            request = ReceivedRequest(method, headers.get("host", ""), path, headers, body)
            self.requests.append(request)
            whole = self.respond(request)
            if whole is not None:
                writer.write(whole)
                await writer.drain()
                writer.close()
                return
            status, content = self._documents.get(path) or self.answer(request)
            kind = "Content-Type: application/json\r\n" if content else ""
            kind += "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            length = f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
            writer.write(f"HTTP/1.1 {status} X\r\n{kind}{length}".encode() + content)
            await writer.drain()
        writer.close()
