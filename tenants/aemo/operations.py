"""The secondary operations of each resource, and how their items are read (C-A1, C-A5).

There is one operation for one service point, and one for several. There is none for all of them: AEMO gets the list.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from tenants.aemo import usage
from tenants.aemo.lenient import Deviation, Leniency, LenientReader
from tenants.aemo.models import MarketPoint
from tenants.operations.models import Resource
from tenants.operations.resources import DER, SERVICE_POINT_DETAIL, SERVICE_POINTS, USAGE

UNKNOWN_DATE: Final = date(1900, 1, 1)
"""The placeholder of a mandatory day that AEMO does not know. Nobody can take it for a real day of commissioning."""
UNKNOWN_TEXT: Final = "unknown"
NOT_AVAILABLE: Final = "N/A"
NO_LOSS: Final = "1.0000"

_SERVICE_POINT: Final = Leniency(replacements={"jurisdictionCode": "NEM"})
_SERVICE_POINT_DETAIL: Final = Leniency(
    replacements=_SERVICE_POINT.replacements,
    placeholders={
        "distributionLossFactor": {},
        "distributionLossFactor.code": NOT_AVAILABLE,
        "distributionLossFactor.description": NOT_AVAILABLE,
        "distributionLossFactor.lossValue": NO_LOSS,
        "relatedParticipants": [],
    },
)
_DER: Final = Leniency(
    numbers_are_zero=True,
    placeholders={
        "islandableInstallation": False,
        "acConnections": [],
        "acConnections.commissioningDate": UNKNOWN_DATE,
        "acConnections.derDevices": [],
        "acConnections.manufacturerName": UNKNOWN_TEXT,
        "acConnections.inverterSeries": UNKNOWN_TEXT,
        "acConnections.inverterModelNumber": UNKNOWN_TEXT,
        "acConnections.derDevices.type": "OTHER",
    },
)


Finish = Callable[[list[Any], Sequence[MarketPoint], Mapping[str, str]], tuple[list[Any], list[Deviation]]]


class SecondaryOperation(NamedTuple):
    """How AEMO is asked for the items of a resource. `one` and `several` are `operationId` and path, or None."""

    resource: Resource
    version: int
    reader: LenientReader[Any]
    one: tuple[str, str] | None
    several: tuple[str, str] | None
    finish: Finish | None = None
    """Completes the items that were read, and returns what it has mended. None: nothing is to do."""


_POINTS: Final = "/electricity/servicepoints"
OPERATIONS: Final = {
    operation.resource: operation
    for operation in (
        SecondaryOperation(
            SERVICE_POINTS,
            2,
            LenientReader(SERVICE_POINTS.item, _SERVICE_POINT),
            None,
            ("listElectricityServicePointsSR", _POINTS),
        ),
        SecondaryOperation(
            SERVICE_POINT_DETAIL,
            2,
            LenientReader(SERVICE_POINT_DETAIL.item, _SERVICE_POINT_DETAIL),
            ("getElectricityServicePointDetailSR", _POINTS + "/{nmi}"),
            None,
        ),
        SecondaryOperation(
            DER,
            1,
            LenientReader(DER.item, _DER),
            ("getElectricityDERForServicePointSR", _POINTS + "/{nmi}/der"),
            ("listElectricityDERForSpecificServicePointsSR", _POINTS + "/der"),
        ),
        SecondaryOperation(
            USAGE,
            1,
            LenientReader(usage.AemoUsageRead, usage.LENIENCY),
            ("getElectricityServicePointUsageSR", _POINTS + "/{nmi}/usage"),
            ("listElectricityUsageForServicePointsSR", _POINTS + "/usage"),
            usage.finish,
        ),
    )
}
"""The operations by resource."""
