"""Reads what the control API is sent, and refuses it clearly."""

from typing import TypeVar

import msgspec

from haas.errors import HaasError
from ops.sandbox.web import BadRequest, HttpRequest

Body = TypeVar("Body", bound=msgspec.Struct)
MAXIMUM_WAIT = 60


class NotFound(HaasError):
    """What the request names is not there."""


class Conflict(HaasError):
    """The request is right but cannot be done as things stand."""


async def body_of(request: HttpRequest, kind: type[Body]) -> Body:
    """Return the JSON body as `kind`; no body is an empty object. Raises BadRequest that names the member at fault."""
    content = await request.body()
    if content and request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("the body is application/json")
    try:
        return msgspec.json.decode(content or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(str(error)) from error


def whole_number(request: HttpRequest, name: str) -> int:
    """Return a query parameter that is a whole number of at least 0, 0 where it is absent. Raises BadRequest."""
    text = request.query_params.get(name, "0")
    if not (text.isascii() and text.isdecimal()) or len(text) > len("1000000000"):
        raise BadRequest(f"{name} is a whole number")
    return int(text)


def wait_of(request: HttpRequest) -> int:
    """Return how many seconds the client waits for something to come. Raises BadRequest."""
    seconds = whole_number(request, "wait")
    if seconds > MAXIMUM_WAIT:
        raise BadRequest(f"wait is at most {MAXIMUM_WAIT} seconds")
    return seconds
