"""The settings of a tenant are typed and checked, and invalid ones do not affect other tenants."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ops.deployment import Deployment
from tenants.provisioning.owner import owner_transaction
from tenants.registry import store
from tenants.registry.models import App, NewTenant, Tenant, TenantSettings, TextMessageGateway, UpstreamServer
from tenants.registry.service import Registry
from tenants.registry.tables import brand

SETTINGS = TenantSettings(
    private_hosts=frozenset({"api.retailer.test"}),
    time_zone="Australia/Brisbane",
    customer_source="upstream",
    upstream=UpstreamServer(
        base_uri="https://cdr.retailer.test/v1",
        authentication="client-credentials",
        token_uri="https://login.retailer.test/token",
        scope="cdr",
    ),
    market_source="aemo",
    serves_retired_versions=True,
    app=App(issuer="https://app.plover.test", jwks_uri="https://app.plover.test/jwks"),
    receipt_days_before_end=14,
    dkim_selector="haas.2026-1",
    generic_plans_uri="https://plans.test/plover/cds-au/v1",
    dashboard_link_pages=frozenset({"https://www.plover.test/", "https://www.plover.test/account?tab=data"}),
    text_messages=TextMessageGateway(uri="https://gateway.test/sms?v=1", sender="Plover Energy"),
    sends_given_receipts=True,
)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "australia/sydney", "../etc/passwd", "localtime", "Factory"])
def test_a_time_zone_that_is_not_in_the_iana_database_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="not an IANA time zone"):
        TenantSettings(time_zone=zone)
    with pytest.raises(msgspec.ValidationError, match="not an IANA time zone"):
        msgspec.convert({"time_zone": zone}, TenantSettings)


@pytest.mark.parametrize(
    "stored",
    [
        {"customer_source": "elsewhere"},
        {"customer_source": "upstream"},
        {"upstream": {"base_uri": "http://cdr.retailer.test"}},
        {"upstream": {"base_uri": "https://name:secret@cdr.retailer.test"}},
        {"upstream": {"base_uri": "https://cdr.retailer.test/?v=1"}},
        {"upstream": {"base_uri": "https://cdr.retailer.test", "authentication": "client-credentials"}},
        {"upstream": {"base_uri": "https://cdr.retailer.test", "token_uri": "https://login.retailer.test"}},
        {"upstream": {"base_uri": "https://cdr.retailer.test", "scope": "cdr"}},
        {"upstream": {"base_uri": "https://cdr.retailer.test", "authentication": "password"}},
        {"market_source": "upstream"},
        {"offers_co_approval": "yes"},
        {"sends_given_receipts": "yes"},
        {"receipt_days_before_end": 0},
        {"receipt_days_before_end": 91},
        {"app": {"issuer": "https://app.test", "jwks_uri": "http://app.test/jwks"}},
        {"app": {"issuer": "https://app.test", "jwks_uri": "https://name:secret@app.test/jwks"}},
        {"app": {"issuer": "https://app.test"}},
        {"text_messages": {"uri": "http://gateway.test"}},
        {"text_messages": {"uri": "https://name:secret@gateway.test"}},
        {"text_messages": {"uri": "https://gateway.test", "sender": " Aurora"}},
        {"text_messages": {"uri": "https://gateway.test", "sender": "A" * 41}},
        {"text_messages": {"sender": "Aurora"}},
        {"dashboard_link_pages": ["http://www.plover.test/"]},
        {"dashboard_link_pages": ["https://name@www.plover.test/"]},
        {"dashboard_link_pages": [f"https://www.plover.test/{number}" for number in range(6)]},
        {"dkim_selector": "s1 x"},
        {"dkim_selector": ".s1"},
        {"generic_plans_uri": "http://plans.test/cds-au/v1"},
        {"generic_plans_uri": "https://plans.test/cds-au/v1/"},
        {"generic_plans_uri": "https://plans.test/cds-au/v1?x=1"},
    ],
)
def test_an_invalid_value_of_a_setting_is_refused(stored: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(stored, TenantSettings)


def test_an_unknown_setting_is_ignored() -> None:
    assert msgspec.convert({"of_a_newer_release": 1, "time_zone": "Australia/Perth"}, TenantSettings) == TenantSettings(
        time_zone="Australia/Perth"
    )


async def test_a_tenant_is_created_with_its_settings(deployment: Deployment, registry: Registry) -> None:
    new = NewTenant(
        slug="plover-settings",
        name="Plover",
        retailer="Plover Settings Pty Ltd",
        register_environment_id="sandbox",
        register_brand_id="plover",
        settings=SETTINGS,
    )
    await deployment.provisioner.create(new, actor="tests")
    found = await registry.by_slug("plover-settings")
    assert found.settings == SETTINGS
    assert found.time_zone == ZoneInfo("Australia/Brisbane")
    await deployment.administration.remove("plover-settings", actor="tests")


async def test_a_tenant_without_settings_has_the_defaults(tenant: Tenant) -> None:
    assert msgspec.to_builtins(tenant.settings) == {
        "time_zone": "Australia/Sydney",
        "customer_source": "store",
        "upstream": None,
        "market_source": "store",
        "unknown_market_values": "pass",
        "missing_market_values": "mend",
        "market_header": "none",
        "private_hosts": [],
        "app": None,
        "text_messages": None,
        "dkim_selector": None,
        "generic_plans_uri": None,
        "dashboard_link_pages": [],
        "customer_calls_counted_by": "customer",
        "low_velocity_limit": None,
        "market_calls_per_second": None,
        "register_authentication": "private-key-jwt",
        "serves_retired_versions": False,
        "offers_co_approval": False,
        "offers_secondary_user_blocks": False,
        "serves_management_api": False,
        "receipt_days_before_end": None,
        "sends_given_receipts": False,
        "sends_changed_receipts": False,
        "sends_withdrawn_receipts": False,
        "sends_expired_receipts": False,
    }


async def test_a_tenant_with_unreadable_settings_is_not_served_and_the_others_are(
    deployment: Deployment, two_tenants: tuple[Tenant, Tenant], caplog: pytest.LogCaptureFixture
) -> None:
    broken, other = two_tenants
    await _store(deployment, broken, {"time_zone": "Mars/Olympus"})
    registry = Registry(deployment.database, deployment.settings, deployment.clock)
    assert await registry.by_host(broken.hosts.public) is None
    assert await registry.by_host(other.hosts.public) == (other, "public")
    logged = [record for record in caplog.records if record.message == "registry.settings_unreadable"]
    assert {getattr(record, "tenant", None) for record in logged} == {broken.slug}
    await _store(deployment, broken, {})  # so that it can be removed


async def _store(deployment: Deployment, tenant: Tenant, settings: dict[str, Any]) -> None:
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        await tx.execute(brand.update().where(brand.c.id == tenant.id).values(settings=settings))
        await store.advance_revision(tx)
