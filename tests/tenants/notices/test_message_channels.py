"""Text messages through a JSON gateway."""

import json

import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.outbound import Outbound
from haas.sms import SmsGateway
from tenants.notices.message_channels import SmsChannel
from tenants.notices.outbox import put
from tenants.notices.outbox_delivery import Delivery
from tenants.registry.models import Tenant
from tests.support.https_server import HttpsServer
from tests.support.rows import notice


@pytest.mark.parametrize(
    ("status", "outcome"), [(202, "done"), (400, "given_up"), (429, "failed"), (503, "failed"), (302, "failed")]
)
async def test_a_text_message_is_posted_once_and_the_status_decides_whether_it_is_retried(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    https: HttpsServer,
    outbound: Outbound,
    status: int,
    outcome: str,
) -> None:
    https.answer = lambda _: (status, b"")
    gateway = SmsGateway(https.origin("user:p%40ss@gateway") + "/sms", outbound)
    async with database.transaction(tenant.namespace) as tx:
        put_id = await put(tx, "sms", {"to": "+61400000000", "text": "123456"}, now=clock.now())
    delivered = await Delivery(database, clock, {"sms": SmsChannel(gateway)}).deliver_due(tenant)
    assert getattr(delivered, outcome) == 1
    (asked,) = https.requests
    assert (asked.method, asked.path) == ("POST", "/sms")
    assert json.loads(asked.body) == {"from": tenant.name, "to": "+61400000000", "text": "123456"}
    assert asked.headers["idempotency-key"] == str(put_id)
    assert asked.headers["authorization"] == "Basic dXNlcjpwQHNz"
    row = await notice(database, tenant, put_id)
    assert "+61" not in (row.last_error or "")
