"""The payload types against the standards' API definitions, distilled in cds_1_36_0.json."""

import json
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from tenants.aemo.usage import AemoUsageRead
from tenants.cds import field_types
from tenants.cds.envelope import Links, LinksPaginated, MetaPaginated
from tenants.cds.resource_ids import read_id
from tenants.payloads.address_v1 import (
    CommonPAFAddress,
    CommonPhysicalAddress,
    CommonPhysicalAddressWithPurpose,
    CommonSimpleAddress,
)
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.customer_v1 import CommonCustomer, CommonPerson
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountListV2, EnergyAccountV2
from tenants.payloads.energy_balance_v1 import EnergyBalance, EnergyBalanceListV1
from tenants.payloads.energy_billing_base import EnergyBillingOtherTransaction
from tenants.payloads.energy_billing_v1 import EnergyBillingListV1, EnergyBillingTransaction
from tenants.payloads.energy_billing_v2 import EnergyBillingListV2, EnergyBillingTransactionV2
from tenants.payloads.energy_billing_v3 import EnergyBillingListV3, EnergyBillingTransactionV3
from tenants.payloads.energy_concession_v1 import EnergyConcession, EnergyConcessionListV1
from tenants.payloads.energy_der_v1 import EnergyDerListV1, EnergyDerRecord
from tenants.payloads.energy_invoice_v1 import EnergyInvoice, EnergyInvoiceListV1
from tenants.payloads.energy_payment_schedule_v1 import (
    EnergyDirectDebit,
    EnergyPaymentSchedule,
    EnergyPaymentScheduleListV1,
)
from tenants.payloads.energy_plan_contract_v3 import EnergyPlanDiscounts
from tenants.payloads.energy_plan_controlled_load_v2 import EnergyPlanControlledLoadV2
from tenants.payloads.energy_plan_solar_feed_in_tariff_v3 import EnergyPlanSolarFeedInTariffV3
from tenants.payloads.energy_plan_tariff_period_v2 import EnergyPlanTariffPeriodV2
from tenants.payloads.energy_service_point_detail_v2 import EnergyServicePointDetailV2
from tenants.payloads.energy_service_point_v2 import EnergyServicePointListV2
from tenants.payloads.energy_usage_v1 import EnergyUsageListV1, EnergyUsageRead
from tenants.payloads.outages_v1 import DiscoveryOutages
from tenants.payloads.status_v1 import CommonDiscoveryStatus
from tenants.upstream.eligibility import UpstreamCustomer

STANDARDS = json.loads((Path(__file__).parents[1] / "cds_1_36_0.json").read_text())["payloads"]
PAYLOADS = (
    CommonCustomer,
    CommonCustomerDetailV2,
    CommonDiscoveryStatus,
    DiscoveryOutages,
    EnergyAccountListV2,
    EnergyAccountDetailV4,
    EnergyBalance,
    EnergyBalanceListV1,
    EnergyBillingListV1,
    EnergyBillingListV2,
    EnergyBillingListV3,
    EnergyConcessionListV1,
    EnergyDerListV1,
    EnergyDerRecord,
    EnergyInvoiceListV1,
    EnergyPaymentScheduleListV1,
    EnergyServicePointDetailV2,
    EnergyServicePointListV2,
    EnergyUsageListV1,
    Links,
    LinksPaginated,
    MetaPaginated,
)
Members = dict[str, dict[str, Any]]


def members(kind: inspect.Type, path: str = "") -> Iterator[tuple[str, inspect.Type, bool]]:
    """Every member below a type: its path, its type, and whether it is mandatory."""
    if isinstance(kind, inspect.UnionType):
        for choice in kind.types:
            yield from members(choice, path)
    elif isinstance(kind, inspect.ListType):
        yield f"{path}[]", kind.item_type, True
        yield from members(kind.item_type, f"{path}[]")
    elif isinstance(kind, inspect.Metadata):
        yield from members(kind.type, path)
    elif isinstance(kind, inspect.StructType):
        for field in kind.fields:
            below = f"{path}.{field.encode_name}" if path else field.encode_name
            yield below, field.type, field.required
            yield from members(field.type, below)


