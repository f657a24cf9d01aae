"""Certificates and passwords that end soon are in the log, more urgently from day to day."""

import logging
from datetime import timedelta

import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.settings import Settings
from ops.deployment import Deployment
from tenants.housekeeping.expiries import Expiries, Expiry
from tenants.registry.models import Tenant
from tenants.registry.names import market_namespace
from tenants.upstream.credentials import CREDENTIAL_TABLE
from tests.support.aemo import add_participant, client_certificate, remove_participants
from tests.support.https_server import HttpsServer
from tests.support.rows import run


async def test_what_ends_is_found_everywhere_and_logged_by_its_nearness(
    *,
    deployment: Deployment,
    settings: Settings,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    https: HttpsServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ours = https.settings(settings, host_map={tenant.hosts.public: "127.0.0.1"}, public_port=https.port)
    chain, _ = client_certificate()
    await run(database, tenant, CREDENTIAL_TABLE.save, "client-certificate", chain, b"sealed", clock.now())
    changed_at = clock.now() - timedelta(days=70)
    await add_participant(deployment, tenant, "OSPREY", "https://aemo.example.test", changed_at=changed_at)
    expiries = Expiries(database, clock, ours, market_namespace(settings))
    try:
        found = {each.what: each for each in await expiries.all([tenant]) if each.subject != "GODWIT"}
        assert {what: each.subject for what, each in found.items()} == {
            "aemo-certificate": "OSPREY",
            "aemo-password": "OSPREY",
            "upstream-certificate": tenant.slug,
            "host-certificate": tenant.hosts.public,
        }
        assert found["aemo-password"].ends_at == changed_at + timedelta(days=90)
        caplog.set_level(logging.WARNING, "tenants.housekeeping.expiries")
        expected = {31: None, 29: "WARNING", 13: "ERROR", 2: "CRITICAL", -1: "CRITICAL"}
        for days, level in expected.items():
            caplog.clear()
            clock.reset()
            clock.move(found["aemo-password"].ends_at - timedelta(days=days) - clock.now())
            near: list[Expiry] = [each for each in await expiries.warn([tenant]) if each.what == "aemo-password"]
            logged = [record for record in caplog.records if record.__dict__.get("what") == "aemo-password"]
            assert [record.levelname for record in logged] == ([level] if level else [])
            assert len(near) == len(logged)
    finally:
        await remove_participants(deployment, tenant)
