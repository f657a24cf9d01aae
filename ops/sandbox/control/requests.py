"""Reads the bodies and query parameters of control API requests."""

from typing import TypeVar

import msgspec

from haas.errors import HaasError
from ops.sandbox.web import BadRequest, HttpRequest

Body = TypeVar("Body", bound=msgspec.Struct)
MAXIMUM_WAIT = 60


class NotFound(HaasError):
    """The request refers to an object that does not exist."""


class Conflict(HaasError):
    """The request is valid, but the current state does not allow it."""


async def read_body(request: HttpRequest, kind: type[Body]) -> Body:
    """Return the JSON body as `kind`; an empty body is an empty object.

    Raises BadRequest. The message contains the name of the wrong member.
    """
    content = await request.body()
    if content and request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("the body must be application/json")
    try:
        return msgspec.json.decode(content or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(str(error)) from error


def read_whole_number(request: HttpRequest, name: str) -> int:
    """Return a query parameter that is a whole number of at least 0; 0 when it is absent. Raises BadRequest."""
    text = request.query_params.get(name, "0")
    if not (text.isascii() and text.isdecimal()) or len(text) > len("1000000000"):
        raise BadRequest(f"{name} must be a whole number")
    return int(text)


def read_wait(request: HttpRequest) -> int:
    """Return the query parameter `wait`: how many seconds to wait for a new record. Raises BadRequest."""
    seconds = read_whole_number(request, "wait")
    if seconds > MAXIMUM_WAIT:
        raise BadRequest(f"wait must be at most {MAXIMUM_WAIT} seconds")
    return seconds
