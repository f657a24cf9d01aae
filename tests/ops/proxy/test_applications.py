"""The applications behind nginx: several processes, on this machine or, over mutual TLS, on another one."""

import asyncio
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from haas.health import LIVE, READY, ask_health
from ops.files import write_atomically
from ops.pki.authority import Authority, Validity, chain_pem, name, new_root
from ops.pki.keys import key_to_pem, new_key
from ops.proxy.configuration import UpstreamTls
from ops.stack.ports import Ports
from tests.support.proxy import PUBLIC, SECURE, running_proxy
from tests.support.serving import serving

NAME = "application.internal.example"


class InternalPki:
    """The authority of the proxies, or that of the applications, with the files that both sides use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._validity = Validity.starting(datetime.now(UTC), timedelta(hours=1))
        self.proxies, self.applications = self._root("Proxies"), self._root("Applications")
        self.proxies_file, self.applications_file = folder / "proxies.crt", folder / "applications.crt"
        write_atomically(self.proxies_file, chain_pem([self.proxies.certificate]))
        write_atomically(self.applications_file, chain_pem([self.applications.certificate]))

    def application(self, authority: Authority, host: str = NAME) -> Path:
        key = new_key()
        return self._write(f"application-{host}", authority.sign_server(host, key.public_key(), self._validity), key)

    def proxy(self, authority: Authority, title: str = "proxy") -> Path:
        key = new_key()
        return self._write(title, authority.sign_client(name(title), key.public_key(), self._validity), key)

    def _root(self, title: str) -> Authority:
        return new_root(name(title), self._validity)

    def _write(self, title: str, certificate: object, key: object) -> Path:
        file = self._folder / f"{title}.pem"
        write_atomically(file, chain_pem([certificate]) + key_to_pem(key))
        return file


@pytest.fixture(scope="module")
def internal(tmp_path_factory: pytest.TempPathFactory) -> InternalPki:
    return InternalPki(tmp_path_factory.mktemp("internal"))


async def answers(at: int | Path) -> None:
    """Wait until an application accepts connections at a port of this machine or a socket."""
    unix, tcp = asyncio.open_unix_connection, asyncio.open_connection
    connect = partial(unix, at) if isinstance(at, Path) else partial(tcp, "127.0.0.1", at)
    async with asyncio.timeout(20):
        while True:
            with suppress(OSError):
                _, writer = await connect()
                writer.close()
                return
            await asyncio.sleep(0.05)


async def direct(port: int, internal: InternalPki, certificate: Path | None) -> bytes:
    """Ask the application without the proxy. Raises OSError (SSLError) if it refuses the connection."""
    context = ssl.create_default_context(cafile=internal.applications_file)
    if certificate is not None:
        context.load_cert_chain(certificate)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=NAME)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nClient-Cert: :forged:\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(10):
            answer = await reader.read()
    finally:
        writer.close()
    if not answer:
        raise ConnectionResetError("the application closed the connection")
    return answer


async def test_an_application_on_another_machine_is_reached_by_the_proxy_only(
    internal: InternalPki, state_folder: Path, tmp_path: Path
) -> None:
    ports = Ports(tmp_path / "ports.json")
    port, health = ports.obtain("application"), ports.obtain("health")
    certificate, proxy_certificate = internal.application(internal.applications), internal.proxy(internal.proxies)
    address = ("--address", "127.0.0.1", "--port", str(port))
    files = ("--certificate", str(certificate), "--proxy-authority", str(internal.proxies_file))
    tls = UpstreamTls(certificate=proxy_certificate, authority=internal.applications_file, name=NAME)
    async with (
        serving("elsewhere", *address, *files),
        running_proxy(
            state_folder / "proxy-tls",
            applications=(f"127.0.0.1:{port}",),
            upstream_tls=tls,
            health_port=health,
        ) as proxy,
    ):
        await answers(port)
        client = proxy.pki.issue_client("Budget App", "Recipient Pty Ltd")
        for host in (PUBLIC, SECURE):
            assert (await proxy.ask(host, client=client)).json()["name"] == "elsewhere"
        assert (await ask_health(f"127.0.0.1:{health}", LIVE))[0] == 200
        assert b"200 OK" in await direct(port, internal, proxy_certificate)
        for refused in (None, internal.proxy(internal.applications, "a-stranger")):
            with pytest.raises(OSError, match=r"(?i)certificate|closed|reset|unknown ca"):
                await direct(port, internal, refused)


@pytest.mark.parametrize("wrong", ["authority", "name"])
async def test_the_proxy_refuses_what_is_not_the_application(
    internal: InternalPki, state_folder: Path, tmp_path: Path, wrong: str
) -> None:
    ports = Ports(tmp_path / "ports.json")
    port, health = ports.obtain("application"), ports.obtain("health")
    if wrong == "authority":
        certificate = internal.application(internal.proxies)
    else:
        certificate = internal.application(internal.applications, "other.internal.example")
    tls = UpstreamTls(certificate=internal.proxy(internal.proxies), authority=internal.applications_file, name=NAME)
    files = ("--certificate", str(certificate), "--proxy-authority", str(internal.proxies_file))
    async with (
        serving("an impostor", "--address", "127.0.0.1", "--port", str(port), *files),
        running_proxy(
            state_folder / f"proxy-{wrong}",
            applications=(f"127.0.0.1:{port}",),
            upstream_tls=tls,
            health_port=health,
        ) as proxy,
    ):
        await answers(port)
        assert (await proxy.ask(PUBLIC)).status == 502
        assert (await ask_health(f"127.0.0.1:{health}", READY))[0] == 503


async def test_each_process_has_a_socket_and_requests_go_to_all_of_them(state_folder: Path) -> None:
    sockets = {name: state_folder / f"{name}-app" for name in ("one", "two")}
    async with running_proxy(
        state_folder / "proxy-two", applications=tuple(f"unix:{socket}" for socket in sockets.values())
    ) as proxy:
        group = ("--socket-group", proxy.group) if proxy.group else ()
        async with (
            serving("one", "--socket", str(sockets["one"]), *group) as first,
            serving("two", "--socket", str(sockets["two"]), *group) as second,
        ):
            # nginx sends nothing for ten seconds to an application that did not answer.
            for socket in sockets.values():
                await answers(socket)
            async with asyncio.timeout(20):
                answered: set[object] = set()
                while answered != set(sockets):
                    answered.add((await proxy.ask(PUBLIC)).json()["name"])
            first.kill()
            await first.wait()
            assert {(await proxy.ask(PUBLIC)).json()["name"] for _ in range(4)} == {"two"}
            second.kill()
