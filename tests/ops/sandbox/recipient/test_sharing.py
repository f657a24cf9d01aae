"""Sharing through the recipient's pages: tokens and registrations."""

import httpx
import msgspec

from ops.sandbox.jose import read_unverified
from tests.ops.sandbox.addresses import RECIPIENT
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.faulty_holder import FaultyHolder
from tests.ops.sandbox.recipient.browsing import CHOICE, share

BILLING = "energy:billing:read"
_BRAND = {name: value for name, value in CHOICE.items() if not name.startswith("scope-")}


async def test_an_expired_access_token_is_refreshed(
    sandbox: RunningSandbox, browser: httpx.AsyncClient, holder: FaultyHolder
) -> None:
    path = await share(browser, holder)
    arrangement = await sandbox.services.sharing.arrangement(path.rpartition("/")[2])
    holder.token_answer = {"access_token": "fresh"}
    await sandbox.services.collections.arrangements.change(
        arrangement.cdr_arrangement_id,
        lambda current: msgspec.structs.replace(current, access_token_ends_at=current.established_at),
    )
    await browser.post(f"{RECIPIENT}{path}/fetch")
    assert holder.sent["/token"][-1]["grant_type"] == "refresh_token"
    assert holder.headers[-1]["authorization"] == "Bearer fresh"


async def test_the_recipient_registers_again_when_the_holder_does_not_know_it(
    browser: httpx.AsyncClient, holder: FaultyHolder
) -> None:
    await share(browser, holder)
    registrations = len(holder.sent["/register"])
    holder.refuses["/par"] = (401, {"error": "invalid_client"})
    await share(browser, holder)
    assert len(holder.sent["/register"]) == registrations + 1
    holder.refuses["/par"] = (400, {"error": "invalid_scope", "error_description": "no such scope"})
    page = await browser.post(f"{RECIPIENT}/connect", data=CHOICE)
    assert page.status_code == 502
    assert "no such scope" in page.text


async def test_the_start_page_offers_what_the_discovery_documents_of_the_brands_say(
    browser: httpx.AsyncClient, holder: FaultyHolder
) -> None:
    page = (await browser.get(f"{RECIPIENT}/")).text
    assert 'value="energy:accounts.basic:read"' in page
    assert BILLING not in page
    assert "Your electricity" not in page, "a group without data is left out"
    holder.scopes_supported = (*holder.scopes_supported, BILLING, "energy:electricity.usage:read")
    page = (await browser.get(f"{RECIPIENT}/")).text
    assert f'value="{BILLING}"' in page
    assert "Your electricity" in page


async def test_the_start_page_without_a_brand_that_answers_has_no_form(
    browser: httpx.AsyncClient, holder: FaultyHolder
) -> None:
    holder.refuses["/.well-known/openid-configuration"] = (503, {})
    page = await browser.get(f"{RECIPIENT}/")
    assert page.status_code == 200
    assert "No energy retailer can be reached yet" in page.text


async def test_only_scopes_that_the_brand_supports_are_requested(
    browser: httpx.AsyncClient, holder: FaultyHolder
) -> None:
    sent = await browser.post(f"{RECIPIENT}/connect", data={**CHOICE, "scope-5": BILLING})
    assert sent.status_code == 303
    asked = read_unverified(holder.sent["/par"][-1]["request"]).claims["scope"].split()
    assert set(asked) == {"openid", "profile", *(value for name, value in CHOICE.items() if name.startswith("scope-"))}
    pushed = len(holder.sent["/par"])
    page = await browser.post(f"{RECIPIENT}/connect", data={**_BRAND, "scope-1": BILLING})
    assert page.status_code == 400
    assert "does not share this data yet" in page.text
    assert len(holder.sent["/par"]) == pushed


async def test_the_recipient_updates_its_registration_when_the_brand_supports_more(
    browser: httpx.AsyncClient, holder: FaultyHolder
) -> None:
    await share(browser, holder)
    updates = len(holder.sent.get("/register/client-1", []))
    await share(browser, holder)
    assert len(holder.sent.get("/register/client-1", [])) == updates
    holder.scopes_supported = (*holder.scopes_supported, BILLING)
    for _ in range(2):
        sent = await browser.post(f"{RECIPIENT}/connect", data={**CHOICE, "scope-5": BILLING})
        assert sent.status_code == 303
        assert BILLING in read_unverified(holder.sent["/par"][-1]["request"]).claims["scope"].split()
    assert len(holder.sent["/register/client-1"]) == updates + 1
