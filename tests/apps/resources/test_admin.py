"""Get Metrics and Metadata Update: who may call them, what they answer, and what a metadata update causes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import select

from haas.clock import epoch
from haas.database.dedicated import session_lock
from haas.errors import HaasError
from ops.sandbox.jose import SigningKey
from ops.sandbox.messages import Deviation, signed
from ops.sandbox.recipient.client import RecipientClient
from tenants.cds.envelope import Envelope
from tenants.notices.errors import NotDelivered
from tenants.notices.models import Notice
from tenants.notices.tables import outbox
from tenants.oauth.scopes import METADATA_UPDATE, METRICS
from tenants.payloads.metrics_v5 import MetricsV5
from tenants.register import store as register
from tenants.registration import register_refresh
from tenants.registration.register_refresh import RegisterRefreshChannel
from tenants.registry.models import Tenant
from tenants.registry.names import owner_namespace
from tests.apps.resources.conftest import Sharing
from tests.support.application import Application
from tests.support.clients import new_product, product_client
from tests.support.expectations import cds_error
from tests.support.rows import execute
from tests.support.standards import ADMIN_FILES, Standards, official_folder

REFRESH = {"data": {"action": "REFRESH"}}


class Register:
    """The CDR Register as a caller of the admin operations of a brand."""

    def __init__(self, application: Application, tenant: Tenant, client: RecipientClient) -> None:
        self.application, self.tenant, self.client = application, tenant, client

    async def token(self, scope: str = METRICS) -> str:
        return (await self.client.client_credentials(scope)).access_token

    def jwt(self, key: SigningKey | None = None, alg: str | None = None, **claims: Any) -> str:
        """Return a self-signed JWT; None leaves a claim out. `alg` is stated and used instead of the key's own."""
        now = self.application.now
        stated = {
            "iss": "cdr-register",
            "sub": "cdr-register",
            "aud": self.tenant.secure_base,
            "exp": epoch(now) + 60,
            "jti": str(uuid4()),
            **claims,
        }
        kept = {name: value for name, value in stated.items() if value is not None}
        return signed(kept, key or self.client.key, Deviation(header={"alg": alg} if alg else {}))

    async def metrics(self, token: str | None, query: str = "", **headers: str | None) -> httpx.Response:
        return await self._send("GET", f"/metrics{query}", token, {"x-v": "5", **headers})

    async def update(self, token: str | None, body: Any = REFRESH, **headers: str | None) -> httpx.Response:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        sent = {"x-v": "1", "content-type": "application/json", **headers}
        return await self._send("POST", "/register/metadata", token, sent, content)

    async def _send(
        self, method: str, path: str, token: str | None, headers: dict[str, str | None], content: bytes = b""
    ) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        url = f"{self.tenant.secure_base}/cds-au/v1/admin{path}"
        async with self.application.http() as http:
            return await http.request(method, url, headers=sent, content=content)


@pytest.fixture
async def caller(sharing: Sharing, brand: Any) -> Register:
    """The Register at the brand with which a consumer shares accounts."""
    application: Application = brand.application
    client = await product_client(application, brand.tenant, new_product(application), client_id="cdr-register")
    client.key = application.register_key
    return Register(application, brand.tenant, client)


async def test_the_metrics_of_each_period_fulfil_the_payload_type_and_the_official_definition(
    caller: Register, brand: Any
) -> None:
    """F-7, F-8, F-25: CURRENT, HISTORIC and ALL, with calls of a consumer's data."""
    await brand.calls()
    token = await caller.token()
    bodies = {}
    for query in ("", "?period=CURRENT", "?period=HISTORIC", "?period=ALL"):
        response = await caller.metrics(token, query)
        assert (response.status_code, response.headers["x-v"]) == (200, "5"), response.text
        decoded = msgspec.json.decode(response.content, type=Envelope[MetricsV5])
        assert decoded.links.self == f"{caller.tenant.secure_base}/cds-au/v1/admin/metrics{query}"
        assert decoded.data.customerCount >= 1
        bodies[query] = response.json()
    today = bodies["?period=CURRENT"]["data"]
    assert today["sessionCount"]["currentDay"] >= 1
    assert today["authorisations"]["newAuthorisationCount"]["currentDay"]["ongoing"]["individual"] >= 1
    standards = Standards(official_folder(), ADMIN_FILES)
    assert [each for body in bodies.values() for each in standards.violations("getMetrics", 5, body)] == []


async def test_only_the_register_opens_the_operations_with_an_access_token(
    caller: Register, sharing: Sharing, application: Application
) -> None:
    """F-4a, F-5, F-13, case 6: a token of another scope is 403, and one of a recipient opens nothing."""
    cds_error(await caller.metrics(None), "cds-all:GeneralError/Expected", "", 401)
    for refused, status in (
        ("unknown", 401),
        (caller.jwt(), 401),  # the brand has not agreed on self-signed JWTs
        (sharing.tokens.access_token, 403),
        ((await sharing.client.client_credentials("cdr:registration")).access_token, 403),
    ):
        assert (await caller.metrics(refused)).status_code == status
        assert (await caller.update(refused)).status_code == status
    assert (await caller.update(await caller.token(METRICS))).status_code == 403
    assert (await caller.metrics(await caller.token(METADATA_UPDATE))).status_code == 403
    async with application.http("another certificate") as http:
        headers = {"x-v": "5", "Authorization": f"Bearer {await caller.token()}"}
        response = await http.get(f"{caller.tenant.secure_base}/cds-au/v1/admin/metrics", headers=headers)
    assert response.status_code == 401
    assert await _refreshes(caller) == []


async def test_the_register_can_sign_a_jwt_itself_if_the_brand_has_agreed_on_that(
    caller: Register, application: Application, sharing: Sharing
) -> None:
    """F-4b, case 6: the claims, the algorithm and the signature are checked, and a JWT is used once.

    The Register may sign with PS256 or ES256, also if it uses an access token.
    """
    token, elliptic = await caller.token(), application.register_keys["ES256"]
    assert (await caller.client.client_credentials(METRICS, assertion=Deviation(key=elliptic))).scope == METRICS
    await application.change(caller.tenant, register_authentication="self-signed-jwt")
    try:
        for key in application.register_keys.values():
            jwt = caller.jwt(key)
            assert (await caller.metrics(jwt)).status_code == 200, key.algorithm
            assert (await caller.metrics(jwt)).status_code == 401
            assert (await caller.update(jwt)).status_code == 401
            assert (await caller.update(caller.jwt(key))).status_code == 200, key.algorithm
        refused = caller.jwt()
        assert (await caller.metrics(refused, "?period=NOW")).status_code == 400
        assert (await caller.metrics(refused)).status_code == 401  # also a refused call has used the JWT
        another = SigningKey.generate("ES256")
        for wrong in (
            caller.jwt(iss="another", sub="another"),
            caller.jwt(sub="another"),
            caller.jwt(aud=f"{caller.tenant.secure_base}/token"),
            caller.jwt(aud=None),
            caller.jwt(exp=None),
            caller.jwt(exp=epoch(application.now) - 600),
            caller.jwt(jti=None),
            caller.jwt(another),
            *(caller.jwt(alg=algorithm) for algorithm in ("none", "RS256", "HS256", "ES256")),
            caller.jwt(elliptic, alg="PS256"),
            caller.jwt(sharing.client.key, iss=sharing.client.client_id, sub=sharing.client.client_id),
            sharing.tokens.access_token,
            token,
        ):
            cds_error(await caller.metrics(wrong), "cds-all:GeneralError/Expected", "", 401)
        with pytest.raises(HaasError, match="self-signed"):
            await caller.token()
    finally:
        await application.change(caller.tenant, register_authentication="private-key-jwt")


async def test_a_token_of_the_register_is_for_one_operation(caller: Register) -> None:
    """F-4a: the scope of a token must be that of the operation."""
    with pytest.raises(HaasError, match="one operation"):
        await caller.token(f"{METRICS} {METADATA_UPDATE}")


