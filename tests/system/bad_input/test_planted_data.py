"""Personal data and secrets, planted in everything that a request has, are in no log and in no metric of the stack.

The requests go through the proxy: a whole consent at both brands with the data that it discloses, and wrong requests to
every surface. The real values are looked for too: codes, tokens, names, addresses.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus, urlencode

import httpx
import msgspec
import pytest

from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.answers import Flow, Refused, Tokens
from ops.sandbox.recipient.client import RecipientClient
from ops.stack.embedded import Stack
from tests.support.ecosystem import Ecosystem

PLANTED: Final = {
    "name": "Quillon Zebrowitz",
    "email": "quillon.zebrowitz@planted.test",
    "phone": "+61491570156",
    "nmi": "41025550123",
    "account": "ACC7731PLANTED",
    "address": "17 Zebrowitz Parade",
    "code": "904417",
    "token": "plantedtoken8c1f0e2d4b6a",
    "request_uri": "urn:ietf:params:oauth:request_uri:planted-81",
    "state": "planted-state-55aa",
    "agent": "PlantedAgent/9.9",
    "customer_address": "203.0.113.77",
}
HEADERS: Final = {
    "User-Agent": PLANTED["agent"],
    "Authorization": f"Bearer {PLANTED['token']}",
    "Cookie": f"__Host-session={PLANTED['token']}; name={PLANTED['email']}",
    "Referer": f"https://elsewhere.test/{PLANTED['account']}?email={PLANTED['email']}",
    "x-fapi-customer-ip-address": PLANTED["customer_address"],
    "x-fapi-auth-date": PLANTED["name"],
    "x-cds-client-headers": PLANTED["token"],
    "x-v": PLANTED["email"],
    "x-fapi-interaction-id": PLANTED["email"],
    "traceparent": PLANTED["token"],
    "baggage": f"email={PLANTED['email']}",
    PLANTED["account"]: PLANTED["phone"],
}
PERSONAL: Final = {
    *("accountNumber", "displayName", "firstName", "lastName", "middleNames", "businessName", "agentFirstName"),
    *(
        "addressLine1",
        "thoroughfareNumber1",
        "streetName",
        "localityName",
        "fullNumber",
        "address",
        "nationalMeteringId",
    ),
}
PUBLIC_PATHS: Final = (
    "/{email}",
    "/authorise",
    "/flow/{token}/identify",
    "/dashboard/sign-in",
    "/dashboard/link",
    "/dashboard/arrangements/{account}/withdraw",
    "/cds-au/v1/discovery/status",
    "/theme/{name}",
)
SECURE_PATHS: Final = (
    *(
        "/token",
        "/par",
        "/introspect",
        "/revoke",
        "/arrangements/revoke",
        "/register",
        "/register/{account}",
        "/userinfo",
    ),
    "/cds-au/v1/common/customer",
    "/cds-au/v1/energy/accounts/{account}",
    "/cds-au/v1/energy/accounts/balances",
    "/cds-au/v1/energy/electricity/servicepoints/{nmi}/usage",
    "/{name}",
)
SHORTEST: Final = 5
"""Shorter values of answers, such as house numbers, are in logs by chance."""


def strings(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Return every text of a JSON value with the name of its member."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from strings(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from strings(member, name)
    elif isinstance(value, str):
        yield name, value


async def disclosed(client: RecipientClient, tokens: Tokens) -> set[str]:
    """Ask for the data of a consent; return the personal values, and the ids that were made for the recipient."""
    found: set[str] = set()
    asked = {"/common/customer": 1, "/common/customer/detail": 2, "/energy/accounts": 2}
    asked |= {"/energy/accounts/balances": 1, "/energy/electricity/servicepoints": 2}
    for path, version in asked.items():
        response = await client.resource(path, tokens.access_token, version=version)
        if response.status_code == 200:
            found |= {text for name, text in strings(response.json()) if name in PERSONAL or name.endswith("Id")}
    assert found
    return {text for text in found if len(text) >= SHORTEST}


async def plant(http: httpx.AsyncClient, origin: str, paths: tuple[str, ...]) -> list[int]:
    """Send wrong requests with the planted values in the path, query, headers and body. Return the statuses."""
    statuses = []
    for path in paths:
        url = origin + path.format(**{name: quote(value, safe="") for name, value in PLANTED.items()})
        form = urlencode(PLANTED).encode()
        for method, kind, body in (
            ("GET", "", b""),
            ("POST", "application/x-www-form-urlencoded", form),
            ("POST", "application/json", json.dumps({"data": {"accountIds": [*PLANTED.values()]}, **PLANTED}).encode()),
            ("PUT", "application/jwt", f"eyJhbGciOiJub25lIn0.{PLANTED['token']}.".encode()),
        ):
            headers = {**HEADERS, **({"Content-Type": kind} if kind else {})}
            answer = await http.request(method, url, params=PLANTED, content=body, headers=headers)
            statuses.append(answer.status_code)
    return statuses


async def journey(
    ecosystem: Ecosystem, client: RecipientClient, monkeypatch: pytest.MonkeyPatch
) -> tuple[Tokens, set[str]]:
    """Share a customer's data, renew the tokens, and sign in at the dashboard. Return all secrets and personal data."""
    secrets: set[str] = set()
    read_code = ecosystem.control.code

    async def recorded_code(to: str, after: int) -> str:
        code = await read_code(to, after)
        secrets.update((code, to))
        return code

    monkeypatch.setattr(ecosystem.control, "code", recorded_code)
    flow: Flow = await client.push(_scope(client), sharing_duration=86_400)
    code = await ecosystem.authorised(client, flow, 1)
    tokens = await client.exchange(code, flow)
    renewed = await client.refresh(str(tokens.refresh_token))
    secrets |= {code, flow.request_uri, str(flow.state), str(flow.nonce), flow.code_verifier, renewed.access_token}
    secrets |= {tokens.access_token, str(tokens.refresh_token), str(tokens.id_token), *tokens.id_claims["sub"].split()}
    secrets |= await disclosed(client, tokens)
    tenant = ecosystem.banksia if client is ecosystem.elsewhere else ecosystem.aurora
    await ecosystem.signed_in(1, tenant)
    return tokens, secrets


