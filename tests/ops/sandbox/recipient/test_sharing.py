"""Sharing through the recipient's pages: tokens and registrations."""

import httpx
import msgspec

from tests.ops.sandbox.addresses import RECIPIENT
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.faulty_holder import FaultyHolder
from tests.ops.sandbox.recipient.browsing import CHOICE, share


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
