"""Who calls: the certificate, the participant, the user or token, the permission and the throttle (C-A9)."""

import base64
import binascii
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from ops.sandbox.cds_errors import CdsError, expected_error, missing_header
from ops.sandbox.ehub.hub import EHub
from ops.sandbox.ehub.models import Participant
from ops.sandbox.web import BadRequest, HttpRequest, client_certificate

PARTICIPANT_HEADER: Final = "x-initiatingparticipantid"
SUBSCRIPTION_KEY_HEADER: Final = "ocp-apim-subscription-key"


async def authenticated(request: HttpRequest, hub: EHub) -> Participant:
    """Return the participant of a call of the CDR API. Raises CdsError.

    Every refusal is GeneralError/Expected with the status alone to tell them apart (C-A14).
    """
    participant = await participant_of(request, hub)
    if not await _has_credentials(request, hub, participant):
        raise expected_error(401, "the user or the password is not valid")
    if not participant.has_permission:
        raise expected_error(403, "this user has no permission for the CDR API")
    if not hub.throttle.take(participant.participant_id, hub.settings):
        raise CdsError(
            429,
            "urn:au-cds:error:cds-all:GeneralError/Expected",
            "Too many requests",
            "more requests than the throttling limit allows",
        )
    return participant


async def participant_of(request: HttpRequest, hub: EHub) -> Participant:
    """Return the participant that the header names and to whom the client certificate was issued. Raises CdsError."""
    subject = certificate_subject(request)
    named = request.headers.get(PARTICIPANT_HEADER)
    if named is None:
        raise missing_header("X-initiatingParticipantId")
    participant = await hub.participants.get(named)
    if participant is None or subject != participant.participant_id:
        raise expected_error(403, "the participant id is not valid, or the certificate is that of another participant")
    return participant


def certificate_subject(request: HttpRequest) -> str:
    """Return the participant id in the certificate that the proxy has verified.

    Raises CdsError. The real e-Hub answers 503 when it cannot verify a certificate (A-6).
    """
    try:
        certificate = x509.load_der_x509_certificate(client_certificate(request))
    except (BadRequest, ValueError) as error:
        raise expected_error(503, "the client certificate could not be verified") from error
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def basic_credentials(request: HttpRequest) -> tuple[str, str] | None:
    """Return the user and the password of HTTP Basic (RFC 7617 2), or None."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, separator, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (user, password) if separator else None


async def _has_credentials(request: HttpRequest, hub: EHub, participant: Participant) -> bool:
    if participant.mode == "bearer":
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and await hub.participants.has_token(participant, token.strip())
    if participant.mode == "basic-with-key" and (
        request.headers.get(SUBSCRIPTION_KEY_HEADER) != participant.subscription_key
    ):
        return False
    return await has_user(request, hub, participant) and not hub.participants.has_expired(participant)


async def has_user(request: HttpRequest, hub: EHub, participant: Participant) -> bool:
    """Return whether a request has the user and the password of a participant, who is not locked.

    The password may have expired.
    """
    credentials = basic_credentials(request)
    return credentials is not None and await hub.participants.has_password(participant, *credentials)
