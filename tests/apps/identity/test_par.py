"""Pushed authorisation requests: which are accepted, and each reason for a refusal."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from apps.identity import par
from haas.clock import epoch
from haas.steps import flattened
from ops.sandbox.jose import SigningKey
from ops.sandbox.messages import ABSENT, Deviation, tampered
from ops.sandbox.recipient.client import RecipientClient
from tenants.attempts.tables import attempt
from tenants.consent.request_object import CHECKS
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import new_product, registered_client
from tests.support.consents import SCOPE
from tests.support.expectations import oauth_error, refused
from tests.support.rows import count

Changes = Callable[[int, RecipientClient], dict[str, Any]]


def _always(**claims: Any) -> Changes:
    return lambda _now, _recipient: claims


# For each check, in their order: claims that it refuses, the error, and a part of its description.
CASES: dict[str, list[tuple[Changes, str, str]]] = {
    "names_the_client": [
        (_always(client_id="another"), "invalid_request_object", "client_id"),
        (_always(client_id=ABSENT), "invalid_request_object", "client_id"),
        (_always(iss="another"), "invalid_request_object", "iss"),
    ],
    "is_not_a_client_assertion": [
        (lambda _, recipient: {"sub": recipient.client_id}, "invalid_request_object", "sub"),
    ],
    "is_for_this_server": [
        (_always(aud="https://other.example"), "invalid_request_object", "aud"),
        (_always(aud=ABSENT), "invalid_request_object", "aud"),
        (_always(aud=["https://other.example"]), "invalid_request_object", "aud"),
        (lambda _, recipient: {"aud": recipient.holder.metadata.token_endpoint}, "invalid_request_object", "aud"),
    ],
    "lifetime_is_valid": [
        (_always(exp=ABSENT), "invalid_request_object", "exp and nbf"),
        (_always(nbf=ABSENT), "invalid_request_object", "exp and nbf"),
        (lambda now, _: {"exp": now - 60, "nbf": now - 120}, "invalid_request_object", "expired"),
        (lambda now, _: {"nbf": now + 120, "exp": now + 300}, "invalid_request_object", "not valid yet"),
        (lambda now, _: {"nbf": now, "exp": now + 3601}, "invalid_request_object", "60 minutes after"),
        (lambda now, _: {"nbf": now - 3700, "exp": now - 100}, "invalid_request_object", "expired"),
        (lambda now, _: {"nbf": now - 3615, "exp": now - 20}, "invalid_request_object", "60 minutes in the past"),
    ],
    "contains_no_nested_request": [
        (_always(request="x.y.z"), "invalid_request_object", "neither"),
        (_always(request_uri="urn:x"), "invalid_request_object", "neither"),
    ],
    "client_is_registered_for_the_code_grant": [],  # see test_a_client_without_the_code_grant_cannot_push_a_request
    "response_type_is_code": [
        (_always(response_type=ABSENT), "invalid_request", "response_type is missing"),
        (_always(response_type="code id_token"), "unsupported_response_type", "code"),
        (_always(response_type="token"), "unsupported_response_type", "code"),
    ],
    "response_mode_is_jwt": [
        (_always(response_mode=ABSENT), "invalid_request", "response_mode"),
        (_always(response_mode="query"), "invalid_request", "response_mode"),
        (_always(response_mode="fragment"), "invalid_request", "response_mode"),
    ],
    "redirect_uri_is_registered": [
        (_always(redirect_uri=ABSENT), "invalid_request", "redirect_uri is missing"),
        (_always(redirect_uri="https://evil.example/callback"), "invalid_request", "registered"),
        (lambda _, recipient: {"redirect_uri": recipient.redirect_uri + "/"}, "invalid_request", "registered"),
        (lambda _, recipient: {"redirect_uri": recipient.redirect_uri + "?x=1"}, "invalid_request", "registered"),
        (lambda _, recipient: {"redirect_uri": recipient.redirect_uri.upper()}, "invalid_request", "registered"),
    ],
    "scope_contains_openid": [
        (_always(scope="profile energy:accounts.basic:read"), "invalid_scope", "openid"),
        (_always(scope=ABSENT), "invalid_scope", "openid"),
    ],
    "scopes_are_for_a_consumer": [
        (_always(scope=f"{SCOPE} cdr:registration"), "invalid_scope", "cannot authorise"),
        (_always(scope=f"{SCOPE} admin:metrics.basic:read"), "invalid_scope", "cannot authorise"),
        (_always(scope="openid admin:metadata:update"), "invalid_scope", "cannot authorise"),
    ],
    "some_scopes_are_offered": [
        (_always(scope="openid bank:accounts.basic:read"), "invalid_scope", "supported here"),
        (_always(scope="openid profile bank:payees:read x"), "invalid_scope", "supported here"),
        (_always(scope="openid made:up"), "invalid_scope", "supported here"),
    ],
    "has_an_s256_code_challenge": [
        (_always(code_challenge=ABSENT), "invalid_request", "code_challenge is missing"),
        (_always(code_challenge_method=ABSENT), "invalid_request", "S256"),
        (_always(code_challenge_method="plain"), "invalid_request", "S256"),
        (_always(code_challenge="short"), "invalid_request", "malformed"),
        (_always(code_challenge="a" * 43 + "="), "invalid_request", "malformed"),
        (_always(code_challenge="a" * 43 + "\n"), "invalid_request", "malformed"),
        (_always(code_challenge="A" * 44), "invalid_request", "malformed"),
        (_always(code_challenge="A" * 128), "invalid_request", "malformed"),
        (_always(code_challenge="A" * 42 + "."), "invalid_request", "malformed"),
        (_always(code_challenge="~" + "A" * 42), "invalid_request", "malformed"),
        (_always(code_challenge="A" * 42 + "B"), "invalid_request", "malformed"),  # bits beyond the 32nd byte
    ],
    "has_a_nonce": [
        (_always(nonce=ABSENT), "invalid_request", "nonce"),
        (_always(nonce=""), "invalid_request", "nonce"),
    ],
    "state_and_nonce_are_short": [
        (_always(state="s" * 2049), "invalid_request", "state"),
        (_always(nonce="n" * 2049), "invalid_request", "nonce"),
    ],
    "prompt_and_max_age_are_valid": [
        (_always(prompt="none login"), "invalid_request", "prompt"),
        (_always(max_age=-1), "invalid_request", "max_age"),
    ],
    "sharing_duration_is_valid": [
        (_always(claims={"sharing_duration": -1}), "invalid_request", "sharing_duration"),
        (_always(claims={"sharing_duration": 1.5}), "invalid_request", "sharing_duration"),
    ],
}
MALFORMED: list[dict[str, Any]] = [
    {"scope": ["openid"]},
    {"redirect_uri": 1},
    {"exp": "soon"},
    {"exp": True},
    {"state": {}},
    {"claims": "all"},
    {"claims": {"sharing_duration": "long"}},
    {"claims": {"id_token": {"acr": True}}},
    {"claims": {"cdr_arrangement_id": 5}},
    {"max_age": "10"},
]


def test_every_check_has_test_cases() -> None:
    assert list(CASES) == [check.__name__ for check in CHECKS]


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [pytest.param(*case, id=f"{check}-{at}") for check, cases in CASES.items() for at, case in enumerate(cases)],
)
async def test_a_request_object_with_a_wrong_claim_is_refused(
    application: Application, recipient: RecipientClient, changes: Changes, error: str, said: str
) -> None:
    claims = changes(epoch(application.now), recipient)
    with refused(error, said):
        await recipient.push(SCOPE, request=Deviation(claims=claims))


@pytest.mark.parametrize("claims", MALFORMED, ids=str)
async def test_a_request_object_with_values_of_the_wrong_type_is_refused(
    recipient: RecipientClient, claims: dict[str, Any]
) -> None:
    with refused("invalid_request_object", "malformed"):
        await recipient.push(SCOPE, request=Deviation(claims=claims))


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256"])
async def test_a_request_object_with_an_algorithm_outside_fapi_is_refused(
    recipient: RecipientClient, algorithm: str
) -> None:
    with refused("invalid_request_object", "verify"):
        await recipient.push(SCOPE, request=Deviation(header={"alg": algorithm}))


@pytest.mark.parametrize("claims", [{"state": "s\0"}, {"claims": {"userinfo": {"\0": None}}}], ids=repr)
async def test_a_request_object_with_u_0000_is_refused(recipient: RecipientClient, claims: dict[str, Any]) -> None:
    with refused("invalid_request_object", r"U\+0000"):
        await recipient.push(SCOPE, request=Deviation(claims=claims))


async def test_a_request_object_with_another_algorithm_than_the_registered_one_is_refused(
    application: Application, aurora: Tenant
) -> None:
    product = new_product(application, "ES256")
    recipient = await registered_client(application, aurora, product, request_object_signing_alg="PS256")
    with refused("invalid_request_object", "verify"):
        await recipient.push(SCOPE)


async def test_a_request_object_signed_with_an_unknown_key_is_refused(recipient: RecipientClient) -> None:
    with refused("invalid_request_object", "verify"):
        await recipient.push(SCOPE, request=Deviation(key=SigningKey.generate("PS256")))


async def test_a_request_object_with_changed_claims_is_refused(recipient: RecipientClient) -> None:
    token = tampered(recipient.request_object({}), scope="openid energy:accounts.detail:read")
    with refused("invalid_request_object", "verify"):
        await recipient.push(SCOPE, request=Deviation(token=token))


@pytest.mark.parametrize("token", ["x", "a.b.c", "x" * 33_000])
async def test_a_request_parameter_that_is_not_a_jwt_is_refused(recipient: RecipientClient, token: str) -> None:
    with refused("invalid_request_object", "verify"):
        await recipient.push(SCOPE, request=Deviation(token=token))


FORMS: dict[str, list[tuple[dict[str, Any], str]]] = {
    "has_no_request_uri": [({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "request_uri")],
    "has_a_request_object": [({"request": ABSENT}, "request is missing"), ({"request": ""}, "request is missing")],
}


def test_the_form_cases_name_existing_steps() -> None:
    assert set(FORMS) <= {step.__name__ for step in flattened(par.STEPS)}


@pytest.mark.parametrize(("form", "said"), [case for cases in FORMS.values() for case in cases])
async def test_a_form_without_exactly_one_request_object_is_refused(
    recipient: RecipientClient, form: dict[str, Any], said: str
) -> None:
    with refused("invalid_request", said):
        await recipient.push(SCOPE, form=form)


async def test_parameters_outside_the_request_object_are_ignored(recipient: RecipientClient) -> None:
    await recipient.push(SCOPE, form={"redirect_uri": "https://evil.example", "scope": "openid", "state": "x"})


async def test_a_client_without_the_code_grant_cannot_push_a_request(application: Application, aurora: Tenant) -> None:
    recipient = await registered_client(application, aurora, grant_types=("client_credentials",))
    with refused("unauthorized_client", "authorization_code"):
        await recipient.push(SCOPE)


@pytest.mark.parametrize(
    ("content", "content_type", "said"),
    [
        (b"request=x&request=y", "application/x-www-form-urlencoded", "more than once"),
        (b"client_id=a&client_id=a", "application/x-www-form-urlencoded", "more than once"),
        (b"state=%ff", "application/x-www-form-urlencoded", "cannot be read"),
        ("state=é".encode(), "application/x-www-form-urlencoded", "cannot be read"),
        (b"&".join(b"p%d=1" % at for at in range(100)), "application/x-www-form-urlencoded", "cannot be read"),
        (b'{"request": "x"}', "application/json", "content type"),
        (b"request=x", "text/plain", "content type"),
    ],
)
async def test_a_body_that_is_not_a_valid_form_is_refused(
    recipient: RecipientClient, content: bytes, content_type: str, said: str
) -> None:
    response = await _posted(recipient, content, content_type)
    oauth_error(response, "invalid_request", said)


async def test_a_body_above_the_size_limit_is_refused(recipient: RecipientClient) -> None:
    response = await _posted(recipient, b"request=" + b"x" * 70_000, "application/x-www-form-urlencoded")
    oauth_error(response, "invalid_request", "larger than this service accepts", 413)


async def test_a_get_request_is_refused(recipient: RecipientClient) -> None:
    response = await recipient.http.get(recipient.holder.metadata.pushed_authorization_request_endpoint)
    oauth_error(response, "invalid_request", "method is not served", 405)
    assert response.headers["allow"] == "OPTIONS, POST"


async def test_a_refused_request_stores_no_attempt(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    before = await count(application.database, aurora, attempt)
    with refused("invalid_request", "code_challenge is missing"):
        await recipient.push(SCOPE, request=Deviation(claims={"code_challenge": ABSENT}))
    assert await count(application.database, aurora, attempt) == before
    await recipient.push(SCOPE)
    assert await count(application.database, aurora, attempt) == before + 1


async def _posted(recipient: RecipientClient, content: bytes, content_type: str) -> httpx.Response:
    endpoint = recipient.holder.metadata.pushed_authorization_request_endpoint
    return await recipient.http.post(endpoint, content=content, headers={"Content-Type": content_type})
