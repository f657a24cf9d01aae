"""Sharing through the recipient's pages, with the data holder of the sandbox in this process."""

from collections.abc import Sequence
from urllib.parse import quote

import httpx

from tests.ops.sandbox.addresses import RECIPIENT
from tests.ops.sandbox.faulty_holder import BRAND_ID, FaultyHolder

CHOICE = {
    "brand": BRAND_ID,
    "scope-1": "common:customer.basic:read",
    "scope-2": "common:customer.detail:read",
    "scope-3": "energy:accounts.basic:read",
    "scope-4": "energy:accounts.detail:read",
    "duration": "31536000",
}


async def share(browser: httpx.AsyncClient, holder: FaultyHolder, scopes: Sequence[str] = ()) -> str:
    """Go through a consent, with the scopes of CHOICE or others, and return the path of the arrangement's page."""
    choice = CHOICE
    if scopes:
        choice = {name: value for name, value in CHOICE.items() if not name.startswith("scope-")}
        choice |= {f"scope-{number}": scope for number, scope in enumerate(scopes)}
    sent = await browser.post(f"{RECIPIENT}/connect", data=choice)
    assert sent.status_code == 303, sent.text
    response = holder.respond(sent.headers["location"])
    back = await browser.get(f"{RECIPIENT}/callback?response={quote(response)}")
    assert back.status_code == 303, back.text
    return str(back.headers["location"])
