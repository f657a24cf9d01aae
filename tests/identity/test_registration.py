"""Dynamic client registration."""

from typing import Any

import pytest
from sqlalchemy import func, select

from haas.clock import epoch
from ops.sandbox.jose import SigningKey
from ops.sandbox.messages import ABSENT, Deviation, tampered
from ops.sandbox.recipient.client import RecipientClient
from tenants.clients.tables import client
from tenants.oauth import scopes
from tenants.registration.request import CHECKS
from tenants.registry.models import Tenant
from tests.identity.conftest import World, refused
from tests.identity.parties import HOST

METADATA = "invalid_client_metadata"
STATEMENT = "invalid_software_statement"
REDIRECT = "invalid_redirect_uri"


async def test_a_product_is_registered_with_everything_it_and_the_register_said(world: World, aurora: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    ssa = product.ssa(world.now, policy_uri=f"https://{HOST}/policy", unknown="ignored")
    registered = await recipient.register(ssa, Deviation(claims={"unknown": "ignored"}))
    statement = product.statement()
    assert abs(registered.pop("client_id_issued_at") - epoch(world.now)) <= 5
    assert registered == {
        "client_id": recipient.client_id,
        **{name: value for name, value in statement.items() if name not in ("iss", "scope")},
        "policy_uri": f"https://{HOST}/policy",
        "scope": scopes.join(scopes.RECIPIENT_SCOPES),
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


async def test_what_is_left_out_has_the_defaults_of_the_standards(world: World, aurora: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    left_out = (
        "redirect_uris",
        "application_type",
        "authorization_signed_response_alg",
        "request_object_signing_alg",
    )
    registered = await recipient.register(product.ssa(world.now), Deviation(claims=dict.fromkeys(left_out, ABSENT)))
    assert registered["redirect_uris"] == list(product.redirect_uris)
    assert registered["application_type"] == "web"
    assert registered["authorization_signed_response_alg"] == "PS256"
    assert registered["request_object_signing_alg"] == "PS256"


async def test_what_belongs_to_the_hybrid_flow_is_ignored(world: World, aurora: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    claims = {
        "response_types": ["code id_token", "code"],
        "id_token_encrypted_response_alg": "RSA-OAEP",
        "id_token_encrypted_response_enc": "A256GCM",
    }
    registered = await recipient.register(product.ssa(world.now), Deviation(claims=claims))
    assert registered["response_types"] == ["code"]
    assert not [name for name in registered if name.startswith("id_token_encrypted")]


async def test_encryption_of_responses_has_its_default_content_encryption(world: World, aurora: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    claims = {"authorization_encrypted_response_alg": "RSA-OAEP"}
    registered = await recipient.register(product.ssa(world.now), Deviation(claims=claims))
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


def test_every_check_has_its_cases() -> None:
    assert list(CASES) == [check.__name__ for check in CHECKS]


@pytest.mark.parametrize(
    ("claims", "error", "said"),
    [pytest.param(*case, id=f"{check}-{at}") for check, cases in CASES.items() for at, case in enumerate(cases)],
)
async def test_a_request_for_something_wrong_is_refused(
    world: World, aurora: Tenant, claims: dict[str, Any], error: str, said: str
) -> None:
    product, recipient = await world.unregistered(aurora)
    with refused(error, said):
        await recipient.register(product.ssa(world.now), Deviation(claims=claims))
    await recipient.register(product.ssa(world.now))


@pytest.mark.parametrize("claim", MISSING)
async def test_a_request_without_a_required_claim_is_refused(world: World, aurora: Tenant, claim: str) -> None:
    product, recipient = await world.unregistered(aurora)
    with refused(METADATA, "invalid"):
        await recipient.register(product.ssa(world.now), Deviation(claims={claim: ABSENT}))


@pytest.mark.parametrize("claims", [{"grant_types": "all"}, {"redirect_uris": [1]}, {"iat": "now"}], ids=str)
async def test_a_request_with_values_of_the_wrong_type_is_refused(
    world: World, aurora: Tenant, claims: dict[str, Any]
) -> None:
    product, recipient = await world.unregistered(aurora)
    with refused(METADATA, "invalid"):
        await recipient.register(product.ssa(world.now), Deviation(claims=claims))


async def test_a_request_is_in_time_and_signed_by_the_product(world: World, aurora: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    ssa, now = product.ssa(world.now), epoch(world.now)
    good = recipient.registration_request(ssa)
    for wrong in (
        Deviation(claims={"exp": now - 60}),
        Deviation(claims={"iat": now + 120}),
        Deviation(key=SigningKey.generate("PS256")),
        Deviation(header={"alg": "none"}),
        Deviation(header={"alg": "RS256"}),
        Deviation(token=tampered(good, redirect_uris=["https://evil.example"])),
        Deviation(token="x.y.z"),
        Deviation(token=""),
    ):
        with refused(METADATA):
            await recipient.register(ssa, wrong)


async def test_a_jwks_that_cannot_be_had_is_the_products_trouble(world: World, aurora: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    world.publisher.publish(f"{product.base}/jwks", {}, status=404)
    with refused(METADATA, "jwks_uri"):
        await recipient.register(product.ssa(world.now))


async def test_a_software_product_has_one_live_registration(world: World, aurora: Tenant, banksia: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    first = await recipient.register(product.ssa(world.now))
    with refused(STATEMENT, "Duplicate registrations"):
        await recipient.register(product.ssa(world.now))
    await (await world.recipient(banksia, product)).register(product.ssa(world.now))
    token = (await recipient.client_credentials()).access_token
    await recipient.delete_registration(token)
    again = await recipient.register(product.ssa(world.now))
    assert again["client_id"] != first["client_id"]


async def test_a_request_registers_once_also_after_a_deletion(world: World, aurora: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    ssa = product.ssa(world.now)
    once = Deviation(token=recipient.registration_request(ssa))
    await recipient.register(ssa, once)
    await recipient.delete_registration((await recipient.client_credentials()).access_token)
    with refused(METADATA, "used before"):
        await recipient.register(ssa, once)
    async with world.services.database.transaction(aurora.namespace) as tx:
        live = select(func.count()).where(client.c.software_id == product.software_id, client.c.removed_at.is_(None))
        assert (await tx.execute(live)).scalar_one() == 0


async def test_a_sector_lists_every_redirect_uri(world: World, aurora: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    good = world.publisher.publish(f"{product.base}/sector", list(product.redirect_uris))
    others = world.publisher.publish(f"{product.base}/other-sector", ["https://other.example"])
    no_list = world.publisher.publish(f"{product.base}/no-list", {"redirect_uris": []})
    away = world.publisher.publish(f"{product.base}/away", list(product.redirect_uris), status=404)
    for uri in (others, no_list, away, f"https://{HOST}:1/sector"):
        with refused(METADATA, "sector_identifier_uri"):
            await recipient.register(product.ssa(world.now, sector_identifier_uri=uri))
    registered = await recipient.register(product.ssa(world.now, sector_identifier_uri=good))
    assert registered["sector_identifier_uri"] == good


@pytest.mark.parametrize(
    ("content", "content_type", "error"),
    [
        (b"x.y.z", "application/json", "invalid_request"),
        (b"request=x", "application/x-www-form-urlencoded", "invalid_request"),
        ("é".encode(), "application/jwt", "invalid_request"),
        (b"x.y.z", "application/jwt", METADATA),
    ],
)
async def test_the_body_is_a_jwt(recipient: RecipientClient, content: bytes, content_type: str, error: str) -> None:
    endpoint = recipient.holder.metadata.registration_endpoint
    response = await recipient.http.post(endpoint, content=content, headers={"Content-Type": content_type})
    assert (response.status_code, response.json()["error"]) == (400, error)


async def test_a_body_over_the_limit_is_refused(recipient: RecipientClient) -> None:
    endpoint = recipient.holder.metadata.registration_endpoint
    response = await recipient.http.post(endpoint, content=b"x" * 70_000, headers={"Content-Type": "application/jwt"})
    assert response.status_code == 413
