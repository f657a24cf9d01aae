"""Units, days and rates that several parts of a plan's contract use; billing transactions use the units too."""

from typing import Literal

from tenants.cds.field_types import AmountString, Payload

MeasureUnit = Literal["KWH", "KVA", "KVAR", "KVARH", "KW", "DAYS", "METER", "MONTH"]
EnergyDay = Literal["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "PUBLIC_HOLIDAYS"]
TimeZone = Literal["LOCAL", "AEST"]


class EnergyRate(Payload):
    """A price per unit and, for stepped rates, the volume that it applies to."""

    unitPrice: AmountString
    measureUnit: MeasureUnit | None = None
    volume: float | None = None
