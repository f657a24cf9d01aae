"""The terms of supply of one fuel under a plan (EnergyPlanContractV3)."""

from typing import Literal

from tenants.cds.field_types import AmountString, DateString, Payload, RateString, only_member_of_union, required_when
from tenants.payloads.energy_plan_controlled_load_v2 import EnergyPlanControlledLoadV2
from tenants.payloads.energy_plan_solar_feed_in_tariff_v3 import EnergyPlanSolarFeedInTariffV3
from tenants.payloads.energy_plan_tariff_period_v2 import EnergyPlanTariffPeriodV2
from tenants.payloads.energy_rate import TimeZone


class IntrinsicGreenPower(Payload):
    """The percentage of green power that the plan includes."""

    greenPercentage: RateString


class EnergyPlanIncentives(Payload):
    """An incentive for the contract."""

    displayName: str
    description: str
    category: Literal["GIFT", "ACCOUNT_CREDIT", "OTHER"]
    eligibility: str | None = None


class DiscountRate(Payload):
    """A discount as a fraction of the bill or of the usage."""

    rate: RateString


class DiscountAmount(Payload):
    """A discount of a fixed amount."""

    amount: AmountString


class DiscountOverThreshold(Payload):
    """A discount on the usage above a threshold."""

    rate: RateString
    usageAmount: AmountString


class EnergyPlanDiscounts(Payload):
    """A discount: a union by its method. `category` is mandatory for a conditional discount."""

    displayName: str
    description: str | None = None
    type: Literal["CONDITIONAL", "GUARANTEED", "OTHER"]
    category: Literal["PAY_ON_TIME", "DIRECT_DEBIT", "GUARANTEED_DISCOUNT", "OTHER"] | None = None
    endDate: DateString | None = None
    methodUType: Literal["percentOfBill", "percentOfUse", "fixedAmount", "percentOverThreshold"]
    percentOfBill: DiscountRate | None = None
    percentOfUse: DiscountRate | None = None
    fixedAmount: DiscountAmount | None = None
    percentOverThreshold: DiscountOverThreshold | None = None

    def __post_init__(self) -> None:
        only_member_of_union(
            self.methodUType,
            percentOfBill=self.percentOfBill,
            percentOfUse=self.percentOfUse,
            fixedAmount=self.fixedAmount,
            percentOverThreshold=self.percentOverThreshold,
        )
        required_when(self.type == "CONDITIONAL", category=self.category)


class GreenPowerTier(Payload):
    """The charge for green power up to a percentage."""

    percentGreen: RateString
    rate: RateString | None = None
    amount: AmountString | None = None


class EnergyPlanGreenPowerCharges(Payload):
    """Charges for green power, in tiers of increasing percentage."""

    displayName: str
    description: str | None = None
    scheme: Literal["GREENPOWER", "OTHER"]
    type: Literal[
        "FIXED_PER_DAY", "FIXED_PER_WEEK", "FIXED_PER_MONTH", "FIXED_PER_UNIT", "PERCENT_OF_USE", "PERCENT_OF_BILL"
    ]
    tiers: list[GreenPowerTier]


class EnergyPlanEligibility(Payload):
    """A condition on who may have the contract."""

    type: Literal[
        "EXISTING_CUST",
        "EXISTING_POOL",
        "EXISTING_SOLAR",
        "EXISTING_BATTERY",
        "EXISTING_SMART_METER",
        "EXISTING_BASIC_METER",
        "SENIOR_CARD",
        "SMALL_BUSINESS",
        "NO_SOLAR_FIT",
        "NEW_CUSTOMER",
        "ONLINE_ONLY",
        "REQ_EQUIP_SUPPLIER",
        "THIRD_PARTY_ONLY",
        "SPORT_CLUB_MEMBER",
        "ORG_MEMBER",
        "SPECIFIC_LOCATION",
        "MINIMUM_USAGE",
        "LOYALTY_MEMBER",
        "GROUP_BUY_MEMBER",
        "CONTINGENT_PLAN",
        "OTHER",
    ]
    information: str
    description: str | None = None


class EnergyPlanFees(Payload):
    """A fee: a rate if its term is a percentage of the bill, otherwise an amount."""

    type: Literal[
        "EXIT",
        "ESTABLISHMENT",
        "LATE_PAYMENT",
        "DISCONNECTION",
        "DISCONNECT_MOVE_OUT",
        "DISCONNECT_NON_PAY",
        "RECONNECTION",
        "CONNECTION",
        "PAYMENT_PROCESSING",
        "CC_PROCESSING",
        "CHEQUE_DISHONOUR",
        "DD_DISHONOUR",
        "MEMBERSHIP",
        "CONTRIBUTION",
        "PAPER_BILL",
        "OTHER",
    ]
    term: Literal[
        "FIXED",
        "1_YEAR",
        "2_YEAR",
        "3_YEAR",
        "4_YEAR",
        "5_YEAR",
        "PERCENT_OF_BILL",
        "ANNUAL",
        "DAILY",
        "WEEKLY",
        "MONTHLY",
        "BIANNUAL",
        "VARIABLE",
    ]
    amount: AmountString | None = None
    rate: RateString | None = None
    description: str | None = None

    def __post_init__(self) -> None:
        required_when(self.term == "PERCENT_OF_BILL", rate=self.rate)
        required_when(self.term != "PERCENT_OF_BILL", amount=self.amount)


class EnergyPlanContractV3(Payload):
    """The terms of supply. Controlled load is mandatory for the pricing models whose name ends in `_CONT_LOAD`."""

    additionalFeeInformation: str | None = None
    pricingModel: Literal[
        "SINGLE_RATE",
        "SINGLE_RATE_CONT_LOAD",
        "TIME_OF_USE",
        "TIME_OF_USE_CONT_LOAD",
        "FLEXIBLE",
        "FLEXIBLE_CONT_LOAD",
        "QUOTA",
    ]
    timeZone: TimeZone | None = None
    isFixed: bool
    variation: str | None = None
    onExpiryDescription: str | None = None
    paymentOption: list[Literal["PAPER_BILL", "CREDIT_CARD", "DIRECT_DEBIT", "BPAY", "OTHER"]]
    intrinsicGreenPower: IntrinsicGreenPower | None = None
    controlledLoad: list[EnergyPlanControlledLoadV2] | None = None
    incentives: list[EnergyPlanIncentives] | None = None
    discounts: list[EnergyPlanDiscounts] | None = None
    greenPowerCharges: list[EnergyPlanGreenPowerCharges] | None = None
    eligibility: list[EnergyPlanEligibility] | None = None
    fees: list[EnergyPlanFees] | None = None
    solarFeedInTariff: list[EnergyPlanSolarFeedInTariffV3] | None = None
    tariffPeriod: list[EnergyPlanTariffPeriodV2]

    def __post_init__(self) -> None:
        required_when(not self.isFixed, variation=self.variation)
        required_when(self.pricingModel.endswith("_CONT_LOAD"), controlledLoad=self.controlledLoad)
