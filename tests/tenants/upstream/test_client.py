"""What the client of the retailer's server sends, and what it makes of each answer, against a real TLS server."""

from typing import Any

import msgspec
import pytest

from haas.outbound import Outbound
from haas.outbound_clients import TlsCredential
from ops.deployment import Deployment
from tenants.keys.service import Keyring
from tenants.registry.models import Tenant, TenantSettings, UpstreamServer
from tenants.upstream.access import UpstreamAccess, UpstreamAccesses
from tenants.upstream.client import UpstreamClient, path_of
from tenants.upstream.credentials import UPSTREAM_CREDENTIALS
from tenants.upstream.errors import (
    UpstreamBusy,
    UpstreamNotAuthenticated,
    UpstreamNotConfigured,
    UpstreamTimedOut,
    UpstreamUnavailable,
    UpstreamWithheld,
)
from tenants.upstream.models import UpstreamCredential
from tenants.upstream.operations import GET_ACCOUNT, GET_BALANCE, GET_HEALTH, LIST_BALANCES
from tests.support.https_server import HttpsServer
from tests.tenants.upstream.conftest import holder_credential

PROBLEM = b'{"refused": true, "reason": "safety"}'


class Asked:
    """A tenant that asks a server, and the client."""

    def __init__(self, tenant: Tenant, client: UpstreamClient, https: HttpsServer) -> None:
        self.tenant, self.client, self.https = tenant, client, https

    def with_server(self, **values: Any) -> "Asked":
        """Return the tenant with other values of its server."""
        server = msgspec.structs.replace(self.tenant.settings.upstream, **values)
        settings = msgspec.structs.replace(self.tenant.settings, upstream=server)
        return Asked(msgspec.structs.replace(self.tenant, settings=settings), self.client, self.https)

    async def ask(self, *ids: str, operation: Any = GET_ACCOUNT, seconds: float = 5.0, **options: Any) -> bytes:
        return await self.client.call(self.tenant, seconds=seconds).ask(operation, *ids, **options)

    def answers(self, status: int, body: bytes = b"") -> None:
        self.https.answer = lambda _: (status, body)


@pytest.fixture
async def asked(
    deployment: Deployment, tenant: Tenant, keyring: Keyring, https: HttpsServer, outbound: Outbound
) -> Asked:
    server = UpstreamServer(base_uri=f"{https.origin('cdr')}/base/")
    tenant = msgspec.structs.replace(tenant, settings=TenantSettings(customer_source="upstream", upstream=server))
    async with deployment.database.transaction(tenant.namespace) as tx:
        await UPSTREAM_CREDENTIALS.save(tx, tenant.id, deployment.sealer, holder_credential(deployment.clock.now()))
    accesses = UpstreamAccesses(deployment.database, deployment.sealer, outbound, deployment.clock)
    return Asked(tenant, UpstreamClient(outbound, accesses, keyring, deployment.clock), https)


async def test_an_id_of_the_retailer_is_encoded_in_the_path(asked: Asked) -> None:
    asked.answers(200, b'{"data": 1}')
    assert await asked.ask("a/b?c=ü&d") == b'{"data": 1}'
    [request] = asked.https.requests
    assert (request.method, request.path) == ("GET", "/base/accounts/a%2Fb%3Fc%3D%C3%BC%26d")
    assert request.headers["accept"] == "application/json"


def test_the_number_of_ids_must_be_that_of_the_path() -> None:
    for ids in ((), ("",), ("a", "b")):
        with pytest.raises(ValueError, match="other parameters"):
            path_of(GET_BALANCE, *ids)
    assert path_of(GET_HEALTH) == "/health"
    assert path_of(GET_BALANCE, "a") == "/accounts/a/balance"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, PROBLEM, UpstreamWithheld),
        (404, b"", UpstreamWithheld),
        (409, b"{}", UpstreamWithheld),
        (429, b"", UpstreamBusy),
        (400, b"", UpstreamUnavailable),
        (401, b"", UpstreamNotAuthenticated),
        (403, b"not JSON", UpstreamNotAuthenticated),
        (302, b"", UpstreamUnavailable),
        (500, b"", UpstreamUnavailable),
        (503, PROBLEM, UpstreamUnavailable),
        (504, b"", UpstreamTimedOut),
    ],
)
async def test_each_status_is_one_error(asked: Asked, status: int, body: bytes, kind: type[Exception]) -> None:
    """C-X6. No error has the URI, which contains an id of the retailer."""
    asked.answers(status, body)
    with pytest.raises(kind) as raised:
        await asked.ask("an-account")
    assert type(raised.value) is kind
    assert "an-account" not in str(raised.value)
    assert raised.value.__cause__ is None


