"""How the customer pays, and the concessions of an account, in sentences. No number of a bank account is in full."""

from typing import Any, Final, NamedTuple

from ops.sandbox.recipient.formats import amount_of, day, day_of, dollars, frequency, listed, percentage, words

_SHOWN_DIGITS: Final = 3
_LEAST_DIGITS: Final = 2 * _SHOWN_DIGITS
_CARDS: Final = {
    "VISA": "Visa card",
    "MASTERCARD": "Mastercard",
    "AMEX": "American Express card",
    "DINERS": "Diners Club card",
}
_PROVIDERS: Final = {"PAYPAL_AU": "PayPal"}
_CALCULATIONS: Final = {
    "BALANCE": "for what the account owes",
    "CALCULATED": "for an amount that your retailer works out",
}


class Concession(NamedTuple):
    """A concession: its name, what it gives, its dates, and an https address with more about it, or an empty text."""

    name: str
    what: str
    dates: str
    address: str


def schedules(items: list[dict[str, Any]]) -> list[str]:
    """Return a sentence for each way of paying. One that is not known is left out."""
    return [sentence for sentence in map(_schedule, items) if sentence]


def concessions(items: list[dict[str, Any]]) -> list[Concession]:
    """Return the concessions of an account (C-K4)."""
    return [_concession(item) for item in items]


def _schedule(item: dict[str, Any]) -> str:
    kind = item.get("paymentScheduleUType")
    details = item.get(kind) if isinstance(kind, str) else None
    details = details if isinstance(details, dict) else {}
    how = {"directDebit": _bank, "cardDebit": _card, "digitalWallet": _wallet}.get(str(kind))
    if how is not None:
        parts = [how(details), frequency(details.get("paymentFrequency")), _sum(item, details)]
        return f"{', '.join(part for part in parts if part)}."
    if kind == "manualPayment":
        often = frequency(details.get("billFrequency"))
        return f"You pay each bill yourself{f'. A bill comes {often}' if often else ''}."
    return ""


def _bank(details: dict[str, Any]) -> str:
    """Return the way of paying by direct debit. A tokenised account has no numbers (C-K2)."""
    number = details.get("accountNumber")
    if details.get("isTokenised") is True or not isinstance(number, str) or len(number) < _LEAST_DIGITS:
        return "Direct debit from the bank account that your retailer has on file"
    return f"Direct debit from the bank account ending in {number[-_SHOWN_DIGITS:]}"


def _card(details: dict[str, Any]) -> str:
    return f"{_CARDS.get(str(details.get('cardScheme')), 'Payment card')} on file"


def _wallet(details: dict[str, Any]) -> str:
    provider = _PROVIDERS.get(str(details.get("provider")), "Digital wallet")
    return f"{provider}, from the wallet that your retailer has on file"


def _sum(item: dict[str, Any], details: dict[str, Any]) -> str:
    amount = amount_of(item.get("amount"))
    if amount is not None:
        return f"{dollars(amount)} each time"
    return _CALCULATIONS.get(str(details.get("calculationType")), "")


def _concession(item: dict[str, Any]) -> Concession:
    amount, rate = amount_of(item.get("amount")), percentage(item.get("percentage"))
    saved = rate or dollars(amount)
    targets = item.get("appliedTo")
    target = listed(map(words, targets)) if isinstance(targets, list) and targets else "usage"
    what = f"{saved} off {target}, {frequency(item.get('discountFrequency'))}".rstrip(", ") if saved else ""
    info, address = item.get("additionalInfo"), item.get("additionalInfoUri")
    first, last = day(day_of(item.get("startDate"))), day(day_of(item.get("endDate")))
    dates = " ".join(part for part in (f"from {first}" if first else "", f"until {last}" if last else "") if part)
    return Concession(
        name=str(item.get("displayName") or "Concession"),
        what=". ".join(part for part in (what, info if isinstance(info, str) else "") if part),
        dates=dates[:1].upper() + dates[1:],
        address=address if isinstance(address, str) and address.startswith("https://") else "",
    )
