"""The common field types: examples of the standards, and similar values that are invalid."""

from typing import Any

import msgspec
import pytest

from tenants.cds import field_types as types

RIGHT: list[tuple[Any, str]] = [
    (types.DateTimeString, "2007-05-01T15:43:00.12345Z"),
    (types.DateTimeString, "2012-12-25T15:43:00-08:00"),
    (types.DateString, "2007-05-01"),
    (types.TimeString, "15:43:00.12345Z"),
    (types.TimeString, "15:43:00-12:00"),
    (types.CurrencyString, "AUD"),
    (types.RateString, "0"),
    (types.RateString, "-1.234567"),
    (types.RateString, "23.456"),
    (types.AmountString, "0.01"),
    (types.AmountString, "-1001.23"),
    (types.AmountString, "1.999"),
    (types.URIString, "https://www.example.com/a?b=c&d=%20#e"),
    (types.Base64, "Q29uc3VtZXIgRGF0YSBSaWdodA=="),
    (types.EmailAddress, "o'neil+bills@mail.example.test"),
    (types.TelephoneNumber, "tel:+61-2-5550-1234;ext=34"),
    (types.TelephoneNumber, "+61(2)5550.1234"),
    (types.Duration, "P3Y6M4DT12H30M5S"),
    (types.Duration, "PT2H"),
    (types.TimeOfDay, "07:00"),
    (types.TimeOfDay, "15:43:00.12345Z"),
    (types.TimeOfDay, "00"),
    (types.TimeOfDay, "2359"),
    (types.TimeOfDay, "24"),
    (types.TimeOfDay, "24:00"),
    (types.TimeOfDay, "240000"),
    (types.TimeOfDay, "24:00:00.000+10:00"),
    (types.MonthDay, "02-29"),
    *((types.AustralianPostcode, postcode) for postcode in ("0200", "0299", "0800", "0999", "1000", "3000", "9999")),
    (types.CountryCode, "AUS"),
]
WRONG: list[tuple[Any, object]] = [
    (types.DateTimeString, "2007-05-01T15:43:00"),
    (types.DateTimeString, "2007-05-32T15:43:00Z"),
    (types.DateTimeString, 1177983780),
    (types.DateString, "2023-02-29"),
    (types.DateString, "2007-05-01T00:00:00Z"),
    (types.TimeString, "15:43:00"),
    (types.TimeString, "25:43:00Z"),
    (types.CurrencyString, "aud"),
    (types.RateString, "1."),
    (types.RateString, "12345678901234567"),
    (types.AmountString, "10"),
    (types.AmountString, "10.5"),
    (types.AmountString, "1,000.00"),
    (types.AmountString, "$1.00"),
    (types.AmountString, "1.00\n"),
    (types.AmountString, "١.٠٠"),
    (types.AmountString, 1.0),
    (types.URIString, "www.example.com"),
    (types.URIString, "https://example.com/a b"),
    (types.Base64, "Q29uc3VtZXI"),
    (types.ASCIIString, "café"),
    (types.EmailAddress, "li@localhost"),
    (types.EmailAddress, "li..x@example.test"),
    (types.TelephoneNumber, "02 5550 1234"),
    (types.Duration, "P"),
    (types.Duration, "PT"),
    (types.Duration, "R2/PT2H"),
    (types.TimeOfDay, "7am"),
    *(
        (types.TimeOfDay, time)
        for time in ("24:30", "2459", "24:00:01", "24:00:00.1", "T24:59:59Z", "25:00", "12:60", "12:30:60", "1:30")
    ),
    (types.MonthDay, "02-30"),
    *((types.AustralianPostcode, postcode) for postcode in ("0000", "0199", "0300", "0799", "300", "30000", "3OOO")),
    (types.AustralianPostcode, "3000\n"),
    (types.MonthDay, "2024-02-03"),
    (types.PositiveInteger, 0),
    (types.NaturalNumber, -1),
    *((types.CountryCode, code) for code in ("AU", "XXX", "ENG", "aus", "AUSAUT", "")),
]


@pytest.mark.parametrize(("kind", "value"), RIGHT)
def test_a_valid_value_is_accepted(kind: Any, value: str) -> None:
    msgspec.convert(value, kind)


@pytest.mark.parametrize(("kind", "value"), WRONG)
def test_a_similar_but_invalid_value_is_refused(kind: Any, value: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, kind)
