"""The texts of the notices to the holders of an account.

They name the recipient and the account, and never a person: not who had authorised, and not who did not approve.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from haas.language import comma_list, day_text, gettext, gettext_noop, ngettext
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
            return EmailPayload(to=contact.email, subject=notice.subject, text=_letter(name, notice))
        if contact.mobile:
            return SmsPayload(to=contact.mobile, text=notice.short)
    return LetterPayload(customer_reference=to.reference, to=name, subject=notice.subject, text=_letter(name, notice))


def _letter(name: str, notice: Written) -> str:
    return f"{gettext('Dear {name},', name=name)}\n\n{notice.text}"


def kind_of(payload: EmailPayload | SmsPayload | LetterPayload) -> NoticeKind:
    """Return the kind of notice with this payload."""
    return _KINDS[type(payload)]


def day_of(at: datetime, time_zone: str) -> str:
    """Return for example "3 March 2026", the day of a moment in the time zone of the brand."""
    return day_text(at.astimezone(ZoneInfo(time_zone)))


def dashboard_of(tenant: Tenant) -> str:
    """Return the address of the dashboard, on which holders see what is shared and decide (K-12)."""
    return f"{tenant.issuer}/dashboard"


def other_way(brand: str) -> str:
    """Return what a person can do who cannot use the page that the message names."""
    return gettext("If you cannot use this page, contact {brand}.", brand=brand)


def accounts_line(names: Sequence[str]) -> str:
    """Return the line of a message that names accounts."""
    return ngettext("Account: {names}", "Accounts: {names}", len(names), names=comma_list(names))


def removed_line(names: Sequence[str]) -> str:
    """Return the line of a message that names accounts which an amendment has removed."""
    return ngettext(
        "No longer shared: Account: {names}", "No longer shared: Accounts: {names}", len(names), names=comma_list(names)
    )


def shared_line(until: str | None) -> str:
    """Return the line of a message that says for how long data is shared; None: once."""
    return gettext("Shared: once") if until is None else gettext("Shared: until {day}", day=until)


def message_text(*paragraphs: str) -> str:
    """Return the text of a message with these paragraphs."""
    return "\n\n".join(paragraphs) + "\n"


class _Words(NamedTuple):
    """The values of the texts about an event."""

    brand: str
    dashboard: str
    """The address of the dashboard."""
    recipient: str
    accounts: str
    removed: str
    day: str
    until: str | None
    due: str | None
    is_of_user: bool
    facts: tuple[str, ...]

    @property
    def kind(self) -> tuple[bool, bool]:
        """Whether a secondary user had authorised, and whether it was for once."""
        return self.is_of_user, self.until is None

    def say(self, message: str) -> str:
        """Return a message with the values that it names."""
        return gettext(
            message, brand=self.brand, recipient=self.recipient, accounts=self.accounts, removed=self.removed,
            day=self.day, until=self.until, due=self.due,
        )  # fmt: skip

    def stated(self, *more: str) -> str:
        """Return the lines with the facts, and more of them."""
        return "\n".join([*self.facts, *more])

    @property
    def see_and_stop(self) -> tuple[str, str]:
        """Where a holder sees what is shared, and stops it."""
        need_not = gettext("You need not do anything.")
        here = gettext("You can see what is shared, and stop it for the account, here:")
        return f"{need_not} {here}\n{self.dashboard}", other_way(self.brand)

    @classmethod
    def of(cls, event: Event, tenant: Tenant) -> "_Words":
        zone = tenant.settings.time_zone
        facts = [gettext("Data recipient: {recipient}", recipient=event.recipient)]
        if event.accounts:
            facts.append(accounts_line(event.accounts))
        if event.removed:
            facts.append(removed_line(event.removed))
        return cls(
            brand=tenant.name,
            dashboard=dashboard_of(tenant),
            recipient=event.recipient,
            accounts=comma_list(event.accounts),
            removed=comma_list(event.removed),
            day=day_of(event.at, zone),
            until=None if event.until is None else day_of(event.until, zone),
            due=None if event.due_at is None else day_of(event.due_at, zone),
            is_of_user=event.is_of_user,
            facts=tuple(facts),
        )


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


def _given(words: _Words) -> Written:
    stated = words.stated(words.say(gettext_noop("Authorised: {day}")), shared_line(words.until))
    return Written(
        subject=words.say(gettext_noop("Data about your energy account at {brand} is shared")),
        text=message_text(words.say(_GIVEN[words.kind]), stated, *words.see_and_stop),
        short=words.say(_GIVEN_SHORT[words.until is None]),
    )


_AMENDED: Final = {
    False: gettext_noop(
        "Another holder of an energy account that you hold has changed an authorisation under which {brand} shares data "
        "with {recipient}."
    ),
    True: gettext_noop(
        "Somebody who may use an energy account that you hold has changed an authorisation under which {brand} shares "
        "data with {recipient}."
    ),
}


def _amended(words: _Words) -> Written:
    stated = words.stated(
        words.say(gettext_noop("Changed: {day}")), *([shared_line(words.until)] if words.accounts else [])
    )
    short = [words.say(gettext_noop("{brand}: an authorisation to share data with {recipient} was changed on {day}."))]
    if words.accounts:
        once, until = (
            gettext_noop("Now shared: {accounts}, once."),
            gettext_noop("Now shared: {accounts}, until {until}."),
        )
        short.append(words.say(once if words.until is None else until))
    if words.removed:
        short.append(words.say(gettext_noop("No longer shared: {removed}.")))
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


def _over(messages: _Over) -> Callable[[_Words], Written]:
    """Return the text of an authorisation that is not in force any more."""

    def text(words: _Words) -> Written:
        return Written(
            subject=words.say(messages.subject),
            text=message_text(
                words.say(messages.of_user if words.is_of_user else messages.of_holder),
                words.stated(words.say(messages.fact)),
                gettext("You need not do anything."),
            ),
            short=words.say(messages.short),
        )

    return text


_ASKED: Final = {
    (False, False): gettext_noop(
        "Another holder of an energy account that you hold has authorised {brand} to share data about it with "
        "{recipient}, until {until}. {brand} shares this data only if all account holders approve it."
    ),
    (False, True): gettext_noop(
        "Another holder of an energy account that you hold has authorised {brand} to share data about it with "
        "{recipient}, once. {brand} shares this data only if all account holders approve it."
    ),
    (True, False): gettext_noop(
        "Somebody who may use an energy account that you hold has authorised {brand} to share data about it with "
        "{recipient}, until {until}. {brand} shares this data only if all account holders approve it."
    ),
    (True, True): gettext_noop(
        "Somebody who may use an energy account that you hold has authorised {brand} to share data about it with "
        "{recipient}, once. {brand} shares this data only if all account holders approve it."
    ),
}


def _asked(words: _Words) -> Written:
    stated = words.stated(
        words.say(gettext_noop("Authorised: {day}")),
        shared_line(words.until),
        words.say(gettext_noop("Approve or decline by: {due}")),
    )
    here = gettext("If you do nothing, the data is not shared. You can approve or decline here:")
    return Written(
        subject=words.say(gettext_noop("Your approval is needed to share data about your energy account at {brand}")),
        text=message_text(words.say(_ASKED[words.kind]), stated, f"{here}\n{words.dashboard}", other_way(words.brand)),
        short=words.say(
            gettext_noop(
                "{brand}: your approval is needed by {due} to share data about {accounts} with {recipient}. You can "
                "approve or decline on our data sharing dashboard. If you do nothing, the data is not shared."
            )
        ),
    )


class _NotApproved(NamedTuple):
    """The messages about an account that is not shared."""

    text: str
    fact: str
    short: str


_DECLINED: Final = _NotApproved(
    text=gettext_noop(
        "You authorised {brand} to share data from a joint account with {recipient}. Not all account holders whose "
        "approval is needed approved it, so {brand} does not share data from it under this authorisation."
    ),
    fact=gettext_noop("Decided: {day}"),
    short=gettext_noop(
        "{brand}: data from {accounts} is not shared with {recipient}. Not all account holders whose approval is needed "
        "approved it. Your other accounts are not affected."
    ),
)
_LAPSED: Final = _NotApproved(
    text=gettext_noop(
        "You authorised {brand} to share data from a joint account with {recipient}. The account holders whose approval "
        "is needed did not all approve it in time, so {brand} does not share data from it under this authorisation."
    ),
    fact=gettext_noop("Time limit: {day}"),
    short=gettext_noop(
        "{brand}: data from {accounts} is not shared with {recipient}. The account holders whose approval is needed did "
        "not all approve it in time. Your other accounts are not affected."
    ),
)
_APPROVAL_WITHDRAWN: Final = _NotApproved(
    text=gettext_noop(
        "You authorised {brand} to share data from a joint account with {recipient}. The approval of an account holder "
        "was withdrawn, so {brand} does not share data from it under this authorisation."
    ),
    fact=_WITHDRAWN.fact,
    short=gettext_noop(
        "{brand}: data from {accounts} is not shared with {recipient}. The approval of an account holder was withdrawn. "
        "Your other accounts are not affected."
    ),
)


def _not_approved(messages: _NotApproved) -> Callable[[_Words], Written]:
    """Return the text of an account that is not shared."""

    def text(words: _Words) -> Written:
        return Written(
            subject=words.say(gettext_noop("Data from a joint account at {brand} is not shared")),
            text=message_text(
                words.say(messages.text),
                words.stated(words.say(messages.fact)),
                gettext("Your other accounts are not affected."),
            ),
            short=words.say(messages.short),
        )

    return text


_TEXTS: Final[Mapping[About, Callable[[_Words], Written]]] = {
    "authorisation-given": _given,
    "authorisation-amended": _amended,
    "authorisation-withdrawn": _over(_WITHDRAWN),
    "authorisation-ended": _over(_ENDED),
    "authorisation-expired": _over(_EXPIRED),
    "approval-asked": _asked,
    "approval-declined": _not_approved(_DECLINED),
    "approval-lapsed": _not_approved(_LAPSED),
    "approval-withdrawn": _not_approved(_APPROVAL_WITHDRAWN),
}
