"""The source of the client's address in nginx: the connection itself, or a load balancer in front of nginx."""

import re
from collections.abc import Iterable
from ipaddress import ip_network
from typing import Final

import msgspec

from haas.settings import SettingsError

SOURCE_VARIABLE: Final = "HAAS_CLIENT_ADDRESS"
TRUSTED_VARIABLE: Final = "HAAS_TRUSTED_PROXIES"
CONNECTION: Final = "connection"
PROXY_PROTOCOL: Final = "proxy-protocol"
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


class ClientAddresses(msgspec.Struct, frozen=True):
    """The source of clients' addresses. Without a load balancer, it is the address of the connection."""

    source: str = CONNECTION
    """`connection`, `proxy-protocol`, or the name of a header field such as `X-Forwarded-For`."""
    trusted: tuple[str, ...] = ()
    """The networks of the load balancers. nginx ignores the client addresses that other senders claim."""

    @classmethod
    def read(cls, source: str, trusted: str) -> "ClientAddresses":
        """Read the two settings. `trusted` is a list of networks, separated by commas.

        Raises SettingsError with the name of the variable if a setting is malformed or the settings are inconsistent.
        """
        networks = tuple(_networks(filter(None, (part.strip() for part in trusted.split(",")))))
        if source not in {CONNECTION, PROXY_PROTOCOL} and not _HEADER.fullmatch(source):
            raise SettingsError(
                f"{SOURCE_VARIABLE} must be {CONNECTION}, {PROXY_PROTOCOL} or the name of a header, not {source!r}"
            )
        if source == CONNECTION and networks:
            raise SettingsError(f"{TRUSTED_VARIABLE} has no effect with {SOURCE_VARIABLE}={CONNECTION}")
        if source != CONNECTION and not networks:
            raise SettingsError(
                f"{SOURCE_VARIABLE}={source} needs {TRUSTED_VARIABLE}: the networks of the load balancers"
            )
        return cls(source, networks)

    @property
    def by_proxy_protocol(self) -> bool:
        """Whether every connection begins with the header of the PROXY protocol."""
        return self.source == PROXY_PROTOCOL

    @property
    def header(self) -> str:
        """The value of nginx's directive `real_ip_header`."""
        return "proxy_protocol" if self.by_proxy_protocol else self.source


def _networks(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        try:
            network = ip_network(text)
        except ValueError as error:
            raise SettingsError(f"{TRUSTED_VARIABLE}: {error}") from error
        if network.prefixlen == 0:
            raise SettingsError(f"{TRUSTED_VARIABLE}: {text} contains every address: clients could claim any address")
        yield str(network)