@pytest.mark.parametrize(
    ("query", "headers", "urn", "status"),
    [
        ("?period=NOW", {}, "Field/Invalid", 400),
        ("?period=", {}, "Field/Invalid", 400),
        ("?period=ALL&period=ALL", {}, "Field/Invalid", 400),
        ("", {"x-v": None}, "Header/Missing", 400),
        ("", {"x-v": "one"}, "Header/InvalidVersion", 400),
        ("", {"x-v": "4"}, "Header/UnsupportedVersion", 406),
        ("", {"x-v": "9", "x-min-v": "6"}, "Header/UnsupportedVersion", 406),
        ("", {"accept": "text/html"}, "GeneralError/Expected", 406),
        ("", {"x-fapi-interaction-id": "one"}, "Header/Invalid", 400),
    ],
)
async def test_a_wrong_request_for_metrics_is_refused(
    caller: Register, query: str, headers: dict[str, Any], urn: str, status: int
) -> None:
    """F-1, F-3, F-7."""
    cds_error(await caller.metrics(await caller.token(), query, **headers), f"cds-all:{urn}", "", status)


async def test_a_metadata_update_is_answered_at_once_and_recorded(caller: Register) -> None:
    """F-9, F-10, F-12: 200 with an empty object; of the body only the action is read."""
    token = await caller.token(METADATA_UPDATE)
    for body in (REFRESH, {**REFRESH, "meta": {}, "other": 1}):
        response = await caller.update(token, body)
        assert (response.status_code, response.json(), response.headers["x-v"]) == (200, {}, "1")
    recorded = await _refreshes(caller)
    assert [row.payload for row in recorded][-1] == {"interaction_id": response.headers["x-fapi-interaction-id"]}
    for wrong, urn in (
        ({"data": {"action": "DELETE"}}, "Field/Invalid"),
        ({"data": {}}, "Field/Missing"),
        ({}, "Field/Missing"),
        ([], "Field/Invalid"),
        (b"{", "Field/Invalid"),
    ):
        cds_error(await caller.update(token, wrong), f"cds-all:{urn}", "", 400)
    assert (await caller.update(token, **{"content-type": "text/plain"})).status_code == 415
    assert len(await _refreshes(caller)) == len(recorded)


async def test_one_reading_of_the_register_answers_all_requests_that_were_made_before(
    application: Application, brand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-12: a request that was made after the reading began causes another one, also in another process."""
    control, tenant, now = owner_namespace(application.services.settings), brand.tenant, application.now
    polls: list[str] = []
    asking: list[int] = []
    both_ask = asyncio.Event()

    @asynccontextmanager
    async def observed_lock(url: str, name: str, number: int) -> AsyncIterator[None]:
        asking.append(number)
        if len(asking) == 3:  # the first one was for the reading that failed
            both_ask.set()
        async with session_lock(url, name, number):
            yield

    monkeypatch.setattr(register_refresh, "session_lock", observed_lock)

    async def poll(environment: str) -> None:
        polls.append(environment)
        if len(polls) == 1:
            raise HaasError("the Register does not answer")
        async with asyncio.timeout(10):
            await both_ask.wait()
        async with application.deployment.owner.transaction(control) as tx:
            await register.put_statuses(tx, environment, register.Statuses({}, {}), application.now)

    url = application.services.settings.database_url
    channel, of_another_process = (
        RegisterRefreshChannel(application.deployment.owner, control, poll, url) for _ in range(2)
    )
    asked = Notice(
        id=uuid4(), lease=uuid4(), kind="register-refresh", payload={}, created_at=now, expires_at=None, tries=1
    )
    with pytest.raises(NotDelivered, match="does not answer"):
        await channel.deliver(tenant, asked)
    await asyncio.gather(*(each.deliver(tenant, asked) for each in (channel, of_another_process, channel)))
    assert polls == [tenant.register_environment.id] * 2
    later = msgspec.structs.replace(asked, created_at=application.now + timedelta(seconds=1))
    await of_another_process.deliver(tenant, later)
    assert len(polls) == 3


async def _refreshes(caller: Register) -> list[Any]:
    query = select(outbox).where(outbox.c.kind == "register-refresh").order_by(outbox.c.created_at, outbox.c.due_at)
    return await execute(caller.application.database, caller.tenant, query)
