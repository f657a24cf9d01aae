"""Many tenants at once."""

from ops.demonstration import create_many
from ops.deployment import Deployment


async def test_create_many_keeps_the_tenants_that_exist(deployment: Deployment) -> None:
    first = await create_many(deployment, 3, prefix="lot")
    again = await create_many(deployment, 5, prefix="lot")
    assert [tenant.slug for tenant in again] == [f"lot-{number}" for number in range(1, 6)]
    assert again[:3] == first
