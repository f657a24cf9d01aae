"""The introspection endpoint (RFC 7662; CDS, Introspection endpoint)."""

from typing import Final

from litestar import Response, post

from apps.http.call import HttpRequest, in_transaction, respond
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.json_answers import json_answer
from apps.identity.client_authentication import AUTHENTICATE_THE_CLIENT, ClientCall, spend_the_assertion
from haas.steps import Step
from tenants.grants.introspection import Introspection, introspect
from tenants.oauth.endpoints import INTROSPECT
from tenants.oauth.errors import InvalidRequest


class IntrospectionCall(ClientCall):
    """The state of an introspection."""

    state: Introspection


def has_a_token(call: ClientCall) -> None:
    """`token` is there (RFC 7662 2.1; RFC 7009 2.1)."""
    if "token" not in call.parameters:
        raise InvalidRequest("token is missing")


async def look_the_token_up(call: IntrospectionCall) -> None:
    """A refresh token of this client that is good is active; every other token is not (RFC 7662 2.2; CDS)."""
    call.state = await introspect(call.tx, call.client, call.parameters["token"], call.context.now)


def answer_with_the_state(call: IntrospectionCall) -> None:
    """The answer is 200, also for a token that is not active (RFC 7662 2.2)."""
    call.response = json_answer(call.state)


STEPS: Final[tuple[Step[IntrospectionCall], ...]] = (
    *AUTHENTICATE_THE_CLIENT,
    in_transaction(spend_the_assertion, has_a_token, look_the_token_up),
    answer_with_the_state,
)


@post(INTROSPECT, status_code=200, request_max_body_size=MAXIMUM_BODY_BYTES)
async def token_introspection(request: HttpRequest) -> Response[bytes]:
    """Tell a client the state of its refresh token."""
    return await respond(STEPS, IntrospectionCall(request, "introspection", INTROSPECT))
