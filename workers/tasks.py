"""The tasks of the workers, by name. They need no broker: `run_once` calls them directly."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from haas.errors import HaasError
from haas.logs import bind
from haas.mail import Mailer
from haas.settings import WorkerSettings
from haas.sms import SmsGateway
from tenants.arrangements.revocation_notice import ArrangementRevocationChannel
from tenants.housekeeping.service import Housekeeping
from tenants.notices.message_channels import EmailChannel, SmsChannel
from tenants.notices.outbox_delivery import Delivery, DeliveryCounts
from tenants.register.api import RegisterApi
from tenants.register.errors import RegisterUnreadable
from tenants.register.models import PollResult
from tenants.registration.register_status_sync import StatusSync
from tenants.registry.models import RegisterEnvironment, Tenant
from tenants.registry.names import control_namespace
from tenants.services import Services

logger = logging.getLogger(__name__)

DELIVER_OUTBOX: Final = "deliver_outbox"
POLL_REGISTER: Final = "poll_register"
SWEEP: Final = "sweep"


class UnknownEnvironment(HaasError):
    """No tenant belongs to a register environment with that id."""


class Tasks:
    """The tasks that the workers run."""

    def __init__(self, services: Services, settings: WorkerSettings) -> None:
        """Use the shared services of this process."""
        database, clock = services.database, services.clock
        self._registry = services.registry
        self._delivery = Delivery(
            database,
            clock,
            {
                "email": EmailChannel(Mailer(settings.smtp_url)),
                "sms": SmsChannel(SmsGateway(settings.sms_url, services.outbound)),
                "arrangement-revoked": ArrangementRevocationChannel(
                    database, services.keyring, services.outbound, clock
                ),
            },
        )
        self._sync = StatusSync(database, control_namespace(settings), RegisterApi(services.outbound), clock)
        self._accreditations, self._outbound = services.accreditations, services.outbound
        self._housekeeping = Housekeeping(database, clock)
        self._sweeping: set[str | None] = set()

    async def run(self, name: str, *arguments: str | int) -> Any:
        """Run the task called `name`."""
        work: dict[str, Callable[..., Awaitable[Any]]] = {
            DELIVER_OUTBOX: self.deliver_outbox,
            POLL_REGISTER: self.poll_register,
            SWEEP: self.sweep,
        }
        return await work[name](*map(str, arguments))

    async def tenants(self, node: str | None = None) -> list[Tenant]:
        """Return every tenant, or those on one database node."""
        return [tenant for tenant in await self._registry.all() if node in (None, tenant.namespace.node)]

    async def environments(self) -> dict[str, RegisterEnvironment]:
        """Return the register environments that tenants belong to, by id."""
        return {tenant.register_environment.id: tenant.register_environment for tenant in await self.tenants()}

    async def outbox_due(self, tenant: Tenant) -> bool:
        """Return whether a tenant has due notices."""
        return await self._delivery.has_due(tenant)

    async def deliver_outbox(self, slug: str) -> DeliveryCounts:
        """Deliver the due notices of a tenant."""
        with bind(tenant=slug):
            return await self._delivery.deliver_due(await self._registry.by_slug(slug))

    async def drain_outbox(self, slug: str) -> DeliveryCounts:
        """Deliver the notices that are due or wait for another attempt. Return when no delivery is running any more."""
        with bind(tenant=slug):
            return await self._delivery.drain(await self._registry.by_slug(slug))

    async def poll_register(self, environment_id: str) -> PollResult:
        """Read the statuses of a Register and apply them to the tenants that belong to it.

        Raises RegisterUnreadable, UnknownEnvironment.
        """
        tenants = [tenant for tenant in await self.tenants() if tenant.register_environment.id == environment_id]
        if not tenants:
            raise UnknownEnvironment(f"no tenant belongs to the register environment {environment_id!r}")
        environment = tenants[0].register_environment
        polled = await self._sync.poll(environment, tenants)
        try:
            await self._accreditations.refresh(environment, self._outbound)
        except RegisterUnreadable as error:
            logger.warning("register.accreditations_not_read", extra={"reason": str(error)})
        logger.info(
            "register.polled",
            extra={
                "environment": environment_id,
                "products": polled.products,
                "changed": polled.effects.changed,
                "removed": polled.effects.removed,
                "tenants_failed": polled.tenants_failed,
            },
        )
        return polled

    async def sweep(self, node: str | None = None) -> dict[str, int]:
        """Run the housekeeping of all tenants, or of those on one database node, one tenant after the other.

        If a sweep of the same node is already running, return immediately without doing anything.
        """
        if node in self._sweeping:
            return {}
        totals: dict[str, int] = {}
        self._sweeping.add(node)
        try:
            for tenant in await self.tenants(node):
                with bind(tenant=tenant.slug):
                    for name, count in (await self._housekeeping.sweep(tenant)).items():
                        totals[name] = totals.get(name, 0) + count
        finally:
            self._sweeping.discard(node)
        logger.info("housekeeping.done", extra={"node": node or "all", "changed": sum(totals.values())})
        return totals
