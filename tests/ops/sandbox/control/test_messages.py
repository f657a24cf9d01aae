"""Control API: mail, text messages and notices."""

import asyncio
from typing import Any

import httpx

from ops.sandbox.mailbox.messages import LIMIT
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.faulty_holder import BRAND_ID, FaultyHolder


async def test_the_mailbox_keeps_the_latest_thousand_messages_and_can_be_cleared(
    sandbox: RunningSandbox, control: httpx.AsyncClient
) -> None:
    mailbox = sandbox.services.mailbox
    for number in range(LIMIT + 5):
        await mailbox.receive("sms", to=["x"], sender="s", subject="", text=str(number))
    messages = await mailbox.messages(to="x")
    assert len(messages) == LIMIT
    assert messages[-1].text == str(LIMIT + 4)
    assert (await control.delete("/mailbox")).status_code == 204
    assert (await control.get("/mailbox")).json()["messages"] == []
    await mailbox.receive("sms", to=["x"], sender="s", subject="", text="after")
    assert (await mailbox.messages(after=messages[-1].id))[0].text == "after", "ids increase after a deletion too"


def endpoint(product: dict[str, Any]) -> str:
    return f"{product['recipient_base_uri']}/arrangements/revoke"


async def test_a_notice_wakes_a_waiting_request(
    control: httpx.AsyncClient, anonymous: httpx.AsyncClient, holder: FaultyHolder, product: dict[str, Any]
) -> None:
    query = {"software_product_id": product["software_product_id"], "wait": "20"}
    waiting = asyncio.create_task(control.get("/notices", params=query, timeout=30))
    answer = await anonymous.post(endpoint(product), **holder.notice(endpoint(product)))
    assert answer.status_code == 204, answer.text
    assert answer.content == b""
    notices = (await waiting).json()["notices"]
    assert [(n["cdr_arrangement_id"], n["data_holder_brand_id"]) for n in notices] == [("arrangement-1", BRAND_ID)]
    later = await control.get("/notices", params={**query, "wait": "0", "after": notices[-1]["id"]})
    assert later.json() == {"notices": [], "after": notices[-1]["id"]}


async def test_the_revocation_endpoint_fails_the_requested_number_of_times(
    control: httpx.AsyncClient, anonymous: httpx.AsyncClient, holder: FaultyHolder, product: dict[str, Any]
) -> None:
    url = f"/software-products/{product['software_product_id']}/revocation-endpoint"
    assert (await control.put(url, json={"failures": 2, "status": 500})).json()["failures"] == 2
    statuses = []
    for _ in range(3):
        sent = holder.notice(endpoint(product))
        statuses.append((await anonymous.post(endpoint(product), **sent)).status_code)
    assert statuses == [500, 500, 204]
