"""The interface of a source of data.

A source uses internal ids only. The encoder of the response replaces them by the ids of the recipient
(`tenants.disclosure.ids_for_recipients`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple, Protocol
from uuid import UUID

from haas.database import Transaction
from tenants.accounts.models import RefusalReason
from tenants.calls.secondary import SecondaryCalls
from tenants.cds.pagination import Page, PageRequest
from tenants.cds.tiers import Tier
from tenants.operations.models import Resource
from tenants.registry.models import Tenant
from tenants.sources.item_stream import ItemStream

ReadingTime = Literal["inside", "after", "elsewhere"]
"""When a source reads: inside the transaction in which the access token was checked, or after it has ended. "elsewhere"
is after it has ended, and from another server."""


class SourceCall(NamedTuple):
    """The call of a recipient for which a source is read."""

    tenant: Tenant
    tx: Transaction
    """The transaction in which the access token is checked."""
    now: datetime
    interaction_id: str
    """The x-fapi-interaction-id, which a source that is another server gets too."""
    arrangement_id: UUID | None
    customer_present: bool
    tier: Tier
    """The performance tier of the call, which says how long another data holder may take."""
    secondary: Callable[[], SecondaryCalls]
    """Returns the object to which requests to a secondary data holder are added."""
    refused: Callable[[RefusalReason], None]
    """Records that a source refuses to disclose data, with the reason (CDR Rules 4.7, 9.4)."""


class ClosedAccounts(NamedTuple):
    """The limit of the items of closed accounts (`tenants.accounts.closed_accounts`)."""

    ids: Sequence[UUID]
    """Those owners of a query that are closed accounts."""
    given_from: datetime
    """The first moment of the first day whose items are given, in the tenant's time zone."""


class Days(NamedTuple):
    """A period of days in the market's time zone. Both days belong to it."""

    first: date
    last: date


EVERY_DAY: Final = Days(date.min, date.max)


class Window(NamedTuple):
    """The days for which a request asks for the items of an owner, and may have them."""

    first: date
    last: date
    control: Days
    """The period in which the customer controlled the owner; EVERY_DAY if the period does not limit the request.

    The window is in this period. An item of several days, such as the read of an accumulation meter, can begin before
    the window or end after it (C-U6), but not before or after this period (C-P9).
    """

    def contains(self, first: date, last: date) -> bool:
        """Return whether an item of the days from `first` to `last` is asked for and may be disclosed."""
        overlaps = first <= self.last and last >= self.first
        return overlaps and self.control.first <= first and last <= self.control.last


class ResourceQuery(NamedTuple):
    """Which items of a resource are asked for."""

    resource: Resource
    owners: Sequence[UUID]
    """The internal ids of the accounts or service points, or of the customer, that the items belong to."""
    filters: Mapping[str, object]
    """The value to which each filter of the resource compares, by its parameter. None selects every item."""
    page: PageRequest | None
    """The page that is asked for. None: all items."""
    closed: ClosedAccounts | None = None
    """The closed accounts among the owners, if the resource is `dated_by` a field."""
    named_in_path: str | None = None
    """The recipient's id of the only owner, if the path of the request names it. Errors about the owner name it."""
    named_in_body: bool = False
    """Whether the body of the request names the owners. Then an owner that is refused is an error, and not left out."""
    windows: Mapping[UUID, Sequence[Window]] | None = None
    """The windows of each owner, for a resource that is disclosed by day (`Resource.disclosed_by_day`).

    An owner that is left out has no items. The windows of one owner are in ascending order and have no day in common.
    They consider the filters of `date_period`, which a source need not compare again. None for every other resource.
    """


class DataSource(Protocol):
    """Returns the items of the resources as typed payloads."""

    def reads(self, resource: Resource) -> ReadingTime:
        """Return when `read` must be called for a resource.

        A source outside the tenant's schema reads after the transaction, so that no database connection waits for
        another server.
        """
        ...

    async def prepare(self, query: ResourceQuery) -> None:
        """Read what `read` needs from the tenant's schema.

        This is called before the transaction ends, and only for a resource that is read after it.
        """
        ...

    async def read(self, query: ResourceQuery) -> Page[Any] | ItemStream:
        """Return the items that fulfil the query, in the order of the resource, with the total number of them.

        The items have the type `Resource.item`. An owner that the source does not know has no items. A stream is for
        lists that are too long to be in memory as a whole. A source that reads inside the transaction can return only a
        stream that needs no connection (`ItemStream.held`). A stream is possible only for a resource that operations
        give as a list. Raises ItemsWithheld if the query has only one owner and the source does not give its items now,
        or if it withholds the customer. Of several owners, the items of such an owner are left out. Raises
        OwnersRefused if the retailer refuses to disclose some of the owners that a body names.
        """
        ...
