"""A real SMTP server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

from tenants.registry.models import Tenant


class MailServer:
    """A real SMTP server that stores the messages that it accepted.

    `refusals` maps a recipient to the error that it gets. While `open` is not set, the server does not answer a
    message; `arriving` is set when a message has arrived.
    """

    def __init__(self) -> None:
        self.port = 0
        self.accepted: list[Message] = []
        self.recipients: list[str] = []
        """The recipient of each attempt, whether or not its message was accepted."""
        self.refusals: dict[str, str] = {}
        self.arriving, self.open = asyncio.Event(), asyncio.Event()
        self.open.set()
        self._message_accepted = asyncio.Event()

    def of(self, tenant: Tenant) -> list[Message]:
        """Return the messages of one tenant: a sweep also sends those that other tests have left."""
        return [message for message in self.accepted if tenant.hosts.public in message["From"]]

    async def arrived(self, count: int, tenant: Tenant) -> None:
        """Wait until `count` messages of the tenant have been accepted in total."""
        async with asyncio.timeout(30):
            while len(self.of(tenant)) < count:
                self._message_accepted.clear()
                await self._message_accepted.wait()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["MailServer"]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, loop=loop, hostname="mail.test"), "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002 - aiosmtpd's signature
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        self.recipients.append(address)
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002 - aiosmtpd's signature
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        self.arriving.set()
        await self.open.wait()
        content = envelope.content
        self.accepted.append(message_from_bytes(content if isinstance(content, bytes) else b"", policy=default))
        self._message_accepted.set()
        return "250 accepted"
