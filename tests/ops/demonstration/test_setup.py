"""Setting up the demonstration brands for the first time, again, and after an interruption.

In a deployment of its own, because setting them up changes the register environment that all tenants use.
"""

import contextlib

from sqlalchemy import select

from haas.progress import NO_PROGRESS
from ops.demonstration import BRANDS, set_up_demonstration
from ops.deployment import Deployment
from tenants.parties.tables import login
from tenants.registry.errors import UnknownTenant
from tenants.registry.service import Registry


async def test_the_demonstration_can_be_set_up_twice(own_deployment: Deployment) -> None:
    settings = own_deployment.settings
    registry = Registry(own_deployment.database, settings, own_deployment.clock)
    hosts: list[str] = []
    for _ in range(2):
        customers = await set_up_demonstration(settings, NO_PROGRESS, hosts.append)
        assert set(customers) == {"aurora", "banksia"}
        assert all(len(people) >= 10 for people in customers.values())
    assert {"aurora.haas.localhost", "mtls.banksia.haas.localhost", "admin.aurora.haas.localhost"} <= set(hosts)
    found = await registry.by_host("mtls.aurora.haas.localhost")
    assert found is not None
    tenant, surface = found
    assert (tenant.name, surface) == (BRANDS[0].theme.brand_name, "secure")


async def test_an_interrupted_setup_of_the_demonstration_is_completed(own_deployment: Deployment) -> None:
    for slug in ("aurora", "banksia"):
        with contextlib.suppress(UnknownTenant):
            await own_deployment.administration.remove(slug, actor="tests")
    await own_deployment.provisioner.create(BRANDS[0].new_tenant(), actor="tests")
    customers = await set_up_demonstration(own_deployment.settings, NO_PROGRESS, lambda _: None)
    assert all(customers[brand.slug] for brand in BRANDS)
    async with own_deployment.database.transaction(
        (await own_deployment.administration.find("aurora")).namespace
    ) as tx:
        found = (await tx.execute(select(login.c.identifier))).scalars().all()
    assert {person.identifier for person in customers["aurora"]} <= set(found)