def choices(kind: inspect.Type) -> list[str] | None:
    """The values of an enumeration, or None."""
    if isinstance(kind, inspect.UnionType):
        found = [choices(each) for each in kind.types]
        return next((values for values in found if values is not None), None)
    if isinstance(kind, inspect.Metadata):
        return choices(kind.type)
    return sorted(str(value) for value in kind.values) if isinstance(kind, inspect.LiteralType) else None


def ours(payload: type) -> Members:
    found: Members = {}
    for path, kind, required in members(inspect.type_info(payload)):
        found[path] = {"required": required, "enum": choices(kind)}
    return found


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.__name__)
def test_payloads_have_the_members_of_the_standards(payload: type) -> None:
    theirs = STANDARDS[payload.__name__]
    found = ours(payload)
    assert {path for path in found if not path.endswith("[]")} == {path for path in theirs if not path.endswith("[]")}
    for path, fact in theirs.items():
        if path in found:
            assert found[path]["required"] is fact.get("required", path.endswith("[]")), path
            # A text whose values the standards list in prose may be an enumeration here, but not the reverse.
            assert "enum" not in fact or found[path]["enum"] == fact["enum"], path


def typed(payload: type) -> Iterator[tuple[str, Any, str]]:
    theirs = STANDARDS[payload.__name__]
    for path, kind, _ in members(inspect.type_info(payload)):
        if "type" in theirs.get(path, {}):
            yield path, kind, theirs[path]["type"]


def plain(kind: inspect.Type) -> Any:
    """The type itself, without None and without its description."""
    parts = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    [part] = [each for each in parts if not isinstance(each, inspect.NoneType)]
    return part.type if isinstance(part, inspect.Metadata) else part


REGULAR = {"paymentFrequency": "P1M", "calculationType": "BALANCE"}
CONCESSION = {"displayName": "Rebate"}
MANUAL = {"billFrequency": "P3M"}
TOTALS = {
    "totalUsageCharges": "1.00",
    "totalGenerationCredits": "0.00",
    "totalOnceOffCharges": "0.00",
    "totalOnceOffDiscounts": "0.00",
}
INVOICE: dict[str, Any] = {
    "accountId": "a",
    "invoiceNumber": "1",
    "issueDate": "2026-01-31",
    "balanceAtIssue": "0.00",
    "servicePoints": [],
    "paymentStatus": "PAID",
}
METERED = {
    "timeOfUseType": "PEAK",
    "startDate": "2026-01-01T00:00:00+10:00",
    "endDate": "2026-02-01T00:00:00+10:00",
    "amount": "1.00",
}
PAYMENT = {"transactionUType": "payment", "payment": {"amount": "5.00", "method": "BPAY"}}
TRANSACTION: dict[str, Any] = {"accountId": "a", "executionDateTime": "2026-01-31T09:30:00+10:00"}
LINES = {"addressLine1": "1 A St", "city": "B", "state": "VIC"}
EXPECTED = {
    "DateString": inspect.DateType,
    "DateTimeString": inspect.DateTimeType,
    "PositiveInteger": inspect.IntType,
    "NaturalNumber": inspect.IntType,
}
PATTERNS = {
    name: inspect.type_info(getattr(field_types, name)).pattern
    for name in ("AmountString", "RateString", "URIString", "ASCIIString")
}


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.__name__)
def test_members_have_the_field_types_of_the_standards(payload: type) -> None:
    for path, kind, name in typed(payload):
        part = plain(kind)
        if name in EXPECTED:
            assert isinstance(part, EXPECTED[name]), path
        elif name in PATTERNS:
            assert part.pattern == PATTERNS[name], path
        else:
            assert name == "ExternalRef", path
            assert part.pattern or part.min_length, path


