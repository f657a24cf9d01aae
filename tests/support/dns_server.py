"""A name server on the loopback interface."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

LOOPBACK = "127.0.0.1"
LONGEST_STRING = 255


class DnsServer(asyncio.DatagramProtocol):
    """Answers questions for text records. A name that is not known does not exist."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.failing: set[str] = set()
        """Names for which the answer is that the server has failed."""
        self.asked: list[str] = []
        self.port = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        """Serve until the block ends."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(LOOPBACK, 0))
        self.port = transport.get_extra_info("sockname")[1]
        try:
            yield self
        finally:
            transport.close()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text(omit_final_dot=True)
        self.asked.append(name)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if name in self.failing:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.records:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif self.records[name]:
            texts = [" ".join(map(_quoted, _strings(text))) for text in self.records[name]]
            response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", *texts))
        self._transport.sendto(response.to_wire(), addr)


def _strings(text: str) -> list[str]:
    return [text[at : at + LONGEST_STRING] for at in range(0, len(text), LONGEST_STRING)]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
