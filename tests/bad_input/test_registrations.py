"""Registrations: what is refused, and what ends with one that was deleted or whose product the Register gave up."""

import asyncio
from typing import Any

import pytest

from ops.sandbox.messages import Deviation, tampered
from ops.sandbox.recipient.answers import AuthorisationRefused, Refused
from ops.smoke.participants import SCOPES, Recipient
from tests.bad_input.expectations import cds_error, oauth_error, page_says, refused
from tests.bad_input.ground import ACCOUNTS, YEAR, Ground

STATEMENT = "invalid_software_statement"


async def test_a_second_registration_of_the_same_product(ground: Ground) -> None:
    """Neither one after the other nor two at once (CDS, Client Registration)."""
    recipient = await ground.outside.recipient(ground.aurora)
    client, registered = recipient.client, 0
    statements = [await ground.control.ssa(recipient.product) for _ in range(3)]
    for answer in await asyncio.gather(*map(client.register, statements[:2]), return_exceptions=True):
        if isinstance(answer, Refused):
            assert (answer.error, answer.status) == (STATEMENT, 400)
            assert "Duplicate registrations" in str(answer.description)
        else:
            registered += 1
    assert registered == 1
    with refused(STATEMENT, "Duplicate registrations for a given software_id"):
        await client.register(statements[2])
    own = await client.read_registration((await client.client_credentials()).access_token)
    assert own["client_id"] == client.client_id


async def test_a_software_statement_that_the_register_did_not_make(ground: Ground) -> None:
    recipient = await ground.outside.recipient(ground.aurora)
    client = recipient.client
    right = await ground.control.ssa(recipient.product)
    for ssa, error, said in (
        (await _ssa(ground, recipient, foreign_key=True), STATEMENT, "software statement"),
        (await _ssa(ground, recipient, claims={"exp": 1}), STATEMENT, "software statement"),
        (await _ssa(ground, recipient, claims={"redirect_uris": None}), STATEMENT, "software statement"),
        (tampered(right, software_id=ground.mine.software_product_id), STATEMENT, "software statement"),
        ("", STATEMENT, "software statement"),
        (await ground.control.ssa(ground.recipient.product), "invalid_client_metadata", ""),
    ):
        with refused(error, said):
            await client.register(ssa)
    with refused("invalid_redirect_uri", "redirect_uris"):
        await client.register(right, Deviation(claims={"redirect_uris": ["https://attacker.test/callback"]}))
    assert (await client.register(right))["software_id"] == recipient.product.software_product_id


async def test_a_registration_of_somebody_else(ground: Ground) -> None:
    token = (await ground.other.client_credentials()).access_token
    with refused("invalid_token", "bound to another client certificate", 401):
        await ground.mine.read_registration(token)
    endpoint, bearer = ground.mine.holder.metadata.registration_endpoint, {"Authorization": f"Bearer {token}"}
    for method in ("GET", "DELETE"):
        response = await ground.other.http.request(method, f"{endpoint}/{ground.mine.client_id}", headers=bearer)
        oauth_error(response, "access_denied", "another client", 403)
        response = await ground.other.http.request(method, f"{endpoint}/nobody", headers=bearer)
        oauth_error(response, "invalid_token", "client is unknown", 401)
    with refused(STATEMENT, "another software product's"):
        await ground.other.update_registration(
            token,
            await ground.control.ssa(ground.recipient.product),
            Deviation(
                key=ground.mine.key,
                claims={"iss": ground.mine.software_product_id, "redirect_uris": [ground.mine.redirect_uri]},
            ),
        )
    mine = (await ground.mine.client_credentials()).access_token
    assert (await ground.mine.read_registration(mine))["client_id"] == ground.mine.client_id


