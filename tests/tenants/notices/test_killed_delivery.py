"""A process that is killed after it has sent a notice and before it has marked it as done."""

import signal

import msgspec

from haas.clock import MovableClock
from haas.database import Database
from haas.mail import Mailer
from haas.settings import Settings
from tenants.notices.message_channels import EmailChannel
from tenants.notices.outbox import put
from tenants.notices.outbox_delivery import LEASE_DURATION, Delivery
from tenants.registry.models import Tenant
from tests.support.mail_server import MailServer
from tests.support.processes import python
from tests.support.rows import notice

SENDS_AND_DIES = """
import asyncio, os, signal, sys
from haas.settings import WorkerSettings
from tenants.notices.message_channels import EmailChannel
from tenants.notices.outbox_delivery import Delivery
from haas.mail import Mailer
from tenants.services import Services
from tests.support.rows import notice
from tests.support.mail_server import MailServer
from tests.support.processes import environment

class Dying(EmailChannel):
    async def deliver(self, tenant, notice):
        await super().deliver(tenant, notice)
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    services = Services.open(WorkerSettings.from_environment(os.environ))
    tenant = await services.registry.by_slug(sys.argv[1])
    channel = Dying(Mailer(services.settings.smtp_url, requires_tls=False))
    await Delivery(services.database, services.clock, {"email": channel}).deliver_due(tenant)

asyncio.run(main())
"""


async def test_a_notice_is_sent_again_if_the_process_was_killed_after_sending_it(
    database: Database, tenant: Tenant, clock: MovableClock, settings: Settings, mail: MailServer
) -> None:
    own = msgspec.structs.replace(settings, smtp_url=mail.url)
    async with database.transaction(tenant.namespace) as tx:
        put_id = await put(tx, "email", {"to": "a@example.test", "subject": "s", "text": "t"}, now=clock.now())
    process = await python(own, "-c", SENDS_AND_DIES, tenant.slug)
    assert await process.wait() == -signal.SIGKILL
    assert len(mail.accepted) == 1
    assert (await notice(database, tenant, put_id)).done_at is None

    delivery = Delivery(database, clock, {"email": EmailChannel(Mailer(mail.url, requires_tls=False))})
    assert (await delivery.deliver_due(tenant)).done == 0
    clock.move(LEASE_DURATION)
    assert (await delivery.deliver_due(tenant)).done == 1
    first, second = mail.accepted
    assert first["Message-ID"] == second["Message-ID"]
    assert (await notice(database, tenant, put_id)).done_at is not None
