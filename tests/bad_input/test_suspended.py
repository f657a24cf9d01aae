"""A suspended tenant: 503 in each surface's own shape, every way to end sharing stays, and the other tenant goes on."""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from ops.browser.person import Person
from ops.cli import main
from ops.sandbox.recipient.answers import Flow, Refused, Tokens
from ops.sandbox.tenants import RESOURCE_PATH
from ops.smoke.participants import SCOPES
from ops.stack.embedded import Stack
from tests.bad_input.expectations import cds_error, oauth_error, page_says, refused
from tests.bad_input.ground import ACCOUNTS, YEAR, Ground

OAUTH = ("temporarily_unavailable", "not available now")


class Before(NamedTuple):
    """What there was when the tenant was suspended."""

    kept: Tokens
    by_token: Tokens
    by_recipient: Tokens
    by_person: Tokens
    flow: Flow
    person: Person
    waiting: Flow


@pytest.fixture(scope="module")
async def before(stack: Stack, ground: Ground) -> AsyncIterator[Before]:
    client = ground.mine
    kept, by_token, by_recipient, by_person = [await ground.consent(client, customer) for customer in range(4)]
    flow = await client.push(SCOPES, sharing_duration=YEAR)
    person = await ground.at_review(client, flow, 4)
    waiting = await client.push(SCOPES)
    await _change(stack, ground, "suspend", 503)
    try:
        yield Before(kept, by_token, by_recipient, by_person, flow, person, waiting)
    finally:
        await _change(stack, ground, "resume", 200)


async def _change(stack: Stack, ground: Ground, command: str, status: int) -> None:
    """Do it as an operator does, and return when the application knows."""
    environment = {"HAAS_STATE": str(stack.folder.root)}
    done = await asyncio.to_thread(CliRunner().invoke, main, ["tenant", command, "aurora"], env=environment)
    assert done.exit_code == 0, done.output
    async with ground.http() as http, asyncio.timeout(10):
        while (
            await http.get(f"{ground.aurora.public_base_uri}{RESOURCE_PATH}/discovery/outages", headers=_V1)
        ).status_code != status:
            # A host that is no tenant's has the registry read at once.
            await http.get(ground.outside.description.console_url)


async def test_pages(ground: Ground, before: Before) -> None:
    visitor = await (await ground.person()).open(ground.mine.authorisation_url(before.waiting))
    page_says(visitor.page, 503, "Data sharing is paused.*You can still see what you share, and stop it")
    assert visitor.page.element("dashboard").attributes["href"] == "/dashboard"
    person = before.person
    for response in (
        await person.http.get(person.page.url),
        await person.http.post(person.page.url.replace("/review", "/authorise"), data={}),
    ):
        assert (response.status_code, response.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert "Data sharing is paused" in response.text
        assert response.headers["retry-after"]


async def test_oauth(ground: Ground, before: Before) -> None:
    client = ground.mine
    registration = client.holder.metadata.registration_endpoint
    for call in (
        client.push(SCOPES),
        client.refresh(str(before.kept.refresh_token)),
        client.client_credentials(),
        client.introspect(str(before.kept.refresh_token)),
        client.userinfo(before.kept.access_token),
        client.read_registration(before.kept.access_token),
    ):
        with pytest.raises(Refused) as refusal:
            await call
        oauth_error(refusal.value.response, *OAUTH, 503)
        assert refusal.value.response.headers["retry-after"]
    response = await client.http.post(registration, content=b"", headers={"Content-Type": "application/jwt"})
    oauth_error(response, *OAUTH, 503)


async def test_cds(ground: Ground, before: Before) -> None:
    client = ground.mine
    for path, version in ((ACCOUNTS, 2), (f"{ACCOUNTS}/x", 4), ("/common/customer", 1)):
        response = await client.resource(path, before.kept.access_token, version=version)
        cds_error(response, "Service/Unavailable", "not available now", 503)
        assert response.headers["retry-after"]
    async with ground.http() as http:
        outages = await http.get(f"{ground.aurora.public_base_uri}{RESOURCE_PATH}/discovery/outages", headers=_V1)
        cds_error(outages, "Service/Unavailable", "not available now", 503)
        status = await http.get(f"{ground.aurora.public_base_uri}{RESOURCE_PATH}/discovery/status", headers=_V1)
    assert status.status_code == 200
    assert status.json()["data"]["status"] == "UNAVAILABLE"


@pytest.mark.usefixtures("before")
async def test_what_a_recipient_needs_to_end_sharing_is_published(ground: Ground) -> None:
    """Where the revocation endpoints are, and the keys that the notice of a withdrawal is verified with."""
    async with ground.http() as http:
        discovery = await http.get(ground.aurora.discovery_url)
        keys = await http.get(ground.aurora.jwks_uri)
    assert (discovery.status_code, keys.status_code) == (200, 200)
    assert discovery.json()["issuer"] == ground.aurora.issuer


async def test_every_way_to_end_sharing_stays(ground: Ground, before: Before) -> None:
    client = ground.mine
    await client.revoke_token(str(before.by_token.refresh_token))
    await client.revoke_arrangement(str(before.by_recipient.cdr_arrangement_id))
    person = await ground.signed_in(3)
    await person.withdraw(ground.aurora.dashboard_url, str(before.by_person.cdr_arrangement_id))
    assert "You have stopped sharing" in person.page.element("notice").text
    await ground.control.notice(str(before.by_person.cdr_arrangement_id))
    with refused("invalid_client", r"used before \(jti\)|not a signed JWT", 401):
        await client.post(
            client.holder.metadata.revocation_endpoint, {"token": "x"}, overrides={"client_assertion": "no assertion"}
        )


@pytest.mark.usefixtures("before")
async def test_the_other_tenant_goes_on(ground: Ground) -> None:
    client = ground.elsewhere
    tokens = await ground.consent(client, 1)
    assert await ground.account_ids(client, tokens)
    assert (await client.refresh(str(tokens.refresh_token))).access_token


async def test_once_resumed_what_was_not_ended_goes_on(stack: Stack, ground: Ground, before: Before) -> None:
    await _change(stack, ground, "resume", 200)
    client = ground.mine
    assert await ground.account_ids(client, await client.refresh(str(before.kept.refresh_token)))
    code = await client.read_response(await before.person.authorise(), before.flow)
    assert await ground.account_ids(client, await client.exchange(code, before.flow))
    for ended in (before.by_token, before.by_recipient, before.by_person):
        with refused("invalid_grant", "expired or was revoked"):
            await client.refresh(str(ended.refresh_token))


_V1 = {"x-v": "1"}
