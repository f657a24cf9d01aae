"""Get Customer, version 1: the customer without contact details (CommonPerson, CommonOrganisation)."""

from typing import Literal

from tenants.cds.field_types import (
    CountryCode,
    DateString,
    DateTimeString,
    ExternalRef,
    Payload,
    only_member_of_union,
    required_when,
)

OccupationCodeVersion = Literal[
    "ANZSCO_1220.0_2006_V1.0", "ANZSCO_1220.0_2006_V1.1", "ANZSCO_1220.0_2013_V1.2", "ANZSCO_1220.0_2013_V1.3"
]
IndustryCodeVersion = Literal["ANZSIC_1292.0_2006_V1.0", "ANZSIC_1292.0_2006_V2.0"]
OrganisationType = Literal["COMPANY", "GOVERNMENT_ENTITY", "OTHER", "PARTNERSHIP", "SOLE_TRADER", "TRUST"]


class CommonPerson(Payload):
    """A natural person. `occupationCodeVersion` is mandatory if there is an `occupationCode`."""

    lastUpdateTime: DateTimeString | None = None
    firstName: str | None = None
    lastName: str
    middleNames: list[str]
    prefix: str | None = None
    suffix: str | None = None
    occupationCode: ExternalRef | None = None
    occupationCodeVersion: OccupationCodeVersion | None = None

    def __post_init__(self) -> None:
        required_when(self.occupationCode, occupationCodeVersion=self.occupationCodeVersion)


class CommonOrganisation(Payload):
    """An organisation, and the person (agent) who shares its data."""

    lastUpdateTime: DateTimeString | None = None
    agentFirstName: str | None = None
    agentLastName: str
    agentRole: str
    businessName: str
    legalName: str | None = None
    shortName: str | None = None
    abn: str | None = None
    acn: str | None = None
    isACNCRegistered: bool | None = None
    industryCode: ExternalRef | None = None
    industryCodeVersion: IndustryCodeVersion | None = None
    organisationType: OrganisationType
    registeredCountry: CountryCode | None = None
    establishmentDate: DateString | None = None


class CommonCustomer(Payload):
    """The data of Get Customer: a union of person and organisation."""

    customerUType: Literal["organisation", "person"]
    person: CommonPerson | None = None
    organisation: CommonOrganisation | None = None

    def __post_init__(self) -> None:
        only_member_of_union(self.customerUType, person=self.person, organisation=self.organisation)
