"""Mends for data of the Data Standards Body's generator, where it is looser than the field types allow.

A mend is named, applies to named fields only, and is reported each time that it changes something. What it cannot mend
stays as it is, for the typed models to refuse.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_DATE_TIME = re.compile(r"(\d{4}-(\d{2}-\d{2}))T(\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})\Z", re.ASCII)
_SHORT_AMOUNT = re.compile(r"(-?\d{1,16})(?:\.(\d))?\Z", re.ASCII)
_NOT_DIGITS = re.compile(r"[^0-9]")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\Z")
TEST_MAIL_DOMAIN = "people.test"
_STATES = {
    "Australian Capital Territory": "ACT",
    "New South Wales": "NSW",
    "Northern Territory": "NT",
    "Queensland": "QLD",
    "South Australia": "SA",
    "Tasmania": "TAS",
    "Victoria": "VIC",
    "Western Australia": "WA",
}

Value = Any
Change = Callable[[Value], Value]


class Mend(NamedTuple):
    """A change to the fields that `where` leads to: member names, `[]` after the name of an array."""

    where: str
    what: str
    change: Change


def mend(record: dict[str, Any], mends: tuple[Mend, ...], changed: Callable[[str, str], None]) -> None:
    """Apply `mends` to `record` in place, and call `changed(path, what)` for each change."""
    for each in mends:
        *way, last = each.where.split(".")
        for path, parent in _parents(record, way, "$"):
            if last in parent:
                before = parent[last]
                after = each.change(before)
                if after != before:
                    parent[last] = after
                    changed(f"{path}.{last}", each.what)


def _parents(value: Value, way: list[str], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not way:
        if isinstance(value, dict):
            yield path, value
        return
    name = way[0].removesuffix("[]")
    member = value.get(name) if isinstance(value, dict) else None
    if way[0].endswith("[]"):
        for index, item in enumerate(member if isinstance(member, list) else []):
            yield from _parents(item, way[1:], f"{path}.{name}[{index}]")
    else:
        yield from _parents(member, way[1:], f"{path}.{name}")


def _matched(pattern: re.Pattern[str], form: str) -> Change:
    def change(value: Value) -> Value:
        found = pattern.match(value) if isinstance(value, str) else None
        return found.expand(form) if found else value

    return change


def _amount(value: Value) -> Value:
    found = _SHORT_AMOUNT.match(value) if isinstance(value, str) else None
    return f"{found[1]}.{found[2] or '0'}0" if found else value


def _state(value: Value) -> Value:
    return _STATES.get(value, value) if isinstance(value, str) else value


def _test_mail(value: Value) -> Value:
    if isinstance(value, str) and _MAIL.match(value):
        return value.rpartition("@")[0] + "@" + TEST_MAIL_DOMAIN
    return value


def _phones(value: Value) -> Value:
    """Write the full numbers as RFC 3966 does, from their parts, and keep the first preference only."""
    if not isinstance(value, list):
        return value
    return _one_preferred([_phone(phone) for phone in value])


def _phone(phone: Value) -> Value:
    if not isinstance(phone, dict) or not isinstance(phone.get("fullNumber"), str):
        return phone
    if phone["fullNumber"].startswith("tel:"):
        return phone
    digits = _NOT_DIGITS.sub("", phone["fullNumber"])
    country = _NOT_DIGITS.sub("", str(phone.get("countryCode", "+61")))
    national = digits.removeprefix(country).removeprefix("0")
    extension = _NOT_DIGITS.sub("", str(phone.get("extension", "")))
    mended = phone | {"fullNumber": f"tel:+{country}-{national}" + (f";ext={extension}" if extension else "")}
    if isinstance(phone.get("areaCode"), str):
        mended["areaCode"] = phone["areaCode"].removeprefix("0")
    return mended


def _one_preferred(value: Value) -> Value:
    if not isinstance(value, list):
        return value
    seen, mended = False, []
    for item in value:
        preferred = isinstance(item, dict) and bool(item.get("isPreferred"))
        mended.append(item | {"isPreferred": False} if preferred and seen else item)
        seen = seen or preferred
    return mended


def _one_of_each_purpose(value: Value) -> Value:
    if not isinstance(value, list):
        return value
    seen: set[str] = set()
    mended = []
    for item in value:
        purpose = item.get("purpose") if isinstance(item, dict) else None
        mended.append(item | {"purpose": "OTHER"} if purpose in {"REGISTERED", "MAIL"} & seen else item)
        seen |= {str(purpose)}
    return mended


def _categories(value: Value) -> Value:
    if not isinstance(value, list):
        return value
    return [
        item | {"category": "OTHER"}
        if isinstance(item, dict) and item.get("type") == "CONDITIONAL" and item.get("category") is None
        else item
        for item in value
    ]


_to_date = _matched(_DATE_TIME, r"\1")
_to_month_day = _matched(_DATE_TIME, r"\2")
_to_time = _matched(_DATE_TIME, r"\3")
_DATE, _MONTH_DAY = "date-time cut to its date", "date-time cut to its month and day"
_TIME, _AMOUNT = "date-time cut to its time of day", "amount given two decimal places"

CUSTOMER_MENDS = (
    *(
        Mend(f"{kind}.physicalAddresses[].{form}.state", "state written as its abbreviation", _state)
        for kind in ("person", "organisation")
        for form in ("simple", "paf")
    ),
    *(
        Mend(f"{kind}.physicalAddresses", "second address of a purpose made OTHER", _one_of_each_purpose)
        for kind in ("person", "organisation")
    ),
    Mend("person.emailAddresses[].address", f"mail domain replaced by {TEST_MAIL_DOMAIN}", _test_mail),
    Mend("person.emailAddresses", "only the first preferred address kept preferred", _one_preferred),
    Mend("person.phoneNumbers", "numbers written as RFC 3966 says, one preferred", _phones),
    Mend("organisation.establishmentDate", _DATE, _to_date),
)

_CONTRACTS = tuple(f"plans[].planDetail.{fuel}Contract" for fuel in ("electricity", "gas"))
ACCOUNT_MENDS = (
    Mend("creationDate", _DATE, _to_date),
    Mend("plans[].planOverview.startDate", _DATE, _to_date),
    Mend("plans[].planOverview.endDate", _DATE, _to_date),
    Mend("plans[].planDetail.meteringCharges[].minimumValue", _AMOUNT, _amount),
    Mend("plans[].planDetail.meteringCharges[].maximumValue", _AMOUNT, _amount),
    *(
        Mend(f"{contract}.{field}", what, change)
        for contract in _CONTRACTS
        for field, what, change in (
            ("tariffPeriod[].startDate", _MONTH_DAY, _to_month_day),
            ("tariffPeriod[].endDate", _MONTH_DAY, _to_month_day),
            ("tariffPeriod[].timeOfUseRates[].timeOfUse[].startTime", _TIME, _to_time),
            ("tariffPeriod[].timeOfUseRates[].timeOfUse[].endTime", _TIME, _to_time),
            ("controlledLoad[].startDate", _DATE, _to_date),
            ("controlledLoad[].endDate", _DATE, _to_date),
            ("controlledLoad[].timeOfUseRates[].timeOfUse[].startTime", _TIME, _to_time),
            ("controlledLoad[].timeOfUseRates[].timeOfUse[].endTime", _TIME, _to_time),
            ("discounts[].endDate", _DATE, _to_date),
            ("discounts", "conditional discount without a category given OTHER", _categories),
            ("solarFeedInTariff[].startDate", _DATE, _to_date),
            ("solarFeedInTariff[].endDate", _DATE, _to_date),
            ("solarFeedInTariff[].timeVaryingTariffs[].timeVariations[].startTime", _TIME, _to_time),
            ("solarFeedInTariff[].timeVaryingTariffs[].timeVariations[].endTime", _TIME, _to_time),
        )
    ),
)

SERVICE_POINT_MENDS = (
    Mend("validFromDate", _DATE, _to_date),
    Mend("lastConsumerChangeDate", _DATE, _to_date),
    Mend("meters[].specifications.nextScheduledReadDate", _DATE, _to_date),
    Mend("location.simple.state", "state written as its abbreviation", _state),
    Mend("location.paf.state", "state written as its abbreviation", _state),
)
