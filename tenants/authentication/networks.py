"""The networks by which requests of clients are counted. Addresses are not stored.

For IPv4 a network is the address. An IPv6 client can use another address of its 64 bits for every request, and many are
given all networks of 56 or 48 bits (RFC 6177). So IPv6 clients are counted by all three, and wider networks get more
(`limits.NETWORK_SHARES`).
"""

import hmac
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple

from tenants.authentication.limits import NETWORK_SHARES

HASH_BYTES: Final = 16
_BITS: Final = sorted(NETWORK_SHARES)
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""IPv4 addresses in IPv6 form (RFC 6052, 2.1)."""


class CountedNetwork(NamedTuple):
    """A network, and how many times the limits of a network of 64 bits it gets."""

    prefix: bytes
    """The first bytes of the network hashes of its clients."""
    share: int


def network_hash(key: bytes, address: str) -> bytes:
    """Return the hashes of the networks of a client's address one after another, the widest first.

    So clients of one wider network have the same first bytes. A text that is no address is one network of its own.
    """
    return b"".join(
        hmac.digest(key, b"network\0" + _network(address, bits).encode(), sha256)[:HASH_BYTES] for bits in _BITS
    )


def networks_of(hashed: bytes) -> list[CountedNetwork]:
    """Return the networks of a client with this network hash, the widest first."""
    return [CountedNetwork(hashed[: end * HASH_BYTES], NETWORK_SHARES[bits]) for end, bits in enumerate(_BITS, start=1)]


def _network(address: str, bits: int) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(_ipv4_address(parsed) or IPv6Network((parsed, bits), strict=False))


def _ipv4_address(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped
