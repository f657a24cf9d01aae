"""Reports of a brand's own gateway, sent by the gateway of the sandbox, which signs them with code of its own."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from apps.management.routes import MAXIMUM_REPORT_BYTES, REPORTS_PATH
from haas.clock import MovableClock
from haas.webhooks import new_webhook_secret
from ops.sandbox.mailbox.gateway import GatewaySettings, TextMessageGateways
from ops.sandbox.mailbox.messages import Mailbox
from ops.sandbox.store import Store
from tenants.notices import dead_letters
from tenants.notices.models import ReportCounts, SmsCredential
from tenants.notices.outbox import put
from tenants.notices.outbox_delivery import Delivery
from tenants.notices.sms_credentials import SMS_CREDENTIALS
from tenants.notices.store import reports_since
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.rows import execute, notice, run

MESSAGE = {"to": "+61400000000", "text": "Your code is 123456."}
BY = {"actor": "operator:ada"}


class Accepting:
    """A channel whose gateway accepts everything."""

    async def deliver(self, *_: Any) -> None:
        return


class Brand:
    """A brand with a gateway of its own, which is the sandbox's."""

    def __init__(self, application: Application, tenant: Tenant, gateways: TextMessageGateways) -> None:
        self.application, self.tenant, self.gateways = application, tenant, gateways
        self.key = new_webhook_secret()
        self.uri = tenant.management_base + REPORTS_PATH

    async def run(self, function: Any, *arguments: Any, **named: Any) -> Any:
        return await run(self.application.database, self.tenant, function, *arguments, **named)

    async def use(self, key: str) -> None:
        secret = SmsCredential(kind="reports", secret=key, changed_at=self.application.now)
        await self.run(SMS_CREDENTIALS.save, self.tenant.id, self.application.deployment.sealer, secret)

    async def sent(self, **options: Any) -> UUID:
        """Send a message, which the gateway accepts; return its id."""
        now = self.application.now
        put_id: UUID = await self.run(put, "sms", MESSAGE, now=now, **options)
        delivery = Delivery(self.application.database, self.application.services.clock, {"sms": Accepting()})
        assert (await delivery.deliver_due(self.tenant)).done == 1
        return put_id

    async def report(self, reference: object, status: Any = "delivered", **settings: Any) -> int | None:
        """Let the gateway report one message; return the status of the answer."""
        name = uuid4().hex
        usual = {"token": "t", "report_uri": self.uri, "report_key": self.key, "status": status, "reports": "later"}
        gateway = GatewaySettings(**{**usual, **settings})
        await self.gateways.accept(name, gateway, to="+61400000000", sender="A", text="x", key=str(reference))
        (sent,) = await self.gateways.report(name, gateway)
        return sent.answered

    async def row(self, put_id: UUID) -> Any:
        return await notice(self.application.database, self.tenant, put_id)

    async def given_up(self) -> list[Any]:
        found: list[Any] = await self.run(dead_letters.list_given_up)
        return found


@pytest.fixture(scope="module")
async def with_gateway(application: Application, module_tenant: Tenant) -> Tenant:
    return await application.change(module_tenant, text_messages={"uri": "https://gateway.test/v1"})


@pytest.fixture
async def brand(application: Application, with_gateway: Tenant, tmp_path: Path) -> AsyncIterator[Brand]:
    store = Store(tmp_path / "gateway.sqlite")
    clock = application.services.clock
    async with application.http() as http:
        brand = Brand(application, with_gateway, TextMessageGateways(store, clock, Mailbox(store, clock), http))
        await brand.use(brand.key)
        yield brand
    await execute(application.database, with_gateway, outbox.delete())
    store.close()


async def test_the_first_report_of_a_message_counts_and_a_repeated_one_changes_nothing(
    brand: Brand, clock: MovableClock
) -> None:
    put_id = await brand.sent()
    assert await brand.report(put_id) == 204
    first = await brand.row(put_id)
    assert (first.report, first.given_up_at, first.reported_at is None) == ("delivered", None, False)
    clock.move(timedelta(minutes=1))
    for status in ("delivered", "failed"):
        assert await brand.report(put_id, status) == 204
    assert await brand.row(put_id) == first
    assert await brand.given_up() == []