@pytest.mark.parametrize(
    ("payload", "value", "where"),
    [
        (CommonPerson, {"lastName": "Li", "middleNames": [], "occupationCode": "1"}, "occupationCodeVersion"),
        (CommonPerson, {"lastName": "Li"}, "middleNames"),
        (CommonSimpleAddress, {"addressLine1": "1 A St", "city": "B", "state": "VIC"}, "postcode"),
        (CommonSimpleAddress, {"addressLine1": "1 A St", "city": "B", "state": "Vic", "postcode": "3000"}, "state"),
        (CommonSimpleAddress, {**LINES, "postcode": "0000"}, "`postcode` is not an Australian postcode"),
        (CommonSimpleAddress, {**LINES, "postcode": "0000", "country": "AUS"}, "`postcode` is not an Australian"),
        (CommonSimpleAddress, {**LINES, "postcode": "3000", "country": "XXX"}, "country"),
        (CommonPAFAddress, {"localityName": "B", "postcode": "0300", "state": "VIC"}, "postcode"),
        (EnergyAccountV2, {"accountId": "a", "plans": []}, "creationDate"),
        (
            EnergyAccountV2,
            {"accountId": "a", "creationDate": "2024-01-01", "plans": [{"servicePointIds": []}]},
            "planOverview",
        ),
        (EnergyAccountV2, {"accountId": "a", "openStatus": "CLOSED", "plans": [], "more": 1}, "more"),
        (EnergyDirectDebit, {**REGULAR, "accountNumber": "1"}, "bsb"),
        (EnergyDirectDebit, {**REGULAR, "bsb": "012003", "isTokenised": False}, "accountNumber"),
        (EnergyDirectDebit, {**REGULAR, "bsb": "012-003", "accountNumber": "1"}, "bsb"),
        (EnergyDirectDebit, {**REGULAR, "isTokenised": True, "paymentFrequency": "R/P1M"}, "paymentFrequency"),
        (EnergyConcession, {**CONCESSION, "type": "FIXED_AMOUNT", "discountFrequency": "P1M"}, "amount"),
        (EnergyConcession, {**CONCESSION, "type": "FIXED_AMOUNT", "amount": "5.00"}, "discountFrequency"),
        (EnergyConcession, {**CONCESSION, "type": "FIXED_PERCENTAGE", "discountFrequency": "P1M"}, "percentage"),
        (EnergyConcession, {**CONCESSION, "type": "FIXED_PERCENTAGE", "percentage": "0.1"}, "discountFrequency"),
        (EnergyConcession, {**CONCESSION, "type": "VARIABLE"}, "additionalInfo"),
        (EnergyInvoice, {**INVOICE, "invoiceNumber": ""}, "invoiceNumber"),
        (EnergyInvoice, {**INVOICE, "issueDate": "2026-01-31T00:00:00Z"}, "issueDate"),
        (EnergyInvoice, {**INVOICE, "balanceAtIssue": ""}, "balanceAtIssue"),
        (EnergyInvoice, {**INVOICE, "balanceAtIssue": "1,000.00"}, "balanceAtIssue"),
        (EnergyInvoice, {**INVOICE, "paymentStatus": "CANCELLED"}, "paymentStatus"),
        (EnergyInvoice, {**INVOICE, "electricity": TOTALS}, "period"),
        (EnergyInvoice, {**INVOICE, "gas": {**TOTALS, "totalUsageCharges": "-0.01"}}, "period"),
        (
            EnergyBillingTransactionV3,
            {**TRANSACTION, **PAYMENT, "executionDateTime": "2026-01-31"},
            "executionDateTime",
        ),
        (
            EnergyBillingTransactionV3,
            {**TRANSACTION, **PAYMENT, "executionDateTime": "2026-01-31T09:30:00"},
            "executionDateTime",
        ),
        (
            EnergyBillingTransactionV3,
            {**TRANSACTION, **PAYMENT, "executionDateTime": "0001-01-01T00:00:00+10:00"},
            "`executionDateTime` is not in the years 1 to 9999",
        ),
        (
            EnergyBillingOtherTransaction,
            {"amount": "1.00", "description": "a", "startDate": "2026-01-31T00:00:00Z"},
            "start",
        ),
        *(
            (
                EnergyBillingTransactionV3,
                {**TRANSACTION, "transactionUType": "usage", "usage": {**METERED, "usage": 1, **members}},
                where,
            )
            for members, where in (
                ({"startDate": "2026-01-01"}, "startDate"),
                ({"timeOfUseType": "OFFPEAK"}, "timeOfUseType"),  # the form of registers (C-K6, C-D25)
                ({"timeOfUseType": "EXCESS"}, "timeOfUseType"),  # demand only
                ({"usage": "1"}, "usage"),
                ({"usage": 1e300}, "usage"),
                ({"usage": float("inf")}, "usage"),
                ({"usage": 10**16}, "usage"),
                ({"calculationFactors": [{"value": 1, "type": "ALF"}]}, "type"),
                ({"adjustments": [{"amount": "1.00"}]}, "description"),
            )
        ),
        (CommonDiscoveryStatus, {"status": "UNAVAILABLE", "updateTime": "2026-01-01T00:00:00Z"}, "explanation"),
        (CommonDiscoveryStatus, {"status": "OK", "updateTime": "2026-01-01T00:00:00"}, "updateTime"),
    ],
)
def test_a_value_that_violates_the_standards_is_refused(payload: type, value: dict[str, Any], where: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=where):
        msgspec.convert(value, payload, dec_hook=read_id)


