"""The pushed authorisation request endpoint (RFC 9126; CDS, Pushed Authorisation endpoint).

In order: the form, the client's assertion (`tenants.clients.authentication.CHECKS`), `CHECKS` below, the request object
(`tenants.consent.request_object.CHECKS`), the recipient's status and the arrangement it amends
(`tenants.attempts.service.push`).
"""

from typing import Any, Final

import msgspec
from litestar import Request, Response, post

from apps.http.form_fields import MAXIMUM_BODY_BYTES
from apps.identity.answers import json_answer
from apps.identity.callers import authenticated, infosec, verified_assertion
from apps.identity.forms import Form, read_form
from tenants.attempts import service as attempts
from tenants.consent import request_object
from tenants.oauth.checks import Check, run
from tenants.oauth.endpoints import PAR
from tenants.oauth.errors import InvalidRequest


def _has_no_request_uri(form: Form) -> None:
    """`request_uri` "MUST NOT be provided" (RFC 9126 2.1); references are for PAR alone (CDS, Request Object)."""
    if "request_uri" in form:
        raise InvalidRequest("request_uri must not be pushed")


def _has_a_request_object(form: Form) -> None:
    """The request is a signed object, whose parameters alone count (FAPI 1.0 Advanced 5.2.2-1; RFC 9126 3)."""
    if "request" not in form:
        raise InvalidRequest("request is missing: a signed request object is required")


CHECKS: Final[tuple[Check[Form], ...]] = (_has_no_request_uri, _has_a_request_object)


class PushedResponse(msgspec.Struct, frozen=True):
    """A successful answer (RFC 9126 2.2)."""

    request_uri: str
    expires_in: int


@post(PAR, status_code=201, request_max_body_size=MAXIMUM_BODY_BYTES)
async def pushed_authorisation_request(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Keep an authorisation request, and answer with the request_uri that refers to it."""
    ctx = infosec(request, "pushedAuthorisationRequest")
    form = await read_form(request)
    assertion = await verified_assertion(ctx, form, PAR)
    keys = await ctx.services.authenticator.keys_for(assertion, form.get("request", ""))
    async with authenticated(ctx, assertion) as (tx, client):
        run(CHECKS, form)
        asked = request_object.read(form["request"], keys, client=client, issuer=ctx.tenant.issuer, now=ctx.now)
        request_uri, expires_in = await attempts.push(tx, client, asked, ctx.now)
    return json_answer(PushedResponse(request_uri, expires_in), status=201)
