"""The other side of what workers do, on real sockets: an HTTPS server that tells what it was asked, a mail server."""

import asyncio
import ssl
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session

from haas.settings import Settings
from ops.pki.authority import Validity, chain_pem, name, new_root
from ops.pki.keys import key_to_pem, new_key
from tenants.registry.models import Tenant

DOMAIN = "cdr-sandbox.localhost"


class Asked(msgspec.Struct, frozen=True):
    """A request that reached the server."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


Answer = tuple[int, bytes]


class HttpsServer:
    """Answers by `answer`, which a test may replace, and keeps what it was asked."""

    def __init__(self, roots: Path, context: ssl.SSLContext) -> None:
        self.roots = roots
        self._context = context
        self.port = 0
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Answer] = lambda _: (204, b"")

    def origin(self, host: str) -> str:
        return f"https://{host}.{DOMAIN}:{self.port}"

    def settings(self, settings: Settings, **changes: object) -> Settings:
        """Settings under which names of the sandbox's domain lead here, over trusted TLS."""
        ours = {"host_map": {f"*.{DOMAIN}": "127.0.0.1"}, "trusted_roots": self.roots, **changes}
        return msgspec.structs.replace(settings, **ours)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["HttpsServer"]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {
                key.lower(): value.strip() for key, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            asked = Asked(method, headers.get("host", ""), path, headers, body)
            self.asked.append(asked)
            status, content = self.answer(asked)
            kind = "Content-Type: application/json\r\n" if content else ""
            writer.write(
                f"HTTP/1.1 {status} X\r\n{kind}Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
                + content
            )
            await writer.drain()
        finally:
            writer.close()


def https_server(folder: Path) -> HttpsServer:
    """A server with a certificate for every name it is asked under, signed by a root in `folder`."""
    validity = Validity.starting(datetime.now(UTC), timedelta(days=2))
    root, key = new_root(name("Test root"), validity), new_key()
    certificate = root.sign_server(f"*.{DOMAIN}", key.public_key(), validity)
    roots, served = folder / "roots.pem", folder / "server.pem"
    roots.write_bytes(chain_pem([root.certificate]))
    served.write_bytes(chain_pem([certificate]) + key_to_pem(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(served)
    return HttpsServer(roots, context)


class MailServer:
    """A real SMTP server that keeps what it took; `refusals` maps a recipient to the answer it gets instead."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[Message] = []
        self.refusals: dict[str, str] = {}
        self._arrival = asyncio.Event()

    def of(self, tenant: Tenant) -> list[Message]:
        """What was taken from one tenant: a sweep also sends what other tests have left."""
        return [message for message in self.taken if tenant.hosts.public in message["From"]]

    async def arrived(self, count: int, tenant: Tenant) -> None:
        """Return when `count` messages of the tenant have been taken in all."""
        async with asyncio.timeout(30):
            while len(self.of(tenant)) < count:
                self._arrival.clear()
                await self._arrival.wait()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["MailServer"]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, loop=loop, hostname="mail.test"), "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002 - aiosmtpd's signature
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002 - aiosmtpd's signature
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        content = envelope.content
        self.taken.append(message_from_bytes(content if isinstance(content, bytes) else b"", policy=default))
        self._arrival.set()
        return "250 taken"


def environment(settings: Settings) -> Mapping[str, str]:
    """The variables that make a process of its own run under `settings`."""
    variables = {
        f"HAAS_{field.upper()}": str(value)
        for field, value in msgspec.structs.asdict(settings).items()
        if value not in (None, {}) and field not in ("master_key", "host_map")
    }
    variables["HAAS_MASTER_KEY"] = urlsafe_b64encode(settings.master_key).decode()
    variables["HAAS_HOST_MAP"] = msgspec.json.encode(settings.host_map).decode()
    return variables
