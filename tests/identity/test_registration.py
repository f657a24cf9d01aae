"""Dynamic client registration."""

from tenants.registry.models import Tenant
from tests.identity.conftest import World


async def test_a_product_registers_reads_updates_and_deletes(world: World, aurora: Tenant) -> None:
    product = world.product()
    recipient = await world.recipient(aurora, product)
    ssa = product.ssa(world.now)
    registered = await recipient.register(ssa)
    assert registered["software_statement"] == ssa
    token = (await recipient.client_credentials()).access_token
    assert await recipient.read_registration(token) == registered
    updated = await recipient.update_registration(token, product.ssa(world.now, client_name="Newer"))
    assert updated["client_name"] == "Newer"
    await recipient.delete_registration(token)
