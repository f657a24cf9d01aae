"""Get Energy Account Detail, version 4 (EnergyAccountDetailV4)."""

from typing import Literal

from tenants.cds.field_types import AmountString, Duration, Payload, required_when
from tenants.cds.resource_ids import ServicePointId
from tenants.payloads.energy_account_base_v2 import EnergyAccountBaseV2, EnergyPlanOverview
from tenants.payloads.energy_account_v2 import EnergyAccountPlanV2, EnergyAccountV2
from tenants.payloads.energy_plan_contract_v3 import EnergyPlanContractV3


class EnergyMeteringCharge(Payload):
    """A charge for metering: a range, or one value if there is no maximum."""

    displayName: str
    description: str | None = None
    minimumValue: AmountString
    maximumValue: AmountString | None = None
    period: Duration | None = None


class EnergyAccountPlanDetailV4(Payload):
    """The terms of a plan: a contract for each fuel that it covers."""

    fuelType: Literal["ELECTRICITY", "GAS", "DUAL"]
    isContingentPlan: bool | None = None
    meteringCharges: list[EnergyMeteringCharge] | None = None
    gasContract: EnergyPlanContractV3 | None = None
    electricityContract: EnergyPlanContractV3 | None = None

    def __post_init__(self) -> None:
        required_when(self.fuelType in {"GAS", "DUAL"}, gasContract=self.gasContract)
        required_when(self.fuelType in {"ELECTRICITY", "DUAL"}, electricityContract=self.electricityContract)


class EnergyAuthorisedContact(Payload):
    """Another person who may act on the account."""

    firstName: str | None = None
    lastName: str
    middleNames: list[str] | None = None
    prefix: str | None = None
    suffix: str | None = None


class EnergyAccountDetailPlanV4(Payload):
    """A plan of an account in full. The plan of an open account must have its overview and its detail."""

    nickname: str | None = None
    servicePointIds: list[ServicePointId]
    planOverview: EnergyPlanOverview | None = None
    planDetail: EnergyAccountPlanDetailV4 | None = None
    authorisedContacts: list[EnergyAuthorisedContact] | None = None

    def summary(self) -> EnergyAccountPlanV2:
        """Return the plan as in Get Energy Accounts."""
        return EnergyAccountPlanV2(
            nickname=self.nickname, servicePointIds=self.servicePointIds, planOverview=self.planOverview
        )


class EnergyAccountDetailV4(EnergyAccountBaseV2):
    """An account with its plans in full: the data of Get Energy Account Detail."""

    plans: list[EnergyAccountDetailPlanV4]

    def __post_init__(self) -> None:
        super().__post_init__()
        for plan in self.plans:
            required_when(self.is_open, planOverview=plan.planOverview, planDetail=plan.planDetail)

    def summary(self) -> EnergyAccountV2:
        """Return the account as in Get Energy Accounts."""
        return EnergyAccountV2(
            accountId=self.accountId,
            accountNumber=self.accountNumber,
            displayName=self.displayName,
            openStatus=self.openStatus,
            creationDate=self.creationDate,
            plans=[plan.summary() for plan in self.plans],
        )
