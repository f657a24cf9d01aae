"""Times, durations and reasons as texts for a person, in the brand's time zone."""

from datetime import date as calendar_day
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

_MINUTE, _HOUR = 60, 3_600
DAY: Final = 86_400
"""In seconds."""
_YEAR_DAYS: Final = 365
_NOON: Final = 12

_REFUSED: Final = "We cannot share data of this account at present. Contact us to learn more."
"""The same for every reason: another person may read it."""
UNAVAILABLE_REASONS: Final = {
    "sharing-off": "Sharing is turned off for this joint account. An account holder can ask us to turn it on again.",
    "secondary-user": "You can use this account, but its holder has not given you permission to share its data.",
    "no-open-account": "Data can only be shared by customers who have at least one open account with us.",
    "approval-pending": "Its data is not shared before all account holders whose approval is needed have approved it.",
    "approval-declined": "Not all account holders whose approval is needed approved it, so its data is not shared.",
    "approval-lapsed": "It was not approved in time, so its data is not shared.",
    "approval-withdrawn": "The approval of an account holder was withdrawn, so its data is not shared any more.",
    "ineligible": "Data of this account cannot be shared under the Consumer Data Right.",
    "refused-harm": _REFUSED,
    "refused-security": _REFUSED,
    "refused-account-blocked": _REFUSED,
    "refused-account-suspended": _REFUSED,
    "refused-data-standards": _REFUSED,
    "blocked": "Sharing from this account with this recipient was stopped.",
    "not-held": "You no longer have this account with us.",
}

STOPPED_REASONS: Final = {
    "secondary-user": "Sharing from this account has stopped, because no permission of an account holder is in force. "
    "An account holder can give the permission again.",
}
"""The texts for accounts whose sharing was authorised before, where they differ from those of `UNAVAILABLE_REASONS`.

They neither say which holder did something and when, nor address the reader, who may act for the customer (K-25).
"""

END_REASONS: Final = {
    "consumer": "You stopped sharing.",
    "recipient": "The recipient stopped it. You may have asked them to.",
    "retailer": "We stopped it, because you asked us to or because we had to.",
    "register": "The recipient may no longer receive data under the Consumer Data Right.",
    "expiry": "The time that you agreed to was over.",
    "ineligible": "Your data could no longer be shared under the Consumer Data Right.",
    "harm": "We stopped it, because you asked us to or because we had to.",
    "replay": "We stopped it to protect your data.",
}


def date(moment: datetime, zone: ZoneInfo) -> str:
    """Return "24 November 2026"."""
    return day(moment.astimezone(zone))


def day(local: calendar_day) -> str:
    """Return "24 November 2026" for a day, or for a moment in the time zone of the reader."""
    return f"{local.day} {local:%B %Y}"


def time_of_day(moment: datetime, zone: ZoneInfo) -> str:
    """Return "3:42 pm AEDT"."""
    local = moment.astimezone(zone)
    half = "am" if local.hour < _NOON else "pm"
    return f"{local.hour % _NOON or _NOON}:{local.minute:02d} {half} {local.tzname()}"


def date_and_time(moment: datetime, zone: ZoneInfo) -> str:
    """Return "24 November 2026, 3:42 pm AEDT"."""
    return f"{date(moment, zone)}, {time_of_day(moment, zone)}"


def next_minute(moment: datetime) -> datetime:
    """Return the first full minute at or after a moment, for a time from which something is possible again."""
    minute = moment.replace(second=0, microsecond=0)
    return minute if minute == moment else minute + timedelta(minutes=1)


def duration(seconds: int) -> str:
    """Return "12 months", "90 days", "36 hours" or "10 minutes", in the largest unit that gives a whole number.

    If no unit does, the minutes are rounded down. Less than a minute is given in seconds.
    """
    if seconds == _YEAR_DAYS * DAY:
        return "12 months"
    for size, unit in ((DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= size and (seconds % size == 0 or size == _MINUTE):
            return _count(seconds // size, unit)
    return _count(seconds, "second")


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """How long data is shared (CDS, Requesting Sharing Duration), as texts."""

    once: bool
    text: str
    explanation: str
    starts_at: datetime
    ends_at: datetime


def period(seconds: int, starts_at: datetime, ends_at: datetime) -> Period:
    """Return the texts for a sharing duration in seconds. For a duration of up to 24 hours, data is collected once."""
    if seconds <= 0:
        text, explanation = "Once only", "The data is collected once, right after you authorise."
    elif seconds <= DAY:
        text, explanation = "Once only", f"The data is collected once, within {duration(seconds)} after you authorise."
    else:
        text, explanation = duration(seconds), ""
    return Period(once=seconds <= DAY, text=text, explanation=explanation, starts_at=starts_at, ends_at=ends_at)


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
