"""Registering a software product, changing its registration, and ending it."""

from datetime import datetime
from uuid import uuid4

from haas.database import Transaction
from tenants.arrangements import service as arrangements
from tenants.arrangements.models import EndedBy
from tenants.clients import store
from tenants.clients.models import Client
from tenants.oauth.errors import InvalidClientMetadata, InvalidSoftwareStatement, InvalidToken
from tenants.registration.examination import Examined
from tenants.tokens import store as tokens


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


async def end_client(tx: Transaction, client_id: str, *, by: EndedBy, reason: str, now: datetime) -> int:
    """End a client's registration with its arrangements and all its tokens; return how many arrangements ended.

    The only way in which a registration ends: when the client deletes it (RFC 7592 2.3), and when the Register removed
    the software product or ended the accreditation (CDS, Data Holder Responsibilities).
    """
    ended = await arrangements.end_all_of_client(tx, client_id, by=by, reason=reason, now=now)
    await tokens.revoke_of_client(tx, client_id, now)
    await store.remove(tx, client_id, now)
    return ended


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
