"""The registration request, a JWT that the software product signs (CDS, Registration Request using JWT)."""

from datetime import datetime
from typing import Any, Final

import msgspec

from haas.jose import SIGNING_ALGORITHMS, JoseError, PublicKeys, check_times, verify
from haas.jose.jwt import CONTENT_ENCRYPTIONS, ENCRYPTION_ALGORITHMS
from haas.steps import Step
from tenants.clients.models import DEFAULT_CONTENT_ENCRYPTION, Registration
from tenants.oauth import scopes
from tenants.oauth.audience import audience
from tenants.oauth.errors import InvalidClientMetadata, InvalidRedirectUri
from tenants.registration.software_statement import NO_MAXIMUM_LIFETIME, SoftwareStatement, all_are_allowed

GRANT_TYPES: Final = ("client_credentials", "authorization_code", "refresh_token")
RESPONSE_TYPE: Final = "code"
DEFAULT_ALGORITHM: Final = "PS256"
_MAXIMUM_JTI_LENGTH: Final = 1024


class _Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The claims of the request that are read. Others "MUST be ignored without error" (CDS, DCR endpoints).

    Among the ignored claims are id_token_encrypted_response_alg and _enc, which "SHALL NOT be used for Authorization
    Code Flow".
    """

    iss: str
    iat: int | float
    exp: int | float
    jti: str
    aud: str | list[str]
    redirect_uris: tuple[str, ...] | None = None
    token_endpoint_auth_method: str
    token_endpoint_auth_signing_alg: str
    grant_types: tuple[str, ...]
    response_types: tuple[str, ...]
    application_type: str | None = None
    id_token_signed_response_alg: str
    authorization_signed_response_alg: str | None = None
    authorization_encrypted_response_alg: str | None = None
    authorization_encrypted_response_enc: str | None = None
    request_object_signing_alg: str | None = None


class RegistrationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose signature is verified and whose metadata is not checked yet."""

    statement: SoftwareStatement
    issuer: str
    metadata: _Metadata
    keys: PublicKeys
    """The keys of the software product."""


def is_issued_by_the_software_product(request: RegistrationRequest) -> None:
    """`iss` is the id of the software product in the Register (CDS, Registration Request)."""
    if request.metadata.iss != request.statement.software_id:
        raise InvalidClientMetadata("iss must be the software_id of the software statement")


def is_for_this_server(request: RegistrationRequest) -> None:
    """`aud` contains the issuer of this server (CDS, Registration Request)."""
    if request.issuer not in audience(request.metadata.aud):
        raise InvalidClientMetadata("aud must be the issuer of this data holder")


def has_a_jti(request: RegistrationRequest) -> None:
    """`jti` is present, "used to prevent reuse of the token" (CDS, Registration Request)."""
    if not 0 < len(request.metadata.jti) <= _MAXIMUM_JTI_LENGTH:
        raise InvalidClientMetadata("jti is missing or too long")


def redirect_uris_are_in_the_statement(request: RegistrationRequest) -> None:
    """`redirect_uris` "MUST match or be a subset of the redirect_uris as defined in the SSA" (CDS)."""
    redirect_uris = request.metadata.redirect_uris
    if redirect_uris is not None and not (
        redirect_uris and all_are_allowed(redirect_uris, request.statement.redirect_uris)
    ):
        raise InvalidRedirectUri("redirect_uris must be in the software statement")


def authentication_is_by_private_key_jwt(request: RegistrationRequest) -> None:
    """`token_endpoint_auth_method` is `private_key_jwt` (CDS, Registration Request)."""
    if request.metadata.token_endpoint_auth_method != "private_key_jwt":  # noqa: S105 - the method's name
        raise InvalidClientMetadata("token_endpoint_auth_method must be private_key_jwt")


def signing_algorithms_are_allowed(request: RegistrationRequest) -> None:
    """Every signing algorithm is PS256 or ES256 (FAPI 1.0 Advanced 8.6)."""
    for name in (
        "token_endpoint_auth_signing_alg",
        "id_token_signed_response_alg",
        "authorization_signed_response_alg",
        "request_object_signing_alg",
    ):
        if getattr(request.metadata, name) not in (None, *SIGNING_ALGORITHMS):
            raise InvalidClientMetadata(f"{name} must be one of {', '.join(SIGNING_ALGORITHMS)}")


def grant_types_are_known(request: RegistrationRequest) -> None:
    """`grant_types` are supported and contain authorization_code (CDS, Registration Request; RFC 7591 2.1)."""
    grant_types = request.metadata.grant_types
    if not set(grant_types) <= set(GRANT_TYPES) or "authorization_code" not in grant_types:
        raise InvalidClientMetadata(
            f"grant_types must contain only {', '.join(GRANT_TYPES)} and must contain authorization_code"
        )


