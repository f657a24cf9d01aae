"""The answer of the token endpoint with its ID token (OIDC Core 2; CDS, ID Token)."""

from datetime import datetime

from haas.clock import epoch
from haas.jose import half_hash, sign
from tenants.grants.models import Authentication, Grant, TokenResponse
from tenants.grants.subject import pairwise, sector
from tenants.keys.service import Keyring
from tenants.registry.models import Tenant
from tenants.tokens.lifetimes import ACCESS_TOKEN, ID_TOKEN


async def answer(keyring: Keyring, tenant: Tenant, grant: Grant, now: datetime) -> TokenResponse:
    """Return what the client receives. Call it with no transaction open: keys may have to be read."""
    id_token = None
    if grant.authentication is not None:
        id_token = await _id_token(keyring, tenant, grant, grant.authentication, now)
    return TokenResponse(
        access_token=grant.access_token,
        token_type="Bearer",  # noqa: S106 - RFC 6750, the type of the token
        expires_in=int(ACCESS_TOKEN.total_seconds()),
        scope=grant.scope,
        refresh_token=grant.refresh_token,
        id_token=id_token,
        cdr_arrangement_id=None if grant.arrangement_id is None else str(grant.arrangement_id),
    )


async def _id_token(
    keyring: Keyring, tenant: Tenant, grant: Grant, authentication: Authentication, now: datetime
) -> str:
    """Sign an ID token: "ID Tokens MUST NOT contain any Personal Information (PI) claims" (CDS, ID Token)."""
    registration = grant.client.registration
    key = await keyring.signing_key(tenant, registration.id_token_signed_response_alg)
    subject_key = await keyring.subject_key(tenant)
    issued_at = epoch(now)
    claims: dict[str, object] = {
        "iss": tenant.issuer,
        "sub": pairwise(subject_key, sector(registration), authentication.customer_id),
        "aud": grant.client.client_id,
        "iat": issued_at,
        "nbf": issued_at,
        "exp": epoch(now + ID_TOKEN),
        "auth_time": epoch(authentication.authenticated_at),
        "acr": authentication.acr,
        "at_hash": half_hash(grant.access_token),
    }
    if authentication.nonce is not None:
        claims["nonce"] = authentication.nonce
    return sign(claims, key)
