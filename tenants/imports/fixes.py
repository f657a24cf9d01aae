"""Fixes for data of the Data Standards Body's generator, which does not always conform to the standards' field types.

Each fix has a description, changes only the fields that its path names, and is reported whenever it changes a value. A
value that it cannot fix stays unchanged and is refused later by the payload types.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tenants.cds.field_types import AUSTRALIAN_POSTCODE
from tenants.payloads.address_v1 import AUSTRALIA
from tenants.usage.models import INTERVAL_LENGTHS, intervals_of_a_day

_DATE_TIME = re.compile(r"(\d{4}-(\d{2}-\d{2}))T(\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})\Z", re.ASCII)
_SHORT_AMOUNT = re.compile(r"(-?\d{1,16})(?:\.(\d))?\Z", re.ASCII)
_FOUR_DIGITS = re.compile(r"[0-9]{4}\Z")
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

_CAPITALS = {
    "ACT": "2600",
    "NSW": "2000",
    "NT": "0800",
    "QLD": "4000",
    "SA": "5000",
    "TAS": "7000",
    "VIC": "3000",
    "WA": "6000",
}
_MINUTES_BY_NUMBER = {intervals_of_a_day(minutes): minutes for minutes in INTERVAL_LENGTHS}

Value = Any
Change = Callable[[Value], Value]


class FieldFix(NamedTuple):
    """A change of the fields at `path`.

    A path consists of member names, separated by dots. `[]` after the name of an array means each of its elements.
    """

    path: str
    description: str
    change: Change


def apply_fixes(record: dict[str, Any], fixes: tuple[FieldFix, ...], changed: Callable[[str, str], None]) -> None:
    """Apply `fixes` to `record`, which is modified, and call `changed(path, description)` for each change."""
    for each in fixes:
        *parents, last = each.path.split(".")
        for path, parent in _parents(record, parents, "$"):
            if last in parent:
                before = parent[last]
                after = each.change(before)
                if after != before:
                    parent[last] = after
                    changed(f"{path}.{last}", each.description)


def _parents(value: Value, parents: list[str], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not parents:
        if isinstance(value, dict):
            yield path, value
        return
    name = parents[0].removesuffix("[]")
    member = value.get(name) if isinstance(value, dict) else None
    if parents[0].endswith("[]"):
        for index, item in enumerate(member if isinstance(member, list) else []):
            yield from _parents(item, parents[1:], f"{path}.{name}[{index}]")
    else:
        yield from _parents(member, parents[1:], f"{path}.{name}")


def _rewrite(pattern: re.Pattern[str], form: str) -> Change:
    def change(value: Value) -> Value:
        found = pattern.match(value) if isinstance(value, str) else None
        return found.expand(form) if found else value

    return change


def _add_decimal_places(value: Value) -> Value:
    found = _SHORT_AMOUNT.match(value) if isinstance(value, str) else None
    return f"{found[1]}.{found[2] or '0'}0" if found else value


def _abbreviate_state(value: Value) -> Value:
    return _STATES.get(value, value) if isinstance(value, str) else value


def _replace_postcode(value: Value) -> Value:
    """Replace a postcode that does not exist by the postcode of the state's capital. `value` is an address."""
    if not isinstance(value, dict) or value.get("country", AUSTRALIA) != AUSTRALIA:
        return value
    postcode, capital = value.get("postcode"), _CAPITALS.get(str(value.get("state")))
    if not isinstance(postcode, str) or not _FOUR_DIGITS.match(postcode) or AUSTRALIAN_POSTCODE.match(postcode):
        return value
    return value | {"postcode": capital} if capital else value


def _replace_mail_domain(value: Value) -> Value:
    if isinstance(value, str) and _MAIL.match(value):
        return value.rpartition("@")[0] + "@" + TEST_MAIL_DOMAIN
    return value


def _format_phone_numbers(value: Value) -> Value:
    """Write full numbers in the form of RFC 3966. If several numbers are preferred, only the first one stays so."""
    if not isinstance(value, list):
        return value
    return _keep_first_preferred([_format_phone_number(phone) for phone in value])


