"""The customers of a demonstration brand: who can sign in, joint accounts and representatives."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from haas.clock import MovableClock
from haas.database import Database
from ops.demonstration.customers import load_demonstration
from tenants.accounts.tables import disclosure_option, holding, service_point
from tenants.parties.tables import customer, representation
from tenants.registry.models import Tenant
from tenants.sources.tables import der_record
from tenants.usage.tables import usage_read
from tests.support import dsb


class Brand:
    """An empty tenant that the customers are loaded into."""

    def __init__(self, database: Database, tenant: Tenant, now: datetime) -> None:
        self.database, self.namespace, self.now = database, tenant.namespace, now

    async def rows(self, statement: Any) -> list[Any]:
        async with self.database.transaction(self.namespace) as tx:
            return list(await tx.execute(statement))


@pytest.fixture
def brand(database: Database, clock: MovableClock, tenant: Tenant) -> Brand:
    return Brand(database, tenant, clock.now())


async def test_customers_are_generated_without_a_file(brand: Brand) -> None:
    loaded = await load_demonstration(brand.database, brand.namespace, 0, file=None, now=brand.now)
    assert loaded.report.problems == []
    assert {each.kind for each in loaded.customers} == {"person", "joint-holder", "representative", "attorney"}
    assert all(each.identifier.endswith(".test") for each in loaded.customers)
    assert len({each.identifier for each in loaded.customers}) == 17
    joint = await brand.rows(
        select(holding.c.account_id, func.count())
        .where(holding.c.role == "joint-holder")
        .group_by(holding.c.account_id)
    )
    assert [count for _, count in joint] == [2, 2]
    stopped = await brand.rows(
        select(disclosure_option.c.account_id).where(disclosure_option.c.option == "no-disclosure")
    )
    assert len(stopped) == 1
    representatives = await brand.rows(
        select(representation.c.customer_id, func.count())
        .join(customer, customer.c.id == representation.c.customer_id)
        .where(customer.c.kind == "organisation")
        .group_by(representation.c.customer_id)
    )
    assert sorted(count for _, count in representatives) == [1, 1, 2]
    records = [detail for (detail,) in await brand.rows(select(der_record.c.detail))]
    devices = {device["type"] for each in records for at in each["acConnections"] for device in at["derDevices"]}
    assert devices >= {"SOLAR_PV", "STORAGE"}
    points = [detail for (detail,) in await brand.rows(select(service_point.c.detail))]
    assert len(points) > len(records), "some service points have no DER"
    assert {each["servicePointStatus"] for each in points if not each["meters"]} == {"GREENFIELD"}
    again = await load_demonstration(brand.database, brand.namespace, 0, file=None, now=brand.now)
    assert again.customers == loaded.customers
    assert "usage_read" not in again.report.loaded


async def test_meter_reads_are_of_every_kind(brand: Brand) -> None:
    loaded = await load_demonstration(brand.database, brand.namespace, 0, file=None, now=brand.now)
    rows = await brand.rows(select(usage_read, service_point.c.detail).join(service_point))
    assert len(rows) == loaded.report.loaded["usage_read"]
    assert (loaded.report.problem_count, loaded.report.fix_count) == (0, 0)
    assert {row.interval_minutes for row in rows} == {5, 30, None}
    assert {row.total < 0 for row in rows if row.register_suffix == "B1"} == {True}
    assert {row.controlled_load for row in rows if row.register_suffix == "E2"} == {True}
    assert any(row.read_end_date > row.read_start_date for row in rows)
    exporting = {row.service_point_id for row in rows if row.register_suffix == "B1"}
    found = await brand.rows(select(der_record.c.service_point_id, der_record.c.detail))
    solar = {
        point
        for point, detail in found
        if "SOLAR_PV" in {device["type"] for at in detail["acConnections"] for device in at["derDevices"]}
    }
    points = await brand.rows(select(service_point.c.id, service_point.c.detail))
    new_sites = {point for point, detail in points if not detail["meters"]}
    assert exporting == solar - new_sites, "the sites that export are those with solar panels and a meter"
    days_of_each = Counter(row.service_point_id for row in rows if row.register_suffix == "E1")
    assert max(days_of_each.values()) > 365, "some site has enough months for a year's chart"
    assert max(row.read_end_date for row in rows) == brand.now.date() - timedelta(days=1)
    assert all(row.detail["meters"] for row in rows), "a site without a meter has no reads"


async def test_customers_are_loaded_from_a_file(brand: Brand, tmp_path: Path) -> None:
    path = tmp_path / "dsb.json"
    customers = [dsb.customer(number, dsb.account(number, [dsb.NMI])) for number in range(3)]
    path.write_text(dsb.text([], customers))
    loaded = await load_demonstration(brand.database, brand.namespace, 1, file=path, now=brand.now)
    assert [each.identifier for each in loaded.customers] == [
        "ann.li@people.test",
        "ann.li2@people.test",
        "ann.li3@people.test",
    ]
    assert loaded.report.problems == []
    assert loaded.report.fix_count > 0
