"""The data that an access token discloses."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from tenants.accounts.models import WithholdingReason
from tenants.grants.models import ConsumerToken


class DataAccessToken(ConsumerToken, frozen=True, kw_only=True):
    """An access token with those accounts of its arrangement that the customer holds today."""

    accounts: list[UUID] | None
    """The accounts whose data is disclosed now."""
    withheld: list[UUID] | None
    """The accounts of the arrangement whose data is not disclosed now."""
    withholdings: list[WithholdingReason] | None
    """Why each of `withheld` is not disclosed, in the same order."""


class Agent(msgspec.Struct, frozen=True):
    """The person who authorised an arrangement."""

    given_name: str | None
    family_name: str


class SupplyPeriod(NamedTuple):
    """A period in which a service point supplied an account while the customer held the account."""

    service_point_id: UUID
    account_id: UUID
    is_current: bool
    """Whether the account is open and the supply has not ended."""
    first: date
    last: date | None
    """None if no end is known. It is before `first` if the customer did not hold the account during the supply."""


class DisclosedCluster(msgspec.Struct, frozen=True, kw_only=True):
    """What the disclosure ledger says about one account and data cluster of an arrangement."""

    arrangement_id: UUID
    account_id: UUID | None
    """None if the data is about the customer and not about an account."""
    cluster: str
    """The scope that the data belongs to."""
    first_day: date
    """The first day on which data was disclosed, in the tenant's time zone."""
    last_at: datetime
    calls: int
    """The number of answers that contained data."""
    corrected_at: datetime | None
    """When corrected data was last disclosed in place of wrong data (s 56EN(4))."""
