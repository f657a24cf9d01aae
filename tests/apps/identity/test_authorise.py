"""The authorisation endpoint, and the signed responses that end an attempt."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec
import pytest

from apps.http.flows import cookie_name
from apps.identity.authorise import STEPS
from haas.clock import MovableClock
from haas.steps import flattened
from ops.sandbox.jose import PublicKeys, verify
from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.answers import AuthorisationRefused, Flow
from ops.sandbox.recipient.client import RecipientClient
from tenants.attempts import service as attempts
from tenants.oauth.errors import AccessDenied
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import new_product, registered_client, set_client, unregistered_client
from tests.support.consents import SCOPE, attempt_of, authorise, authorised_code, response_of
from tests.support.customers import new_consumer
from tests.support.encrypted_tokens import EncryptionKey

UNMET = {"essential": True, "values": ["urn:cds.au:cdr:3"]}
OTHER_URI = "https://other.test/callback"


async def _visit(recipient: RecipientClient, flow: Flow, **changes: Any) -> httpx.Response:
    query = {"client_id": recipient.client_id, "request_uri": flow.request_uri, **changes}
    sent = urlencode({name: value for name, value in query.items() if value is not ABSENT})
    return await recipient.http.get(f"{recipient.holder.metadata.authorization_endpoint}?{sent}")


async def test_a_visit_redirects_to_the_flow_and_stores_only_when_it_was(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    flow = await recipient.push(SCOPE)
    before = await attempt_of(application, aurora, flow, recipient.client_id)
    response = await _visit(recipient, flow)
    attempt = await attempt_of(application, aurora, flow, recipient.client_id)
    assert response.status_code == 303
    assert response.headers["location"] == f"/flow/{attempt.id.hex}/identify"
    assert response.headers["cache-control"] == "no-store"
    cookie = response.headers["set-cookie"]
    name = cookie_name(attempt.id)
    assert cookie.startswith(f"{name}=")
    assert name.startswith("__Host-flow-")
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "domain" not in cookie.lower()
    assert attempt.visited_at is not None
    assert attempt == msgspec.structs.replace(before, visited_at=attempt.visited_at)
    await _visit(recipient, flow)
    assert await attempt_of(application, aurora, flow, recipient.client_id) == attempt
    assert (attempt.stage, attempt.browser_hash) == ("preIdentification", None)


async def test_a_form_post_is_redirected_to_the_same_address_with_get(recipient: RecipientClient) -> None:
    flow = await recipient.push(SCOPE)
    form = {"client_id": recipient.client_id, "request_uri": flow.request_uri}
    response = await recipient.http.post(recipient.holder.metadata.authorization_endpoint, data=form)
    assert response.status_code == 303
    assert response.headers["location"] == f"/authorise?{urlencode(form)}"


async def test_parameters_other_than_client_id_and_request_uri_are_ignored(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    flow = await recipient.push(SCOPE)
    repeated = {"scope": "openid", "response_type": "code", "redirect_uri": "https://evil.example", "state": "other"}
    response = await _visit(recipient, flow, **repeated)
    assert response.status_code == 303
    assert (
        await attempt_of(application, aurora, flow, recipient.client_id)
    ).request.redirect_uri == recipient.redirect_uri


REFUSED: dict[str, list[dict[str, Any]]] = {
    "has_no_request_object": [{"request": "x.y.z"}],
    "has_a_request_uri": [{"request_uri": ABSENT}, {"request_uri": "https://recipients.test/request.jwt"}],
    "has_a_client_id": [{"client_id": ABSENT}],
    "client_is_registered": [
        {"client_id": "nobody"},
        {"client_id": "no\0body"},
        {"client_id": "e7f0a3b5-6a52-4a0e-9a35-3c1d6f0b8d21"},
    ],
}


def test_the_cases_name_existing_steps() -> None:
    assert set(REFUSED) <= {step.__name__ for step in flattened(STEPS)}


@pytest.mark.parametrize("changes", [case for cases in REFUSED.values() for case in cases], ids=str)
async def test_a_query_without_valid_client_id_and_request_uri_is_refused_without_redirect(
    application: Application, aurora: Tenant, recipient: RecipientClient, changes: dict[str, Any]
) -> None:
    flow = await recipient.push(SCOPE)
    response = await _visit(recipient, flow, **changes)
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("text/html")
    assert "location" not in response.headers
    assert (await attempt_of(application, aurora, flow, recipient.client_id)).browser_hash is None


async def test_a_redirect_uri_removed_by_an_update_is_refused_without_redirect(
    application: Application, aurora: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    await recipient.register(product.ssa(application.now, redirect_uris=[recipient.redirect_uri, OTHER_URI]))
    shown = await recipient.push(SCOPE)
    immediate = await recipient.push(SCOPE, request=Deviation(claims={"prompt": "none"}))
    token = (await recipient.client_credentials()).access_token
    ssa = product.ssa(application.now, redirect_uris=[OTHER_URI])
    await recipient.update_registration(token, ssa, Deviation(claims={"redirect_uris": [OTHER_URI]}))
    for flow in (shown, immediate):
        response = await _visit(recipient, flow)
        assert (response.status_code, response.headers.get("location")) == (400, None)


async def test_a_repeated_parameter_is_refused(recipient: RecipientClient) -> None:
    flow = await recipient.push(SCOPE)
    url = recipient.authorisation_url(flow)
    assert (await recipient.http.get(f"{url}&client_id={recipient.client_id}")).status_code == 400


async def _is_over(response: httpx.Response) -> bool:
    return response.status_code == 410 and "location" not in response.headers


async def test_an_unknown_request_uri_is_refused_without_redirect(recipient: RecipientClient) -> None:
    flow = await recipient.push(SCOPE)
    assert await _is_over(await _visit(recipient, flow, request_uri=flow.request_uri + "x"))


async def test_an_expired_request_uri_is_refused_without_redirect(
    recipient: RecipientClient, clock: MovableClock
) -> None:
    flow = await recipient.push(SCOPE)
    clock.move(timedelta(seconds=80))
    assert (await _visit(recipient, flow)).status_code == 303
    clock.move(timedelta(seconds=11))
    assert await _is_over(await _visit(recipient, flow))


async def test_a_request_uri_of_another_client_is_refused_without_redirect(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    other = await registered_client(application, aurora)
    assert await _is_over(await _visit(other, await recipient.push(SCOPE)))


async def test_a_request_uri_of_another_tenant_is_refused_without_redirect(
    application: Application, aurora: Tenant, banksia: Tenant, recipient: RecipientClient
) -> None:
    elsewhere = await registered_client(application, banksia)
    assert await _is_over(await _visit(elsewhere, await recipient.push(SCOPE)))


async def test_a_request_uri_is_refused_after_the_person_has_authenticated(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    flow = await recipient.push(SCOPE)
    await _visit(recipient, flow)
    async with application.database.transaction(aurora.namespace) as tx:
        attempt = await attempt_of(application, aurora, flow, recipient.client_id)
        await attempts.mark_request_uri_used(tx, attempt, application.now)
    assert await _is_over(await _visit(recipient, flow))


async def test_a_request_uri_is_refused_after_the_person_has_cancelled(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    flow = await recipient.push(SCOPE)
    await _visit(recipient, flow)
    async with application.database.transaction(aurora.namespace) as tx:
        attempt = await attempt_of(application, aurora, flow, recipient.client_id)
        await attempts.reject(tx, attempt, AccessDenied("the consumer cancelled"), application.now)
    assert await _is_over(await _visit(recipient, flow))


async def _error(recipient: RecipientClient, flow: Flow) -> AuthorisationRefused:
    response = await _visit(recipient, flow)
    assert response.status_code == 303
    assert response.headers["location"].startswith(f"{recipient.redirect_uri}?response=")
    assert "set-cookie" not in response.headers
    with pytest.raises(AuthorisationRefused) as refusal:
        await recipient.read_response(response_of(response.headers["location"]), flow)
    return refusal.value


@pytest.mark.parametrize("values", [["urn:cds.au:cdr:3"], ["urn:cds.au:cdr:3", "urn:cds.au:cdr:4"]])
async def test_an_essential_acr_that_cannot_be_met_gets_a_signed_error(
    application: Application, aurora: Tenant, recipient: RecipientClient, values: list[str]
) -> None:
    flow = await recipient.push(SCOPE, acr_values=values)
    assert (await _error(recipient, flow)).error == "unmet_authentication_requirements"
    attempt = await attempt_of(application, aurora, flow, recipient.client_id)
    assert (attempt.stage, attempt.error) == ("rejected", "unmet_authentication_requirements")


@pytest.mark.parametrize(
    "acr",
    [
        {"essential": True, "values": ["urn:cds.au:cdr:3", "urn:cds.au:cdr:2"]},
        {"essential": True, "value": "urn:cds.au:cdr:2"},
        {"essential": True},
        {"values": ["urn:cds.au:cdr:3"]},
        None,
    ],
    ids=str,
)
async def test_an_acr_that_can_be_met_or_is_voluntary_starts_the_flow(recipient: RecipientClient, acr: Any) -> None:
    flow = await recipient.push(SCOPE, request=Deviation(claims={"claims": {"id_token": {"acr": acr}}}))
    assert (await _visit(recipient, flow)).headers["location"].startswith("/flow/")


async def test_prompt_none_gets_the_error_login_required(recipient: RecipientClient) -> None:
    flow = await recipient.push(SCOPE, request=Deviation(claims={"prompt": "none"}))
    assert (await _error(recipient, flow)).error == "login_required"


async def test_a_recipient_that_became_inactive_gets_a_signed_error(application: Application, aurora: Tenant) -> None:
    recipient = await registered_client(application, aurora)
    flow = await recipient.push(SCOPE)
    await set_client(application.database, aurora, recipient.client_id, product_status="INACTIVE")
    assert (await _error(recipient, flow)).error == "unauthorized_client"


@pytest.mark.parametrize(
    "request_",
    [Deviation(claims={"prompt": "none"}), Deviation(claims={"claims": {"id_token": {"acr": UNMET}}})],
    ids=str,
)
async def test_each_browser_gets_the_signed_error_until_the_request_uri_expires(
    recipient: RecipientClient, clock: MovableClock, request_: Deviation
) -> None:
    """A link scanner that comes first must not keep the error from the person's browser."""
    flow = await recipient.push(SCOPE, request=request_)
    first = await _error(recipient, flow)
    clock.move(timedelta(seconds=80))
    assert (await _error(recipient, flow)).error == first.error
    clock.move(timedelta(seconds=11))
    assert await _is_over(await _visit(recipient, flow))


