"""Connections to host names of other parties never reach private networks (OWASP, Server-Side Request Forgery)."""

import socket
from typing import Any

import httpx
import pytest

import haas.addresses
from haas.addresses import NoPublicAddress, is_in_private_network, is_public, public_address
from haas.outbound import CallOptions, Outbound, OutboundError
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
        answer = await outbound.get(url(server.port, host="localhost"), options=CallOptions(allow_any_address=True))
        assert answer.body == b"fine"


@pytest.mark.parametrize("address", ["10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "fd00::1"])
def test_addresses_that_a_vpn_can_have(address: str) -> None:
    assert is_in_private_network(address)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "169.254.169.254", "fe80::1%eth0", "0.0.0.7", "::", "224.0.0.1", "::ffff:10.0.0.1"]
)
def test_addresses_that_nobody_can_permit(address: str) -> None:
    assert not is_in_private_network(address)


def _resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Each resolution gives the next address; return the hosts that were resolved."""
    resolved: list[str] = []
    left = list(addresses)

    def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
        resolved.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (left.pop(0), 443))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return resolved


async def _connected_to(monkeypatch: pytest.MonkeyPatch, outbound: Outbound, options: CallOptions) -> str:
    """Return the address to which a request to `source.example` would be sent."""

    async def send(_: httpx.AsyncClient, request: httpx.Request, **__: Any) -> httpx.Response:
        reached = f"{request.url.host} {request.extensions['sni_hostname']}"
        return httpx.Response(200, stream=httpx.ByteStream(reached.encode()), request=request)

    monkeypatch.setattr(httpx.AsyncClient, "send", send)
    return (await outbound.get("https://source.example/", options=options)).body.decode()


async def test_only_a_host_that_staff_entered_may_be_private(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(None, environment="production", host_map={})
    permitted = CallOptions(private_hosts=frozenset({"source.example"}))
    async with Outbound(settings) as outbound:
        _resolve_to(monkeypatch, "10.1.2.3", "10.1.2.3", "10.1.2.3", "169.254.169.254")
        assert await _connected_to(monkeypatch, outbound, permitted) == "10.1.2.3 source.example"
        for options in (CallOptions(), CallOptions(private_hosts=frozenset({"example"}))):
            with pytest.raises(OutboundError, match="no public address"):
                await outbound.get("https://source.example/", options=options)
        with pytest.raises(OutboundError, match="no public or private address"):
            await outbound.get("https://source.example/", options=permitted)


@pytest.mark.parametrize("hosts", [frozenset(), frozenset({"source.example"})])
async def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, hosts: frozenset[str]
) -> None:
    """A second resolution would give the address of the machine itself (DNS rebinding)."""
    resolved = _resolve_to(monkeypatch, "1.1.1.1", "127.0.0.1")
    async with Outbound(settings_for(None, environment="production", host_map={})) as outbound:
        reached = await _connected_to(monkeypatch, outbound, CallOptions(private_hosts=hosts))
    assert (reached, resolved) == ("1.1.1.1 source.example", ["source.example"])


async def test_a_resolved_host_receives_its_name_in_sni_and_host_header(
    authority: TestAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(haas.addresses, "is_public", lambda _: True)
    settings = settings_for(authority, environment="production", host_map={})
    async with tls_server(authority, ["localhost"], ok) as server, Outbound(settings) as outbound:
        assert (await outbound.get(url(server.port, host="localhost"))).body == b"fine"
        assert server.requests[0][:2] == ("localhost", f"localhost:{server.port}")
