"""Text messages through a JSON gateway."""

import json
from typing import Any

import msgspec
import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.outbound import Outbound
from haas.sms import SmsGateway
from ops.deployment import Deployment
from tenants.notices import dead_letters
from tenants.notices.message_channels import SmsChannel
from tenants.notices.outbox import put
from tenants.notices.outbox_delivery import Delivery
from tenants.notices.sms_credentials import SMS_CREDENTIALS, gateway_credential
from tenants.notices.sms_gateways import SmsGateways
from tenants.registry.models import Tenant, TextMessageGateway
from tests.support.https_server import HttpsServer
from tests.support.rows import notice, run


@pytest.mark.parametrize(
    ("status", "outcome"), [(202, "done"), (400, "given_up"), (429, "failed"), (503, "failed"), (302, "failed")]
)
async def test_a_text_message_is_posted_once_and_the_status_decides_whether_it_is_retried(
    *,
    deployment: Deployment,
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
    gateways = SmsGateways(gateway, database, deployment.sealer, outbound)
    delivered = await Delivery(database, clock, {"sms": SmsChannel(gateways)}).deliver_due(tenant)
    assert getattr(delivered, outcome) == 1
    (asked,) = https.requests
    assert (asked.method, asked.path) == ("POST", "/sms")
    assert json.loads(asked.body) == {
        "from": tenant.name, "to": "+61400000000", "text": "123456", "reference": str(put_id)
    }  # fmt: skip
    assert asked.headers["idempotency-key"] == str(put_id)
    assert asked.headers["authorization"] == "Basic dXNlcjpwQHNz"
    row = await notice(database, tenant, put_id)
    assert "+61" not in (row.last_error or "")


async def test_a_message_that_staff_send_again_has_another_key(
    *,
    deployment: Deployment,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    https: HttpsServer,
    outbound: Outbound,
) -> None:
    """The reference is the same, so that reports name the same message."""
    https.answer = lambda _: (400, b"")
    gateways = SmsGateways(
        SmsGateway(https.origin("gateway") + "/sms", outbound), database, deployment.sealer, outbound
    )
    delivery = Delivery(database, clock, {"sms": SmsChannel(gateways)})
    put_id = await run(database, tenant, put, "sms", {"to": "+61400000000", "text": "Hello"}, now=clock.now())
    await delivery.deliver_due(tenant)
    assert await run(database, tenant, dead_letters.replay, [put_id], actor="staff", now=clock.now()) == [put_id]
    https.answer = lambda _: (503, b"")
    await delivery.deliver_due(tenant)
    https.answer = lambda _: (202, b"")
    await delivery.deliver_due(tenant, retry_now=True)
    first, *again = https.requests
    assert first.headers["idempotency-key"] == str(put_id)
    assert [each.headers["idempotency-key"] for each in again] == [again[0].headers["idempotency-key"]] * 2
    assert again[0].headers["idempotency-key"] != str(put_id)
    assert {json.loads(each.body)["reference"] for each in https.requests} == {str(put_id)}


@pytest.mark.parametrize(("user", "authorization"), [(None, "Bearer s3cret"), ("aurora", "Basic YXVyb3JhOnMzY3JldA==")])
async def test_a_brand_has_a_gateway_of_its_own_with_a_credential_that_only_it_uses(
    *,
    deployment: Deployment,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    https: HttpsServer,
    outbound: Outbound,
    user: str | None,
    authorization: str,
) -> None:
    asked: list[dict[str, Any]] = []
    outbound_request = outbound.request

    async def request(*arguments: Any, **named: Any) -> Any:
        asked.append(named)
        return await outbound_request(*arguments, **named)

    outbound.request = request  # type: ignore[method-assign]
    own = TextMessageGateway(uri=https.origin("gateway") + "/v1/messages?from=cdr", sender="Aurora")
    settings = msgspec.structs.replace(tenant.settings, text_messages=own, private_hosts=frozenset({"sms.internal"}))
    tenant = msgspec.structs.replace(tenant, settings=settings)
    of_deployment = SmsGateway(https.origin("shared") + "/sms", outbound)
    gateways = SmsGateways(of_deployment, database, deployment.sealer, outbound)
    delivery = Delivery(database, clock, {"sms": SmsChannel(gateways)})
    put_id = await run(database, tenant, put, "sms", {"to": "+61400000000", "text": "123456"}, now=clock.now())
    assert (await delivery.deliver_due(tenant)).failed == 1, "without its credential nothing is sent"
    assert https.requests == []
    assert "haas sms credential" in (await notice(database, tenant, put_id)).last_error

    credential = gateway_credential(b"s3cret\n", user, clock.now())
    await run(database, tenant, SMS_CREDENTIALS.save, tenant.id, deployment.sealer, credential)
    assert (await delivery.deliver_due(tenant, retry_now=True)).done == 1
    (received,) = https.requests
    assert (received.host.partition(".")[0], received.path) == ("gateway", "/v1/messages?from=cdr")
    assert received.headers["authorization"] == authorization
    assert json.loads(received.body)["from"] == "Aurora"
    (named,) = asked
    options = named["options"]
    assert not options.allow_any_address, "only the deployment's own gateway may have any address"
    assert options.private_hosts == {"sms.internal"}
    assert options.maximum_bytes == 64 * 1024
