"""Errors of nginx itself on public APIs: JSON that scripts of any website may read."""

import os
import signal
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from ops.pki.clients import IssuedClient
from tests.support.http2 import ask_http2
from tests.support.proxy import ADMIN, CONSOLE, MAILBOX, MANAGEMENT, PUBLIC, SECURE, Answer, Proxy, running_proxy

TOO_LARGE = "Content-Length: 9000000"
ID = "x-fapi-interaction-id"


async def refused_by_the_proxy(
    proxy: Proxy, target: str, *, host: str = PUBLIC, head: str = TOO_LARGE, client: IssuedClient | None = None
) -> tuple[Answer, str]:
    interaction = str(uuid4())
    request = f"POST {target} HTTP/1.1\r\nHost: {host}\r\n{ID}: {interaction}\r\n{head}\r\nConnection: close\r\n\r\n"
    return await proxy.ask(host, client=client, request=request.encode()), interaction


@pytest.mark.parametrize(
    ("target", "member"),
    [
        ("/cds-au/v1/discovery/status", "errors"),
        ("/cds-au/v1/discovery/outages?page=1", "errors"),
        ("/cds-au/v2/energy/plans", "errors"),
        ("//cds-au/v1/discovery/status", "errors"),
        ("/cds-au", "errors"),
        (f"https://{PUBLIC}/cds-au/v1/discovery/status", "errors"),
        ("/.well-known/openid-configuration", "error"),
        ("/jwks", "error"),
        ("/jwks?x=1", "error"),
    ],
)
async def test_an_error_of_the_proxy_at_a_public_api_is_json_that_any_origin_may_read(
    proxy: Proxy, target: str, member: str
) -> None:
    answer, interaction = await refused_by_the_proxy(proxy, target)
    assert answer.status == 413
    assert answer.headers["content-type"] == "application/json"
    assert member in answer.json()
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["strict-transport-security"]
    assert answer.headers[ID] == interaction


@pytest.mark.parametrize("target", ["/authorise", "/flow/1/identify", "/cds-australia", "/jwks2", "/"])
async def test_an_error_of_the_proxy_at_a_page_is_an_html_page(proxy: Proxy, target: str) -> None:
    answer, _ = await refused_by_the_proxy(proxy, target)
    assert answer.status == 413
    assert answer.headers["content-type"].startswith("text/html")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("host", "target", "begin"),
    [
        (PUBLIC, "/cds-au/v1/discovery/status", b'{"errors":'),
        (PUBLIC, "/jwks", b'{"error":'),
        (PUBLIC, "/authorise", b"<!doctype html>"),
        (ADMIN, "/", b"<!doctype html>"),
        (CONSOLE, "/", b"<!doctype html>"),
        (MANAGEMENT, "/", b'{"type":'),
        (MAILBOX, "/cds-au", b'{"errors":'),
    ],
)
async def test_a_body_that_is_too_large_gets_the_same_error_over_http_2(
    proxy: Proxy, host: str, target: str, begin: bytes
) -> None:
    answer = await ask_http2(proxy.context(), proxy.port, host, target, method="POST", content_length="9000000")
    assert b"413" in answer.headers
    assert answer.body.startswith(begin)
    assert b"larger than this service accepts" in answer.body


@pytest.mark.parametrize("target", ["/cds-au/v1/energy/plans%zz", "/cds-au/%00", "/cds-au/../.."])
async def test_a_path_that_cannot_be_read_over_http_2_gets_the_json_of_public_apis(proxy: Proxy, target: str) -> None:
    """nginx does not know the path of such a request, so it gets this answer at every path of a public host."""
    answer = await ask_http2(proxy.context(), proxy.port, PUBLIC, target)
    assert answer.body.startswith(b'{"errors":')
    assert b"not well formed" in answer.body


@pytest.mark.parametrize("host", [ADMIN, CONSOLE])
@pytest.mark.parametrize("target", ["/", "/cds-au/v1/discovery/status", "/jwks"])
async def test_error_on_a_host_for_staff_is_a_page_at_every_path(proxy: Proxy, host: str, target: str) -> None:
    answer, _ = await refused_by_the_proxy(proxy, target, host=host)
    assert answer.status == 413
    assert answer.headers["content-type"].startswith("text/html")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("target", ["/", "/cds-au/v1/discovery/status", "/jwks"])
async def test_error_on_a_management_host_is_a_problem_at_every_path(proxy: Proxy, target: str) -> None:
    """RFC 9457."""
    answer, interaction = await refused_by_the_proxy(proxy, target, host=MANAGEMENT)
    assert answer.status == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Content Too Large",
        "detail": "The request is larger than this service accepts.",
    }
    assert answer.headers[ID] == interaction
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["strict-transport-security"]


