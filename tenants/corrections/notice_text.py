"""The text of the notice that data was wrong when it was disclosed (CDR Rules 7.10, privacy safeguard 11)."""

from collections.abc import Mapping
from typing import Final

from haas.language import day_text, gettext, gettext_noop
from tenants.corrections.models import Disclosed, DisclosureFinding
from tenants.data_language import clusters
from tenants.notices.models import EmailPayload, SmsPayload
from tenants.notices.text_messages import short_name
from tenants.parties.models import is_told_by_sms

_DATA: Final = {
    "usage": (
        gettext_noop("Data: {cluster}: meter readings on {first_day}"),
        gettext_noop("Data: {cluster}: meter readings from {first_day} to {last_day}"),
    ),
    "invoice": (
        gettext_noop("Data: {cluster}: invoices on {first_day}"),
        gettext_noop("Data: {cluster}: invoices from {first_day} to {last_day}"),
    ),
    "transaction": (
        gettext_noop("Data: {cluster}: charges and payments on {first_day}"),
        gettext_noop("Data: {cluster}: charges and payments from {first_day} to {last_day}"),
    ),
}
"""Which data was wrong: of one day, and of a period."""
_SHORT: Final = {
    "usage": (
        gettext_noop("meter readings on {first_day}"),
        gettext_noop("meter readings from {first_day} to {last_day}"),
    ),
    "invoice": (gettext_noop("invoices on {first_day}"), gettext_noop("invoices from {first_day} to {last_day}")),
    "transaction": (
        gettext_noop("charges and payments on {first_day}"),
        gettext_noop("charges and payments from {first_day} to {last_day}"),
    ),
}
"""The same in a text message."""


def notice_text(
    brand_name: str, finding: DisclosureFinding, disclosed: Disclosed, cluster: str, account: str
) -> EmailPayload | SmsPayload | None:
    """Return the notice for the person who authorised, or None if the person has no email address and no mobile number.

    It names the recipient, the data, the dates on which it was disclosed, and the right to have the corrected data
    disclosed. It contains no value of the data. `account` is the name of the account.

    Nobody else is told, also not the other holders of a joint account: the duty is towards the consumer for whom the
    data was disclosed, and the rules that name the notices to other holders (4A.7(3), 4A.14(1)) do not have this one.
    """
    [named] = clusters([cluster], "person")
    days = {"first_day": day_text(finding.first_day), "last_day": day_text(finding.last_day)}
    is_period = finding.first_day != finding.last_day
    names = {"brand": brand_name, "recipient": disclosed.recipient}
    if disclosed.email and not is_told_by_sms(disclosed.channel, disclosed.email, disclosed.mobile):
        facts = [
            gettext("Recipient: {recipient}", recipient=disclosed.recipient),
            gettext("Account: {names}", names=account),
            gettext(_DATA[finding.resource][is_period], cluster=named.title, **days),
            _shared(disclosed),
        ]
        paragraphs = [
            gettext("Dear {name},", name=disclosed.person),
            gettext(
                "With your consent, {brand} shared data with {recipient}. We have found that some of it was incorrect "
                "when we shared it.",
                **names,
            ),
            "\n".join(facts),
            gettext(
                "The data is corrected now. You have the right to have the corrected data shared with {recipient}. If "
                "you want that, tell {brand}. You need not give a reason, and there is no charge.",
                **names,
            ),
        ]
        subject = gettext("Incorrect data that {brand} shared", brand=brand_name)
        return EmailPayload(to=disclosed.email, subject=subject, text="\n\n".join(paragraphs) + "\n")
    if disclosed.mobile:
        what = gettext(_SHORT[finding.resource][is_period], **days)
        return SmsPayload(
            to=disclosed.mobile,
            text=_short(disclosed, {name: short_name(value) for name, value in names.items()}, what),
        )
    return None


def _shared(disclosed: Disclosed) -> str:
    first, last = day_text(disclosed.first_day), day_text(disclosed.last_day)
    if disclosed.first_day == disclosed.last_day:
        return gettext("Shared: on {day}", day=first)
    return gettext("Shared: from {first_day} to {last_day}", first_day=first, last_day=last)


def _short(disclosed: Disclosed, names: Mapping[str, str], what: str) -> str:
    first, last = day_text(disclosed.first_day), day_text(disclosed.last_day)
    if disclosed.first_day == disclosed.last_day:
        return gettext(
            "{brand}: some data that we shared with {recipient} on {day} was incorrect: {what}. It is corrected now. "
            "You can ask us to share the corrected data.",
            day=first,
            what=what,
            **names,
        )
    return gettext(
        "{brand}: some data that we shared with {recipient} from {first_day} to {last_day} was incorrect: {what}. It "
        "is corrected now. You can ask us to share the corrected data.",
        first_day=first,
        last_day=last,
        what=what,
        **names,
    )
