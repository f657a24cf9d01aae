"""Hostile values in signed messages and in registrations: they are refused and never cause a 5xx status."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import pytest
from joserfc.jwk import RSAKey

from haas.clock import epoch
from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.answers import Refused
from ops.sandbox.recipient.client import RecipientClient
from tenants.attempts import store as attempt_store
from tenants.clients.tables import used_assertion
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import new_product, registered_client, unregistered_client
from tests.support.consents import SCOPE
from tests.support.expectations import refused
from tests.support.rows import count

HUGE: Final = 10**400
VALUES: Final[dict[str, Any]] = {
    "400 digits": HUGE,
    "400 digits, negative": -HUGE,
    "64 bits": 2**64,
    "largest double": 1.7e308,
    "smallest double": -1.7e308,
    "fraction": 0.1,
    "zero": 0,
    "negative": -1,
    "year 10000": 253_402_300_800,
    "true": True,
    "null": None,
    "empty text": "",
    "long text": "x" * 5_000,
    "not ASCII": "é\u202e",
    "empty array": [],
    "array of arrays": [[[]]],
    "array of 400 digits": [HUGE],
    "empty object": {},
    "object": {"a": {"b": HUGE}},
    "host xn--a": "https://xn--a/",
    "host xn--a.test": "https://xn--a.recipients.test/jwks",
    "long label": f"https://{'a' * 64}.test/",
    "empty label": "https://a..test/",
    "port 99999": "https://a.test:99999/",
    "IPv6": "https://[::1/",
}
ASSERTION: Final = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti")
REQUEST_OBJECT: Final = (
    *("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "response_type", "response_mode", "redirect_uri"),
    *(
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "claims",
        "code_challenge",
        "code_challenge_method",
        "request_uri",
    ),
)
REGISTRATION: Final = (
    *("iss", "iat", "exp", "nbf", "jti", "aud", "redirect_uris", "token_endpoint_auth_method", "grant_types"),
    *("token_endpoint_auth_signing_alg", "response_types", "application_type", "id_token_signed_response_alg"),
    *("authorization_encrypted_response_alg", "authorization_encrypted_response_enc", "request_object_signing_alg"),
    "software_statement",
)
STATEMENT: Final = (
    *("iss", "iat", "exp", "nbf", "jti", "client_name", "client_uri", "legal_entity_id", "org_id", "redirect_uris"),
    *("sector_identifier_uri", "logo_uri", "jwks_uri", "revocation_uri", "recipient_base_uri", "software_id"),
    *("software_roles", "scope"),
)
CLAIMS: Final = ("sharing_duration", "cdr_arrangement_id", "id_token", "userinfo")
ENCRYPTED: Final = Deviation(claims={"authorization_encrypted_response_alg": "RSA-OAEP"})


async def assert_no_server_error(act: Callable[[], Awaitable[object]]) -> None:
    """Expect a success or a refusal with a 4xx status."""
    try:
        await act()
    except Refused as refusal:
        assert 400 <= refusal.status < 500, refusal.response.text  # noqa: PT017 - a success is allowed too


def alone_and_with_fraction(name: str) -> list[dict[str, Any]]:
    """Each hostile value of a claim, alone and beside a fractional `nbf`, which makes all numbers doubles."""
    found = [{name: value} for value in VALUES.values()]
    return found if name == "nbf" else [*found, *({name: value, "nbf": 0.5} for value in VALUES.values())]


@pytest.mark.parametrize("name", ASSERTION)
async def test_hostile_claims_of_an_assertion_cause_no_server_error(recipient: RecipientClient, name: str) -> None:
    for claims in alone_and_with_fraction(name):
        await assert_no_server_error(
            lambda claims=claims: recipient.client_credentials(assertion=Deviation(claims=claims))
        )
    assert (await recipient.client_credentials()).access_token


@pytest.mark.parametrize("name", ["alg", "kid", "typ", "crit", "jwk", "jku", "x5c", "b64"])
async def test_hostile_header_parameters_of_an_assertion_cause_no_server_error(
    recipient: RecipientClient, name: str
) -> None:
    for value in VALUES.values():
        good = recipient.assertion()
        header = _base64url(json.dumps({"alg": "PS256", "kid": recipient.key.kid, name: value}))
        token = ".".join([header, *good.split(".")[1:]])
        await assert_no_server_error(lambda token=token: recipient.client_credentials(assertion=Deviation(token=token)))
    assert (await recipient.client_credentials()).access_token


@pytest.mark.parametrize("name", REQUEST_OBJECT)
async def test_hostile_claims_of_a_request_object_cause_no_server_error(
    recipient: RecipientClient, application: Application, name: str
) -> None:
    for claims in alone_and_with_fraction(name):
        await assert_no_server_error(lambda claims=claims: recipient.push(SCOPE, request=Deviation(claims=claims)))
    fraction = epoch(application.now) - 0.5
    with refused("invalid_request_object", "exp"):
        await recipient.push(SCOPE, request=Deviation(claims={"exp": HUGE, "nbf": fraction}))
    assert await recipient.push(SCOPE)


@pytest.mark.parametrize("name", CLAIMS)
async def test_hostile_values_in_the_claims_parameter_cause_no_server_error(
    recipient: RecipientClient, name: str
) -> None:
    acr = [{"acr": {"essential": True, "value": value}} for value in VALUES.values()]
    for value in (*VALUES.values(), *acr, *({"acr": {"values": [one]}} for one in VALUES.values())):
        claims = {"claims": {name: value}}
        await assert_no_server_error(lambda claims=claims: recipient.push(SCOPE, request=Deviation(claims=claims)))
    assert await recipient.push(SCOPE)


@pytest.mark.parametrize("name", REGISTRATION)
async def test_hostile_claims_of_a_registration_request_cause_no_server_error(
    application: Application, aurora: Tenant, name: str
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    for claims in alone_and_with_fraction(name):
        ssa = product.ssa(application.now)
        await assert_no_server_error(lambda claims=claims, ssa=ssa: recipient.register(ssa, Deviation(claims=claims)))
    other, unregistered = await unregistered_client(application, aurora)
    assert await unregistered.register(other.ssa(application.now))


@pytest.mark.parametrize("name", STATEMENT)
async def test_hostile_claims_of_a_software_statement_cause_no_server_error(
    application: Application, aurora: Tenant, name: str
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    for claims in alone_and_with_fraction(name):
        ssa = product.ssa(application.now, **claims)
        await assert_no_server_error(lambda ssa=ssa: recipient.register(ssa))
    other, unregistered = await unregistered_client(application, aurora)
    assert await unregistered.register(other.ssa(application.now))


@pytest.mark.parametrize("uri", ["https://xn--a/", "https://xn--a.recipients.test/jwks"])
@pytest.mark.parametrize("name", ["jwks_uri", "sector_identifier_uri", "revocation_uri", "recipient_base_uri"])
async def test_an_address_with_an_invalid_punycode_host_is_not_registered(
    application: Application, aurora: Tenant, name: str, uri: str
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    with refused("invalid_software_statement", name):
        await recipient.register(product.ssa(application.now, **{name: uri}))


@pytest.mark.parametrize("name", ["iat", "exp", "nbf"])
@pytest.mark.parametrize("value", [HUGE, -HUGE, 1.7e308, -1.7e308, -1, 253_402_300_800])
async def test_a_number_outside_the_range_of_dates_is_refused(
    application: Application, aurora: Tenant, recipient: RecipientClient, name: str, value: float
) -> None:
    with refused("invalid_client", name, 401):
        await recipient.client_credentials(assertion=Deviation(claims={name: value}))
    product, unregistered = await unregistered_client(application, aurora)
    with refused("invalid_software_statement", name):
        await unregistered.register(product.ssa(application.now, **{name: value}))
    with refused("invalid_client_metadata", name):
        await unregistered.register(product.ssa(application.now), Deviation(claims={name: value}))


async def test_an_assertion_cannot_be_used_again_after_an_unexpected_error(
    recipient: RecipientClient, application: Application, aurora: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error rolls back the writes of the request, except the record that its assertion was used."""
    for failure in (_raise, _fail_in_postgres, _go_on_after_a_failure):
        once = Deviation(token=recipient.assertion())
        before = await count(application.database, aurora, used_assertion)
        with monkeypatch.context() as patch:
            patch.setattr(attempt_store, "insert_attempt", failure)
            with pytest.raises(Refused) as unexpected:
                await recipient.push(SCOPE, assertion=once)
        assert unexpected.value.status == 500
        assert await count(application.database, aurora, used_assertion) == before + 1
        with refused("invalid_client", "used before", 401):
            await recipient.push(SCOPE, assertion=once)


