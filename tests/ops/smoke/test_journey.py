"""The main job for both brands, on the running stack."""

import re
from collections.abc import AsyncIterator

import msgspec
import pytest

from ops.browser.errors import Unexpected
from ops.browser.person import Person
from ops.sandbox.recipient.answers import AuthorisationRefused
from ops.smoke.command import participants_of, share_data_at_both_brands
from ops.smoke.journey import Journey
from ops.smoke.participants import SCOPES, Participants
from ops.smoke.steps import StepFailed, Steps
from ops.stack.description import TenantDescription
from ops.stack.embedded import Stack


@pytest.fixture
async def participants(stack: Stack) -> AsyncIterator[Participants]:
    async with participants_of(stack) as participants:
        yield participants


@pytest.fixture
def aurora(stack: Stack) -> TenantDescription:
    return next(tenant for tenant in stack.description.tenants if tenant.slug == "aurora")


async def test_the_main_job_succeeds_for_both_brands(stack: Stack) -> None:
    lines: list[str] = []
    steps = Steps(lines.append)
    await share_data_at_both_brands(stack, steps)
    assert steps.count == len(lines)
    assert {line.split()[0] for line in lines} == {"aurora", "banksia"}
    assert all(re.fullmatch(r"(aurora|banksia) +\S.*\S +\d+ ms", line) for line in lines)
    assert len(lines) == 2 * 39


async def test_the_recipient_gets_access_denied_if_the_person_cancels(
    participants: Participants, aurora: TenantDescription
) -> None:
    journey = Journey(participants, aurora, Steps(lambda _: None))
    await journey.register()
    client = journey.recipient.client
    flow = await client.push(SCOPES)
    person = await (await participants.person()).open(client.authorisation_url(flow))
    with pytest.raises(AuthorisationRefused, match="access_denied"):
        await client.read_response(await person.cancel(), flow)


async def test_two_flows_in_one_browser_both_lead_to_an_arrangement(
    participants: Participants, aurora: TenantDescription
) -> None:
    """Each flow has its own cookie, so two tabs can be used at the same time."""
    journey = Journey(participants, aurora, Steps(lambda _: None), customer=3)
    await journey.register()
    client, control, browser = journey.recipient.client, participants.control, (await participants.person()).http
    first, second = await client.push(SCOPES), await client.push(SCOPES)
    tabs = Person(browser), Person(browser)
    for tab, flow in zip(tabs, (first, second), strict=True):
        await tab.open(client.authorisation_url(flow))
    for tab, flow in reversed(list(zip(tabs, (first, second), strict=True))):
        seen = await control.newest_message()
        await tab.identify(journey.identifier)
        await tab.verify(await control.code(journey.identifier, seen))
        await tab.choose_customer()
        await tab.choose_accounts()
        tokens = await client.exchange(await client.read_response(await tab.authorise(), flow), flow)
        assert tokens.cdr_arrangement_id


async def test_the_error_of_a_failed_step_contains_the_expected_and_the_actual_page(
    participants: Participants, aurora: TenantDescription
) -> None:
    journey = Journey(participants, aurora, Steps(lambda _: None))
    await journey.register()
    flow, person, _ = await journey.begin()
    with pytest.raises(StepFailed) as failed, journey._step("verify"):
        await person.verify("000000x")
        await person.choose_accounts()
        person.page.element("authorise")
    assert "aurora: verify failed" in str(failed.value)
    assert "expected  a page with #authorise" in str(failed.value)
    assert "received  " in str(failed.value)
    assert "/verify" in str(failed.value)
    assert flow.request_uri.startswith("urn:")


async def test_for_a_brand_that_does_not_exist_the_first_step_fails(
    participants: Participants, aurora: TenantDescription
) -> None:
    absent = msgspec.structs.replace(aurora, slug="absent", issuer=aurora.issuer.replace("aurora", "absent"))
    with pytest.raises(StepFailed, match="absent: software product, certificate, discovery failed"):
        await Journey(participants, absent, Steps(lambda _: None)).register()


def test_a_brand_without_customers_raises_an_error(aurora: TenantDescription) -> None:
    nobody = msgspec.structs.replace(aurora, demonstration_customers=[])
    with pytest.raises(Unexpected, match="demonstration customers"):
        Journey(None, nobody, Steps(lambda _: None))  # type: ignore[arg-type]
