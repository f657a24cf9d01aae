"""Data of a household with two accounts, as the resource APIs give it: bills, a schedule, usage of 13 months, solar."""

from datetime import UTC, date, datetime, timedelta
from math import exp
from typing import Any

from ops.sandbox.recipient.data_language import CLUSTERS

NOW = datetime(2026, 11, 26, 4, 32, tzinfo=UTC)
SCOPES = tuple(cluster.scope for cluster in CLUSTERS)
HOME, FLAT = "account-home", "account-flat"
HOUSE_POINT, FLAT_POINT = "point-house", "point-flat"
ENERGY = "/energy/electricity/servicepoints"


def paged(name: str, items: list[Any], **links: str) -> dict[str, Any]:
    """A response with one page of a list."""
    return {"data": {name: items}, "links": {"self": "x", **links}, "meta": {}}


def account(account_id: str, name: str, point: str, **changes: Any) -> dict[str, Any]:
    plan = {
        "nickname": f"{name} plan",
        "servicePointIds": [point],
        "planOverview": {"displayName": "Solar Boost", "startDate": "2022-05-01"},
    }
    return {
        "accountId": account_id,
        "accountNumber": "100223344",
        "displayName": name,
        "openStatus": "OPEN",
        "creationDate": "2022-05-01",
        "plans": [plan],
        **changes,
    }


def invoice(number: int, amount: str, status: str = "PAID", *, account_id: str = HOME) -> dict[str, Any]:
    """The invoice that was issued `number` quarters of a year before the end of October 2026."""
    issued = date(2026, 10, 30) - timedelta(days=91 * number)
    return {
        "accountId": account_id,
        "invoiceNumber": f"INV-{2000 - number}",
        "issueDate": str(issued),
        "dueDate": str(issued + timedelta(days=21)),
        "period": {"startDate": str(issued - timedelta(days=92)), "endDate": str(issued - timedelta(days=2))},
        "invoiceAmount": amount,
        "balanceAtIssue": amount,
        "servicePoints": [],
        "paymentStatus": status,
    }


def interval_read(day: date, suffix: str, values: list[float], **changes: Any) -> dict[str, Any]:
    """A day of a register, in the form of MIN_30."""
    interval = {"readIntervalLength": 30, "aggregateValue": round(sum(values), 3), "intervalReads": values}
    return {
        "servicePointId": HOUSE_POINT,
        "registerSuffix": suffix,
        "readStartDate": str(day),
        "unitOfMeasure": "KWH",
        "readUType": "intervalRead",
        "intervalRead": interval,
        **changes,
    }


def basic_read(first: date, last: date, value: float, **changes: Any) -> dict[str, Any]:
    """A read of several days of the flat's meter."""
    return {
        "servicePointId": FLAT_POINT,
        "registerSuffix": "11",
        "readStartDate": str(first),
        "readEndDate": str(last),
        "unitOfMeasure": "kWh",
        "readUType": "basicRead",
        "basicRead": {"value": value, "quality": "ACTUAL"},
        **changes,
    }


def day_reads(day: date) -> list[dict[str, Any]]:
    """The registers of the house: consumption, hot water at night, and export, which is higher in summer."""
    season = abs(day.month - 6) / 6
    hours = [index / 2 for index in range(48)]
    home = [round(0.15 + 0.35 * _bell(hour, 7.5, 1.2) + (1.1 - 0.4 * season) * _bell(hour, 19, 2), 3) for hour in hours]
    water = [0.9 if 1 <= hour < 3 else 0.0 for hour in hours]
    export = [round(-(0.3 + 1.1 * season) * _bell(hour, 12.5, 2.2), 3) + 0.0 for hour in hours]
    return [
        interval_read(day, "E1", home),
        interval_read(day, "E2", water, controlledLoad=True),
        interval_read(day, "B1", export),
    ]


def usage(oldest: date, newest: date, *, with_values: bool) -> list[dict[str, Any]]:
    """The reads of both service points. Those of the house are missing in May 2026 and before 10 December 2025."""
    reads = [
        basic_read(date(2026, month, 1), date(2026, month + 3, 1) - timedelta(days=1), 300 + 40.5 * month)
        for month in (1, 4, 7)
        if date(2026, month, 1) <= newest
    ]
    day = max(oldest, date(2025, 12, 10))
    while day <= newest:
        reads += [] if (day.year, day.month) == (2026, 5) else day_reads(day)
        day += timedelta(days=1)
    if with_values:
        return reads
    for read in reads:
        if "intervalRead" in read:
            read["intervalRead"] = {"aggregateValue": read["intervalRead"]["aggregateValue"]}
    return reads


