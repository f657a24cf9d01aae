"""Control API: what the product sent: mail, text messages, and notices that an arrangement was withdrawn."""

from typing import Any

import msgspec
from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from ops.sandbox.control.bodies import NotFound, body_of, wait_of, whole_number
from ops.sandbox.control.models import Failures
from ops.sandbox.mailbox.box import Message
from ops.sandbox.recipient.records import HostedProduct, Notice
from ops.sandbox.web import HttpRequest
from ops.sandbox.world import World


class SeenNotice(Notice, frozen=True, kw_only=True):
    """A notice with its number, so that `after=<id>` asks for the newer ones."""

    id: int


class Mail(msgspec.Struct, frozen=True):
    """The messages asked for, and what to ask `after` next."""

    messages: list[Message]
    after: int


@get("/mailbox")
async def read_mailbox(request: HttpRequest, world: NamedDependency[World]) -> Mail:
    """The messages to somebody, after one that was seen, waiting for one to come."""
    after = whole_number(request, "after")
    to = request.query_params.get("to") or None
    messages = await world.mailbox.messages(to=to, after=after, wait=wait_of(request))
    return Mail(messages, messages[-1].id if messages else after)


@delete("/mailbox")
async def clear_mailbox(world: NamedDependency[World]) -> None:
    """Throw every message away."""
    await world.mailbox.clear()


@get("/notices")
async def read_notices(request: HttpRequest, world: NamedDependency[World]) -> dict[str, Any]:
    """The notices that hosted products received, after one that was seen, waiting for one to come."""
    after, wait = whole_number(request, "after"), wait_of(request)
    product, arrangement = (
        request.query_params.get("software_product_id"),
        request.query_params.get("cdr_arrangement_id"),
    )

    async def look() -> list[SeenNotice]:
        return [
            SeenNotice(id=number, **msgspec.structs.asdict(notice))
            for number, notice in await world.books.notices.since(after)
            if product in {None, notice.software_product_id} and arrangement in {None, notice.cdr_arrangement_id}
        ]

    notices = await world.notices_arrived.wait_for(look, wait)
    return {"notices": notices, "after": notices[-1].id if notices else after}


@put("/software-products/{product_id:str}/revocation-endpoint")
async def change_revocation_endpoint(
    request: HttpRequest, product_id: FromPath[str], world: NamedDependency[World]
) -> dict[str, Any]:
    """Let the next calls of a hosted product's arrangement revocation endpoint fail."""
    wanted = await body_of(request, Failures)
    hosted: HostedProduct | None = await world.hosting.fail(product_id, wanted.failures, wanted.status)
    if hosted is None:
        raise NotFound("the sandbox hosts no such product")
    return {"software_product_id": product_id, "failures": hosted.failures, "status": hosted.failure_status}


ROUTES = [read_mailbox, clear_mailbox, read_notices, change_revocation_endpoint]
