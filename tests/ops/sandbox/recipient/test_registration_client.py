"""The protocol client: dynamic client registration with the product."""

import pytest

from ops.sandbox.jose import Algorithm
from ops.sandbox.recipient.answers import Refused
from ops.smoke.participants import Participants
from ops.stack.description import TenantDescription


@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
async def test_a_registration_is_created_read_replaced_and_deleted(
    participants: Participants, aurora: TenantDescription, algorithm: Algorithm
) -> None:
    recipient = await participants.recipient(aurora, algorithm=algorithm)
    client = recipient.client
    registration = await client.register(await participants.control.ssa(recipient.product))
    assert client.client_id == registration["client_id"]
    assert registration["token_endpoint_auth_signing_alg"] == algorithm
    token = (await client.client_credentials()).access_token
    assert await client.read_registration(token) == registration
    replaced = await client.update_registration(token, await participants.control.ssa(recipient.product))
    assert replaced["client_id"] == client.client_id
    await client.delete_registration(token)
    with pytest.raises(Refused, match="401"):
        await client.read_registration(token)
