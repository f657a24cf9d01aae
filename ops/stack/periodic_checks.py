"""What the stack checks while it runs: the revocation lists, and tenants that are created later."""

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
ERROR_BEFORE = timedelta(days=1)


async def check_periodically(check: Callable[[], Awaitable[None]], every: float) -> None:
    """Run `check` every `every` seconds, until cancelled. A failure is logged, and the next check runs all the same."""
    while True:
        try:
            await check()
        except Exception:  # any error of one check must not end the checks
            logger.exception("%s failed", getattr(check, "__qualname__", check))
        await asyncio.sleep(every)


class RevocationListCheck:
    """Issues the CRLs anew before their nextUpdate, makes nginx read new ones, and logs an error when they end soon."""

    def __init__(self, pki: Pki, pid_file: Path) -> None:
        self._pki = pki
        self._pid_file = pid_file
        self._enforced = pki.revocation_lists_digest()
        self._check_end_at = 0.0
        pki.confirm_enforced(self._enforced)

    async def check(self) -> None:
        """Renew the lists that are due, reload nginx when they have changed, and record which lists it enforces."""
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
        """Issue the lists anew when they are due at `now`. Log an error when they end within a day all the same."""
        try:
            self._pki.refresh_revocation_lists(now)
        except OSError:
            logger.exception("revocation lists cannot be issued anew")
        end = self._pki.revocation_lists_end()
        if end - now < ERROR_BEFORE:
            logger.error("revocation lists end at %s: from then on nginx refuses every client certificate", end)


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
        # Generating a key takes a while, and there may be hundreds of new hosts.
        await asyncio.to_thread(self._issue_certificates, tenants)
        self._known = tenants
        self._changed(tenants)

    def _issue_certificates(self, tenants: Sequence[Tenant]) -> None:
        for tenant in tenants:
            for _, host in tenant.surfaces():
                self._issue_certificate(host)