async def test_a_deleted_registration_ends_everything_under_it(ground: Ground) -> None:
    recipient = await ground.registered()
    client = recipient.client
    tokens = await ground.consent(client, 10)
    flow = await client.push(SCOPES, sharing_duration=YEAR)
    person = await ground.at_review(client, flow, 10)
    waiting = await client.push(SCOPES)
    registration = (await client.client_credentials()).access_token
    await client.delete_registration(registration)
    await _gone(ground, recipient, tokens)
    with refused("invalid_token", "revoked", 401):
        await client.read_registration(registration)
    page_says((await person.press("authorise")).page, 410, "This request is over")
    page_says((await person.open(client.authorisation_url(waiting))).page, 400, "cannot be used")
    await _seen_as_ended(ground, 10, tokens)
    await client.register(await ground.control.ssa(recipient.product))
    assert await ground.account_ids(client, await ground.consent(client, 10))


async def test_statuses_of_the_register(ground: Ground) -> None:
    """CDS, Data Holder Responsibilities: inactive, left out of the Register's answer, removed."""
    product, left_out = await ground.registered(), await ground.registered()
    client = product.client
    ended, kept = await ground.consent(client, 11), await ground.consent(client, 11)
    others = await ground.consent(left_out.client, 12)
    flow = await client.push(SCOPES, sharing_duration=YEAR)
    person = await ground.at_review(client, flow, 11)
    waiting = await client.push(SCOPES, sharing_duration=YEAR)

    await ground.change(product, status="INACTIVE")
    await ground.change(left_out, status="INACTIVE", omitted=True)
    await ground.control.poll_register()
    response = await client.resource(ACCOUNTS, kept.access_token, version=2)
    cds_error(response, "Authorisation/AdrStatusNotActive", "INACTIVE", 403)
    with refused("access_denied", "not active", 403):
        await client.userinfo(kept.access_token)
    with refused("unauthorized_client", "not active"):
        await client.push(SCOPES)
    with pytest.raises(AuthorisationRefused) as refusal:
        await client.read_response(await person.authorise(), flow)
    assert (refusal.value.error, refusal.value.description) == (
        "unauthorized_client",
        "the data recipient or its software product is not active",
    )
    visitor = await (await ground.person()).open(client.authorisation_url(waiting))
    with pytest.raises(AuthorisationRefused, match="unauthorized_client"):
        await client.read_response(visitor.response, waiting)
    await client.revoke_token(str(ended.refresh_token))
    assert not (await client.introspect(str(ended.refresh_token))).active
    await client.revoke_arrangement(str(ended.cdr_arrangement_id))
    await _seen_as_ended(ground, 11, ended)
    assert (await client.introspect(str(kept.refresh_token))).active
    assert await ground.account_ids(left_out.client, others)

    await ground.change(product, status="REMOVED")
    await ground.control.poll_register()
    await _gone(ground, product, kept)
    await _seen_as_ended(ground, 11, kept)
    assert await ground.account_ids(left_out.client, others)


async def _gone(ground: Ground, recipient: Recipient, tokens: Any) -> None:
    client = recipient.client
    with refused("invalid_client", "the client is unknown", 401):
        await client.refresh(tokens.refresh_token)
    with refused("invalid_client", "the client is unknown", 401):
        await client.push(SCOPES)
    with refused("invalid_token", "revoked", 401):
        await client.userinfo(tokens.access_token)
    response = await client.resource(ACCOUNTS, tokens.access_token, version=2)
    cds_error(response, "GeneralError/Expected", "access token is invalid", 401)


async def _seen_as_ended(ground: Ground, customer: int, tokens: Any) -> None:
    person = await ground.signed_in(customer)
    await person.open(f"{ground.aurora.dashboard_url}/arrangements/{tokens.cdr_arrangement_id}")
    assert person.page.status == 200, person.page.described()
    assert "stop-sharing" not in person.page.elements


async def _ssa(ground: Ground, recipient: Recipient, **change: Any) -> str:
    path = f"/software-products/{recipient.product.software_product_id}/ssa"
    return str((await ground.control._ask("POST", path, json=change))["ssa"])