def _format_phone_number(phone: Value) -> Value:
    if not isinstance(phone, dict) or not isinstance(phone.get("fullNumber"), str):
        return phone
    if phone["fullNumber"].startswith("tel:"):
        return phone
    digits = _NOT_DIGITS.sub("", phone["fullNumber"])
    country = _NOT_DIGITS.sub("", str(phone.get("countryCode", "+61")))
    national = digits.removeprefix(country).removeprefix("0")
    extension = _NOT_DIGITS.sub("", str(phone.get("extension", "")))
    fixed = phone | {"fullNumber": f"tel:+{country}-{national}" + (f";ext={extension}" if extension else "")}
    if isinstance(phone.get("areaCode"), str):
        fixed["areaCode"] = phone["areaCode"].removeprefix("0")
    return fixed


def _keep_first_preferred(value: Value) -> Value:
    if not isinstance(value, list):
        return value
    seen, fixed = False, []
    for item in value:
        preferred = isinstance(item, dict) and bool(item.get("isPreferred"))
        fixed.append(item | {"isPreferred": False} if preferred and seen else item)
        seen = seen or preferred
    return fixed


def _keep_first_of_each_purpose(value: Value) -> Value:
    if not isinstance(value, list):
        return value
    seen: set[str] = set()
    fixed = []
    for item in value:
        purpose = item.get("purpose") if isinstance(item, dict) else None
        fixed.append(item | {"purpose": "OTHER"} if purpose in {"REGISTERED", "MAIL"} & seen else item)
        seen |= {str(purpose)}
    return fixed


def _fill_discount_category(value: Value) -> Value:
    if not isinstance(value, list):
        return value
    return [
        item | {"category": "OTHER"}
        if isinstance(item, dict) and item.get("type") == "CONDITIONAL" and item.get("category") is None
        else item
        for item in value
    ]


def _fill_balances_at_issue(value: Value) -> Value:
    """Fill an empty balance at issue with the amount of the invoice, which is all that was owed if nothing was before.

    `value` is a list of invoices.
    """
    if not isinstance(value, list):
        return value
    return [
        item | {"balanceAtIssue": item.get("invoiceAmount", "0.00")}
        if isinstance(item, dict) and item.get("balanceAtIssue") == ""
        else item
        for item in value
    ]


def _fill_periods(value: Value) -> Value:
    """Let an invoice with charges of a fuel and without a period cover its day of issue.

    `value` is a list of invoices.
    """
    if not isinstance(value, list):
        return value
    return [
        item | {"period": {"startDate": item["issueDate"], "endDate": item["issueDate"]}}
        if isinstance(item, dict)
        and "issueDate" in item
        and "period" not in item
        and item.keys() & {"electricity", "gas"}
        else item
        for item in value
    ]


def _fit_intervals(value: Value) -> Value:
    """Correct the length of the intervals and the qualities of a day, so that they fit the number of its reads."""
    reads = value.get("intervalReads") if isinstance(value, dict) else None
    qualities = value.get("readQualities") if isinstance(value, dict) else None
    if not isinstance(reads, list) or len(reads) not in _MINUTES_BY_NUMBER:
        return value
    fixed = value | {"readIntervalLength": _MINUTES_BY_NUMBER[len(reads)]}
    if isinstance(qualities, list):
        fixed["readQualities"] = [each for each in qualities if not _is_outside(each, len(reads))]
    return fixed


def _is_outside(quality: Value, count: int) -> bool:
    """Return whether a quality is of intervals that the day does not have, or that end before they begin."""
    bounds = [quality.get(name) for name in ("startInterval", "endInterval")] if isinstance(quality, dict) else []
    numbers = [bound for bound in bounds if isinstance(bound, int)]
    return len(numbers) == len(bounds) > 0 and not numbers[0] <= numbers[1] <= count


_to_date = _rewrite(_DATE_TIME, r"\1")
_to_month_day = _rewrite(_DATE_TIME, r"\2")
_to_time = _rewrite(_DATE_TIME, r"\3")
_DATE, _MONTH_DAY = "date-time replaced by its date", "date-time replaced by its month and day"
_PHONE_NUMBERS = "numbers written in the form of RFC 3966, only the first one preferred"
_SECOND_ADDRESS = "purpose of a second REGISTERED or MAIL address changed to OTHER"
_MAIL_DOMAIN = f"mail domain replaced by {TEST_MAIL_DOMAIN}"
_POSTCODE = "postcode that does not exist replaced by the postcode of the state's capital"
_TIME, _AMOUNT = "date-time replaced by its time of day", "amount written with two decimal places"

