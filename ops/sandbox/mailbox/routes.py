"""The mailbox's page, and the SMS gateway to which the product posts text messages."""

from hmac import compare_digest
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ops.sandbox.mailbox.gateway import TextMessageGateways
from ops.sandbox.mailbox.messages import Mailbox
from ops.sandbox.templating import Pages, style
from ops.sandbox.tenants import Tenants
from ops.sandbox.web import BadRequest, HttpRequest

PAGES = Pages("mailbox")
MAXIMUM_ADDRESS = 254


class TextMessage(msgspec.Struct, rename={"sender": "from"}):
    """A text message as it is posted to the SMS gateway."""

    sender: str
    to: str
    text: str


class ReferencedTextMessage(TextMessage, rename={"sender": "from"}):
    """A text message as it is posted to a brand's own gateway."""

    reference: str


@get("/")
async def index(
    request: HttpRequest,
    mailbox: NamedDependency[Mailbox],
    tenants: NamedDependency[Tenants],
    recipient_address: NamedDependency[str],
) -> Response[str]:
    """Show the messages, newest first."""
    to = request.query_params.get("to", "").strip()[:MAXIMUM_ADDRESS]
    messages = await mailbox.messages(to=to or None)
    return PAGES.show(
        "index.html",
        to=to,
        messages=list(reversed(messages)),
        logins=tenants.with_login(),
        recipient_address=recipient_address,
    )


@post("/sms", status_code=202)
async def send_text_message(request: HttpRequest, mailbox: NamedDependency[Mailbox]) -> Response[Any]:
    """Receive a text message. A repeated `Idempotency-Key` marks a repetition of the same message."""
    try:
        message = msgspec.json.decode(await request.body(), type=TextMessage)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"a text message is a JSON object with from, to and text: {error}") from error
    await mailbox.receive(
        "sms",
        to=[message.to],
        sender=message.sender,
        subject="",
        text=message.text,
        key=request.headers.get("idempotency-key"),
    )
    return Response({"accepted": True}, status_code=202)


@post("/sms/{name:str}", status_code=202)
async def send_through_gateway(
    request: HttpRequest, name: FromPath[str], gateways: NamedDependency[TextMessageGateways]
) -> Response[Any]:
    """Receive a text message at a brand's own gateway, which reports later whether it was delivered."""
    settings = await gateways.settings(name)
    if settings is None:
        return Response({"error": "there is no such gateway"}, status_code=404)
    if not compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {settings.token}".encode()):
        return Response({"error": "the token is wrong"}, status_code=401)
    if settings.refuses is not None:
        return Response({"error": "refused as the control API has said"}, status_code=settings.refuses)
    try:
        message = msgspec.json.decode(await request.body(), type=ReferencedTextMessage)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"a text message is a JSON object with from, to, text and reference: {error}") from error
    await gateways.accept(
        name, settings, to=message.to, sender=message.sender, text=message.text, key=message.reference
    )
    return Response({"accepted": True}, status_code=202)


@get("/style.css")
async def style_sheet() -> Response[bytes]:
    """The page's style."""
    return style("mailbox")


ROUTES = [index, send_text_message, send_through_gateway, style_sheet]
