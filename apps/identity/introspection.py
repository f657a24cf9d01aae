"""The introspection endpoint (RFC 7662; CDS, Introspection endpoint)."""

from typing import Final

from litestar import Response, post

from apps.http.call import HttpRequest, in_transaction, respond
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.json_responses import json_response
from apps.identity.client_authentication import (
    AUTHENTICATE_THE_CLIENT,
    ClientCall,
    client_is_within_the_traffic_thresholds,
    mark_the_assertion_as_used,
)
from haas.steps import Step
from tenants.grants.introspection import Introspection, introspect
from tenants.oauth.endpoints import INTROSPECT
from tenants.oauth.errors import InvalidRequest


class IntrospectionCall(ClientCall):
    """The state of an introspection request."""

    state: Introspection


def has_a_token(call: ClientCall) -> None:
    """`token` is present (RFC 7662 2.1; RFC 7009 2.1)."""
    if "token" not in call.parameters:
        raise InvalidRequest("token is missing")


async def look_up_the_token(call: IntrospectionCall) -> None:
    """A valid refresh token of this client is active. Any other token is not active (RFC 7662 2.2; CDS)."""
    call.state = await introspect(call.tx, call.client, call.parameters["token"], call.context.now)


def respond_with_the_state(call: IntrospectionCall) -> None:
    """The response is 200, also for a token that is not active (RFC 7662 2.2)."""
    call.response = json_response(call.state)


STEPS: Final[tuple[Step[IntrospectionCall], ...]] = (
    *AUTHENTICATE_THE_CLIENT,
    in_transaction(
        mark_the_assertion_as_used,
        client_is_within_the_traffic_thresholds,
        has_a_token,
        look_up_the_token,
    ),
    respond_with_the_state,
)


@post(INTROSPECT, status_code=200, request_max_body_size=MAXIMUM_BODY_BYTES)
async def token_introspection(request: HttpRequest) -> Response[bytes]:
    """Return the state of a refresh token to its client."""
    return await respond(STEPS, IntrospectionCall(request, "introspection", INTROSPECT))