async def _raise(*_: object, **__: object) -> None:
    raise OverflowError("unexpected")


async def _fail_in_postgres(tx: Any, *_: object, **__: object) -> None:
    await tx.driver.execute("SELECT 1 / 0")


async def _go_on_after_a_failure(tx: Any, *_: object, **__: object) -> bool:
    with suppress(Exception):
        await tx.driver.execute("SELECT 1 / 0")
    return True


@pytest.mark.parametrize("beside", [{}, {"use": "enc", "alg": "RSA-OAEP-256"}, {"use": "sig"}])
async def test_encrypted_responses_cannot_be_registered_without_an_encryption_key(
    application: Application, aurora: Tenant, beside: dict[str, str]
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    unusable = [{**RSAKey.generate_key(2048).as_dict(private=False), **beside}] if beside else []
    application.web.publish(f"{product.base}/jwks", {"keys": [product.key.public_jwk(), *unusable]})
    with refused("invalid_client_metadata", "no encryption key for RSA-OAEP"):
        await recipient.register(product.ssa(application.now), ENCRYPTED)


async def test_encrypted_responses_can_be_registered_with_an_encryption_key(
    application: Application, aurora: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    usable = {**RSAKey.generate_key(2048).as_dict(private=False), "kid": "enc", "use": "enc", "alg": None}
    application.web.publish(f"{product.base}/jwks", {"keys": [product.key.public_jwk(), usable]})
    registered = await recipient.register(product.ssa(application.now), ENCRYPTED)
    assert registered["authorization_encrypted_response_alg"] == "RSA-OAEP"
    assert await recipient.push(SCOPE)


async def test_a_pushed_request_of_a_client_without_its_encryption_key_is_refused(
    application: Application, aurora: Tenant
) -> None:
    """Otherwise the person would see an error at the end of the flow that only the recipient can correct."""
    product = new_product(application)
    recipient = await registered_client(application, aurora, product, authorization_encrypted_response_alg="RSA-OAEP")
    with refused("invalid_request", "no encryption key for"):
        await recipient.push(SCOPE)


def _base64url(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")
