"""A real TLS server on loopback. Tests set its answers and see its requests."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from ops.deployment_settings import DeploymentSettings
from ops.pki.authority import Authority, Validity, name, new_root
from ops.pki.keys import key_to_pem, new_key

HOSTS = ["jwks.recipient.localhost", "other.recipient.localhost"]
HOST = HOSTS[0]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
VALIDITY = Validity.starting(datetime.now(UTC), timedelta(hours=1))


class TestAuthority:
    """A root certificate authority that issues certificates for any host."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = new_key()
        self.root: Authority = new_root(name("Root of the tests"), VALIDITY)
        self.roots = folder / "root.pem"
        self.roots.write_bytes(self.root.certificate.public_bytes(Encoding.PEM))

    def server(self, host: str) -> Path:
        certificate = self.root.sign_server(host, self._key.public_key(), VALIDITY)
        return self._written(f"{host}.pem", certificate.public_bytes(Encoding.PEM))

    def client(self) -> Path:
        certificate = self.root.sign_client(name("client"), self._key.public_key(), VALIDITY)
        return self._written("client.pem", certificate.public_bytes(Encoding.PEM))

    def _written(self, file: str, certificate: bytes) -> Path:
        path = self._folder / file
        path.write_bytes(certificate + key_to_pem(self._key))
        return path


class TlsServer:
    """`requests` holds (SNI, Host, whole request head) of each request."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests: list[tuple[str | None, str, bytes]] = []
        self.connections = 0


@asynccontextmanager
async def tls_server(
    authority: TestAuthority, hosts: list[str], answer: Callable[[bytes], bytes | Handler], *, mutual: bool = False
) -> AsyncIterator[TlsServer]:
    """Serve `hosts`. `answer` receives the head and body of a request; it returns the answer, or a handler."""
    contexts = {host: _context(authority, host, mutual=mutual) for host in hosts}
    default = next(iter(contexts.values()))
    names: dict[ssl.SSLObject, str] = {}

    def choose(connection: ssl.SSLObject, host: str, _: ssl.SSLContext) -> None:
        connection.context = contexts.get(host, default)
        names[connection] = host

    default.sni_callback = choose  # type: ignore[assignment]
    writers: set[asyncio.StreamWriter] = set()
    server: TlsServer

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        server.connections += 1
        sni = names.get(writer.get_extra_info("ssl_object"))
        try:
            while head := await _head(reader):
                fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
                fields = {field.lower(): value for field, value in fields.items()}
                body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
                server.requests.append((sni, fields[b"host"].decode(), head + body))
                answered = answer(head + body)
                if not isinstance(answered, bytes):
                    await answered(reader, writer)
                    return
                writer.write(answered)
                await writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()
            writers.discard(writer)

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=default)
    server = TlsServer(listening.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listening.close()
        for writer in list(writers):
            writer.transport.abort()
        await listening.wait_closed()


def answer_of(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{field.replace('_', '-')}: {value}" for field, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def settings_for(authority: TestAuthority | None, **changes: Any) -> DeploymentSettings:
    fields: dict[str, Any] = {
        "environment": "sandbox",
        "domain": "haas.localhost",
        "database_url": "postgresql://u:p@h/d",
        "owner_database_url": "postgresql://u:p@h/d",
        "operator_database_url": "postgresql://u:p@h/d",
        "redis_url": "redis://h",
        "smtp_url": "smtp://h",
        "sms_url": "https://h",
        "master_key": bytes(32),
        "certificates": Path(),
        "host_map": {"*.recipient.localhost": "127.0.0.1"},
        "trusted_roots": authority.roots if authority else None,
        **changes,
    }
    return DeploymentSettings(**fields)


def url(port: int, path: str = "/", host: str = HOST) -> str:
    return f"https://{host}:{port}{path}"


def ok(_: bytes) -> bytes:
    return answer_of(b"fine")


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def _context(authority: TestAuthority, host: str, *, mutual: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.server(host))
    if mutual:
        context.load_verify_locations(authority.roots)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
