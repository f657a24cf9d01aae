"""The texts of the notices to the holders of an account.

They name the recipient and the account, and never a person: not who had authorised, and not who did not approve.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from haas.language import gettext, gettext_noop
from tenants.holders.approval_text import APPROVAL_WITHDRAWN, DECLINED, LAPSED, approval_asked, not_approved
from tenants.holders.event_words import EventWords
from tenants.holders.message_parts import message_text, shared_line
from tenants.holders.models import Addressee, Event, Receiver, Written
from tenants.notices.models import About, EmailPayload, LetterPayload, SmsPayload
from tenants.notices.outbox import NoticeKind
from tenants.parties.models import is_told_by_sms
from tenants.registry.models import Tenant

_KINDS: Final[dict[type[msgspec.Struct], NoticeKind]] = {
    EmailPayload: "email",
    SmsPayload: "sms",
    LetterPayload: "letter",
}


def written(about: About, event: Event, tenant: Tenant) -> Written:
    """Return the notice without its address."""
    return _TEXTS[about](EventWords.of(event, tenant))


def addressed(notice: Written, to: Addressee, contact: Receiver | None) -> EmailPayload | SmsPayload | LetterPayload:
    """Address a notice as the person wants to be told: by email, by text message or by post.

    If the way is not known, or its contact is missing, it is the email address, else the mobile number, else a letter.
    """
    name = to.name if contact is None else contact.name
    if contact is not None and contact.channel != "post":
        if contact.email and not is_told_by_sms(contact.channel, contact.email, contact.mobile):
            return EmailPayload(to=contact.email, subject=notice.subject, text=_letter(name, notice))
        if contact.mobile:
            return SmsPayload(to=contact.mobile, text=notice.short)
    return LetterPayload(customer_reference=to.reference, to=name, subject=notice.subject, text=_letter(name, notice))


def _letter(name: str, notice: Written) -> str:
    return gettext("Dear {name},", name=name) + f"\n\n{notice.text}"


def kind_of(payload: EmailPayload | SmsPayload | LetterPayload) -> NoticeKind:
    """Return the kind of notice with this payload."""
    return _KINDS[type(payload)]


_GIVEN: Final = {
    (False, False): gettext_noop(
        "Another holder of an energy account that you hold has authorised {brand} to share data about it with "
        "{recipient}, until {until}."
    ),
    (False, True): gettext_noop(
        "Another holder of an energy account that you hold has authorised {brand} to share data about it with "
        "{recipient}, once."
    ),
    (True, False): gettext_noop(
        "Somebody who may use an energy account that you hold has authorised {brand} to share data about it with "
        "{recipient}, until {until}."
    ),
    (True, True): gettext_noop(
        "Somebody who may use an energy account that you hold has authorised {brand} to share data about it with "
        "{recipient}, once."
    ),
}
_GIVEN_SHORT: Final = {
    False: gettext_noop(
        "{brand}: another account holder authorised us to share data about {accounts} with {recipient}, until {until}. "
        "You can stop it on our data sharing dashboard."
    ),
    True: gettext_noop(
        "{brand}: another account holder authorised us to share data about {accounts} with {recipient}, once. You can "
        "stop it on our data sharing dashboard."
    ),
}


def _given(words: EventWords) -> Written:
    stated = words.stated(words.say(gettext_noop("Authorised: {day}")), shared_line(words.until))
    return Written(
        subject=words.say(gettext_noop("Data about your energy account at {brand} is shared")),
        text=message_text(words.say(_GIVEN[words.kind]), stated, *words.see_and_stop),
        short=words.brief.say(_GIVEN_SHORT[words.until is None]),
    )


_AMENDED: Final = {
    False: gettext_noop(
        "Another holder of an energy account that you hold has changed an authorisation under which {brand} shares "
        "data with {recipient}."
    ),
    True: gettext_noop(
        "Somebody who may use an energy account that you hold has changed an authorisation under which {brand} shares "
        "data with {recipient}."
    ),
}


def _amended(words: EventWords) -> Written:
    stated = words.stated(
        words.say(gettext_noop("Changed: {day}")), *([shared_line(words.until)] if words.accounts else [])
    )
    brief = words.brief
    short = [brief.say(gettext_noop("{brand}: an authorisation to share data with {recipient} was changed on {day}."))]
    if words.accounts:
        once, until = (
            gettext_noop("Now shared: {accounts}, once."),
            gettext_noop("Now shared: {accounts}, until {until}."),
        )
        short.append(brief.say(once if words.until is None else until))
    if words.removed:
        short.append(brief.say(gettext_noop("No longer shared: {removed}.")))
    return Written(
        subject=words.say(gettext_noop("A data sharing authorisation at {brand} has changed")),
        text=message_text(words.say(_AMENDED[words.is_of_user]), stated, *words.see_and_stop),
        short=" ".join(short),
    )


class _Over(NamedTuple):
    """The messages about an authorisation that is not in force any more."""

    subject: str
    of_holder: str
    of_user: str
    fact: str
    short: str


_WITHDRAWN: Final = _Over(
    subject=gettext_noop("A data sharing authorisation at {brand} was withdrawn"),
    of_holder=gettext_noop(
        "Another holder of an energy account that you hold had authorised {brand} to share data about it with "
        "{recipient}. The authorisation was withdrawn on {day}. {brand} shares no more data under it."
    ),
    of_user=gettext_noop(
        "Somebody who may use an energy account that you hold had authorised {brand} to share data about it with "
        "{recipient}. The authorisation was withdrawn on {day}. {brand} shares no more data under it."
    ),
    fact=gettext_noop("Withdrawn: {day}"),
    short=gettext_noop(
        "{brand}: an authorisation to share data about {accounts} with {recipient} was withdrawn on {day}. We share no "
        "more data under it. You need not do anything."
    ),
)
_ENDED: Final = _Over(
    subject=gettext_noop("A data sharing authorisation at {brand} has ended"),
    of_holder=gettext_noop(
        "Another holder of an energy account that you hold had authorised {brand} to share data about it with "
        "{recipient}. The authorisation ended on {day}. {brand} shares no more data under it."
    ),
    of_user=gettext_noop(
        "Somebody who may use an energy account that you hold had authorised {brand} to share data about it with "
        "{recipient}. The authorisation ended on {day}. {brand} shares no more data under it."
    ),
    fact=gettext_noop("Ended: {day}"),
    short=gettext_noop(
        "{brand}: an authorisation to share data about {accounts} with {recipient} ended on {day}. We share no more "
        "data under it. You need not do anything."
    ),
)
_EXPIRED: Final = _Over(
    subject=gettext_noop("A data sharing authorisation at {brand} has expired"),
    of_holder=gettext_noop(
        "Another holder of an energy account that you hold had authorised {brand} to share data about it with "
        "{recipient}. The authorisation expired on {day}. {brand} shares no more data under it."
    ),
    of_user=gettext_noop(
        "Somebody who may use an energy account that you hold had authorised {brand} to share data about it with "
        "{recipient}. The authorisation expired on {day}. {brand} shares no more data under it."
    ),
    fact=gettext_noop("Expired: {day}"),
    short=gettext_noop(
        "{brand}: an authorisation to share data about {accounts} with {recipient} expired on {day}. We share no more "
        "data under it. You need not do anything."
    ),
)


def _over(messages: _Over) -> Callable[[EventWords], Written]:
    """Return the text of an authorisation that is not in force any more."""

    def text(words: EventWords) -> Written:
        return Written(
            subject=words.say(messages.subject),
            text=message_text(
                words.say(messages.of_user if words.is_of_user else messages.of_holder),
                words.stated(words.say(messages.fact)),
                gettext("You need not do anything."),
            ),
            short=words.brief.say(messages.short),
        )

    return text


_TEXTS: Final[Mapping[About, Callable[[EventWords], Written]]] = {
    "authorisation-given": _given,
    "authorisation-amended": _amended,
    "authorisation-withdrawn": _over(_WITHDRAWN),
    "authorisation-ended": _over(_ENDED),
    "authorisation-expired": _over(_EXPIRED),
    "approval-asked": approval_asked,
    "approval-declined": not_approved(DECLINED),
    "approval-lapsed": not_approved(LAPSED),
    "approval-withdrawn": not_approved(APPROVAL_WITHDRAWN),
}
