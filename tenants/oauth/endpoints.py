"""The paths and URLs of the endpoints of the authorization server, for discovery, audiences and routes."""

from typing import Final

from tenants.registry.models import Tenant

DISCOVERY: Final = "/.well-known/openid-configuration"
JWKS: Final = "/jwks"
AUTHORISE: Final = "/authorise"

PAR: Final = "/par"
TOKEN: Final = "/token"  # noqa: S105 - a path
INTROSPECT: Final = "/introspect"
REVOKE: Final = "/revoke"
USERINFO: Final = "/userinfo"
REGISTER: Final = "/register"
ARRANGEMENT_REVOCATION: Final = "/arrangements/revoke"


def secure_url(tenant: Tenant, path: str) -> str:
    """Return the URL of an endpoint on the secure host (mutual TLS)."""
    return tenant.secure_base + path


def public_url(tenant: Tenant, path: str) -> str:
    """Return the URL of an endpoint on the public host."""
    return tenant.issuer + path


def audiences(tenant: Tenant, path: str) -> frozenset[str]:
    """Return the values of `aud` that a client assertion may have when the endpoint at `path` is invoked.

    "The authorisation server MUST accept its Issuer Identifier, Token Endpoint URL, or the URI of the endpoint being
    invoked" (CDS, Private Key JWT Client Authentication).
    """
    return frozenset((tenant.issuer, secure_url(tenant, TOKEN), secure_url(tenant, path)))
