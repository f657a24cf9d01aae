"""Makes small files of the kind that the Data Standards Body's generator writes, with the same deviations."""

import json
from typing import Any

NMI, POINT = "41245769765", "e878d7d1-e190-43ad-af34-6cd733fd49e6"


def account(number: int, points: list[str], **members: Any) -> dict[str, Any]:
    plan = {
        "servicePointIds": points,
        "planOverview": {"startDate": "2025-05-02T09:54:54.000Z"},
        "planDetail": {
            "fuelType": "ELECTRICITY",
            "meteringCharges": [{"displayName": "Metering", "minimumValue": "24"}],
            "electricityContract": {
                "pricingModel": "SINGLE_RATE",
                "isFixed": True,
                "paymentOption": ["BPAY"],
                "tariffPeriod": [
                    {
                        "displayName": "All year",
                        "startDate": "2025-01-01T00:00:00.000Z",
                        "endDate": "2025-12-31T00:00:00.000Z",
                        "rateBlockUType": "singleRate",
                        "singleRate": {"displayName": "Usage", "rates": [{"unitPrice": "0.25"}]},
                    }
                ],
            },
        },
    }
    basic = {"accountId": f"account-{number}", "openStatus": "OPEN", "creationDate": "2025-02-02T09:38:33.766Z"}
    return {"account": basic | {"plans": [plan]} | members, "balance": "1.00"}


def service_point() -> dict[str, Any]:
    return {
        "servicePoint": {
            "servicePointId": POINT,
            "nationalMeteringId": NMI,
            "servicePointClassification": "SMALL",
            "servicePointStatus": "ACTIVE",
            "jurisdictionCode": "NEM",
            "validFromDate": "2025-12-17T00:00:00.000Z",
            "lastUpdateDateTime": "2026-07-10T09:30:50.474Z",
            "distributionLossFactor": {"code": "A", "description": "B", "lossValue": "1.0"},
            "relatedParticipants": [],
            "location": {
                "addressUType": "simple",
                "simple": {"addressLine1": "1 A St", "city": "B", "state": "Victoria", "postcode": "3000"},
            },
        },
        "usage": [],
    }


def customer(number: int, *accounts: dict[str, Any]) -> dict[str, Any]:
    return {
        "customerId": f"customer-{number}",
        "customer": {
            "customerUType": "person",
            "person": {
                "firstName": "Ann",
                "lastName": "Li",
                "middleNames": [],
                "phoneNumbers": [],
                "emailAddresses": [{"purpose": "HOME", "address": "ann.li@gmail.com"}],
                "physicalAddresses": [],
            },
        },
        "energy": {"accounts": list(accounts), "servicePoints": [service_point()]},
    }


def document(*holders: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "title": "made for a test",
        "holders": [
            {
                "holderId": str(number),
                "holder": {
                    "unauthenticated": {"admin": {"status": {"status": "PARTIAL_FAILURE"}}},
                    "authenticated": {"customers": customers},
                },
            }
            for number, customers in enumerate(holders)
        ],
    }


def text(*holders: list[dict[str, Any]]) -> str:
    return json.dumps(document(*holders), indent=2)
