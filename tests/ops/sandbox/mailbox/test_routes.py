"""The mailbox's page, its SMS gateway, and the gateways that brands have of their own."""

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


async def test_a_brands_own_gateway_accepts_messages_with_its_token_and_reports_when_it_is_told(
    control: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    """Nobody answers at the address of the reports. `tests/apps/management` sends them to the product."""
    nobody = "https://nobody.cdr-sandbox.localhost/reports"
    settings = {"token": "t0ken", "report_uri": nobody, "report_key": f"whsec_{'A' * 44}", "reports": "later"}
    assert (await control.put("/sms-gateways/own", json={**settings, "report_key": "short"})).status_code == 400
    assert (await control.post("/sms-gateways/own/reports")).status_code == 404
    assert (await control.put("/sms-gateways/own", json=settings)).json() == {"uri": f"{MAILBOX}/sms/own"}
    message = {"from": "Aurora", "to": "+61491570157", "text": "Hello.", "reference": "r-1"}
    with_token = {"Authorization": "Bearer t0ken"}
    answers = [
        await anonymous.post(f"{MAILBOX}/sms/{name}", json=body, headers=headers)
        for name, body, headers in (
            ("unknown", message, with_token),
            ("own", message, {}),
            ("own", message, {"Authorization": "Bearer other"}),
            ("own", {**message, "reference": 1}, with_token),
            ("own", message, with_token),
            ("own", message, with_token),
        )
    ]
    assert [answer.status_code for answer in answers] == [404, 401, 401, 400, 202, 202]
    messages = (await control.get("/mailbox", params={"to": "+61491570157"})).json()["messages"]
    assert [each["text"] for each in messages] == ["Hello."]
    reported = (await control.post("/sms-gateways/own/reports")).json()["reports"]
    assert [(each["reference"], each["status"]) for each in reported] == [("r-1", "delivered")]
    await control.put("/sms-gateways/own", json={**settings, "refuses": 429})
    refused = await anonymous.post(f"{MAILBOX}/sms/own", json={**message, "reference": "r-2"}, headers=with_token)
    assert refused.status_code == 429
