"""The customers of a demonstration brand: who can sign in, joint accounts and representatives."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from haas.clock import MovableClock
from haas.database import Database
from ops.demonstration.customers import load_demonstration
from tenants.accounts.tables import disclosure_option, holding
from tenants.parties.tables import customer, representation
from tenants.registry.models import Tenant
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
    assert {each.kind for each in loaded.customers} == {"person", "joint-holder", "representative"}
    assert all(each.identifier.endswith(".test") for each in loaded.customers)
    assert len({each.identifier for each in loaded.customers}) == 16
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
    again = await load_demonstration(brand.database, brand.namespace, 0, file=None, now=brand.now)
    assert again.customers == loaded.customers


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