CUSTOMER_FIXES = (
    *(
        FieldFix(f"{kind}.physicalAddresses[].{form}.state", "state written as its abbreviation", _abbreviate_state)
        for kind in ("person", "organisation")
        for form in ("simple", "paf")
    ),
    *(
        FieldFix(f"{kind}.physicalAddresses[].{form}", _POSTCODE, _replace_postcode)
        for kind in ("person", "organisation")
        for form in ("simple", "paf")
    ),
    *(
        FieldFix(f"{kind}.physicalAddresses", _SECOND_ADDRESS, _keep_first_of_each_purpose)
        for kind in ("person", "organisation")
    ),
    FieldFix("person.emailAddresses[].address", _MAIL_DOMAIN, _replace_mail_domain),
    FieldFix("person.emailAddresses", "second preferred address marked as not preferred", _keep_first_preferred),
    FieldFix("person.phoneNumbers", _PHONE_NUMBERS, _format_phone_numbers),
    FieldFix("organisation.establishmentDate", _DATE, _to_date),
)

_CONTRACTS = tuple(f"plans[].planDetail.{fuel}Contract" for fuel in ("electricity", "gas"))
ACCOUNT_FIXES = (
    FieldFix("creationDate", _DATE, _to_date),
    FieldFix("plans[].planOverview.startDate", _DATE, _to_date),
    FieldFix("plans[].planOverview.endDate", _DATE, _to_date),
    FieldFix("plans[].planDetail.meteringCharges[].minimumValue", _AMOUNT, _add_decimal_places),
    FieldFix("plans[].planDetail.meteringCharges[].maximumValue", _AMOUNT, _add_decimal_places),
    *(
        FieldFix(f"{contract}.{field}", what, change)
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
            ("discounts", "category of a conditional discount set to OTHER", _fill_discount_category),
            ("solarFeedInTariff[].startDate", _DATE, _to_date),
            ("solarFeedInTariff[].endDate", _DATE, _to_date),
            ("solarFeedInTariff[].timeVaryingTariffs[].timeVariations[].startTime", _TIME, _to_time),
            ("solarFeedInTariff[].timeVaryingTariffs[].timeVariations[].endTime", _TIME, _to_time),
        )
    ),
)

PAYMENT_SCHEDULE_FIXES = (
    FieldFix("paymentSchedules[].amount", _AMOUNT, _add_decimal_places),
    FieldFix("paymentSchedules[].digitalWallet.identifier", _MAIL_DOMAIN, _replace_mail_domain),
)
CONCESSION_FIXES = (
    FieldFix("concessions[].startDate", _DATE, _to_date),
    FieldFix("concessions[].endDate", _DATE, _to_date),
    FieldFix("concessions[].amount", _AMOUNT, _add_decimal_places),
)
INVOICE_FIXES = (
    *(
        FieldFix(f"invoices[].{field}", _DATE, _to_date)
        for field in ("issueDate", "dueDate", "period.startDate", "period.endDate", "payOnTimeDiscount.date")
    ),
    FieldFix("invoices", "empty balance at issue replaced by the amount of the invoice", _fill_balances_at_issue),
    FieldFix("invoices", "missing period replaced by the day of issue", _fill_periods),
)
TRANSACTION_FIXES = (
    FieldFix("transactions[].otherCharges.startDate", _DATE, _to_date),
    FieldFix("transactions[].otherCharges.endDate", _DATE, _to_date),
)
BALANCE_FIXES = (FieldFix("balance.balance", _AMOUNT, _add_decimal_places),)

USAGE_FIXES = (
    FieldFix("readStartDate", _DATE, _to_date),
    FieldFix("readEndDate", _DATE, _to_date),
    FieldFix("registerSuffix", "empty register suffix replaced by E1", lambda value: value or "E1"),
    FieldFix("intervalRead", "interval length and qualities fitted to the number of reads", _fit_intervals),
)

SERVICE_POINT_FIXES = (
    FieldFix("validFromDate", _DATE, _to_date),
    FieldFix("lastConsumerChangeDate", _DATE, _to_date),
    FieldFix("meters[].specifications.nextScheduledReadDate", _DATE, _to_date),
    FieldFix("location.simple.state", "state written as its abbreviation", _abbreviate_state),
    FieldFix("location.paf.state", "state written as its abbreviation", _abbreviate_state),
    FieldFix("location.simple", _POSTCODE, _replace_postcode),
    FieldFix("location.paf", _POSTCODE, _replace_postcode),
)
DER_FIXES = (FieldFix("der.acConnections[].commissioningDate", _DATE, _to_date),)
