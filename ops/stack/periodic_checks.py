"""The periodic checks of a running stack: revocation lists, and tenants that were created after the start."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.pki.store import Pki
from ops.proxy.reload import reload
from tenants.registry.models import Tenant

logger = logging.getLogger(__name__)

EXPIRY_CHECK_SECONDS = 60.0
EXPIRES_SOON_WITHIN = timedelta(days=1)


async def check_periodically(check: Callable[[], Awaitable[None]], every: float) -> None:
    """Run `check` every `every` seconds, until cancelled. A failure is logged, and the checks continue."""
    while True:
        try:
            await check()
        except Exception:  # an error of one check must not end the checks
            logger.exception("check.failed", extra={"check": getattr(check, "__qualname__", str(check))})
        await asyncio.sleep(every)


class RevocationListCheck:
    """Issues new CRLs before their nextUpdate, makes nginx read them, and logs an error if they expire soon."""

    def __init__(self, pki: Pki, pid_file: Path) -> None:
        self._pki = pki
        self._pid_file = pid_file
        self._enforced = pki.revocation_lists_digest()
        self._check_expiry_at = 0.0
        pki.confirm_enforced(self._enforced)

    async def check(self) -> None:
        """Renew lists that expire soon, reload nginx if they have changed, and record which lists it enforces."""
        now = asyncio.get_running_loop().time()
        if now >= self._check_expiry_at:
            self._check_expiry_at = now + EXPIRY_CHECK_SECONDS
            self.renew(datetime.now(UTC))
        digest = self._pki.revocation_lists_digest()
        if digest != self._enforced:
            await reload(self._pid_file)
            self._enforced = digest
            self._pki.confirm_enforced(digest)

    def renew(self, now: datetime) -> None:
        """Issue new lists if they expire soon. Log an error if the lists still expire within a day after `now`."""
        try:
            self._pki.refresh_revocation_lists(now)
        except OSError:
            logger.exception("revocation_lists.not_renewed")
        end = self._pki.revocation_lists_end()
        if end - now < EXPIRES_SOON_WITHIN:
            logger.error("revocation_lists.expire_soon", extra={"expires_at": end.isoformat()})


class TenantCheck:
    """Issues the certificates of new tenants' hosts, and calls `changed` when the tenants have changed."""

    def __init__(
        self,
        tenants: Callable[[], Awaitable[Sequence[Tenant]]],
        issue_certificate: Callable[[str], None],
        changed: Callable[[Sequence[Tenant]], None],
    ) -> None:
        self._tenants = tenants
        self._issue_certificate = issue_certificate
        self._changed = changed
        self._known: Sequence[Tenant] | None = None

    async def check(self) -> None:
        tenants = await self._tenants()
        if tenants == self._known:
            return
        # In a thread, because generating keys is slow and there may be hundreds of new hosts.
        await asyncio.to_thread(self._issue_certificates, tenants)
        self._known = tenants
        self._changed(tenants)

    def _issue_certificates(self, tenants: Sequence[Tenant]) -> None:
        for tenant in tenants:
            for _, host in tenant.surfaces():
                self._issue_certificate(host)
