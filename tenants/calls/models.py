"""The record of one call, and the entries of the disclosure ledger."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from haas.database import Namespace
from tenants.accounts.models import RequestRefusal
from tenants.cds import tiers

# `other` is for calls that the standards assign to no performance tier.
CallTier = tiers.Tier | Literal["other"]


class CalledTenant(NamedTuple):
    """The tenant whose endpoint was called. A later tenant with the same slug has the same namespace and another id."""

    namespace: Namespace
    id: UUID


class DisclosedData(NamedTuple):
    """The data in a successful answer to a recipient, for the disclosure ledger. It contains no payload."""

    arrangement_id: UUID
    cluster: str
    """The scope that the data belongs to."""
    day: date
    """In the tenant's time zone."""
    accounts: Collection[str | None]
    """The internal ids of the accounts with data in the answer, as text. None: the data is about the customer."""


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An answered call. `operation`, `tier` and `error` come from the product's own lists, never from the caller."""

    tenant: CalledTenant
    at: datetime  # when the call began
    operation: str  # the operation name of the standards, or the name of the identity endpoint
    tier: CallTier
    status: int
    latency: int  # microseconds, without the time of a secondary data holder
    interaction_id: str  # x-fapi-interaction-id: a UUID, from the caller if it sent one; "" if it is unknown
    authenticated: bool = True  # the endpoint requires authentication, whether or not the caller authenticated
    error: str = ""  # the CDS error URN or the OAuth error code
    throttled: bool = False  # refused because a traffic threshold was exceeded
    token_issued: bool = False  # counts as a session in Get Metrics
    secondary_latency: int | None = None  # microseconds; None if no secondary data holder was needed
    secondary_calls: int = 0  # number of calls to the secondary data holder
    secondary_errors: int = 0  # how many of these calls ended with 5xx, a time-out or no connection
    secondary_rejections: int = 0  # how many of these calls ended with 429
    client_id: str | None = None  # None if it is unknown
    arrangement_id: UUID | None = None
    disclosed: DisclosedData | None = None  # None: the answer has no data of a consumer
    refused: Collection[RequestRefusal] = ()  # why all or a part of a consumer data request was refused


class DisclosureDay(msgspec.Struct, frozen=True, kw_only=True):
    """Records that data was disclosed under an arrangement on a day: a row of the disclosure ledger (CDR Rules 7.9)."""

    arrangement_id: UUID
    account_id: UUID | None
    """None if the data is about the customer and not about an account."""
    cluster: str
    """The scope that the data belongs to."""
    day: date
    """In the tenant's time zone."""
    calls: int
    last_at: datetime
    corrected_at: datetime | None = None
    """When corrected data was given to the recipient."""


class RefusedDay(msgspec.Struct, frozen=True, kw_only=True):
    """How often the holder refused on a day, for one reason, to disclose data or to ask for an authorisation."""

    day: date
    """In the market's time zone."""
    request: Literal["data", "authorisation"]
    """What was refused: to disclose requested data, or to ask the consumer to authorise its disclosure."""
    reason: RequestRefusal
    arrangement_id: UUID | None
    calls: int
    last_at: datetime


class RefusalFigure(msgspec.Struct, frozen=True, kw_only=True):
    """The refusals of a period that rely on one rule, for one reason (CDR Rules 9.4)."""

    rule: str
    reason: RequestRefusal
    request: Literal["data", "authorisation"]
    calls: int
    arrangements: int
    """The number of arrangements that the refused requests were for."""


class DisclosedPeriod(NamedTuple):
    """The entries of the disclosure ledger for an account and cluster, from one day to another."""

    arrangement_id: UUID
    account_id: UUID
    cluster: str
    first_day: date
    last_day: date
