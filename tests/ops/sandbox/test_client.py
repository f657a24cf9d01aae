"""The recipient's protocol client: what it sends when it is right, when it is wrong on purpose, and what it refuses."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ops.sandbox.jose import JoseError, PublicKeys, SigningKey, peek, verify
from ops.sandbox.messages import ABSENT, RIGHT, Deviation, signed, tampered
from ops.sandbox.recipient.answers import AuthorisationRefused, Refused
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.holder import Holder, HolderError
from tests.ops.sandbox.conftest import asgi, key_of
from tests.ops.sandbox.holder import ISSUER, RESOURCES, StandInHolder

SCOPE = "openid profile energy:accounts.basic:read"


@pytest.fixture(params=["PS256", "ES256"])
async def client(request: pytest.FixtureRequest, holder: StandInHolder) -> AsyncIterator[RecipientClient]:
    async with httpx.AsyncClient(transport=asgi(holder.application)) as http:
        yield RecipientClient(
            await Holder.discover(ISSUER, http),
            http,
            key_of(request.param),
            software_product_id="product-1",
            redirect_uri="https://recipient.test/callback?keep=1",
            resource_base_uri=RESOURCES,
            client_id="client-1",
        )


def own_keys(client: RecipientClient) -> PublicKeys:
    return PublicKeys.from_jwks({"keys": [client.key.public_jwk()]})


async def test_the_main_job(client: RecipientClient, holder: StandInHolder) -> None:
    registration = await client.register("the-ssa")
    assert client.client_id == registration["client_id"]
    assert registration["token_endpoint_auth_signing_alg"] == client.key.algorithm
    assert registration["iss"] == "product-1"
    own = await client.client_credentials()
    assert (await client.read_registration(own.access_token))["client_id"] == "client-1"
    assert (await client.update_registration(own.access_token, "the-next-ssa"))["software_statement"] == "the-next-ssa"
    await client.delete_registration(own.access_token)
    flow = await client.push(SCOPE, sharing_duration=86_400, cdr_arrangement_id="a-1")
    form = holder.sent["/par"][-1]
    request = verify(form["request"], own_keys(client)).claims
    assert request["claims"]["sharing_duration"] == 86_400
    assert request["claims"]["cdr_arrangement_id"] == "a-1"
    assert request["response_type"] == "code"
    assert request["response_mode"] == "jwt"
    assert 0 < request["exp"] - request["nbf"] <= 3600
    assertion = verify(form["client_assertion"], own_keys(client)).claims
    assert (assertion["iss"], assertion["sub"], assertion["aud"]) == (client.client_id, client.client_id, ISSUER)
    address = client.authorisation_url(flow)
    code = await client.read_response(holder.respond(address), flow)
    tokens = await client.exchange(code, flow)
    assert tokens.id_claims["acr"] == "urn:cds.au:cdr:2"
    assert tokens.refresh_token is not None
    assert (await client.introspect(tokens.refresh_token)).active
    refreshed = await client.refresh(tokens.refresh_token)
    accounts = await client.resource("/energy/accounts", refreshed.access_token, version=2, minimum_version=1)
    assert accounts.json()["data"]["accounts"][0]["accountId"] == "acc-1"
    sent = holder.headers[-1]
    assert (sent["x-v"], sent["x-min-v"]) == ("2", "1")
    assert sent["authorization"] == f"Bearer {refreshed.access_token}"
    assert {"x-fapi-interaction-id", "x-fapi-auth-date"} <= set(sent)
    assert (await client.userinfo(tokens.access_token))["sub"] == "pairwise-sub"
    await client.revoke_token(tokens.access_token)
    await client.revoke_arrangement(str(tokens.cdr_arrangement_id))
    assert holder.sent["/arrangements/revoke"][-1]["cdr_arrangement_id"] == tokens.cdr_arrangement_id


async def test_each_assertion_is_used_once(client: RecipientClient) -> None:
    assert peek(client.assertion()).claims["jti"] != peek(client.assertion()).claims["jti"]


@pytest.mark.parametrize(
    ("deviation", "reason"),
    [
        (Deviation(claims={"aud": "https://other.test"}), "another client"),
        (Deviation(claims={"iss": "https://other.test"}), "of https://other.test"),
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
async def test_an_authorisation_response_that_is_not_right_is_refused(
    client: RecipientClient, holder: StandInHolder, deviation: Deviation, reason: str
) -> None:
    flow = await client.push(SCOPE)
    response = holder.respond(client.authorisation_url(flow), deviation)
    with pytest.raises(HolderError, match=reason):
        await client.read_response(response, flow)


async def test_an_error_response_is_told_by_its_name(client: RecipientClient, holder: StandInHolder) -> None:
    flow = await client.push(SCOPE)
    response = holder.respond(client.authorisation_url(flow), error="access_denied", error_description="no")
    with pytest.raises(AuthorisationRefused) as refusal:
        await client.read_response(response, flow)
    assert (refusal.value.error, refusal.value.description) == ("access_denied", "no")


@pytest.mark.parametrize(
    ("deviation", "reason"),
    [
        (Deviation(claims={"nonce": "other"}), "nonce"),
        (Deviation(claims={"at_hash": "other"}), "at_hash"),
        (Deviation(claims={"aud": ["other"]}), "aud"),
        (Deviation(token=""), "does not verify"),
    ],
)
async def test_an_id_token_that_is_not_right_is_refused(
    client: RecipientClient, holder: StandInHolder, deviation: Deviation, reason: str
) -> None:
    flow = await client.push(SCOPE)
    code = await client.read_response(holder.respond(client.authorisation_url(flow)), flow)
    holder.id_token = deviation
    try:
        with pytest.raises(HolderError, match=reason):
            await client.exchange(code, flow)
    finally:
        holder.id_token = RIGHT


async def test_an_exchange_without_an_id_token_is_refused(client: RecipientClient, holder: StandInHolder) -> None:
    flow = await client.push(SCOPE)
    code = await client.read_response(holder.respond(client.authorisation_url(flow)), flow)
    holder.token_answer = {"id_token": None}
    with pytest.raises(HolderError, match="no ID token"):
        await client.exchange(code, flow)
    holder.token_answer = {"expires_in": "soon"}
    with pytest.raises(HolderError, match="unexpected response"):
        await client.client_credentials()
    holder.token_answer = {}


async def test_a_refusal_carries_what_the_holder_said(client: RecipientClient, holder: StandInHolder) -> None:
    holder.refuses["/token"] = (401, {"error": "invalid_client", "error_description": "who?"})
    with pytest.raises(Refused) as refusal:
        await client.client_credentials()
    assert (refusal.value.status, refusal.value.error, refusal.value.description) == (401, "invalid_client", "who?")


async def test_a_message_can_be_wrong_in_every_part(client: RecipientClient, holder: StandInHolder) -> None:
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


def test_wrong_signatures_do_not_verify() -> None:
    for algorithm in ("PS256", "ES256"):
        key = key_of(algorithm)
        keys = PublicKeys.from_jwks({"keys": [key.public_jwk()]})
        right = signed({"sub": "a"}, key)
        assert verify(right, keys).claims == {"sub": "a"}
        assert verify(signed({"sub": "a"}, key, Deviation(header={"x": 1})), keys).claims == {"sub": "a"}
        other = signed({"sub": "a"}, key, Deviation(key=SigningKey.generate(key.algorithm), header={"kid": key.kid}))
        for wrong in (tampered(right, sub="b"), other, signed({}, key, Deviation(header={"alg": "none"}))):
            with pytest.raises(JoseError):
                verify(wrong, keys)


async def test_metadata_that_speaks_for_another_is_refused(holder: StandInHolder) -> None:
    async with httpx.AsyncClient(transport=asgi(holder.application)) as http:
        with pytest.raises(HolderError, match="names the issuer"):
            await Holder.discover("https://other.test", http)
    holder.refuses["/.well-known/openid-configuration"] = (503, {})
    async with httpx.AsyncClient(transport=asgi(holder.application)) as http:
        with pytest.raises(HolderError, match="503"):
            await Holder.discover(ISSUER, http)
    del holder.refuses["/.well-known/openid-configuration"]
