"""Get Energy Accounts, version 2 (EnergyAccountV2)."""

from tenants.cds.field_types import Payload, required_when
from tenants.cds.resource_ids import ServicePointId
from tenants.payloads.energy_account_base_v2 import EnergyAccountBaseV2, EnergyPlanOverview


class EnergyAccountPlanV2(Payload):
    """A plan of an account: its service points, and its overview, which is mandatory for an open account."""

    nickname: str | None = None
    servicePointIds: list[ServicePointId]
    planOverview: EnergyPlanOverview | None = None


class EnergyAccountV2(EnergyAccountBaseV2):
    """An account with its plans."""

    plans: list[EnergyAccountPlanV2]

    def __post_init__(self) -> None:
        super().__post_init__()
        for plan in self.plans:
            required_when(self.is_open, planOverview=plan.planOverview)


class EnergyAccountListV2(Payload):
    """The data of Get Energy Accounts."""

    accounts: list[EnergyAccountV2]
