"""A suspended tenant answers 503 except to requests that end sharing; other tenants are not affected."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from ops.browser.person import Person
from ops.cli import main
from ops.sandbox.recipient.answers import Flow, Refused, Tokens
from ops.sandbox.tenants import RESOURCE_PATH
from ops.smoke.participants import SCOPES
from ops.stack.embedded import Stack
from tests.support.consents import YEAR
from tests.support.ecosystem import ACCOUNTS, Ecosystem
from tests.support.expectations import cds_error, oauth_error, refused
from tests.system.bad_input.expectations import page_says

OAUTH = ("temporarily_unavailable", "not available now")


class Before(NamedTuple):
    """The consents and flows that existed when the tenant was suspended."""

    kept: Tokens
    by_token: Tokens
    by_recipient: Tokens
    by_person: Tokens
    flow: Flow
    person: Person
    review_url: str
    waiting: Flow


@pytest.fixture(scope="module")
async def before(stack: Stack, ecosystem: Ecosystem) -> AsyncIterator[Before]:
    client = ecosystem.mine
    kept, by_token, by_recipient, by_person = [await ecosystem.consent(client, customer) for customer in range(4)]
    flow = await client.push(SCOPES, sharing_duration=YEAR)
    person = await ecosystem.at_review(client, flow, 4)
    waiting = await client.push(SCOPES)
    await _change(stack, ecosystem, "suspend", 503)
    try:
        yield Before(kept, by_token, by_recipient, by_person, flow, person, person.page.url, waiting)
    finally:
        await _change(stack, ecosystem, "resume", 200)


@asynccontextmanager
async def _resumed(stack: Stack, ecosystem: Ecosystem) -> AsyncIterator[None]:
    """Resume the tenant until the block ends."""
    await _change(stack, ecosystem, "resume", 200)
    try:
        yield
    finally:
        await _change(stack, ecosystem, "suspend", 503)


async def _change(stack: Stack, ecosystem: Ecosystem, command: str, status: int) -> None:
    """Run `haas tenant COMMAND` as an operator does, and return when the application knows."""
    environment = {"HAAS_STATE": str(stack.folder.root)}
    done = await asyncio.to_thread(CliRunner().invoke, main, ["tenant", command, "aurora"], env=environment)
    assert done.exit_code == 0, done.output
    async with ecosystem.http() as http, asyncio.timeout(10):
        outages = f"{ecosystem.aurora.public_base_uri}{RESOURCE_PATH}/discovery/outages"
        while (await http.get(outages, headers=_V1)).status_code != status:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.1)


async def test_pages_of_a_suspended_tenant_say_that_sharing_is_paused(ecosystem: Ecosystem, before: Before) -> None:
    visitor = await (await ecosystem.person()).open(ecosystem.mine.authorisation_url(before.waiting))
    page_says(visitor.page, 503, "Data sharing is paused.*You can still see what you share, and stop it")
    assert visitor.page.element("dashboard").attributes["href"] == "/dashboard"
    http = before.person.http
    for response in (
        await http.get(before.review_url),
        await http.post(before.review_url.replace("/review", "/authorise"), data={}),
    ):
        assert (response.status_code, response.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert "Data sharing is paused" in response.text
        assert response.headers["retry-after"]


async def test_oauth_endpoints_of_a_suspended_tenant_answer_503(ecosystem: Ecosystem, before: Before) -> None:
    client = ecosystem.mine
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


async def test_data_apis_of_a_suspended_tenant_answer_503(ecosystem: Ecosystem, before: Before) -> None:
    client = ecosystem.mine
    for path, version in ((ACCOUNTS, 2), (f"{ACCOUNTS}/x", 4), ("/common/customer", 1)):
        response = await client.resource(path, before.kept.access_token, version=version)
        cds_error(response, "Service/Unavailable", "not available now", 503)
        assert response.headers["retry-after"]
    async with ecosystem.http() as http:
        outages = await http.get(f"{ecosystem.aurora.public_base_uri}{RESOURCE_PATH}/discovery/outages", headers=_V1)
        cds_error(outages, "Service/Unavailable", "not available now", 503)
        status = await http.get(f"{ecosystem.aurora.public_base_uri}{RESOURCE_PATH}/discovery/status", headers=_V1)
    assert status.status_code == 200
    assert status.json()["data"]["status"] == "UNAVAILABLE"


@pytest.mark.usefixtures("before")
async def test_a_suspended_tenant_publishes_what_recipients_need_to_end_sharing(ecosystem: Ecosystem) -> None:
    """They need the addresses of the revocation endpoints, and the keys that verify the notice of a withdrawal."""
    async with ecosystem.http() as http:
        discovery = await http.get(ecosystem.aurora.discovery_url)
        keys = await http.get(ecosystem.aurora.jwks_uri)
    assert (discovery.status_code, keys.status_code) == (200, 200)
    assert discovery.json()["issuer"] == ecosystem.aurora.issuer


async def test_sharing_can_be_ended_by_token_by_arrangement_and_by_the_person_at_a_suspended_tenant(
    stack: Stack, ecosystem: Ecosystem, before: Before
) -> None:
    client = ecosystem.mine
    await client.revoke_token(str(before.by_token.refresh_token))
    await client.revoke_arrangement(str(before.by_recipient.cdr_arrangement_id))
    person = await ecosystem.signed_in(3)
    await person.withdraw(ecosystem.aurora.dashboard_url, str(before.by_person.cdr_arrangement_id))
    assert "You have stopped sharing" in person.page.element("notice").text
    await ecosystem.control.notice(str(before.by_person.cdr_arrangement_id))
    with refused("invalid_client", "not a signed JWT", 401):
        await client.post(
            client.holder.metadata.revocation_endpoint, {"token": "x"}, overrides={"client_assertion": "no assertion"}
        )
    async with _resumed(stack, ecosystem):
        for ended in (before.by_token, before.by_recipient, before.by_person):
            with refused("invalid_grant", "expired or was revoked"):
                await client.refresh(str(ended.refresh_token))


@pytest.mark.usefixtures("before")
async def test_another_tenant_is_not_affected_by_a_suspension(ecosystem: Ecosystem) -> None:
    client = ecosystem.elsewhere
    tokens = await ecosystem.consent(client, 1)
    assert await ecosystem.account_ids(client, tokens)
    assert (await client.refresh(str(tokens.refresh_token))).access_token


async def test_consents_and_flows_continue_at_a_resumed_tenant(
    stack: Stack, ecosystem: Ecosystem, before: Before
) -> None:
    client = ecosystem.mine
    async with _resumed(stack, ecosystem):
        kept = await client.refresh(str(before.kept.refresh_token))
        assert await ecosystem.account_ids(client, kept)
        await before.person.open(before.review_url)
        code = await client.read_response(await before.person.authorise(), before.flow)
        assert await ecosystem.account_ids(client, await client.exchange(code, before.flow))


_V1 = {"x-v": "1"}
