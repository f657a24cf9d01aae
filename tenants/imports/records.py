"""The kinds of records in an import file (docs/import.md), with the payload types of the standards.

A record refers to another one by the retailer's own reference, never by an internal id. Also the ids in a payload are
references.
"""

from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar, Union

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tenants.accounts.models import HoldingRole, IneligibilityReason
from tenants.cds.field_types import DateString, DateTimeString, EmailAddress
from tenants.imports.mobile_numbers import is_mobile_number
from tenants.operations.models import Resource
from tenants.operations.resources import IMPORTED
from tenants.parties.models import (
    Mobile,
    PreferredChannel,
    RepresentationRole,
    RepresentationScope,
    canonical_identifier,
)
from tenants.payloads.address_v1 import CommonPhysicalAddress
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountV2
from tenants.payloads.energy_service_point_detail_v2 import EnergyServicePointDetailV2
from tenants.payloads.energy_usage_v1 import EnergyUsageRead

Reference = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1F]*\Z")]
ImportedOption = Literal["pre-approval", "no-disclosure"]
_Change = TypeVar("_Change", bound="ResourceChange")


class _Record(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """One line of an import file."""


def _check_period(first: date | UnsetType, last: date | UnsetType | None) -> None:
    if isinstance(first, date) and isinstance(last, date) and last < first:
        raise ValueError("`validTo` is before `validFrom`")


class ServicePointRecord(_Record, frozen=True, kw_only=True, tag="service-point", tag_field="kind"):
    """A service point. Its `servicePointId` is the retailer's reference."""

    service_point: EnergyServicePointDetailV2

    @property
    def reference(self) -> str:
        """The retailer's own id of the service point."""
        return self.service_point.servicePointId.value


class CustomerRecord(_Record, frozen=True, kw_only=True, tag="customer", tag_field="kind"):
    """A customer, as in Get Customer Detail."""

    reference: Reference
    customer: CommonCustomerDetailV2


class AccountRecord(_Record, frozen=True, kw_only=True, tag="account", tag_field="kind"):
    """An account, as in Get Energy Account Detail. Its `accountId` is the retailer's reference.

    The `servicePointIds` of its plans are references of service points.
    """

    account: EnergyAccountDetailV4
    disclosure_option: ImportedOption | None = None
    """The disclosure option for an account that has none yet. An import never changes an option that is set."""

    @property
    def reference(self) -> str:
        """The retailer's own id of the account."""
        return self.account.accountId.value


class AccountSupply(msgspec.Struct, frozen=True, kw_only=True):
    """A service point, by its NMI, and the period in which it supplies an account."""

    nmi: str
    participant_id: str | None = None
    valid_from: date
    valid_to: date | None = None
    location: CommonPhysicalAddress | None = None
    """The address of the service point in the retailer's own records."""


class ListedAccountRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An account as in Get Energy Accounts, from the retailer's own server. A file does not contain such records.

    The details of its plans stay on that server. The `servicePointIds` of its plans are NMIs. A service point that was
    not imported is stored with its NMI and its address only.
    """

    account: EnergyAccountV2
    supplies: tuple[AccountSupply, ...]
    disclosure_option: ImportedOption | None = None

    @property
    def reference(self) -> str:
        """The retailer's own id of the account."""
        return self.account.accountId.value


class HoldingRecord(_Record, frozen=True, kw_only=True, tag="holding", tag_field="kind"):
    """States that a customer holds an account, from `valid_from` to `valid_to`, both included.

    Without `valid_to`, the end that is stored is kept. The value null states that no end is known.
    """

    customer: Reference
    account: Reference
    role: HoldingRole
    valid_from: DateString
    valid_to: DateString | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        _check_period(self.valid_from, self.valid_to)


class EndHoldingRecord(_Record, frozen=True, kw_only=True, tag="end-holding", tag_field="kind"):
    """States that a customer does not hold an account after the day `valid_to`."""

    customer: Reference
    account: Reference
    valid_to: DateString


class _OfIneligible(_Record, frozen=True, kw_only=True):
    """Who is not eligible: a customer, an account whoever holds it, or a customer for one account."""

    customer: Reference | None = None
    account: Reference | None = None
    reason: IneligibilityReason

    def __post_init__(self) -> None:
        if self.customer is None and self.account is None:
            raise ValueError("one of `customer` and `account` is mandatory here")


class IneligibilityRecord(_OfIneligible, frozen=True, kw_only=True, tag="ineligibility", tag_field="kind"):
    """States that data must not be shared (CDR Rules 1.10B), from `valid_from` to `valid_to`, both included.

    Without `valid_to`, the end that is stored is kept. The value null states that no end is known.
    """

    valid_from: DateString
    valid_to: DateString | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_period(self.valid_from, self.valid_to)


class EndIneligibilityRecord(_OfIneligible, frozen=True, kw_only=True, tag="end-ineligibility", tag_field="kind"):
    """States that the reason does not exclude the data after the day `valid_to`."""

    valid_to: DateString


class ListedIneligibilityRecord(msgspec.Struct, frozen=True, kw_only=True):
    """All periods without eligibility of one subject, from the retailer's own server. A file has no such records.

    The subject is `customer`, `account`, or both. A stored period that is not listed ends with `last_day`, and one that
    begins later is removed.
    """

    customer: str | None = None
    account: str | None = None
    periods: tuple[IneligibilityRecord, ...]
    last_day: date


class LoginRecord(_Record, frozen=True, kw_only=True, tag="login", tag_field="kind"):
    """A person who signs in, with at least one of `email` and `mobile`, to which one-time passwords are sent."""

    reference: Reference
    """The id that the retailer uses for the person. It is never reused for another person, but an identifier can be."""
    identifier: Reference
    email: EmailAddress | None = None
    mobile: Mobile | None = None
    channel: PreferredChannel | None = None
    """How the person wants to be told. A one-time password is never sent by post."""
    name: Reference
    given_name: Reference | None = None
    family_name: Reference
    disabled: bool | UnsetType = UNSET
    """Whether the person must not sign in. If it is omitted, a disabled login remains disabled."""

    def __post_init__(self) -> None:
        if self.email is None and self.mobile is None:
            raise ValueError("one of `email` and `mobile` is mandatory here")
        if self.mobile is not None and not is_mobile_number(self.mobile):
            raise ValueError("`mobile` cannot be a mobile number of its country")
        if not canonical_identifier(self.identifier):
            raise ValueError("`identifier` has no characters other than spaces")


class EndLoginRecord(_Record, frozen=True, kw_only=True, tag="end-login", tag_field="kind"):
    """States that a person must not sign in from now on."""

    login: Reference


class RepresentationRecord(_Record, frozen=True, kw_only=True, tag="representation", tag_field="kind"):
    """States that a login acts for a customer, and by which authority: see `RepresentationRole`.

    Without `valid_from`, `valid_to` or `scope`, the stored value is kept. A `valid_to` of null states that no end is
    known, and a `scope` of null that the login may do everything for the customer.
    """

    login: Reference
    customer: Reference
    role: RepresentationRole
    scope: RepresentationScope | UnsetType | None = UNSET
    valid_from: DateString | UnsetType = UNSET
    valid_to: DateString | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        _check_period(self.valid_from, self.valid_to)


class EndRepresentationRecord(_Record, frozen=True, kw_only=True, tag="end-representation", tag_field="kind"):
    """States that a login does not act for a customer after the day `valid_to`."""

    login: Reference
    customer: Reference
    valid_to: DateString


class UsageRecord(_Record, frozen=True, kw_only=True, tag="usage", tag_field="kind"):
    """A day of interval reads in full, or a basic read, of one register. Other reads of the register stay.

    The `servicePointId` of the read is the retailer's reference.
    """

    read: EnergyUsageRead
    updated_at: DateTimeString | None = None
    """When the data was made or changed. Without it, the read is older than every version that has a time."""

    @property
    def service_point(self) -> str:
        """The retailer's own id of the service point."""
        return self.read.servicePointId.value


class UsageRemoval(_Record, frozen=True, kw_only=True, tag="remove-usage", tag_field="kind"):
    """States that the reads that begin from `oldest_date` to `newest_date`, both included, are wrong.

    The reads of a register of the service point are removed. Without a suffix, those of all registers are.
    """

    service_point: Reference
    oldest_date: DateString
    newest_date: DateString
    register_suffix: Reference | None = None

    def __post_init__(self) -> None:
        if self.newest_date < self.oldest_date:
            raise ValueError("`newestDate` is before `oldestDate`")


class ResourceChange(_Record, frozen=True, kw_only=True):
    """Items of a resource that replace those of the same owner, or the one that had the same reference.

    Each resource has two subclasses, which are made from its declaration: a record with items, and one that removes
    what is stored. The reference of the owner is in the item, if the item has such a field and is the only one of the
    record. Otherwise it is beside the items.
    """

    resource: ClassVar[Resource]

    @property
    def items(self) -> list[Any]:
        """The items, in the order of the record."""
        return []

    @property
    def owner(self) -> str:
        """The retailer's own id of what the items belong to."""
        reference: str = getattr(self, _owner_member(self.resource))
        return reference

    @property
    def item_reference(self) -> str | None:
        """The retailer's own id of the item, if items are imported one by one."""
        reference: str | None = getattr(self, "reference", None)
        return reference


class ResourceRecord(ResourceChange, frozen=True, kw_only=True):
    """All items of a resource that belong to one owner, or one of them."""

    @property
    def items(self) -> list[Any]:
        """The items, in the order of the record."""
        value = getattr(self, self.resource.imported_member)
        return value if self.resource.imported_as_list else [value]

    @property
    def owner(self) -> str:
        """The retailer's own id of what the items belong to."""
        if not _is_owner_in_item(self.resource):
            return super().owner
        reference: str = getattr(self.items[0], self.resource.id_field or "").value
        return reference

    def __post_init__(self) -> None:
        id_field = self.resource.id_field
        if id_field is not None and any(getattr(item, id_field).value != self.owner for item in self.items):
            raise ValueError(f"the `{id_field}` of an item is not the {_owner_member(self.resource)!r} of the record")


class ResourceRemoval(ResourceChange, frozen=True, kw_only=True):
    """States that an owner has no item of a resource, or no longer has the item with a reference."""


def _owner_member(resource: Resource) -> str:
    return resource.belongs_to.replace("-", "_")


def _is_owner_in_item(resource: Resource) -> bool:
    return resource.id_field is not None and not resource.imported_as_list


def record_type(resource: Resource) -> type[ResourceRecord]:
    """Return the type of the records with items of a resource."""
    items: Any = list[resource.item] if resource.imported_as_list else resource.item  # type: ignore[name-defined]
    members = [] if _is_owner_in_item(resource) else [_owner_member(resource)]
    return _made(resource, ResourceRecord, resource.name, members, (resource.imported_member, items))


def removal_type(resource: Resource) -> type[ResourceRemoval]:
    """Return the type of the records that remove items of a resource."""
    return _made(resource, ResourceRemoval, f"remove-{resource.name}", [_owner_member(resource)])


def _made(
    resource: Resource, base: type[_Change], kind: str, named: list[str], *more: tuple[str, Any]
) -> type[_Change]:
    references = [*named, "reference"] if resource.imported_one_by_one else named
    made: Any = msgspec.defstruct(
        f"{kind.title().replace('-', '')}Record",
        [*((member, Reference) for member in references), *more],
        bases=(base,),
        namespace={"resource": resource},
        module=__name__,
        frozen=True,
        kw_only=True,
        tag_field="kind",
        tag=kind,
    )
    changed: type[_Change] = made
    return changed


RESOURCE_RECORDS: Final = {resource: record_type(resource) for resource in IMPORTED}
"""The type of the records with items of each resource that can be imported."""
RESOURCE_REMOVALS: Final = {resource: removal_type(resource) for resource in IMPORTED}
"""The type of the records that remove items of each of these resources."""

_UsageChange = UsageRecord | UsageRemoval
HoldingChange = HoldingRecord | EndHoldingRecord
LoginChange = LoginRecord | EndLoginRecord
RepresentationChange = RepresentationRecord | EndRepresentationRecord
IneligibilityChange = IneligibilityRecord | EndIneligibilityRecord
IneligibilityStatement = IneligibilityChange | ListedIneligibilityRecord
_Persons = CustomerRecord | LoginChange | RepresentationChange
_Directory = ServicePointRecord | AccountRecord | HoldingChange | IneligibilityChange | _Persons
Record = _Directory | ListedAccountRecord | ListedIneligibilityRecord | ResourceChange | _UsageChange
ANY_RECORD: Final[Any] = Union[_Directory, _UsageChange, *RESOURCE_RECORDS.values(), *RESOURCE_REMOVALS.values()]
"""The type of every line of a file."""
