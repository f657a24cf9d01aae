"""The checks of a signed registration request, before the tenant's rows are changed (CDS, Registration Validation).

The steps fetch documents of other parties: the JWKS of the Register, the JWKS of the software product, and the document
at its sector_identifier_uri. Run them while no transaction is open.
"""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from haas.clock import end_of_second
from haas.database import Database, Namespace
from haas.digest import digest
from haas.jose import JoseError, JwksClient, JwksError, read_unverified
from haas.jose.jwt import DEFAULT_SKEW
from haas.outbound import Outbound, OutboundError
from haas.steps import Step, on_attribute
from tenants.clients.models import Registration
from tenants.oauth.errors import InvalidClientMetadata, InvalidSoftwareStatement, UnapprovedSoftwareStatement
from tenants.register import store as register_store
from tenants.registration import request_checks, software_statement
from tenants.registration.request_checks import RegistrationRequest
from tenants.registration.software_statement import SoftwareStatement, all_are_allowed
from tenants.registry.models import Tenant

_OK: Final = 200


class ValidationSources(NamedTuple):
    """The sources of the checks: keys and documents of other parties, and the statuses in the control schema."""

    jwks: JwksClient
    outbound: Outbound
    database: Database
    control: Namespace


class ValidatedRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A registration request that passed every check except those that need the tenant's rows."""

    registration: Registration
    recipient_id: str
    jti_hash: bytes
    expires_at: datetime


class RegistrationValidation:
    """The state of one validation. The steps set the attributes that the constructor does not set."""

    kid: str | None
    ssa: str
    statement: SoftwareStatement
    request: RegistrationRequest

    def __init__(self, sources: ValidationSources, tenant: Tenant, token: str, now: datetime) -> None:
        """`token` is the registration request as a signed JWT."""
        self.sources = sources
        self.tenant = tenant
        self.token = token
        self.now = now

    def result(self) -> ValidatedRegistration:
        """Return the registration. Call it after the last step."""
        return ValidatedRegistration(
            registration=request_checks.registration_metadata(self.request, self.ssa),
            recipient_id=self.statement.recipient_id,
            jti_hash=digest(f"registration:{self.request.metadata.jti}"),
            expires_at=end_of_second(self.request.metadata.exp) + DEFAULT_SKEW,
        )


def contains_a_software_statement(validation: RegistrationValidation) -> None:
    """The request is a JWT that contains a `software_statement` (CDS, Registration Request)."""
    try:
        header, claims = read_unverified(validation.token)
    except JoseError as error:
        raise InvalidClientMetadata(f"the registration request is invalid: {error}") from error
    ssa = claims.get("software_statement")
    if not isinstance(ssa, str):
        raise InvalidSoftwareStatement("software_statement is missing")
    validation.kid, validation.ssa = _kid(header), ssa


async def statement_is_signed_by_the_register(validation: RegistrationValidation) -> None:
    """A key of the Register, fetched now, verifies the statement; its times are valid (CDS, Registration Validation).

    Raise JwksError if the keys of the Register cannot be fetched.
    """
    try:
        kid = _kid(read_unverified(validation.ssa).header)
    except JoseError as error:
        raise InvalidSoftwareStatement(f"the software statement is invalid: {error}") from error
    keys = await validation.sources.jwks.keys(validation.tenant.register_environment.jwks_uri, kid)
    validation.statement = software_statement.verify_signature(validation.ssa, keys, validation.now)


async def recipient_and_product_are_still_active(validation: RegistrationValidation) -> None:
    """Since it issued the statement, the Register has published no other status than ACTIVE for recipient and product.

    "The CDR Register MUST issue Software Statements to active Data Recipients for active Software Products" (CDS,
    Software Statement Assertion). A statement is valid for ten minutes, but a new status must take effect within five.
    """
    statement, sources = validation.statement, validation.sources
    # `iat` may be rounded down to whole seconds. This is the latest time at which the statement can have been issued.
    issued = datetime.fromtimestamp(int(statement.iat) + 1, UTC)
    async with sources.database.transaction(sources.control) as tx:
        statuses = await register_store.statuses_since(
            tx,
            validation.tenant.register_environment.id,
            issued,
            recipient_id=statement.recipient_id,
            software_id=statement.software_id,
        )
    if set(statuses.values()) - {"ACTIVE"}:
        raise UnapprovedSoftwareStatement("the data recipient or its software product is not active any more")


async def request_is_signed_by_the_software_product(validation: RegistrationValidation) -> None:
    """A key of the product, fetched now, verifies the request; its times are valid (CDS, Registration Validation)."""
    statement = validation.statement
    try:
        keys = await validation.sources.jwks.keys(statement.jwks_uri, validation.kid)
    except JwksError as error:
        raise InvalidClientMetadata(f"the JWKS at jwks_uri cannot be fetched: {error.reason}") from error
    validation.request = request_checks.verify_signature(
        validation.token, keys, statement, issuer=validation.tenant.issuer, now=validation.now
    )


async def sector_document_lists_every_redirect_uri(validation: RegistrationValidation) -> None:
    """The document at sector_identifier_uri, if any, lists every redirection URI (OIDC Registration 5).

    See also OIDC Core 8.1.
    """
    registration = request_checks.registration_metadata(validation.request, validation.ssa)
    if registration.sector_identifier_uri is None:
        return
    try:
        response = await validation.sources.outbound.get(
            registration.sector_identifier_uri, headers={"Accept": "application/json"}
        )
        if response.status != _OK:
            raise InvalidClientMetadata(f"the document at sector_identifier_uri answered {response.status}")
        listed = msgspec.json.decode(response.json, type=list[str])
    except OutboundError as error:
        raise InvalidClientMetadata(f"sector_identifier_uri cannot be read: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidClientMetadata("the document at sector_identifier_uri is not a JSON array of addresses") from error
    if not all_are_allowed(registration.redirect_uris, listed):
        raise InvalidClientMetadata("the document at sector_identifier_uri does not list every redirect_uri")


STEPS: Final[tuple[Step[RegistrationValidation], ...]] = (
    contains_a_software_statement,
    statement_is_signed_by_the_register,
    *on_attribute("statement", software_statement.CHECKS),
    recipient_and_product_are_still_active,
    request_is_signed_by_the_software_product,
    *on_attribute("request", request_checks.CHECKS),
    sector_document_lists_every_redirect_uri,
)


def _kid(header: Any) -> str | None:
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None
