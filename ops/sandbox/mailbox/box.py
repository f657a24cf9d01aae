"""The messages that the product has sent."""

import uuid
from datetime import datetime
from typing import Literal

import msgspec

from haas.clock import Clock
from ops.sandbox.arrivals import Arrivals
from ops.sandbox.mailbox.codes import one_time_code
from ops.sandbox.store import Collection, Store

LIMIT = 1_000
MAXIMUM_TEXT = 64 * 1024


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it is kept."""

    channel: Literal["email", "sms"]
    to: list[str]
    sender: str
    subject: str
    text: str
    code: str | None
    received_at: datetime


class Message(Stored, frozen=True, kw_only=True):
    """A message as it is shown: `id` rises with every message, so that `after=<id>` asks for the newer ones."""

    id: int


class Mailbox:
    """Keeps the latest thousand messages."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Keep them in `store`."""
        self._messages = Collection(store, "message", Stored, limit=LIMIT)
        self._clock = clock
        self._arrivals = Arrivals()

    async def receive(
        self,
        channel: Literal["email", "sms"],
        *,
        to: list[str],
        sender: str,
        subject: str,
        text: str,
        key: str | None = None,
    ) -> None:
        """Keep a message. A `key` that was seen before is the same message sent again, and is kept once."""
        text = text[:MAXIMUM_TEXT]
        stored = Stored(
            channel=channel,
            to=to,
            sender=sender,
            subject=subject,
            text=text,
            code=one_time_code(subject, text),
            received_at=self._clock.now(),
        )
        if await self._messages.add(f"{channel}:{key or uuid.uuid4()}", stored):
            await self._arrivals.send()

    async def messages(self, *, to: str | None = None, after: int = 0, wait: float = 0) -> list[Message]:
        """Return the messages after `after`, oldest first, to `to` (any case) where it is given.

        Waits up to `wait` seconds for one to come.
        """

        async def look() -> list[Message]:
            found = await self._messages.since(after)
            return [
                msgspec.convert({"id": number, **msgspec.structs.asdict(message)}, Message)
                for number, message in found
                if to is None or to.casefold() in {address.casefold() for address in message.to}
            ]

        return await self._arrivals.wait_for(look, wait)

    async def clear(self) -> None:
        """Throw every message away."""
        await self._messages.clear()
