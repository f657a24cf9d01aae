"""Generates people and organisations with energy accounts, like the Data Standards Body's test data generator.

The same seed gives the same data. The people do not exist: mail addresses are under the reserved top-level domain
`.test` (RFC 2606), and telephone numbers are in the ranges that ACMA reserves for fiction.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID

from msgspec.structs import replace

from tenants.cds.resource_ids import AccountId, ServicePointId
from tenants.imports.fixes import TEST_MAIL_DOMAIN
from tenants.imports.located_record import LocatedRecord
from tenants.imports.records import AccountRecord, CustomerRecord, HoldingRecord, Record, ServicePointRecord
from tenants.imports.report import FileLocation
from tenants.payloads.address_v1 import (
    CommonPhysicalAddress,
    CommonPhysicalAddressWithPurpose,
    CommonSimpleAddress,
)
from tenants.payloads.customer_detail_v2 import (
    CommonCustomerDetailV2,
    CommonEmailAddress,
    CommonOrganisationDetailV2,
    CommonPersonDetailV2,
    CommonPhoneNumber,
)
from tenants.payloads.energy_account_base_v2 import EnergyPlanOverview
from tenants.payloads.energy_account_detail_v4 import (
    EnergyAccountDetailPlanV4,
    EnergyAccountDetailV4,
    EnergyAccountPlanDetailV4,
)
from tenants.payloads.energy_plan_contract_v3 import EnergyPlanContractV3
from tenants.payloads.energy_plan_tariff_period_v2 import EnergyPlanTariffPeriodV2, TariffSingleRate
from tenants.payloads.energy_rate import EnergyRate
from tenants.payloads.energy_service_point_detail_v1 import (
    DistributionLossFactor,
    Meter,
    MeterRegister,
    MeterSpecifications,
    RelatedParticipant,
)
from tenants.payloads.energy_service_point_detail_v2 import EnergyServicePointDetailV2
from tenants.payloads.energy_service_point_v1 import ConsumerProfile

PEOPLE, ORGANISATIONS = 12, 3
ACCOUNTS_EACH = 2
CLOSED_SHARE, MIDDLE_NAME_SHARE = 0.2, 0.5
_FIRST = ("Amelia", "Noah", "Priya", "Liam", "Mei", "Oliver", "Zara", "Jack", "Leila", "Hugo", "Ngaire", "Tomas")
_MIDDLE = ("Rose", "James", "Anh", "Grace", "Ravi", "June")
_LAST = ("Whitlock", "Nguyen", "Castellano", "O'Brien", "Petrov", "Marsh", "Okafor", "Lindqvist", "Haddad", "Tran")
_BUSINESS_NAMES = ("Harbour Joinery Pty Ltd", "Redgum Bakehouse", "Northline Physiotherapy")
_STREETS = ("Wattle Street", "Banksia Avenue", "Harbour Road", "Station Lane", "Mill Parade", "Jacaranda Close")
_PLACES = (
    ("Carlton", "VIC", "3053"),
    ("Newtown", "NSW", "2042"),
    ("Norwood", "SA", "5067"),
    ("Paddington", "QLD", "4064"),
)
_NICKNAME, _BUSINESS_NICKNAME = "Home", "Head office"
"""The nicknames of first accounts. People recognise the other ones by their addresses."""
_PLANS = ("Everyday Saver", "Solar Boost", "Fixed Comfort", "Business Flex")
_LAST_DIGITS = "049536178536"
"""The tenth digits of the NMIs, in turn. The e-Hub of the sandbox chooses by it what is installed at a service point:
these are the same kinds of meters, in the same order, as those of `usage_data`."""
_FIRST_DAY = date(2021, 1, 1)
_UPDATED = datetime(2026, 6, 30, 2, 0, tzinfo=UTC)


def generate(seed: str) -> Iterator[LocatedRecord]:
    """Yield the records of one holder: service points, customers, accounts and holdings."""
    generator = _Generator(Random(seed))  # noqa: S311 - generated data, not a secret
    kinds = ["person"] * PEOPLE + ["organisation"] * ORGANISATIONS
    number = 0
    for index, kind in enumerate(kinds):
        customer = generator.person(index) if kind == "person" else generator.organisation(index - PEOPLE)
        for record in generator.records(customer):
            number += 1
            yield LocatedRecord(FileLocation(f"generated:{seed}", number), record)


class _Generator:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._points = count()

    def records(self, customer: CommonCustomerDetailV2) -> Iterator[Record]:
        """Yield a customer with their accounts, each with a service point of its own.

        The last service point of an organisation is a new site, where no meter is installed yet.
        """
        reference = self._id()
        yield CustomerRecord(reference=reference, customer=customer)
        for number in range(ACCOUNTS_EACH):
            point = self._service_point(business=customer.organisation is not None)
            if customer.organisation is not None and number == ACCOUNTS_EACH - 1:
                point = replace(point, servicePointStatus="GREENFIELD", lastConsumerChangeDate=None, meters=[])
            closed = number > 0 and self._random.random() < CLOSED_SHARE
            nickname = (_NICKNAME if customer.organisation is None else _BUSINESS_NICKNAME) if number == 0 else None
            account = self._account(point.servicePointId, nickname, closed=closed)
            yield ServicePointRecord(service_point=point)
            yield AccountRecord(account=account)
            yield HoldingRecord(
                customer=reference,
                account=account.accountId.value,
                role="holder",
                valid_from=account.creationDate or _FIRST_DAY,
            )

    def person(self, index: int) -> CommonCustomerDetailV2:
        """Return a person. A different index gives a different first name."""
        first, last = _FIRST[index % len(_FIRST)], self._random.choice(_LAST)
        mailbox = f"{first}.{last}".lower().replace("'", "")
        return CommonCustomerDetailV2(
            customerUType="person",
            person=CommonPersonDetailV2(
                lastUpdateTime=_UPDATED,
                firstName=first,
                lastName=last,
                middleNames=[self._random.choice(_MIDDLE)] if self._random.random() < MIDDLE_NAME_SHARE else [],
                phoneNumbers=[self._mobile()],
                emailAddresses=[
                    CommonEmailAddress(isPreferred=True, purpose="HOME", address=f"{mailbox}@{TEST_MAIL_DOMAIN}")
                ],
                physicalAddresses=[self._address()],
            ),
        )

    def organisation(self, index: int) -> CommonCustomerDetailV2:
        """Return an organisation with its agent."""
        return CommonCustomerDetailV2(
            customerUType="organisation",
            organisation=CommonOrganisationDetailV2(
                lastUpdateTime=_UPDATED,
                agentFirstName=self._random.choice(_FIRST),
                agentLastName=self._random.choice(_LAST),
                agentRole="Office manager",
                businessName=_BUSINESS_NAMES[index % len(_BUSINESS_NAMES)],
                abn="".join(str(self._random.randrange(10)) for _ in range(11)),
                organisationType="COMPANY",
                registeredCountry="AUS",
                establishmentDate=self._day(),
                physicalAddresses=[self._address()],
            ),
        )

    def _mobile(self) -> CommonPhoneNumber:
        number = f"491570{self._random.randrange(1000):03}"
        return CommonPhoneNumber(
            isPreferred=True, purpose="MOBILE", countryCode="+61", number=f"0{number}", fullNumber=f"tel:+61-{number}"
        )

    def _lines(self) -> CommonSimpleAddress:
        city, state, postcode = self._random.choice(_PLACES)
        line = f"{self._random.randrange(1, 200)} {self._random.choice(_STREETS)}"
        return CommonSimpleAddress(addressLine1=line, city=city, state=state, postcode=postcode, country="AUS")

    def _address(self) -> CommonPhysicalAddressWithPurpose:
        return CommonPhysicalAddressWithPurpose(addressUType="simple", simple=self._lines(), purpose="REGISTERED")

    def _service_point(self, *, business: bool) -> EnergyServicePointDetailV2:
        began = self._day()
        identifier, digits = self._id(), [str(self._random.randrange(10)) for _ in range(10)]
        digits[8] = _LAST_DIGITS[next(self._points) % len(_LAST_DIGITS)]
        return EnergyServicePointDetailV2(
            servicePointId=ServicePointId(identifier),
            nationalMeteringId="4" + "".join(digits),
            servicePointClassification="SMALL",
            servicePointStatus="ACTIVE",
            jurisdictionCode="NEM",
            validFromDate=began,
            lastUpdateDateTime=_UPDATED,
            lastConsumerChangeDate=began,
            consumerProfile=ConsumerProfile(
                classification="BUSINESS" if business else "RESIDENTIAL", threshold="MEDIUM"
            ),
            distributionLossFactor=DistributionLossFactor(
                code="NLV1", description="Low voltage network", lossValue="1.0523"
            ),
            relatedParticipants=[RelatedParticipant(party="Southern Networks", role="LNSP")],
            location=CommonPhysicalAddress(addressUType="simple", simple=self._lines()),
            meters=[
                Meter(
                    meterId=f"{self._random.randrange(10**9):09}",
                    specifications=MeterSpecifications(status="CURRENT", installationType="COMMS4"),
                    registers=[MeterRegister(registerId="E1", registerConsumptionType="INTERVAL", unitOfMeasure="KWH")],
                )
            ],
        )

    def _account(self, service_point: ServicePointId, nickname: str | None, *, closed: bool) -> EnergyAccountDetailV4:
        opened, plan = self._day(), self._random.choice(_PLANS)
        ends = _UPDATED.date() if closed else None
        return EnergyAccountDetailV4(
            accountId=AccountId(self._id()),
            accountNumber=f"{self._random.randrange(10**9):09}",
            displayName=nickname,
            openStatus="CLOSED" if closed else "OPEN",
            creationDate=opened,
            plans=[
                EnergyAccountDetailPlanV4(
                    servicePointIds=[service_point],
                    planOverview=EnergyPlanOverview(displayName=plan, startDate=opened, endDate=ends),
                    planDetail=EnergyAccountPlanDetailV4(fuelType="ELECTRICITY", electricityContract=self._contract()),
                )
            ],
        )

    def _contract(self) -> EnergyPlanContractV3:
        return EnergyPlanContractV3(
            pricingModel="SINGLE_RATE",
            isFixed=True,
            paymentOption=["DIRECT_DEBIT", "BPAY"],
            tariffPeriod=[
                EnergyPlanTariffPeriodV2(
                    displayName="All year",
                    startDate="01-01",
                    endDate="12-31",
                    dailySupplyChargeType="SINGLE",
                    dailySupplyCharge=f"1.{self._random.randrange(100):02}",
                    rateBlockUType="singleRate",
                    singleRate=TariffSingleRate(
                        displayName="General usage", rates=[EnergyRate(unitPrice=f"0.{self._random.randrange(20, 45)}")]
                    ),
                )
            ],
        )

    def _id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def _day(self) -> date:
        return _FIRST_DAY + timedelta(days=self._random.randrange(1500))
