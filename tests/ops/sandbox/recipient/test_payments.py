"""How the customer pays, and concessions: sentences in which no account number is in full."""

from typing import Any

import pytest

from ops.sandbox.recipient.payments import Concession, concessions, schedules
from tests.ops.sandbox.recipient.shared_data import CONCESSION, DIRECT_DEBIT


def debit(**details: Any) -> dict[str, Any]:
    return {"paymentScheduleUType": "directDebit", "directDebit": {"paymentFrequency": "P3M", **details}}


def test_a_bank_account_has_its_last_digits_only() -> None:
    [sentence] = schedules([DIRECT_DEBIT])
    assert sentence == "Direct debit from the bank account ending in 027, every month, for what the account owes."
    assert "004410027" not in sentence
    assert "999001" not in sentence


@pytest.mark.parametrize(
    "details",
    [{"isTokenised": True}, {"accountNumber": "12345"}, {"accountNumber": None}, {"accountNumber": 123456789}],
)
def test_a_short_a_tokenised_and_a_missing_account_number_are_not_shown(details: dict[str, Any]) -> None:
    """C-K2: a tokenised account has no numbers. Three of five digits would be most of the number."""
    assert schedules([debit(**details)]) == [
        "Direct debit from the bank account that your retailer has on file, every 3 months."
    ]


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        (
            {
                "amount": "65.00",
                "paymentScheduleUType": "cardDebit",
                "cardDebit": {"cardScheme": "VISA", "paymentFrequency": "P2W", "calculationType": "STATIC"},
            },
            "Visa card on file, every 2 weeks, $65.00 each time.",
        ),
        (
            {
                "paymentScheduleUType": "digitalWallet",
                "digitalWallet": {
                    "identifier": "household@people.test",
                    "provider": "PAYPAL_AU",
                    "paymentFrequency": "P1M",
                    "calculationType": "CALCULATED",
                },
            },
            (
                "PayPal, from the wallet that your retailer has on file, every month, "
                "for an amount that your retailer works out."
            ),
        ),
        (
            {"paymentScheduleUType": "manualPayment", "manualPayment": {"billFrequency": "P3M"}},
            "You pay each bill yourself. A bill comes every 3 months.",
        ),
        ({"paymentScheduleUType": "manualPayment"}, "You pay each bill yourself."),
    ],
)
def test_each_way_of_paying_is_a_sentence(schedule: dict[str, Any], sentence: str) -> None:
    assert schedules([schedule]) == [sentence]


def test_an_unknown_way_of_paying_is_left_out() -> None:
    assert schedules([{"paymentScheduleUType": "barter", "barter": {}}, {}]) == []


def test_concessions_say_what_they_give_and_when() -> None:
    """C-K4: rates are fractions, and a concession applies to usage if nothing else is said."""
    fixed = {
        "type": "FIXED_AMOUNT",
        "displayName": "Rebate",
        "discountFrequency": "P1Y",
        "amount": "285.00",
        "endDate": "2026-12-31",
        "additionalInfoUri": "javascript:alert(1)",
    }
    variable = {"type": "VARIABLE", "displayName": "Cooling", "additionalInfo": "From November to March"}
    assert concessions([CONCESSION, fixed, variable]) == [
        Concession(
            "Annual electricity concession",
            "17.5% off usage and service charge, every 3 months",
            "From 1 Jul 2024",
            "https://concessions.people.test/electricity",
        ),
        Concession("Rebate", "$285.00 off usage, every year", "Until 31 Dec 2026", ""),
        Concession("Cooling", "From November to March", "", ""),
    ]
