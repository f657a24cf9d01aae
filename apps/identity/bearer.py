"""Shared steps of the endpoints of the authorization server that require an access token (RFC 6750)."""

from apps.http.call import Call, HttpRequest
from apps.http.request_headers import bearer_token, header_fields
from haas.digest import digest
from tenants.grants import store
from tenants.grants.access_token_rules import TokenUse
from tenants.grants.models import AccessToken
from tenants.oauth.errors import InvalidClient, InvalidToken, TokenMissing


class BearerCall(Call):
    """The state of a call with an access token."""

    secret: str
    """The access token from the request."""
    use: TokenUse

    def __init__(self, request: HttpRequest, operation: str, scope: str) -> None:
        """Take the scope that the endpoint requires."""
        super().__init__(request, operation, "highPriority", authenticated=True)
        self.scope = scope

    def token_use(self, token: AccessToken) -> TokenUse:
        """Return a token together with the facts of this call. Mutual TLS is required (CDS, Transport security)."""
        certificate = self.context.certificate
        if certificate is None:
            raise InvalidClient("a client certificate is required")
        self.context.client_id, self.context.arrangement_id = token.client_id, token.arrangement_id
        return TokenUse(
            token=token, certificate_thumbprint=certificate.thumbprint, scope=self.scope, now=self.context.now
        )


def has_an_access_token(call: BearerCall) -> None:
    """The Authorization header contains an access token. Tokens in other places are ignored (RFC 6750 2.1)."""
    headers = header_fields(call.request.scope["headers"])
    if not headers.get("authorization"):
        raise TokenMissing("an access token is required")
    token = bearer_token(headers)
    if token is None:
        raise InvalidToken("the Authorization header contains no bearer token")
    call.secret = token


async def access_token_is_known(call: BearerCall) -> None:
    """This server issued the access token (RFC 6750 3.1). Its client, arrangement and authorisation are loaded."""
    token = await store.load_access_token(call.tx, digest(call.secret))
    if token is None:
        raise InvalidToken("the access token is unknown")
    call.use = call.token_use(token)
