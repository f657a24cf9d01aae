"""Email by SMTP, against a real server."""

from email import policy
from typing import Any

import pytest

from haas.mail import Mail, Mailer, MailNotSent, MailRefused
from haas.settings import SettingsError
from tests.support.mail_server import MailServer

ADDRESS = "ada@example.test"
HEADERS = {
    "From",
    "To",
    "Subject",
    "Message-ID",
    "Auto-Submitted",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
}


def message(**changes: Any) -> Mail:
    fields = {
        "sender_name": "Aurora Energy",
        "sender_address": "no-reply@aurora.haas.localhost",
        "to": ADDRESS,
        "subject": "Your one-time password",
        "text": "123456 – valid for ten minutes",
        "key": "0b7c1f0e",
    }
    return Mail(**{**fields, **changes})


async def test_a_message_is_sent_with_its_headers(mail: MailServer) -> None:
    await Mailer(mail.url, requires_tls=False).send(message())
    (received,) = mail.accepted
    assert received["From"] == "Aurora Energy <no-reply@aurora.haas.localhost>"
    assert (received["To"], received["Subject"]) == (ADDRESS, "Your one-time password")
    assert received["Message-ID"] == "<0b7c1f0e@aurora.haas.localhost>"
    assert received["Auto-Submitted"] == "auto-generated"
    payload = received.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().strip() == "123456 – valid for ten minutes"


async def test_a_message_with_html_has_two_parts_and_the_plain_one_is_the_same(mail: MailServer) -> None:
    html = f"<!doctype html><p>123456 \N{EN DASH} {'long line ' * 200}</p>"
    await Mailer(mail.url, requires_tls=False).send(message(html=html))
    (received,) = mail.accepted
    assert received.get_content_type() == "multipart/alternative"
    plain, rich = received.get_payload()
    assert [plain.get_content_type(), rich.get_content_type()] == ["text/plain", "text/html"]
    assert plain.get_payload(decode=True).decode().strip() == "123456 \N{EN DASH} valid for ten minutes"
    assert rich.get_payload(decode=True).decode().strip() == html
    assert received["Message-ID"] == "<0b7c1f0e@aurora.haas.localhost>"


@pytest.mark.parametrize(("answer", "error"), [("550 unknown", MailRefused), ("451 try later", MailNotSent)])
async def test_permanent_and_temporary_refusals_raise_different_errors(
    mail: MailServer, answer: str, error: type[Exception]
) -> None:
    mail.refusals[ADDRESS] = f"{answer} {ADDRESS}"
    with pytest.raises(error) as raised:
        await Mailer(mail.url, requires_tls=False).send(message())
    assert answer[:3] in str(raised.value)
    assert ADDRESS not in str(raised.value)
    assert mail.accepted == []


async def test_nothing_is_sent_without_tls_if_tls_is_required(mail: MailServer) -> None:
    with pytest.raises(MailNotSent):
        await Mailer(mail.url, requires_tls=True).send(message())
    assert mail.recipients == []


async def test_an_unreachable_server_raises_the_temporary_error() -> None:
    with pytest.raises(MailNotSent):
        await Mailer("smtp://127.0.0.1:1", requires_tls=False).send(message())


@pytest.mark.parametrize(
    "changes",
    [
        {"to": f"{ADDRESS}\r\nBcc: eve@example.test"},
        {"to": ""},
        {"to": "ada"},
        {"subject": "two\r\nlines"},
        {"sender_name": "Aurora\r\nBcc: eve@example.test"},
        {"sender_name": "=?utf-8?q?x=0D=0ABcc:_eve@example.test?="},
        {"sender_name": "=?utf-8?b?QmFua3NpYQ==?="},
        {"sender_name": "Aurora\u2028Bcc: eve@example.test"},
        {"sender_name": "Aurora\x0bEnergy"},
        {"sender_name": "Aurora\0"},
        {"sender_name": "Aurora\u202e"},
        {"sender_name": ""},
        {"subject": "Your code from =?utf-8?q?x=0D=0ABcc:_eve@example.test?="},
        {"subject": "Your code from =?us-ascii?q?Banksia_Energy?="},
        {"subject": "Your code\x85Bcc: eve@example.test"},
        {"subject": ""},
        {"to": "=?utf-8?q?x=0D=0ABcc=3A_eve=40example.test?=@example.test"},
    ],
    ids=str,
)
async def test_a_malformed_header_is_refused(mail: MailServer, changes: dict[str, str]) -> None:
    with pytest.raises(MailRefused):
        await Mailer(mail.url, requires_tls=False).send(message(**changes))
    assert mail.accepted == []


@pytest.mark.parametrize("name", ["Énergie d'Ivoire", 'Aurora "Solar", <Energy>', "A = B?", "光エネルギー"])
async def test_special_characters_in_names_are_sent_unchanged(mail: MailServer, name: str) -> None:
    await Mailer(mail.url, requires_tls=False).send(message(sender_name=name, subject=f"Your code from {name}"))
    (received,) = mail.accepted
    (sender,) = policy.default.header_factory("from", received["From"]).addresses
    assert (sender.display_name, sender.addr_spec) == (name, "no-reply@aurora.haas.localhost")
    assert policy.default.header_factory("subject", received["Subject"]) == f"Your code from {name}"
    assert set(received.keys()) <= HEADERS


@pytest.mark.parametrize("url", ["", "mail.test", "http://mail.test", "smtp://", "smtp:mail.test"])
def test_a_url_that_is_not_smtp_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="HAAS_SMTP_URL"):
        Mailer(url, requires_tls=False)