def response_types_contain_code(request: RegistrationRequest) -> None:
    """`response_types` contains `code`; types of the retired hybrid flow are ignored (CDS, Authentication Flows)."""
    if RESPONSE_TYPE not in request.metadata.response_types:
        raise InvalidClientMetadata("response_types must contain code")


def application_type_is_web(request: RegistrationRequest) -> None:
    """`application_type` is `web` or absent (CDS, Registration Request)."""
    if request.metadata.application_type not in (None, "web"):
        raise InvalidClientMetadata("application_type must be web")


def response_encryption_is_supported(request: RegistrationRequest) -> None:
    """`alg` and `enc` of JARM are supported; `enc` is present only with `alg` (CDS, JARM Response Encryption).

    If `alg` is present, the product's JWKS contains an encryption key for it.
    """
    metadata = request.metadata
    algorithm = metadata.authorization_encrypted_response_alg
    if algorithm not in (None, *ENCRYPTION_ALGORITHMS):
        raise InvalidClientMetadata(
            f"authorization_encrypted_response_alg must be one of {', '.join(ENCRYPTION_ALGORITHMS)}"
        )
    if metadata.authorization_encrypted_response_enc not in (None, *CONTENT_ENCRYPTIONS):
        raise InvalidClientMetadata(
            f"authorization_encrypted_response_enc must be one of {', '.join(CONTENT_ENCRYPTIONS)}"
        )
    if metadata.authorization_encrypted_response_enc and not algorithm:
        raise InvalidClientMetadata("authorization_encrypted_response_enc needs authorization_encrypted_response_alg")
    if algorithm is not None and not request.keys.can_encrypt(algorithm):
        raise InvalidClientMetadata(f"the JWKS at jwks_uri contains no encryption key for {algorithm}")


CHECKS: Final[tuple[Step[RegistrationRequest], ...]] = (
    is_issued_by_the_software_product,
    is_for_this_server,
    has_a_jti,
    redirect_uris_are_in_the_statement,
    authentication_is_by_private_key_jwt,
    signing_algorithms_are_allowed,
    grant_types_are_known,
    response_types_contain_code,
    application_type_is_web,
    response_encryption_is_supported,
)


def verify_signature(
    token: str, keys: PublicKeys, statement: SoftwareStatement, *, issuer: str, now: datetime
) -> RegistrationRequest:
    """Return the request if its signature and times are valid. `CHECKS` then check its metadata.

    `keys` come from the jwks_uri "extracted from the SSA" (CDS, Registration Validation). Raise InvalidClientMetadata
    (RFC 7591 3.2.2).
    """
    try:
        claims = verify(token, keys).claims
        check_times(claims, now, longest=NO_MAXIMUM_LIFETIME)
        metadata = msgspec.convert(claims, _Metadata)
    except (JoseError, msgspec.ValidationError) as error:
        raise InvalidClientMetadata(f"the registration request is invalid: {error}") from error
    return RegistrationRequest(statement=statement, issuer=issuer, metadata=metadata, keys=keys)


def registration_metadata(request: RegistrationRequest, ssa: str) -> Registration:
    """Return the metadata to register, which combines the statement with the checked request.

    "Data Holders MUST ignore unsupported authorisation scopes presented in the SSA for the creation and update of
    client registrations" (CDS, Registration Validation). A scope that is supported later is registered by the next
    update.
    """
    statement, metadata = request.statement, request.metadata
    supported = scopes.recipient_scopes()
    values: dict[str, Any] = {
        **_registration_members(statement),
        **_registration_members(metadata),
        "redirect_uris": metadata.redirect_uris or statement.redirect_uris,
        "scope": scopes.join(scope for scope in scopes.split(statement.scope) if scope in supported),
        "response_types": (RESPONSE_TYPE,),
        "application_type": metadata.application_type or "web",
        "authorization_signed_response_alg": metadata.authorization_signed_response_alg or DEFAULT_ALGORITHM,
        "request_object_signing_alg": metadata.request_object_signing_alg or DEFAULT_ALGORITHM,
        "software_statement": ssa,
    }
    if metadata.authorization_encrypted_response_alg is not None:
        values["authorization_encrypted_response_enc"] = (
            metadata.authorization_encrypted_response_enc or DEFAULT_CONTENT_ENCRYPTION
        )
    return Registration(**values)


def _registration_members(source: msgspec.Struct) -> dict[str, Any]:
    members = set(Registration.__struct_fields__)
    return {name: getattr(source, name) for name in source.__struct_fields__ if name in members}
