"""A real nginx before a tiny application that tells what reached it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ops.pki.clients import IssuedClient
from ops.pki.store import Pki
from ops.proxy.configuration import ProxyConfiguration, SandboxProxy
from ops.stack.folder import StateFolder
from ops.stack.nginx import Nginx
from ops.stack.ports import Ports
from ops.stack.supervisor import Supervisor
from ops.stack.uvicorn import Uvicorn
from tests.proxy.harness import HOSTS, Proxy
from tests.proxy.renewals import Publish


@asynccontextmanager
async def running_proxy(root: Path, *, headers_more: bool = True) -> AsyncIterator[Proxy]:
    folder = StateFolder(root)
    folder.open()
    folder.prepare()
    pki = Pki(folder.pki)
    for host in HOSTS:
        pki.ensure_server(host, folder.certificates)
    sockets = folder.sockets()
    port = Ports(folder.ports).obtain("https")
    configuration = ProxyConfiguration(
        folder=folder.nginx,
        certificates=folder.certificates,
        client_authorities=pki.client_authorities_file,
        revocation_lists=pki.revocation_lists_file,
        application=f"unix:{sockets / 'application'}",
        port=port,
        user="root" if os.geteuid() == 0 else None,
        headers_more=headers_more,
        identification_rate="1r/m",
        identification_burst=2,
        sandbox=SandboxProxy(domain="cdr-sandbox.localhost", upstream=f"unix:{sockets / 'sandbox'}"),
    )
    nginx = Nginx(configuration)
    async with Supervisor(folder) as supervisor:
        await supervisor.start_together(
            *(
                Uvicorn(
                    name,
                    "tests.proxy.echo:create",
                    sockets / name,
                    {"ECHO_NAME": name, "PYTHONPATH": str(Path(__file__).parents[2])},
                )
                for name in ("application", "sandbox")
            ),
            nginx,
        )
        yield Proxy(folder, pki, port, nginx, supervisor)
    folder.discard_sockets()
    folder.close()


@pytest.fixture(scope="session")
async def proxy(state_folder: Path) -> AsyncIterator[Proxy]:
    """One for all tests that leave its authorities as they are."""
    async with running_proxy(state_folder / "a folder" / "proxy") as proxy:
        yield proxy


@pytest.fixture(scope="module")
async def own_proxy(state_folder: Path) -> AsyncIterator[Proxy]:
    """One whose authorities a module may spoil. Its Server header is the one of an nginx without headers-more."""
    async with running_proxy(state_folder / "own-proxy", headers_more=False) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def recipient(proxy: Proxy) -> IssuedClient:
    return proxy.pki.issue_client("Budget App", "Recipient Pty Ltd")


@pytest.fixture
async def publish() -> AsyncIterator[Publish]:
    """Publishes bytes under a path of a web server; returns the address."""
    pages: dict[str, bytes] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        body = pages.get(path)
        status = b"404 Not Found" if body is None else b"200 OK"
        writer.write(b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (status, len(body or b"")))
        writer.write(body or b"")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    def put(name: str, content: bytes) -> str:
        pages[f"/{name}"] = content
        return f"http://127.0.0.1:{port}/{name}"

    yield put
    server.close()
    await server.wait_closed()
