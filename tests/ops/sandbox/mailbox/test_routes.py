"""The mailbox's page and its SMS gateway."""

import httpx

from tests.ops.sandbox.addresses import MAILBOX


async def test_a_text_message_is_stored_once_for_each_idempotency_key(
    control: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    body = {"from": "Aurora", "to": "+61491570156", "text": "Your one-time code is 123456. Tell it to nobody."}
    for _ in range(2):
        answer = await anonymous.post(f"{MAILBOX}/sms", json=body, headers={"Idempotency-Key": "one"})
        assert answer.status_code == 202
    messages = (await control.get("/mailbox", params={"to": "+61491570156"})).json()["messages"]
    assert [(m["channel"], m["code"]) for m in messages] == [("sms", "123456")]
    for wrong in (b"{", b"[]", b"\xff", b'{"from": "a", "to": 1, "text": "x"}'):
        assert (await anonymous.post(f"{MAILBOX}/sms", content=wrong)).status_code == 400
    assert (await anonymous.post(f"{MAILBOX}/sms", content=b"x" * 300_000)).status_code == 413


async def test_the_page_shows_the_messages_to_one_address(anonymous: httpx.AsyncClient) -> None:
    for to, text in (("+61491570006", "<b>code 7777</b>"), ("+61491570110", "another")):
        await anonymous.post(f"{MAILBOX}/sms", json={"from": "Aurora", "to": to, "text": text})
    page = await anonymous.get(f"{MAILBOX}/?to=%2B61491570006")
    assert "&lt;b&gt;code 7777" in page.text
    assert "another" not in page.text
    assert "another" in (await anonymous.get(f"{MAILBOX}/")).text
    assert (await anonymous.get(f"{MAILBOX}/style.css")).status_code == 200
