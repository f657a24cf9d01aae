"""Get Customer Detail, version 2: the customer with contact details."""

from collections.abc import Sequence
from typing import Literal

from tenants.cds.field_types import EmailAddress, Payload, TelephoneNumber, copy_fields, only_member_of_union
from tenants.payloads.address_v1 import CommonPhysicalAddressWithPurpose
from tenants.payloads.customer_v1 import CommonCustomer, CommonOrganisation, CommonPerson


class CommonPhoneNumber(Payload):
    """A telephone number in its parts and in full (RFC 3966 5.1.4)."""

    isPreferred: bool | None = None
    purpose: Literal["HOME", "INTERNATIONAL", "MOBILE", "OTHER", "UNSPECIFIED", "WORK"]
    countryCode: str | None = None
    areaCode: str | None = None
    number: str
    extension: str | None = None
    fullNumber: TelephoneNumber


class CommonEmailAddress(Payload):
    """A mail address (RFC 5322 addr-spec)."""

    isPreferred: bool | None = None
    purpose: Literal["HOME", "OTHER", "UNSPECIFIED", "WORK"]
    address: EmailAddress


class CommonPersonDetailV2(CommonPerson):
    """A person with contact details.

    At most one phone number and one mail address may be preferred, and at most one address each may have the purpose
    REGISTERED and the purpose MAIL.
    """

    phoneNumbers: list[CommonPhoneNumber]
    emailAddresses: list[CommonEmailAddress]
    physicalAddresses: list[CommonPhysicalAddressWithPurpose]

    def __post_init__(self) -> None:
        super().__post_init__()
        at_most_one("preferred telephone number", [phone.isPreferred for phone in self.phoneNumbers])
        at_most_one("preferred e-mail address", [email.isPreferred for email in self.emailAddresses])
        check_addresses(self.physicalAddresses)


class CommonOrganisationDetailV2(CommonOrganisation):
    """An organisation with its addresses. At most one has the purpose REGISTERED, and at most one the purpose MAIL."""

    physicalAddresses: list[CommonPhysicalAddressWithPurpose]

    def __post_init__(self) -> None:
        check_addresses(self.physicalAddresses)


class CommonCustomerDetailV2(Payload):
    """The data of Get Customer Detail: a union of person and organisation."""

    customerUType: Literal["organisation", "person"]
    person: CommonPersonDetailV2 | None = None
    organisation: CommonOrganisationDetailV2 | None = None

    def __post_init__(self) -> None:
        only_member_of_union(self.customerUType, person=self.person, organisation=self.organisation)

    def basic(self) -> CommonCustomer:
        """Return the data of Get Customer: the same customer without contact details."""
        return CommonCustomer(
            customerUType=self.customerUType,
            person=None if self.person is None else copy_fields(self.person, CommonPerson),
            organisation=None if self.organisation is None else copy_fields(self.organisation, CommonOrganisation),
        )


def at_most_one(what: str, flags: Sequence[object]) -> None:
    """Raise ValueError if more than one of `flags` is true."""
    if sum(1 for flag in flags if flag) > 1:
        raise ValueError(f"there is more than one {what}")


def check_addresses(addresses: Sequence[CommonPhysicalAddressWithPurpose]) -> None:
    """Raise ValueError if several addresses have the purpose REGISTERED, or several have the purpose MAIL."""
    at_most_one("address with the purpose REGISTERED", [address.purpose == "REGISTERED" for address in addresses])
    at_most_one("address with the purpose MAIL", [address.purpose == "MAIL" for address in addresses])
