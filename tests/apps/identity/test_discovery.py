"""The OpenID Provider metadata, the JWKS, and which host serves which endpoint."""

from typing import Any

import pytest

from ops.sandbox.recipient.client import RecipientClient
from tenants.oauth import scopes
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.expectations import oauth_error

# CDS, OpenID Provider Configuration endpoint ("At a minimum …"), and members that client libraries also read.
REQUIRED = [
    "acr_values_supported",
    "authorization_endpoint",
    "claims_supported",
    "grant_types_supported",
    "id_token_signing_alg_values_supported",
    "issuer",
    "jwks_uri",
    "registration_endpoint",
    "request_object_signing_alg_values_supported",
    "response_modes_supported",
    "response_types_supported",
    "scopes_supported",
    "subject_types_supported",
    "token_endpoint",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "userinfo_endpoint",
    "code_challenge_methods_supported",
    "introspection_endpoint",
    "revocation_endpoint",
    "tls_client_certificate_bound_access_tokens",
    "pushed_authorization_request_endpoint",
    "require_pushed_authorization_requests",
    "authorization_encryption_alg_values_supported",
    "authorization_encryption_enc_values_supported",
    "authorization_signing_alg_values_supported",
    "cdr_arrangement_revocation_endpoint",
    "claims_parameter_supported",
]


@pytest.fixture
async def metadata(application: Application, aurora: Tenant) -> dict[str, Any]:
    """The OpenID Provider metadata of aurora."""
    response = await application.http().get(f"{aurora.issuer}/.well-known/openid-configuration")
    assert response.status_code == 200
    return dict(response.json())


async def test_the_metadata_has_every_required_member(metadata: dict[str, Any]) -> None:
    assert [member for member in REQUIRED if member not in metadata] == []


async def test_the_metadata_has_the_supported_values(aurora: Tenant, metadata: dict[str, Any]) -> None:
    assert metadata["issuer"] == aurora.issuer
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["response_modes_supported"] == ["jwt"]
    assert metadata["grant_types_supported"] == ["authorization_code", "client_credentials", "refresh_token"]
    assert metadata["subject_types_supported"] == ["pairwise"]
    assert metadata["acr_values_supported"] == ["urn:cds.au:cdr:2"]
    assert metadata["claims_parameter_supported"] is True
    assert {"sub", "acr", "auth_time", "sharing_duration", "updated_at"} <= set(metadata["claims_supported"])
    assert metadata["require_pushed_authorization_requests"] is True
    assert metadata["tls_client_certificate_bound_access_tokens"] is True
    assert metadata["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert metadata["scopes_supported"] == list(scopes.supported())
    assert {"openid", "profile", "cdr:registration", "energy:accounts.basic:read"} <= set(metadata["scopes_supported"])
    for name, values in metadata.items():
        if name.endswith("signing_alg_values_supported"):
            assert values == ["PS256", "ES256"]
    assert not [name for name in metadata if name.startswith(("id_token_encryption", "mtls_"))]


async def test_only_the_authorisation_endpoint_and_the_jwks_are_on_the_public_host(
    aurora: Tenant, metadata: dict[str, Any]
) -> None:
    public = {"authorization_endpoint"}
    for name, url in metadata.items():
        if name.endswith("_endpoint"):
            assert url.startswith(f"{aurora.issuer if name in public else aurora.secure_base}/")
    assert metadata["jwks_uri"].startswith(f"{aurora.issuer}/")


async def test_the_jwks_has_public_keys_with_distinct_kids(recipient: RecipientClient) -> None:
    keys = (await recipient.http.get(recipient.holder.metadata.jwks_uri)).json()["keys"]
    assert len({key["kid"] for key in keys}) == len(keys)
    assert {key["alg"] for key in keys} == {"PS256", "ES256"}
    assert not [key for key in keys if {"d", "p", "q", "k"} & set(key)]


async def test_each_tenant_has_its_own_issuer_and_keys(
    application: Application, aurora: Tenant, banksia: Tenant, recipient: RecipientClient
) -> None:
    other = await registered_client(application, banksia)
    assert other.holder.metadata.issuer == banksia.issuer != aurora.issuer
    ours, theirs = [
        {key["kid"] for key in (await client.http.get(client.holder.metadata.jwks_uri)).json()["keys"]}
        for client in (recipient, other)
    ]
    assert not ours & theirs


@pytest.mark.parametrize(
    ("path", "error", "status"),
    [
        ("/par", "invalid_request", 400),
        ("/token", "invalid_request", 400),
        ("/introspect", "invalid_request", 400),
        ("/revoke", "invalid_request", 400),
        ("/userinfo", "invalid_token", 401),
        ("/register", "invalid_request", 400),
    ],
)
async def test_an_endpoint_of_the_secure_host_is_not_found_on_the_public_host(
    application: Application, aurora: Tenant, path: str, error: str, status: int
) -> None:
    """An empty request is refused at the secure host, where the endpoint exists."""
    public = await application.http().post(aurora.issuer + path)
    assert public.status_code == 404
    assert public.headers["content-type"] == "text/html; charset=utf-8"
    oauth_error(
        await application.http().post(aurora.secure_base + path), error, "content type|token is required", status
    )


@pytest.mark.parametrize(
    ("path", "status"), [("/.well-known/openid-configuration", 200), ("/jwks", 200), ("/authorise", 400)]
)
async def test_an_endpoint_of_the_public_host_is_not_found_on_the_secure_host(
    application: Application, aurora: Tenant, path: str, status: int
) -> None:
    secure = await application.http().get(aurora.secure_base + path)
    oauth_error(secure, "invalid_request", "nothing at this address", 404)
    assert (await application.http().get(aurora.issuer + path)).status_code == status
