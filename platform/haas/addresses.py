"""Which addresses a name that others gave us may lead to: never into our own network."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from haas.errors import Unavailable

_NAT64: Final = IPv6Network("64:ff9b::/96")


class NoPublicAddress(Unavailable):
    """A name does not resolve, or to nothing but addresses of private networks."""


async def public_address(host: str, port: int) -> str:
    """Return the first address of `host` that is public; who connects to it asks no resolver a second time.

    Raises NoPublicAddress.
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
    """Tell whether an address is reachable from everywhere, and not one of ours in another spelling."""
    ip = ip_address(address.partition("%")[0])
    inner = _within(ip) if isinstance(ip, IPv6Address) else None
    return ip.is_global and not ip.is_multicast and (inner is None or (inner.is_global and not inner.is_multicast))


def _within(ip: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a gateway would take `ip` for, if any."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
