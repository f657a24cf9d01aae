"""The rules for passwords (A-1)."""

import pytest

from ops.sandbox.ehub.passwords import fault_of_password


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Ab1-ef7", "8 to 128"),
        ("Ab1-" + "x" * 125, "8 to 128"),
        ("abcdefgh1", "three of"),
        ("Abcdefghi", "three of"),
        ("Abc 1-efgh", "no space"),
        ("Abc,1-efgh", "no space"),
        ("Abc&1-efgh", "no space"),
        ("Used-Before-1", "used before"),
        ("user-api-1a", "user's name"),
        ("My-passWord-1", "the word password"),
    ],
)
def test_a_password_that_breaks_a_rule_is_refused(password: str, reason: str) -> None:
    assert reason in str(fault_of_password(password, "USER-API-1A", ["Used-Before-1"]))


@pytest.mark.parametrize("password", ["Abcdef12", "abcdef1-", "ABCDEF1-", "Abcdef--"])
def test_a_password_with_three_classes_of_characters_is_accepted(password: str) -> None:
    assert fault_of_password(password, "USER", []) is None
