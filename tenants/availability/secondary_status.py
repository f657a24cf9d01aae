"""The status of AEMO, the secondary data holder, as AEMO publishes it (clause C-A17; sm#477, sm#598).

AEMO publishes Get Status and Get Outages like a data holder, without authentication. They are read every few minutes
while somebody asks for the status of a brand that gets data from AEMO. The result is kept apart: an outage of AEMO is
not an outage of the brand (CDS, Availability Requirements), only the explanation names it.
"""

import asyncio
import logging
import re
from datetime import datetime, timedelta
from typing import Final

import msgspec

from haas.clock import Clock
from haas.outbound import CallOptions, Outbound, OutboundError
from tenants.registry.models import Tenant

logger = logging.getLogger(__name__)

READ_AGAIN_AFTER: Final = timedelta(minutes=5)
USABLE_FOR: Final = timedelta(minutes=30)
"""What was read is not used any longer than this, if it cannot be read again."""
EXPLANATION: Final = (
    "The electricity market operator AEMO reports an outage, so data about meters, usage and generation may not be"
    " available."
)
_OK: Final = 200
_MAXIMUM_BYTES: Final = 256 * 1024
_MAXIMUM_OUTAGES: Final = 1_000
_DURATION: Final = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?")


class _Status(msgspec.Struct, frozen=True):
    status: str


class _StatusResponse(msgspec.Struct, frozen=True):
    data: _Status


class _ScheduledOutage(msgspec.Struct, frozen=True, rename="camel"):
    outage_time: datetime
    duration: str


class _Outages(msgspec.Struct, frozen=True):
    outages: list[_ScheduledOutage]


class _OutagesResponse(msgspec.Struct, frozen=True):
    data: _Outages


class SecondaryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What AEMO has published: its status, and the periods of its scheduled outages."""

    read_at: datetime
    status: str
    outages: tuple[tuple[datetime, datetime], ...]

    def is_out(self, now: datetime) -> bool:
        """Return whether AEMO reports an outage that is on, planned or not."""
        return self.status != "OK" or any(begins <= now < ends for begins, ends in self.outages)


class SecondaryStatus:
    """AEMO's status in this process. It is not thread-safe: only the event loop's thread may use it."""

    def __init__(self, outbound: Outbound, base_uri: str | None, clock: Clock) -> None:
        """Read below `base_uri`, such as `https://…/NEMRetail/cds-au/v1`. None: nothing is read."""
        self._outbound = outbound
        self._base_uri = base_uri
        self._clock = clock
        self._tried_at: datetime | None = None
        self._reading: asyncio.Task[None] | None = None
        self._failed = False
        self.report: SecondaryReport | None = None
        """What was read last."""

    def explanation(self, tenant: Tenant, now: datetime) -> str | None:
        """Return a text for end customers if the tenant gets data from AEMO and AEMO reports an outage. Do not wait."""
        if self._base_uri is None or tenant.settings.market_source != "aemo":
            return None
        self._read_if_due(self._base_uri, now)
        report = self.report
        if report is None or not timedelta(0) <= now - report.read_at < USABLE_FOR:
            return None
        return EXPLANATION if report.is_out(now) else None

    async def settled(self) -> None:
        """Wait until nothing is being read."""
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)

    async def close(self) -> None:
        """Cancel what is being read."""
        if self._reading is not None:
            self._reading.cancel()
            await self.settled()

    def _read_if_due(self, base_uri: str, now: datetime) -> None:
        if self._reading is not None and not self._reading.done():
            return
        if self._tried_at is None or not timedelta(0) <= now - self._tried_at < READ_AGAIN_AFTER:
            self._tried_at = now
            self._reading = asyncio.create_task(self._read(base_uri), name="availability.read_aemo")

    async def _read(self, base_uri: str) -> None:
        try:
            status = msgspec.json.decode(await self._body(f"{base_uri}/discovery/status"), type=_StatusResponse)
            listed = msgspec.json.decode(await self._body(f"{base_uri}/discovery/outages"), type=_OutagesResponse)
        except (OutboundError, msgspec.DecodeError) as error:
            if not self._failed:
                logger.warning("aemo.status_not_read", extra={"reason": str(error)})
            self._failed = True
            return
        self._failed, before = False, self.report
        outages = listed.data.outages[:_MAXIMUM_OUTAGES]
        periods = tuple(period for period in map(_period, outages) if period is not None)
        self.report = SecondaryReport(read_at=self._clock.now(), status=status.data.status, outages=periods)
        if before is None or before.status != self.report.status:
            logger.info("aemo.status_read", extra={"status": self.report.status[:20], "outages": len(periods)})

    async def _body(self, uri: str) -> bytes:
        # The address is one of the deployment's settings, and may be in the private network of AEMO (MarketNet).
        options = CallOptions(maximum_bytes=_MAXIMUM_BYTES, allow_any_address=True, attempts=2)
        response = await self._outbound.get(uri, headers={"x-v": "1", "Accept": "application/json"}, options=options)
        if response.status != _OK:
            raise OutboundError(f"{uri} answered with {response.status}")
        return response.json


def _period(outage: _ScheduledOutage) -> tuple[datetime, datetime] | None:
    """Return the beginning and the end of an outage, or None if they cannot be used."""
    found = _DURATION.fullmatch(outage.duration)
    if found is None or outage.outage_time.tzinfo is None:
        return None
    days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
    try:
        ends_at = outage.outage_time + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None
    return outage.outage_time, ends_at