RATES = {"displayName": "All", "rates": [{"unitPrice": "0.30"}]}
CONTROLLED_TIMES = {**RATES, "type": "PEAK", "timeOfUse": [{"additionalInfo": "at night"}]}
TIMES = {**RATES, "type": "PEAK", "timeOfUse": [{"days": ["MON"], "startTime": "07:00", "endTime": "22:00"}]}
DEMAND = {
    "displayName": "Peak",
    "amount": "1.00",
    "startTime": "07:00",
    "endTime": "22:00",
    "measurementPeriod": "DAY",
    "chargePeriod": "DAY",
}
NAME: dict[str, Any] = {"lastName": "Li", "middleNames": []}
BUSINESS: dict[str, Any] = {
    "agentLastName": "Li",
    "agentRole": "Owner",
    "businessName": "Li",
    "organisationType": "OTHER",
}
ADDRESS = {
    "simple": {**LINES, "postcode": "3000"},
    "paf": {"localityName": "B", "postcode": "3000", "state": "VIC"},
}
CONTACTS: dict[str, Any] = {"phoneNumbers": [], "emailAddresses": [], "physicalAddresses": []}
UNIONS: dict[type, tuple[dict[str, Any], dict[str, Any]]] = {
    EnergyPaymentSchedule: (
        {},
        {
            "cardDebit": {**REGULAR, "cardScheme": "VISA"},
            "directDebit": {**REGULAR, "isTokenised": True},
            "digitalWallet": {**REGULAR, "name": "Mine", "identifier": "a", "type": "EMAIL", "provider": "OTHER"},
            "manualPayment": MANUAL,
        },
    ),
    **dict.fromkeys(
        (EnergyUsageRead, AemoUsageRead),
        (
            {"servicePointId": "SP-1", "registerSuffix": "E1", "readStartDate": "2025-01-01"},
            {"basicRead": {"value": 1}, "intervalRead": {"aggregateValue": 1}},
        ),
    ),
    CommonPhysicalAddress: ({}, ADDRESS),
    CommonPhysicalAddressWithPurpose: ({"purpose": "MAIL"}, ADDRESS),
    CommonCustomer: ({}, {"person": NAME, "organisation": BUSINESS}),
    **dict.fromkeys(
        (CommonCustomerDetailV2, UpstreamCustomer),
        ({}, {"person": {**NAME, **CONTACTS}, "organisation": {**BUSINESS, "physicalAddresses": []}}),
    ),
    **{
        payload: (
            TRANSACTION,
            {
                "demand": {**METERED, "rate": 2},
                "onceOff": {"amount": "-1.00", "description": "Credit"},
                "otherCharges": {"amount": "1.00", "description": "Supply"},
                "payment": PAYMENT["payment"],
                "usage": {**METERED, "usage": -1.5},
            },
        )
        for payload in (EnergyBillingTransaction, EnergyBillingTransactionV2, EnergyBillingTransactionV3)
    },
    EnergyPlanDiscounts: (
        {"displayName": "Early", "type": "GUARANTEED"},
        {
            "percentOfBill": {"rate": "0.1"},
            "percentOfUse": {"rate": "0.1"},
            "fixedAmount": {"amount": "1.00"},
            "percentOverThreshold": {"rate": "0.1", "usageAmount": "1.00"},
        },
    ),
    EnergyPlanControlledLoadV2: (
        {"displayName": "Hot water"},
        {"singleRate": RATES, "timeOfUseRates": [CONTROLLED_TIMES]},
    ),
    EnergyPlanTariffPeriodV2: (
        {"displayName": "All year", "startDate": "01-01", "endDate": "12-31"},
        {"singleRate": RATES, "timeOfUseRates": [TIMES], "demandCharges": [DEMAND]},
    ),
    EnergyPlanSolarFeedInTariffV3: (
        {"displayName": "Solar", "scheme": "OTHER", "payerType": "RETAILER"},
        {
            "singleTariff": {"rates": RATES["rates"]},
            "timeVaryingTariffs": [{"displayName": "Day", "timeVariations": [{"days": ["MON"]}]}],
        },
    ),
}
"""Each payload type that is a union: the fields that it needs besides, and a valid value of each member."""


