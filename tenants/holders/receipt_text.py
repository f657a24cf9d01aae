"""The texts of the receipts to the person who authorised.

They name the recipient and the accounts, and neither the data nor another person. A text message names no account,
because a phone shows it also while it is locked, and has no link: people are warned of links in text messages.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from tenants.arrangements.models import EndedBy
from tenants.holders.models import Receipt, Written
from tenants.holders.notice_text import dashboard_of, day_of
from tenants.notices.models import About
from tenants.registry.models import Tenant


def written_receipt(about: About, receipt: Receipt, tenant: Tenant) -> Written:
    """Return a receipt without its address."""
    return _TEXTS[about](_ReceiptWords.of(receipt, tenant))


class _ReceiptWords(NamedTuple):
    """The words of a receipt."""

    brand: str
    recipient: str
    day: str
    until: str
    facts: str
    dashboard: str
    customer: str
    ended_by: EndedBy | None

    @classmethod
    def of(cls, receipt: Receipt, tenant: Tenant) -> "_ReceiptWords":
        zone = tenant.settings.time_zone
        facts = f"Data recipient: {receipt.recipient}\n"
        if receipt.customer is not None:
            facts += f"Customer: {receipt.customer}\n"
        for label, names in (
            ("", receipt.accounts),
            ("Shared when the other account holders have approved it: ", receipt.pending),
            ("No longer shared: ", receipt.removed),
        ):
            if names:
                facts += f"{label}{'Account' if len(names) == 1 else 'Accounts'}: {', '.join(names)}\n"
        return cls(
            brand=tenant.name,
            recipient=receipt.recipient,
            day=day_of(receipt.at, zone),
            until="once" if receipt.until is None else f"until {day_of(receipt.until, zone)}",
            facts=facts,
            dashboard=dashboard_of(tenant),
            customer=receipt.customer or "you",
            ended_by=receipt.ended_by,
        )

    @property
    def whose(self) -> str:
        """The beginning of the sentence about an authorisation that the person has given before."""
        return f"You had authorised {self.brand} to share data with {self.recipient}."

    @property
    def see_and_stop(self) -> str:
        return f"You can see what is shared, and stop it at any time:\n{self.dashboard}\n\n"

    @property
    def history(self) -> str:
        return f"You can see what was shared:\n{self.dashboard}\n\n"


def _given(words: _ReceiptWords) -> Written:
    brand, recipient = words.brand, words.recipient
    return Written(
        subject=f"You have authorised {brand} to share data",
        text=(
            f"You have authorised {brand} to share data with {recipient}, {words.until}.\n\n"
            f"{words.facts}Authorised: {words.day}\nShared: {words.until}\n\n"
            f"{words.see_and_stop}If you did not authorise this, contact {brand}.\n"
        ),
        short=(
            f"{brand}: you authorised us to share data with {recipient}, {words.until}. You can see and stop it on our "
            "data sharing dashboard. If you did not authorise this, contact us."
        ),
    )


def _changed(words: _ReceiptWords) -> Written:
    brand, recipient = words.brand, words.recipient
    return Written(
        subject=f"You have changed a data sharing authorisation at {brand}",
        text=(
            f"You have changed the authorisation under which {brand} shares data with {recipient}.\n\n"
            f"{words.facts}Changed: {words.day}\nShared: {words.until}\n\n"
            f"{words.see_and_stop}If you did not change it, contact {brand}.\n"
        ),
        short=(
            f"{brand}: you changed the authorisation to share data with {recipient}, now {words.until}. You can see "
            "and stop it on our data sharing dashboard. If you did not change it, contact us."
        ),
    )


def _withdrawn(words: _ReceiptWords) -> Written:
    brand, recipient = words.brand, words.recipient
    where = f"at {recipient}" if words.ended_by == "recipient" else f"at {brand}"
    return Written(
        subject=f"A data sharing authorisation at {brand} was withdrawn",
        text=(
            f"{words.whose} The authorisation was withdrawn {where}, by you or by somebody who may act for "
            f"{words.customer}. {brand} shares no more data under it.\n\n{words.facts}Withdrawn: {words.day}\n\n"
            f"{words.history}If you do not know of the withdrawal, contact {brand}.\n"
        ),
        short=(
            f"{brand}: the authorisation to share data with {recipient} was withdrawn {where} on {words.day}. We share "
            "no more data under it. If you do not know of the withdrawal, contact us."
        ),
    )


_WHY: Final[Mapping[EndedBy, str]] = {
    "retailer": "{brand} ended the authorisation on {day}, because it was asked to or because it had to.",
    "register": (
        "The authorisation ended on {day}, because {recipient} may no longer receive data under the Consumer Data "
        "Right."
    ),
    "ineligible": (
        "The authorisation ended on {day}, because the data can no longer be shared under the Consumer Data Right."
    ),
    "replay": "{brand} ended the authorisation on {day} to protect the data.",
}
"""Why an authorisation has ended that nobody has withdrawn."""


def _ended(words: _ReceiptWords) -> Written:
    brand, recipient = words.brand, words.recipient
    why = _WHY[words.ended_by or "retailer"].format(brand=brand, recipient=recipient, day=words.day)
    return Written(
        subject=f"A data sharing authorisation at {brand} has ended",
        text=(
            f"{words.whose} {why} {brand} shares no more data under it.\n\n{words.facts}Ended: {words.day}\n\n"
            f"{words.history}If you have a question, contact {brand}.\n"
        ),
        short=(
            f"{brand}: the authorisation to share data with {recipient} ended on {words.day}. We share no more "
            "data under it. If you have a question, contact us."
        ),
    )


def _expiring(words: _ReceiptWords) -> Written:
    brand, recipient = words.brand, words.recipient
    return Written(
        subject=f"A data sharing authorisation at {brand} ends soon",
        text=(
            f"You have authorised {brand} to share data with {recipient}. The authorisation ends on {words.day}. After "
            f"that, {brand} shares no more data under it.\n\n{words.facts}Ends: {words.day}\n\n"
            f"You need not do anything. {words.see_and_stop}"
        ),
        short=(
            f"{brand}: your authorisation to share data with {recipient} ends on {words.day}. You need not do anything."
        ),
    )


def _expired(words: _ReceiptWords) -> Written:
    brand, recipient = words.brand, words.recipient
    return Written(
        subject=f"A data sharing authorisation at {brand} has expired",
        text=(
            f"{words.whose} The authorisation expired on {words.day}. {brand} shares no more data under it.\n\n"
            f"{words.facts}Expired: {words.day}\n\nYou need not do anything. {words.history}"
        ),
        short=(
            f"{brand}: your authorisation to share data with {recipient} expired on {words.day}. We share no more data "
            "under it. You need not do anything."
        ),
    )


_TEXTS: Final[Mapping[About, Callable[[_ReceiptWords], Written]]] = {
    "receipt-given": _given,
    "receipt-changed": _changed,
    "receipt-withdrawn": _withdrawn,
    "receipt-ended": _ended,
    "receipt-expiring": _expiring,
    "receipt-expired": _expired,
}
