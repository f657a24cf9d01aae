"""Examining a signed registration request, before anything of the tenant is changed (CDS, Registration Validation).

The steps fetch documents of other parties: the Register's keys, the software product's keys, and the document of the
sector. Run them with no transaction open.
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
from haas.steps import Step, on
from tenants.clients.models import Registration
from tenants.oauth.errors import InvalidClientMetadata, InvalidSoftwareStatement, UnapprovedSoftwareStatement
from tenants.register import store as register_store
from tenants.registration import request, software_statement
from tenants.registration.request import RegistrationRequest
from tenants.registration.software_statement import SoftwareStatement, within
from tenants.registry.models import Tenant

_OK: Final = 200


class Sources(NamedTuple):
    """Where an examination looks: keys and documents of other parties, and the statuses in the control schema."""

    jwks: JwksClient
    outbound: Outbound
    database: Database
    control: Namespace


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """A registration request that passed every check, except for those that need the tenant's rows."""

    registration: Registration
    recipient_id: str
    jti_hash: bytes
    expires_at: datetime


class Examination:
    """The state of one examination. Steps set the attributes that have no value at the beginning."""

    kid: str | None
    ssa: str
    statement: SoftwareStatement
    request: RegistrationRequest

    def __init__(self, sources: Sources, tenant: Tenant, token: str, now: datetime) -> None:
        """Take `token`, the registration request as a signed JWT."""
        self.sources = sources
        self.tenant = tenant
        self.token = token
        self.now = now

    def result(self) -> Examined:
        """Return what is to be registered, after the last step."""
        return Examined(
            registration=request.registration(self.request, self.ssa),
            recipient_id=self.statement.recipient_id,
            jti_hash=digest(f"registration:{self.request.metadata.jti}"),
            expires_at=end_of_second(self.request.metadata.exp) + DEFAULT_SKEW,
        )


def contains_a_software_statement(examination: Examination) -> None:
    """The request is a JWT with a `software_statement` (CDS, Registration Request)."""
    try:
        header, claims = read_unverified(examination.token)
    except JoseError as error:
        raise InvalidClientMetadata(f"the registration request is invalid: {error}") from error
    ssa = claims.get("software_statement")
    if not isinstance(ssa, str):
        raise InvalidSoftwareStatement("software_statement is missing")
    examination.kid, examination.ssa = _kid(header), ssa


async def statement_is_signed_by_the_register(examination: Examination) -> None:
    """The Register's keys, fetched now, verify the statement, and it is in time (CDS, Registration Validation).

    Raises JwksError when the Register's keys cannot be fetched.
    """
    try:
        kid = _kid(read_unverified(examination.ssa).header)
    except JoseError as error:
        raise InvalidSoftwareStatement(f"the software statement is invalid: {error}") from error
    keys = await examination.sources.jwks.keys(examination.tenant.register_environment.jwks_uri, kid)
    examination.statement = software_statement.verify_signature(examination.ssa, keys, examination.now)


async def recipient_and_product_are_still_active(examination: Examination) -> None:
    """The Register has not said otherwise since it issued the statement.

    "The CDR Register MUST issue Software Statements to active Data Recipients for active Software Products" (CDS,
    Software Statement Assertion). A statement lives for ten minutes, and a status takes effect within five.
    """
    statement, sources = examination.statement, examination.sources
    issued = datetime.fromtimestamp(int(statement.iat) + 1, UTC)  # the latest moment that whole seconds allow
    async with sources.database.transaction(sources.control) as tx:
        statuses = await register_store.statuses_since(
            tx,
            examination.tenant.register_environment.id,
            issued,
            recipient_id=statement.recipient_id,
            software_id=statement.software_id,
        )
    if set(statuses.values()) - {"ACTIVE"}:
        raise UnapprovedSoftwareStatement("the data recipient or its software product is not active any more")


async def request_is_signed_by_the_software_product(examination: Examination) -> None:
    """The product's keys, fetched now, verify the request, and it is in time (CDS, Registration Validation)."""
    statement = examination.statement
    try:
        keys = await examination.sources.jwks.keys(statement.jwks_uri, examination.kid)
    except JwksError as error:
        raise InvalidClientMetadata(f"the JWKS at jwks_uri cannot be fetched: {error.reason}") from error
    examination.request = request.verify_signature(
        examination.token, keys, statement, issuer=examination.tenant.issuer, now=examination.now
    )


async def sector_document_lists_every_redirect_uri(examination: Examination) -> None:
    """Where there is a sector identifier, its document, fetched now, lists every redirection URI (OIDC Registration 5).

    See also OIDC Core 8.1.
    """
    registration = request.registration(examination.request, examination.ssa)
    if registration.sector_identifier_uri is None:
        return
    try:
        response = await examination.sources.outbound.get(
            registration.sector_identifier_uri, headers={"Accept": "application/json"}
        )
        if response.status != _OK:
            raise InvalidClientMetadata(f"the document at sector_identifier_uri answered {response.status}")
        listed = msgspec.json.decode(response.json, type=list[str])
    except OutboundError as error:
        raise InvalidClientMetadata(f"sector_identifier_uri cannot be read: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidClientMetadata("the document at sector_identifier_uri is not a JSON array of addresses") from error
    if not within(registration.redirect_uris, listed):
        raise InvalidClientMetadata("the document at sector_identifier_uri does not list every redirect_uri")


STEPS: Final[tuple[Step[Examination], ...]] = (
    contains_a_software_statement,
    statement_is_signed_by_the_register,
    *on("statement", software_statement.CHECKS),
    recipient_and_product_are_still_active,
    request_is_signed_by_the_software_product,
    *on("request", request.CHECKS),
    sector_document_lists_every_redirect_uri,
)


def _kid(header: Any) -> str | None:
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None
