"""The mailbox's SMTP server, on a real connection."""

import asyncio
import smtplib
from email.message import EmailMessage

import httpx
import pytest

from haas.mail import Mail, Mailer
from tests.ops.sandbox.conftest import RunningSandbox


def mail(to: str, text: str, subject: str = "Your code") -> Mail:
    return Mail(
        sender_name="Aurora Energy", sender_address="no-reply@aurora.test", to=to, subject=subject, text=text, key="k"
    )


async def test_mail_of_the_products_mailer_is_received_with_its_code(
    sandbox: RunningSandbox, control: httpx.AsyncClient
) -> None:
    query = {"to": "ADA@example.test", "wait": "20"}
    waiting = asyncio.create_task(control.get("/mailbox", params=query, timeout=30))
    mailer = Mailer(f"smtp://127.0.0.1:{sandbox.services.mail_server.port}", requires_tls=False)
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


async def test_large_messages_and_many_recipients_are_refused(sandbox: RunningSandbox) -> None:
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


async def test_a_message_without_text_is_stored(sandbox: RunningSandbox, control: httpx.AsyncClient) -> None:
    raw = b"To: odd@example.test\r\nContent-Type: application/octet-stream\r\n\r\nx"

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", sandbox.services.mail_server.port) as smtp:
            smtp.sendmail("a@example.test", ["odd@example.test"], raw)

    await asyncio.to_thread(send)
    (message,) = (await control.get("/mailbox", params={"to": "odd@example.test"})).json()["messages"]
    assert (message["text"], message["code"]) == ("", None)
