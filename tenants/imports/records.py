"""The kinds of records that an import file holds (docs/import.md), typed by the standards' payloads.

A record names another one by the retailer's own reference, never by an id of ours.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tenants.accounts.models import HoldingRole
from tenants.cds.field_types import DateString, EmailAddress
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_service_point_detail_v2 import EnergyServicePointDetailV2

Reference = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1F]*\Z")]
Mobile = Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{6,14}\Z", description="E.164")]
ImportedOption = Literal["pre-approval", "no-disclosure"]


class _Record(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """A line of an import file."""


class ServicePointRecord(_Record, frozen=True, kw_only=True, tag="service-point", tag_field="kind"):
    """A service point; its `servicePointId` is the retailer's reference."""

    service_point: EnergyServicePointDetailV2

    @property
    def reference(self) -> str:
        """The retailer's own id."""
        return self.service_point.servicePointId


class CustomerRecord(_Record, frozen=True, kw_only=True, tag="customer", tag_field="kind"):
    """A customer as Get Customer Detail shows them."""

    reference: Reference
    customer: CommonCustomerDetailV2


class AccountRecord(_Record, frozen=True, kw_only=True, tag="account", tag_field="kind"):
    """An account as Get Energy Account Detail shows it; its `accountId` is the retailer's reference.

    The `servicePointIds` of its plans are references of service points.
    """

    account: EnergyAccountDetailV4
    disclosure_option: ImportedOption | None = None
    """The option of an account that has none yet; one that is set already is never changed by an import."""

    @property
    def reference(self) -> str:
        """The retailer's own id."""
        return self.account.accountId


class HoldingRecord(_Record, frozen=True, kw_only=True, tag="holding", tag_field="kind"):
    """That a customer holds an account, from when until when."""

    customer: Reference
    account: Reference
    role: HoldingRole
    valid_from: DateString
    valid_to: DateString | None = None

    def __post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("`validTo` is before `validFrom`")


class LoginRecord(_Record, frozen=True, kw_only=True, tag="login", tag_field="kind"):
    """Somebody who signs in, and where their one-time passwords go: at least one of `email` and `mobile`."""

    identifier: Reference
    email: EmailAddress | None = None
    mobile: Mobile | None = None
    name: Reference
    given_name: Reference | None = None
    family_name: Reference

    def __post_init__(self) -> None:
        if self.email is None and self.mobile is None:
            raise ValueError("one of `email` and `mobile` is mandatory here")


class RepresentationRecord(_Record, frozen=True, kw_only=True, tag="representation", tag_field="kind"):
    """That a login acts for a customer: for themselves, or as a representative whom an organisation nominated."""

    login: Reference
    customer: Reference
    role: Literal["self", "nominated-representative"]


Record = ServicePointRecord | CustomerRecord | AccountRecord | HoldingRecord | LoginRecord | RepresentationRecord
