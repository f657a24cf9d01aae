"""Resolves host names to addresses that we may connect to.

The host names that other parties sent lead to public addresses only, so that they cannot make us connect to a private
network. A host that the provider's staff entered may also have an address in a private network.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from haas.errors import Unavailable

_NAT64: Final = IPv6Network("64:ff9b::/96")
_PRIVATE_NETWORKS: Final = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


class NoPublicAddress(Unavailable):
    """A name does not resolve, or resolves only to addresses that are not public."""


async def public_address(host: str, port: int, *, private_too: bool = False) -> str:
    """Return the first public address of `host`. Raises NoPublicAddress.

    Connect to this address. If the name is resolved again, the result can be another address, which is private.
    With `private_too`, an address in a private network is accepted too (see `is_in_private_network`).
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoPublicAddress(f"{host} does not resolve: {error}") from error
    for *_, address in found:
        found_address = str(address[0])
        if is_public(found_address) or (private_too and is_in_private_network(found_address)):
            return found_address
    raise NoPublicAddress(f"{host} has no {'public or private' if private_too else 'public'} address")


def is_public(address: str) -> bool:
    """Return whether an address is public and contains no private IPv4 address (mapped, 6to4, Teredo or NAT64)."""
    ip = ip_address(address.partition("%")[0])
    inner = _embedded_ipv4(ip) if isinstance(ip, IPv6Address) else None
    return ip.is_global and not ip.is_multicast and (inner is None or (inner.is_global and not inner.is_multicast))


def is_in_private_network(address: str) -> bool:
    """Return whether an address belongs to a private network, such as that of a VPN (RFC 1918, RFC 4193, RFC 6598).

    The addresses of the machine itself and of its link are not among them: at a link-local address, cloud providers
    give credentials to every program of the machine.
    """
    ip = ip_address(address)
    return any(ip in network for network in _PRIVATE_NETWORKS if network.version == ip.version)


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address to which a gateway would translate `ip`, if any."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
