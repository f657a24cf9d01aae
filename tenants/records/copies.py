"""Requests of consumers for copies of the records about them (CDR Rules 9.5, K-34).

They may come in any form, also by phone, and also from a consumer without a dashboard. They cost nothing, and are
answered within ten business days.
"""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from haas.business_days import add_business_days
from haas.database import Transaction
from tenants.audit import service as audit
from tenants.audit.models import AuditedChange
from tenants.records import store
from tenants.records.errors import UnknownRecord
from tenants.records.models import ContactChannel, RecordRequest
from tenants.registry.models import Tenant

BUSINESS_DAYS: Final = 10
ROLE: Final = "operator"


async def request(
    tx: Transaction, tenant: Tenant, customer_id: UUID, channel: ContactChannel, *, actor: str, now: datetime
) -> RecordRequest:
    """Record a request that has arrived now."""
    stored = RecordRequest(
        id=uuid4(),
        customer_id=customer_id,
        channel=channel,
        received_at=now,
        due_on=add_business_days(now.astimezone(tenant.time_zone).date(), BUSINESS_DAYS),
        recorded_by=actor,
    )
    await store.add(tx, "record_request", stored)
    return stored


async def opened(tx: Transaction, request_id: UUID, *, actor: str, now: datetime) -> RecordRequest:
    """Return a request whose pack is about to be made, and record who makes it. Raise UnknownRecord.

    The pack has personal data, so each reading of it is in the audit trail.
    """
    found = await store.load(tx, "record_request", RecordRequest, request_id)
    if found is None:
        raise UnknownRecord(f"there is no request for records {request_id}")
    change = AuditedChange(actor=actor, role=ROLE, action="record-pack.make", subject=str(request_id))
    await audit.record(tx, change, now=now)
    return found


async def deliver(tx: Transaction, request_id: UUID, channel: ContactChannel, *, actor: str, now: datetime) -> None:
    """Record that the copies were given to the consumer, and by which channel. Raise UnknownRecord."""
    if not await store.deliver_records(tx, request_id, channel=channel, by=actor, now=now):
        raise UnknownRecord(f"there is no request for records {request_id} that was not answered")


async def open_requests(tx: Transaction) -> list[RecordRequest]:
    """Return the requests that are not answered, those that are due first before the others."""
    return await store.unfinished(tx, "record_request", RecordRequest)
