"""A running nginx in front of an echo application, and a client that can send malformed requests."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from ops.pki.clients import IssuedClient
from ops.pki.store import Pki
from ops.proxy.configuration import ProxyConfiguration, SandboxProxy
from ops.stack.folder import StateFolder
from ops.stack.nginx import Nginx
from ops.stack.ports import Ports
from ops.stack.supervisor import Supervisor
from ops.stack.unprivileged import group_name, proxy_account
from ops.stack.uvicorn import Uvicorn

PUBLIC = "aurora.haas.localhost"
SECURE = "mtls.aurora.haas.localhost"
MANAGEMENT = "api.aurora.haas.localhost"
ADMIN = "admin.aurora.haas.localhost"
CONSOLE = "console.haas.localhost"
OTHER = "banksia.haas.localhost"
OTHER_SECURE = "mtls.banksia.haas.localhost"
REGISTER = "mtls.register.cdr-sandbox.localhost"
MAILBOX = "mailbox.cdr-sandbox.localhost"
_MADE: dict[Path, tuple[bytes, int]] = {}
"""The files of the authorities and the certificates that this process has made, with their modes."""
HOSTS = (PUBLIC, SECURE, MANAGEMENT, ADMIN, CONSOLE, OTHER, OTHER_SECURE, REGISTER, MAILBOX)


class Answer(msgspec.Struct):
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        return msgspec.json.decode(self.body)


class Handshake(msgspec.Struct):
    version: str | None
    cipher: str
    selected_alpn_protocol: str | None


class Proxy:
    """The running proxy, and a client that can send different host names in the handshake and in the request."""

    def __init__(
        self, folder: StateFolder, pki: Pki, port: int, nginx: Nginx, supervisor: Supervisor, applications: Path
    ) -> None:
        self.folder = folder
        self.pki = pki
        self.port = port
        self.nginx = nginx
        self.supervisor = supervisor
        self.group = nginx.configuration.group
        """The group of nginx's workers; None if they run as we do."""
        self.applications = applications
        """The folder of the sockets of the two applications."""

    def context(self, client: IssuedClient | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.pki.trusted_roots_file))
        if client is not None:
            file = self.folder.root / f"{client.thumbprint}.pem"
            if not file.exists():
                file.write_text(f"{client.certificate}{client.key}", encoding="ascii")
                file.chmod(0o600)
            context.load_cert_chain(file)
        return context

    async def ask(
        self,
        host: str,
        *,
        sni: str | None = None,
        client: IssuedClient | None = None,
        context: ssl.SSLContext | None = None,
        request: bytes | None = None,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        method: str = "GET",
    ) -> Answer:
        lines = {"Host": f"{host}:{self.port}", "Connection": "close", **(headers or {})}
        if body:
            lines["Content-Length"] = str(len(body))
        head = f"{method} /path?query=1 HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items()) + "\r\n"
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=context or self.context(client), server_hostname=sni or host
        )
        try:
            writer.write(request or head.encode() + body)
            return await asyncio.wait_for(read_answer(reader), 10)
        finally:
            writer.close()
            await writer.wait_closed()

    async def handshake(
        self,
        name: str | None,
        *,
        ciphers: str | None = None,
        alpn: list[str] | None = None,
    ) -> Handshake:
        """Do only the TLS handshake, with any SNI. Raises SSLError if the server refuses it."""
        context = self.context()
        context.check_hostname = False
        if alpn:
            context.set_alpn_protocols(alpn)
        if ciphers:
            context.set_ciphers(ciphers)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        return await asyncio.to_thread(self._handshake, name, context)

    def _handshake(self, name: str | None, context: ssl.SSLContext) -> Handshake:
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=10) as raw,
            context.wrap_socket(raw, server_hostname=name) as connection,
        ):
            return Handshake(connection.version(), connection.cipher()[0], connection.selected_alpn_protocol())

    async def answer_to_hello(self, name: bytes, version: bytes = b"\x03\x03") -> str:
        """Send a ClientHello with any bytes as SNI; return "handshake" if nginx continues, otherwise "alert"."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(client_hello(name, version))
        first = await asyncio.wait_for(reader.readexactly(1), 10)
        writer.close()
        await writer.wait_closed()
        return {b"\x15": "alert", b"\x16": "handshake"}[first]

    async def resumes(self, first: str, second: str, context: ssl.SSLContext) -> bool:
        """Return whether a TLS session of the first host can be resumed at the second one."""
        return await asyncio.to_thread(self._resumes, first, second, context)

    def _resumes(self, first: str, second: str, context: ssl.SSLContext) -> bool:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context.minimum_version = context.maximum_version = version
            with self._connect(first, context) as one:
                one.sendall(f"GET / HTTP/1.1\r\nHost: {first}\r\nConnection: close\r\n\r\n".encode())
                while one.recv(65536):
                    pass
                session = one.session
            with self._connect(second, context, session) as two:
                if two.session_reused:
                    return True
        return False

    def _connect(self, host: str, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return context.wrap_socket(raw, server_hostname=host, session=session)


def client_hello(name: bytes, version: bytes) -> bytes:
    """A ClientHello of TLS 1.2 (RFC 5246 7.4.1.2) with the name in it (RFC 6066 3)."""

    def sized(content: bytes, width: int) -> bytes:
        return len(content).to_bytes(width, "big") + content

    def extension(kind: int, content: bytes) -> bytes:
        return kind.to_bytes(2, "big") + sized(content, 2)

    ciphers = sized(bytes.fromhex("c02fc030c013c014002f0035"), 2)
    extensions = (
        extension(0, sized(b"\0" + sized(name, 2), 2))
        + extension(10, sized(bytes.fromhex("001d0017"), 2))
        + extension(11, sized(b"\0", 1))
        + extension(13, sized(bytes.fromhex("0804040108050201"), 2))
    )
    hello = version + bytes(32) + sized(b"", 1) + ciphers + sized(b"\0", 1) + sized(extensions, 2)
    return b"\x16\x03\x01" + sized(b"\x01" + sized(hello, 3), 2)


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *rest = head.decode().strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    if headers.get("transfer-encoding") == "chunked":  # as it was sent, with the sizes of its parts
        body = await reader.readuntil(b"\r\n0\r\n\r\n")
    else:
        body = await reader.readexactly(int(headers["content-length"]))
    return Answer(status=int(first.split()[1]), headers=headers, body=body)


def _authorities(folder: StateFolder, made: dict[Path, tuple[bytes, int]]) -> Pki:
    """Make the authorities and the certificates of all hosts in a folder, unless `made` has their files.

    Then write these files, because generating their RSA keys takes a second. Otherwise add them to `made`.
    """
    folder.pki.mkdir(mode=0o700, exist_ok=True)
    for file, (content, mode) in made.items():
        (folder.root / file).write_bytes(content)
        (folder.root / file).chmod(mode)
    pki = Pki(folder.pki)
    for host in HOSTS:
        pki.ensure_server(host, folder.certificates)
    if not made:
        files = (path for part in (folder.pki, folder.certificates) for path in part.rglob("*") if path.is_file())
        made.update({path.relative_to(folder.root): (path.read_bytes(), path.stat().st_mode) for path in files})
    return pki


@asynccontextmanager
async def running_proxy(
    root: Path,
    *,
    headers_more: bool = True,
    application: str = "tests.support.echo:create",
    in_front_of: Path | None = None,
    own_authorities: bool = False,
    **settings: object,
) -> AsyncIterator[Proxy]:
    """Run nginx in front of two echo applications, all below the folder `root`.

    `application` is the factory of another application than the echo of the product's hosts. `in_front_of` is the
    folder of the applications of a proxy that runs already: then only nginx is started. All proxies have the same test
    authorities, except those with `own_authorities`.
    `settings` are fields of ProxyConfiguration that differ from those of most tests.
    """
    folder = StateFolder(root)
    folder.open()
    folder.prepare()
    pki = _authorities(folder, {} if own_authorities else _MADE)
    sockets = in_front_of or folder.sockets()
    account = proxy_account()
    group = None if account is None else group_name(account)
    port = Ports(folder.ports).obtain("https")
    configuration = ProxyConfiguration(
        folder=folder.nginx,
        certificates=folder.certificates,
        client_authorities=pki.client_authorities_file,
        revocation_lists=pki.revocation_lists_file,
        applications=(f"unix:{sockets / 'application'}",),
        register_environment="sandbox",
        access_log=folder.logs / "access.log",
        unavailable_pages=folder.unavailable_pages,
        port=port,
        user=None if account is None else account.name,
        group=group,
        headers_more=headers_more,
        identification_rate="1r/m",
        identification_burst=2,
        sandbox=SandboxProxy(domain="cdr-sandbox.localhost", upstream=f"unix:{sockets / 'sandbox'}"),
    )
    nginx = Nginx(msgspec.structs.replace(configuration, **settings))
    async with Supervisor(folder) as supervisor:
        applications = (("application", application), ("sandbox", "tests.support.echo:create"))
        await supervisor.start_together(
            *(
                Uvicorn(
                    name,
                    factory,
                    sockets / name,
                    {"ECHO_NAME": name, "PYTHONPATH": str(Path(__file__).parents[2])},
                    group=group,
                )
                for name, factory in (applications if in_front_of is None else ())
            ),
            nginx,
        )
        yield Proxy(folder, pki, port, nginx, supervisor, sockets)
    folder.discard_sockets()
    folder.close()
