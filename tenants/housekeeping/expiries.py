"""Warns before a certificate or a password ends.

These are the ones with which we call AEMO and a retailer's own server, and those that our hosts present.
The keys of a tenant and the keys that the Register publishes have no end: they are replaced by rotation.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from cryptography import x509

from haas.clock import Clock
from haas.database import Database, Namespace
from haas.errors import HaasError
from haas.served_certificate import served_certificate
from haas.settings import Settings
from tenants.aemo.check import PASSWORD_LIFETIME
from tenants.market import store as market
from tenants.market.models import PASSWORD_MODES
from tenants.registry.models import Tenant
from tenants.upstream.credentials import CREDENTIAL_TABLE

logger = logging.getLogger(__name__)

DAYS: Final = (3, 14, 30)
"""A warning is written every day from 30 days before an end; it is an error from 14 days on, and critical from 3."""
CONCURRENT_HANDSHAKES: Final = 8


class Expiry(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a certificate or a password."""

    what: Literal["aemo-certificate", "aemo-password", "upstream-certificate", "host-certificate"]
    subject: str
    """The participant, the slug of the brand, or the host."""
    ends_at: datetime


class Expiries:
    """Finds the ends, and writes those that are near to the log."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, market_namespace: Namespace) -> None:
        """`market_namespace` has the role that may read the participants at AEMO."""
        self._database = database
        self._clock = clock
        self._settings = settings
        self._market = market_namespace

    async def warn(self, tenants: Sequence[Tenant]) -> list[Expiry]:
        """Write one line for each end that is near or past. Return these ends."""
        now = self._clock.now()
        near = []
        for expiry in await self.all(tenants):
            days = (expiry.ends_at - now) // timedelta(days=1)
            threshold = next((limit for limit in DAYS if days < limit), None)
            if threshold is None:
                continue
            near.append(expiry)
            details = {"what": expiry.what, "subject": expiry.subject, "days": days, "ends": expiry.ends_at.isoformat()}
            if threshold == DAYS[0]:
                logger.critical("expiry.within_days", extra=details)
            elif threshold == DAYS[1]:
                logger.error("expiry.within_weeks", extra=details)
            else:
                logger.warning("expiry.within_a_month", extra=details)
        return near

    async def all(self, tenants: Sequence[Tenant]) -> list[Expiry]:
        """Return every end that can be read."""
        found = [*await self._of_aemo()]
        for tenant in tenants:
            found += await self._of_upstream(tenant)
        slots = asyncio.Semaphore(CONCURRENT_HANDSHAKES)
        hosts = sorted({host for tenant in tenants for _, host in tenant.surfaces()})
        return [*found, *filter(None, await asyncio.gather(*(self._of_host(host, slots) for host in hosts)))]

    async def _of_aemo(self) -> list[Expiry]:
        async with self._database.transaction(self._market) as tx:
            participants = await market.validities(tx)
        found = []
        for participant_id, mode, certificate, changed_at in participants:
            found.append(Expiry(what="aemo-certificate", subject=participant_id, ends_at=_end(certificate)))
            if mode in PASSWORD_MODES:
                ends_at = changed_at + PASSWORD_LIFETIME
                found.append(Expiry(what="aemo-password", subject=participant_id, ends_at=ends_at))
        return found

    async def _of_upstream(self, tenant: Tenant) -> list[Expiry]:
        try:
            async with self._database.transaction(tenant.namespace) as tx:
                row = await CREDENTIAL_TABLE.load(tx, "client-certificate")
        except HaasError as error:
            logger.warning("expiry.not_read", extra={"subject": tenant.slug, "reason": str(error)})
            return []
        if row is None:
            return []
        return [Expiry(what="upstream-certificate", subject=tenant.slug, ends_at=_end(row["presented"]))]

    async def _of_host(self, host: str, slots: asyncio.Semaphore) -> Expiry | None:
        async with slots:
            try:
                certificate = await served_certificate(self._settings, host)
            except HaasError as error:
                logger.info("expiry.host_not_read", extra={"host": host, "reason": str(error)})
                return None
        return Expiry(what="host-certificate", subject=host, ends_at=certificate.not_valid_after_utc)


def _end(chain: str) -> datetime:
    """Return when the first of these certificates in PEM ends."""
    return x509.load_pem_x509_certificates(chain.encode())[0].not_valid_after_utc
