"""Standing data of a service point (CDS, EnergyServicePoint and EnergyServicePointDetail, versions 1 and 2)."""

from datetime import date, timedelta
from typing import Any, Final

from ops.sandbox.ehub.models import ServicePoint
from ops.sandbox.ehub.usage_data import interval_minutes, meter_id, suffixes

FIRST_VERSION_WITH_CONSUMER_CHANGE: Final = 2
_FIRST_VALID: Final = date(2018, 1, 1)
_UPDATED_HOURS: Final = ("02", "05", "11", "21")
_NETWORKS: Final = (
    ("NSW", "Harbour Networks", "NLV1", "1.0523", ("Newtown", "2042")),
    ("VIC", "Southern Networks", "VLV2", "1.0611", ("Carlton", "3053")),
    ("QLD", "Reef Networks", "QLV1", "1.0487", ("Paddington", "4064")),
    ("SA", "Gulf Networks", "SLV1", "1.0792", ("Norwood", "5067")),
)
"""State, distributor, loss factor code and value, and a place with its postcode."""
_STREETS: Final = ("Wattle", "Banksia", "Jacaranda", "Mill", "Station", "Harbour")
_BASIC_METER: Final = "BASIC"


def service_point(point: ServicePoint, version: int) -> dict[str, Any]:
    """Return a service point as Get Service Points has it."""
    valid_from = _FIRST_VALID + timedelta(days=int.from_bytes(point.seed[13:15], "big") % (6 * 365))
    record: dict[str, Any] = {
        "servicePointId": point.nmi,
        "nationalMeteringId": point.nmi,
        "servicePointClassification": "SMALL",
        "servicePointStatus": point.status,
        "jurisdictionCode": _network(point)[0],
        "isGenerator": False,
        "validFromDate": valid_from.isoformat(),
        "lastUpdateDateTime": f"2026-06-30T{_UPDATED_HOURS[point.seed[15] % 4]}:00:00Z",
        "consumerProfile": {
            "classification": "BUSINESS" if point.seed[16] % 5 == 0 else "RESIDENTIAL",
            "threshold": ("LOW", "MEDIUM", "HIGH")[point.seed[17] % 3],
        },
    }
    if point.last_consumer_change_date is not None and version >= FIRST_VERSION_WITH_CONSUMER_CHANGE:
        record["lastConsumerChangeDate"] = point.last_consumer_change_date.isoformat()
    return record


def service_point_detail(point: ServicePoint, version: int) -> dict[str, Any]:
    """Return a service point as Get Service Point Detail has it."""
    state, distributor, code, loss, (city, postcode) = _network(point)
    street = _STREETS[point.seed[19] % len(_STREETS)]
    return {
        **service_point(point, version),
        "distributionLossFactor": {
            "code": code,
            "description": f"Low voltage, {distributor}",
            "lossValue": loss,
        },
        "relatedParticipants": [
            {"party": point.participant_id, "role": "FRMP"},
            {"party": distributor, "role": "LNSP"},
        ],
        "location": {
            "addressUType": "simple",
            "simple": {
                "addressLine1": f"{1 + point.seed[20]} {street} Street",
                "postcode": postcode,
                "city": city,
                "state": state,
                "country": "AUS",
            },
        },
        "meters": [] if point.meter == "none" else [_meter(point)],
    }


def _network(point: ServicePoint) -> tuple[str, str, str, str, tuple[str, str]]:
    return _NETWORKS[point.seed[18] % len(_NETWORKS)]


def _meter(point: ServicePoint) -> dict[str, Any]:
    minutes = interval_minutes(point.meter)
    return {
        "meterId": meter_id(point),
        "specifications": {
            "status": "CURRENT",
            "installationType": "COMMS4D" if minutes else _BASIC_METER,
            "manufacturer": "Metersmith",
            "model": f"MS-{minutes or 1}",
            "readType": "RWDA" if minutes else "MWQA",
        },
        "registers": [
            {
                "registerId": suffix,
                "registerSuffix": suffix,
                "averagedDailyLoad": 4.0 + point.seed[21] % 20,
                "registerConsumptionType": "INTERVAL" if minutes else "BASIC",
                "unitOfMeasure": "KWH",
                "timeOfDay": "CONTROLLED" if suffix == "E2" else "INTERVAL" if minutes else "ALLDAY",
                "multiplier": 1.0,
                "controlledLoad": suffix == "E2",
                "consumptionType": "ACTUAL" if minutes else "CUMULATIVE",
            }
            for suffix in suffixes(point)
        ],
    }
