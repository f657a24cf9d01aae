"""Passwords and tokens: ChangePassword (A-2), and access tokens by client credentials (A-4, RFC 6749 4.4)."""

import base64
import binascii
import uuid
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency

from ops.sandbox.cds_errors import CdsError, expected_error, invalid_field, missing_header
from ops.sandbox.ehub.authentication import basic_credentials, certificate_subject, has_user, participant_of
from ops.sandbox.ehub.deviations import Record
from ops.sandbox.ehub.hub import EHub
from ops.sandbox.ehub.operations import CHANGE_PASSWORD, TOKEN
from ops.sandbox.ehub.participants import TOKEN_SECONDS
from ops.sandbox.ehub.serving import begin_call, deviated, respond, take_faults
from ops.sandbox.web import FORM, BadRequest, HttpRequest, form_of

_GRANT: Final = "client_credentials"
_NO_STORE: Final = {"Cache-Control": "no-store"}


class NewPassword(msgspec.Struct, frozen=True, rename="pascal"):
    """The body of ChangePassword. Both passwords are base64."""

    old_password: str
    new_password: str


@post("/ws/Common/identityService/v2/ChangePassword", status_code=200)
async def change_password(request: HttpRequest, hub: NamedDependency[EHub]) -> Response[Any]:
    """Change the password of a participant's user. An expired password can be changed, a locked user's cannot (A-1)."""
    call = begin_call(request, hub, CHANGE_PASSWORD)
    faults = take_faults(hub, call)

    async def execute() -> Record:
        participant = await participant_of(request, hub)
        if "x-market" not in request.headers:
            raise missing_header("X-market")
        if participant.mode == "bearer" or not await has_user(request, hub, participant):
            raise expected_error(401, "the user or the password is not valid")
        old, new = _passwords(await request.body())
        if any(fault.kind == "password-not-changed" for fault in faults):
            return _outcome("the e-Hub was told to fail")
        return _outcome(await hub.participants.change_password(participant, old, new))

    return await respond(request, call, faults, execute, dict(_NO_STORE), describe=_identity_error)


@post("/oauth/v1/token", status_code=200)
async def token(request: HttpRequest, hub: NamedDependency[EHub]) -> Response[Any]:
    """Issue an access token. AEMO takes the grant type from the query; RFC 6749 4.4.2 has it in the form."""
    call = begin_call(request, hub, TOKEN)
    faults = take_faults(hub, call)

    async def execute() -> Record:
        certificate_subject(request)
        form = await _form(request)
        if _GRANT not in {form.get("grant_type"), request.query_params.get("grant_type")}:
            raise invalid_field("grant_type")
        posted = (form["client_id"], form["client_secret"]) if {"client_id", "client_secret"} <= set(form) else None
        credentials = basic_credentials(request) or posted
        issued = None if credentials is None else await hub.participants.issue_token(*credentials)
        if issued is None:
            raise expected_error(401, "the client or its secret is not valid")
        return deviated({"access_token": issued, "expires_in": TOKEN_SECONDS, "token_type": "Bearer"}, faults)

    return await respond(request, call, faults, execute, dict(_NO_STORE), describe=_gateway_error)


ROUTES = [change_password, token]


def _passwords(body: bytes) -> tuple[str, str]:
    """Return the old and the new password. Raises CdsError."""
    try:
        sent = msgspec.json.decode(body, type=NewPassword)
        old, new = (base64.b64decode(text, validate=True).decode() for text in (sent.old_password, sent.new_password))
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error) as error:
        raise invalid_field("the body is a JSON object with OldPassword and NewPassword in base64") from error
    return old, new


def _identity_error(error: CdsError) -> Record:
    """Return the body of an error of the identity service, which has a shape of its own (A-2)."""
    title = HTTPStatus(error.status).phrase
    member = {"code": str(error.status), "title": title, "detail": error.detail, "source": ""}
    return {"transactionID": str(uuid.uuid4()), "data": {}, "errors": [member]}


def _gateway_error(error: CdsError) -> Record:
    """Return the body of an error of the token endpoint, which is none of RFC 6749 (A-4)."""
    title = HTTPStatus(error.status).phrase
    return {"code": error.status, "title": title, "detail": error.detail, "source": "API Gateway"}


def _outcome(fault: str | None) -> Record:
    return {"Success": fault is None, "Message": fault or "the password was changed"}


async def _form(request: HttpRequest) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return {}
    try:
        return await form_of(request)
    except BadRequest as error:
        raise invalid_field(str(error)) from error
