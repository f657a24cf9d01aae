"""Resolves host names that other parties sent, to public addresses only, so that we connect to no private network."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from haas.errors import Unavailable

_NAT64: Final = IPv6Network("64:ff9b::/96")


class NoPublicAddress(Unavailable):
    """A name does not resolve, or resolves only to addresses that are not public."""


async def public_address(host: str, port: int) -> str:
    """Return the first public address of `host`. Raises NoPublicAddress.

    Connect to this address. If the name is resolved again, the result can be another address, which is private.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoPublicAddress(f"{host} does not resolve: {error}") from error
    for *_, address in found:
        if is_public(str(address[0])):
            return str(address[0])
    raise NoPublicAddress(f"{host} has no public address")


def is_public(address: str) -> bool:
    """Return whether an address is public and contains no private IPv4 address (mapped, 6to4, Teredo or NAT64)."""
    ip = ip_address(address.partition("%")[0])
    inner = _embedded_ipv4(ip) if isinstance(ip, IPv6Address) else None
    return ip.is_global and not ip.is_multicast and (inner is None or (inner.is_global and not inner.is_multicast))


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address to which a gateway would translate `ip`, if any."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
