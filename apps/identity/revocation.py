"""The token revocation endpoint (RFC 7009; CDS, Token Revocation endpoint). It also serves a suspended tenant."""

from typing import Final

from litestar import Response, post

from apps.http.call import HttpRequest, in_transaction, respond
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.json_responses import NO_STORE
from apps.http.suspension import SERVES_SUSPENDED
from apps.identity.client_authentication import AUTHENTICATE_THE_CLIENT, ClientCall, mark_the_assertion_as_used
from apps.identity.introspection import has_a_token
from haas.steps import Step
from tenants.grants.revocation import revoke
from tenants.oauth.endpoints import REVOKE


async def revoke_the_token(call: ClientCall) -> None:
    """The client's token is revoked. A refresh token is revoked together with its access tokens (RFC 7009 2).

    An unknown token is ignored (RFC 7009 2.2). A token of another client is refused (RFC 7009 2.1).
    """
    await revoke(call.tx, call.client, call.parameters["token"], call.context.now)


def respond_with_an_empty_body(call: ClientCall) -> None:
    """The response is 200 without content (RFC 7009 2.2)."""
    call.response = Response(b"", status_code=200, headers=NO_STORE)


STEPS: Final[tuple[Step[ClientCall], ...]] = (
    *AUTHENTICATE_THE_CLIENT,
    in_transaction(mark_the_assertion_as_used, has_a_token, revoke_the_token),
    respond_with_an_empty_body,
)


@post(REVOKE, status_code=200, request_max_body_size=MAXIMUM_BODY_BYTES, opt={SERVES_SUSPENDED: True})
async def token_revocation(request: HttpRequest) -> Response[bytes]:
    """Revoke a token for its client."""
    return await respond(STEPS, ClientCall(request, "revocation", REVOKE))
