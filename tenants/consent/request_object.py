"""The checks of the request object of a pushed authorisation request (CDS, Request Object; RFC 9101; FAPI 1.0).

`verify_signature` returns a `RequestObject`. The caller runs `CHECKS` on it in their order. `authorisation_request`
then returns the parameters of the request.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from haas.clock import epoch, is_time
from haas.jose import JoseError, PublicKeys, verify
from haas.jose.jwt import DEFAULT_SKEW
from haas.steps import Step
from tenants.arrangements.models import parse_arrangement_id
from tenants.attempts.models import AuthorisationRequest
from tenants.clients.models import Client
from tenants.consent.requested_claims import RequestedClaims
from tenants.oauth import scopes
from tenants.oauth.audience import audience
from tenants.oauth.errors import (
    InvalidRequest,
    InvalidRequestObject,
    InvalidScope,
    UnauthorizedClient,
    UnsupportedResponseType,
)

MAX_LIFETIME_SECONDS: Final = 3600
MAX_PARAMETER_LENGTH: Final = 2048
RESPONSE_MODE: Final = "jwt"
_CODE_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\Z")
"""32 bytes in base64url without padding. The last character encodes four bits of the hash and two zero bits."""
_NUMBER = int | float | None


class _Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """The members of the request object that are read. Others are ignored (OIDC Core 3.1.2.1)."""

    iss: str | None = None
    sub: str | None = None
    aud: str | list[str] | None = None
    exp: _NUMBER = None
    nbf: _NUMBER = None
    client_id: str | None = None
    response_type: str | None = None
    response_mode: str | None = None
    redirect_uri: str | None = None
    scope: str = ""
    state: str | None = None
    nonce: str | None = None
    prompt: str = ""
    max_age: int | None = None
    claims: RequestedClaims = RequestedClaims()
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    request: Any = None
    request_uri: Any = None


class RequestObject(msgspec.Struct, frozen=True, kw_only=True):
    """A request object whose signature was verified. Its parameters are not checked yet."""

    client: Client
    issuer: str
    now: datetime
    claims: Mapping[str, Any]
    parameters: _Parameters

    @property
    def requested_scopes(self) -> tuple[str, ...]:
        """The requested scopes, in their order."""
        return scopes.split(self.parameters.scope)

    @property
    def offered_scopes(self) -> tuple[str, ...]:
        """The requested scopes that the consumer is asked to authorise: supported, and registered for the client.

        "Scope values used that are not understood by an implementation SHOULD be ignored" (OIDC Core 3.1.2.1), and a
        server may "fully or partially ignore the scope requested" (RFC 6749 3.3). The token response says which scopes
        remain (RFC 6749 5.1).
        """
        usable = set(self.client.registration.supported_scopes).intersection(scopes.consumer_scopes())
        return tuple(scope for scope in self.requested_scopes if scope in usable)


def names_the_client(request: RequestObject) -> None:
    """`client_id`, and `iss` if it is present, identify the authenticated client (RFC 9126 2.1, 3; RFC 9101 4)."""
    client_id = request.client.client_id
    if request.parameters.client_id != client_id:
        raise InvalidRequestObject("client_id of the request object is not the authenticated client")
    if request.parameters.iss not in (None, client_id):
        raise InvalidRequestObject("iss of the request object is not the client")


def is_not_a_client_assertion(request: RequestObject) -> None:
    """`sub` is not the client, so that a client assertion cannot be used as a request object (RFC 9101 10.8)."""
    if request.parameters.sub == request.client.client_id:
        raise InvalidRequestObject("sub of the request object must not be the client")


def is_for_this_server(request: RequestObject) -> None:
    """`aud` is the issuer of this server, or an array that contains it (FAPI 1.0 Advanced 5.2.2-15)."""
    if request.issuer not in audience(request.parameters.aud):
        raise InvalidRequestObject("aud of the request object must be the issuer of this server")


def lifetime_is_valid(request: RequestObject) -> None:
    """`exp` is in the future and at most 60 minutes after `nbf`; `nbf` is at most 60 minutes in the past.

    FAPI 1.0 Advanced 5.2.2-13 and -17; CDS, Request Object Submission.
    """
    exp, nbf, now, skew = request.parameters.exp, request.parameters.nbf, epoch(request.now), DEFAULT_SKEW.seconds
    if exp is None or nbf is None:
        raise InvalidRequestObject("the request object must have exp and nbf")
    if not is_time(exp) or not is_time(nbf):
        raise InvalidRequestObject("exp or nbf of the request object is not a time")
    if exp <= now - skew:
        raise InvalidRequestObject("the request object has expired (exp)")
    if nbf > now + skew:
        raise InvalidRequestObject("the request object is not valid yet (nbf)")
    if exp - nbf > MAX_LIFETIME_SECONDS:
        raise InvalidRequestObject("exp of the request object is more than 60 minutes after nbf")
    if now - nbf > MAX_LIFETIME_SECONDS:
        raise InvalidRequestObject("nbf of the request object is more than 60 minutes in the past")


def contains_no_nested_request(request: RequestObject) -> None:
    """The request object does not contain `request` or `request_uri` (RFC 9101 4)."""
    if request.parameters.request is not None or request.parameters.request_uri is not None:
        raise InvalidRequestObject("a request object must contain neither request nor request_uri")


def client_is_registered_for_the_code_grant(request: RequestObject) -> None:
    """The client is registered for the authorization code grant (RFC 7591 2)."""
    if "authorization_code" not in request.client.registration.grant_types:
        raise UnauthorizedClient("the client is not registered for the authorization_code grant")


def response_type_is_code(request: RequestObject) -> None:
    """`response_type` is `code`; no other value is supported (CDS, Baseline Security Provisions)."""
    if request.parameters.response_type is None:
        raise InvalidRequest("response_type is missing")
    if request.parameters.response_type != "code":
        raise UnsupportedResponseType("response_type must be code")


def response_mode_is_jwt(request: RequestObject) -> None:
    """`response_mode` is `jwt` (FAPI 1.0 Advanced 5.2.2-2; CDS, Authorization Code Flow)."""
    if request.parameters.response_mode != RESPONSE_MODE:
        raise InvalidRequest("response_mode must be jwt")


def redirect_uri_is_registered(request: RequestObject) -> None:
    """`redirect_uri` is present and exactly equals a registered redirect_uri (FAPI 1.0 Baseline 5.2.2-8 to -10)."""
    if request.parameters.redirect_uri is None:
        raise InvalidRequest("redirect_uri is missing")
    if request.parameters.redirect_uri not in request.client.registration.redirect_uris:
        raise InvalidRequest("redirect_uri is not one of the client's registered redirect_uris")


def scope_contains_openid(request: RequestObject) -> None:
    """`openid` "MUST be present on each authentication request" (CDS, OIDC Scopes)."""
    if scopes.OPENID not in request.requested_scopes:
        raise InvalidScope("scope must contain openid")


def scopes_are_for_a_consumer(request: RequestObject) -> None:
    """No scope is for administration or registration, which "MUST never be included" with data (CDS, Scopes)."""
    if not {scopes.REGISTRATION, *scopes.ADMIN_SCOPES}.isdisjoint(request.requested_scopes):
        raise InvalidScope("scope contains a value that a consumer cannot authorise")


def some_scopes_are_offered(request: RequestObject) -> None:
    """Unsupported and unregistered scopes are ignored; some data remains (OIDC Core 3.1.2.1; RFC 6749 3.3, 4.1.2.1).

    If no requested data remained, the consumer would authorise nothing that the client asks for.
    """
    data = set(request.requested_scopes).difference((scopes.OPENID, scopes.PROFILE))
    offered = request.offered_scopes
    if scopes.OPENID not in offered or (data and data.isdisjoint(offered)):
        raise InvalidScope("scope contains nothing that is supported here and that the client is registered for")


def has_an_s256_code_challenge(request: RequestObject) -> None:
    """The request uses PKCE with a hash that S256 can produce (FAPI 1.0 Advanced 5.2.2-18; RFC 7636 4.2; CDS)."""
    if request.parameters.code_challenge is None:
        raise InvalidRequest("code_challenge is missing (PKCE is required)")
    if request.parameters.code_challenge_method != "S256":
        raise InvalidRequest("code_challenge_method must be S256")
    if not _CODE_CHALLENGE.match(request.parameters.code_challenge):
        raise InvalidRequest("code_challenge is malformed")


def has_a_nonce(request: RequestObject) -> None:
    """`nonce` is present; it is required if `scope` contains `openid` (FAPI 1.0 Baseline 5.2.2.2)."""
    if not request.parameters.nonce:
        raise InvalidRequest("nonce is missing")


def state_and_nonce_are_short(request: RequestObject) -> None:
    """`state` and `nonce` have at most 2048 characters: `state` becomes a part of the response URL."""
    for name in ("state", "nonce"):
        if len(getattr(request.parameters, name) or "") > MAX_PARAMETER_LENGTH:
            raise InvalidRequest(f"{name} is longer than {MAX_PARAMETER_LENGTH} characters")


def prompt_and_max_age_are_valid(request: RequestObject) -> None:
    """`prompt` does not combine `none` with other values; `max_age` is not negative (OIDC Core 3.1.2.1)."""
    prompts = request.parameters.prompt.split()
    if "none" in prompts and len(prompts) > 1:
        raise InvalidRequest("prompt must not combine none with other values")
    if request.parameters.max_age is not None and request.parameters.max_age < 0:
        raise InvalidRequest("max_age must not be negative")


def sharing_duration_is_valid(request: RequestObject) -> None:
    """`sharing_duration` is a whole number; "if negative then the authorisation SHOULD fail" (CDS, Request Object)."""
    duration = request.parameters.claims.sharing_duration
    if duration is not None and (duration < 0 or duration != int(duration)):
        raise InvalidRequest("claims.sharing_duration must be a whole number of seconds, zero or more")


CHECKS: Final[tuple[Step[RequestObject], ...]] = (
    names_the_client,
    is_not_a_client_assertion,
    is_for_this_server,
    lifetime_is_valid,
    contains_no_nested_request,
    client_is_registered_for_the_code_grant,
    response_type_is_code,
    response_mode_is_jwt,
    redirect_uri_is_registered,
    scope_contains_openid,
    scopes_are_for_a_consumer,
    some_scopes_are_offered,
    has_an_s256_code_challenge,
    has_a_nonce,
    state_and_nonce_are_short,
    prompt_and_max_age_are_valid,
    sharing_duration_is_valid,
)


def verify_signature(token: str, keys: PublicKeys, *, client: Client, issuer: str, now: datetime) -> RequestObject:
    """Verify the signature of a request object and return its content, which `CHECKS` must check.

    Raise InvalidRequestObject.

    "All Request Objects from this Client MUST be rejected, if not signed with this algorithm" (OIDC Registration 2,
    request_object_signing_alg). Only PS256 and ES256 can be registered (FAPI 1.0 Advanced 8.6).
    """
    try:
        claims = verify(token, keys, algorithms=(client.registration.request_object_signing_alg,)).claims
    except JoseError as error:
        raise InvalidRequestObject(f"the request object does not verify: {error}") from error
    try:
        parameters = msgspec.convert(claims, _Parameters)
    except msgspec.ValidationError as error:
        raise InvalidRequestObject(f"the request object is malformed: {error}") from error
    return RequestObject(client=client, issuer=issuer, now=now, claims=claims, parameters=parameters)


def authorisation_request(request: RequestObject) -> AuthorisationRequest:
    """Return the parameters of a request object that passed `CHECKS`.

    Raise InvalidRequest if `cdr_arrangement_id` is malformed.
    """
    parameters, requested = request.parameters, request.parameters.claims
    return AuthorisationRequest(
        client_id=request.client.client_id,
        redirect_uri=str(parameters.redirect_uri),
        scopes=request.offered_scopes,
        state=parameters.state,
        nonce=str(parameters.nonce),
        response_mode=RESPONSE_MODE,
        code_challenge=str(parameters.code_challenge),
        sharing_duration=requested.capped_sharing_duration,
        cdr_arrangement_id=_arrangement_id(requested.cdr_arrangement_id),
        essential_acr=requested.essential_acr,
        prompt_none=parameters.prompt.split() == ["none"],
        claims=request.claims.get("claims") or {},
    )


def _arrangement_id(value: str | None) -> UUID | None:
    """Convert `cdr_arrangement_id`: "if not recognised by the Data Holder it MUST be rejected" (CDS)."""
    if value is None:
        return None
    found = parse_arrangement_id(value)
    if found is None:
        raise InvalidRequest("claims.cdr_arrangement_id is not an active arrangement of this client")
    return found
