"""The texts of the receipts to the person who authorised.

They name the recipient and the accounts, and not the data. Who acts for the customer is named by role. A text message
names no account, because a phone shows it also while it is locked, and has no link: people are warned of links in text
messages.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from haas.language import comma_list, gettext, gettext_noop, ngettext
from tenants.arrangements.models import EndedBy
from tenants.holders.message_parts import (
    accounts_line,
    dashboard_of,
    day_of,
    message_text,
    removed_line,
    shared_line,
)
from tenants.holders.models import Receipt, Written
from tenants.notices.models import About
from tenants.notices.text_messages import short_name
from tenants.registry.models import Tenant


def written_receipt(about: About, receipt: Receipt, tenant: Tenant) -> Written:
    """Return a receipt without its address."""
    return _TEXTS[about](_ReceiptWords.of(receipt, tenant))


class _ReceiptWords(NamedTuple):
    """The values of the texts of a receipt."""

    brand: str
    recipient: str
    day: str
    until: str | None
    facts: tuple[str, ...]
    dashboard: str
    customer: str | None
    ended_by: EndedBy | None
    withdrawn_by: str | None

    @classmethod
    def of(cls, receipt: Receipt, tenant: Tenant) -> "_ReceiptWords":
        zone = tenant.settings.time_zone
        facts = [gettext("Data recipient: {recipient}", recipient=receipt.recipient)]
        if receipt.customer is not None:
            facts.append(gettext("Customer: {customer}", customer=receipt.customer))
        if receipt.accounts:
            facts.append(accounts_line(receipt.accounts))
        if receipt.pending:
            facts.append(_pending_line(receipt.pending))
        if receipt.removed:
            facts.append(removed_line(receipt.removed))
        return cls(
            brand=tenant.name,
            recipient=receipt.recipient,
            day=day_of(receipt.at, zone),
            until=None if receipt.until is None else day_of(receipt.until, zone),
            facts=tuple(facts),
            dashboard=dashboard_of(tenant),
            customer=receipt.customer,
            ended_by=receipt.ended_by,
            withdrawn_by=receipt.withdrawn_by,
        )

    def say(self, message: str) -> str:
        """Return a message with the values that it names."""
        return gettext(
            message, brand=self.brand, recipient=self.recipient, day=self.day, until=self.until,
            customer=self.customer, who=self.withdrawn_by,
        )  # fmt: skip

    @property
    def brief(self) -> "_ReceiptWords":
        """The values for a text message."""
        return self._replace(brand=short_name(self.brand), recipient=short_name(self.recipient))

    def stated(self, *more: str) -> str:
        """Return the lines with the facts, and more of them."""
        return "\n".join([*self.facts, *more])

    @property
    def see_and_stop(self) -> str:
        return gettext("You can see what is shared, and stop it at any time:") + f"\n{self.dashboard}"

    @property
    def history(self) -> str:
        return gettext("You can see what was shared:") + f"\n{self.dashboard}"


def _pending_line(names: Sequence[str]) -> str:
    return ngettext(
        "Shared when the other account holders have approved it: Account: {names}",
        "Shared when the other account holders have approved it: Accounts: {names}",
        len(names),
        names=comma_list(names),
    )


_GIVEN: Final = {
    False: gettext_noop("You have authorised {brand} to share data with {recipient}, until {until}."),
    True: gettext_noop("You have authorised {brand} to share data with {recipient}, once."),
}
_GIVEN_SHORT: Final = {
    False: gettext_noop(
        "{brand}: you authorised us to share data with {recipient}, until {until}. You can see and stop it on our data "
        "sharing dashboard. If you did not authorise this, contact us."
    ),
    True: gettext_noop(
        "{brand}: you authorised us to share data with {recipient}, once. You can see and stop it on our data sharing "
        "dashboard. If you did not authorise this, contact us."
    ),
}


def _given(words: _ReceiptWords) -> Written:
    return Written(
        subject=words.say(gettext_noop("You have authorised {brand} to share data")),
        text=message_text(
            words.say(_GIVEN[words.until is None]),
            words.stated(words.say(gettext_noop("Authorised: {day}")), shared_line(words.until)),
            words.see_and_stop,
            words.say(gettext_noop("If you did not authorise this, contact {brand}.")),
        ),
        short=words.brief.say(_GIVEN_SHORT[words.until is None]),
    )


_CHANGED_SHORT: Final = {
    False: gettext_noop(
        "{brand}: you changed the authorisation to share data with {recipient}, now until {until}. You can see and "
        "stop it on our data sharing dashboard. If you did not change it, contact us."
    ),
    True: gettext_noop(
        "{brand}: you changed the authorisation to share data with {recipient}, now once. You can see and stop it on "
        "our data sharing dashboard. If you did not change it, contact us."
    ),
}


def _changed(words: _ReceiptWords) -> Written:
    return Written(
        subject=words.say(gettext_noop("You have changed a data sharing authorisation at {brand}")),
        text=message_text(
            words.say(
                gettext_noop("You have changed the authorisation under which {brand} shares data with {recipient}.")
            ),
            words.stated(words.say(gettext_noop("Changed: {day}")), shared_line(words.until)),
            words.see_and_stop,
            words.say(gettext_noop("If you did not change it, contact {brand}.")),
        ),
        short=words.brief.say(_CHANGED_SHORT[words.until is None]),
    )


_WITHDRAWN_AT_RECIPIENT: Final = {
    # whether for another customer
    True: gettext_noop(
        "You had authorised {brand} to share data with {recipient}. The authorisation was withdrawn at {recipient}, by "
        "you or by somebody who may act for {customer}. {brand} shares no more data under it."
    ),
    False: gettext_noop(
        "You had authorised {brand} to share data with {recipient}. The authorisation was withdrawn at {recipient}, by "
        "you or by somebody who may act for you. {brand} shares no more data under it."
    ),
}
_WITHDRAWN_AT_BRAND: Final = {
    # whether by somebody else
    True: gettext_noop(
        "You had authorised {brand} to share data with {recipient}. {who} withdrew the authorisation at {brand}. "
        "{brand} shares no more data under it."
    ),
    False: gettext_noop(
        "You had authorised {brand} to share data with {recipient}. You withdrew the authorisation at {brand}. {brand} "
        "shares no more data under it."
    ),
}
_WITHDRAWN_SHORT: Final = {
    True: gettext_noop(
        "{brand}: the authorisation to share data with {recipient} was withdrawn at {recipient} on {day}. We share no "
        "more data under it. If you do not know of the withdrawal, contact us."
    ),
    False: gettext_noop(
        "{brand}: the authorisation to share data with {recipient} was withdrawn at {brand} on {day}. We share no more "
        "data under it. If you do not know of the withdrawal, contact us."
    ),
}


def _withdrawn(words: _ReceiptWords) -> Written:
    at_recipient = words.ended_by == "recipient"
    what = (
        _WITHDRAWN_AT_RECIPIENT[words.customer is not None]
        if at_recipient
        else _WITHDRAWN_AT_BRAND[words.withdrawn_by is not None]
    )
    return Written(
        subject=words.say(gettext_noop("A data sharing authorisation at {brand} was withdrawn")),
        text=message_text(
            words.say(what),
            words.stated(words.say(gettext_noop("Withdrawn: {day}"))),
            words.history,
            words.say(gettext_noop("If you do not know of the withdrawal, contact {brand}.")),
        ),
        short=words.brief.say(_WITHDRAWN_SHORT[at_recipient]),
    )


_WHY: Final[Mapping[EndedBy, str]] = {
    "retailer": gettext_noop(
        "You had authorised {brand} to share data with {recipient}. {brand} ended the authorisation on {day}, because "
        "it was asked to or because it had to. {brand} shares no more data under it."
    ),
    "register": gettext_noop(
        "You had authorised {brand} to share data with {recipient}. The authorisation ended on {day}, because "
        "{recipient} may no longer receive data under the Consumer Data Right. {brand} shares no more data under it."
    ),
    "ineligible": gettext_noop(
        "You had authorised {brand} to share data with {recipient}. The authorisation ended on {day}, because the data "
        "can no longer be shared under the Consumer Data Right. {brand} shares no more data under it."
    ),
    "replay": gettext_noop(
        "You had authorised {brand} to share data with {recipient}. {brand} ended the authorisation on {day} to "
        "protect the data. {brand} shares no more data under it."
    ),
}
"""Why an authorisation has ended that nobody has withdrawn."""


def _ended(words: _ReceiptWords) -> Written:
    return Written(
        subject=words.say(gettext_noop("A data sharing authorisation at {brand} has ended")),
        text=message_text(
            words.say(_WHY[words.ended_by or "retailer"]),
            words.stated(words.say(gettext_noop("Ended: {day}"))),
            words.history,
            words.say(gettext_noop("If you have a question, contact {brand}.")),
        ),
        short=words.brief.say(
            gettext_noop(
                "{brand}: the authorisation to share data with {recipient} ended on {day}. We share no more data under "
                "it. If you have a question, contact us."
            )
        ),
    )


def _expiring(words: _ReceiptWords) -> Written:
    return Written(
        subject=words.say(gettext_noop("A data sharing authorisation at {brand} ends soon")),
        text=message_text(
            words.say(
                gettext_noop(
                    "You have authorised {brand} to share data with {recipient}. The authorisation ends on {day}. "
                    "After that, {brand} shares no more data under it."
                )
            ),
            words.stated(words.say(gettext_noop("Ends: {day}"))),
            gettext("You need not do anything.") + f" {words.see_and_stop}\n",
        ),
        short=words.brief.say(
            gettext_noop(
                "{brand}: your authorisation to share data with {recipient} ends on {day}. You need not do anything."
            )
        ),
    )


def _expired(words: _ReceiptWords) -> Written:
    return Written(
        subject=words.say(gettext_noop("A data sharing authorisation at {brand} has expired")),
        text=message_text(
            words.say(
                gettext_noop(
                    "You had authorised {brand} to share data with {recipient}. The authorisation expired on {day}. "
                    "{brand} shares no more data under it."
                )
            ),
            words.stated(words.say(gettext_noop("Expired: {day}"))),
            gettext("You need not do anything.") + f" {words.history}\n",
        ),
        short=words.brief.say(
            gettext_noop(
                "{brand}: your authorisation to share data with {recipient} expired on {day}. We share no more data "
                "under it. You need not do anything."
            )
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
