"""The mail and text messages that the product sent."""

import uuid
from datetime import datetime
from typing import Literal

import msgspec

from haas.clock import Clock
from ops.sandbox.events import Events
from ops.sandbox.mailbox.codes import one_time_code
from ops.sandbox.store import Collection, Store

LIMIT = 1_000
MAXIMUM_TEXT = 64 * 1024


class StoredMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it is stored."""

    channel: Literal["email", "sms"]
    to: list[str]
    sender: str
    subject: str
    text: str
    code: str | None
    received_at: datetime


class Message(StoredMessage, frozen=True, kw_only=True):
    """A message as the control API returns it. `id` increases with every message: `after=<id>` selects newer ones."""

    id: int


class Mailbox:
    """Stores the latest thousand messages."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Store them in `store`."""
        self._messages = Collection(store, "message", StoredMessage, limit=LIMIT)
        self._clock = clock
        self._events = Events()

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
        """Store a message. A message with the same `key` as an earlier one is a repetition and is not stored."""
        text = text[:MAXIMUM_TEXT]
        stored = StoredMessage(
            channel=channel,
            to=to,
            sender=sender,
            subject=subject,
            text=text,
            code=one_time_code(subject, text),
            received_at=self._clock.now(),
        )
        if await self._messages.add(f"{channel}:{key or uuid.uuid4()}", stored):
            await self._events.announce()

    async def messages(self, *, to: str | None = None, after: int = 0, wait: float = 0) -> list[Message]:
        """Return the messages with an id greater than `after`, oldest first. `to` selects a receiver (in any case).

        If there is no message, wait up to `wait` seconds for one.
        """

        async def look() -> list[Message]:
            found = await self._messages.since(after)
            return [
                msgspec.convert({"id": number, **msgspec.structs.asdict(message)}, Message)
                for number, message in found
                if to is None or to.casefold() in {address.casefold() for address in message.to}
            ]

        return await self._events.wait_for(look, wait)

    async def clear(self) -> None:
        """Delete every message."""
        await self._messages.clear()