def usage_response(query: dict[str, str]) -> dict[str, Any]:
    """The response of Get Bulk Usage to the query of a request."""
    oldest, newest = date.fromisoformat(query["oldest-date"]), date.fromisoformat(query["newest-date"])
    return paged("reads", usage(oldest, newest, with_values=query["interval-reads"] == "MIN_30"))


SOLAR = {
    "deviceIdentifier": 1,
    "count": 22,
    "manufacturer": "Southern Sun",
    "modelNumber": "SS-410M",
    "status": "ACTIVE",
    "type": "SOLAR_PV",
    "nominalRatedCapacity": 0.41,
}
BATTERY = {
    "deviceIdentifier": 2,
    "count": 1,
    "manufacturer": "Gumtree Storage",
    "modelNumber": "GS-13",
    "type": "STORAGE",
    "nominalRatedCapacity": 5,
    "nominalStorageCapacity": 13.5,
}
INVERTER = {
    "connectionIdentifier": 7101,
    "count": 1,
    "equipmentType": "INVERTER",
    "manufacturerName": "Wattlebird Inverters",
    "commissioningDate": "2022-10-14",
    "status": "ACTIVE",
    "inverterDeviceCapacity": 8,
}
DER_RECORDS = [
    {
        "servicePointId": HOUSE_POINT,
        "approvedCapacity": 10,
        "islandableInstallation": True,
        "hasCentralProtectionControl": True,
        "protectionMode": {"exportLimitKva": 5},
        "acConnections": [{**INVERTER, "derDevices": [SOLAR]}, {**INVERTER, "derDevices": [BATTERY]}],
    },
    {"servicePointId": FLAT_POINT, "approvedCapacity": 0, "islandableInstallation": False, "acConnections": []},
]
CONCESSION = {
    "type": "FIXED_PERCENTAGE",
    "displayName": "Annual electricity concession",
    "additionalInfoUri": "https://concessions.people.test/electricity",
    "startDate": "2024-07-01",
    "discountFrequency": "P3M",
    "percentage": "0.175",
    "appliedTo": ["USAGE", "SERVICE_CHARGE"],
}
DIRECT_DEBIT = {
    "paymentScheduleUType": "directDebit",
    "directDebit": {
        "bsb": "999001",
        "accountNumber": "004410027",
        "paymentFrequency": "P1M",
        "calculationType": "BALANCE",
    },
}
POINTS = {HOUSE_POINT: "41020000016", FLAT_POINT: "41020000024"}
PLACES = {HOUSE_POINT: "12 Wattle Street", FLAT_POINT: "3/88 Harbour Road"}
INVOICES = [
    invoice(0, "312.40", "NOT_PAID"),
    invoice(1, "268.15", "PARTIALLY_PAID"),
    *(invoice(number, amount) for number, amount in enumerate(("401.90", "188.05", "-42.60", "297.75"), start=2)),
    *(invoice(number, amount) for number, amount in enumerate(("388.10", "214.30", "176.00"), start=6)),
]


def answers() -> dict[str, Any]:
    """The responses of the resource APIs, by their paths below /cds-au/v1. Usage is not among them."""
    single = {
        f"/energy/accounts/{HOME}/payment-schedule": {"paymentSchedules": [DIRECT_DEBIT]},
        f"/energy/accounts/{FLAT}/payment-schedule": {"paymentSchedules": []},
        f"/energy/accounts/{HOME}/concessions": {"concessions": [CONCESSION]},
        f"/energy/accounts/{FLAT}/concessions": {"concessions": []},
        **{f"/energy/accounts/{id_}": {"accountId": id_} for id_ in (HOME, FLAT)},
        **{
            f"{ENERGY}/{id_}": {
                "servicePointId": id_,
                "nationalMeteringId": nmi,
                "location": {
                    "addressUType": "simple",
                    "simple": {"addressLine1": PLACES[id_], "city": "Newtown", "state": "NSW", "postcode": "2042"},
                },
            }
            for id_, nmi in POINTS.items()
        },
    }
    return {
        "/energy/accounts": paged("accounts", [account(HOME, "Home", HOUSE_POINT), account(FLAT, "Flat", FLAT_POINT)]),
        "/energy/accounts/balances": paged(
            "balances", [{"accountId": HOME, "balance": "580.55"}, {"accountId": FLAT, "balance": "-52.10"}]
        ),
        "/energy/accounts/invoices": paged("invoices", INVOICES),
        ENERGY: paged(
            "servicePoints", [{"servicePointId": id_, "nationalMeteringId": nmi} for id_, nmi in POINTS.items()]
        ),
        f"{ENERGY}/der": paged("derRecords", DER_RECORDS),
        **{path: {"data": data, "links": {"self": "x"}, "meta": {}} for path, data in single.items()},
    }


def _bell(hour: float, middle: float, width: float) -> float:
    return exp(-(((hour - middle) / width) ** 2))
