"""Each fix changes its own fields, is reported, and does not change a value that it cannot fix."""

from typing import Any

import pytest

from tenants.imports.fixes import ACCOUNT_FIXES, CUSTOMER_FIXES, SERVICE_POINT_FIXES, FieldFix, apply_fixes


def fixed(record: dict[str, Any], fixes: tuple[FieldFix, ...]) -> list[str]:
    changed: list[str] = []
    apply_fixes(record, fixes, lambda path, what: changed.append(f"{path}: {what}"))
    return changed


def test_dates_times_and_amounts_of_an_account_are_fixed() -> None:
    contract = {
        "tariffPeriod": [
            {
                "startDate": "2025-02-28T00:00:00.000Z",
                "endDate": "12-31",
                "timeOfUseRates": [{"timeOfUse": [{"startTime": "2025-02-28T07:30:15.123Z", "endTime": "09:00"}]}],
            }
        ],
        "discounts": [{"type": "CONDITIONAL"}, {"type": "GUARANTEED"}],
    }
    account = {
        "creationDate": "2025-12-03T17:09:29.952Z",
        "plans": [
            {
                "planOverview": {"startDate": "2025-01-01"},
                "planDetail": {
                    "meteringCharges": [{"minimumValue": "24", "maximumValue": "-1.5"}],
                    "electricityContract": contract,
                },
            }
        ],
    }
    changed = fixed(account, ACCOUNT_FIXES)
    plan = account["plans"][0]
    assert account["creationDate"] == "2025-12-03"
    assert plan["planDetail"]["meteringCharges"] == [{"minimumValue": "24.00", "maximumValue": "-1.50"}]
    assert contract["tariffPeriod"][0]["startDate"] == "02-28"
    assert contract["tariffPeriod"][0]["timeOfUseRates"][0]["timeOfUse"] == [
        {"startTime": "07:30:15", "endTime": "09:00"}
    ]
    assert contract["discounts"] == [{"type": "CONDITIONAL", "category": "OTHER"}, {"type": "GUARANTEED"}]
    assert "$.creationDate: date-time replaced by its date" in changed
    assert len(changed) == 6
    assert fixed(account, ACCOUNT_FIXES) == []


def test_contacts_and_addresses_of_a_person_are_fixed() -> None:
    customer = {
        "person": {
            "phoneNumbers": [
                {
                    "isPreferred": True,
                    "countryCode": "+61",
                    "areaCode": "08",
                    "extension": "x34",
                    "fullNumber": "+61 08-2977 5505",
                },
                {"isPreferred": True, "fullNumber": "0491 570 006"},
            ],
            "emailAddresses": [{"isPreferred": True, "address": "Ann.Li@gmail.com"}, {"address": "no address"}],
            "physicalAddresses": [
                {"purpose": "REGISTERED", "simple": {"state": "Victoria"}},
                {"purpose": "REGISTERED", "paf": {"state": "QLD"}},
            ],
        }
    }
    changed = fixed(customer, CUSTOMER_FIXES)
    person = customer["person"]
    assert person["phoneNumbers"] == [
        {
            "isPreferred": True,
            "countryCode": "+61",
            "areaCode": "8",
            "extension": "x34",
            "fullNumber": "tel:+61-829775505;ext=34",
        },
        {"isPreferred": False, "fullNumber": "tel:+61-491570006"},
    ]
    assert [mail["address"] for mail in person["emailAddresses"]] == ["Ann.Li@people.test", "no address"]
    assert [address["purpose"] for address in person["physicalAddresses"]] == ["REGISTERED", "OTHER"]
    assert person["physicalAddresses"][0]["simple"]["state"] == "VIC"
    assert len(changed) == 4
    assert fixed(customer, CUSTOMER_FIXES) == []


@pytest.mark.parametrize(
    ("address", "postcode"),
    [
        ({"state": "Victoria", "postcode": "0063"}, "3000"),
        ({"state": "NT", "postcode": "0300", "country": "AUS"}, "0800"),
        ({"state": "NT", "postcode": "0870"}, "0870"),
        ({"state": "VIC", "postcode": "0063", "country": "CHN"}, "0063"),
        ({"state": "Unknown", "postcode": "0063"}, "0063"),
        ({"state": "VIC", "postcode": "63"}, "63"),
    ],
)
@pytest.mark.parametrize("form", ["simple", "paf"])
def test_a_postcode_that_does_not_exist_is_replaced_by_one_of_the_state(
    address: dict[str, str], postcode: str, form: str
) -> None:
    record = {"location": {form: dict(address)}}
    fixed(record, SERVICE_POINT_FIXES)
    assert record["location"][form]["postcode"] == postcode
    customer = {"organisation": {"physicalAddresses": [{form: dict(address)}]}}
    fixed(customer, CUSTOMER_FIXES)
    assert customer["organisation"]["physicalAddresses"][0][form]["postcode"] == postcode


@pytest.mark.parametrize("odd", [None, 1, "odd", [], {}, [None], {"plans": 1}, {"plans": [1, {"planDetail": []}]}])
def test_a_value_of_another_type_is_not_fixed(odd: Any) -> None:
    for fixes in (ACCOUNT_FIXES, CUSTOMER_FIXES, SERVICE_POINT_FIXES):
        record = {"creationDate": odd, "validFromDate": odd, "plans": odd, "person": odd, "location": odd}
        assert fixed(record, fixes) == []
        assert record["plans"] == odd
