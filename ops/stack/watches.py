"""What the supervisor looks after besides processes: revocation lists in time, and tenants that were created later."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.pki.store import Pki
from ops.proxy.reload import reload
from tenants.registry.models import Tenant

logger = logging.getLogger(__name__)

CHECK_END_EVERY = 60.0
ALARM_BEFORE = timedelta(days=1)


async def watch(look: Callable[[], Awaitable[None]], every: float) -> None:
    """Look again and again, `every` seconds. A failure is logged, and the next look may do better."""
    while True:
        try:
            await look()
        except Exception:  # a watch outlives whatever one look meets
            logger.exception("%s failed", getattr(look, "__qualname__", look))
        await asyncio.sleep(every)


class RevocationWatch:
    """Issues CRLs anew before nextUpdate and has nginx read each new one; alarms when they run late."""

    def __init__(self, pki: Pki, pid_file: Path) -> None:
        self._pki = pki
        self._pid_file = pid_file
        self._enforced = pki.revocation_lists_digest()
        self._check_end_at = 0.0
        pki.confirm_enforced(self._enforced)

    async def look(self) -> None:
        """Renew what is due, reload when the lists have changed, confirm what nginx enforces."""
        now = asyncio.get_running_loop().time()
        if now >= self._check_end_at:
            self._check_end_at = now + CHECK_END_EVERY
            self.renew(datetime.now(UTC))
        digest = self._pki.revocation_lists_digest()
        if digest != self._enforced:
            await reload(self._pid_file)
            self._enforced = digest
            self._pki.confirm_enforced(digest)

    def renew(self, now: datetime) -> None:
        """Issue the lists anew when they are due at `now`, and say so loudly when they end soon all the same."""
        try:
            self._pki.refresh_revocation_lists(now)
        except OSError:
            logger.exception("revocation lists cannot be issued anew")
        end = self._pki.revocation_lists_end()
        if end - now < ALARM_BEFORE:
            logger.error("revocation lists end at %s: from then on nginx refuses every client certificate", end)


class TenantWatch:
    """Gives the hosts of new tenants their certificates and tells when the tenants have changed."""

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

    async def look(self) -> None:
        tenants = await self._tenants()
        if tenants == self._known:
            return
        # A new key takes a while, and there may be hundreds of new hosts.
        await asyncio.to_thread(self._issue_certificates, tenants)
        self._known = tenants
        self._changed(tenants)

    def _issue_certificates(self, tenants: Sequence[Tenant]) -> None:
        for tenant in tenants:
            for _, host in tenant.surfaces():
                self._issue_certificate(host)
