"""Values of the API, and their formats for people in Australia: dates, dollars, energy, percentages and frequencies.

A data holder can send anything: a value that is not what the standards say is read as none.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

MINUS: Final = "−"
_LARGEST: Final = 10**15
_AMOUNT: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
_DURATION: Final = re.compile(r"P([1-9][0-9]?)([DWMY])")
_PLACES_OF_A_YEAR: Final = 4
_UNITS: Final = {"D": "day", "W": "week", "M": "month", "Y": "year"}


def day_of(value: Any) -> date | None:
    """Return a date of the API as a date. None if it is none."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def day(value: date | None) -> str:
    """Return a date such as 3 Nov 2026."""
    return "" if value is None else f"{value.day} {value:%b %Y}"


def between(first: date | None, last: date | None) -> str:
    """Return a period such as 30 Jul to 28 Oct 2026. Empty without both days."""
    if first is None or last is None:
        return ""
    begin = f"{first.day} {first:%b}" if first.year == last.year else day(first)
    return f"{begin} to {day(last)}"


def amount_of(value: Any) -> Decimal | None:
    """Return an AmountString as a number of dollars. None if it is none."""
    return Decimal(value) if isinstance(value, str) and _AMOUNT.fullmatch(value) else None


def dollars(amount: Decimal | None) -> str:
    """Return an amount such as $1,207.99 or −$52.10."""
    if amount is None:
        return ""
    rounded = f"{abs(amount):,.2f}"
    return f"{MINUS if amount < 0 and rounded != '0.00' else ''}${rounded}"


def energy(kwh: Decimal, places: int = 1) -> str:
    """Return an energy in kWh without the unit, such as 1,234.5. It is not negative."""
    return f"{kwh:,.{places}f}"


def years(days: Sequence[date]) -> list[str]:
    """Return the year for each place of a chart where it changes, and an empty text for the others.

    The first place has none if the year changes so soon that the two would overlap.
    """
    changes = [index for index, value in enumerate(days) if not index or value.year != days[index - 1].year]
    if changes[1:] and changes[1] < _PLACES_OF_A_YEAR:
        changes = changes[1:]
    return [str(value.year) if index in changes else "" for index, value in enumerate(days)]


def rounded_dollars(amount: Decimal) -> str:
    """Return an amount without cents where there are none, such as $250."""
    return f"{MINUS if amount < 0 else ''}${number(abs(amount), 2)}"


def number(value: Any, places: int = 3) -> str:
    """Return a number with at most `places` decimal places, such as 13.5. Empty if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not -_LARGEST < value < _LARGEST:
        return ""
    text = f"{Decimal(str(value)):,.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", MINUS)


def percentage(rate: Any) -> str:
    """Return a RateString such as 0.175 as 17.5%. Empty if it is none."""
    value = amount_of(rate)
    return "" if value is None else f"{number(value * 100)}%"


def frequency(duration: Any) -> str:
    """Return an ISO 8601 duration such as P3M as every 3 months. Empty if it is none (C-K3)."""
    found = _DURATION.fullmatch(duration) if isinstance(duration, str) else None
    if found is None:
        return ""
    count, unit = int(found[1]), _UNITS[found[2]]
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def words(value: Any) -> str:
    """Return an enumeration value such as SERVICE_CHARGE as service charge."""
    return value.replace("_", " ").lower() if isinstance(value, str) else ""


def listed(parts: Iterable[str]) -> str:
    """Return texts such as a, b and c."""
    texts = [part for part in parts if part]
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list of the API. Empty if it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
