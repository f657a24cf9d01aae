"""Complaints, corrections and requests for copies, and what a pack and a report consist of."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

ComplaintKind = Literal["consumer", "product"]
"""A CDR consumer complaint, or a CDR product data complaint (CDR Rules 1.7)."""
CorrectedData = Literal["customer", "account", "billing", "metering", "other"]
CorrectionDecision = Literal["corrected", "qualified", "refused", "passed-to-aemo"]
ContactChannel = Literal["dashboard", "email", "phone", "post", "in-person", "web", "other"]


class NewComplaint(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint as it was received."""

    kind: ComplaintKind
    type: str
    """One of the retailer's own types: the Rules prescribe none."""
    customer_id: UUID | None = None
    reference: str | None = None
    received_at: datetime


class Complaint(NewComplaint, frozen=True, kw_only=True):
    """A stored complaint. Its text stays in the retailer's system."""

    id: UUID
    resolved_at: datetime | None = None
    outcome: str | None = None
    ombudsman_at: datetime | None = None
    ombudsman_resolved_at: datetime | None = None
    recorded_by: str


class CorrectionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request to correct data."""

    id: UUID
    customer_id: UUID
    account_id: UUID | None
    data: CorrectedData
    channel: ContactChannel
    received_at: datetime
    due_on: date
    acknowledged_at: datetime | None = None
    decision: CorrectionDecision | None = None
    reasons: str | None = None
    decided_at: datetime | None = None
    told_by: ContactChannel | None = None
    recorded_by: str


class RecordRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A consumer's request for copies of the records about them."""

    id: UUID
    customer_id: UUID
    channel: ContactChannel
    received_at: datetime
    due_on: date
    delivered_at: datetime | None = None
    delivery_channel: ContactChannel | None = None
    delivered_by: str | None = None
    recorded_by: str


class AuthorisedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """An authorisation, or an amendment of it."""

    what: Literal["authorisation", "amendment"]
    authorised_at: datetime
    authorised_by: str
    """Who it was, by role."""
    in_force_from: datetime | None
    """None: its code was never exchanged, so nothing was shared under it."""
    until: datetime
    data: list[str]
    """The data clusters in the words of the standards."""
    accounts: list[str]


class Disclosure(msgspec.Struct, frozen=True, kw_only=True):
    """The disclosures of one data cluster of one account to one recipient."""

    data: str
    account: str | None
    first_on: date
    last_at: datetime
    times: int
    corrected_at: datetime | None


class SentNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice about an arrangement."""

    what: str
    """To whom it was sent and what it says, in the words of the catalogue."""
    made_at: datetime
    delivered_at: datetime | None
    """None: it has not been delivered yet, or could not be delivered."""


class Sharing(msgspec.Struct, frozen=True, kw_only=True):
    """An arrangement of the consumer."""

    arrangement_id: UUID
    recipient: str
    software_product: str
    versions: list[AuthorisedVersion]
    ended_at: datetime | None
    ended: str | None
    """Who ended it and through which channel, in a sentence."""
    disclosures: list[Disclosure]
    notices: list[SentNotice]


class JointSharing(msgspec.Struct, frozen=True, kw_only=True):
    """What another person has shared of an account that the consumer holds too: of this account only."""

    account: str
    recipient: str
    data: list[str]
    authorised_at: datetime
    until: datetime
    ended_at: datetime | None
    disclosures: list[Disclosure]
    notices: list[SentNotice]


class RecordedRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """A decision not to disclose the consumer's data, or not to ask for an authorisation."""

    rule: str
    since: datetime
    until: datetime | None


class ComplaintRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the consumer is told of a complaint."""

    type: str
    reference: str | None
    received_at: datetime
    resolved_at: datetime | None
    outcome: str | None
    ombudsman_at: datetime | None


class CorrectionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the consumer is told of a request to correct data."""

    data: CorrectedData
    channel: ContactChannel
    received_at: datetime
    acknowledged_at: datetime | None
    decision: CorrectionDecision | None
    reasons: str | None
    decided_at: datetime | None


class CopyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the consumer is told of a request for copies."""

    channel: ContactChannel
    received_at: datetime
    delivered_at: datetime | None
    delivery_channel: ContactChannel | None


class RecordPack(msgspec.Struct, frozen=True, kw_only=True):
    """Copies of the records about one consumer (CDR Rules 9.5)."""

    brand: str
    retailer: str
    made_at: datetime
    time_zone: str
    customer: str
    customer_reference: str
    sharing: list[Sharing]
    sharing_by_others: list[JointSharing]
    refusals: list[RecordedRefusal]
    complaints: list[ComplaintRecord]
    corrections: list[CorrectionRecord]
    record_requests: list[CopyRecord]


class ComplaintFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The CDR complaint data of a period (CDR Rules 1.7)."""

    consumer_complaints_received: int
    by_type: dict[str, int]
    resolved: int
    average_days_to_resolve: float | None
    """Of those that were resolved in the period; None if there are none."""
    referred_to_ombudsman: int
    resolved_by_ombudsman: int
    product_complaints_received: int


class HalfYearReport(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a data holder for a reporting period (CDR Rules 9.4(1)), in the order of the Rules."""

    brand: str
    retailer: str
    period: str
    first_day: date
    last_day: date
    due_on: date
    is_complete: bool
    """Whether the period is over and the counts of all its days are still stored."""
    requests_of_accredited_persons: int
    """Calls of authenticated recipients for consumers' data, whether or not they were answered."""
    refused_requests_by_rule: dict[str, int]
    """Requests, for data or for an authorisation, that were refused in the period, by the rule relied on. A call that
    is refused for several reasons is counted under each of their rules."""
    refusal_decisions_by_rule: dict[str, int]
    """Decisions of the retailer that were made in the period, by the rule relied on (CDR Rules 4.7)."""
    complaints: ComplaintFigures
