"""Registers a software product, updates its registration, and ends it."""

from datetime import datetime
from uuid import uuid4

from haas.database import Transaction
from tenants.arrangements import service as arrangements
from tenants.arrangements.models import EndedBy
from tenants.arrangements.service import TellHolders
from tenants.clients import store
from tenants.clients.models import Client
from tenants.oauth.errors import InvalidClientMetadata, InvalidSoftwareStatement, InvalidToken
from tenants.registration.validation_steps import ValidatedRegistration
from tenants.tokens import store as tokens


async def register(tx: Transaction, validated: ValidatedRegistration, now: datetime) -> Client:
    """Add a client for a software product, which must not have one.

    "Data Holders MUST NOT allow multiple active registrations for the same software_id" (CDS). Raise an OAuthError.
    """
    client_id = str(uuid4())
    added = await store.add(
        tx, client_id, "software-product", validated.registration, recipient_id=validated.recipient_id, now=now
    )
    if not added:
        raise InvalidSoftwareStatement("Duplicate registrations for a given software_id are not valid")
    await _mark_jti_used(tx, client_id, validated)
    return await _load_client(tx, client_id)


async def update(tx: Transaction, client: Client, validated: ValidatedRegistration, now: datetime) -> Client:
    """Replace the registration of a client (CDS, PUT Operations).

    Raise an OAuthError, also if the client was removed meanwhile.
    """
    if validated.registration.software_id != client.software_id:
        raise InvalidSoftwareStatement("the software statement is of another software product")
    await _mark_jti_used(tx, client.client_id, validated)
    replaced = await store.replace(
        tx, client.client_id, validated.registration, recipient_id=validated.recipient_id, now=now
    )
    if not replaced:
        raise InvalidToken("the client is unknown")
    return await _load_client(tx, client.client_id)


async def end_client(
    tx: Transaction, client_id: str, *, by: EndedBy, reason: str, tell: TellHolders, now: datetime
) -> int:
    """End a client's registration, its arrangements and its tokens. Return how many arrangements ended.

    Every registration is ended by this function: when the client deletes it (RFC 7592 2.3), and when the Register
    removed the software product or ended the accreditation (CDS, Data Holder Responsibilities).
    """
    ended = await arrangements.end_all_of_client(tx, client_id, by=by, reason=reason, tell=tell, now=now)
    await tokens.revoke_for_client(tx, client_id, now)
    await store.remove(tx, client_id, now)
    return ended


async def _mark_jti_used(tx: Transaction, client_id: str, validated: ValidatedRegistration) -> None:
    """Mark the `jti` of the request as used for all registrations of its product (CDS, Registration Request).

    Raise InvalidClientMetadata if the `jti` was used before.
    """
    software_id = validated.registration.software_id
    if not await store.mark_jti_used_for_software(tx, client_id, software_id, validated.jti_hash, validated.expires_at):
        raise InvalidClientMetadata("the registration request was used before (jti)")


async def _load_client(tx: Transaction, client_id: str) -> Client:
    client = await store.load(tx, client_id)
    if client is None:
        raise AssertionError("the client that was just written is missing")
    return client
