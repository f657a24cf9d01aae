"""The language of the texts that a consumer reads, and the catalogue of these texts (decision 0068)."""

from haas.language.formats import clock_time, comma_list, day_text, enumeration
from haas.language.translation import (
    ENGLISH,
    Language,
    current_language,
    gettext,
    gettext_noop,
    load_language,
    ngettext,
    using_language,
)

__all__ = [
    "ENGLISH",
    "Language",
    "clock_time",
    "comma_list",
    "current_language",
    "day_text",
    "enumeration",
    "gettext",
    "gettext_noop",
    "load_language",
    "ngettext",
    "using_language",
]
