"""Consent flows that are open while somebody moves the clock, as in the sandbox."""

from datetime import timedelta

import pytest

from haas.clock import MovableClock
from tenants.attempts.state import FLOW_LIFETIME
from tenants.authentication.limits import HOUR, TRIES_PER_CODE, WRONG_ANSWERS_OF_AN_IDENTIFIER
from tenants.housekeeping.service import Housekeeping
from tests.support.consent_pages import ConsentPages, away, response_claims

STEPS = ["identified", "authenticated", "reviewed"]


@pytest.fixture
def housekeeping(pages: ConsentPages) -> Housekeeping:
    return Housekeeping(pages.application.database, pages.application.services.clock)


@pytest.mark.parametrize("step", STEPS)
async def test_an_open_flow_continues_after_the_clock_was_moved_forward_and_back(
    pages: ConsentPages, clock: MovableClock, housekeeping: Housekeeping, step: str
) -> None:
    """While the clock is ahead, the flow has expired, and housekeeping runs."""
    browser, flow = pages.browser(), await pages.pushed()
    page = await getattr(pages, step)(browser, flow)
    code = await pages.code() if step == "identified" else ""  # the person has it before the message is deleted
    clock.move(2 * FLOW_LIFETIME)
    await housekeeping.sweep(pages.tenant)
    for address in (page.url, pages.authorise_url(flow)):
        assert (await browser.get(address)).status == 410

    clock.reset()
    for address in (page.url, pages.authorise_url(flow)):
        assert (await browser.get(address)).path == page.path
    if step == "identified":
        page = await browser.send(page, "/verify", code=code)
    if step != "reviewed":
        page = await browser.send(page, "/accounts", account=str(pages.mia.home))
    assert response_claims(await away(browser.send(page, "/authorise")))["code"]


async def test_an_opened_request_can_be_used_after_the_clock_was_moved_forward_and_back(
    pages: ConsentPages, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page = await browser.get(pages.authorise_url(flow))
    clock.move(2 * FLOW_LIFETIME)
    await housekeeping.sweep(pages.tenant)
    assert (await browser.get(page.url)).status == 410
    clock.reset()
    assert (await browser.get(pages.authorise_url(flow))).path == page.path
    assert (await pages.reviewed(browser, flow)).path.endswith("/review")


@pytest.mark.parametrize("days", [0.1, 400])
async def test_a_new_request_in_the_same_browser_begins_a_flow_at_every_time(
    pages: ConsentPages, clock: MovableClock, housekeeping: Housekeeping, days: float
) -> None:
    browser = pages.browser()
    await pages.reviewed(browser)
    clock.move(timedelta(days=days))
    await housekeeping.sweep(pages.tenant)
    assert (await pages.reviewed(browser)).path.endswith("/review")
    clock.reset()
    page = await pages.reviewed(browser)
    assert response_claims(await away(browser.send(page, "/authorise")))["code"]


async def test_a_flow_that_has_expired_without_a_moved_clock_stays_expired(
    pages: ConsentPages, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    """Also after the clock was moved back by less than the flow's age."""
    browser, flow = pages.browser(), await pages.pushed()
    page = await pages.reviewed(browser, flow)
    clock.move(2 * FLOW_LIFETIME)
    await housekeeping.sweep(pages.tenant)
    clock.move(-FLOW_LIFETIME / 2)
    for address in (page.url, pages.authorise_url(flow)):
        assert (await browser.get(address)).status == 410


async def test_wrong_answers_of_a_time_that_has_not_come_do_not_lock_a_person(
    pages: ConsentPages, clock: MovableClock
) -> None:
    """They were given before the clock was moved back, and nobody can wait until they are an hour old."""
    browser = pages.browser()
    clock.move(2 * HOUR)
    for _ in range(WRONG_ANSWERS_OF_AN_IDENTIFIER[0].most // TRIES_PER_CODE):
        page = await pages.identified(browser)
        for _ in range(TRIES_PER_CODE):
            answered = await browser.send(page, "/verify", code="000000")
    assert "problem=code-locked" in answered.url
    clock.reset()
    assert (await pages.authenticated(browser)).path.endswith("/accounts")
