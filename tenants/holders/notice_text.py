"""The texts of the notices to the holders of an account.

They name the recipient and the account, and never a person: not who had authorised, and not who did not approve.
"""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from tenants.holders.models import Addressee, Event, Receiver
from tenants.notices.models import About, EmailPayload, LetterPayload, SmsPayload
from tenants.notices.outbox import NoticeKind
from tenants.registry.models import Tenant

_KINDS: Final[dict[type[msgspec.Struct], NoticeKind]] = {
    EmailPayload: "email",
    SmsPayload: "sms",
    LetterPayload: "letter",
}


class Written(msgspec.Struct, frozen=True):
    """A notice as it is written for one addressee."""

    subject: str
    text: str
    short: str
    """For a text message."""


def written(about: About, event: Event, tenant: Tenant) -> Written:
    """Return the notice without its address."""
    brand, day = tenant.name, _day(event.at, tenant.settings.time_zone)
    accounts = ", ".join(event.accounts)
    its = "Account" if len(event.accounts) == 1 else "Accounts"
    facts = f"Data recipient: {event.recipient}\n{its}: {accounts}\n"
    if about == "authorisation-expired":
        who = "Somebody who may use" if event.is_of_user else "Another holder of"
        return Written(
            subject=f"A data sharing authorisation at {brand} has expired",
            text=(
                f"{who} an energy account that you hold had authorised {brand} to share data about it with "
                f"{event.recipient}. The authorisation expired on {day}. {brand} shares no more data under it.\n\n"
                f"{facts}Expired: {day}\n\nYou need not do anything.\n"
            ),
            short=(
                f"{brand}: an authorisation to share data about {accounts} with {event.recipient} expired on {day}. "
                "We share no more data under it. You need not do anything."
            ),
        )
    return Written(
        subject=f"Data from a joint account at {brand} is not shared",
        text=(
            f"You authorised {brand} to share data from a joint account with {event.recipient}. The account holders "
            f"whose approval is needed did not all approve it in time, so {brand} does not share data from it under "
            f"this authorisation.\n\n{facts}Time limit: {day}\n\nYour other accounts are not affected.\n"
        ),
        short=(
            f"{brand}: data from {accounts} is not shared with {event.recipient}, because not all account holders "
            "approved it in time. Your other accounts are not affected."
        ),
    )


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


def _day(at: datetime, time_zone: str) -> str:
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {local:%B %Y}"
