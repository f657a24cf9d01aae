"""The checks of a software statement in dynamic client registration."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from haas.clock import MovableClock, epoch
from haas.jose import PublicKeys
from ops.sandbox.jose import SigningKey
from ops.sandbox.messages import ABSENT, Deviation, tampered
from tenants.oauth.errors import InvalidSoftwareStatement
from tenants.register.models import Statuses
from tenants.register.store import put_statuses
from tenants.registration.software_statement import CHECKS as STATEMENT_CHECKS
from tenants.registration.software_statement import verify_signature
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace
from tests.support.application import Application
from tests.support.clients import SoftwareProduct, unregistered_client
from tests.support.expectations import refused
from tests.support.https_server import HOST

STATEMENT = "invalid_software_statement"
REDIRECT = "invalid_redirect_uri"


STATEMENTS: dict[str, list[tuple[dict[str, Any], str, str]]] = {
    "is_issued_by_the_register": [({"iss": "somebody"}, STATEMENT, "iss")],
    "is_for_a_recipient": [({"software_roles": "data-holder"}, "unapproved_software_statement", "software_roles")],
    "names_can_be_shown": [
        ({"client_name": ""}, STATEMENT, "client_name"),
        ({"client_name": " \u00a0"}, STATEMENT, "client_name"),
        ({"org_name": "\u200b\u3164"}, STATEMENT, "org_name"),
        ({"legal_entity_name": "Mock\r\nPty Ltd"}, STATEMENT, "legal_entity_name"),
        ({"client_name": "Mock \u202eerawtfoS"}, STATEMENT, "client_name"),
        ({"client_name": "Mock\u2028Software"}, STATEMENT, "client_name"),
    ],
    "addresses_are_https": [
        ({"jwks_uri": f"http://{HOST}/jwks"}, STATEMENT, "jwks_uri"),
        ({"recipient_base_uri": "ftp://x.example"}, STATEMENT, "recipient_base_uri"),
        ({"revocation_uri": "nowhere"}, STATEMENT, "revocation_uri"),
        ({"sector_identifier_uri": f"http://{HOST}/sector"}, STATEMENT, "sector_identifier_uri"),
    ],
    "redirect_uris_are_https": [
        ({"redirect_uris": []}, REDIRECT, "redirect_uris"),
        ({"redirect_uris": [f"http://{HOST}/callback"]}, REDIRECT, "https"),
        ({"redirect_uris": [f"https://{HOST}/callback#fragment"]}, REDIRECT, "fragment"),
        ({"redirect_uris": [f"https://user@{HOST}/callback"]}, REDIRECT, "https"),
        ({"redirect_uris": ["https://["]}, REDIRECT, "https"),
        # These would add a header or a directive to the Content-Security-Policy of the pages:
        ({"redirect_uris": [f"https://{HOST}/\r\nX-Other: 1"]}, REDIRECT, "https"),
        ({"redirect_uris": [f"https://{HOST}/a b"]}, REDIRECT, "https"),
        ({"redirect_uris": [f"https://{HOST};script-src/callback"]}, REDIRECT, "https"),
        ({"redirect_uris": ["https://*/callback"]}, REDIRECT, "https"),
    ],
}
REQUIRED = [
    "iss",
    "iat",
    "exp",
    "jti",
    "org_id",
    "org_name",
    "client_name",
    "client_description",
    "client_uri",
    "redirect_uris",
    "logo_uri",
    "jwks_uri",
    "revocation_uri",
    "recipient_base_uri",
    "software_id",
    "software_roles",
    "scope",
]


@pytest.mark.parametrize(
    ("claims", "error", "said"),
    [pytest.param(*case, id=f"{check}-{at}") for check, cases in STATEMENTS.items() for at, case in enumerate(cases)],
)
async def test_a_statement_with_a_wrong_claim_is_refused(
    application: Application, aurora: Tenant, claims: dict[str, Any], error: str, said: str
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    with refused(error, said):
        await recipient.register(product.ssa(application.now, **claims))


async def test_a_name_may_contain_letters_of_any_script_and_joiners(application: Application, aurora: Tenant) -> None:
    product, recipient = await unregistered_client(application, aurora)
    name = "\u0915\u094d\u200d\u0937 & S\u00f6hne"
    assert (await recipient.register(product.ssa(application.now, client_name=name)))["client_name"] == name


@pytest.mark.parametrize("claim", REQUIRED)
async def test_a_statement_without_a_required_claim_is_refused(
    application: Application, aurora: Tenant, claim: str
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    with refused(STATEMENT, "invalid"):
        await recipient.register(product.ssa(application.now, **{claim: None}))


async def test_a_statement_outside_its_lifetime_or_not_signed_by_the_register_is_refused(
    application: Application, aurora: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    forger = SoftwareProduct(application.web, product.key, product.key)
    now = epoch(application.now)
    right = product.ssa(application.now)
    for ssa, said in (
        (forger.ssa(application.now, software_id=product.software_id), "not signed with a key"),
        (product.ssa(application.now, exp=now - 60), "expired"),
        (product.ssa(application.now, iat=now + 120), "issued in the future"),
        (tampered(right, scope="openid"), "not signed with a key"),
        ("x.y.z", "not a signed JWT"),
        ("", "not a signed JWT"),
    ):
        with refused(STATEMENT, said):
            await recipient.register(ssa)
    for claims in ({"software_statement": ABSENT}, {"software_statement": 7}):
        with refused(STATEMENT, "missing"):
            await recipient.register("", Deviation(claims=claims))
    await recipient.register(right)


def test_a_statement_that_is_signed_with_es256_is_refused(application: Application) -> None:
    """ "SSAs are signed by the CDR Register using PS256" (CDS, Software Statement Assertion)."""
    register_key = SigningKey.generate("ES256")
    product = SoftwareProduct(application.web, register_key, register_key)
    published = PublicKeys.from_jwks({"keys": [register_key.public_jwk()]})
    with pytest.raises(InvalidSoftwareStatement, match="PS256"):
        verify_signature(product.ssa(application.now), published, application.now)


@pytest.mark.parametrize(
    ("kind", "status"), [("recipients", "SUSPENDED"), ("recipients", "REVOKED"), ("products", "INACTIVE")]
)
async def test_a_statement_from_before_its_product_became_inactive_is_refused(
    application: Application, aurora: Tenant, clock: MovableClock, kind: str, status: str
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    before = product.ssa(application.now)
    clock.move(timedelta(minutes=3))
    subject = product.software_id if kind == "products" else str(product.statement["legal_entity_id"])
    said = msgspec.convert({"recipients": {}, "products": {}, kind: {subject: status}}, Statuses)
    services = application.services
    async with services.database.transaction(control_namespace(services.settings)) as tx:
        await put_statuses(tx, aurora.register_environment.id, said, application.now)
    with refused("unapproved_software_statement", "not active"):
        await recipient.register(before)
    clock.move(timedelta(seconds=30))
    await recipient.register(
        product.ssa(application.now)
    )  # a statement that was issued later: the product is active again


def test_every_check_has_test_cases() -> None:
    assert list(STATEMENTS) == [check.__name__ for check in STATEMENT_CHECKS]
