"""What an operation and a resource consist of. The rows are in `endpoints` and `resources`."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from tenants.cds.errors import (
    INVALID_ENERGY_ACCOUNT,
    INVALID_SERVICE_POINT,
    UNAVAILABLE_ENERGY_ACCOUNT,
    UNAVAILABLE_SERVICE_POINT,
    ErrorType,
)
from tenants.cds.field_types import Payload
from tenants.cds.resource_ids import AccountId, ResourceId, ServicePointId
from tenants.cds.tiers import Tier
from tenants.operations.filters import Filter

Method = Literal["GET", "POST"]
Transport = Literal["public", "secure"]
Owner = Literal["brand", "customer", "account", "service-point"]
"""What the items of a resource belong to."""
BASE_PATH: Final = "/cds-au/v1"
_SYDNEY: Final = ZoneInfo("Australia/Sydney")


def obligation_day(now: datetime) -> date:
    """Return the date in Sydney, where the standards' obligations begin at 00:00 of their dates."""
    return now.astimezone(_SYDNEY).date()


class NamedOwner(NamedTuple):
    """An owner of which a request can name several by their ids, and the errors of an id (CDS, Error Codes)."""

    id_type: type[ResourceId]
    id_field: str
    """The field of an item that contains the id of its owner."""
    ids_member: str
    """The member of a request's body that contains the ids."""
    invalid: ErrorType
    unavailable: ErrorType


NAMED_OWNERS: Final[dict[Owner, NamedOwner]] = {
    "account": NamedOwner(AccountId, "accountId", "accountIds", INVALID_ENERGY_ACCOUNT, UNAVAILABLE_ENERGY_ACCOUNT),
    "service-point": NamedOwner(
        ServicePointId, "servicePointId", "servicePointIds", INVALID_SERVICE_POINT, UNAVAILABLE_SERVICE_POINT
    ),
}
"""The other owners are named by no request."""


class Order(NamedTuple):
    """A field by which items are ordered. Items without the field come last."""

    field: str
    descending: bool = False


class Resource(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Items of one type that belong to the brand, to a customer, to an account or to a service point."""

    name: str
    """The name. If the resource can be imported, it is the `kind` of its records."""
    item: type[Payload]
    """The type of an item in its newest version."""
    belongs_to: Owner
    many: bool = False
    """Whether one owner can have several items."""
    imported_one_by_one: bool = False
    """Whether an import record contains one item of the list, with the retailer's reference of the item. Otherwise it
    contains everything that an owner has."""
    list_name: str = ""
    """The member of `data` that contains the items where an operation gives several."""
    of_nothing: Callable[[Any], Payload] | None = None
    """Makes the item of an owner of which no item is known, from the id of the owner. None: the owner has no item."""
    streamed: bool = False
    """Whether a page can be so large that the store reads it while the response is sent."""
    disclosed_by_day: bool = False
    """Whether the items are of days, as meter reads are. Then the service points of closed accounts are disclosed too,
    with the days on which the customer held the account (C-P5, `tenants/disclosure/windows.py`). The resource has the
    filters of `date_period`."""
    filters: tuple[Filter, ...] = ()
    """The filters, in the order in which they are read: a default can depend on the filters before it."""
    order: tuple[Order, ...] = ()
    """The fields by which items are ordered. Items of service points are first ordered by the NMI of the service point.
    Items that are equal in all of this, and all items if there is nothing of it, are ordered by their owner and the
    primary key of their table, so that pages do not overlap."""

    dated_by: str | None = None
    """The field that says when that happened what an item is about: a day, or a moment. If there is one, the items of
    closed accounts are limited (`tenants.accounts.closed_accounts`)."""

    @property
    def imported_as_list(self) -> bool:
        """Whether an import record contains a list of items."""
        return self.many and not self.imported_one_by_one

    @property
    def imported_member(self) -> str:
        """The member of an import record that contains the list of items, or the only item."""
        return self.list_name if self.imported_as_list else self.name

    @property
    def id_field(self) -> str | None:
        """The field of an item that contains the id of its owner, or None if items do not contain it."""
        owner = NAMED_OWNERS.get(self.belongs_to)
        return owner.id_field if owner is not None and owner.id_field in self.item.__struct_fields__ else None

    @property
    def compared_fields(self) -> tuple[str, ...]:
        """The fields of an item that the filters, the order and the limit of closed accounts compare, each once."""
        filters = [by.field for by in self.filters if by.selects_items]
        compared = filters + [by.field for by in self.order]
        return tuple(dict.fromkeys(compared + ([self.dated_by] if self.dated_by else [])))


class Version(NamedTuple):
    """A version of an endpoint. A version without a payload is not implemented."""

    number: int
    binding_from: date
    retired_from: date | None = None
    payload: type[Payload] | None = None
    """The type of `data` in this version."""
    convert: Callable[[Any], Payload] | None = None
    """Makes an item of this version from an item of the resource. None: the item is used unchanged."""

    def is_served(self, today: date, *, retired_too: bool) -> bool:
        """Return whether the version is served on a day. With `retired_too`, it is also served after its retirement.

        A version may be served before its binding date.
        """
        current = retired_too or self.retired_from is None or today < self.retired_from
        return self.payload is not None and current


class Endpoint(NamedTuple):
    """An operation with the `operationId` of the standards. Its URI path is BASE_PATH followed by `path`.

    The path, the method and the resource determine the rest: which ids a request names, and whether the response
    contains one item or a list.
    """

    operation: str
    name: str
    method: Method
    path: str
    versions: tuple[Version, ...]
    scope: str | None
    present_tier: Tier
    unattended_tier: Tier
    resource: Resource | None = None
    """What the operation gives. None: the operation is not implemented."""
    paginated: bool = False
    transport: Transport = "secure"

    def tier(self, *, customer_present: bool) -> Tier:
        """Return the performance tier of a call, which depends on whether the customer is present."""
        return self.present_tier if customer_present else self.unattended_tier

    @property
    def uri_path(self) -> str:
        """The path of the URI, with its parameters in braces."""
        return BASE_PATH + self.path

    @property
    def served_versions(self) -> tuple[int, ...]:
        """The versions that this product implements."""
        return tuple(version.number for version in self.versions if version.payload is not None)

    def versions_on(self, today: date, *, retired_too: bool) -> dict[int, Version]:
        """Return the versions that are served on a day, by their numbers. See `Version.is_served`."""
        return {each.number: each for each in self.versions if each.is_served(today, retired_too=retired_too)}

    @property
    def ids_in(self) -> Literal["path", "body"] | None:
        """Where a request names the owners whose data it asks for. None: nowhere, it asks for all data."""
        if self.method == "POST":
            return "body"
        return "path" if "{" in self.path else None

    @property
    def gives_list(self) -> bool:
        """Whether `data` contains a list of items. Otherwise `data` is one item."""
        resource = self.resource
        if resource is None:
            return False
        return resource.many or (resource.belongs_to in NAMED_OWNERS and self.ids_in != "path")
