"""The mailbox's page, and the SMS gateway to which the product posts text messages."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

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


@get("/style.css")
async def style_sheet() -> Response[bytes]:
    """The page's style."""
    return style("mailbox")


ROUTES = [index, send_text_message, style_sheet]
