"""The notice of a withdrawal to a data recipient (CDS, CDR Arrangement Revocation endpoint; Client Authentication)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from haas.clock import MovableClock, epoch
from haas.database import Database
from haas.outbound import Outbound
from ops.sandbox.jose import PublicKeys, verify
from tenants.arrangements import service as arrangements
from tenants.arrangements.revocation_notice import ArrangementRevocationChannel
from tenants.holders.service import tell_of_end
from tenants.keys.service import Keyring
from tenants.notices.outbox import put
from tenants.notices.outbox_delivery import Delivery
from tenants.registry.models import Tenant
from tests.support.clients import add_client
from tests.support.consents import add_arrangement
from tests.support.https_server import HttpsServer
from tests.support.rows import notice


@pytest.fixture
def delivery(database: Database, keyring: Keyring, outbound: Outbound, clock: MovableClock) -> Delivery:
    return Delivery(
        database, clock, {"arrangement-revoked": ArrangementRevocationChannel(database, keyring, outbound, clock)}
    )


async def revoked(database: Database, tenant: Tenant, clock: MovableClock, base_uri: str) -> tuple[UUID, UUID]:
    """Put a notice into the outbox; return the arrangement's id and the notice's."""
    client_id = await add_client(database, tenant, clock.now(), recipient_base_uri=base_uri)
    arrangement_id = uuid4()
    payload = {"arrangement_id": str(arrangement_id), "client_id": client_id}
    async with database.transaction(tenant.namespace) as tx:
        return arrangement_id, await put(tx, "arrangement-revoked", payload, now=clock.now())


async def test_the_recipient_gets_the_notice_that_the_standards_describe(
    *, database: Database, tenant: Tenant, clock: MovableClock, https: HttpsServer, keyring: Keyring, delivery: Delivery
) -> None:
    arrangement_id, notice_id = await revoked(database, tenant, clock, https.origin("recipient") + "/cdr/")
    assert (await delivery.deliver_due(tenant)).done == 1

    (asked,) = https.requests
    endpoint = https.origin("recipient") + "/cdr/arrangements/revoke"
    assert (asked.method, asked.path) == ("POST", "/cdr/arrangements/revoke")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["x-fapi-interaction-id"] == str(notice_id)
    assert set(asked.form) == {"cdr_arrangement_jwt"}
    keys = PublicKeys.from_jwks({"keys": await keyring.published_jwks(tenant)})
    scheme, bearer = asked.headers["authorization"].split(" ")
    assert scheme == "Bearer"
    header, claims = verify(bearer, keys, algorithms=["PS256"])
    assert header["typ"] == "JWT"
    now = epoch(clock.now())
    assert claims == {
        "iss": tenant.register_brand_id,
        "sub": tenant.register_brand_id,
        "aud": endpoint,
        "iat": pytest.approx(now, abs=5),
        "exp": claims["iat"] + 300,
        "jti": claims["jti"],
    }
    arrangement = verify(asked.form["cdr_arrangement_jwt"], keys, algorithms=["PS256"]).claims
    assert arrangement["cdr_arrangement_id"] == str(arrangement_id)
    assert {name: arrangement[name] for name in ("iss", "sub", "aud")} == {
        name: claims[name] for name in ("iss", "sub", "aud")
    }
    assert arrangement["jti"] != claims["jti"]


async def test_each_attempt_of_a_delivery_has_new_signatures(
    database: Database, tenant: Tenant, clock: MovableClock, https: HttpsServer, delivery: Delivery
) -> None:
    https.answer = lambda _: (503, b"")
    await revoked(database, tenant, clock, https.origin("recipient"))
    assert (await delivery.deliver_due(tenant)).failed == 1
    assert (await delivery.deliver_due(tenant)).failed == 0
    clock.move(timedelta(seconds=10))
    https.answer = lambda _: (204, b"")
    assert (await delivery.deliver_due(tenant)).done == 1
    first, second = https.requests
    assert first.headers["authorization"] != second.headers["authorization"]
    assert first.form != second.form


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 302])
async def test_a_notice_that_gets_an_error_or_redirect_is_retried(
    *, database: Database, tenant: Tenant, clock: MovableClock, https: HttpsServer, delivery: Delivery, status: int
) -> None:
    https.answer = lambda _: (status, b"")
    _, notice_id = await revoked(database, tenant, clock, https.origin("recipient"))
    assert (await delivery.deliver_due(tenant)).failed == 1
    assert str(status) in (await notice(database, tenant, notice_id)).last_error


async def test_a_notice_that_the_recipient_answers_with_422_is_not_retried(
    database: Database, tenant: Tenant, clock: MovableClock, https: HttpsServer, delivery: Delivery
) -> None:
    https.answer = lambda _: (422, b"{}")
    await revoked(database, tenant, clock, https.origin("recipient"))
    assert (await delivery.deliver_due(tenant)).done == 1


async def test_a_notice_is_abandoned_after_a_week_with_a_critical_log_entry(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    https: HttpsServer,
    delivery: Delivery,
    caplog: pytest.LogCaptureFixture,
) -> None:
    https.answer = lambda _: (500, b"")
    arrangement_id, notice_id = await revoked(database, tenant, clock, https.origin("recipient"))
    clock.move(timedelta(days=6, hours=22))
    assert (await delivery.deliver_due(tenant)).failed == 1
    clock.move(timedelta(hours=3))
    assert (await delivery.deliver_due(tenant)).given_up == 1
    row = await notice(database, tenant, notice_id)
    assert row.payload["arrangement_id"] == str(arrangement_id)
    assert row.given_up_at is not None
    assert "500" in row.last_error
    assert [record.getMessage() for record in caplog.records if record.levelname == "CRITICAL"] == ["notice.given_up"]


async def test_a_notice_to_an_unreachable_recipient_is_retried(
    database: Database, tenant: Tenant, clock: MovableClock, https: HttpsServer, delivery: Delivery
) -> None:
    await revoked(database, tenant, clock, "https://recipient.cdr-sandbox.localhost:1")
    assert (await delivery.deliver_due(tenant)).failed == 1


async def test_a_withdrawal_is_notified_to_the_recipient(
    database: Database, tenant: Tenant, clock: MovableClock, https: HttpsServer, delivery: Delivery
) -> None:
    client_id = await add_client(database, tenant, clock.now(), recipient_base_uri=https.origin("recipient"))
    arrangement_id = await add_arrangement(database, tenant, client_id, clock.now())
    async with database.transaction(tenant.namespace) as tx:
        await arrangements.end(tx, arrangement_id, by="consumer", tell=tell_of_end(tenant), now=clock.now())
    assert (await delivery.deliver_due(tenant)).done == 1
    assert len(https.requests) == 1
