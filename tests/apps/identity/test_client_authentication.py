"""Client authentication: private_key_jwt at every endpoint that asks for it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import func, select

from haas.clock import MovableClock, epoch
from haas.jose.jwt import DEFAULT_SKEW
from ops.sandbox.jose import SigningKey
from ops.sandbox.messages import ABSENT, Deviation, tampered
from ops.sandbox.recipient.client import RecipientClient
from tenants.clients.authentication import CHECKS
from tenants.clients.tables import used_assertion
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import new_product, product_client, registered_client, set_client
from tests.support.consents import SCOPE
from tests.support.expectations import refused

Claims = dict[str, Any]


def _claims(name: str, now: int) -> Claims:
    return {
        "iss is another client": {"iss": "somebody"},
        "sub is another client": {"sub": "somebody"},
        "iss is missing": {"iss": ABSENT},
        "sub is missing": {"sub": ABSENT},
        "aud is another server": {"aud": "https://other.example"},
        "aud is missing": {"aud": ABSENT},
        "aud is an array of other servers": {"aud": ["https://other.example", "https://another.example"]},
        "jti is missing": {"jti": ABSENT},
        "jti is empty": {"jti": ""},
        "jti is not a string": {"jti": 7},
        "jti is too long": {"jti": "j" * 2000},
        "exp is missing": {"exp": ABSENT},
        "exp is past": {"exp": now - 60},
        "exp is far ahead": {"exp": now + 7200},
        "exp is not a number": {"exp": "soon"},
        "nbf is ahead": {"nbf": now + 120},
        "iat is ahead": {"iat": now + 120},
    }[name]


CASES = {
    "names_one_client": ["iss is another client", "sub is another client", "iss is missing", "sub is missing"],
    "is_for_this_server": ["aud is another server", "aud is missing", "aud is an array of other servers"],
    "has_a_jti": ["jti is missing", "jti is empty", "jti is not a string", "jti is too long"],
    "is_in_time": [
        "exp is missing",
        "exp is past",
        "exp is far ahead",
        "exp is not a number",
        "nbf is ahead",
        "iat is ahead",
    ],
}
DESCRIPTIONS = {
    "names_one_client": "iss and sub",
    "is_for_this_server": "(aud)",
    "has_a_jti": "jti of the client assertion is missing",
    "is_in_time": "times",
}


def test_every_check_has_test_cases() -> None:
    assert list(CASES) == [check.__name__ for check in CHECKS]


@pytest.mark.parametrize(("check", "name"), [(check, name) for check, names in CASES.items() for name in names])
async def test_an_assertion_with_a_wrong_claim_is_refused(
    application: Application, recipient: RecipientClient, check: str, name: str
) -> None:
    claims = _claims(name, epoch(application.now))
    with refused("invalid_client", DESCRIPTIONS[check], 401):
        await recipient.client_credentials(assertion=Deviation(claims=claims))


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256"])
async def test_an_assertion_with_an_algorithm_outside_fapi_is_refused(
    recipient: RecipientClient, algorithm: str
) -> None:
    with refused("invalid_client", "unknown, or its assertion", 401):
        await recipient.client_credentials(assertion=Deviation(header={"alg": algorithm}))


async def test_an_assertion_with_another_algorithm_than_the_registered_one_is_refused(
    application: Application, aurora: Tenant
) -> None:
    product = new_product(application)
    other = SigningKey.generate("ES256")
    application.web.publish(f"{product.base}/jwks", {"keys": [product.key.public_jwk(), other.public_jwk()]})
    recipient = await registered_client(application, aurora, product)
    with refused("invalid_client", "token_endpoint_auth_signing_alg", 401):
        await recipient.client_credentials(assertion=Deviation(key=other))


async def test_a_wrong_key_and_an_unknown_client_get_the_same_error(recipient: RecipientClient) -> None:
    with refused("invalid_client", "unknown, or its assertion", 401) as foreign:
        await recipient.client_credentials(assertion=Deviation(key=SigningKey.generate("PS256")))
    unknown = {"iss": "nobody", "sub": "nobody"}
    with refused("invalid_client", "unknown, or its assertion", 401) as nobody:
        await recipient.client_credentials(assertion=Deviation(claims=unknown), form={"client_id": "nobody"})
    assert foreign.value.body == nobody.value.body


async def test_an_assertion_with_changed_claims_is_refused(recipient: RecipientClient) -> None:
    token = tampered(recipient.assertion(), jti=str(uuid4()))
    with refused("invalid_client", "unknown, or its assertion", 401):
        await recipient.client_credentials(assertion=Deviation(token=token))


@pytest.mark.parametrize("token", ["x", "a.b.c", "e30.e30.", "x" * 40_000, "é"])
async def test_an_assertion_that_is_not_a_jwt_is_refused(recipient: RecipientClient, token: str) -> None:
    with refused("invalid_client", "not a signed JWT", 401):
        await recipient.client_credentials(assertion=Deviation(token=token))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"client_assertion": ABSENT}, "assertion is required"),
        ({"client_assertion": ""}, "assertion is required"),
        ({"client_assertion_type": ABSENT}, "client_assertion_type must be"),
        (
            {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
            "assertion_type must be",
        ),
        ({"client_id": "another"}, "client_id is not the subject"),
        (
            {"client_assertion": ABSENT, "client_assertion_type": ABSENT, "client_secret": "s"},
            "assertion is required",
        ),
    ],
    ids=str,
)
async def test_authentication_other_than_by_private_key_jwt_is_refused(
    recipient: RecipientClient, form: dict[str, Any], said: str
) -> None:
    with refused("invalid_client", said, 401):
        await recipient.client_credentials(form=form)
    await recipient.client_credentials()


async def test_client_id_is_optional_in_a_form_with_an_assertion(recipient: RecipientClient) -> None:
    await recipient.client_credentials(form={"client_id": ABSENT})
    await recipient.push(SCOPE, form={"client_id": ABSENT})


@pytest.mark.parametrize("audience", ["issuer", "token_endpoint", "pushed_authorization_request_endpoint"])
@pytest.mark.parametrize("array", [False, True])
async def test_the_audience_may_be_the_issuer_the_token_endpoint_or_the_requested_endpoint(
    recipient: RecipientClient, audience: str, *, array: bool
) -> None:
    value = getattr(recipient.holder.metadata, audience)
    aud = ["https://other.example", value] if array else value
    await recipient.push(SCOPE, assertion=Deviation(claims={"aud": aud}))


async def test_an_audience_that_is_another_endpoint_is_refused(recipient: RecipientClient) -> None:
    aud = recipient.holder.metadata.introspection_endpoint
    with refused("invalid_client", "(aud)", 401):
        await recipient.client_credentials(assertion=Deviation(claims={"aud": aud}))


async def test_an_assertion_cannot_be_used_again_after_its_request_was_refused(recipient: RecipientClient) -> None:
    once = Deviation(token=recipient.assertion())
    with refused("unsupported_grant_type", "not supported"):
        await recipient.tokens("password", {}, assertion=once)
    with refused("invalid_client", "used before", 401):
        await recipient.client_credentials(assertion=once)
    with refused("invalid_client", "used before", 401):
        await recipient.push(SCOPE, assertion=once)


async def test_two_clients_can_use_the_same_jti(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    other = await registered_client(application, aurora)
    same = Deviation(claims={"jti": str(uuid4())})
    await recipient.client_credentials(assertion=same)
    await other.client_credentials(assertion=same)


async def test_a_used_jti_is_stored_longer_than_its_assertion_is_valid(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    exp = epoch(application.now) + 60
    await recipient.client_credentials(assertion=Deviation(claims={"exp": exp}))
    async with application.database.transaction(aurora.namespace) as tx:
        marks = select(func.max(used_assertion.c.expires_at)).where(used_assertion.c.client_id == recipient.client_id)
        assert (await tx.execute(marks)).scalar_one().timestamp() >= exp + 30


async def test_a_client_of_another_tenant_is_refused(
    application: Application, aurora: Tenant, banksia: Tenant, recipient: RecipientClient
) -> None:
    product = new_product(application)
    stranger = await product_client(application, banksia, product, client_id=recipient.client_id)
    with refused("invalid_client", "unknown, or its assertion", 401):
        await stranger.client_credentials()


async def test_an_assertion_for_one_tenant_is_refused_at_another(
    application: Application, aurora: Tenant, banksia: Tenant
) -> None:
    product = new_product(application)
    at_aurora = await registered_client(application, aurora, product)
    at_banksia = await registered_client(application, banksia, product)
    stolen = Deviation(token=at_aurora.assertion())
    with refused("invalid_client", "not for this server", 401):
        await at_banksia.client_credentials(assertion=stolen, form={"client_id": ABSENT})


async def test_a_removed_client_is_refused(application: Application, aurora: Tenant) -> None:
    recipient = await registered_client(application, aurora)
    await recipient.client_credentials()
    await set_client(application.database, aurora, recipient.client_id, removed_at=application.now)
    with refused("invalid_client", "unknown, or its assertion", 401):
        await recipient.client_credentials()


async def test_a_new_key_in_the_jwks_is_accepted(application: Application, aurora: Tenant, clock: MovableClock) -> None:
    product = new_product(application)
    recipient = await registered_client(application, aurora, product)
    await recipient.client_credentials()
    fresh = SigningKey.generate("PS256")
    application.web.publish(f"{product.base}/jwks", {"keys": [fresh.public_jwk()]})
    clock.move(timedelta(seconds=15))
    await recipient.client_credentials(assertion=Deviation(key=fresh))


async def test_a_client_whose_jwks_cannot_be_fetched_is_refused(application: Application, aurora: Tenant) -> None:
    product = new_product(application)
    recipient = await registered_client(application, aurora, product)
    application.web.publish(f"{product.base}/jwks", {}, status=500)
    with refused("invalid_client", "JWKS cannot be fetched", 401):
        await recipient.client_credentials()


async def test_a_changed_jwks_uri_takes_effect_at_once(application: Application, aurora: Tenant) -> None:
    product = new_product(application)
    recipient = await registered_client(application, aurora, product)
    await recipient.client_credentials()
    fresh = SigningKey.generate("ES256")
    moved = application.web.publish(f"{product.base}/moved", {"keys": [fresh.public_jwk()]})
    registration = product.registration(jwks_uri=moved, token_endpoint_auth_signing_alg="ES256")
    await set_client(application.database, aurora, recipient.client_id, registration=msgspec.to_builtins(registration))
    await recipient.client_credentials(assertion=Deviation(key=fresh))


async def test_a_jti_with_a_fractional_exp_is_stored_until_the_end_of_that_second(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    """Times are compared in whole seconds, so that the last moment of an assertion is the end of its second."""
    exp = epoch(application.now) + 60
    await recipient.client_credentials(assertion=Deviation(claims={"exp": exp + 0.25}))
    async with application.database.transaction(aurora.namespace) as tx:
        until = select(used_assertion.c.expires_at).where(used_assertion.c.client_id == recipient.client_id)
        kept = [row.expires_at.timestamp() for row in await tx.execute(until)]
    assert exp + 1 + DEFAULT_SKEW.total_seconds() in kept
