"""The measured operations, and their requests, which are prepared before the measurement starts."""

import ssl
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import format_datetime
from itertools import islice, repeat
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec

from ops.bench.load import Target
from ops.sandbox.jose import s256
from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.answers import Tokens
from ops.sandbox.recipient.authenticated import ASSERTION_TYPE
from ops.sandbox.recipient.client import RecipientClient
from ops.smoke.participants import SCOPES
from tenants.registry.models import Tenant

_VERIFIER: Final = "v" * 43


class Caller(msgspec.Struct, frozen=True):
    """A recipient with tokens that are valid at every measured tenant."""

    client: RecipientClient
    tokens: Tokens
    context: ssl.SSLContext


class Operation(msgspec.Struct, frozen=True):
    """One measured endpoint. `requests` prepares the given number of requests to a tenant."""

    name: str
    status: int
    requests: Callable[[Caller, Tenant, int], Iterator[bytes]]


def energy_accounts(caller: Caller, tenant: Tenant, count: int) -> Iterator[bytes]:
    """Get Energy Accounts, the first page."""
    headers = data_headers(caller.tokens.access_token, 2, caller.client.clock.now())
    return repeat(http_request(tenant, "GET", "/cds-au/v1/energy/accounts", headers), count)


def introspection(caller: Caller, tenant: Tenant, count: int) -> Iterator[bytes]:
    """Introspect the refresh token."""
    fields = {"token": str(caller.tokens.refresh_token), "token_type_hint": "refresh_token"}
    return _posts(caller, tenant, "/introspect", lambda: fields, count)


def refresh(caller: Caller, tenant: Tenant, count: int) -> Iterator[bytes]:
    """Request an access token by the refresh token. The response contains an ID token too."""
    fields = {"grant_type": "refresh_token", "refresh_token": str(caller.tokens.refresh_token)}
    return _posts(caller, tenant, "/token", lambda: fields, count)


def pushed_request(caller: Caller, tenant: Tenant, count: int) -> Iterator[bytes]:
    """Push a signed request object."""
    claims = {
        "response_type": "code",
        "response_mode": "jwt",
        "redirect_uri": caller.client.redirect_uri,
        "scope": SCOPES,
        "state": "state",
        "nonce": "nonce",
        "claims": {"sharing_duration": 86_400, "id_token": {"acr": {"essential": True, "value": "urn:cds.au:cdr:2"}}},
        "code_challenge": s256(_VERIFIER),
        "code_challenge_method": "S256",
    }
    audience = Deviation(claims={"aud": tenant.issuer})
    return _posts(caller, tenant, "/par", lambda: {"request": caller.client.request_object(claims, audience)}, count)


OPERATIONS: Final = (
    Operation("Get Energy Accounts", 200, energy_accounts),
    Operation("introspection", 200, introspection),
    Operation("token (refresh)", 200, refresh),
    Operation("PAR", 201, pushed_request),
)


def data_headers(access_token: str, version: int, now: datetime) -> dict[str, str]:
    """Return the headers of a call of a data operation while the customer is not present."""
    return {
        "Authorization": f"Bearer {access_token}",
        "x-v": f"{version}",
        "x-fapi-interaction-id": str(uuid.uuid4()),
        "x-fapi-auth-date": format_datetime(now, usegmt=True),
        "Accept": "application/json",
    }


def _posts(
    caller: Caller, tenant: Tenant, path: str, fields: Callable[[], dict[str, str]], count: int
) -> Iterator[bytes]:
    """Prepare form requests, each with a new client assertion, because an assertion is accepted only once."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    audience = Deviation(claims={"aud": tenant.issuer})

    def prepared() -> Iterator[bytes]:
        while True:
            authentication = {
                "client_id": caller.client.client_id,
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": caller.client.assertion(audience),
            }
            yield http_request(tenant, "POST", path, headers, urlencode({**authentication, **fields()}).encode())

    return iter(list(islice(prepared(), count)))


def target(tenant: Tenant, requests: Iterator[bytes]) -> Target:
    """Return the secure host of a tenant with the requests to send to it."""
    return Target(urlsplit(tenant.secure_base).hostname or "", requests)


def http_request(tenant: Tenant, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return a request to the secure host of a tenant, as HTTP/1.1 sends it."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(tenant.secure_base).netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body
