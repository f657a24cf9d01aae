"""Get Concessions, version 1 (EnergyConcession)."""

from typing import Literal

from tenants.cds.field_types import AmountString, DateString, Duration, Payload, RateString, URIString, required_when


class EnergyConcession(Payload):
    """A concession that is applied to an account. Without `appliedTo`, it is applied to the usage."""

    type: Literal["FIXED_AMOUNT", "FIXED_PERCENTAGE", "VARIABLE"]
    displayName: str
    additionalInfo: str | None = None
    additionalInfoUri: URIString | None = None
    startDate: DateString | None = None
    endDate: DateString | None = None
    discountFrequency: Duration | None = None
    amount: AmountString | None = None
    percentage: RateString | None = None
    appliedTo: list[Literal["CONTROLLED_LOAD", "INVOICE", "SERVICE_CHARGE", "USAGE"]] | None = None

    def __post_init__(self) -> None:
        required_when(self.type == "VARIABLE", additionalInfo=self.additionalInfo)
        required_when(self.type != "VARIABLE", discountFrequency=self.discountFrequency)
        required_when(self.type == "FIXED_AMOUNT", amount=self.amount)
        required_when(self.type == "FIXED_PERCENTAGE", percentage=self.percentage)


class EnergyConcessionListV1(Payload):
    """The data of Get Concessions. An account without concessions has an empty list."""

    concessions: list[EnergyConcession]
