"""The requests that the proxy has refused itself, which it counts and sends every few seconds.

They reach no application: a request that is malformed or too large, that exceeds a limit of the proxy, or that no
process answered. Get Metrics counts them among the errors, and those above a limit among the rejections (decision
0046). Which data they ask for, and who sent them, is not known.
"""

import logging
from datetime import timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from haas.http import AsgiReceive, AsgiSend
from tenants.calls import CalledTenant, CallRecord, record
from tenants.oauth.called_operations import by_name
from tenants.registry.models import Tenant
from tenants.registry.surfaces import Surface
from tenants.services import Services

logger = logging.getLogger(__name__)

HOST: Final = "unknown.invalid"
"""The host of these requests. No client can send a request for it: the proxy has no certificate with this name."""
MAXIMUM_BYTES: Final = 512 * 1024
_LONGEST_AGE: Final = timedelta(days=8)
"""Get Metrics reports on no earlier day."""
_TOO_MANY: Final = 429


class ProxyRefusal(msgspec.Struct, frozen=True):
    """Requests to one operation of a host that the proxy has answered with the same status in the same second."""

    age: Annotated[int, Meta(ge=-60, le=int(_LONGEST_AGE.total_seconds()))]
    """How many seconds ago they were refused."""
    host: str
    operation: str
    status: Annotated[int, Meta(ge=400, le=599)]
    number: Annotated[int, Meta(ge=1)]


_DECODER: Final = msgspec.json.Decoder(list[ProxyRefusal])


async def take_refusals(services: Services, receive: AsgiReceive, send: AsgiSend) -> None:
    """Count the refusals in the body of a request of the proxy. The status is 204, or 400 if it is malformed.

    Raise Unavailable if the registry cannot be read: the proxy keeps the counts and sends them again.
    """
    status = 204
    try:
        refusals = _DECODER.decode(await _body(receive))
    except msgspec.DecodeError:
        logger.exception("proxy.refusals_malformed")
        status = 400
    else:
        found = [await services.registry.by_host(refusal.host) for refusal in refusals]
        for refusal, host in zip(refusals, found, strict=True):
            if host is not None:
                _count(services, refusal, *host)
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _count(services: Services, refusal: ProxyRefusal, tenant: Tenant, surface: Surface) -> None:
    called = by_name().get(refusal.operation)
    if called is None or called.surface != surface:
        return
    call = CallRecord(
        tenant=CalledTenant(tenant.namespace, tenant.id),
        at=services.clock.now() - timedelta(seconds=max(refusal.age, 0)),
        operation=refusal.operation,
        tier="other",
        status=refusal.status,
        latency=0,
        interaction_id="",
        authenticated=called.authenticated,
        throttled=refusal.status == _TOO_MANY,
    )
    record(call, refusal.number)


async def _body(receive: AsgiReceive) -> bytes:
    body, more = b"", True
    while more and len(body) <= MAXIMUM_BYTES:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