def _scope(client: RecipientClient) -> str:
    supported = client.holder.metadata.scopes_supported
    return " ".join(scope for scope in supported if not scope.startswith(("cdr:", "admin:")))


async def everything_written(stack: Stack, since: Mapping[Path, int]) -> dict[str, str]:
    """Return what each log has gained, nginx's and the servers' too, and what each process tells Prometheus."""
    written = {
        log.name: log.read_bytes()[since.get(log, 0) :].decode(errors="replace") for log in stack.folder.logs.iterdir()
    }
    async with httpx.AsyncClient(trust_env=False) as local:
        for target in json.loads(stack.folder.scrape_targets.read_text()):
            written[str(target)] = (await local.get(f"http://{target['targets'][0]}/metrics")).text
    return written


async def test_no_planted_value_is_in_a_log_or_a_metric(
    ecosystem: Ecosystem, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = {log: log.stat().st_size for log in stack.folder.logs.iterdir()}
    values = set(PLANTED.values())
    at_aurora, found = await journey(ecosystem, ecosystem.mine, monkeypatch)
    values |= found
    _, found = await journey(ecosystem, ecosystem.elsewhere, monkeypatch)
    values |= found
    for body in (PLANTED, {"data": {"accountIds": [PLANTED["account"], PLANTED["email"]]}}):
        url = ecosystem.mine.resource_url("/energy/accounts/balances")
        headers = {**ecosystem.mine.resource_headers(at_aurora.access_token, version=1), "User-Agent": PLANTED["agent"]}
        refused = await ecosystem.mine.http.post(url, json=body, headers=headers, params={"state": PLANTED["state"]})
        assert refused.status_code in (400, 422)
    with pytest.raises(Refused):
        await ecosystem.mine.introspect(PLANTED["token"], assertion=_planted_assertion())
    async with ecosystem.http() as http:
        origins = (ecosystem.aurora.issuer, ecosystem.aurora.management_base_uri, stack.description.console_url)
        for origin in origins:
            statuses = await plant(http, str(httpx.URL(origin).join("/")).rstrip("/"), PUBLIC_PATHS)
            assert min(statuses) >= 200
            assert any(status >= 400 for status in statuses)
    secure = str(httpx.URL(ecosystem.aurora.resource_base_uri).join("/")).rstrip("/")
    assert set(await plant(ecosystem.mine.http, secure, SECURE_PATHS)) <= {*range(400, 430)}

    written = await everything_written(stack, since)
    assert '"event":"oauth.refused"' in written["app.log"]
    assert "haas_requests_total" in "".join(written.values())
    assert len(values) > 40
    assert places(written, values) == set()
    assert ("app.log", "aurora") in places(written, {"aurora"}), "what is in a log is found"
    for name in ("app.log", "worker.log", "schedule.log", "provisioner.log", "access.log"):
        for line in written[name].splitlines():
            assert isinstance(msgspec.json.decode(line), dict), name


def places(written: Mapping[str, str], values: set[str]) -> set[tuple[str, str]]:
    """Return where each of the values is written, as it is or encoded as in a URL."""
    return {
        (where, value)
        for where, text in written.items()
        for value in values
        for form in {value, quote(value, safe=""), quote_plus(value), value.replace("@", "%40")}
        if re.search(rf"(?<![\w-]){re.escape(form)}(?![\w-])", text)
    }


def _planted_assertion() -> Deviation:
    return Deviation(token=f"eyJhbGciOiJub25lIn0.{PLANTED['token']}.{PLANTED['token']}")
