"""Codes, tokens and arrangements that are used twice, by another client, or with another certificate."""

import asyncio

import httpx
import pytest

from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.answers import AuthorisationRefused, Refused, Tokens
from ops.sandbox.recipient.client import RecipientClient
from ops.smoke.participants import SCOPES
from tests.support.consents import YEAR
from tests.support.ecosystem import ACCOUNTS, Ecosystem
from tests.support.expectations import cds_error, oauth_error, refused


async def test_exchanging_a_code_again_ends_its_consent(ecosystem: Ecosystem) -> None:
    client = ecosystem.mine
    flow = await client.push(SCOPES, sharing_duration=YEAR)
    code = await ecosystem.authorised(client, flow, 1)
    tokens = await client.exchange(code, flow)
    await ecosystem.account_ids(client, tokens)
    with refused("invalid_grant", "used before"):
        await client.exchange(code, flow)
    assert tokens.refresh_token
    with refused("invalid_grant", "expired or was revoked"):
        await client.refresh(tokens.refresh_token)
    assert not (await client.introspect(tokens.refresh_token)).active
    response = await client.resource(ACCOUNTS, tokens.access_token, version=2)
    cds_error(response, "Authorisation/RevokedConsent", "withdrawn or has expired", 403)
    await ecosystem.control.notice(str(tokens.cdr_arrangement_id))
    again = await ecosystem.consent(client, 1)  # the consumer can give another consent
    assert await ecosystem.account_ids(client, again)


async def test_two_exchanges_of_a_code_at_once_end_its_consent(ecosystem: Ecosystem) -> None:
    """One exchange succeeds, and its tokens are revoked because the code came twice."""
    client = ecosystem.mine
    flow = await client.push(SCOPES, sharing_duration=YEAR)
    code = await ecosystem.authorised(client, flow, 1)
    answers = await asyncio.gather(*(client.exchange(code, flow) for _ in range(2)), return_exceptions=True)
    (tokens,) = [answer for answer in answers if isinstance(answer, Tokens)]
    (refusal,) = [answer for answer in answers if isinstance(answer, Refused)]
    oauth_error(refusal.response, "invalid_grant", "used before")
    with refused("invalid_grant", "expired or was revoked"):
        await client.refresh(str(tokens.refresh_token))


async def test_a_code_is_refused_to_other_clients_and_stays_valid(ecosystem: Ecosystem) -> None:
    client = ecosystem.mine
    flow = await client.push(SCOPES, sharing_duration=YEAR)
    code = await ecosystem.authorised(client, flow, 1)
    for stranger in (ecosystem.other, ecosystem.elsewhere):
        with refused("invalid_grant", "the code is unknown or was issued to another client"):
            await stranger.exchange(code, flow)
    for form, said in (
        ({"code_verifier": "v" * 43}, "does not match the code_challenge"),
        ({"redirect_uri": "https://elsewhere.test/callback"}, "redirect_uri is not the one"),
    ):
        with refused("invalid_grant", said):
            await client.exchange(code, flow, form=form)
    tokens = await client.exchange(code, flow)
    assert await ecosystem.account_ids(client, tokens)


async def test_an_assertion_of_one_client_does_not_authenticate_another(ecosystem: Ecosystem) -> None:
    with refused("invalid_client", "client_id is not the subject", 401):
        await ecosystem.mine.client_credentials(form={"client_id": ecosystem.other.client_id})
    with refused("invalid_client", "unknown, or its assertion", 401):
        await ecosystem.elsewhere.client_credentials(
            assertion=Deviation(claims={"iss": ecosystem.mine.client_id, "sub": ecosystem.mine.client_id}),
            form={"client_id": ecosystem.mine.client_id},
        )


async def test_tokens_and_arrangements_are_refused_to_other_clients(ecosystem: Ecosystem, sharing: Tokens) -> None:
    refresh_token, arrangement_id = str(sharing.refresh_token), str(sharing.cdr_arrangement_id)
    for stranger in (ecosystem.other, ecosystem.elsewhere):
        with refused("invalid_grant", "the refresh token is unknown or was issued to another client"):
            await stranger.refresh(refresh_token)
        assert not (await stranger.introspect(refresh_token)).active
        cds_error(
            await _revoke_arrangement(stranger, arrangement_id),
            "Authorisation/InvalidArrangement",
            arrangement_id,
            422,
        )
        with refused("invalid_request", "not an active arrangement of this client"):
            await stranger.push(SCOPES, cdr_arrangement_id=arrangement_id)
    for token in (refresh_token, sharing.access_token):
        with refused("invalid_request", "not issued to this client"):  # RFC 7009 2.1
            await ecosystem.other.revoke_token(token)
        await ecosystem.elsewhere.revoke_token(token)  # another brand does not know the token (RFC 7009 2.2)
    response = await ecosystem.elsewhere.resource(ACCOUNTS, sharing.access_token, version=2)
    cds_error(response, "GeneralError/Expected", "access token is invalid", 401)
    with refused("invalid_token", "unknown", 401):
        await ecosystem.elsewhere.userinfo(sharing.access_token)
    assert await ecosystem.account_ids(ecosystem.mine, sharing)
    assert (await ecosystem.mine.introspect(refresh_token)).active


