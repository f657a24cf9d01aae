"""The paths of the pages of an authorisation flow, and the cookie that binds the flow to a browser.

Each browser that visits a request_uri gets its own cookie. The flow is bound to the first browser that sends an
identifier or cancels.

Each attempt has its own flow and its own cookie, so that flows in two tabs do not disturb each other. A browser keeps
the cookie for as long as a flow can last, even if the flow ends earlier, so that the response to a form that is sent
again can state what happened to the consent. The number of cookies is limited, because a browser may be used for
hundreds of flows, and its request headers must not grow with each of them.
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
"""The maximum number of flow cookies that a browser keeps. Nobody has as many flows at the same time."""
_PREFIX: Final = "__Host-flow-"


def flow_url(attempt_id: UUID, step: str = "") -> str:
    """Return the path of a step of a flow. Without a step, return the path that redirects to the current step."""
    return f"{FLOW_PATH}/{attempt_id.hex}/{step}".rstrip("/")


def cookie_name(attempt_id: UUID) -> str:
    """Return the name of a flow's cookie. Its value is a secret of `tenants.attempts.browser_binding`."""
    return f"{_PREFIX}{attempt_id.hex[:12]}"


def flow_cookie(attempt_id: UUID, secret: str) -> Cookie:
    """Return the cookie of a flow."""
    return _cookie(cookie_name(attempt_id), secret, FLOW_SECONDS)


def is_flow_path(path: str) -> bool:
    """Return whether a path belongs to a consent flow: the authorisation endpoint or a page of the flow."""
    return path == AUTHORISE or path.startswith(f"{FLOW_PATH}/")


async def load_flow_key(connection: "ASGIConnection[Any, Any, Any, Any]") -> bytes:
    """Return the key of the request's tenant for flow cookies. Call this while no transaction is open."""
    ctx = context(connection)
    return flow_key(await ctx.services.keyring.subject_key(ctx.tenant))


def delete_oldest_cookies(response: Response[Any], names: Iterable[str], *, keep: UUID) -> None:
    """Delete the oldest flow cookies if the browser has too many, but not the one of the attempt `keep`.

    Browsers send the oldest cookie first (RFC 6265 5.4).
    """
    flows = [name for name in names if name.startswith(_PREFIX) and name != cookie_name(keep)]
    for name in flows[: max(0, len(flows) - MAXIMUM_FLOWS + 1)]:
        response.set_cookie(_cookie(name, "", 0))


def _cookie(name: str, value: str, seconds: int) -> Cookie:
    return Cookie(name, path="/", value=value, max_age=seconds, secure=True, httponly=True, samesite="lax")
