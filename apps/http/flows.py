"""Where the pages of one authorisation flow are, and the cookie that ties them to a browser.

Flows are keyed by attempt, each with a cookie of its own, so that two tabs do not disturb each other. A browser keeps a
flow's cookie for as long as the flow can last, and a little longer than its code after the end, so that a form sent
twice still has it; scripted browsers go through hundreds of flows, and their headers must not grow with each.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from litestar import Response
from litestar.datastructures import Cookie

FLOW_PATH: Final = "/flow"
FLOW_SECONDS: Final = 3_600
ENDED_SECONDS: Final = 120
MAXIMUM_FLOWS: Final = 20
"""More flows at once than this are not one person's."""
_PREFIX: Final = "__Host-flow-"


def flow_url(attempt_id: UUID, step: str) -> str:
    """Return the path of a step of a flow."""
    return f"{FLOW_PATH}/{attempt_id.hex}/{step}"


def cookie_name(attempt_id: UUID) -> str:
    """Return the name of a flow's cookie. Its value is a secret, of which the attempt keeps the SHA-256."""
    return f"{_PREFIX}{attempt_id.hex[:12]}"


def flow_cookie(attempt_id: UUID, secret: str, *, seconds: int = FLOW_SECONDS) -> Cookie:
    """Return the cookie of a flow, to be kept for so many seconds from now."""
    return _cookie(cookie_name(attempt_id), secret, seconds)


def forget_oldest(response: Response[Any], names: Iterable[str]) -> None:
    """Let the browser drop the flow cookies that it sent beyond a number; the oldest come first (RFC 6265 5.4)."""
    flows = [name for name in names if name.startswith(_PREFIX)]
    for name in flows[: max(0, len(flows) - MAXIMUM_FLOWS + 1)]:
        response.set_cookie(_cookie(name, "", 0))


def _cookie(name: str, value: str, seconds: int) -> Cookie:
    return Cookie(name, path="/", value=value, max_age=seconds, secure=True, httponly=True, samesite="lax")
