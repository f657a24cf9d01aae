"""HTTP clients over real TLS: mapped names, separate connections for each host, and client certificates."""

from pathlib import Path

import httpx
import pytest

from ops.sandbox.transport import http_client
from tests.haas.tls_server import TestAuthority, tls_server

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HOSTS = ["aurora.haas.localhost", "mtls.aurora.haas.localhost"]
MAP = {"*.haas.localhost": "127.0.0.1"}


async def test_each_mapped_host_has_connections_of_its_own(tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path)
    async with tls_server(authority, HOSTS, lambda _: OK) as server:
        async with http_client(hosts=MAP, trusted_roots=authority.roots) as http:
            for host in (*HOSTS, *HOSTS):
                assert (await http.get(f"https://{host}:{server.port}/")).text == "ok"
        assert [(sni, host) for sni, host, _ in server.requests] == [
            (host, f"{host}:{server.port}") for host in (*HOSTS, *HOSTS)
        ]
        assert server.connections == 2


async def test_the_client_certificate_is_sent_and_the_server_certificate_is_verified(tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path)
    pem = authority.client().read_bytes()
    certificate, _, key = pem.partition(b"-----BEGIN PRIVATE KEY-----")
    pair = (certificate, b"-----BEGIN PRIVATE KEY-----" + key)
    async with tls_server(authority, HOSTS, lambda _: OK, mutual=True) as server:
        url = f"https://{HOSTS[1]}:{server.port}/"
        async with http_client(hosts=MAP, trusted_roots=authority.roots, certificate=pair) as http:
            assert (await http.get(url)).text == "ok"
        async with http_client(hosts=MAP, trusted_roots=authority.roots) as http:
            with pytest.raises(httpx.HTTPError):
                await http.get(url)
        async with http_client(hosts=MAP, certificate=pair) as http:
            with pytest.raises(httpx.ConnectError):
                await http.get(url)
