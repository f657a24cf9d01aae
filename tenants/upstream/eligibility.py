"""What the retailer's own server says of who is not eligible to share data (CDR Rules 1.10B; K-1)."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from tenants.accounts.models import IneligibilityReason
from tenants.cds.field_types import DateString
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.upstream.base_message import Id, UpstreamMessage

MAXIMUM_INELIGIBLE_PERIODS: Final = 100


class IneligiblePeriod(UpstreamMessage, frozen=True, kw_only=True):
    """A period in which data must not be shared (CDR Rules 1.10B and Schedule 4)."""

    reason: IneligibilityReason
    valid_from: Annotated[DateString, Meta(description="The first day. It can be in the future.")]
    valid_to: Annotated[DateString | None, Meta(description="The last day. Absent if no end is known.")] = None

    def __post_init__(self) -> None:
        """Raise ValueError if the period ends before it begins."""
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("`validTo` is before `validFrom`")


IneligiblePeriods = Annotated[list[IneligiblePeriod], Meta(max_length=MAXIMUM_INELIGIBLE_PERIODS)]


def check_ineligible(periods: Sequence[IneligiblePeriod] | UnsetType) -> None:
    """Raise ValueError if two periods with the same reason have a day in common."""
    ends: dict[str, date] = {}
    for each in sorted([] if periods is UNSET else periods, key=lambda each: each.valid_from):
        if each.reason in ends and each.valid_from <= ends[each.reason]:
            raise ValueError("two periods with the same reason overlap")
        ends[each.reason] = each.valid_to or date.max


class CustomerEligibility(UpstreamMessage, frozen=True, kw_only=True):
    """What the standards lack about a customer."""

    ineligible: Annotated[
        IneligiblePeriods | UnsetType,
        Meta(
            description=(
                "The periods in which the customer must not share data, for example because the person is under 18. "
                "The list is complete: a period that it does not contain any more has ended. Periods with the same "
                "reason do not overlap. If it is absent, what was known before stays."
            )
        ),
    ] = UNSET

    def __post_init__(self) -> None:
        """Raise ValueError if periods overlap."""
        check_ineligible(self.ineligible)


class UpstreamCustomer(CommonCustomerDetailV2):
    """A customer as in Get Customer Detail, and whether the customer may share data."""

    x: CustomerEligibility | UnsetType = UNSET


class IneligibleSubject(IneligiblePeriod, frozen=True, kw_only=True):
    """A period that has become known: of a customer, of an account whoever holds it, or of a customer for an account.

    It replaces the periods with the same reason that it overlaps, so an entry with `validTo` ends a period.
    """

    customer_id: Id | None = None
    account_id: Id | None = None

    def __post_init__(self) -> None:
        """Raise ValueError if neither a customer nor an account is named, or the period ends before it begins."""
        super().__post_init__()
        if self.customer_id is None and self.account_id is None:
            raise ValueError("one of `customerId` and `accountId` is mandatory here")