async def test_an_access_token_is_refused_with_another_certificate(ecosystem: Ecosystem, sharing: Tokens) -> None:
    """RFC 8705 3; CDS, Holder of Key Mechanism: also when the other certificate is the same product's."""
    registration = await ecosystem.mine.client_credentials()
    async with await ecosystem.another_certificate() as http:
        client = ecosystem.mine
        bearer = {"Authorization": f"Bearer {sharing.access_token}"}
        data = await http.get(ecosystem.accounts_url, headers={**bearer, "x-v": "2"})
        cds_error(data, "GeneralError/Expected", "access token is invalid", 401)
        assert data.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        userinfo = await http.get(client.holder.metadata.userinfo_endpoint, headers=bearer)
        oauth_error(userinfo, "invalid_token", "bound to another client certificate", 401)
        assert userinfo.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
        own = await http.get(
            f"{client.holder.metadata.registration_endpoint}/{client.client_id}",
            headers={"Authorization": f"Bearer {registration.access_token}"},
        )
        oauth_error(own, "invalid_token", "bound to another client certificate", 401)
    assert await ecosystem.account_ids(ecosystem.mine, sharing)


@pytest.mark.parametrize(
    ("header", "at_userinfo", "at_data"),
    [
        (None, "an access token is required", "An access token is required"),
        ("Basic eDp5", "contains no bearer token", "An access token is required"),
        ("Bearer", "contains no bearer token", "An access token is required"),
        ("Bearer made-up", "the access token is unknown", "The access token is invalid"),
    ],
)
async def test_a_request_without_a_valid_access_token_gets_a_challenge(
    ecosystem: Ecosystem, header: str | None, at_userinfo: str, at_data: str
) -> None:
    headers = {} if header is None else {"Authorization": header}
    http = ecosystem.mine.http
    userinfo = await http.get(ecosystem.mine.holder.metadata.userinfo_endpoint, headers=headers)
    oauth_error(userinfo, "invalid_token", at_userinfo, 401)
    data = await http.get(ecosystem.accounts_url, headers={**headers, "x-v": "2"})
    cds_error(data, "GeneralError/Expected", at_data, 401)
    assert userinfo.headers["www-authenticate"].startswith("Bearer")
    assert data.headers["www-authenticate"].startswith("Bearer")


async def test_a_consent_without_a_sharing_duration_has_no_refresh_token(ecosystem: Ecosystem) -> None:
    tokens = await ecosystem.consent(ecosystem.mine, 2, sharing_duration=None)
    assert tokens.refresh_token is None
    assert tokens.cdr_arrangement_id
    assert await ecosystem.account_ids(ecosystem.mine, tokens)


async def test_an_amendment_ends_the_old_tokens_only_when_its_code_is_exchanged(ecosystem: Ecosystem) -> None:
    client = ecosystem.mine
    before = await ecosystem.consent(client, 2)
    flow = await client.push(SCOPES, sharing_duration=YEAR, cdr_arrangement_id=before.cdr_arrangement_id)
    code = await ecosystem.authorised(client, flow, 2)
    assert await ecosystem.account_ids(client, before)
    assert (await client.refresh(str(before.refresh_token))).access_token
    after = await client.exchange(code, flow)
    assert after.cdr_arrangement_id == before.cdr_arrangement_id
    with refused("invalid_grant", "expired or was revoked"):
        await client.refresh(str(before.refresh_token))
    response = await client.resource(ACCOUNTS, before.access_token, version=2)
    cds_error(response, "GeneralError/Expected", "access token is invalid", 401)
    assert await ecosystem.account_ids(client, after)


async def test_an_arrangement_of_another_customer_cannot_be_amended(ecosystem: Ecosystem) -> None:
    client = ecosystem.mine
    theirs = await ecosystem.consent(client, 2)
    flow = await client.push(SCOPES, sharing_duration=YEAR, cdr_arrangement_id=theirs.cdr_arrangement_id)
    identifier = ecosystem.identifier(3)
    person = await (await ecosystem.person()).open(client.authorisation_url(flow))
    read = await ecosystem.code_reader(identifier)
    await person.identify(identifier)
    await person.verify(await read())
    with pytest.raises(AuthorisationRefused, match="not an active arrangement of this consumer") as refusal:
        await client.read_response(person.response, flow)
    assert refusal.value.error == "invalid_request"
    assert await ecosystem.account_ids(client, theirs)


async def test_the_id_token_contains_auth_time_if_it_is_an_essential_claim(ecosystem: Ecosystem) -> None:
    essential = {"claims": {"id_token": {"auth_time": {"essential": True}}}}
    flow = await ecosystem.mine.push(SCOPES, request=Deviation(claims=essential))
    tokens = await ecosystem.mine.exchange(await ecosystem.authorised(ecosystem.mine, flow, 2), flow)
    assert abs(tokens.id_claims["auth_time"] - tokens.id_claims["iat"]) < 60
    assert tokens.id_claims["acr"] == "urn:cds.au:cdr:2"


async def _revoke_arrangement(client: RecipientClient, arrangement_id: str) -> httpx.Response:
    with pytest.raises(Refused) as refusal:
        await client.revoke_arrangement(arrangement_id)
    return refusal.value.response
