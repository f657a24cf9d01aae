"""Registrations that are refused, deleted, or whose product becomes inactive or removed in the Register."""

import asyncio
from typing import Any

import pytest

from ops.sandbox.messages import Deviation, tampered
from ops.sandbox.recipient.answers import AuthorisationRefused, Refused
from ops.smoke.participants import SCOPES, Recipient
from tests.support.consents import YEAR
from tests.support.ecosystem import ACCOUNTS, Ecosystem
from tests.support.expectations import cds_error, oauth_error, refused
from tests.system.bad_input.expectations import page_says

STATEMENT = "invalid_software_statement"


async def test_a_second_registration_of_the_same_product_is_refused(ecosystem: Ecosystem) -> None:
    """Also if both arrive at the same time (CDS, Client Registration)."""
    recipient = await ecosystem.outside.recipient(ecosystem.aurora)
    client, registered = recipient.client, 0
    statements = [await ecosystem.control.ssa(recipient.product) for _ in range(3)]
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


async def test_a_software_statement_that_the_register_did_not_issue_is_refused(ecosystem: Ecosystem) -> None:
    recipient = await ecosystem.outside.recipient(ecosystem.aurora)
    client = recipient.client
    right = await ecosystem.control.ssa(recipient.product)
    for ssa, error, said in (
        (await _ssa(ecosystem, recipient, foreign_key=True), STATEMENT, "software statement"),
        (await _ssa(ecosystem, recipient, claims={"exp": 1}), STATEMENT, "software statement"),
        (await _ssa(ecosystem, recipient, claims={"redirect_uris": None}), STATEMENT, "software statement"),
        (tampered(right, software_id=ecosystem.mine.software_product_id), STATEMENT, "software statement"),
        ("", STATEMENT, "software statement"),
        (await ecosystem.control.ssa(ecosystem.recipient.product), "invalid_client_metadata", "not signed with a key"),
    ):
        with refused(error, said):
            await client.register(ssa)
    with refused("invalid_redirect_uri", "redirect_uris"):
        await client.register(right, Deviation(claims={"redirect_uris": ["https://attacker.test/callback"]}))
    assert (await client.register(right))["software_id"] == recipient.product.software_product_id


async def test_another_clients_registration_cannot_be_read_changed_or_deleted(ecosystem: Ecosystem) -> None:
    token = (await ecosystem.other.client_credentials()).access_token
    with refused("invalid_token", "bound to another client certificate", 401):
        await ecosystem.mine.read_registration(token)
    endpoint, bearer = ecosystem.mine.holder.metadata.registration_endpoint, {"Authorization": f"Bearer {token}"}
    for method in ("GET", "DELETE"):
        response = await ecosystem.other.http.request(method, f"{endpoint}/{ecosystem.mine.client_id}", headers=bearer)
        oauth_error(response, "access_denied", "another client", 403)
        response = await ecosystem.other.http.request(method, f"{endpoint}/nobody", headers=bearer)
        oauth_error(response, "invalid_token", "client is unknown", 401)
    with refused(STATEMENT, "of another software product"):
        await ecosystem.other.update_registration(
            token,
            await ecosystem.control.ssa(ecosystem.recipient.product),
            Deviation(
                key=ecosystem.mine.key,
                claims={"iss": ecosystem.mine.software_product_id, "redirect_uris": [ecosystem.mine.redirect_uri]},
            ),
        )
    mine = (await ecosystem.mine.client_credentials()).access_token
    assert (await ecosystem.mine.read_registration(mine))["client_id"] == ecosystem.mine.client_id


async def test_deleting_a_registration_ends_its_tokens_arrangements_and_flows(ecosystem: Ecosystem) -> None:
    recipient = await ecosystem.registered()
    client = recipient.client
    tokens = await ecosystem.consent(client, 10)
    flow = await client.push(SCOPES, sharing_duration=YEAR)
    person = await ecosystem.at_review(client, flow, 10)
    waiting = await client.push(SCOPES)
    registration = (await client.client_credentials()).access_token
    await client.delete_registration(registration)
    await _assert_removed(ecosystem, recipient, tokens)
    with refused("invalid_token", "revoked", 401):
        await client.read_registration(registration)
    page_says((await person.press("authorise")).page, 410, "This request is over")
    page_says((await person.open(client.authorisation_url(waiting))).page, 400, "cannot be used")
    await _assert_shown_as_ended(ecosystem, 10, tokens)
    await client.register(await ecosystem.control.ssa(recipient.product))
    assert await ecosystem.account_ids(client, await ecosystem.consent(client, 10))


async def test_a_status_in_the_register_takes_effect_at_the_next_poll(ecosystem: Ecosystem) -> None:
    """CDS, Data Holder Responsibilities: inactive, left out of the Register's answer, removed."""
    product, left_out = await ecosystem.registered(), await ecosystem.registered()
    client = product.client
    ended, kept = await ecosystem.consent(client, 11), await ecosystem.consent(client, 11)
    others = await ecosystem.consent(left_out.client, 12)
    flow = await client.push(SCOPES, sharing_duration=YEAR)
    person = await ecosystem.at_review(client, flow, 11)
    waiting = await client.push(SCOPES, sharing_duration=YEAR)

    await ecosystem.change(product, status="INACTIVE")
    await ecosystem.change(left_out, status="INACTIVE", omitted=True)
    await ecosystem.control.poll_register()
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
    visitor = await (await ecosystem.person()).open(client.authorisation_url(waiting))
    with pytest.raises(AuthorisationRefused, match="unauthorized_client"):
        await client.read_response(visitor.response, waiting)
    await client.revoke_token(str(ended.refresh_token))
    assert not (await client.introspect(str(ended.refresh_token))).active
    await client.revoke_arrangement(str(ended.cdr_arrangement_id))
    await _assert_shown_as_ended(ecosystem, 11, ended)
    assert (await client.introspect(str(kept.refresh_token))).active
    assert await ecosystem.account_ids(left_out.client, others)

    await ecosystem.change(product, status="REMOVED")
    await ecosystem.control.poll_register()
    await _assert_removed(ecosystem, product, kept)
    await _assert_shown_as_ended(ecosystem, 11, kept)
    assert await ecosystem.account_ids(left_out.client, others)


async def _assert_removed(ecosystem: Ecosystem, recipient: Recipient, tokens: Any) -> None:
    client = recipient.client
    with refused("invalid_client", "the client is unknown", 401):
        await client.refresh(tokens.refresh_token)
    with refused("invalid_client", "the client is unknown", 401):
        await client.push(SCOPES)
    with refused("invalid_token", "revoked", 401):
        await client.userinfo(tokens.access_token)
    response = await client.resource(ACCOUNTS, tokens.access_token, version=2)
    cds_error(response, "GeneralError/Expected", "access token is invalid", 401)


async def _assert_shown_as_ended(ecosystem: Ecosystem, customer: int, tokens: Any) -> None:
    person = await ecosystem.signed_in(customer)
    await person.open(f"{ecosystem.aurora.dashboard_url}/arrangements/{tokens.cdr_arrangement_id}")
    assert person.page.status == 200, person.page.described()
    assert "stop-sharing" not in person.page.elements


async def _ssa(ecosystem: Ecosystem, recipient: Recipient, **change: Any) -> str:
    path = f"/software-products/{recipient.product.software_product_id}/ssa"
    return str((await ecosystem.control._ask("POST", path, json=change))["ssa"])
