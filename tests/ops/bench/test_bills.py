"""The benchmark of pages of billing transactions."""

from uuid import uuid4

from ops.bench.bills import Measured, add, measure, table
from ops.deployment import Deployment
from tenants.registry.models import Tenant


async def test_the_first_page_and_the_last_one_of_each_size_are_measured(
    deployment: Deployment, tenant: Tenant
) -> None:
    accounts = [uuid4(), uuid4()]
    async with deployment.operator.transaction(tenant.namespace, "long") as tx:
        await add(tx, accounts, 1_001)
    measured = await measure(deployment, tenant, accounts, 1_001, 1)
    assert [(each.accounts, each.page, each.size) for each in measured] == [
        (2, "first", 25),
        (2, "last", 25),
        (2, "first", 1_000),
        (2, "last", 1_000),
    ]
    assert all(None not in each.milliseconds for each in measured)
    late = Measured(1, "last", 25, [2.4, None, 7.0])
    assert table([*measured, late])[-1].replace(" ", "") == "|1|25|last|2|7|1|"
