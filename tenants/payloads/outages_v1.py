"""Get Outages, version 1."""

from tenants.cds.field_types import DateTimeString, Duration, Payload


class DiscoveryOutage(Payload):
    """A scheduled outage."""

    outageTime: DateTimeString
    duration: Duration
    isPartial: bool | None = None
    explanation: str


class DiscoveryOutages(Payload):
    """The data of Get Outages."""

    outages: list[DiscoveryOutage]
