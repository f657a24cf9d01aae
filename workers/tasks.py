"""The tasks of the workers, by name. They need no broker: `run_once` calls them directly."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from haas.dns_records import DnsTextRecords
from haas.errors import HaasError
from haas.logs import bind
from haas.mail import Mailer
from haas.settings import MAIN_NODE, WorkerSettings
from haas.sms import SmsGateway
from tenants.aemo.password_change import PasswordChanges
from tenants.arrangements.revocation_notice import ArrangementRevocationChannel
from tenants.corrections import service as corrections
from tenants.housekeeping.data_check import DataChecks
from tenants.housekeeping.expiries import Expiries, Expiry
from tenants.housekeeping.service import Housekeeping
from tenants.notices.message_channels import BrandedEmail, EmailChannel, LetterChannel, SmsChannel
from tenants.notices.models import EmailPayload
from tenants.notices.outbox_delivery import Delivery, DeliveryCounts
from tenants.notices.senders import SenderCounts, warn_of_senders
from tenants.notices.sms_gateways import SmsGateways
from tenants.obligations.dashboard_link import LinkCounts, warn_of_dashboard_links
from tenants.obligations.service import warn_of
from tenants.register.api import RegisterApi
from tenants.register.errors import RegisterUnreadable
from tenants.register.models import PollResult
from tenants.registration.register_refresh import RegisterRefreshChannel
from tenants.registration.register_status_sync import StatusSync
from tenants.registry.models import RegisterEnvironment, Tenant
from tenants.registry.names import control_namespace, market_change_namespace, market_namespace
from tenants.services import Services
from tenants.synchronisation.feed import EndedCustomersFeed
from themes.brand import brand
from themes.mail import mail_html, mail_text
from workers.metrics import BrandCheckMetrics, TaskMetrics

logger = logging.getLogger(__name__)

DELIVER_OUTBOX: Final = "deliver_outbox"
POLL_REGISTER: Final = "poll_register"
SWEEP: Final = "sweep"
CHANGE_PASSWORDS: Final = "change_passwords"
READ_FEED: Final = "read_feed"
CHECK_DATA: Final = "check_data"
WARN: Final = "warn"


class UnknownEnvironment(HaasError):
    """No tenant belongs to a register environment with that id."""


class Tasks:
    """The tasks that the workers run."""

    def __init__(self, services: Services, settings: WorkerSettings) -> None:
        """Use the shared services of this process."""
        database, clock = services.database, services.clock
        self.metrics = TaskMetrics((DELIVER_OUTBOX, POLL_REGISTER, SWEEP, CHANGE_PASSWORDS, READ_FEED))
        self.senders = BrandCheckMetrics(
            "haas_sender_domains", "Brands by the state of their sender domain.", SenderCounts()
        )
        self.dashboard_links = BrandCheckMetrics(
            "haas_dashboard_links", "Brands by whether their own site links to the dashboard.", LinkCounts()
        )
        self._registry, self._database = services.registry, database
        self._sends_to_people = settings.environment == "production"
        self._delivery = Delivery(
            database,
            clock,
            {
                "email": EmailChannel(
                    Mailer(settings.smtp_url, requires_tls=settings.environment == "production"), _branded
                ),
                "sms": SmsChannel(
                    SmsGateways(
                        SmsGateway(settings.sms_url, services.outbound), database, services.sealer, services.outbound
                    )
                ),
                "letter": LetterChannel(),
                "arrangement-revoked": ArrangementRevocationChannel(
                    database, services.keyring, services.outbound, clock
                ),
                "register-refresh": RegisterRefreshChannel(
                    database, control_namespace(settings), self.poll_register, settings.database_urls[MAIN_NODE]
                ),
            },
        )
        self._sync = StatusSync(database, control_namespace(settings), RegisterApi(services.outbound), clock)
        self._accreditations, self._outbound = services.accreditations, services.outbound
        self._housekeeping, self._clock = Housekeeping(database, clock), clock
        self._feed = EndedCustomersFeed(database, services.upstream, services.capabilities, clock)
        self._data_checks = DataChecks(database, clock)
        self._expiries = Expiries(database, clock, settings, market_namespace(settings))
        self._sweeping: set[str | None] = set()
        self._delivering: dict[str, bool] = {}
        """The tenants for which this process delivers, and whether they were asked for again since."""
        self._passwords = PasswordChanges(
            database, market_change_namespace(settings), services.sealer, services.aemo, clock
        )

    async def run(self, name: str, *arguments: str | int) -> Any:
        """Run the task called `name`."""
        work: dict[str, Callable[..., Awaitable[Any]]] = {
            DELIVER_OUTBOX: self.deliver_outbox,
            POLL_REGISTER: self.poll_register,
            SWEEP: self.sweep,
            CHANGE_PASSWORDS: self.change_passwords,
            READ_FEED: self.read_feed,
            CHECK_DATA: self.check_data,
            WARN: self.warn,
        }
        with self.metrics.running(name):
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

    async def deliver_outbox(self, slug: str) -> bool:
        """Deliver due notices of a tenant for about a second. Return whether more may be due.

        The caller then starts another round, after those of other tenants. So one tenant with very many notices delays
        others by seconds only. A process runs one round of a tenant at a time: further calls return at once.
        """
        if slug in self._delivering:
            self._delivering[slug] = True
            return False
        self._delivering[slug] = False
        try:
            with bind(tenant=slug):
                delivered = await self._delivery.deliver_round(await self._registry.by_slug(slug))
            self.metrics.delivered(delivered.counts)
            return delivered.is_unfinished or self._delivering[slug]
        finally:
            del self._delivering[slug]

    async def drain_outbox(self, slug: str) -> DeliveryCounts:
        """Deliver the notices that are due or wait for another attempt. Return when no delivery is running any more."""
        with bind(tenant=slug):
            return await self._delivery.drain(await self._registry.by_slug(slug))

    async def read_feed(self, slug: str) -> int:
        """Apply what is new in a tenant's feed of ended customers. Return how many arrangements have ended."""
        with bind(tenant=slug):
            return await self._feed.read(await self._registry.by_slug(slug))

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

    async def warn_of_obligations(self) -> None:
        """Log a warning for each obligation that is due and not met."""
        warn_of(self._clock.now().date(), await self.tenants())

    async def data_check_due(self, tenant: Tenant) -> bool:
        """Return whether the data of a tenant is to be checked now."""
        return await self._data_checks.is_due(tenant)

    async def check_data(self, slug: str) -> dict[str, int]:
        """Check that a tenant's stored data follows the standards. Return the number of invalid items by resource."""
        with bind(tenant=slug):
            return await self._data_checks.run(await self._registry.by_slug(slug))

    async def warn_of_expiries(self) -> list[Expiry]:
        """Write to the log which certificates and passwords end soon, and return them."""
        return await self._expiries.warn(await self.tenants())

    async def warn(self) -> None:
        """Write to the log what ends soon, notices that nobody handles, and overdue findings."""
        await self.warn_of_expiries()
        for tenant in await self.tenants():
            with bind(tenant=tenant.slug):
                await self._delivery.warn_of_unassigned(tenant)
                async with self._database.transaction(tenant.namespace) as tx:
                    await corrections.warn_of_owed(tx, self._clock.now())

    async def check_senders(self) -> None:
        """Check the sender domains of all brands in production: those of a sandbox exist on its machine only."""
        if self._sends_to_people:
            self.senders.set(await warn_of_senders(DnsTextRecords(), await self.tenants()))

    async def check_dashboard_links(self) -> None:
        """Check that the pages that brands have named link to their dashboards."""
        self.dashboard_links.set(await warn_of_dashboard_links(self._outbound, await self.tenants()))

    async def change_passwords(self) -> None:
        """Change the passwords at AEMO that are due."""
        await self._passwords.run()

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


def _branded(tenant: Tenant, email: EmailPayload) -> BrandedEmail:
    """Return an email in the look of the brand as it is when the email is sent."""
    sender = brand(tenant.name, tenant.theme, tenant.time_zone)
    return BrandedEmail(
        sender_name=sender.sender_name,
        text=mail_text(sender, email.text),
        html=mail_html(sender, email.subject, email.text),
    )
