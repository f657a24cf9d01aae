"""Connections to host names of other parties never reach private networks (OWASP, Server-Side Request Forgery)."""

import socket
from typing import Any

import pytest

import haas.addresses
from haas.addresses import NoPublicAddress, is_public, public_address
from haas.outbound import Outbound, OutboundError
from tests.haas.tls_server import TestAuthority, ok, settings_for, tls_server, url


@pytest.mark.parametrize("address", ["1.1.1.1", "203.1.2.3", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.7", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1%eth0", "fd00::1", "fc00::1", "ff02::1",
        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:a00:1::1", "64:ff9b::a9fe:a9fe",
    ],
)  # fmt: skip
def test_an_address_of_a_private_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "::1", "0", "2130706433", "0x7f.1", "no such host", "a" * 70]
)
async def test_a_host_without_a_public_address_is_refused(host: str) -> None:
    with pytest.raises(NoPublicAddress):
        await public_address(host, 443)


async def test_the_first_public_address_of_several_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolved(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", (one, 443)) for one in ("10.0.0.1", "1.1.1.1", "8.8.8.8")]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    assert await public_address("mixed.example", 443) == "1.1.1.1"


async def test_production_does_not_connect_to_private_networks(authority: TestAuthority) -> None:
    settings = settings_for(authority, environment="production", host_map={})
    async with tls_server(authority, ["localhost"], ok) as server, Outbound(settings) as outbound:
        for host in ("localhost", "127.0.0.1"):
            with pytest.raises(OutboundError, match="no public address"):
                await outbound.get(url(server.port, host=host))
        assert server.connections == 0


async def test_private_addresses_can_be_allowed_for_a_request(authority: TestAuthority) -> None:
    settings = settings_for(authority, environment="production", host_map={})
    async with tls_server(authority, ["localhost"], ok) as server, Outbound(settings) as outbound:
        answer = await outbound.request("GET", url(server.port, host="localhost"), allow_private_addresses=True)
        assert answer.body == b"fine"


async def test_a_resolved_host_receives_its_name_in_sni_and_host_header(
    authority: TestAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(haas.addresses, "is_public", lambda _: True)
    settings = settings_for(authority, environment="production", host_map={})
    async with tls_server(authority, ["localhost"], ok) as server, Outbound(settings) as outbound:
        assert (await outbound.get(url(server.port, host="localhost"))).body == b"fine"
        assert server.requests[0][:2] == ("localhost", f"localhost:{server.port}")
