"""OpenID Provider metadata and the JWKS document (OIDC Discovery 3, RFC 8414; CDS, Security Endpoints)."""

from typing import Any, Final

from litestar import Request, Response, route

from apps.http.any_origin import CORS, preflight
from apps.http.context import TenantContext, context
from apps.http.read_methods import READ_METHODS
from apps.http.suspension import SERVES_SUSPENDED
from haas.jose import SIGNING_ALGORITHMS
from haas.jose.jwt import CONTENT_ENCRYPTIONS, ENCRYPTION_ALGORITHMS
from tenants.oauth import claims, endpoints, scopes
from tenants.registry.models import Tenant

_HEADERS: Final = CORS | {
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
}

documents_preflight: Final = preflight([endpoints.DISCOVERY, endpoints.JWKS])


def metadata(tenant: Tenant) -> dict[str, object]:
    """Return a tenant's OpenID Provider metadata."""
    return {
        "issuer": tenant.issuer,
        "authorization_endpoint": endpoints.public_url(tenant, endpoints.AUTHORISE),
        "jwks_uri": endpoints.public_url(tenant, endpoints.JWKS),
        "token_endpoint": endpoints.secure_url(tenant, endpoints.TOKEN),
        "pushed_authorization_request_endpoint": endpoints.secure_url(tenant, endpoints.PAR),
        "introspection_endpoint": endpoints.secure_url(tenant, endpoints.INTROSPECT),
        "revocation_endpoint": endpoints.secure_url(tenant, endpoints.REVOKE),
        "userinfo_endpoint": endpoints.secure_url(tenant, endpoints.USERINFO),
        "registration_endpoint": endpoints.secure_url(tenant, endpoints.REGISTER),
        "cdr_arrangement_revocation_endpoint": endpoints.secure_url(tenant, endpoints.ARRANGEMENT_REVOCATION),
        "scopes_supported": scopes.supported(),
        "claims_supported": claims.SUPPORTED_CLAIMS,
        "claims_parameter_supported": True,
        "acr_values_supported": claims.ACR_VALUES,
        "response_types_supported": ("code",),
        "response_modes_supported": ("jwt",),
        "grant_types_supported": ("authorization_code", "client_credentials", "refresh_token"),
        "subject_types_supported": ("pairwise",),
        "id_token_signing_alg_values_supported": SIGNING_ALGORITHMS,
        "request_object_signing_alg_values_supported": SIGNING_ALGORITHMS,
        "authorization_signing_alg_values_supported": SIGNING_ALGORITHMS,
        "authorization_encryption_alg_values_supported": ENCRYPTION_ALGORITHMS,
        "authorization_encryption_enc_values_supported": CONTENT_ENCRYPTIONS,
        **_client_authentication(),
        "code_challenge_methods_supported": ("S256",),
        "tls_client_certificate_bound_access_tokens": True,
        "require_pushed_authorization_requests": True,
        "require_signed_request_object": True,
        "request_parameter_supported": True,  # at the PAR endpoint
        "request_uri_parameter_supported": False,  # only a request_uri from the PAR endpoint is accepted
    }


def _client_authentication() -> dict[str, object]:
    """Return the members about client authentication, the same for every endpoint (CDS, Client Authentication)."""
    members: dict[str, object] = {}
    for endpoint in ("token", "introspection", "revocation"):
        members[f"{endpoint}_endpoint_auth_methods_supported"] = ("private_key_jwt",)
        members[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = SIGNING_ALGORITHMS
    return members


@route(endpoints.DISCOVERY, http_method=READ_METHODS, opt={SERVES_SUSPENDED: True})
async def openid_provider_configuration(request: Request[Any, Any, Any]) -> Response[dict[str, object]]:
    """Publish the metadata."""
    ctx = _public_call(request, "openidConfiguration")
    return Response(metadata(ctx.tenant), headers=_HEADERS)


@route(endpoints.JWKS, http_method=READ_METHODS, opt={SERVES_SUSPENDED: True})
async def jwks(request: Request[Any, Any, Any]) -> Response[dict[str, object]]:
    """Publish the public keys: the next key, the current key, and recently retired keys."""
    ctx = _public_call(request, "jwks")
    return Response({"keys": await ctx.services.keyring.published_jwks(ctx.tenant)}, headers=_HEADERS)


def _public_call(request: Request[Any, Any, Any], operation: str) -> TenantContext:
    """Set the operation of a call for the call record, and return its context."""
    ctx = context(request)
    ctx.operation, ctx.tier, ctx.authenticated = operation, "highPriority", False
    return ctx