async def test_a_public_api_path_that_cannot_be_decoded_gets_a_json_error(proxy: Proxy) -> None:
    answer, _ = await refused_by_the_proxy(proxy, "/cds-au/v1/discovery/%00")
    assert answer.status == 400
    assert answer.json()["errors"]
    assert answer.headers["access-control-allow-origin"] == "*"
    UUID(answer.headers[ID])


async def test_a_misdirected_request_for_a_public_api_gets_a_json_error(proxy: Proxy) -> None:
    request = f"GET /cds-au/v1/discovery/status HTTP/1.1\r\nHost: other.test\r\n{ID}: no uuid\r\n\r\n"
    answer = await proxy.ask(PUBLIC, request=request.encode())
    assert answer.status == 421
    assert answer.json()["errors"]
    assert answer.headers["access-control-allow-origin"] == "*"
    UUID(answer.headers[ID])


async def test_a_public_api_answers_unavailable_while_the_application_is_down(proxy: Proxy) -> None:
    supervised = proxy.supervisor.process("application")
    await supervised.stop()
    request = f"GET /cds-au/v1/discovery/status HTTP/1.1\r\nHost: {PUBLIC}\r\nConnection: close\r\n\r\n"
    answer = await proxy.ask(PUBLIC, request=request.encode())
    await supervised.restart()
    assert answer.status == 502
    [error] = answer.json()["errors"]
    assert error["code"] == "urn:au-cds:error:cds-all:Service/Unavailable"
    assert error["title"] == "Service Unavailable"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("target", "head", "status", "title"),
    [
        ("/cds-au/v1/energy/accounts", TOO_LARGE, 413, "Expected Error Encountered"),
        ("/cds-au/v1/energy/accounts", f"X-Long: {'x' * 10000}", 400, "Expected Error Encountered"),
        ("/token", TOO_LARGE, 413, None),
    ],
)
async def test_an_error_of_the_proxy_at_a_secure_host_plays_back_the_interaction_id(
    proxy: Proxy, recipient: IssuedClient, target: str, head: str, status: int, title: str | None
) -> None:
    """The title is from the standards, and there is no CORS header."""
    answer, interaction = await refused_by_the_proxy(proxy, target, host=SECURE, head=head, client=recipient)
    assert answer.status == status
    assert answer.headers[ID] == interaction
    assert "access-control-allow-origin" not in answer.headers
    if title:
        assert answer.json()["errors"][0]["title"] == title


async def test_a_secure_host_plays_back_the_interaction_id_while_the_application_is_down(proxy: Proxy) -> None:
    """The application answers requests without a certificate; while it is down, nginx does."""
    supervised = proxy.supervisor.process("application")
    await supervised.stop()
    interaction = str(uuid4())
    answer = await proxy.ask(SECURE, headers={ID: interaction})
    await supervised.restart()
    assert answer.status == 502
    assert answer.headers[ID] == interaction


SHAPES = [
    (PUBLIC, "/cds-au/v1/discovery/status", "application/json"),
    (PUBLIC, "/.well-known/openid-configuration", "application/json"),
    (PUBLIC, "/jwks", "application/json"),
    (PUBLIC, "/authorise", "text/html; charset=utf-8"),
    (SECURE, "/cds-au/v1/energy/accounts", "application/json"),
    (SECURE, "/token", "application/json"),
    (MANAGEMENT, "/", "application/problem+json"),
    (ADMIN, "/", "text/html; charset=utf-8"),
]


async def answers_of(proxy: Proxy, status: int, client: IssuedClient) -> None:
    """Check the answers of nginx itself on every surface: their shape, and when to try again."""
    for host, target, content_type in SHAPES:
        request = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        answer = await proxy.ask(host, client=client if host == SECURE else None, request=request.encode())
        assert (answer.status, answer.headers["content-type"], answer.headers["retry-after"]) == (
            status,
            content_type,
            "5",
        )


async def test_every_surface_says_when_to_try_again_while_the_application_is_silent_or_down(state_folder: Path) -> None:
    async with running_proxy(state_folder / "silent-proxy", seconds_to_answer=1) as proxy:
        client = proxy.pki.issue_client("Budget App", "Recipient Pty Ltd")
        application = proxy.supervisor.process("application")
        os.kill(application.pid, signal.SIGSTOP)
        try:
            await answers_of(proxy, 504, client)
        finally:
            os.kill(application.pid, signal.SIGCONT)
        await application.stop()
        await answers_of(proxy, 502, client)
