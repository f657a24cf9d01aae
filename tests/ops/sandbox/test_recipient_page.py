"""The recipient's page, from the choice of a brand to the data and to the end of sharing."""

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx
import msgspec
import pytest

from ops.sandbox.messages import Deviation
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.holder import BRAND_ID, StandInHolder

HOME = "https://recipient.cdr-sandbox.localhost:8443"
CHOICE = {
    "brand": BRAND_ID,
    "scope-1": "common:customer.basic:read",
    "scope-2": "common:customer.detail:read",
    "scope-3": "energy:accounts.basic:read",
    "scope-4": "energy:accounts.detail:read",
    "duration": "31536000",
}


@pytest.fixture
async def browser(sandbox: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with sandbox.open_http() as client:
        page = await client.get(f"{HOME}/")
        assert page.status_code == 200
        yield client


async def share(browser: httpx.AsyncClient, holder: StandInHolder) -> str:
    """Go through a consent; return the path of the arrangement's page."""
    sent = await browser.post(f"{HOME}/connect", data=CHOICE)
    assert sent.status_code == 303, sent.text
    answer = holder.respond(sent.headers["location"])
    back = await browser.get(f"{HOME}/callback?response={quote(answer)}")
    assert back.status_code == 303, back.text
    return str(back.headers["location"])


async def test_a_person_shares_reads_again_and_stops(browser: httpx.AsyncClient, holder: StandInHolder) -> None:
    page = await browser.get(f"{HOME}/")
    assert "Aurora Energy" in page.text
    for text in ("Name, occupation, contact details", "Phone; Email address; Mail address; Residential address"):
        assert text in page.text  # CDS, Data Language Standards
    assert "we send you to your retailer’s own website" in page.text  # CDS, Consent Standards, Redirection
    assert "form-action 'self' https://aurora.haas.localhost:8443" in page.headers["content-security-policy"]
    path = await share(browser, holder)
    shown = (await browser.get(f"{HOME}{path}")).text
    for text in ("Ms Ada Lovelace", "ada@example.test", "1 Test Street, Hobart", "1000123", "Solar Saver"):
        assert text in shown
    assert "Account and plan details" in shown
    assert "Accounts and plans," not in shown
    again = await browser.post(f"{HOME}{path}/fetch")
    assert "Connected" in again.text
    assert "refresh_token" not in holder.sent["/token"][-1]
    stopped = await browser.post(f"{HOME}{path}/stop")
    assert "You stopped sharing here" in stopped.text
    assert "Ada Lovelace" not in stopped.text, "what was read is deleted with the end of sharing"
    read = len(holder.headers)
    assert "Ended" in (await browser.post(f"{HOME}{path}/fetch")).text
    assert len(holder.headers) == read, "nothing is asked for once sharing has ended"
    assert holder.sent["/arrangements/revoke"][-1]["cdr_arrangement_id"] == path.rpartition("/")[2]
    assert re.search(r"Ended", (await browser.get(f"{HOME}/")).text)


async def test_an_access_token_that_is_over_is_refreshed(
    sandbox: RunningSandbox, browser: httpx.AsyncClient, holder: StandInHolder
) -> None:
    path = await share(browser, holder)
    arrangement = await sandbox.services.sharing.arrangement(path.rpartition("/")[2])
    holder.token_answer = {"access_token": "fresh"}
    await sandbox.services.collections.arrangements.change(
        arrangement.cdr_arrangement_id,
        lambda current: msgspec.structs.replace(current, access_token_ends_at=current.established_at),
    )
    await browser.post(f"{HOME}{path}/fetch")
    holder.token_answer = {}
    assert holder.sent["/token"][-1]["grant_type"] == "refresh_token"
    assert holder.headers[-1]["authorization"] == "Bearer fresh"


async def test_who_chooses_not_to_share_is_told_so(browser: httpx.AsyncClient, holder: StandInHolder) -> None:
    sent = await browser.post(f"{HOME}/connect", data=CHOICE)
    answer = holder.respond(sent.headers["location"], error="access_denied")
    page = await browser.get(f"{HOME}/callback?response={answer}")
    assert page.status_code == 200
    assert "You chose not to share" in page.text


async def test_an_answer_that_is_not_right_is_refused(
    sandbox: RunningSandbox, browser: httpx.AsyncClient, holder: StandInHolder
) -> None:
    sent = await browser.post(f"{HOME}/connect", data=CHOICE)
    forged = holder.respond(sent.headers["location"], Deviation(header={"alg": "none"}))
    right = holder.respond(sent.headers["location"])
    async with sandbox.open_http() as other_browser:
        assert (await other_browser.get(f"{HOME}/callback?response={right}")).status_code == 404
    assert (await browser.get(f"{HOME}/callback?response={forged}")).status_code == 502
    assert (await browser.get(f"{HOME}/callback?response={right}")).status_code == 404, "one answer for each request"
    assert (await browser.get(f"{HOME}/callback?response=x")).status_code == 400
    assert (await browser.get(f"{HOME}/callback?response={'x' * 20_000}")).status_code == 400
    assert (await browser.get(f"{HOME}/sharing/unknown")).status_code == 404


async def test_a_form_that_is_incomplete_or_from_elsewhere_is_refused(
    sandbox: RunningSandbox, browser: httpx.AsyncClient
) -> None:
    nothing = {"brand": BRAND_ID, "duration": "0"}
    assert (await browser.post(f"{HOME}/connect", data=nothing)).status_code == 400
    assert (await browser.post(f"{HOME}/connect", data={**CHOICE, "duration": "1"})).status_code == 400
    assert (await browser.post(f"{HOME}/connect", data={**CHOICE, "brand": "x"})).status_code == 404
    own = {"Origin": HOME}
    assert (await browser.post(f"{HOME}/connect", data=nothing, headers=own)).status_code == 400
    assert (await browser.post(f"{HOME}/connect", data=CHOICE, headers=own)).status_code == 303
    elsewhere = {"Origin": "https://evil.test"}
    assert (await browser.post(f"{HOME}/connect", data=CHOICE, headers=elsewhere)).status_code == 400
    async with sandbox.open_http() as without_cookie:
        assert "Cookies are off" in (await without_cookie.post(f"{HOME}/connect", data=CHOICE)).text


async def test_a_holder_that_started_over_is_registered_with_anew(
    browser: httpx.AsyncClient, holder: StandInHolder
) -> None:
    await share(browser, holder)
    registrations = len(holder.sent["/register"])
    holder.refuses["/par"] = (401, {"error": "invalid_client"})
    await share(browser, holder)
    assert len(holder.sent["/register"]) == registrations + 1
    holder.refuses["/par"] = (400, {"error": "invalid_scope", "error_description": "no such scope"})
    page = await browser.post(f"{HOME}/connect", data=CHOICE)
    assert page.status_code == 502
    assert "no such scope" in page.text


async def test_a_resource_that_is_refused_is_shown_as_that(browser: httpx.AsyncClient, holder: StandInHolder) -> None:
    holder.refuses["/cds-au/v1/energy/accounts"] = (403, {"errors": [{"code": "x", "title": "t", "detail": "d"}]})
    path = await share(browser, holder)
    del holder.refuses["/cds-au/v1/energy/accounts"]
    shown = (await browser.get(f"{HOME}{path}")).text
    assert "403" in shown
    assert "Your energy accounts" not in shown


async def test_what_the_ssa_points_to_is_there(outside: httpx.AsyncClient) -> None:
    for path, kind in (
        ("/logo.svg", "image/svg+xml"),
        ("/policy", "text/html"),
        ("/style.css", "text/css"),
        ("/sector_identifier.json", "application/json"),
        ("/jwks", "application/json"),
    ):
        answer = await outside.get(f"{HOME}{path}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
    assert (await outside.get(f"{HOME}/sector_identifier.json")).json() == [f"{HOME}/callback"]
    assert (await outside.get(f"{HOME}/nowhere")).status_code == 404
