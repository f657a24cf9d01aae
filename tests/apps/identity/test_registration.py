"""Dynamic client registration."""

from typing import Any

import pytest
from joserfc.jwk import RSAKey

from haas.clock import epoch
from ops.sandbox.jose import SigningKey
from ops.sandbox.messages import ABSENT, Deviation, tampered
from ops.sandbox.recipient.client import RecipientClient
from tenants.clients.tables import client
from tenants.oauth import scopes
from tenants.registration.request_checks import CHECKS
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import product_client, unregistered_client
from tests.support.expectations import oauth_error, refused
from tests.support.https_server import HOST
from tests.support.rows import count

METADATA = "invalid_client_metadata"
STATEMENT = "invalid_software_statement"
REDIRECT = "invalid_redirect_uri"


async def test_a_registration_has_the_metadata_of_the_software_statement_and_the_request(
    application: Application, aurora: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    ssa = product.ssa(application.now, policy_uri=f"https://{HOST}/policy", unknown="ignored")
    registered = await recipient.register(ssa, Deviation(claims={"unknown": "ignored"}))
    statement = product.statement
    assert abs(registered.pop("client_id_issued_at") - epoch(application.now)) <= 5
    assert registered == {
        "client_id": recipient.client_id,
        **{name: value for name, value in statement.items() if name not in ("iss", "scope")},
        "policy_uri": f"https://{HOST}/policy",
        "scope": scopes.join(scopes.recipient_scopes()),
        "redirect_uris": [product.redirect_uri],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "PS256",
        "grant_types": ["client_credentials", "authorization_code", "refresh_token"],
        "response_types": ["code"],
        "application_type": "web",
        "id_token_signed_response_alg": "PS256",
        "authorization_signed_response_alg": "PS256",
        "request_object_signing_alg": "PS256",
        "software_statement": ssa,
    }


async def test_omitted_metadata_gets_the_defaults_of_the_standards(application: Application, aurora: Tenant) -> None:
    product, recipient = await unregistered_client(application, aurora)
    left_out = (
        "redirect_uris",
        "application_type",
        "authorization_signed_response_alg",
        "request_object_signing_alg",
    )
    registered = await recipient.register(
        product.ssa(application.now), Deviation(claims=dict.fromkeys(left_out, ABSENT))
    )
    assert registered["redirect_uris"] == list(product.redirect_uris)
    assert registered["application_type"] == "web"
    assert registered["authorization_signed_response_alg"] == "PS256"
    assert registered["request_object_signing_alg"] == "PS256"


async def test_metadata_of_the_hybrid_flow_is_ignored(application: Application, aurora: Tenant) -> None:
    product, recipient = await unregistered_client(application, aurora)
    claims = {
        "response_types": ["code id_token", "code"],
        "id_token_encrypted_response_alg": "RSA-OAEP",
        "id_token_encrypted_response_enc": "A256GCM",
    }
    registered = await recipient.register(product.ssa(application.now), Deviation(claims=claims))
    assert registered["response_types"] == ["code"]
    assert not [name for name in registered if name.startswith("id_token_encrypted")]


async def test_the_default_content_encryption_of_responses_is_a128cbc_hs256(
    application: Application, aurora: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    key = RSAKey.generate_key(2048).as_dict(private=False)  # neither `use` nor `alg`: it may be used for both
    application.web.publish(f"{product.base}/jwks", {"keys": [product.key.public_jwk(), key]})
    claims = {"authorization_encrypted_response_alg": "RSA-OAEP"}
    registered = await recipient.register(product.ssa(application.now), Deviation(claims=claims))
    assert registered["authorization_encrypted_response_alg"] == "RSA-OAEP"
    assert registered["authorization_encrypted_response_enc"] == "A128CBC-HS256"


CASES: dict[str, list[tuple[dict[str, Any], str, str]]] = {
    "is_issued_by_the_software_product": [({"iss": "another"}, METADATA, "iss")],
    "is_for_this_server": [({"aud": "https://other.example"}, METADATA, "aud")],
    "has_a_jti": [({"jti": ""}, METADATA, "jti"), ({"jti": "j" * 1025}, METADATA, "jti")],
    "redirect_uris_are_in_the_statement": [
        ({"redirect_uris": ["https://evil.example/callback"]}, REDIRECT, "redirect_uris"),
        ({"redirect_uris": []}, REDIRECT, "redirect_uris"),
    ],
    "authentication_is_by_private_key_jwt": [
        ({"token_endpoint_auth_method": "client_secret_basic"}, METADATA, "private_key_jwt"),
        ({"token_endpoint_auth_method": "tls_client_auth"}, METADATA, "private_key_jwt"),
    ],
    "signing_algorithms_are_allowed": [
        ({"token_endpoint_auth_signing_alg": "RS256"}, METADATA, "token_endpoint_auth_signing_alg"),
        ({"id_token_signed_response_alg": "none"}, METADATA, "id_token_signed_response_alg"),
        ({"authorization_signed_response_alg": "none"}, METADATA, "authorization_signed_response_alg"),
        ({"request_object_signing_alg": "HS256"}, METADATA, "request_object_signing_alg"),
    ],
    "grant_types_are_known": [
        ({"grant_types": ["authorization_code", "implicit"]}, METADATA, "grant_types"),
        ({"grant_types": ["client_credentials"]}, METADATA, "grant_types"),
    ],
    "response_types_contain_code": [
        ({"response_types": ["code id_token"]}, METADATA, "response_types"),
        ({"response_types": []}, METADATA, "response_types"),
    ],
    "application_type_is_web": [({"application_type": "native"}, METADATA, "application_type")],
    "response_encryption_is_supported": [
        ({"authorization_encrypted_response_alg": "RSA1_5"}, METADATA, "authorization_encrypted_response_alg"),
        (
            {
                "authorization_encrypted_response_alg": "RSA-OAEP",
                "authorization_encrypted_response_enc": "A128GCM",
            },
            METADATA,
            "authorization_encrypted_response_enc",
        ),
        ({"authorization_encrypted_response_enc": "A256GCM"}, METADATA, "needs"),
        ({"authorization_encrypted_response_alg": "RSA-OAEP"}, METADATA, "no encryption key for"),
    ],
}
MISSING = [
    "iss",
    "iat",
    "exp",
    "jti",
    "aud",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "grant_types",
    "response_types",
    "id_token_signed_response_alg",
]


def test_every_check_has_test_cases() -> None:
    assert list(CASES) == [check.__name__ for check in CHECKS]


@pytest.mark.parametrize(
    ("claims", "error", "said"),
    [pytest.param(*case, id=f"{check}-{at}") for check, cases in CASES.items() for at, case in enumerate(cases)],
)
async def test_a_request_with_wrong_metadata_is_refused(
    application: Application, aurora: Tenant, claims: dict[str, Any], error: str, said: str
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    with refused(error, said):
        await recipient.register(product.ssa(application.now), Deviation(claims=claims))
    await recipient.register(product.ssa(application.now))


@pytest.mark.parametrize("claim", MISSING)
async def test_a_request_without_a_required_claim_is_refused(
    application: Application, aurora: Tenant, claim: str
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    with refused(METADATA, "invalid"):
        await recipient.register(product.ssa(application.now), Deviation(claims={claim: ABSENT}))


@pytest.mark.parametrize("claims", [{"grant_types": "all"}, {"redirect_uris": [1]}, {"iat": "now"}], ids=str)
async def test_a_request_with_values_of_the_wrong_type_is_refused(
    application: Application, aurora: Tenant, claims: dict[str, Any]
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    with refused(METADATA, "invalid"):
        await recipient.register(product.ssa(application.now), Deviation(claims=claims))


async def test_a_request_outside_its_lifetime_or_with_a_wrong_signature_is_refused(
    application: Application, aurora: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    ssa, now = product.ssa(application.now), epoch(application.now)
    good = recipient.registration_request(ssa)
    for wrong, said in (
        (Deviation(claims={"exp": now - 60}), "expired"),
        (Deviation(claims={"iat": now + 120}), "issued in the future"),
        (Deviation(key=SigningKey.generate("PS256")), "not signed with a key"),
        (Deviation(header={"alg": "none"}), "alg 'none' is not one of"),
        (Deviation(header={"alg": "RS256"}), "alg 'RS256' is not one of"),
        (Deviation(token=tampered(good, redirect_uris=["https://evil.example"])), "not signed with a key"),
        (Deviation(token="x.y.z"), "not a signed JWT"),
        (Deviation(token=""), "not a signed JWT"),
    ):
        with refused(METADATA, said):
            await recipient.register(ssa, wrong)
    await recipient.register("", Deviation(token=good))


async def test_a_product_whose_jwks_cannot_be_fetched_is_refused(application: Application, aurora: Tenant) -> None:
    product, recipient = await unregistered_client(application, aurora)
    application.web.publish(f"{product.base}/jwks", {}, status=404)
    with refused(METADATA, "jwks_uri"):
        await recipient.register(product.ssa(application.now))


async def test_a_second_registration_of_a_software_product_is_refused_until_the_first_is_deleted(
    application: Application, aurora: Tenant, banksia: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    first = await recipient.register(product.ssa(application.now))
    with refused(STATEMENT, "Duplicate registrations"):
        await recipient.register(product.ssa(application.now))
    await (await product_client(application, banksia, product)).register(product.ssa(application.now))
    token = (await recipient.client_credentials()).access_token
    await recipient.delete_registration(token)
    again = await recipient.register(product.ssa(application.now))
    assert again["client_id"] != first["client_id"]


async def test_a_registration_request_cannot_be_used_again_after_its_registration_was_deleted(
    application: Application, aurora: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    ssa = product.ssa(application.now)
    once = Deviation(token=recipient.registration_request(ssa))
    await recipient.register(ssa, once)
    await recipient.delete_registration((await recipient.client_credentials()).access_token)
    with refused(METADATA, "used before"):
        await recipient.register(ssa, once)
    live = (client.c.software_id == product.software_id, client.c.removed_at.is_(None))
    assert await count(application.database, aurora, client, *live) == 0


async def test_a_sector_identifier_document_must_list_every_redirect_uri(
    application: Application, aurora: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    good = application.web.publish(f"{product.base}/sector", list(product.redirect_uris))
    others = application.web.publish(f"{product.base}/other-sector", ["https://other.example"])
    no_list = application.web.publish(f"{product.base}/no-list", {"redirect_uris": []})
    away = application.web.publish(f"{product.base}/away", list(product.redirect_uris), status=404)
    for uri in (others, no_list, away, f"https://{HOST}:1/sector"):
        with refused(METADATA, "sector_identifier_uri"):
            await recipient.register(product.ssa(application.now, sector_identifier_uri=uri))
    registered = await recipient.register(product.ssa(application.now, sector_identifier_uri=good))
    assert registered["sector_identifier_uri"] == good


@pytest.mark.parametrize(
    ("content", "content_type", "error", "said"),
    [
        (b"x.y.z", "application/json", "invalid_request", "content type must be application/jwt"),
        (b"request=x", "application/x-www-form-urlencoded", "invalid_request", "content type must be application/jwt"),
        ("é".encode(), "application/jwt", "invalid_request", "not a JWT"),
        (b"x.y.z", "application/jwt", METADATA, "not a signed JWT"),
    ],
)
async def test_a_body_that_is_not_a_jwt_is_refused(
    recipient: RecipientClient, content: bytes, content_type: str, error: str, said: str
) -> None:
    endpoint = recipient.holder.metadata.registration_endpoint
    response = await recipient.http.post(endpoint, content=content, headers={"Content-Type": content_type})
    oauth_error(response, error, said)


async def test_a_body_above_the_size_limit_is_refused(recipient: RecipientClient) -> None:
    endpoint = recipient.holder.metadata.registration_endpoint
    response = await recipient.http.post(endpoint, content=b"x" * 70_000, headers={"Content-Type": "application/jwt"})
    oauth_error(response, "invalid_request", "larger than this service accepts", 413)
