"""How much data a tenant of the benchmark has, and which of its customers share it."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from tenants.accounts.internal_ids import internal_id

ACCOUNTS_OF_THE_BUSINESS: Final = 1_000
"""So that a page of 1,000 records can be full, and a body can name as many ids as it may."""
_FIVE_MINUTE_SHARE_OF_THE_BUSINESS: Final = 10


class Site(NamedTuple):
    """An account, and the only service point that supplies it. The NMIs are in the order of the numbers."""

    number: int
    exports: bool
    """Whether the meter has a register of exports too, if it has reads of 5 minutes."""

    @property
    def account(self) -> str:
        """The retailer's reference of the account."""
        return f"bench-account-{self.number}"

    @property
    def service_point(self) -> str:
        """The retailer's reference of the service point."""
        return f"bench-point-{self.number}"

    @property
    def nmi(self) -> str:
        """The NMI of the service point, without a check digit."""
        return f"4{self.number:09}"


class Sharer(NamedTuple):
    """A customer who shares the data of all of their accounts."""

    number: int
    sites: Sequence[Site]

    @property
    def reference(self) -> str:
        """The retailer's reference of the customer, and of the person who signs in for them."""
        return f"bench-customer-{self.number}"

    @property
    def customer_id(self) -> UUID:
        """The internal id of the customer."""
        return internal_id("customer", self.reference)

    @property
    def login_id(self) -> UUID:
        """The internal id of the person who signs in."""
        return internal_id("login", self.reference)

    @property
    def account_ids(self) -> tuple[UUID, ...]:
        """The internal ids of the accounts."""
        return tuple(internal_id("account", site.account) for site in self.sites)


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """The data of one tenant: a business with many accounts, and households with one account each."""

    customers: int
    """All customers: the business is one of them."""
    accounts: int = ACCOUNTS_OF_THE_BUSINESS
    """The accounts of the business."""
    points: int
    """How many service points have reads of 5 minutes. The others have daily reads."""
    months: int
    """The months of reads of 5 minutes. There are daily reads of 90 days."""

    @property
    def business(self) -> Sharer:
        """The business."""
        return Sharer(0, [_site(number, number) for number in range(self.accounts)])

    def households(self, number: int | None = None) -> list[Sharer]:
        """Return the first households, or all of them. The first ones have reads of 5 minutes."""
        count = self.customers - 1 if number is None else min(number, self.customers - 1)
        return [Sharer(each + 1, [_site(self.accounts + each, each)]) for each in range(count)]

    @property
    def sites(self) -> list[Site]:
        """All accounts with their service points."""
        return [site for sharer in (self.business, *self.households()) for site in sharer.sites]

    def has_five_minutes(self, site: Site) -> bool:
        """Return whether a service point has reads of 5 minutes: a tenth of these are of the business."""
        of_business = min(self.points // _FIVE_MINUTE_SHARE_OF_THE_BUSINESS, self.accounts)
        if site.number < self.accounts:
            return site.number < of_business
        return site.number - self.accounts < self.points - of_business


def _site(number: int, position: int) -> Site:
    """Return the site with this number. `position` counts the sites of the business, or of the households, from 0."""
    return Site(number, exports=position % 2 == 1)


LARGE: Final = Sizes(customers=20_000, points=2_000, months=24)
SMALL_TENANT: Final = Sizes(customers=5, accounts=5, points=2, months=1)
"""What each of the many other tenants has."""
