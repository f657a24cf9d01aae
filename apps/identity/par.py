"""The pushed authorisation request endpoint (RFC 9126; CDS, Pushed Authorisation endpoint)."""

from collections.abc import Awaitable
from typing import Final

import msgspec
from litestar import Response, post

from apps.http.call import HttpRequest, in_transaction, respond
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.json_responses import json_response
from apps.identity.client_authentication import (
    AUTHENTICATE_THE_CLIENT,
    ClientCall,
    client_is_within_the_traffic_thresholds,
    mark_the_assertion_as_used,
)
from haas.jose import PublicKeys
from haas.steps import Step, on_attribute
from tenants.attempts import service as attempts
from tenants.attempts.models import AuthorisationRequest
from tenants.consent import request_object
from tenants.consent.authorisation_response import require_encryption_key
from tenants.consent.request_object import RequestObject
from tenants.oauth.endpoints import PAR
from tenants.oauth.errors import InvalidRequest


class PushedResponse(msgspec.Struct, frozen=True):
    """A successful response (RFC 9126 2.2). `expires_in` is in seconds."""

    request_uri: str
    expires_in: int


class PushCall(ClientCall):
    """The state of a call that pushes an authorisation request."""

    keys: PublicKeys
    request_object: RequestObject
    authorisation_request: AuthorisationRequest
    pushed: PushedResponse


async def fetch_the_clients_keys(call: PushCall) -> None:
    """The client's keys are loaded, or fetched again if the request object has an unknown `kid` (OIDC Core 10.1)."""
    authenticator = call.context.services.authenticator
    call.keys = await authenticator.keys_for(call.assertion, call.parameters.get("request", ""))


def has_no_request_uri(call: PushCall) -> None:
    """`request_uri` is absent: it "MUST NOT be provided" in a pushed request (RFC 9126 2.1; CDS, Request Object)."""
    if "request_uri" in call.parameters:
        raise InvalidRequest("request_uri must not be pushed")


def has_a_request_object(call: PushCall) -> None:
    """`request` is present: only a signed request object is accepted (FAPI 1.0 Advanced 5.2.2-1; RFC 9126 3)."""
    if "request" not in call.parameters:
        raise InvalidRequest("request is missing: a signed request object is required")


def request_object_is_signed_by_the_client(call: PushCall) -> None:
    """The request object is signed by a key of the client, with the registered algorithm (OIDC Registration 2)."""
    ctx = call.context
    call.request_object = request_object.verify_signature(
        call.parameters["request"], call.keys, client=call.client, issuer=ctx.tenant.issuer, now=ctx.now
    )


def read_the_request(call: PushCall) -> None:
    """`cdr_arrangement_id`, if present, is an id: "if not recognised by the Data Holder it MUST be rejected" (CDS)."""
    call.authorisation_request = request_object.authorisation_request(call.request_object)


def response_can_be_encrypted(call: PushCall) -> None:
    """If the client registered for encrypted responses, its JWKS contains an encryption key (JARM 2.2)."""
    require_encryption_key(call.client, call.keys)


def recipient_may_be_authorised(call: PushCall) -> None:
    """The data recipient and its software product are active (CDS, Participant Statuses)."""
    attempts.require_active_recipient(call.client)


async def arrangement_may_be_amended(call: PushCall) -> None:
    """`cdr_arrangement_id`, if present, is an active arrangement of this client (CDS, Request Object Submission)."""
    await attempts.require_amendable_arrangement(call.tx, call.client, call.authorisation_request, call.context.now)


def client_has_not_pushed_too_many(call: PushCall) -> Awaitable[None] | None:
    """The client has not pushed too many requests within 90 seconds, which would be stored (RFC 9126 2.3, 429)."""
    ctx = call.context
    return ctx.services.traffic.pushed_request(ctx.tenant, call.client.client_id)


async def store_the_request(call: PushCall) -> None:
    """The request is stored as an attempt. Its new request_uri is valid for 90 seconds and stored as a hash (CDS)."""
    call.pushed = PushedResponse(*await attempts.push(call.tx, call.authorisation_request, call.context.now))


def respond_with_the_request_uri(call: PushCall) -> None:
    """The response is 201 with request_uri and expires_in (RFC 9126 2.2)."""
    call.response = json_response(call.pushed, status=201)


STEPS: Final[tuple[Step[PushCall], ...]] = (
    *AUTHENTICATE_THE_CLIENT,
    fetch_the_clients_keys,
    in_transaction(
        mark_the_assertion_as_used,
        client_is_within_the_traffic_thresholds,
        has_no_request_uri,
        has_a_request_object,
        request_object_is_signed_by_the_client,
        *on_attribute("request_object", request_object.CHECKS),
        read_the_request,
        response_can_be_encrypted,
        recipient_may_be_authorised,
        arrangement_may_be_amended,
        client_has_not_pushed_too_many,
        store_the_request,
    ),
    respond_with_the_request_uri,
)


@post(PAR, status_code=201, request_max_body_size=MAXIMUM_BODY_BYTES)
async def pushed_authorisation_request(request: HttpRequest) -> Response[bytes]:
    """Store an authorisation request, and return the request_uri that identifies it."""
    return await respond(STEPS, PushCall(request, "pushedAuthorisationRequest", PAR))
