"""Physical addresses (CommonPhysicalAddress), shared by customers and service points."""

from typing import Literal, get_args

from tenants.cds.field_types import (
    AUSTRALIAN_POSTCODE,
    AustralianPostcode,
    CountryCode,
    Payload,
    PositiveInteger,
    StateType,
    only_member_of_union,
    required_when,
)

AUSTRALIA = "AUS"
AUSTRALIAN_STATES: tuple[str, ...] = get_args(StateType)


class CommonSimpleAddress(Payload):
    """An address in lines.

    If `country` is Australia (the default), `postcode` must be an Australian postcode and `state` a PAF abbreviation.
    """

    mailingName: str | None = None
    addressLine1: str
    addressLine2: str | None = None
    addressLine3: str | None = None
    postcode: str | None = None
    city: str
    state: str
    country: CountryCode | None = None

    def __post_init__(self) -> None:
        if self.country in {None, AUSTRALIA}:
            required_when(True, postcode=self.postcode)
            if not AUSTRALIAN_POSTCODE.match(self.postcode or ""):
                raise ValueError("`postcode` is not an Australian postcode")
            if self.state not in AUSTRALIAN_STATES:
                raise ValueError("`state` of an Australian address is one of " + ", ".join(AUSTRALIAN_STATES))


class CommonPAFAddress(Payload):
    """An Australian address in the fields of Australia Post's Postal Address File."""

    dpid: str | None = None
    thoroughfareNumber1: PositiveInteger | None = None
    thoroughfareNumber1Suffix: str | None = None
    thoroughfareNumber2: PositiveInteger | None = None
    thoroughfareNumber2Suffix: str | None = None
    flatUnitType: str | None = None
    flatUnitNumber: str | None = None
    floorLevelType: str | None = None
    floorLevelNumber: str | None = None
    lotNumber: str | None = None
    buildingName1: str | None = None
    buildingName2: str | None = None
    streetName: str | None = None
    streetType: str | None = None
    streetSuffix: str | None = None
    postalDeliveryType: str | None = None
    postalDeliveryNumber: PositiveInteger | None = None
    postalDeliveryNumberPrefix: str | None = None
    postalDeliveryNumberSuffix: str | None = None
    localityName: str
    postcode: AustralianPostcode
    state: StateType


class CommonPhysicalAddress(Payload):
    """A union of a simple and a PAF address: it has one of them."""

    addressUType: Literal["paf", "simple"]
    simple: CommonSimpleAddress | None = None
    paf: CommonPAFAddress | None = None

    def __post_init__(self) -> None:
        only_member_of_union(self.addressUType, simple=self.simple, paf=self.paf)


class CommonPhysicalAddressWithPurpose(CommonPhysicalAddress):
    """An address with its purpose."""

    purpose: Literal["MAIL", "OTHER", "PHYSICAL", "REGISTERED", "WORK"]