async def test_a_recipient_that_became_active_after_the_error_must_push_again(
    application: Application, aurora: Tenant
) -> None:
    recipient = await registered_client(application, aurora)
    flow = await recipient.push(SCOPE)
    await set_client(application.database, aurora, recipient.client_id, product_status="INACTIVE")
    await _error(recipient, flow)
    assert (await _error(recipient, flow)).error == "unauthorized_client"
    await set_client(application.database, aurora, recipient.client_id, product_status="ACTIVE")
    assert await _is_over(await _visit(recipient, flow))


async def test_the_response_keeps_the_query_of_the_redirect_uri(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    redirect_uri = f"{recipient.redirect_uri}?tenant=one&x=1"
    flow = await recipient.push(SCOPE, redirect_uri=redirect_uri)
    url = await authorise(application, aurora, recipient, flow, await new_consumer(application, aurora))
    assert url.startswith(f"{redirect_uri}&response=")
    assert parse_qs(urlsplit(url).query)["tenant"] == ["one"]


async def test_the_response_is_signed_for_the_client_and_expires_within_ten_minutes(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    flow = await recipient.push(SCOPE)
    url = await authorise(application, aurora, recipient, flow, await new_consumer(application, aurora))
    jwks = (await recipient.http.get(recipient.holder.metadata.jwks_uri)).content
    header, claims = verify(response_of(url), PublicKeys.from_jwks(jwks))
    assert header["alg"] == "PS256"
    assert set(claims) == {"iss", "aud", "iat", "exp", "code", "state"}
    assert (claims["iss"], claims["aud"], claims["state"]) == (aurora.issuer, recipient.client_id, flow.state)
    assert claims["exp"] - claims["iat"] <= 600
    assert parse_qs(urlsplit(url).query).keys() == {"response"}


async def test_a_request_without_state_can_be_authorised(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    flow = await recipient.push(SCOPE, request=Deviation(claims={"state": ABSENT}))
    assert await authorised_code(application, aurora, recipient, flow, await new_consumer(application, aurora))


async def test_the_response_is_signed_with_the_registered_algorithm(application: Application, aurora: Tenant) -> None:
    recipient = await registered_client(application, aurora, authorization_signed_response_alg="ES256")
    flow = await recipient.push(SCOPE)
    url = await authorise(application, aurora, recipient, flow, await new_consumer(application, aurora))
    jwks = (await recipient.http.get(recipient.holder.metadata.jwks_uri)).content
    assert verify(response_of(url), PublicKeys.from_jwks(jwks)).header["alg"] == "ES256"


@pytest.mark.parametrize(
    ("algorithm", "content", "used"),
    [("RSA-OAEP", None, "A128CBC-HS256"), ("RSA-OAEP-256", "A256GCM", "A256GCM")],
)
async def test_the_response_is_encrypted_with_the_registered_algorithms(
    application: Application, aurora: Tenant, algorithm: str, content: str | None, used: str
) -> None:
    product = new_product(application)
    key = EncryptionKey(algorithm)
    keys = [product.key.public_jwk(), key.public_jwk()]
    application.web.publish(f"{product.base}/jwks", {"keys": keys})
    recipient = await registered_client(
        application,
        aurora,
        product,
        authorization_encrypted_response_alg=algorithm,
        authorization_encrypted_response_enc=content,
    )
    flow = await recipient.push(SCOPE)
    url = await authorise(application, aurora, recipient, flow, await new_consumer(application, aurora))
    header, signed = key.decrypt(response_of(url))
    assert header == {"alg": algorithm, "enc": used, "cty": "JWT", "kid": "enc"}
    await recipient.exchange(await recipient.read_response(signed, flow), flow)


async def test_a_response_that_cannot_be_encrypted_is_not_sent(application: Application, aurora: Tenant) -> None:
    product = new_product(application)
    recipient = await registered_client(application, aurora, product)
    flow = await recipient.push(SCOPE, acr_values=["urn:cds.au:cdr:3"])
    changed = product.registration(authorization_encrypted_response_alg="RSA-OAEP")
    values = {"registration": msgspec.to_builtins(changed)}
    await set_client(application.database, aurora, recipient.client_id, **values)
    response = await _visit(recipient, flow)
    assert response.status_code == 400
    assert "location" not in response.headers
    assert "We cannot take you back" in response.text
    assert "Go back there yourself" in response.text
