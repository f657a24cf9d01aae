"""Findings, the disclosures that they affect, and the persons who are told."""

from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from tenants.parties.models import PreferredChannel

FindingState = Literal["open", "confirmed", "dismissed"]
"""`open` until the staff has decided whether the data was wrong when it was disclosed."""
AffectedState = Literal["unreachable", "told", "wanted", "declined", "corrected"]
"""`unreachable`: the person has no email address and no mobile number, so the staff must tell them by other means.
`wanted`, `declined`: whether the consumer wants the corrected data to be disclosed. `corrected`: it was."""


class ChangedData(NamedTuple):
    """Stored data about the past that an import changes. It has no values (K-42)."""

    resource: str
    """The name of the resource."""
    account_id: UUID | None
    service_point_id: UUID | None
    first_day: date
    last_day: date


class DisclosureFinding(msgspec.Struct, frozen=True, kw_only=True):
    """An import changed data that was disclosed before."""

    id: UUID
    import_id: UUID
    resource: str
    account_id: UUID | None
    service_point_id: UUID | None
    first_day: date
    """The first day that the changed data is about."""
    last_day: date
    found_at: datetime
    due_at: datetime
    """When the consumers must be told, if the data was wrong."""
    state: FindingState
    decided_at: datetime | None
    decided_by: str | None
    decision: str | None


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """The disclosures of one account under one arrangement that a confirmed finding affects."""

    id: UUID
    finding_id: UUID
    arrangement_id: UUID
    account_id: UUID
    cluster: str
    first_day: date
    """The first day on which the data was disclosed, in the tenant's time zone."""
    last_day: date
    state: AffectedState
    notice_id: UUID | None
    told_at: datetime | None
    answered_at: datetime | None
    corrected_at: datetime | None


class Owed(msgspec.Struct, frozen=True):
    """What is to be done until some moment: how many findings are to be decided, and how many persons to be told."""

    findings: int
    persons: int
    """Persons without an email address and a mobile number, whom the staff must tell by other means."""

    @property
    def total(self) -> int:
        """The sum of both."""
        return self.findings + self.persons


class Disclosed(msgspec.Struct, frozen=True, kw_only=True):
    """Disclosures of one account under one arrangement, and the person who authorised them."""

    arrangement_id: UUID
    account_id: UUID
    first_day: date
    last_day: date
    recipient: str
    """The name of the recipient, as it is registered."""
    person: str
    email: str | None
    mobile: str | None
    channel: PreferredChannel | None
