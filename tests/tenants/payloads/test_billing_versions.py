"""The retired versions of a billing transaction are made from the present one (C-V2, C-D20)."""

from typing import Any

import msgspec
import pytest

from tenants.cds.resource_ids import read_id
from tenants.payloads.energy_billing_v1 import EnergyBillingTransaction
from tenants.payloads.energy_billing_v2 import EnergyBillingTransactionV2
from tenants.payloads.energy_billing_v3 import EnergyBillingTransactionV3

METERED: dict[str, Any] = {
    "servicePointId": "sp",
    "invoiceNumber": "1001",
    "description": "Network demand",
    "isEstimate": True,
    "startDate": "2026-01-01T00:00:00+10:00",
    "endDate": "2026-02-01T00:00:00+10:00",
    "amount": "407.88",
    "calculationFactors": [{"value": 1.0523, "type": "DLF"}, {"value": 0.98, "type": "MLF"}],
    "adjustments": [{"amount": "-12.40", "description": "Correction"}],
}
TIMES = (
    "AGGREGATE",
    "CONTROLLED_LOAD",
    "OFF_PEAK",
    "OFF_PEAK_DEMAND_CHARGE",
    "PEAK",
    "SHOULDER",
    "SHOULDER1",
    "SHOULDER2",
    "SOLAR",
)


def transaction(kind: str, **members: Any) -> dict[str, Any]:
    when = {"accountId": "a", "executionDateTime": "2026-02-03T09:30:00.5+11:00", "gst": "37.08"}
    return {**when, "transactionUType": kind, kind: members}


def written(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=lambda each: each.value))


def in_versions(value: dict[str, Any]) -> tuple[Any, Any]:
    """Return a transaction in version 2 and in version 1, both read again by the types of these versions."""
    given = msgspec.convert(value, EnergyBillingTransactionV3, dec_hook=read_id)
    second, first = written(given.as_version_2()), written(given.as_version_1())
    msgspec.convert(second, EnergyBillingTransactionV2, dec_hook=read_id)
    msgspec.convert(first, EnergyBillingTransaction, dec_hook=read_id)
    return second, first


def changed(value: dict[str, Any], kind: str, **members: Any) -> dict[str, Any]:
    """Return the transaction with other members of its charge, and without those that are None."""
    charge = {name: each for name, each in {**value[kind], **members}.items() if each is not None}
    return {**value, "executionDateTime": "2026-02-03T09:30:00.500000+11:00", kind: charge}


@pytest.mark.parametrize(
    ("time", "in_version_1"), [("EXCESS", "AGGREGATE"), ("ALL_DAY", "AGGREGATE"), *zip(TIMES, TIMES, strict=True)]
)
@pytest.mark.parametrize("unit", ["KW", None])
def test_demand_has_no_unit_before_version_3_and_no_excess_in_version_1(
    time: str, in_version_1: str, unit: str | None
) -> None:
    of_unit = {"measureUnit": unit} if unit else {}
    value = transaction("demand", timeOfUseType=time, rate=41.2, **METERED, **of_unit)
    second, first = in_versions(value)
    assert second == changed(value, "demand", measureUnit=None)
    assert first == changed(value, "demand", measureUnit=None, timeOfUseType=in_version_1)


@pytest.mark.parametrize(("time", "in_version_1"), [("ALL_DAY", "AGGREGATE"), *zip(TIMES, TIMES, strict=True)])
def test_usage_keeps_its_unit_and_has_no_all_day_in_version_1(time: str, in_version_1: str) -> None:
    value = transaction("usage", timeOfUseType=time, usage=-250, measureUnit="KWH", **METERED)
    second, first = in_versions(value)
    assert second == changed(value, "usage")
    assert first == changed(value, "usage", timeOfUseType=in_version_1)


@pytest.mark.parametrize(
    ("kind", "charge"),
    [
        ("onceOff", {"amount": "-20.00", "description": "Refund"}),
        ("payment", {"amount": "120.00", "method": "DIRECT_DEBIT"}),
        (
            "otherCharges",
            {
                "type": "NETWORK",
                "amount": "9.00",
                "description": "Network",
                "startDate": "2026-01-01",
                "calculationFactors": METERED["calculationFactors"],
                "adjustments": METERED["adjustments"],
            },
        ),
    ],
)
def test_other_transactions_are_the_same_in_every_version(kind: str, charge: dict[str, Any]) -> None:
    value = transaction(kind, **charge)
    assert in_versions(value) == (changed(value, kind), changed(value, kind))
