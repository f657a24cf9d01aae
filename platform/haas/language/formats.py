"""Days, times and lists as the current language writes them (Unicode Common Locale Data Repository)."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from babel.dates import format_date, format_time
from babel.lists import format_list

from haas.language.translation import current_language, gettext

_KEPT: Final = 1_024
"""Pages write the same few days again and again."""


def day_text(day: date) -> str:
    """Return "24 November 2026" for a day, or for a moment in the time zone of the reader."""
    return _day_text(date(day.year, day.month, day.day), current_language().locale)


@lru_cache(maxsize=_KEPT)
def _day_text(day: date, locale: str) -> str:
    return format_date(day, "long", locale)


def clock_time(moment: datetime) -> str:
    """Return "3:42 pm" for a moment in the time zone of the reader."""
    return _clock_time(moment.hour, moment.minute, current_language().locale)


@lru_cache(maxsize=_KEPT)
def _clock_time(hour: int, minute: int, locale: str) -> str:
    # A narrow space would make a text message longer, and is not in every font.
    text = format_time(datetime(2000, 1, 1, hour, minute), "short", locale=locale)  # noqa: DTZ001 - it has no time zone
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ")


def enumeration(texts: Sequence[str]) -> str:
    """Return "a, b and c"."""
    language = current_language()
    return format_list([language.isolated(text) for text in texts], locale=language.locale)


def comma_list(texts: Sequence[str]) -> str:
    """Return "a, b, c", without a word before the last one."""
    # The lists of units of the Common Locale Data Repository are like that, but Babel has none for many languages.
    return gettext(", ").join(current_language().isolated(text) for text in texts)
