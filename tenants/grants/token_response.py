"""The response of the token endpoint (RFC 6749 5.1; OIDC Core 3.1.3.3)."""

from datetime import datetime

from tenants.grants.id_token import id_token
from tenants.grants.models import IssuedTokens, TokenResponse
from tenants.keys.service import Keyring
from tenants.registry.models import Tenant
from tenants.tokens.lifetimes import ACCESS_TOKEN_LIFETIME


async def token_response(keyring: Keyring, tenant: Tenant, issued: IssuedTokens, now: datetime) -> TokenResponse:
    """Return the response for issued tokens, with an ID token where a consumer authorised them.

    Call this while no transaction is open: the keyring may have to read keys from the database.
    """
    return TokenResponse(
        access_token=issued.access_token,
        token_type="Bearer",  # noqa: S106 - RFC 6750, the type of the token
        expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
        scope=issued.scope,
        refresh_token=issued.refresh_token,
        id_token=None if issued.authentication is None else await id_token(keyring, tenant, issued, now),
        cdr_arrangement_id=None if issued.arrangement_id is None else str(issued.arrangement_id),
    )
