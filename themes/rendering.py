"""Rendering of templates. All values are escaped, and an undefined name in a template is an error."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from haas.language import Language, comma_list, current_language, day_text, gettext
from themes import wording
from themes.brand import Brand
from themes.sites import CONSUMER, Site
from themes.template_texts import TranslatedTemplates
from themes.tone import Place

_TEMPLATES = Path(__file__).parent / "templates"
_SHORT_WORD: Final = 12
"""In characters: so long a word of a heading fits on a phone at twice the text size."""
_PLACES: Final[Mapping[str, Place]] = {
    "consent": "consent",
    "dashboard": "dashboard",
    "dashboard/withdraw": "withdrawal",
    "dashboard/joint_decision": "withdrawal",
    "dashboard/joint_option": "withdrawal",
    "dashboard/secondary_user_block": "withdrawal",
    "dashboard/secondary_user_withdraw": "withdrawal",
    "message": "ends",
}
"""The places of templates: of one template, or of all in a folder. Other templates show no texts of the brand."""


def render(template: str, brand: Brand, site: Site, **values: Any) -> str:
    """Return the page of `template`, a path below `themes/templates` without suffix, in the theme of a brand."""
    texts, language = brand.texts[place_of(template, site)], current_language()
    found = environment().get_template(f"{template}.html.jinja")
    return found.render(brand=brand, site=site, texts=texts, language=language, **values)


def place_of(template: str, site: Site) -> Place | None:
    """Return the place that decides which texts of the brand a template gets, or None if it gets none."""
    if site is not CONSUMER:
        return None
    return _PLACES.get(template) or _PLACES.get(template.partition("/")[0])


def environment() -> TranslatedTemplates:
    """Return the Jinja environment of all templates in the current language."""
    return _environment(current_language())


@cache
def _environment(language: Language) -> TranslatedTemplates:
    made = TranslatedTemplates(
        language,
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.filters.update(
        breakable=_breakable,
        whole_words=_whole_words,
        date=_date,
        time_of_day=_time_of_day,
        date_and_time=_date_and_time,
        day=day_text,
        comma_list=_comma_list,
        date_element=_date_element,
        time_element=_time_element,
        moment_element=_moment_element,
        day_element=_day_element,
        iso=_iso,
        iso_day=_iso_day,
        unavailable_reason=_unavailable_reason,
        stopped_reason=_stopped_reason,
    )
    made.tests["address"] = _is_address
    return made


@pass_context
def _date(context: Context, value: datetime) -> str:
    return wording.date(value, context["brand"].zone)


@pass_context
def _time_of_day(context: Context, value: datetime) -> str:
    return wording.time_of_day(value, context["brand"].zone)


@pass_context
def _date_and_time(context: Context, value: datetime) -> str:
    return wording.date_and_time(value, context["brand"].zone)


def _breakable(text: str) -> Markup:
    """Return a text that is broken after @ on a narrow screen, so that no word of an email address is broken."""
    return Markup("@<wbr>").join(escape(part) for part in text.split("@"))


def _whole_words(text: str) -> Markup:
    """Return a heading in which a short word is not broken at its hyphen."""
    words = (
        Markup('<span class="whole">{}</span>').format(word)
        if "-" in word and len(word) <= _SHORT_WORD
        else escape(word)
        for word in text.split(" ")
    )
    return Markup(" ").join(words)


@pass_context
def _date_element(context: Context, value: datetime) -> Markup:
    """Return a `time` element with the day of a moment."""
    return _element(value, _date(context, value))


@pass_context
def _time_element(context: Context, value: datetime, **attributes: str) -> Markup:
    """Return a `time` element with the time of day of a moment, in one line."""
    return _element(value, _time_of_day(context, value), **{"class": "whole"}, **attributes)


@pass_context
def _moment_element(context: Context, value: datetime, **attributes: str) -> Markup:
    """Return a `time` element with the day and the time of a moment."""
    return _element(value, _date_and_time(context, value), **attributes)


@pass_context
def _day_element(context: Context, value: date) -> Markup:
    """Return a `time` element with a day, or with the day of a moment of which only the day is known."""
    text = _date(context, value) if isinstance(value, datetime) else day_text(value)
    return _time(_iso_day(context, value), text)


def _element(value: datetime, text: str, **attributes: str) -> Markup:
    return _time(_iso(value), text, **attributes)


def _time(machine_readable: str, text: str, **attributes: str) -> Markup:
    more = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return Markup(f'<time datetime="{machine_readable}"{more}>{escape(text)}</time>')  # noqa: S704 - a time


def _comma_list(values: Iterable[Any]) -> Markup:
    return Markup(comma_list([escape(value) for value in values]))  # noqa: S704 - the values are escaped


def _is_address(line: str) -> bool:
    """Return whether a line of a message is an address and nothing else."""
    return re.fullmatch(r"https://\S+", line) is not None


def _iso(value: datetime) -> str:
    return value.isoformat(timespec="seconds")


@pass_context
def _iso_day(context: Context, value: date) -> str:
    """Return the ISO date of a day, or of a moment in the brand's time zone."""
    local = value.astimezone(context["brand"].zone).date() if isinstance(value, datetime) else value
    return local.isoformat()


def _unavailable_reason(reason: str) -> str:
    return gettext(wording.UNAVAILABLE_REASONS[reason])


def _stopped_reason(reason: str) -> str | None:
    """Return the text for an account whose sharing has stopped, or None if it is only not shared now."""
    found = wording.STOPPED_REASONS.get(reason)
    return None if found is None else gettext(found)
