"""By which networks a client is counted."""

import pytest

from tenants.authentication import codes
from tenants.authentication.networks import network_hash, networks_of

KEY = codes.authentication_key(b"s" * 32)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.7", [4, 2, 1]),
        ("203.0.113.7", "203.0.113.8", []),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", [4, 2, 1]),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", [4, 2]),
        ("2001:db8:0:1::1", "2001:db8:0:ff::1", [4, 2]),
        ("2001:db8:0:1::1", "2001:db8:0:100::1", [4]),
        ("2001:db8:0:1::1", "2001:db8:1:1::1", []),
        ("203.0.113.7", "::ffff:203.0.113.7", [4, 2, 1]),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", []),
        ("203.0.113.7", "64:ff9b::203.0.113.7", [4, 2, 1]),
        ("64:ff9b::203.0.113.7", "64:ff9b::203.0.113.8", []),
        ("64:ff9b::1:203.0.113.7", "64:ff9b::1:203.0.113.8", [4, 2, 1]),
        ("unix:", "", [4, 2, 1]),
        ("", "203.0.113.7", []),
    ],
)
def test_a_client_has_an_ipv4_address_or_three_networks_of_ipv6(one: str, other: str, same: list[int]) -> None:
    networks, others = (networks_of(network_hash(KEY, address)) for address in (one, other))
    assert [network.share for network in networks] == [4, 2, 1]
    assert [a.share for a, b in zip(networks, others, strict=True) if a == b] == same


def test_the_hash_of_a_network_is_different_for_each_tenant() -> None:
    assert network_hash(KEY, "203.0.113.7") != network_hash(b"k" * 32, "203.0.113.7")
