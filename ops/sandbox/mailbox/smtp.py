"""The SMTP server to which the product sends mail. It accepts mail to every address and forwards nothing."""

import asyncio
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

from ops.sandbox.mailbox.messages import Mailbox

MAXIMUM_MESSAGE_BYTES = 256 * 1024
MAXIMUM_RECIPIENTS = 20


class _Handler:
    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if len(envelope.rcpt_tos) >= MAXIMUM_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        del server, session
        content = envelope.content or b""
        message = BytesParser(policy=default).parsebytes(content if isinstance(content, bytes) else content.encode())
        await self._mailbox.receive(
            "email",
            to=list(envelope.rcpt_tos),
            sender=str(message.get("from", envelope.mail_from or "")),
            subject=str(message.get("subject", "")),
            text=_text_of(message),
        )
        return "250 2.0.0 Stored"


class MailServer:
    """Listens on the loopback interface until it is stopped."""

    def __init__(self, mailbox: Mailbox, port: int) -> None:
        """Receive for `mailbox` on `port`; with 0, the system chooses the port."""
        self._handler = _Handler(mailbox)
        self.port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _protocol(self) -> SMTP:
        return SMTP(
            self._handler,
            hostname="mailbox",
            ident="SMTP",
            data_size_limit=MAXIMUM_MESSAGE_BYTES,
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
        )


def _text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeDecodeError):
        return ""
