"""The protocol client: tokens."""

import pytest

from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.answers import Refused
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.holder import HolderError
from tests.ops.sandbox.faulty_holder import FaultyHolder

SCOPE = "openid profile energy:accounts.basic:read"


@pytest.mark.parametrize(
    ("deviation", "reason"),
    [
        (Deviation(claims={"nonce": "other"}), "nonce"),
        (Deviation(claims={"at_hash": "other"}), "at_hash"),
        (Deviation(claims={"aud": ["other"]}), "aud"),
        (Deviation(token=""), "does not verify"),
    ],
)
async def test_a_wrong_id_token_is_refused(
    client: RecipientClient, holder: FaultyHolder, deviation: Deviation, reason: str
) -> None:
    flow = await client.push(SCOPE)
    code = await client.read_response(holder.respond(client.authorisation_url(flow)), flow)
    holder.id_token = deviation
    with pytest.raises(HolderError, match=reason):
        await client.exchange(code, flow)
    holder.reset()
    assert (await client.exchange(code, flow)).id_claims["nonce"] == flow.nonce


async def test_an_exchange_without_an_id_token_is_refused(client: RecipientClient, holder: FaultyHolder) -> None:
    flow = await client.push(SCOPE)
    code = await client.read_response(holder.respond(client.authorisation_url(flow)), flow)
    holder.token_answer = {"id_token": None}
    with pytest.raises(HolderError, match="no ID token"):
        await client.exchange(code, flow)
    holder.token_answer = {"expires_in": "soon"}
    with pytest.raises(HolderError, match="unexpected response"):
        await client.client_credentials()
    holder.reset()
    assert (await client.client_credentials()).expires_in == 300


async def test_a_refusal_has_the_status_and_error_of_the_holder(client: RecipientClient, holder: FaultyHolder) -> None:
    holder.refuses["/token"] = (401, {"error": "invalid_client", "error_description": "who?"})
    with pytest.raises(Refused) as refusal:
        await client.client_credentials()
    assert (refusal.value.status, refusal.value.error, refusal.value.description) == (401, "invalid_client", "who?")
    assert (await client.client_credentials()).access_token
