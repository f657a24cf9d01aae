"""Get Service Points, version 2 (EnergyServicePointV2)."""

from tenants.cds.field_types import DateString, Payload, copy_fields
from tenants.payloads.energy_service_point_v1 import EnergyServicePointV1


class EnergyServicePointV2(EnergyServicePointV1):
    """A service point, with the day on which its account holder changed if the market's operator knows this day."""

    lastConsumerChangeDate: DateString | None = None

    def version_1(self) -> EnergyServicePointV1:
        """Return the service point as in version 1, which has no `lastConsumerChangeDate`."""
        return copy_fields(self, EnergyServicePointV1)


class EnergyServicePointListV2(Payload):
    """The data of Get Service Points, version 2."""

    servicePoints: list[EnergyServicePointV2]
