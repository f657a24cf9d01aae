"""Get Service Point Detail, version 2 (EnergyServicePointDetailV2)."""

from tenants.cds.field_types import DateString, copy_fields
from tenants.payloads.energy_service_point_detail_v1 import EnergyServicePointDetailV1


class EnergyServicePointDetailV2(EnergyServicePointDetailV1):
    """The detail, with the day on which the account holder changed if the market's operator knows this day."""

    lastConsumerChangeDate: DateString | None = None

    def version_1(self) -> EnergyServicePointDetailV1:
        """Return the detail as in version 1, which has no `lastConsumerChangeDate`."""
        return copy_fields(self, EnergyServicePointDetailV1)
