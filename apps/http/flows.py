"""The paths of the pages of an authorisation flow, and the cookie that binds the flow to a browser.

Every visit of a request_uri gets a cookie of its own. The first browser that sends an identifier binds the flow.

Each attempt has its own flow and its own cookie, so that flows in two tabs do not disturb each other. A browser keeps
the cookie for as long as the flow can last, also after the end of the flow, so that a form that is sent again is
answered in the true state of the consent. The number of cookies is limited, because a browser may go through hundreds
of flows, and a request header must not grow with each.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from litestar import Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from apps.http.context import context
from tenants.attempts.browser_binding import flow_key
from tenants.oauth.endpoints import AUTHORISE

FLOW_PATH: Final = "/flow"
FLOW_SECONDS: Final = 3_600
MAXIMUM_FLOWS: Final = 20
"""One person does not have more flows than this at the same time."""
_PREFIX: Final = "__Host-flow-"


def flow_url(attempt_id: UUID, step: str = "") -> str:
    """Return the path of a step of a flow, or of the flow, which leads to its current step."""
    return f"{FLOW_PATH}/{attempt_id.hex}/{step}".rstrip("/")


def cookie_name(attempt_id: UUID) -> str:
    """Return the name of a flow's cookie. Its value is a secret of `tenants.attempts.browser_binding`."""
    return f"{_PREFIX}{attempt_id.hex[:12]}"


def flow_cookie(attempt_id: UUID, secret: str) -> Cookie:
    """Return the cookie of a flow."""
    return _cookie(cookie_name(attempt_id), secret, FLOW_SECONDS)


def is_flow_path(path: str) -> bool:
    """Return whether a path is visited in the flow of a consent: the authorisation endpoint and the pages."""
    return path == AUTHORISE or path.startswith(f"{FLOW_PATH}/")


async def load_flow_key(connection: "ASGIConnection[Any, Any, Any, Any]") -> bytes:
    """Return the key of the request's tenant for flow cookies. Call it while no transaction is open."""
    ctx = context(connection)
    return flow_key(await ctx.services.keyring.subject_key(ctx.tenant))


def delete_oldest_cookies(response: Response[Any], names: Iterable[str], *, keep: UUID) -> None:
    """Delete the oldest flow cookies if the browser has too many, but not the one of the attempt `keep`.

    Browsers send the oldest first (RFC 6265 5.4).
    """
    flows = [name for name in names if name.startswith(_PREFIX) and name != cookie_name(keep)]
    for name in flows[: max(0, len(flows) - MAXIMUM_FLOWS + 1)]:
        response.set_cookie(_cookie(name, "", 0))


def _cookie(name: str, value: str, seconds: int) -> Cookie:
    return Cookie(name, path="/", value=value, max_age=seconds, secure=True, httponly=True, samesite="lax")
