"""Client authentication with `private_key_jwt`, as steps that several endpoints share (CDS, Client Authentication).

An endpoint lists AUTHENTICATE_THE_CLIENT before its transaction, because the client's keys may have to be fetched.
`mark_the_assertion_as_used` is the first step of the transaction.
"""

from collections.abc import Awaitable
from typing import Final

from apps.http.call import Call, HttpRequest
from apps.identity.parameters import Parameters, form_parameters
from haas.steps import Step, on_attribute
from tenants.clients import authentication
from tenants.clients.authentication import ClientCredentials, DecodedAssertion, VerifiedAssertion
from tenants.clients.models import Client
from tenants.oauth.endpoints import audiences


class ClientCall(Call):
    """The state of a call by a client that authenticates with an assertion."""

    parameters: Parameters
    decoded: DecodedAssertion
    assertion: VerifiedAssertion
    client: Client

    def __init__(self, request: HttpRequest, operation: str, path: str) -> None:
        """Take the path of the endpoint, which may be the audience of the assertion.

        All endpoints of the authorization server have the same performance tier (CDS, Performance requirements).
        """
        super().__init__(request, operation, "highPriority", authenticated=True)
        self.path = path


async def read_the_form(call: ClientCall) -> None:
    """The body is a form in which no parameter occurs twice (RFC 6749 3.2)."""
    call.parameters = await form_parameters(call.request)


def decode_the_assertion(call: ClientCall) -> None:
    """The form contains a client assertion that can be decoded (RFC 7521 4.2)."""
    credentials = ClientCredentials(
        client_id=call.parameters.get("client_id"),
        client_assertion_type=call.parameters.get("client_assertion_type"),
        client_assertion=call.parameters.get("client_assertion"),
    )
    ctx = call.context
    call.decoded = authentication.decode_assertion(credentials, audiences(ctx.tenant, call.path), ctx.now)


async def assertion_is_signed_by_the_client(call: ClientCall) -> None:
    """A key of the client's JWKS verifies the assertion (RFC 7523 3-9). The JWKS is fetched if it is not cached.

    An unknown client is refused with the same error.
    """
    ctx = call.context
    call.assertion = await ctx.services.authenticator.verify_signature(ctx.tenant, call.decoded)


async def mark_the_assertion_as_used(call: ClientCall) -> None:
    """The `jti` was not used before. It is marked as used, even if a later step refuses the request (RFC 7523 3-7).

    The client is loaded. The assertion is signed with the registered algorithm, token_endpoint_auth_signing_alg (OIDC
    Registration 2).
    """
    call.client = await authentication.use_assertion(call.tx, call.assertion)
    call.context.client_id = call.client.client_id


def client_is_within_the_traffic_thresholds(call: ClientCall) -> Awaitable[None] | None:
    """The calls of the software product and of the brand are within the thresholds (CDS, Traffic Thresholds).

    Otherwise the status is 429. The calls of a customer are not limited here: whose authorisation a request is about is
    known only when its code is already used.
    """
    ctx = call.context
    return ctx.services.traffic.authorisation_call(ctx.tenant, call.client.software_id)


AUTHENTICATE_THE_CLIENT: Final[tuple[Step[ClientCall], ...]] = (
    read_the_form,
    decode_the_assertion,
    *on_attribute("decoded", authentication.CHECKS),
    assertion_is_signed_by_the_client,
)
