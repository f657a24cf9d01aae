"""The protocol client: authorisation and data requests."""

from typing import Any

import pytest

from ops.sandbox.jose import PublicKeys, verify
from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.answers import AuthorisationRefused
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.holder import HolderError
from ops.smoke.participants import Participants
from ops.stack.description import TenantDescription
from tests.ops.sandbox.conftest import customer_identifier
from tests.ops.sandbox.faulty_holder import FaultyHolder

SCOPE = "openid profile energy:accounts.basic:read"


def own_keys(client: RecipientClient) -> PublicKeys:
    return PublicKeys.from_jwks({"keys": [client.key.public_jwk()]})


@pytest.mark.parametrize(
    ("deviation", "reason"),
    [
        (Deviation(claims={"aud": "https://other.test"}), "another client"),
        (Deviation(claims={"iss": "https://other.test"}), "the issuer is https://other.test"),
        (Deviation(claims={"exp": 1}), "not valid at this time"),
        (Deviation(claims={"exp": ABSENT}), "not valid at this time"),
        (Deviation(claims={"state": "other"}), "another request"),
        (Deviation(claims={"code": ABSENT}), "no code"),
        (Deviation(header={"alg": "none"}), "does not verify"),
        (Deviation(header={"alg": "HS256"}), "does not verify"),
        (Deviation(header={"alg": "RS256"}), "does not verify"),
        (Deviation(header={"kid": ABSENT}), "no kid"),
        (Deviation(header={"kid": "unknown"}), "does not verify"),
        (Deviation(token="nonsense"), "does not verify"),
    ],
)
async def test_a_wrong_authorisation_response_is_refused(
    client: RecipientClient, holder: FaultyHolder, deviation: Deviation, reason: str
) -> None:
    flow = await client.push(SCOPE)
    response = holder.respond(client.authorisation_url(flow), deviation)
    with pytest.raises(HolderError, match=reason):
        await client.read_response(response, flow)
    assert await client.read_response(holder.respond(client.authorisation_url(flow)), flow)


async def test_an_error_response_is_raised_with_its_error_and_description(
    client: RecipientClient, holder: FaultyHolder
) -> None:
    flow = await client.push(SCOPE)
    response = holder.respond(client.authorisation_url(flow), error="access_denied", error_description="no")
    with pytest.raises(AuthorisationRefused) as refusal:
        await client.read_response(response, flow)
    assert (refusal.value.error, refusal.value.description) == ("access_denied", "no")


async def test_a_person_shares_data_with_the_client_and_the_client_ends_it(
    participants: Participants, aurora: TenantDescription
) -> None:
    recipient = await participants.recipient(aurora, algorithm="PS256")
    client, identifier = recipient.client, customer_identifier(aurora, 5)
    await client.register(await participants.control.ssa(recipient.product))
    flow = await client.push(SCOPE, sharing_duration=86_400)
    person, seen = await participants.person(), await participants.control.newest_message()
    url = client.authorisation_url(flow)
    response = await person.consent(url, identifier, lambda: participants.control.code(identifier, seen))
    tokens = await client.exchange(await client.read_response(response, flow), flow)
    assert tokens.id_claims["acr"] == "urn:cds.au:cdr:2"
    refreshed = await client.refresh(str(tokens.refresh_token))
    accounts = await client.resource("/energy/accounts", refreshed.access_token, version=3, minimum_version=1)
    assert (accounts.status_code, accounts.headers["x-v"]) == (200, "2")
    assert accounts.json()["data"]["accounts"]
    assert (await client.userinfo(refreshed.access_token))["sub"] == tokens.id_claims["sub"]
    await client.revoke_token(tokens.access_token)
    revoked = await client.resource("/energy/accounts", tokens.access_token, version=2)
    assert revoked.status_code == 401
    assert (await client.introspect(str(tokens.refresh_token))).active
    await client.revoke_arrangement(str(tokens.cdr_arrangement_id))
    assert not (await client.introspect(str(tokens.refresh_token))).active


async def test_deviations_change_the_messages_that_are_sent(client: RecipientClient, holder: FaultyHolder) -> None:
    await client.push(
        SCOPE,
        request=Deviation(claims={"nonce": ABSENT, "exp": 7}),
        assertion=Deviation(claims={"jti": "fixed"}, header={"typ": "odd"}),
        form={"client_id": ABSENT, "extra": "1"},
    )
    form: dict[str, Any] = holder.sent["/par"][-1]
    assert "client_id" not in form
    assert form["extra"] == "1"
    request, assertion = verify(form["request"], own_keys(client)), verify(form["client_assertion"], own_keys(client))
    assert "nonce" not in request.claims
    assert request.claims["exp"] == 7
    assert assertion.header["typ"] == "odd"
    assert assertion.claims["jti"] == "fixed"
