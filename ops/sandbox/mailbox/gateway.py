"""A brand's own gateway for text messages, with reports of the delivery that a test decides about.

It accepts a message at `/sms/<name>`, shows it in the mailbox, and reports to the brand whether it was delivered: at
once, or when the control API says so. A report is signed as the Standard Webhooks specification 1.0 defines it.
"""

import hashlib
import hmac
import uuid
from base64 import b64decode, b64encode
from typing import Literal

import httpx
import msgspec

from haas.clock import Clock
from ops.sandbox.mailbox.messages import Mailbox
from ops.sandbox.store import Collection, Store

LIMIT = 1_000
_PREFIX = "whsec_"
ReportStatus = Literal["delivered", "failed"]


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the gateway of one name behaves."""

    token: str
    """The bearer token that a message must have."""
    report_uri: str
    report_key: str
    status: ReportStatus = "delivered"
    """What is reported of the messages."""
    reason: str | None = None
    reports: Literal["at-once", "later"] = "at-once"
    refuses: int | None = None
    """The status with which messages are refused. None: they are accepted."""


class Accepted(msgspec.Struct, frozen=True):
    """A message of which nothing was reported yet."""

    gateway: str
    reference: str


class SentReport(msgspec.Struct, frozen=True):
    """A report, and the status with which the brand has answered; None if it did not answer."""

    reference: str
    status: ReportStatus
    answered: int | None


class TextMessageGateways:
    """The gateways by name."""

    def __init__(self, store: Store, clock: Clock, mailbox: Mailbox, http: httpx.AsyncClient) -> None:
        """Keep settings and messages in `store`, and send reports with `http`."""
        self._settings = Collection(store, "sms-gateway", GatewaySettings, limit=LIMIT)
        self._accepted = Collection(store, "sms-accepted", Accepted, limit=LIMIT)
        self._clock, self._mailbox, self._http = clock, mailbox, http

    async def set_up(self, name: str, settings: GatewaySettings) -> None:
        """Set how a gateway behaves from now on."""
        await self._settings.put(name, settings)

    async def settings(self, name: str) -> GatewaySettings | None:
        """Return how a gateway behaves, or None if there is none with this name."""
        return await self._settings.get(name)

    async def accept(self, name: str, settings: GatewaySettings, *, to: str, sender: str, text: str, key: str) -> None:
        """Accept a message. One with the same `key` as an earlier one is a repetition, and is not reported again."""
        await self._mailbox.receive("sms", to=[to], sender=sender, subject="", text=text, key=key)
        if await self._accepted.add(f"{name}:{key}", Accepted(name, key)) and settings.reports == "at-once":
            await self._report(settings, key)

    async def report(self, name: str, settings: GatewaySettings) -> list[SentReport]:
        """Send a report of every message that the gateway has accepted, also if it was reported already."""
        accepted = [each.reference for each in await self._accepted.all() if each.gateway == name]
        return [await self._report(settings, reference) for reference in accepted]

    async def _report(self, settings: GatewaySettings, reference: str) -> SentReport:
        report = {"reference": reference, "status": settings.status}
        if settings.reason is not None:
            report["reason"] = settings.reason
        body = msgspec.json.encode(report)
        headers = {"Content-Type": "application/json", **self._signed(settings.report_key, body)}
        try:
            answer = await self._http.post(settings.report_uri, content=body, headers=headers)
        except httpx.HTTPError:
            return SentReport(reference, settings.status, None)
        return SentReport(reference, settings.status, answer.status_code)

    def _signed(self, key: str, body: bytes) -> dict[str, str]:
        number, seconds = f"msg_{uuid.uuid4().hex}", str(int(self._clock.now().timestamp()))
        secret = b64decode(key.removeprefix(_PREFIX))
        mac = hmac.digest(secret, f"{number}.{seconds}.".encode() + body, hashlib.sha256)
        signature = f"v1,{b64encode(mac).decode()}"
        return {"webhook-id": number, "webhook-timestamp": seconds, "webhook-signature": signature}
