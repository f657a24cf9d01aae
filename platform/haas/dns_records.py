"""Text records of the Domain Name System."""

from typing import Final, Protocol

import dns.exception
from dns.asyncresolver import Resolver
from dns.resolver import NXDOMAIN, NoAnswer

from haas.errors import Unavailable

SECONDS: Final = 5.0
DNS_PORT: Final = 53


class DnsUnreadable(Unavailable):
    """The name servers did not answer, or not as required. So it is not known whether there is a record."""


class TextRecords(Protocol):
    """Where text records are read."""

    async def of(self, name: str) -> list[str]:
        """Return the text records of a name, or an empty list if it has none. Raises DnsUnreadable."""
        ...


class DnsTextRecords:
    """Asks the name servers of this machine, or a given one. Nothing is kept in memory."""

    def __init__(self, address: str | None = None, port: int = DNS_PORT) -> None:
        """`address` is the IP address of a name server. Without it, those of the machine are asked."""
        self._server = None if address is None else (address, port)

    async def of(self, name: str) -> list[str]:
        """Return the text records of a name, or an empty list if it has none. Raises DnsUnreadable."""
        try:
            resolver = Resolver(configure=self._server is None)
            if self._server is not None:
                resolver.nameservers, resolver.port = [self._server[0]], self._server[1]
            answer = await resolver.resolve(f"{name}.", "TXT", lifetime=SECONDS)
        except (NXDOMAIN, NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, ValueError) as error:  # ValueError: no IP address
            raise DnsUnreadable(f"the text records of {name} could not be read: {type(error).__name__}") from error
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
