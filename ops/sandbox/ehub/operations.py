"""The operations of the e-Hub, by the operation names of the standards (Secondary Data Holder)."""

from typing import Final, Literal

import msgspec

OperationName = Literal[
    "listElectricityServicePointsSR",
    "getElectricityServicePointDetailSR",
    "getElectricityServicePointUsageSR",
    "listElectricityUsageForServicePointsSR",
    "getElectricityDERForServicePointSR",
    "listElectricityDERForSpecificServicePointsSR",
    "token",
    "ChangePassword",
    "getStatus",
    "getOutages",
]


class Operation(msgspec.Struct, frozen=True):
    """An operation with the versions that are served (C-A5)."""

    name: OperationName
    versions: tuple[int, ...] = (1,)


SERVICE_POINTS: Final = Operation("listElectricityServicePointsSR", (1, 2))
SERVICE_POINT_DETAIL: Final = Operation("getElectricityServicePointDetailSR", (1, 2))
USAGE_OF_SERVICE_POINT: Final = Operation("getElectricityServicePointUsageSR")
USAGE: Final = Operation("listElectricityUsageForServicePointsSR")
DER_OF_SERVICE_POINT: Final = Operation("getElectricityDERForServicePointSR")
DER: Final = Operation("listElectricityDERForSpecificServicePointsSR")
TOKEN: Final = Operation("token")
CHANGE_PASSWORD: Final = Operation("ChangePassword")
STATUS: Final = Operation("getStatus")
OUTAGES: Final = Operation("getOutages")
