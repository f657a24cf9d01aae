"""The texts of the notices to the holders of an account.

They name the recipient and the account, and never a person: not who had authorised, and not who did not approve.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from tenants.holders.models import Addressee, Event, Receiver, Written
from tenants.notices.models import About, EmailPayload, LetterPayload, SmsPayload
from tenants.notices.outbox import NoticeKind
from tenants.registry.models import Tenant

_KINDS: Final[dict[type[msgspec.Struct], NoticeKind]] = {
    EmailPayload: "email",
    SmsPayload: "sms",
    LetterPayload: "letter",
}


def written(about: About, event: Event, tenant: Tenant) -> Written:
    """Return the notice without its address."""
    return _TEXTS[about](_Words.of(event, tenant))


def addressed(notice: Written, to: Addressee, contact: Receiver | None) -> EmailPayload | SmsPayload | LetterPayload:
    """Address a notice as the person wants to be told: by email, by text message or by post.

    If the way is not known, or its contact is missing, it is the email address, else the mobile number, else a letter.
    """
    name = to.name if contact is None else contact.name
    if contact is not None and contact.channel != "post":
        prefers_sms = contact.channel == "sms" and contact.mobile is not None
        if contact.email and not prefers_sms:
            return EmailPayload(to=contact.email, subject=notice.subject, text=f"Dear {name},\n\n{notice.text}")
        if contact.mobile:
            return SmsPayload(to=contact.mobile, text=notice.short)
    return LetterPayload(
        customer_reference=to.reference, to=name, subject=notice.subject, text=f"Dear {name},\n\n{notice.text}"
    )


def kind_of(payload: EmailPayload | SmsPayload | LetterPayload) -> NoticeKind:
    """Return the kind of notice with this payload."""
    return _KINDS[type(payload)]


def day_of(at: datetime, time_zone: str) -> str:
    """Return for example "3 March 2026", the day of a moment in the time zone of the brand."""
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {local:%B %Y}"


def dashboard_of(tenant: Tenant) -> str:
    """Return the address of the dashboard, on which holders see what is shared and decide (K-12)."""
    return f"{tenant.issuer}/dashboard"


class _Words(NamedTuple):
    """The words of an event."""

    brand: str
    dashboard: str
    """The address of the dashboard."""
    recipient: str
    accounts: str
    removed: str
    day: str
    until: str | None
    due: str | None
    who: str
    facts: str

    @property
    def see_and_stop(self) -> str:
        """Where a holder sees what is shared, and stops it."""
        return (
            f"You can see what is shared, and stop it for the account, here:\n{self.dashboard}\n\n"
            f"If you cannot use this page, contact {self.brand}.\n"
        )

    @classmethod
    def of(cls, event: Event, tenant: Tenant) -> "_Words":
        zone = tenant.settings.time_zone
        who = "Somebody who may use" if event.is_of_user else "Another holder of"
        accounts, removed = ", ".join(event.accounts), ", ".join(event.removed)
        facts = f"Data recipient: {event.recipient}\n"
        for label, names, joined in (("", event.accounts, accounts), ("No longer shared: ", event.removed, removed)):
            if names:
                facts += f"{label}{'Account' if len(names) == 1 else 'Accounts'}: {joined}\n"
        return cls(
            brand=tenant.name,
            dashboard=dashboard_of(tenant),
            recipient=event.recipient,
            accounts=accounts,
            removed=removed,
            day=day_of(event.at, zone),
            until=None if event.until is None else day_of(event.until, zone),
            due=None if event.due_at is None else day_of(event.due_at, zone),
            who=f"{who} an energy account that you hold",
            facts=facts,
        )


def _given(words: _Words) -> Written:
    brand, recipient = words.brand, words.recipient
    how_long = "once" if words.until is None else f"until {words.until}"
    return Written(
        subject=f"Data about your energy account at {brand} is shared",
        text=(
            f"{words.who} has authorised {brand} to share data about it with {recipient}, {how_long}.\n\n"
            f"{words.facts}Authorised: {words.day}\nShared: {how_long}\n\n"
            f"You need not do anything. {words.see_and_stop}"
        ),
        short=(
            f"{brand}: another account holder authorised us to share data about {words.accounts} with {recipient}, "
            f"{how_long}. You can stop it on our data sharing dashboard."
        ),
    )


def _amended(words: _Words) -> Written:
    brand, recipient = words.brand, words.recipient
    how_long = "once" if words.until is None else f"until {words.until}"
    until = f"Shared: {how_long}\n" if words.accounts else ""
    now = f"Now shared: {words.accounts}, {how_long}. " if words.accounts else ""
    no_more = f"No longer shared: {words.removed}. " if words.removed else ""
    return Written(
        subject=f"A data sharing authorisation at {brand} has changed",
        text=(
            f"{words.who} has changed an authorisation under which {brand} shares data with {recipient}.\n\n"
            f"{words.facts}Changed: {words.day}\n{until}\n"
            f"You need not do anything. {words.see_and_stop}"
        ),
        short=f"{brand}: an authorisation to share data with {recipient} was changed on {words.day}. {now}{no_more}",
    )


def _over(what: str, fact: str) -> Callable[[_Words], Written]:
    """Return the text of an authorisation that is not in force any more. `what` is for example "has expired"."""

    def text(words: _Words) -> Written:
        brand, recipient = words.brand, words.recipient
        return Written(
            subject=f"A data sharing authorisation at {brand} {what}",
            text=(
                f"{words.who} had authorised {brand} to share data about it with {recipient}. The authorisation "
                f"{fact} on {words.day}. {brand} shares no more data under it.\n\n"
                f"{words.facts}{fact.removeprefix('was ').capitalize()}: {words.day}\n\nYou need not do anything.\n"
            ),
            short=(
                f"{brand}: an authorisation to share data about {words.accounts} with {recipient} {fact} on "
                f"{words.day}. We share no more data under it. You need not do anything."
            ),
        )

    return text


def _asked(words: _Words) -> Written:
    brand, recipient = words.brand, words.recipient
    how_long = "once" if words.until is None else f"until {words.until}"
    return Written(
        subject=f"Your approval is needed to share data about your energy account at {brand}",
        text=(
            f"{words.who} has authorised {brand} to share data about it with {recipient}, {how_long}. {brand} shares "
            f"this data only if all account holders approve it.\n\n{words.facts}Authorised: {words.day}\n"
            f"Shared: {how_long}\nApprove or decline by: {words.due}\n\n"
            f"If you do nothing, the data is not shared. You can approve or decline here:\n{words.dashboard}\n\n"
            f"If you cannot use this page, contact {brand}.\n"
        ),
        short=(
            f"{brand}: your approval is needed by {words.due} to share data about {words.accounts} with {recipient}. "
            "You can approve or decline on our data sharing dashboard. If you do nothing, the data is not shared."
        ),
    )


def _not_approved(how: str, when: str) -> Callable[[_Words], Written]:
    """Return the text of an account that is not shared. `how` says why, and `when` what the day is."""

    def text(words: _Words) -> Written:
        brand, recipient = words.brand, words.recipient
        return Written(
            subject=f"Data from a joint account at {brand} is not shared",
            text=(
                f"You authorised {brand} to share data from a joint account with {recipient}. {how}, so {brand} does "
                f"not share data from it under this authorisation.\n\n{words.facts}{when}: {words.day}\n\n"
                "Your other accounts are not affected.\n"
            ),
            short=(
                f"{brand}: data from {words.accounts} is not shared with {recipient}. {how}. "
                "Your other accounts are not affected."
            ),
        )

    return text


_TEXTS: Final[Mapping[About, Callable[[_Words], Written]]] = {
    "authorisation-given": _given,
    "authorisation-amended": _amended,
    "authorisation-withdrawn": _over("was withdrawn", "was withdrawn"),
    "authorisation-ended": _over("has ended", "ended"),
    "authorisation-expired": _over("has expired", "expired"),
    "approval-asked": _asked,
    "approval-declined": _not_approved("Not all account holders whose approval is needed approved it", "Decided"),
    "approval-lapsed": _not_approved(
        "The account holders whose approval is needed did not all approve it in time", "Time limit"
    ),
    "approval-withdrawn": _not_approved("The approval of an account holder was withdrawn", "Withdrawn"),
}