async def test_an_unknown_object_is_an_error_where_the_contract_knows_none(asked: Asked) -> None:
    asked.answers(404)
    with pytest.raises(UpstreamUnavailable):
        await asked.ask(operation=LIST_BALANCES)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("17", 17), ("0", 1), ("99999", 300), ("Wed, 21 Oct 2026 07:28:00 GMT", 10), ("-1", 10), ("9" * 30, 10)],
)
async def test_the_retry_after_of_the_server_is_used_within_bounds(asked: Asked, given: str, seconds: int) -> None:
    asked.answers(429)
    asked.https.headers = {"Retry-After": given}
    with pytest.raises(UpstreamBusy) as busy:
        await asked.ask("a")
    assert busy.value.seconds_to_retry == seconds


async def test_a_call_whose_time_is_over_sends_nothing(asked: Asked) -> None:
    with pytest.raises(UpstreamTimedOut):
        await asked.ask("a", seconds=0.0)
    assert asked.https.requests == []


async def test_a_tenant_without_a_certificate_sends_nothing(
    deployment: Deployment, asked: Asked, two_tenants: tuple[Tenant, Tenant]
) -> None:
    other = msgspec.structs.replace(two_tenants[0], settings=asked.tenant.settings)
    with pytest.raises(UpstreamNotConfigured, match="client certificate"):
        await Asked(other, asked.client, asked.https).ask("a")
    assert asked.https.requests == []


async def test_a_tenant_without_a_client_secret_sends_nothing(asked: Asked) -> None:
    changed = asked.with_server(authentication="client-credentials", token_uri=f"{asked.https.origin('cdr')}/token")
    with pytest.raises(UpstreamNotConfigured, match="client secret"):
        await changed.ask("a")
    assert asked.https.requests == []


async def test_the_credentials_for_the_token_endpoint_are_encoded(deployment: Deployment, asked: Asked) -> None:
    """RFC 6749 2.3.1: both parts are encoded as in a form. The answer's token is used for the next request too."""
    secret = UpstreamCredential(kind="client-secret", presented="a:b", secret="s ü%", changed_at=deployment.clock.now())
    async with deployment.database.transaction(asked.tenant.namespace) as tx:
        await UPSTREAM_CREDENTIALS.save(tx, asked.tenant.id, deployment.sealer, secret)
    token = b'{"access_token": "t0ken", "token_type": "Bearer", "expires_in": 300}'
    asked.https.answer = lambda request: (200, token if request.path == "/token" else b"{}")
    changed = asked.with_server(
        authentication="client-credentials", token_uri=f"{asked.https.origin('cdr')}/token", scope="cdr read"
    )
    for _ in range(2):
        await changed.ask("a")
    first, *others = asked.https.requests
    assert first.form == {"grant_type": "client_credentials", "scope": "cdr read"}
    assert first.headers["authorization"] == "Basic YSUzQWI6cyslQzMlQkMlMjU="
    assert [each.headers["authorization"] for each in others] == ["Bearer t0ken", "Bearer t0ken"]


@pytest.mark.parametrize(
    "answer",
    [
        (401, b"{}"),
        (200, b"not JSON"),
        (200, b'{"access_token": "a b", "token_type": "Bearer"}'),
        (200, b'{"access_token": "a", "token_type": "mac"}'),
        (200, b'{"token_type": "Bearer"}'),
    ],
)
async def test_an_answer_of_the_token_endpoint_that_cannot_be_used(
    deployment: Deployment, asked: Asked, answer: tuple[int, bytes]
) -> None:
    secret = UpstreamCredential(kind="client-secret", presented="a", secret="b", changed_at=deployment.clock.now())
    async with deployment.database.transaction(asked.tenant.namespace) as tx:
        await UPSTREAM_CREDENTIALS.save(tx, asked.tenant.id, deployment.sealer, secret)
    asked.https.answer = lambda _: answer
    changed = asked.with_server(authentication="client-credentials", token_uri=f"{asked.https.origin('cdr')}/token")
    with pytest.raises(UpstreamUnavailable):
        await changed.ask("a")
    assert [request.path for request in asked.https.requests] == ["/token"]


async def test_the_circuit_opens_after_failures_and_then_nothing_is_sent(asked: Asked) -> None:
    asked.answers(500)
    for _ in range(7):
        with pytest.raises(UpstreamUnavailable):
            await asked.ask("a")
    assert len(asked.https.requests) == 5


def test_secrets_are_not_in_the_text_of_objects() -> None:
    certificate = TlsCredential("chain", "PRIVATE")
    secret = UpstreamCredential(kind="client-secret", presented="id", secret="S3cret", changed_at=None)  # type: ignore[arg-type]
    shown = repr(UpstreamAccess(certificate, secret))
    assert "PRIVATE" not in shown
    assert "S3cret" not in shown