async def test_a_message_that_did_not_arrive_waits_for_the_staff_and_can_not_be_hidden_by_another_report(
    brand: Brand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "tenants")
    put_id = await brand.sent(about="authorisation-given", customer_id=uuid4())
    assert await brand.report(put_id, "failed", reason="absent-subscriber") == 204
    (listed,) = await brand.given_up()
    assert (listed.id, listed.can_be_replayed) == (put_id, False)
    assert listed.last_error == "the gateway reports that it was not delivered: absent-subscriber"
    assert [record.getMessage() for record in caplog.records] == ["notice.given_up"]
    assert MESSAGE["to"] not in caplog.text
    assert await brand.report(put_id) == 204
    assert (await brand.row(put_id)).done_at is None
    delivery = Delivery(brand.application.database, brand.application.services.clock, {})
    assert await delivery.warn_of_unassigned(brand.tenant) == 1, "who is owed a notice must be told in another way"
    counts = await brand.run(reports_since, brand.application.now - timedelta(hours=1))
    assert counts.failed >= 1
    assert await brand.run(reports_since, brand.application.now + timedelta(seconds=1)) == ReportCounts(0, 0)
    await brand.run(dead_letters.handle, put_id, "Told by phone.", now=brand.application.now, **BY)
    assert await brand.given_up() == []


async def test_a_one_time_password_that_did_not_arrive_is_only_counted(brand: Brand) -> None:
    put_id = await brand.sent(expires_at=brand.application.now + timedelta(minutes=10))
    assert await brand.report(put_id, "failed") == 204
    row = await brand.row(put_id)
    assert (row.report, row.given_up_at) == ("failed", None)
    assert await brand.given_up() == []


@pytest.mark.parametrize("status", ["delivered", "failed"])
async def test_a_report_can_come_before_the_delivery_has_ended(brand: Brand, status: str) -> None:
    """The gateway reports while the worker still waits for its answer, or has lost it."""
    put_id = await brand.run(put, "sms", MESSAGE, now=brand.application.now)
    answers: list[int | None] = []

    class Reporting:
        async def deliver(self, *_: Any) -> None:
            answers.append(await brand.report(put_id, status))

    delivery = Delivery(brand.application.database, brand.application.services.clock, {"sms": Reporting()})
    await delivery.deliver_due(brand.tenant)
    assert answers == [204]
    row = await brand.row(put_id)
    assert (row.done_at is None, row.given_up_at is None) == (status == "failed", status == "delivered")
    assert [each.can_be_replayed for each in await brand.given_up()] == ([True] if status == "failed" else [])
    if status == "failed":
        # Sent again with the same reference, its report counts again.
        await brand.run(dead_letters.replay, [put_id], now=brand.application.now, **BY)
        assert (await brand.row(put_id)).report is None
        await Delivery(brand.application.database, brand.application.services.clock, {"sms": Accepting()}).deliver_due(
            brand.tenant
        )
        assert await brand.report(put_id) == 204
        assert (await brand.row(put_id)).report == "delivered"


async def test_a_report_that_the_gateway_of_the_brand_has_not_signed_is_refused(brand: Brand, banksia: Tenant) -> None:
    put_id = await brand.sent()
    untouched = await brand.row(put_id)
    assert await brand.report(put_id, report_key=new_webhook_secret()) == 403
    async with brand.application.http() as http:
        unsigned = await http.post(brand.uri, json={"reference": str(put_id), "status": "delivered"})
        assert (unsigned.status_code, unsigned.headers["content-type"]) == (403, "application/problem+json")
        assert unsigned.json()["detail"] == "The request is not permitted."
        assert (await http.post(brand.uri, content=b" " * (MAXIMUM_REPORT_BYTES + 1))).status_code == 413
        assert (await http.get(brand.uri)).status_code == 405
    assert await brand.report(uuid4()) == 404
    assert await brand.report("no-uuid") == 400
    assert await brand.report(put_id, "failed", reason="to +61 400 000 000") == 400
    email = await brand.run(put, "email", {"to": "a@b.test", "subject": "s", "text": "t"}, now=brand.application.now)
    assert await brand.report(email) == 404
    elsewhere = banksia.management_base + REPORTS_PATH
    assert await brand.report(put_id, report_uri=elsewhere) == 404, "this brand has no gateway of its own"
    await brand.application.change(banksia, text_messages={"uri": "https://gateway.test/v1"})
    try:
        assert await brand.report(put_id, report_uri=elsewhere) == 403, "another brand has another key"
    finally:
        await brand.application.change(banksia, text_messages={"uri": ""})
    await brand.use(new_webhook_secret())
    assert await brand.report(put_id) == 403, "an old key does not work any more"
    assert await brand.row(put_id) == untouched


async def test_a_report_is_refused_when_it_is_sent_again_later(brand: Brand, clock: MovableClock) -> None:
    put_id = await brand.sent()
    body = msgspec.json.encode({"reference": str(put_id), "status": "delivered"})
    headers = brand.gateways._signed(brand.key, body)
    clock.move(timedelta(minutes=5, seconds=2))
    async with brand.application.http() as http:
        assert (await http.post(brand.uri, content=body, headers=headers)).status_code == 403
    assert (await brand.row(put_id)).report is None
