"""Text messages through a gateway, which is a real TLS server on loopback."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from haas.outbound import Outbound
from haas.settings import SettingsError
from haas.sms import Sms, SmsGateway, SmsNotSent, SmsRefused
from tests.haas.tls_server import HOST, HOSTS, TestAuthority, TlsServer, answer_of, settings_for, tls_server

MESSAGE = Sms(sender_name="Aurora Energy", to="+61400000000", text="123456", key="0b7c1f0e-2", reference="0b7c1f0e")
Send = Callable[[], Awaitable[None]]


@asynccontextmanager
async def gateway(authority: TestAuthority, status: str, user: str = "") -> AsyncIterator[tuple[TlsServer, Send]]:
    async with (
        tls_server(authority, HOSTS, lambda _: answer_of(b"", status)) as server,
        Outbound(settings_for(authority)) as outbound,
    ):
        sms = SmsGateway(f"https://{user}{HOST}:{server.port}/sms", outbound)
        yield server, lambda: sms.send(MESSAGE)


async def test_a_message_is_posted_as_json_with_its_key(authority: TestAuthority) -> None:
    async with gateway(authority, "202 Accepted", "user:p%40ss@") as (server, send):
        await send()
        ((_, _, request),) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /sms HTTP/1.1\r\n")
    fields = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert fields["idempotency-key"] == "0b7c1f0e-2"
    assert fields["content-type"] == "application/json"
    assert fields["authorization"] == "Basic dXNlcjpwQHNz".lower()
    assert json.loads(body) == {
        "from": "Aurora Energy", "to": "+61400000000", "text": "123456", "reference": "0b7c1f0e"
    }  # fmt: skip


async def test_without_a_user_in_the_url_no_credentials_are_sent(authority: TestAuthority) -> None:
    async with gateway(authority, "200 OK") as (server, send):
        await send()
        ((_, _, request),) = server.requests
    assert b"authorization" not in request.lower()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("400 Bad Request", SmsRefused),
        ("404 Not Found", SmsRefused),
        ("302 Found", SmsNotSent),
        ("408 Request Timeout", SmsNotSent),
        ("425 Too Early", SmsNotSent),
        ("429 Too Many Requests", SmsNotSent),
        ("500 Internal Server Error", SmsNotSent),
    ],
)
async def test_permanent_and_temporary_refusals_raise_different_errors(
    authority: TestAuthority, status: str, error: type[Exception]
) -> None:
    async with gateway(authority, status) as (_, send):
        with pytest.raises(error, match=status[:3]) as raised:
            await send()
    assert MESSAGE.to not in str(raised.value)


async def test_an_unreachable_gateway_raises_the_temporary_error(authority: TestAuthority) -> None:
    async with tls_server(authority, HOSTS, lambda _: b"") as server:
        url = f"https://{HOST}:{server.port}/sms"
    async with Outbound(settings_for(authority)) as outbound:
        with pytest.raises(SmsNotSent):
            await SmsGateway(url, outbound).send(MESSAGE)


@pytest.mark.parametrize("url", ["http://gateway.test/sms", "gateway.test", "https://"])
async def test_a_url_that_is_not_https_is_refused(authority: TestAuthority, url: str) -> None:
    async with Outbound(settings_for(authority)) as outbound:
        with pytest.raises(SettingsError, match="HAAS_SMS_URL"):
            SmsGateway(url, outbound)
