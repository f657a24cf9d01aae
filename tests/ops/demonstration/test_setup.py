"""Setting up the demonstration brands for the first time, again, and after an interruption.

In a deployment of its own, because setting them up changes the register environment that all tenants use.
"""

import contextlib
from pathlib import Path

import pytest
from sqlalchemy import select

from haas.progress import NO_PROGRESS
from ops.demonstration import BRANDS, set_up_demonstration
from ops.demonstration.customers import demonstration_records
from ops.demonstration.other_servers import PARTICIPANT
from ops.demonstration.setup import DATA_VARIABLE
from ops.deployment import Deployment
from ops.sandbox.ehub.models import HubSettings
from ops.sandbox.ehub.points import METER_BY_LAST_DIGIT
from ops.sandbox.ehub.seed import PARTICIPANTS, RANGES
from tenants.imports.records import ServicePointRecord, UsageRecord
from tenants.market import service
from tenants.parties.tables import login
from tenants.provisioning.tenant_changes import TenantChange
from tenants.registry.errors import UnknownTenant
from tenants.registry.models import THEME_FILES
from tenants.registry.names import console_namespace
from tenants.registry.service import Registry
from tenants.upstream.credentials import UPSTREAM_CREDENTIALS
from tests.support import dsb
from tests.support.aemo import client_certificate


class Issued:
    """Certificates in place of those of a stack. Nobody connects with them here."""

    def __init__(self) -> None:
        self.hosts: list[str] = []
        self.participants: list[str] = []

    def issue_certificate(self, host: str) -> None:
        self.hosts.append(host)

    def issue_holder(self) -> tuple[str, str]:
        return client_certificate()

    def issue_participant(self, participant_id: str) -> tuple[str, str]:
        self.participants.append(participant_id)
        return client_certificate()


async def test_the_demonstration_can_be_set_up_twice(own_deployment: Deployment) -> None:
    settings = own_deployment.settings
    registry = Registry(own_deployment.database, settings, own_deployment.clock)
    issued = Issued()
    for _ in range(2):
        customers = await set_up_demonstration(settings, NO_PROGRESS, issued)
        assert set(customers) == {"aurora", "banksia"}
        assert all(len(people) >= 10 for people in customers.values())
    assert {"aurora.haas.localhost", "mtls.banksia.haas.localhost", "admin.aurora.haas.localhost"} <= set(issued.hosts)
    found = await registry.by_host("mtls.aurora.haas.localhost")
    assert found is not None
    tenant, surface = found
    assert (tenant.name, surface) == (BRANDS[0].theme.brand_name, "secure")
    assert THEME_FILES.keys() <= tenant.theme.keys(), "the theme is published with fonts and an icon"
    assert all(tenant.theme[token] for token in THEME_FILES)


async def test_one_brand_is_served_from_its_schema_and_the_other_one_from_other_servers(
    own_deployment: Deployment,
) -> None:
    """Its schema has no customer. Who has connected it with something else keeps that at the next start."""
    issued = Issued()
    await set_up_demonstration(own_deployment.settings, NO_PROGRESS, issued)
    stored, elsewhere = [await own_deployment.administration.find(brand.slug) for brand in BRANDS]
    assert (stored.settings.customer_source, stored.settings.market_source) == ("store", "store")
    settings = elsewhere.settings
    assert (settings.customer_source, settings.market_source) == ("upstream", "aemo")
    assert settings.upstream is not None
    assert settings.upstream.base_uri == "https://mtls.retailer.cdr-sandbox.localhost:8443/banksia/v1"
    assert settings.market_calls_per_second is not None
    assert settings.market_calls_per_second < HubSettings().calls_per_second
    async with own_deployment.database.transaction(elsewhere.namespace) as tx:
        assert (await tx.execute(select(login.c.identifier))).all() == []
        assert (
            await UPSTREAM_CREDENTIALS.find(tx, elsewhere.id, own_deployment.sealer, "client-certificate") is not None
        )
    async with own_deployment.operator.transaction(console_namespace(own_deployment.settings)) as tx:
        found = await service.credentials_of_brand(tx, own_deployment.sealer, elsewhere.id)
    seed = next(each for each in PARTICIPANTS if each.participant_id == PARTICIPANT.participant_id)
    assert [each.participant.id for each in found] == [PARTICIPANT]
    assert (found[0].participant.username, found[0].secrets.secret) == (seed.username, seed.password)
    change = TenantChange(customer_source="store")
    await own_deployment.administration.change(elsewhere.slug, change, actor="tests", check_theme=lambda _, __: None)
    await set_up_demonstration(own_deployment.settings, NO_PROGRESS, issued)
    assert (await own_deployment.administration.find(elsewhere.slug)).settings.customer_source == "store"
    assert set(issued.participants) <= {PARTICIPANT.participant_id}


async def test_every_service_point_of_the_demonstration_is_one_of_the_e_hub(own_deployment: Deployment) -> None:
    """The e-Hub has a meter of the same kind as `usage_data`, with exports where there are solar panels."""
    numbers = {each.first // 10**9: each.participant_id for each in RANGES}
    records = [each.record for each in demonstration_records(1, None, own_deployment.clock.now().date())]
    exporting = {
        record.read.servicePointId.value
        for record in records
        if isinstance(record, UsageRecord) and record.read.registerSuffix == "B1"
    }
    points = [record.service_point for record in records if isinstance(record, ServicePointRecord)]
    for point in points:
        nmi = point.nationalMeteringId[:10]
        assert numbers[int(nmi[0])] == PARTICIPANT.participant_id
        if point.servicePointStatus != "GREENFIELD":
            meter = METER_BY_LAST_DIGIT[int(nmi[-1])]
            assert ("solar" in meter) == (point.servicePointId.value in exporting)
    assert exporting


async def remove_brands(deployment: Deployment) -> None:
    for slug in ("aurora", "banksia"):
        with contextlib.suppress(UnknownTenant):
            await deployment.administration.remove(slug, actor="tests")


async def test_both_brands_have_the_data_of_a_file_in_their_schemas(
    own_deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Decision 0045: the e-Hub does not have the service points of the file."""
    await remove_brands(own_deployment)
    path = tmp_path / "dsb.json"
    path.write_text(dsb.text(*([dsb.customer(1, dsb.account(1, [dsb.NMI]))] for _ in BRANDS)))
    monkeypatch.setenv(DATA_VARIABLE, str(path))
    issued = Issued()
    customers = await set_up_demonstration(own_deployment.settings, NO_PROGRESS, issued)
    assert issued.participants == []
    for brand in BRANDS:
        assert [each.identifier for each in customers[brand.slug]] == ["ann.li@people.test"]
        tenant = await own_deployment.administration.find(brand.slug)
        assert (tenant.settings.upstream, tenant.settings.market_source) == (None, "store")
        async with own_deployment.database.transaction(tenant.namespace) as tx:
            assert (await tx.execute(select(login.c.identifier))).scalars().all() == ["ann.li@people.test"]


async def test_an_interrupted_setup_of_the_demonstration_is_completed(own_deployment: Deployment) -> None:
    await remove_brands(own_deployment)
    await own_deployment.provisioner.create(BRANDS[0].new_tenant(), actor="tests")
    customers = await set_up_demonstration(own_deployment.settings, NO_PROGRESS, Issued())
    assert all(customers[brand.slug] for brand in BRANDS)
    async with own_deployment.database.transaction(
        (await own_deployment.administration.find("aurora")).namespace
    ) as tx:
        found = (await tx.execute(select(login.c.identifier))).scalars().all()
    assert {person.identifier for person in customers["aurora"]} <= set(found)
