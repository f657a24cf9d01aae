"""The fields that all energy account payloads have in common (EnergyAccountBaseV2, and the plan overview)."""

from typing import Literal

from tenants.cds.field_types import DateString, Payload, required_when
from tenants.cds.resource_ids import AccountId

OpenStatus = Literal["CLOSED", "OPEN"]


class EnergyAccountBaseV2(Payload):
    """An account. `openStatus` is OPEN when absent; `creationDate` is mandatory for an open account."""

    accountId: AccountId
    accountNumber: str | None = None
    displayName: str | None = None
    openStatus: OpenStatus | None = None
    creationDate: DateString | None = None

    def __post_init__(self) -> None:
        required_when(self.is_open, creationDate=self.creationDate)

    @property
    def is_open(self) -> bool:
        """Whether the account is open. An account without `openStatus` counts as open."""
        return self.openStatus != "CLOSED"


class EnergyPlanOverview(Payload):
    """The name of the plan, and the period in which it applies to the account."""

    displayName: str | None = None
    startDate: DateString
    endDate: DateString | None = None
