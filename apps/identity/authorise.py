"""The authorisation endpoint: where a person's browser comes in (RFC 9126 4; CDS, Authorisation endpoint).

In order: `CHECKS` below, the client, its request_uri and what speaks against the request
(`tenants.authorisations.service.begin_visit`). Before the request is known no redirect is safe, and a page says so;
afterwards errors go back to the client as a signed response (JARM).
"""

import logging
import secrets
from typing import Any, Final

from litestar import Request, Response, get, post

from apps.http.context import context
from apps.http.flows import flow_cookie, flow_url, forget_oldest
from apps.http.form_fields import MAXIMUM_BODY_BYTES
from apps.http.pages import SEE_OTHER, message, redirect
from apps.identity.callers import infosec
from apps.identity.forms import Form, parsed, read_form
from haas.digest import digest
from tenants.authorisations import service as authorisations
from tenants.clients import store as clients
from tenants.oauth.checks import Check, run
from tenants.oauth.endpoints import AUTHORISE
from tenants.oauth.errors import InvalidRequest, InvalidRequestUri, OAuthError

logger = logging.getLogger(__name__)

_Request = Request[Any, Any, Any]


def _carries_no_request_object(query: Form) -> None:
    """No `request`: "MUST reject authorisation requests containing the request parameter" (CDS, Request Object)."""
    if "request" in query:
        raise InvalidRequest("request must be pushed, not sent through the browser")


def _refers_to_a_pushed_request(query: Form) -> None:
    """A `request_uri` of ours: "data MUST only be accepted using PAR" (CDS, Request Object Submission)."""
    if not query.get("request_uri", "").startswith(authorisations.REQUEST_URI_PREFIX):
        raise InvalidRequest("request_uri of a pushed authorisation request is required")


def _names_its_client(query: Form) -> None:
    """`client_id` is required beside a request_uri (RFC 9101 5; RFC 9126 4)."""
    if "client_id" not in query:
        raise InvalidRequest("client_id is missing")


CHECKS: Final[tuple[Check[Form], ...]] = (_carries_no_request_object, _refers_to_a_pushed_request, _names_its_client)
"""Whatever else the query says was pushed already, and is ignored (RFC 9101 6.3)."""


def page_for(request: _Request, error: OAuthError) -> Response[str]:
    """Say on a page that the request cannot go on; the person's browser stays where it is."""
    logger.info("oauth.refused", extra={"error": error.error, "reason": str(error)})
    context(request).error = error.error
    return message(request, "request-over" if isinstance(error, InvalidRequestUri) else "request-invalid")


@get(AUTHORISE, exception_handlers={OAuthError: page_for})
async def authorise(request: _Request) -> Response[None]:
    """Begin the pages of a pushed request."""
    return await _begin(request, parsed(request.scope["query_string"]))


@post(
    AUTHORISE,
    status_code=SEE_OTHER,
    request_max_body_size=MAXIMUM_BODY_BYTES,
    exception_handlers={OAuthError: page_for},
)
async def authorise_by_form(request: _Request) -> Response[None]:
    """Begin them by a form: servers "MUST support the use of the HTTP GET and POST methods" (OIDC Core 3.1.2.1)."""
    return await _begin(request, await read_form(request))


async def _begin(request: _Request, query: Form) -> Response[None]:
    ctx = infosec(request, "authorise", authenticated=False)
    run(CHECKS, query)
    secret = secrets.token_urlsafe(32)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        client = await clients.load(tx, query["client_id"])
        if client is None:
            raise InvalidRequest("client_id is unknown")
        visit = await authorisations.begin_visit(
            tx, client, query["request_uri"], browser_hash=digest(secret), now=ctx.now
        )
    if visit.refusal is not None:
        ctx.error = visit.refusal.error
        target = await ctx.services.responder.build(ctx.tenant, client, visit.attempt.request, visit.refusal, ctx.now)
        return redirect(target)
    response = redirect(flow_url(visit.attempt.id, "identify"))
    response.set_cookie(flow_cookie(visit.attempt.id, secret))
    forget_oldest(response, request.cookies)
    return response
