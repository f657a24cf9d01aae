"""Registering a software product, and managing its registration.

What must be fetched from other parties is fetched by `Registrar.examine`, with no transaction open.
"""

from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from haas.clock import end_of_second
from haas.database import Database, Namespace, Transaction
from haas.digest import digest
from haas.jose import JoseError, JwksClient, JwksError, read_unverified
from haas.jose.jwt import DEFAULT_SKEW
from haas.outbound import Outbound, OutboundError
from tenants.arrangements import service as arrangements
from tenants.arrangements.models import EndedBy
from tenants.clients import store
from tenants.clients.models import Client, Registration
from tenants.clients.registration import request, software_statement
from tenants.clients.registration.software_statement import SoftwareStatement, within
from tenants.oauth.errors import (
    InvalidClientMetadata,
    InvalidSoftwareStatement,
    InvalidToken,
    UnapprovedSoftwareStatement,
)
from tenants.register import store as register_store
from tenants.registry.models import Tenant
from tenants.tokens import store as tokens


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """A registration request that stood up to every check but those that need the tenant's rows."""

    registration: Registration
    recipient_id: str
    jti_hash: bytes
    expires_at: datetime


class Registrar:
    """Examines registration requests against the Register's, the product's and the sector's documents."""

    def __init__(self, jwks: JwksClient, outbound: Outbound, database: Database, control: Namespace) -> None:
        """Fetch keys with `jwks` and sector identifier documents through `outbound`; statuses are in `control`."""
        self._jwks = jwks
        self._outbound = outbound
        self._database = database
        self._control = control

    async def examine(self, tenant: Tenant, token: str, now: datetime) -> Examined:
        """Check a signed registration request for a tenant. Raises an OAuthError (RFC 7591 3.2.2), JwksError."""
        try:
            presented = read_unverified(token)
        except JoseError as error:
            raise InvalidClientMetadata(f"the registration request is invalid: {error}") from error
        ssa = presented.claims.get("software_statement")
        if not isinstance(ssa, str):
            raise InvalidSoftwareStatement("software_statement is missing")
        statement = await self._statement(tenant, ssa, now)
        await self._refuse_outdated(tenant, statement)
        kid = presented.header.get("kid")
        try:
            keys = await self._jwks.keys(statement.jwks_uri, kid if isinstance(kid, str) else None)
        except JwksError as error:
            raise InvalidClientMetadata("the JWKS at jwks_uri cannot be fetched", detail=str(error)) from error
        registration, jti, exp = request.read(token, keys, statement, ssa, issuer=tenant.issuer, now=now)
        if registration.sector_identifier_uri is not None:
            await self._check_sector(registration.sector_identifier_uri, registration)
        return Examined(
            registration=registration,
            recipient_id=statement.recipient_id,
            jti_hash=digest(f"registration:{jti}"),
            expires_at=end_of_second(exp) + DEFAULT_SKEW,
        )

    async def _statement(self, tenant: Tenant, ssa: str, now: datetime) -> SoftwareStatement:
        try:
            kid = read_unverified(ssa).header.get("kid")
        except JoseError as error:
            raise InvalidSoftwareStatement(f"the software statement is invalid: {error}") from error
        keys = await self._jwks.keys(tenant.register_environment.jwks_uri, kid if isinstance(kid, str) else None)
        return software_statement.read(ssa, keys, now)

    async def _refuse_outdated(self, tenant: Tenant, statement: SoftwareStatement) -> None:
        """A statement says that recipient and product are active: not if the Register has said otherwise since.

        "The CDR Register MUST issue Software Statements to active Data Recipients for active Software Products" (CDS,
        Software Statement Assertion); statements live for ten minutes, and a status counts within five.
        """
        issued = datetime.fromtimestamp(int(statement.iat) + 1, UTC)  # whole seconds: it may be as late as that
        async with self._database.transaction(self._control) as tx:
            statuses = await register_store.statuses_since(
                tx,
                tenant.register_environment.id,
                issued,
                recipient_id=statement.recipient_id,
                software_id=statement.software_id,
            )
        if set(statuses.values()) - {"ACTIVE"}:
            raise UnapprovedSoftwareStatement("the data recipient or its software product is not active any more")

    async def _check_sector(self, uri: str, registration: Registration) -> None:
        """The sector's document lists every registered redirection URI (OIDC Registration 5; OIDC Core 8.1)."""
        try:
            response = await self._outbound.get(uri, headers={"Accept": "application/json"})
            listed = msgspec.json.decode(response.body, type=list[str])
        except (OutboundError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidClientMetadata("sector_identifier_uri cannot be read", detail=str(error)) from error
        if response.status != 200 or not within(registration.redirect_uris, listed):  # noqa: PLR2004 - HTTP's OK
            raise InvalidClientMetadata("the document at sector_identifier_uri does not list every redirect_uri")


async def register(tx: Transaction, examined: Examined, now: datetime) -> Client:
    """Add a client for a software product that has none.

    "Data Holders MUST NOT allow multiple active registrations for the same software_id" (CDS). Raises an OAuthError.
    """
    client_id = str(uuid4())
    added = await store.add(
        tx, client_id, "software-product", examined.registration, recipient_id=examined.recipient_id, now=now
    )
    if not added:
        raise InvalidSoftwareStatement("Duplicate registrations for a given software_id are not valid")
    await _spend(tx, client_id, examined)
    return await _loaded(tx, client_id)


async def update(tx: Transaction, client: Client, examined: Examined, now: datetime) -> Client:
    """Replace a client's registration (CDS, PUT Operations). Raises an OAuthError, also when it is gone by now."""
    if examined.registration.software_id != client.software_id:
        raise InvalidSoftwareStatement("the software statement is another software product's")
    await _spend(tx, client.client_id, examined)
    replaced = await store.replace(
        tx, client.client_id, examined.registration, recipient_id=examined.recipient_id, now=now
    )
    if not replaced:
        raise InvalidToken("the client is unknown")
    return await _loaded(tx, client.client_id)


async def remove(tx: Transaction, client_id: str, *, by: EndedBy, now: datetime) -> None:
    """End a registration with everything under it: its arrangements and all its tokens (RFC 7592 2.3)."""
    await arrangements.end_all_of_client(tx, client_id, by=by, reason="the registration was removed", now=now)
    await tokens.revoke_of_client(tx, client_id, now)
    await store.remove(tx, client_id, now)


async def _spend(tx: Transaction, client_id: str, examined: Examined) -> None:
    """A request registers or updates once, also across registrations of its product (CDS, Registration Request)."""
    software_id = examined.registration.software_id
    if not await store.spend_for_software(tx, client_id, software_id, examined.jti_hash, examined.expires_at):
        raise InvalidClientMetadata("the registration request was used before (jti)")


async def _loaded(tx: Transaction, client_id: str) -> Client:
    client = await store.load(tx, client_id)
    if client is None:
        raise AssertionError("a client that was just written must be there")
    return client
