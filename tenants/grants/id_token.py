"""The ID token (OIDC Core 2; CDS, ID Token)."""

from datetime import datetime

from haas.clock import epoch
from haas.jose import half_hash, sign
from tenants.grants.models import IssuedTokens
from tenants.grants.subject import pairwise_subject, sector
from tenants.keys.service import Keyring
from tenants.registry.models import Tenant
from tenants.tokens.lifetimes import ID_TOKEN_LIFETIME


async def id_token(keyring: Keyring, tenant: Tenant, issued: IssuedTokens, now: datetime) -> str:
    """Return the signed ID token for tokens that a consumer authorised.

    "ID Tokens MUST NOT contain any Personal Information (PI) claims" (CDS, ID Token).
    """
    authentication, registration = issued.authentication, issued.client.registration
    if authentication is None:
        raise AssertionError("an ID token is issued only with tokens that a consumer authorised")
    key = await keyring.signing_key(tenant, registration.id_token_signed_response_alg)
    subject_key = await keyring.subject_key(tenant)
    sector_name = sector(registration.sector_identifier_uri, registration.software_id)
    issued_at = epoch(now)
    claims: dict[str, object] = {
        "iss": tenant.issuer,
        "sub": pairwise_subject(subject_key, sector_name, authentication.customer_id),
        "aud": issued.client.client_id,
        "iat": issued_at,
        "nbf": issued_at,
        "exp": epoch(now + ID_TOKEN_LIFETIME),
        "auth_time": epoch(authentication.authenticated_at),
        "acr": authentication.acr,
        "at_hash": half_hash(issued.access_token),
    }
    if authentication.nonce is not None:
        claims["nonce"] = authentication.nonce
    return sign(claims, key)
