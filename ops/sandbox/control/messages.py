"""Control API: the mail, text messages and arrangement revocation notices that the product sent."""

from typing import Any

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from ops.sandbox.control.models import Failures, NewGateway
from ops.sandbox.control.requests import NotFound, read_body, read_wait, read_whole_number
from ops.sandbox.mailbox.gateway import GatewaySettings
from ops.sandbox.mailbox.messages import Message
from ops.sandbox.recipient.records import HostedProduct, Notice
from ops.sandbox.services import SandboxServices
from ops.sandbox.web import HttpRequest


class NumberedNotice(Notice, frozen=True, kw_only=True):
    """A notice with its `id`, which increases: `after=<id>` selects newer ones."""

    id: int


class Messages(msgspec.Struct, frozen=True):
    """The selected messages, and the value of `after` for the next request."""

    messages: list[Message]
    after: int


@get("/mailbox")
async def read_mailbox(request: HttpRequest, services: NamedDependency[SandboxServices]) -> Messages:
    """The messages to one address that are newer than `after`; if there are none, wait up to `wait` seconds for one."""
    after = read_whole_number(request, "after")
    to = request.query_params.get("to") or None
    messages = await services.mailbox.messages(to=to, after=after, wait=read_wait(request))
    return Messages(messages, messages[-1].id if messages else after)


@delete("/mailbox")
async def clear_mailbox(services: NamedDependency[SandboxServices]) -> None:
    """Delete every message."""
    await services.mailbox.clear()


@get("/notices")
async def read_notices(request: HttpRequest, services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """The notices to hosted products newer than `after`; if there are none, wait up to `wait` seconds for one."""
    after, wait = read_whole_number(request, "after"), read_wait(request)
    product, arrangement = (
        request.query_params.get("software_product_id"),
        request.query_params.get("cdr_arrangement_id"),
    )

    async def look() -> list[NumberedNotice]:
        return [
            NumberedNotice(id=number, **msgspec.structs.asdict(notice))
            for number, notice in await services.collections.notices.since(after)
            if product in {None, notice.software_product_id} and arrangement in {None, notice.cdr_arrangement_id}
        ]

    notices = await services.notice_events.wait_for(look, wait)
    return {"notices": notices, "after": notices[-1].id if notices else after}


@put("/software-products/{product_id:str}/revocation-endpoint")
async def change_revocation_endpoint(
    request: HttpRequest, product_id: FromPath[str], services: NamedDependency[SandboxServices]
) -> dict[str, Any]:
    """Make the next calls of a hosted product's arrangement revocation endpoint fail."""
    wanted = await read_body(request, Failures)
    hosted: HostedProduct | None = await services.hosting.fail(product_id, wanted.failures, wanted.status)
    if hosted is None:
        raise NotFound("the sandbox does not host this product")
    return {"software_product_id": product_id, "failures": hosted.failures, "status": hosted.failure_status}


@put("/sms-gateways/{name:str}")
async def set_up_gateway(
    request: HttpRequest, name: FromPath[str], services: NamedDependency[SandboxServices]
) -> dict[str, str]:
    """Set up the gateway for text messages of one brand: what it refuses, what it reports of messages, and when."""
    wanted = await read_body(request, NewGateway)
    await services.gateways.set_up(name, GatewaySettings(**msgspec.structs.asdict(wanted)))
    return {"uri": f"{services.settings.origin('mailbox')}/sms/{name}"}


@post("/sms-gateways/{name:str}/reports", status_code=200)
async def send_reports(name: FromPath[str], services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """Report every message that a gateway has accepted, also if it was reported already; return the answers."""
    settings = await services.gateways.settings(name)
    if settings is None:
        raise NotFound("there is no gateway with this name")
    return {"reports": await services.gateways.report(name, settings)}


ROUTES = [
    read_mailbox,
    clear_mailbox,
    read_notices,
    change_revocation_endpoint,
    set_up_gateway,
    send_reports,
]
