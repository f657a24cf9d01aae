"""Mail by a real SMTP connection, text messages by the gateway, and both read back."""

import asyncio
import smtplib
from email.message import EmailMessage

import httpx
import pytest

from haas.mail import Mail, Mailer
from ops.sandbox.mailbox.codes import one_time_code
from ops.sandbox.mailbox.messages import LIMIT
from tests.ops.sandbox.conftest import RunningSandbox

MAILBOX = "https://mailbox.cdr-sandbox.localhost:8443"


def mail(to: str, text: str, subject: str = "Your code") -> Mail:
    return Mail(
        sender_name="Aurora Energy", sender_address="no-reply@aurora.test", to=to, subject=subject, text=text, key="k"
    )


async def test_the_products_mailer_is_read_with_the_code(sandbox: RunningSandbox, control: httpx.AsyncClient) -> None:
    query = {"to": "ADA@example.test", "wait": "20"}
    waiting = asyncio.create_task(control.get("/mailbox", params=query, timeout=30))
    mailer = Mailer(f"smtp://127.0.0.1:{sandbox.services.mail_server.port}")
    await mailer.send(mail("else@example.test", "Nothing for Ada"))
    await mailer.send(mail("ada@example.test", "Hello,\n\n  004711\n\nis valid until 2026. Ünïcode stays.\n"))
    answer = (await waiting).json()
    (message,) = answer["messages"]
    assert message["code"] == "004711"
    assert message["channel"] == "email"
    assert message["to"] == ["ada@example.test"]
    assert message["sender"] == "Aurora Energy <no-reply@aurora.test>"
    assert "Ünïcode stays." in message["text"]
    after = {"to": "ada@example.test", "after": answer["after"]}
    assert (await control.get("/mailbox", params=after)).json() == {"messages": [], "after": answer["after"]}


async def test_a_text_message_arrives_once_for_each_key(control: httpx.AsyncClient, outside: httpx.AsyncClient) -> None:
    body = {"from": "Aurora", "to": "+61491570156", "text": "Your one-time code is 123456. Tell it to nobody."}
    for _ in range(2):
        answer = await outside.post(f"{MAILBOX}/sms", json=body, headers={"Idempotency-Key": "one"})
        assert answer.status_code == 202
    messages = (await control.get("/mailbox", params={"to": "+61491570156"})).json()["messages"]
    assert [(m["channel"], m["code"]) for m in messages] == [("sms", "123456")]
    for wrong in (b"{", b"[]", b"\xff", b'{"from": "a", "to": 1, "text": "x"}'):
        assert (await outside.post(f"{MAILBOX}/sms", content=wrong)).status_code == 400
    assert (await outside.post(f"{MAILBOX}/sms", content=b"x" * 300_000)).status_code == 413


async def test_the_page_shows_messages_to_somebody(outside: httpx.AsyncClient) -> None:
    for to, text in (("+61491570006", "<b>code 7777</b>"), ("+61491570110", "another")):
        await outside.post(f"{MAILBOX}/sms", json={"from": "Aurora", "to": to, "text": text})
    page = await outside.get(f"{MAILBOX}/?to=%2B61491570006")
    assert "&lt;b&gt;code 7777" in page.text
    assert "another" not in page.text
    assert "another" in (await outside.get(f"{MAILBOX}/")).text
    assert (await outside.get(f"{MAILBOX}/style.css")).status_code == 200


async def test_what_smtp_must_refuse_is_refused(sandbox: RunningSandbox) -> None:
    port = sandbox.services.mail_server.port
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.test", "b@example.test", "x"
    message.set_content("x\n" * 200_000)

    def too_large() -> None:
        with smtplib.SMTP("127.0.0.1", port) as smtp, pytest.raises(smtplib.SMTPException):
            smtp.send_message(message)

    def too_many() -> int:
        with smtplib.SMTP("127.0.0.1", port) as smtp:
            message.set_content("x")
            refused = smtp.send_message(message, to_addrs=[f"u{n}@example.test" for n in range(25)])
            return len(refused)

    await asyncio.to_thread(too_large)
    assert await asyncio.to_thread(too_many) == 5


async def test_a_message_without_text_is_kept(sandbox: RunningSandbox, control: httpx.AsyncClient) -> None:
    raw = b"To: odd@example.test\r\nContent-Type: application/octet-stream\r\n\r\nx"

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", sandbox.services.mail_server.port) as smtp:
            smtp.sendmail("a@example.test", ["odd@example.test"], raw)

    await asyncio.to_thread(send)
    (message,) = (await control.get("/mailbox", params={"to": "odd@example.test"})).json()["messages"]
    assert (message["text"], message["code"]) == ("", None)


async def test_the_mailbox_is_bounded_and_can_be_emptied(sandbox: RunningSandbox, control: httpx.AsyncClient) -> None:
    mailbox = sandbox.services.mailbox
    for number in range(LIMIT + 5):
        await mailbox.receive("sms", to=["x"], sender="s", subject="", text=str(number))
    messages = await mailbox.messages(to="x")
    assert len(messages) == LIMIT
    assert messages[-1].text == str(LIMIT + 4)
    assert (await control.delete("/mailbox")).status_code == 204
    assert (await control.get("/mailbox")).json()["messages"] == []
    await mailbox.receive("sms", to=["x"], sender="s", subject="", text="after")
    assert (await mailbox.messages(after=messages[-1].id))[0].text == "after", "numbers rise past what was thrown away"


@pytest.mark.parametrize(
    ("subject", "text", "code"),
    [
        ("Your code", "Your code is 1234.", "1234"),
        ("", "042042 is your one-time password for Aurora Energy.", "042042"),
        ("Aurora", "Use this code within 10 minutes:\n\n    98765\n\n© 2026", "98765"),
        ("Your code is 5555", "See the subject.", "5555"),
        ("Bill", "You owe $1234 since 2026", None),
        ("", "Your code is 1234567.", None),
    ],
)
def test_a_code_is_found_where_there_is_one(subject: str, text: str, code: str | None) -> None:
    assert one_time_code(subject, text) == code
