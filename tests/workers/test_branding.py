"""Messages that a worker sends have the look, the sender and the last lines of the brand."""

import msgspec

from haas.clock import MovableClock
from haas.database import Database
from haas.mail import Mailer
from ops.demonstration.themes import AURORA
from tenants.notices.message_channels import EmailChannel
from tenants.notices.outbox import put
from tenants.notices.outbox_delivery import Delivery
from tenants.registry.models import Tenant
from tests.support.mail_server import MailServer
from themes.tokens import theme_to_json
from workers.tasks import _branded


async def test_an_email_has_the_sender_and_the_last_lines_of_the_brand_in_both_parts(
    database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer
) -> None:
    dressed = msgspec.structs.replace(tenant, theme=theme_to_json(AURORA))
    async with database.transaction(tenant.namespace) as tx:
        payload = {"to": "mia@people.test", "subject": "s", "text": "Hello.\n\n@host.test #042137\n"}
        await put(tx, "email", payload, now=clock.now())
    delivery = Delivery(database, clock, {"email": EmailChannel(Mailer(mail.url, requires_tls=False), _branded)})
    assert (await delivery.deliver_due(dressed)).done == 1
    [message] = mail.of(tenant)
    assert message["From"].addresses[0].display_name == "Aurora Energy data sharing"
    plain, html = (part.get_content() for part in message.iter_parts())
    lines = ("Your Aurora team", "Aurora Energy Retail Pty Ltd, ABN 89 000 000 019")
    assert all(line in part for line in lines for part in (plain, html))
    assert plain.isascii()
    assert plain.splitlines()[-2:] == ["", "@host.test #042137"]
