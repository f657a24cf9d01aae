"""Times, durations and reasons as texts for a person, in the brand's time zone."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from haas.language import clock_time, day_text, gettext, gettext_noop, ngettext

_MINUTE, _HOUR = 60, 3_600
DAY: Final = 86_400
"""In seconds."""
_YEAR_DAYS: Final = 365

_REFUSED: Final = gettext_noop("We cannot share data of this account at present. Contact us to learn more.")
"""The same for every reason: another person may read it."""
UNAVAILABLE_REASONS: Final = {
    "sharing-off": gettext_noop(
        "Sharing is turned off for this joint account. An account holder can turn it on again on our data sharing "
        "dashboard, if the other holders agree."
    ),
    "secondary-user": gettext_noop(
        "You can use this account, but its holder has not given you permission to share its data."
    ),
    "no-open-account": gettext_noop("Data can only be shared by customers who have at least one open account with us."),
    "approval-pending": gettext_noop(
        "Its data is not shared before all account holders whose approval is needed have approved it."
    ),
    "approval-declined": gettext_noop(
        "Not all account holders whose approval is needed approved it, so its data is not shared."
    ),
    "approval-lapsed": gettext_noop("It was not approved in time, so its data is not shared."),
    "approval-withdrawn": gettext_noop(
        "The approval of an account holder was withdrawn, so its data is not shared any more."
    ),
    "ineligible": gettext_noop("Data of this account cannot be shared under the Consumer Data Right."),
    "refused-harm": _REFUSED,
    "refused-security": _REFUSED,
    "refused-account-blocked": _REFUSED,
    "refused-account-suspended": _REFUSED,
    "refused-data-standards": _REFUSED,
    "blocked": gettext_noop("Sharing from this account with this recipient was stopped."),
    "not-held": gettext_noop("You no longer have this account with us."),
}

STOPPED_REASONS: Final = {
    "secondary-user": gettext_noop(
        "Sharing from this account has stopped, because no permission of an account holder is in force. "
        "An account holder can give the permission again."
    ),
}
"""The texts for accounts whose sharing was authorised before, where they differ from those of `UNAVAILABLE_REASONS`.

They neither say which holder did something and when, nor address the reader, who may act for the customer (K-25).
"""

END_REASONS: Final = {
    # Only for who has stopped it: `apps.dashboard.status` names everybody else.
    "consumer": gettext_noop("You stopped sharing."),
    "recipient": gettext_noop("The recipient stopped it. You may have asked them to."),
    "retailer": gettext_noop("We stopped it, because you asked us to or because we had to."),
    "register": gettext_noop("The recipient may no longer receive data under the Consumer Data Right."),
    "expiry": gettext_noop("The agreed time was over."),
    "ineligible": gettext_noop("The data could no longer be shared under the Consumer Data Right."),
    "harm": gettext_noop("We stopped it, because you asked us to or because we had to."),
    "replay": gettext_noop("We stopped it to protect the data."),
}


def date(moment: datetime, zone: ZoneInfo) -> str:
    """Return "24 November 2026"."""
    return day_text(moment.astimezone(zone))


def time_of_day(moment: datetime, zone: ZoneInfo) -> str:
    """Return "3:42 pm AEDT"."""
    local = moment.astimezone(zone)
    return gettext("{time} {zone}", time=clock_time(local), zone=local.tzname())


def date_and_time(moment: datetime, zone: ZoneInfo) -> str:
    """Return "24 November 2026, 3:42 pm AEDT"."""
    return gettext("{day}, {time}", day=date(moment, zone), time=time_of_day(moment, zone))


def next_minute(moment: datetime) -> datetime:
    """Return the first full minute at or after a moment, for a time from which something is possible again."""
    minute = moment.replace(second=0, microsecond=0)
    return minute if minute == moment else minute + timedelta(minutes=1)


def duration(seconds: int) -> str:
    """Return "12 months", "90 days", "36 hours" or "10 minutes", in the largest unit that gives a whole number.

    If no unit does, the minutes are rounded down. Less than a minute is given in seconds.
    """
    if seconds == _YEAR_DAYS * DAY:
        return gettext("12 months")
    if seconds >= DAY and seconds % DAY == 0:
        return ngettext("{number} day", "{number} days", seconds // DAY)
    if seconds >= _HOUR and seconds % _HOUR == 0:
        return ngettext("{number} hour", "{number} hours", seconds // _HOUR)
    if seconds >= _MINUTE:
        return ngettext("{number} minute", "{number} minutes", seconds // _MINUTE)
    return ngettext("{number} second", "{number} seconds", seconds)


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """How long data is shared (CDS, Requesting Sharing Duration), as texts."""

    once: bool
    text: str
    explanation: str
    starts_at: datetime
    ends_at: datetime


def period(seconds: int, starts_at: datetime, ends_at: datetime) -> Period:
    """Return the texts for a sharing duration in seconds. For a duration of up to 24 hours, data is collected once."""
    text, explanation = gettext("Once only") if seconds <= DAY else duration(seconds), ""
    if seconds <= 0:
        explanation = gettext("The data is collected once, right after you authorise.")
    elif seconds <= DAY:
        explanation = gettext(
            "The data is collected once, within {duration} after you authorise.", duration=duration(seconds)
        )
    return Period(once=seconds <= DAY, text=text, explanation=explanation, starts_at=starts_at, ends_at=ends_at)
