"""Requests to correct data: acknowledged, then corrected, qualified or refused within ten business days.

Privacy Safeguard 13 and CDR Rules 7.15 (K-38). Metering data belongs to the market: a request about it is passed on to
AEMO's procedure.

Here a consumer begins, who asks for a correction, whether the data was disclosed or not. If the data is corrected, the
next import has the new data. Where recipients have received the earlier data, this import begins a finding, which is
another record with other time limits: `tenants.corrections` (Privacy Safeguard 11, K-37).
"""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from haas.business_days import add_business_days
from haas.database import Transaction
from haas.one_line import checked_line
from tenants.records import store
from tenants.records.errors import RecordRefused, UnknownRecord
from tenants.records.models import ContactChannel, CorrectedData, CorrectionDecision, CorrectionRequest
from tenants.registry.models import Tenant

BUSINESS_DAYS: Final = 10
_OF_METERING: Final[frozenset[CorrectionDecision]] = frozenset({"passed-to-aemo", "refused"})


async def receive(
    tx: Transaction,
    tenant: Tenant,
    customer_id: UUID,
    data: CorrectedData,
    channel: ContactChannel,
    *,
    account_id: UUID | None = None,
    actor: str,
    now: datetime,
) -> CorrectionRequest:
    """Record a request. Raise RecordRefused if the customer does not hold the account."""
    if account_id is not None and not await store.holds(tx, customer_id, account_id):
        raise RecordRefused("the customer has never held this account")
    stored = CorrectionRequest(
        id=uuid4(),
        customer_id=customer_id,
        account_id=account_id,
        data=data,
        channel=channel,
        received_at=now,
        due_on=add_business_days(now.astimezone(tenant.time_zone).date(), BUSINESS_DAYS),
        recorded_by=actor,
    )
    await store.add(tx, "correction_request", stored)
    return stored


async def acknowledge(tx: Transaction, request_id: UUID, *, now: datetime) -> None:
    """Record that the consumer was told that the request has arrived. Raise UnknownRecord."""
    if not await store.acknowledge_correction(tx, request_id, now):
        raise UnknownRecord(f"there is no request for a correction {request_id} that is not acknowledged")


async def decide(
    tx: Transaction,
    request_id: UUID,
    decision: CorrectionDecision,
    told_by: ContactChannel,
    *,
    reasons: str | None = None,
    now: datetime,
) -> None:
    """Record the decision, and the channel by which the consumer was told it.

    Raise UnknownRecord if it is decided already; RecordRefused if it is not acknowledged, if a refusal or a
    qualification has no reasons, or if the decision does not fit the data; InvalidLine.
    """
    found = await store.load(tx, "correction_request", CorrectionRequest, request_id)
    if found is None or found.decision is not None:
        raise UnknownRecord(f"there is no undecided request for a correction {request_id}")
    if found.acknowledged_at is None:
        raise RecordRefused("acknowledge the request first")
    if (found.data == "metering") != (decision in _OF_METERING) and decision != "refused":
        raise RecordRefused("metering data is corrected by AEMO's procedure, and nothing else is")
    if decision in ("qualified", "refused") and reasons is None:
        raise RecordRefused("the consumer must be told the reasons")
    line = None if reasons is None else checked_line(reasons, "the reasons")
    await store.decide_correction(tx, request_id, decision=decision, reasons=line, told_by=told_by, decided_at=now)


async def open_requests(tx: Transaction) -> list[CorrectionRequest]:
    """Return the requests that are not decided, those that are due first before the others."""
    return await store.unfinished(tx, "correction_request", CorrectionRequest)