def union_field(payload: type) -> inspect.Field | None:
    """The field of a payload type whose name ends in `UType`, or None."""
    kind = inspect.type_info(payload)
    assert isinstance(kind, inspect.StructType)
    return next((field for field in kind.fields if field.encode_name.endswith("UType")), None)


def payload_types(kind: type = field_types.Payload) -> Iterator[type]:
    for below in kind.__subclasses__():
        yield below
        yield from payload_types(below)


def test_every_union_is_tested_with_every_member() -> None:
    found = {payload: choices(field.type) for payload in payload_types() if (field := union_field(payload))}
    assert {payload: sorted(members_of) for payload, (_, members_of) in UNIONS.items()} == found


@pytest.mark.parametrize("payload", UNIONS, ids=lambda payload: payload.__name__)
def test_a_union_has_the_member_that_its_type_names_and_no_other(payload: type) -> None:
    """C-K1, C-S7: also of addresses and of ways to pay."""
    field, (needed, values) = union_field(payload), UNIONS[payload]
    assert field is not None
    for kind, count in product(values, range(len(values) + 1)):
        for present in combinations(values, count):
            value = {**needed, field.encode_name: kind, **{name: values[name] for name in present}}
            if present == (kind,):
                msgspec.convert(value, payload, dec_hook=read_id)
                continue
            exclude = " and ".join(f"`{name}`" for name in present) + " exclude each other"
            problem = exclude if kind in present else f"`{kind}` is mandatory here"
            with pytest.raises(msgspec.ValidationError, match=problem):
                msgspec.convert(value, payload, dec_hook=read_id)


def test_optional_members_that_are_null_or_absent_are_left_out() -> None:
    """C-I9: mandatory arrays stay, also empty ones."""
    person = msgspec.json.decode(b'{"lastName":"Li","middleNames":[],"prefix":null}', type=CommonPerson)
    assert msgspec.json.encode(person) == b'{"lastName":"Li","middleNames":[]}'


def test_a_foreign_address_needs_no_postcode_and_no_australian_state() -> None:
    address = {"addressLine1": "1 Rue A", "city": "Lyon", "state": "Rhône", "country": "FRA"}
    assert msgspec.convert(address, CommonSimpleAddress).postcode is None


def test_a_tokenised_direct_debit_has_no_numbers() -> None:
    """C-D18."""
    assert msgspec.convert({**REGULAR, "isTokenised": True}, EnergyDirectDebit).bsb is None


def test_the_basic_customer_is_the_detailed_customer_without_contacts() -> None:
    detail = msgspec.convert(
        {
            "customerUType": "person",
            "person": {
                "lastName": "Li",
                "middleNames": [],
                "phoneNumbers": [],
                "emailAddresses": [{"purpose": "HOME", "address": "li@people.test"}],
                "physicalAddresses": [],
            },
        },
        CommonCustomerDetailV2,
    )
    assert msgspec.json.encode(detail.basic()) == (
        b'{"customerUType":"person","person":{"lastName":"Li","middleNames":[]}}'
    )
