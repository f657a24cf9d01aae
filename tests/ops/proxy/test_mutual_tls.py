"""Which client certificates a secure host accepts, and which headers the application receives."""

import base64
import hashlib
from pathlib import Path

import pytest

from ops.pki.clients import IssuedClient
from ops.proxy.reload import reload
from tests.support.proxy import OTHER_SECURE, PUBLIC, REGISTER, SECURE, Answer, Proxy, running_proxy


def received(answer: Answer) -> dict[str, str]:
    return dict(answer.json()["headers"])


async def test_a_verified_certificate_is_forwarded_in_the_format_of_rfc_9440(
    proxy: Proxy, recipient: IssuedClient
) -> None:
    answer = await proxy.ask(SECURE, client=recipient)
    assert answer.status == 200
    value = received(answer)["client-cert"]
    assert value[0] == value[-1] == ":"
    digest = hashlib.sha256(base64.b64decode(value[1:-1], validate=True)).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == recipient.thumbprint


@pytest.mark.parametrize("host", [SECURE, REGISTER])
async def test_a_request_without_a_certificate_is_reported_to_the_application_without_its_body(
    proxy: Proxy, host: str
) -> None:
    answer = await proxy.ask(host, method="POST", body=b"client_id=x")
    assert answer.status == 400
    assert received(answer)["haas-refused"] == "certificate-missing"
    assert "client-cert" not in received(answer)
    assert answer.json()["method"] == "POST"
    assert answer.json()["path"] == "/path"
    assert answer.json()["size"] == 0


async def test_an_expired_certificate_is_refused(proxy: Proxy) -> None:
    answer = await proxy.ask(SECURE, client=proxy.pki.issue_client("App", "Org", expired=True))
    assert answer.status == 400
    assert received(answer)["haas-refused"] == "certificate-invalid"
    assert "client-cert" not in received(answer)


async def test_a_certificate_of_an_unknown_authority_is_refused(proxy: Proxy) -> None:
    answer = await proxy.ask(SECURE, client=proxy.pki.issue_client("App", "Org", foreign=True))
    assert answer.status == 400
    assert received(answer)["haas-refused"] == "certificate-invalid"
    assert "client-cert" not in received(answer)


async def test_a_server_certificate_is_refused_as_a_client_certificate(proxy: Proxy) -> None:
    context = proxy.context()
    context.load_cert_chain(proxy.folder.certificates / f"{SECURE}.pem")
    answer = await proxy.ask(SECURE, context=context)
    assert received(answer)["haas-refused"] == "certificate-invalid"


async def test_a_revoked_certificate_is_refused_after_the_reload(proxy: Proxy, recipient: IssuedClient) -> None:
    revoked = proxy.pki.issue_client("Bad App", "Org")
    context = proxy.context(revoked)
    assert (await proxy.ask(SECURE, context=context)).status == 200
    proxy.pki.revoke(revoked.serial)
    await reload(proxy.nginx.pid_file)
    # The same context: its TLS session from before the revocation must not be accepted.
    answer = await proxy.ask(SECURE, context=context)
    assert answer.status == 400
    assert received(answer)["haas-refused"] == "certificate-invalid"
    assert (await proxy.ask(SECURE, client=recipient)).status == 200


@pytest.mark.parametrize(
    "name",
    [
        *("Client-Cert", "client-cert", "Client_Cert", "client_cert", "HAAS-Refused", "Haas_Refused", "X-Real-IP"),
        *("traceparent", "tracestate", "baggage", "HAAS-Proxy-Seconds"),
    ],
)
async def test_internal_headers_that_a_client_sends_are_removed(
    proxy: Proxy, recipient: IssuedClient, name: str
) -> None:
    secure = received(await proxy.ask(SECURE, client=recipient, headers={name: "smuggled"}))
    public = received(await proxy.ask(PUBLIC, headers={name: "smuggled"}))
    missing = received(await proxy.ask(SECURE, headers={name: "smuggled"}))
    assert "smuggled" not in {*secure.values(), *public.values(), *missing.values()}
    assert secure["client-cert"].startswith(":MII")
    assert "client-cert" not in public
    assert "haas-refused" not in {*secure, *public}


async def test_the_trace_of_a_load_balancer_is_passed_on_if_it_is_trusted(state_folder: Path, proxy: Proxy) -> None:
    headers = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "tracestate": "a=b"}
    folder = state_folder / "proxy-traces"
    async with running_proxy(folder, in_front_of=proxy.applications, trace_context=True) as trusting:
        told = received(await trusting.ask(PUBLIC, headers=headers))
    assert told["traceparent"] == headers["traceparent"]
    assert "tracestate" not in told
    assert 0 <= float(told["haas-proxy-seconds"]) < 60


async def test_forwarded_headers_that_a_client_sends_are_replaced(proxy: Proxy, recipient: IssuedClient) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
    told = received(await proxy.ask(SECURE, client=recipient, headers=headers))
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert told["x-forwarded-proto"] == "https"
    assert told["host"] == SECURE


async def test_a_tls_session_cannot_be_resumed_at_a_secure_host(proxy: Proxy, recipient: IssuedClient) -> None:
    """A resumed session would skip the check of the client certificate."""
    context = proxy.context(recipient)
    for first, second in ((PUBLIC, SECURE), (SECURE, OTHER_SECURE), (SECURE, SECURE)):
        assert await proxy.resumes(first, second, context) is False


async def test_a_public_host_forwards_no_client_certificate(proxy: Proxy, recipient: IssuedClient) -> None:
    told = received(await proxy.ask(PUBLIC, client=recipient))
    assert "client-cert" not in told
