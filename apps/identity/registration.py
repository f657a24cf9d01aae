"""Dynamic client registration endpoints (CDS, DCR APIs; RFC 7591, RFC 7592)."""

from typing import Final

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath

from apps.http.call import Call, HttpRequest, in_transaction, respond
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.json_responses import NO_STORE, json_response
from apps.identity.bearer import BearerCall, access_token_is_known, has_an_access_token
from haas.clock import epoch
from haas.steps import Step, on_attribute
from tenants.clients import store as clients
from tenants.clients.models import Client
from tenants.grants import access_token_rules
from tenants.holders.service import tell_of_end
from tenants.oauth import scopes
from tenants.oauth.endpoints import REGISTER
from tenants.oauth.errors import AccessDenied, InvalidRequest, InvalidToken
from tenants.registration import service as registrations
from tenants.registration import validation_steps
from tenants.registration.validation_steps import RegistrationValidation

_JWT: Final = "application/jwt"
_CLIENT: Final = REGISTER + "/{client_id:str}"
REMOVED_BY_THE_CLIENT: Final = "the registration was removed"


class RegistrationCall(Call):
    """The state of a call that registers a software product."""

    validation: RegistrationValidation
    client: Client

    def __init__(self, request: HttpRequest) -> None:
        """The software product is not a client yet, so it cannot authenticate."""
        super().__init__(request, "postClientRegistration", "highPriority", authenticated=False)


class ManagementCall(BearerCall):
    """The state of a call with which a client manages its registration."""

    validation: RegistrationValidation
    client: Client

    def __init__(self, request: HttpRequest, operation: str, client_id: str) -> None:
        """Take the client id from the path. The access token needs the scope cdr:registration (CDS, DCR APIs)."""
        super().__init__(request, operation, scopes.REGISTRATION)
        self.client_id = client_id


async def read_the_request(call: RegistrationCall | ManagementCall) -> None:
    """The body is a JWT "using the application/jwt content type" (CDS, Registration Request)."""
    request, ctx = call.request, call.context
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JWT:
        raise InvalidRequest(f"the content type must be {_JWT}")
    try:
        token = (await request.body()).decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise InvalidRequest("the body is not a JWT") from error
    call.validation = RegistrationValidation(ctx.services.registration_sources, ctx.tenant, token, ctx.now)


async def add_the_client(call: RegistrationCall) -> None:
    """The product has no registration yet, and the request was not used before. The client is added (CDS)."""
    call.client = await registrations.register(call.tx, call.validation.result(), call.context.now)


async def client_exists(call: ManagementCall) -> None:
    """The client in the path is registered. Otherwise the response is 401, "unknown or invalid Client" (CDS)."""
    client = await clients.load(call.tx, call.client_id)
    if client is None:
        raise InvalidToken("the client is unknown")
    call.client = client


def access_token_belongs_to_the_client(call: ManagementCall) -> None:
    """The access token was issued to the client in the path (RFC 7592 2)."""
    if call.use.token.client_id != call.client_id:
        raise AccessDenied("the access token was issued to another client")


async def replace_the_registration(call: ManagementCall) -> None:
    """The request is for the same product and was not used before. It replaces the registration (RFC 7592 2.2)."""
    call.client = await registrations.update(call.tx, call.client, call.validation.result(), call.context.now)


async def end_the_registration(call: ManagementCall) -> None:
    """The registration is ended, with its arrangements and all its tokens (RFC 7592 2.3)."""
    await registrations.end_client(
        call.tx,
        call.client_id,
        by="recipient",
        reason=REMOVED_BY_THE_CLIENT,
        tell=tell_of_end(call.context.tenant),
        now=call.context.now,
    )


def respond_with_the_new_registration(call: RegistrationCall) -> None:
    """The response is 201 with "all registered metadata about this client" (RFC 7591 3.2.1)."""
    call.response = json_response(_metadata(call.client), status=201)


def respond_with_the_registration(call: ManagementCall) -> None:
    """The response is 200 with all registered metadata (RFC 7592 3; CDS, Registration Response)."""
    call.response = json_response(_metadata(call.client))


def respond_without_content(call: ManagementCall) -> None:
    """The response is 204 (RFC 7592 2.3)."""
    call.response = Response(None, status_code=204, headers=NO_STORE)


_AUTHORISE_MANAGEMENT: Final[tuple[Step[ManagementCall], ...]] = (
    access_token_is_known,
    *on_attribute(
        "use",
        (
            access_token_rules.has_not_expired,
            access_token_rules.is_bound_to_the_certificate,
            access_token_rules.is_not_revoked,
            access_token_rules.has_the_scope,
        ),
    ),
    client_exists,
    access_token_belongs_to_the_client,
)
POST_STEPS: Final[tuple[Step[RegistrationCall], ...]] = (
    read_the_request,
    *on_attribute("validation", validation_steps.STEPS),
    in_transaction(add_the_client),
    respond_with_the_new_registration,
)
GET_STEPS: Final[tuple[Step[ManagementCall], ...]] = (
    has_an_access_token,
    in_transaction(*_AUTHORISE_MANAGEMENT),
    respond_with_the_registration,
)
PUT_STEPS: Final[tuple[Step[ManagementCall], ...]] = (
    has_an_access_token,
    in_transaction(*_AUTHORISE_MANAGEMENT),
    read_the_request,
    *on_attribute("validation", validation_steps.STEPS),
    in_transaction(replace_the_registration),
    respond_with_the_registration,
)
DELETE_STEPS: Final[tuple[Step[ManagementCall], ...]] = (
    has_an_access_token,
    in_transaction(*_AUTHORISE_MANAGEMENT, end_the_registration),
    respond_without_content,
)


@post(REGISTER, status_code=201, request_max_body_size=MAXIMUM_BODY_BYTES)
async def post_client_registration(request: HttpRequest) -> Response[bytes]:
    """Register a software product."""
    return await respond(POST_STEPS, RegistrationCall(request))


@get(_CLIENT)
async def get_client_registration(request: HttpRequest, client_id: FromPath[str]) -> Response[bytes]:
    """Return the registration of a client to that client."""
    return await respond(GET_STEPS, ManagementCall(request, "getClientRegistration", client_id))


@put(_CLIENT, request_max_body_size=MAXIMUM_BODY_BYTES)
async def put_client_registration(request: HttpRequest, client_id: FromPath[str]) -> Response[bytes]:
    """Replace a client's registration."""
    return await respond(PUT_STEPS, ManagementCall(request, "putClientRegistration", client_id))


@delete(_CLIENT)
async def delete_client_registration(request: HttpRequest, client_id: FromPath[str]) -> Response[None]:
    """End a client's registration and its arrangements."""
    return await respond(DELETE_STEPS, ManagementCall(request, "deleteClientRegistration", client_id))


def _metadata(client: Client) -> dict[str, object]:
    """Return the metadata. `scope` has what "the client can use when requesting access tokens" now (RFC 7591 2)."""
    issued = {"client_id": client.client_id, "client_id_issued_at": epoch(client.created_at)}
    scope = scopes.join(client.registration.supported_scopes)
    return {**issued, **msgspec.to_builtins(client.registration), "scope": scope}
